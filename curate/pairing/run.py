"""Find pairs in a workspace: read its photos from the catalogue, write the candidates to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.catalog.bursts import keep_bursts
from curate.catalog.candidates import contradicted, replace_candidates
from curate.catalog.clocks import keep_clock_offsets, stated_offsets
from curate.catalog.naming import source_folders
from curate.catalog.originals import refuse_original
from curate.catalog.pairs import pair_of
from curate.catalog.sides import PairingPhoto, keep_compared, photos_of_sides
from curate.catalog.store import Catalog
from curate.errors import CurateError, StorageError, UsageError, command
from curate.operation import Outcome, Seconds
from curate.pairing.find import Signals, find_pairs
from curate.pairing.scenes import bursts
from curate.pairing.score.learning import follow
from curate.pairing.workers import DAMAGED
from curate.photos.facts import UNREADABLE, Status
from curate.photos.previews import is_whole
from tracer.base.files import remove_abandoned
from tracer.base.machine import cores
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, shell_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNDECODED = "has no preview: its picture cannot be decoded here"
NO_FILE = "its file was not downloaded"
COPY = "an exact copy of "
"""The beginning of the reason why an exact copy is left out; the path of the compared photo follows."""

_LOST = "its preview is lost: curate ingest makes it again"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A photo that could not be compared.

    Attributes:
        path: its path, as shown.
        reason: why not, in words.
    """

    path: str
    reason: str


_NAMED = 10
"""Photos that are left out for one reason and named; of more, the number is printed."""


@dataclass(frozen=True, slots=True)
class PairingCounts(Outcome):
    """The result of a pairing run in a workspace, as `curate pair --json` prints it.

    Attributes:
        candidates: number of candidate pairs, without those of two different stated scenes.
        phones: number of phone photos that were compared.
        others: number of other photos that were compared.
        clock_offsets: the clock offsets, estimated or stated (`ClockOffset.to_dict`).
        left_out: the photos that could not be compared.
        seconds: wall time.
    """

    candidates: int
    phones: int
    others: int
    clock_offsets: list[dict[str, Any]]
    left_out: list[LeftOut]
    seconds: Seconds

    def in_words(self) -> Iterator[str]:
        """Return the numbers in a line."""
        yield (f"candidates {self.candidates}, phones {self.phones}, others {self.others}, seconds {self.seconds:.1f}")

    def summary(self) -> str:
        """Put the numbers into words."""
        left = f", {counted(len(self.left_out), 'photo')} left out" if self.left_out else ""
        sides = f"{self.phones:,} of phones and {self.others:,} of cameras"
        return f"{counted(self.candidates, 'candidate')} among photos: {sides}{left} · F2 reviews them"

    def notes(self, root: Path) -> Iterator[str]:
        """Name the photos that were left out: each path, or for many photos with one reason their number and the first paths."""
        by_reason: dict[str, list[str]] = {}
        for left in self.left_out:
            by_reason.setdefault(COPY if left.reason.startswith(COPY) else left.reason, []).append(left.path)
        if without := by_reason.pop(NO_FILE, None):
            fetch = command("flickr", "download", workspace=root)
            yield f"left out: {counted(len(without), 'photo')} without a file; to download originals: {fetch}"
        if copies := by_reason.pop(COPY, None):
            listed = command("duplicates", workspace=root)
            many = counted(len(copies), "exact copy", "exact copies")
            yield f"left out: {many} of other photos; to list all copies: {listed}"
        for reason, paths in by_reason.items():
            yield from (f"left out: {path}: {reason}" for path in paths[:_NAMED])
            if len(paths) > _NAMED:
                yield f"left out: {len(paths) - _NAMED:,} more: {reason}; the option --json lists them all"


def pairing_photos(catalog: Catalog, only: Sequence[int] | None = None) -> tuple[list[PairingPhoto], list[LeftOut]]:
    """Return the photos of both sides, and the photos that belong to a side but cannot be compared.

    Of exact copies only the first by path is compared.

    Args:
        catalog: the workspace's catalogue.
        only: row IDs of the photos to return; None for all.
    """
    photos: list[PairingPhoto] = []
    left_out: list[LeftOut] = []
    seen: dict[str, str] = {}
    for photo, status in photos_of_sides(catalog, only):
        if status is not Status.OK or not photo.sha256:
            without = not photo.sha256 and status not in UNREADABLE
            left_out.append(LeftOut(photo.path, NO_FILE if without else f"could not be read ({status})"))
        elif photo.sha256 in seen:
            left_out.append(LeftOut(photo.path, f"{COPY}{seen[photo.sha256]}"))
        else:
            seen[photo.sha256] = photo.path
            if is_whole(photo.preview):
                photos.append(photo)
            else:
                left_out.append(LeftOut(photo.path, _UNDECODED if photo.phash is None else _LOST))
    return photos, left_out


