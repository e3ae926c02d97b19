"""Import known pairs or scenes from a CSV as accepted, as one step of the decision log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from curate.catalog import decisions
from curate.catalog.candidates import score_of
from curate.catalog.naming import named
from curate.catalog.pairs import in_order
from curate.catalog.photos import Photo
from curate.catalog.sides import side_of
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.operation import Outcome
from curate.sources.csvfile import csv_rows
from tracer.base.errors import Exit
from tracer.base.text import clean_text, printable_path

COLUMNS_HELP = "image_a,image_b (and, if you like, scene), or file,scene"
"""The columns of the CSV, in words."""

_FAILURE = "the pairs cannot be read"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row, pair, scene or photo that was not imported as the list has it.

    Attributes:
        what: its paths or its name.
        reason: why it was not imported.
        line: its line in the list, from 1; None where several lines are concerned.
        failed: whether it needs a person's attention. False where one of the documented rules left it out.
    """

    what: str
    reason: str
    line: int | None = None
    failed: bool = True

    def in_words(self) -> str:
        """Return the entry as one line of text."""
        return f"{f'line {self.line}: ' if self.line else ''}{self.what}: {self.reason}"


@dataclass(slots=True)
class KnownPairs(Outcome):
    """The result of importing a list of known pairs or scenes.

    Attributes:
        accepted: number of pairs that were accepted now.
        unchanged: number of pairs that were accepted before.
        scenes: number of scenes that were stated.
        unknown: paths that name no photo of the workspace, as written in the file, in its order.
        left_out: rows that cannot be used, pairs and scenes that gave no accepted pair, and photos listed in two scenes.
    """

    accepted: int = 0
    unknown: list[str] = field(default_factory=list)
    unchanged: int = 0
    scenes: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether no line needs a person's attention."""
        return not self.unknown and not any(one.failed for one in self.left_out)

    def summary(self) -> str:
        """Return the numbers in a line."""
        return f"accepted {self.accepted}, accepted before {self.unchanged}, scenes stated {self.scenes}"

    def notes(self, root: Path) -> Iterator[str]:
        """Name what was not imported."""
        yield from (left.in_words() for left in self.left_out)
        yield from (f"not a photo of the workspace: {path}" for path in self.unknown)

    @property
    def exit_code(self) -> Exit:
        """Some failed if a line needs a person's attention."""
        return Exit.DONE if self.complete else Exit.SOME_FAILED


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row of the list: its line number, one or two photos, and the name of their scene."""

    line: int
    photos: tuple[Photo, ...]
    scene: str | None


def import_pairs(catalog: Catalog, path: Path) -> KnownPairs:
    """Import known pairs (`image_a,image_b`) or scenes (`file,scene`) as accepted. One undo takes all of it back.

    A photo has one partner. Pairs of a phone and another camera are accepted first, then the others, in the order of the list;
    a pair with a photo that already has a partner is left out. Of a listed scene, one pair of a phone and another camera is
    accepted (PairCams' rule: exactly one photo of each): the likeliest candidate, else the first by path. The photos of a
    listed scene, and more than two photos connected by listed pairs, are stated to be of one scene, so that splits keep
    them together.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        path: the CSV. Its paths are relative to it, or as `naming.photo_named` reads them.

    Raises:
        SourceError: the file cannot be read, or these columns are missing.
        UsageError: the file does not exist, or a path in it names several photos.
    """
    found = KnownPairs()
    with catalog.transaction():
        rows, of_scenes = _read(catalog, path, found)
        _report_joined_scenes(rows, found)
        step = _Import(catalog, found)
        step.state_scenes(rows)
        if of_scenes:
            step.accept_scenes(rows)
        else:
            step.accept_pairs(row for row in rows if len(row.photos) == 2)
    found.left_out.sort(key=lambda one: (one.line is None, one.line))
    return found


class _Import:
    """Writes the decisions that the list asks for, all in one batch."""

    def __init__(self, catalog: Catalog, found: KnownPairs) -> None:
        self._catalog, self._found = catalog, found
        self._paired: set[str] = set()
        self._note = {"listed": True, "batch": decisions.batch_name(catalog, "pairs import")}

    def state_scenes(self, rows: Iterable[_Listed]) -> None:
        """State the scene of the photos of each listed scene, and of more than two photos connected by listed pairs."""
        for name, members in _scenes(rows):
            photos = sorted(members)
            if name is None and len(photos) > 2:
                name = next((str(row.scene) for row in members.values() if row.scene), None)
                name = name or f"scene of {min(row.content for row in members.values())[:12]}"
            if name is not None:
                self._found.scenes += decisions.label(self._catalog, photos, "scene", name, self._note) > 0

    def accept_pairs(self, rows: Iterable[_Listed]) -> None:
        """Accept the listed pairs, pairs of a phone and another camera first."""
        pairs = [(*in_order(self._catalog, *row.photos), row.line) for row in rows]
        for phone, other, line in sorted(pairs, key=lambda pair: not self._is_phone_and_other(*pair[:2])):
            self._accept(phone, other, line)

    def accept_scenes(self, rows: Iterable[_Listed]) -> None:
        """Accept one pair of each scene."""
        for name, members in _scenes(rows):
            sides: dict[str | None, list[Photo]] = defaultdict(list)
            for row in sorted(members.values(), key=lambda row: str(row.path)):
                sides[side_of(self._catalog, row)].append(row)
            if not (sides["phone"] and sides["other"]):
                lacking = "no photo of a phone" if not sides["phone"] else "no photo of a camera that is not a phone"
                self._found.left_out.append(LeftOut(f"scene {name}", f"it has {lacking}", failed=False))
                continue
            pairs = [(phone, other) for phone in sides["phone"] for other in sides["other"]]
            self._accept(*max(pairs, key=lambda pair: self._preference(*pair)))  # ties go to the first by path

    def _is_phone_and_other(self, one: Photo, two: Photo) -> bool:
        return (side_of(self._catalog, one), side_of(self._catalog, two)) == ("phone", "other")

    def _preference(self, phone: Photo, other: Photo) -> float:
        """Return how preferable a pair is: 2 where it is accepted already, else its score, 0 to 1."""
        if decisions.partner_of(self._catalog, phone.content) == other.content:
            return 2.0
        return score_of(self._catalog, phone.id, other.id) or 0.0

    def _accept(self, phone: Photo, other: Photo, line: int | None = None) -> None:
        what = f"{phone.path} + {other.path}"
        one, two = phone.content, other.content
        if one == two:
            self._found.left_out.append(LeftOut(what, "both are the same picture", line))
            return
        if decisions.partner_of(self._catalog, one) == two:
            self._found.unchanged += 1
        else:
            try:
                decisions.decide(self._catalog, "accept", one, two, note=self._note)
            except UsageError as error:
                # by the rule where an earlier pair of this list has the photo; a failure where an earlier decision has it
                failed = not {one, two} & self._paired
                self._found.left_out.append(LeftOut(what, f"{error.what}: {error.why}", line, failed))
                return
            self._found.accepted += 1
        self._paired |= {one, two}


def _read(catalog: Catalog, path: Path, found: KnownPairs) -> tuple[list[_Listed], bool]:
    """Return the rows whose photos are in the workspace, and whether the list is one of scenes."""
    rows = csv_rows(path, _FAILURE)
    header = [name.strip().lower() for name in next(rows).cells]
    if {"image_a", "image_b"} <= set(header):
        columns, of_scenes = ["image_a", "image_b"], False
    elif {"file", "scene"} <= set(header):
        columns, of_scenes = ["file"], True
    else:
        listed = ", ".join(header) or "none"
        raise SourceError(
            "the list names no pairs", f"{printable_path(path)} has the columns {listed}", f"Give it {COLUMNS_HELP}."
        )
    at = [header.index(name) for name in columns]
    scene_at = header.index("scene") if "scene" in header else None
    listed_rows = []
    for row in rows:
        cells = [row.cell(position) for position in at]
        photos = tuple(photo for cell in cells if (photo := _photo(catalog, cell, path, row.line, found)) is not None)
        scene = clean_text(row.cell(scene_at)) if scene_at is not None else None
        if of_scenes and scene is None:
            found.left_out.append(LeftOut(printable_path(cells[0].strip()), "its row names no scene", row.line))
        elif photos:
            listed_rows.append(_Listed(row.line, photos, scene))
    return listed_rows, of_scenes


def _photo(catalog: Catalog, cell: str, path: Path, line: int, found: KnownPairs) -> Photo | None:
    """Return the photo that a cell names. Spaces around the name are ignored unless a photo's path has them."""
    if not cell.strip():
        found.left_out.append(LeftOut("a row", "it names no photo", line))
        return None
    rows = named(catalog, cell, path.absolute().parent) or named(catalog, cell.strip(), path.absolute().parent)
    shown = printable_path(cell.strip())
    if len(rows) > 1:
        raise UsageError(
            f"line {line}: {shown} names {len(rows)} photos",
            ", ".join(row.path for row in rows[:5]),
            f"Write its full path in {printable_path(path)}; nothing was accepted.",
        )
    if rows and rows[0].sha256 is not None:
        return rows[0]
    if shown not in found.unknown:
        found.unknown.append(shown)
    return None


def _report_joined_scenes(rows: Iterable[_Listed], found: KnownPairs) -> None:
    """Report the photos that are listed in two scenes: the two become one scene with the name that is listed first."""
    scene_of: dict[int, str] = {}
    for row in rows:
        for photo in row.photos if row.scene else ():
            first = scene_of.setdefault(photo.id, str(row.scene))
            if first != row.scene:
                reason = f"it is listed in the scenes {first} and {row.scene}, which are taken as one"
                found.left_out.append(LeftOut(photo.path, reason, row.line, failed=False))


def _scenes(rows: Iterable[_Listed]) -> Iterator[tuple[str | None, dict[int, Photo]]]:
    """Yield each scene's name and its photos by row ID: photos with one scene name, and photos connected by listed pairs."""
    from scipy.cluster.hierarchy import DisjointSet

    rows = list(rows)
    photos = {photo.id: photo for row in rows for photo in row.photos}
    sets = DisjointSet(photos)
    first_of: dict[str, int] = {}
    for row in rows:
        ids = [photo.id for photo in row.photos]
        if row.scene is not None:
            ids.append(first_of.setdefault(row.scene, ids[0]))
        for one, two in pairwise(ids):
            sets.merge(one, two)
    members: dict[int, dict[int, Photo]] = defaultdict(dict)
    for number, photo in photos.items():
        members[sets[number]][number] = photo
    names = {sets[row.photos[0].id]: row.scene for row in reversed(rows) if row.scene}
    for root, found in members.items():
        yield names.get(root), found
