"""Finding pairs in a workspace: photos out of the catalogue, candidates back into it."""

from __future__ import annotations

import difflib
import json
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.effects import clock_rows
from curate.catalog.naming import source_folders
from curate.catalog.originals import refuse_original
from curate.catalog.pairs import contradicted, pair_of, replace_candidates
from curate.catalog.store import Catalog
from curate.errors import CurateError, StorageError, UsageError, command
from curate.pairing.bursts import bursts, keep_bursts
from curate.pairing.clocks.offsets import ClockOffset, canonical
from curate.pairing.find import find_pairs
from curate.pairing.photo import PairingPhoto
from curate.pairing.score.learning import follow, model
from curate.pairing.workers import DAMAGED
from curate.photos.facts import TakenPrecision
from curate.photos.previews import is_whole
from tracer.base.files import remove_abandoned
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, shell_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIDE = {"smartphone": "phone", "dslr": "other", "mirrorless": "other", "compact": "other"}

_UNDECODED = "has no preview: its picture cannot be decoded here"
_LOST = "its preview is lost: curate ingest makes it again"
_YEAR_S = 365.25 * 86_400
MAX_OFFSET_S = 100 * _YEAR_S
"""Clocks differ by less: one that was never set starts some decades back."""


@dataclass(frozen=True)
class PairingCounts:
    """What a pairing run found.

    Attributes:
        candidates: pairs to look at. phones, others: photos on each side. clock_offsets: as estimated.
        left_out: (path, reason) of photos that could not be compared.
        seconds: wall time.
    """

    candidates: int
    phones: int
    others: int
    clock_offsets: list[ClockOffset]
    left_out: list[tuple[str, str]]
    seconds: float


def pairing_photos(
    catalog: Catalog, only: Sequence[int] | None = None
) -> tuple[list[PairingPhoto], list[tuple[str, str]]]:
    """Return the photos of both sides, and those that belong to a side but cannot be compared, with the reason.

    Of exact copies one stands for all: the first by path.

    Args:
        only: row IDs of the few photos that are wanted; None for all.
    """
    photos: list[PairingPhoto] = []
    left_out: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    among = "" if only is None else f" AND photo.id IN ({','.join('?' * len(only))})"
    rows = catalog.connection.execute(
        "SELECT photo.*, camera.type AS camera_type, "
        "coalesce(camera.make, '') || '|' || coalesce(camera.model, '') AS camera_name "
        "FROM photo JOIN camera ON camera.id = photo.camera "
        f"WHERE camera.type IN ({','.join('?' * len(_SIDE))}){among} ORDER BY photo.path_bytes",
        (*_SIDE, *(only or ())),
    )
    for row in rows:
        sha256 = row["sha256"]
        if row["status"] != "ok" or sha256 is None:
            left_out.append((row["path"], f"could not be read ({row['status']})"))
            continue
        if sha256 in seen:
            left_out.append((row["path"], f"an exact copy of {seen[sha256]}"))
            continue
        seen[sha256] = row["path"]
        preview = catalog.workspace.preview(sha256)
        if not is_whole(preview):
            left_out.append((row["path"], _UNDECODED if row["phash"] is None else _LOST))
            continue
        photos.append(
            PairingPhoto(
                id=row["id"],
                sha256=sha256,
                preview=preview,
                side="phone" if _SIDE[row["camera_type"]] == "phone" else "other",
                camera=row["camera_name"],
                taken_at=row["taken_at"],
                taken_precision=TakenPrecision(row["taken_precision"]),
                utc_offset=row["utc_offset"],
                gps_utc=row["gps_utc"],
                latitude=row["latitude"],
                longitude=row["longitude"],
                phash=row["phash"],
                name=os.path.basename(row["path"]),
                width=row["width"] or 0,
                height=row["height"] or 0,
                album=os.path.dirname(row["path"]) or None,
            )
        )
    return photos, left_out


