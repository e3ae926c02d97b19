"""Groups: all photos of one scene, whatever their cameras, and any two-class set drawn from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from curate.catalog.scenes import ClassBy, Member, photos_by_class
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.pairing.scenes import scenes

_LISTED = 20


def groups(catalog: Catalog, by: ClassBy = "camera") -> dict[int, list[Member]]:
    """Return the groups of a workspace, each in order of path: scene number -> photos of two or more cameras.

    Args:
        by: what the members' class is: the camera (`make|model`), its make, its type, or phone against the rest.
    """
    found: dict[int, list[Member]] = defaultdict(list)
    scene_of = scenes(catalog)
    for member in photos_by_class(catalog, by):
        if member.sha256 in scene_of:
            found[scene_of[member.sha256]].append(member)
    return {scene: members for scene, members in sorted(found.items()) if len(members) > 1}


def drawn(found: Mapping[int, list[Member]], one: str, two: str) -> list[tuple[int, Member, Member]]:
    """Return a two-class set: exactly one photo of each class from every scene that has both.

    Of several photos of a class in a scene, one of an accepted pair is taken before others, and then the first by path.

    Args:
        found: what `groups` returned. one, two: the classes, as its labels have them.

    Raises:
        UsageError: no photo of a scene is of that class.
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
            min((m for m in members if m.label == label), key=lambda m: (not m.paired, m.path), default=None)
            for label in (one, two)
        ]
        if best[0] is not None and best[1] is not None:
            chosen.append((scene, best[0], best[1]))
    return chosen