def pair_workspace(
    catalog: Catalog,
    *,
    use_time: bool = True,
    use_gps: bool = True,
    embed: Callable[[Mapping[str, Path]], Mapping[str, NDArray[np.float32]]] | None = None,
    jobs: int = 0,
) -> Work[PairingCounts]:
    """Find candidate pairs and store them in place of the earlier ones. Decisions are not changed.

    Args:
        catalog: open for writing; the caller holds the workspace's lock.
        use_time: whether times are used.
        use_gps: whether GPS positions and GPS times are used.
        embed: computes the embeddings of previews, sha256 -> vector, which add candidates (`handoff.embed_previews`).
        jobs: number of worker processes; 0 means one for each core.

    Raises:
        CurateError: previews are lost; the earlier candidates are kept.
    """
    started = time.monotonic()
    for kept in ("features", "embeddings"):
        remove_abandoned(catalog.workspace.cache / kept)
    photos, left_out = pairing_photos(catalog)
    _refuse_lost_previews(catalog, sum(one.reason == _LOST for one in left_out))
    vectors: Mapping[str, NDArray[np.float32]] = {}
    if embed is not None:
        yield Progress("embedding photos", 0)
        vectors = embed({photo.sha256: photo.preview for photo in photos})
    stated = stated_offsets(catalog)
    result = yield from find_pairs(
        photos,
        catalog.workspace.cache,
        Signals(use_time, use_gps, {(a, b): seconds for a, b, seconds in stated}, vectors),
        workers=jobs or cores(),
    )
    by_id = {photo.id: photo for photo in photos}
    damaged = [by_id[photo] for photo, reason in result.left_out if reason == DAMAGED]
    for photo in damaged:
        photo.preview.unlink(missing_ok=True)  # an ingest makes it again
    _refuse_lost_previews(catalog, len(damaged))
    links = bursts(photos)  # before the transaction, since decisions wait while it lasts
    with catalog.transaction():
        replace_candidates(
            catalog, ((c.phone_id, c.other_id, c.score, False, c.evidence.to_dict()) for c in result.candidates)
        )
        keep_clock_offsets(catalog, result.clock_offsets)
        keep_bursts(catalog, links)
        keep_compared(catalog, stated)
        follow(catalog, always=True)
    left_out += [LeftOut(by_id[photo].path, reason) for photo, reason in result.left_out]
    return PairingCounts(
        len(result.candidates) - contradicted(catalog),
        result.phones,
        result.others,
        [offset.to_dict() for offset in result.clock_offsets],
        left_out,
        time.monotonic() - started,
    )


def _refuse_lost_previews(catalog: Catalog, lost: int) -> None:
    """Raise where previews are lost: without them, pairs found before would be dropped silently."""
    if lost:
        folders = [str(folder) for folder in source_folders(catalog)]
        raise CurateError(
            f"{counted(lost, 'photo')} cannot be compared",
            "their previews are no longer in the workspace's cache, or were damaged",
            f"They are made again by: {command('ingest', *folders, workspace=catalog.workspace.root)}",
        )


def draw_pair(catalog: Catalog, phone: Path, other: Path, target: Path, *, replace: bool = False) -> int:
    """Draw the matches of two photos of the workspace into a PNG and return how many points agree.

    Args:
        catalog: the workspace's catalogue.
        phone: path of the first photo, drawn on the left.
        other: path of the second photo.
        target: the file to write.
        replace: whether an existing file may be replaced; an original photo never is.

    Raises:
        UsageError: pairing does not compare one of the photos, the target exists, lies among originals, or is not named
            as a PNG.
        StorageError: the drawing cannot be written.
    """
    from curate.pairing.drawing import write_matches

    refuse_original(catalog, target)
    if target.suffix.lower() != ".png":
        raise UsageError("the drawing is a PNG", str(target), f"Name it so: -o {shell_word(f'{target}.png')}")
    if os.path.lexists(target) and not replace:
        raise UsageError("the file already exists", str(target), "Choose another name, or add --replace.")
    rows = pair_of(catalog, phone, other)
    compared, left_out = pairing_photos(catalog, [row.id for row in rows])
    by_sha256, reasons = {photo.sha256: photo for photo in compared}, {one.path: one.reason for one in left_out}
    chosen = []
    for row in rows:
        if row.sha256 not in by_sha256:
            raise UsageError(
                "that photo is not compared",
                f"{row.path}: {reasons.get(row.path, 'it is neither by a phone nor by another camera')}",
                f"Readable photos whose cameras have a type are compared; to list all: "
                f"{command('photos', workspace=catalog.workspace.root)}",
            )
        chosen.append(by_sha256[row.content])
    try:
        return write_matches(chosen[0], chosen[1], catalog.workspace.cache, target)
    except OSError as error:
        raise StorageError("the drawing cannot be written", f"{target}: {error}", "Choose another place.") from error