def pair_workspace(
    catalog: Catalog,
    *,
    use_time: bool = True,
    use_gps: bool = True,
    embed: Callable[[Mapping[str, Path]], Mapping[str, NDArray[np.float32]]] | None = None,
    jobs: int = 0,
) -> Work[PairingCounts]:
    """Find candidate pairs and keep them; decisions made before are not touched.

    Args:
        catalog: to read from and write to; the caller holds the workspace's lock.
        use_time, use_gps: whether time and place are evidence.
        embed: gives embeddings of previews, by sha256, which bring further candidates (`handoff.embed_previews`).
        jobs: worker processes; 0 means one a core.

    Raises:
        CurateError: previews are lost; the candidates found before stay.
    """
    started = time.monotonic()
    for kept in ("features", "embeddings"):
        remove_abandoned(catalog.workspace.cache / kept)
    photos, left_out = pairing_photos(catalog)
    _refuse_lost_previews(catalog, sum(reason == _LOST for _, reason in left_out))
    vectors = None
    if embed is not None:
        yield Progress("embedding photos", 0)
        vectors = embed({photo.sha256: photo.preview for photo in photos})
    stated = {
        (row["camera_a"], row["camera_b"]): row["seconds"]
        for row in catalog.connection.execute("SELECT * FROM clock_offset WHERE origin = 'person'")
    }
    result = yield from find_pairs(
        photos,
        catalog.workspace.cache,
        use_time=use_time,
        use_gps=use_gps,
        known_offsets=stated,
        embeddings=vectors,
        workers=jobs or os.cpu_count() or 1,
        scorer=model(catalog),
    )
    damaged = {photo for photo, reason in result.left_out if reason == DAMAGED}
    for photo in photos:
        if photo.id in damaged:  # it is a cache, and an ingest makes again what is missing
            photo.preview.unlink(missing_ok=True)
    _refuse_lost_previews(catalog, len(damaged))
    links = bursts(photos)  # here, since a decision waits for as long as the transaction lasts
    with catalog.transaction():
        replace_candidates(
            catalog, ((c.phone_id, c.other_id, c.score, False, c.evidence.to_dict()) for c in result.candidates)
        )
        keep_clock_offsets(catalog, result.clock_offsets)
        keep_bursts(catalog, links)
        keep_compared(catalog)
        follow(catalog, always=True)
    paths = {photo.id: photo.preview for photo in photos}
    shown = (
        {row["id"]: row["path"] for row in catalog.connection.execute("SELECT id, path FROM photo")}
        if result.left_out
        else {}
    )
    left_out += [(shown.get(photo, str(paths.get(photo, photo))), reason) for photo, reason in result.left_out]
    return PairingCounts(
        len(result.candidates) - contradicted(catalog),
        result.phones,
        result.others,
        result.clock_offsets,
        left_out,
        time.monotonic() - started,
    )


def _refuse_lost_previews(catalog: Catalog, lost: int) -> None:
    """Photos without their previews would silently lose the pairs found before."""
    if lost:
        folders = [str(folder) for folder in source_folders(catalog)]
        raise CurateError(
            f"{counted(lost, 'photo')} cannot be compared",
            "their previews are no longer in the workspace's cache, or were damaged",
            f"They are made again by: {command('ingest', *folders, workspace=catalog.workspace.root)}",
        )


def keep_compared(catalog: Catalog) -> None:
    """Remember how many photos of each side there were when pairs were looked for."""
    sides = json.dumps(photos_by_side(catalog))
    catalog.connection.execute("INSERT OR REPLACE INTO fact VALUES ('compared', ?)", (sides,))


def compared(catalog: Catalog) -> tuple[int, int] | None:
    """Return how many phone and other photos there were when pairs were last looked for; None where they never were."""
    row = catalog.connection.execute("SELECT value FROM fact WHERE key = 'compared'").fetchone()
    if row is None:  # candidates of an earlier version, which did not count
        found = catalog.connection.execute("SELECT 1 FROM candidate LIMIT 1").fetchone()
        return photos_by_side(catalog) if found else None
    phones, others = json.loads(row[0])
    return int(phones), int(others)


def photos_by_side(catalog: Catalog) -> tuple[int, int]:
    """Return how many photos are by smartphones, and how many by the cameras that these are paired with."""
    sides = Counter({True: 0, False: 0})
    for kind, photos in catalog.counts("camera_type"):
        side = None if kind is None else CameraType(kind).is_smartphone
        if side is not None:
            sides[side] += photos
    return sides[True], sides[False]


def draw_pair(catalog: Catalog, phone: Path, other: Path, target: Path, *, replace: bool = False) -> int:
    """Draw the matches of two photos of the workspace into a PNG; returns how many points agree.

    Args:
        replace: whether a file that is there may be replaced; an original never is.

    Raises:
        UsageError: pairing does not compare the photo at a path, the target is there already, holds originals, or is
            no PNG by its name.
        StorageError: the drawing cannot be written.
    """
    from curate.pairing.drawing import write_matches

    refuse_original(catalog, target)
    if target.suffix.lower() != ".png":
        raise UsageError("the drawing is a PNG", str(target), f"Name it so: -o {shell_word(f'{target}.png')}")
    if os.path.lexists(target) and not replace:
        raise UsageError("there is a file already", str(target), "Choose another name, or add --replace.")
    rows = pair_of(catalog, phone, other)
    by_sha256 = {photo.sha256: photo for photo in pairing_photos(catalog, [row["id"] for row in rows])[0]}
    chosen = []
    for row in rows:
        if row["sha256"] not in by_sha256:
            raise UsageError(
                "that photo is not compared",
                row["path"],
                f"What is left out, and why, is listed by: {command('pair', workspace=catalog.workspace.root)}",
            )
        chosen.append(by_sha256[row["sha256"]])
    try:
        return write_matches(chosen[0], chosen[1], catalog.workspace.cache, target)
    except OSError as error:
        raise StorageError("the drawing cannot be written", f"{target}: {error}", "Choose another place.") from error


