"""Groups: all photos of one scene by any cameras, and two-class sets drawn from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from curate.catalog.scenes import ClassBy, Member, photos_by_class
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.pairing.scenes import scenes

_LISTED = 20


def groups(catalog: Catalog, by: ClassBy = "camera") -> dict[int, list[Member]]:
    """Return the groups of a workspace: scene number -> its photos in order of path, for scenes with more than one photo.

    Args:
        catalog: the workspace's catalogue.
        by: the class of the members: camera (`make|model`), make, type, or phone against other cameras.
    """
    found: dict[int, list[Member]] = defaultdict(list)
    scene_of = scenes(catalog)
    for member in photos_by_class(catalog, by):
        if member.sha256 in scene_of:
            found[scene_of[member.sha256]].append(member)
    return {scene: members for scene, members in sorted(found.items()) if len(members) > 1}


def drawn(found: Mapping[int, list[Member]], one: str, two: str) -> list[tuple[int, Member, Member]]:
    """Return a two-class set: exactly one photo of each class from every scene that has both.

    Of several photos of a class in a scene, one in an accepted pair is preferred, then the first by path.

    Args:
        found: the groups, as `groups` returns them.
        one: label of the first class.
        two: label of the second class.

    Returns:
        (scene number, photo of class `one`, photo of class `two`).

    Raises:
        UsageError: no photo of a group is of that class.
    """
    known = {m.label for members in found.values() for m in members if m.label is not None}
    unknown = [label for label in (one, two) if label not in known]
    if unknown:
        more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
        raise UsageError(
            "no scene has that class",
            ", ".join(unknown),
            f"Classes are {', '.join(sorted(known)[:_LISTED])}{more}."
            if known
            else "No scene has several cameras yet.",
        )
    chosen = []
    for scene, members in found.items():
        best = [
            min((m for m in members if m.label == label), key=lambda m: not m.paired, default=None)
            for label in (one, two)
        ]
        if best[0] is not None and best[1] is not None:
            chosen.append((scene, best[0], best[1]))
    return chosen