def keep_clock_offsets(catalog: Catalog, offsets: list[ClockOffset]) -> None:
    """Keep what the photos say of the clocks; an offset that a person stated stays, and nothing stands beside it."""
    catalog.connection.execute("DELETE FROM clock_offset WHERE origin = 'photos'")
    stated = {
        frozenset((row["camera_a"], row["camera_b"]))
        for row in catalog.connection.execute("SELECT camera_a, camera_b FROM clock_offset")
    }
    numbers: dict[tuple[str, str], int] = {}
    for offset in offsets:
        cameras = offset.camera_a, offset.camera_b
        if frozenset(cameras) in stated or offset.source == "person":
            continue
        number = numbers[cameras] = numbers.get(cameras, -1) + 1
        catalog.connection.execute(
            "INSERT INTO clock_offset (camera_a, camera_b, number, seconds, spread, support, margin, origin, source, since, "
            "until, drift, drift_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'photos', ?, ?, ?, ?, ?)",
            (
                *cameras, number, offset.seconds, offset.spread, offset.support, offset.margin, offset.source,
                offset.since, offset.until, offset.drift, offset.at,
            ),
        )  # fmt: skip


def state_clock_offset(catalog: Catalog, camera_a: str, camera_b: str, seconds: float) -> None:
    """Keep a person's word for the offset between two clocks; it wins over what the photos say, is logged, and can be undone.

    It is kept in the order in which estimates name two cameras (the phone first), so that one pair of cameras has one row.

    Raises:
        UsageError: no photo is of such a camera, both are the same one, or no two clocks differ so much.
    """
    known = [
        row[0]
        for row in catalog.connection.execute(
            "SELECT DISTINCT coalesce(make, '') || '|' || coalesce(model, '') AS name FROM camera ORDER BY name"
        )
    ]
    for name in (camera_a, camera_b):
        if name not in known:
            raise UsageError("no photo is by that camera", name, _near_cameras(catalog, name, known))
    if camera_a == camera_b:
        raise UsageError("a clock has no offset against itself", camera_a, "Name two cameras.")
    refuse_offset(seconds)
    phones = {
        row[0]
        for row in catalog.connection.execute(
            "SELECT coalesce(make, '') || '|' || coalesce(model, '') FROM camera WHERE type = 'smartphone'"
        )
    }
    cameras = canonical(camera_a, camera_b, camera_a in phones, camera_b in phones)
    decisions.state_clock(catalog, *cameras, seconds if cameras[0] == camera_a else -seconds)


def refuse_offset(seconds: float) -> None:
    """Raise where a number cannot be the offset between two clocks.

    Raises:
        UsageError: it is not finite, or beyond `MAX_OFFSET_S`.
    """
    if abs(seconds) <= MAX_OFFSET_S:
        return
    years = abs(seconds) / _YEAR_S
    why = (
        f"{seconds:.15g} s are {years:,.0f} years"
        if math.isfinite(seconds)
        else f"{seconds:g} is not a number of seconds"
    )
    raise UsageError(
        "that cannot be the offset between two clocks",
        f"{why}; they differ by {MAX_OFFSET_S / _YEAR_S:.0f} years at most",
        "Give the seconds that the one clock is ahead, such as 3612 or -90.5.",
    )


def _near_cameras(catalog: Catalog, name: str, known: list[str]) -> str:
    """What may be meant by a camera's name that no photo has, as `make|model`, and where all cameras are listed."""
    by_word = {
        word.casefold(): full for full in known for word in (full, full.partition("|")[2], full.replace("|", " "))
    }
    near = dict.fromkeys(by_word[word] for word in difflib.get_close_matches(name.casefold(), by_word, n=3))
    return "\n".join(
        [
            *(f"Did you mean: {shell_word(camera)}" for camera in near),
            "A camera's name is make|model, as EXIF has them; all are listed by: "
            f"{command('cameras', workspace=catalog.workspace.root)}",
        ]
    )


def withdraw_clock_offset(catalog: Catalog, camera_a: str, camera_b: str) -> None:
    """Take back a person's word for the offset between two clocks; the next pairing run estimates it from the photos.

    Raises:
        UsageError: nobody stated one.
    """
    stated = [row for row in clock_rows(catalog, camera_a, camera_b) if row["origin"] == "person"]
    if not stated:
        raise UsageError(
            "no offset between these clocks was stated",
            f"{camera_a}, {camera_b}",
            f"Offsets are listed, with their source, by: {command('clocks', workspace=catalog.workspace.root)}",
        )
    decisions.state_clock(catalog, stated[0]["camera_a"], stated[0]["camera_b"], None)


def clock_offsets(catalog: Catalog) -> list[dict[str, object]]:
    """Return the offsets in use, as rows: the fixed names, and beside them the interval and when an offset holds."""
    rows = []
    for row in catalog.connection.execute("SELECT * FROM clock_offset ORDER BY camera_a, camera_b, number"):
        offset = ClockOffset(
            row["camera_a"], row["camera_b"], row["seconds"], row["spread"] or 0.0, row["support"], row["margin"] or 0.0,
            row["source"], row["since"], row["until"], row["drift"], row["drift_at"],
        )  # fmt: skip
        rows.append(offset.to_dict() | {"origin": row["origin"]})
    return rows
