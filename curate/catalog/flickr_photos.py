"""Photos with a Flickr ID: add them from listings, and store their EXIF, their files, and what became of each step."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from curate.catalog.labelling import label_photo
from curate.catalog.listing import Listing, facts_of_listing, listed_path, listing_from_json, stated
from curate.catalog.photos import NEW_ID, exif_from_json, facts_from_json, relabel
from curate.catalog.store import Catalog, now
from curate.photos.facts import READER, Exif, PhotoFacts
from tracer.base.text import printable_path

Step = Literal["exif", "original", "recheck"]
Outcome = Literal["done", "refused", "failed"]
ANY_LICENSE = "any"
"""The word that allows every licence, and photos whose licence is not known."""

_AT_ONCE = 500


@dataclass
class ListedCounts:
    """What adding listings did.

    Attributes:
        added: photos that are new in the catalogue.
        updated: photos of which the listing or its EXIF says something new.
        unchanged: photos that stayed the same.
        forgotten: photos that a person has forgotten; they are not added again.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    forgotten: int = 0

    def __iadd__(self, other: ListedCounts) -> ListedCounts:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))
        return self


@dataclass(frozen=True, slots=True)
class FlickrPhoto:
    """A photo with a Flickr ID as the catalogue holds it.

    Attributes:
        photo: its row ID.
        listing: what its source says.
        exif: its camera metadata from the API or the import; None until they came.
        file: the facts of its file; None where it has none.
    """

    photo: int
    listing: Listing
    exif: Exif | None
    file: PhotoFacts | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that was refused for good, or that failed.

    Attributes:
        photo_id: the Flickr ID.
        step: the step.
        reason: why, in words.
    """

    photo_id: int
    step: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of photos with a Flickr ID.

    Attributes:
        photos: all.
        with_exif: those whose EXIF came, from the API, an import or a file.
        files: those whose original is here.
        gone: those that were deleted or are private now.
    """

    photos: int
    with_exif: int
    files: int
    gone: int


def put_listings(catalog: Catalog, entries: Sequence[tuple[Listing, Exif | None]]) -> ListedCounts:
    """Add photos, or update those that are known; a photo that a person has forgotten stays out.

    Args:
        catalog: open for writing.
        entries: listings, each with the camera metadata that its source gives; None where these come later.
    """
    counts = ListedCounts()
    latest = {listing.flickr_id: (listing, exif) for listing, exif in entries}
    with catalog.transaction():
        known = {one.listing.flickr_id: one for one in flickr_photos(catalog, latest)}
        there = _still_there(catalog, [one.photo for one in known.values()])
        fresh = []
        for flickr_id, (listing, exif) in latest.items():
            before = known.get(flickr_id)
            if before is None:
                fresh.append((listing, exif))
            elif before.photo not in there:
                counts.forgotten += 1
            else:
                after = replace(before, listing=before.listing.updated(listing), exif=exif or before.exif)
                changed = after != before
                counts.updated += changed
                counts.unchanged += not changed
                if changed:
                    store(catalog, after)
        _insert(catalog, fresh)
        counts.added += len(fresh)
        if fresh:
            catalog.touch()
    return counts


def flickr_photos(catalog: Catalog, flickr_ids: Iterable[int]) -> Iterator[FlickrPhoto]:
    """Yield the known photos among some Flickr IDs."""
    ids = list(flickr_ids)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        for row in catalog.connection.execute(f"SELECT * FROM flickr_photo WHERE flickr_id IN ({marks})", part):
            yield FlickrPhoto(
                row["photo"],
                listing_from_json(json.loads(row["listing"])),
                None if row["exif"] is None else exif_from_json(json.loads(row["exif"])),
                None if row["file"] is None else facts_from_json(row["file"]),
            )


def flickr_photo(catalog: Catalog, flickr_id: int) -> FlickrPhoto:
    """Return the photo with a Flickr ID.

    Raises:
        LookupError: the catalogue has none.
    """
    found = next(flickr_photos(catalog, [flickr_id]), None)
    if found is None:
        raise LookupError(flickr_id)
    return found


def store(catalog: Catalog, known: FlickrPhoto, path: Path | None = None) -> None:
    """Store what is known of a photo, compute its labels again, and record a change of the catalogue.

    Args:
        catalog: open for writing.
        known: the photo, whose row ID exists.
        path: the path of its file, where it has one now that it did not have before.
    """
    facts = facts_of_listing(known.listing, known.exif, known.file)
    connection = catalog.connection
    before = connection.execute("SELECT sha256 FROM photo WHERE id = ?", (known.photo,)).fetchone()
    if before and before["sha256"] not in (None, facts.sha256):  # the candidates were compared by the old picture
        connection.execute("DELETE FROM candidate WHERE phone = ?1 OR other = ?1", (known.photo,))
        catalog.candidates_changed()
    connection.execute(
        "UPDATE flickr_photo SET listing = ?, exif = ?, file = ? WHERE flickr_id = ?",
        (*_texts(known), known.listing.flickr_id),
    )
    connection.execute("INSERT OR REPLACE INTO reading VALUES (?, ?)", (known.photo, _json(facts.as_json())))
    named = listed_path(known.listing.flickr_id) if known.file is None else path
    if named:
        place = catalog.places.stored(os.fsencode(named))
        change = "UPDATE photo SET path_bytes = ?, path = ? WHERE id = ?"
        connection.execute(change, (place, printable_path(place), known.photo))
    relabel(catalog, known.photo, facts)
    catalog.touch()


_TO_DO: dict[Step, str] = {
    "exif": "flickr_photo.exif IS NULL AND photo.status = 'listed'",
    "original": "(flickr_photo.file IS NULL OR status = 'truncated') AND status != 'gone' AND source != 'flickr-export'",
    "recheck": "photo.source != 'flickr-export'",
}
"""Step -> the condition that photos meet for which it can be done."""


def pending(catalog: Catalog, step: Step) -> list[int]:
    """Return the Flickr IDs of the photos for which a step is still to be done, in the order in which they were found.

    Those for which it failed come last. Photos that are forgotten, and photos whose EXIF an import gave, need no step
    `exif`; photos that are gone need `recheck` alone, since they can come back. The files of somebody's own account are
    there already, and strangers may not see them all.
    """
    return [
        row[0] for row in catalog.connection.execute(f"{_pending_of(step)} ORDER BY failed, photo.id", {"step": step})
    ]


def _pending_of(step: Step) -> str:
    """Return the statement that selects the photos for which a step is still to be done; its parameter `:step` is the step."""
    return (
        "SELECT flickr_photo.flickr_id, outcome IS NOT NULL AS failed FROM flickr_photo "
        "JOIN photo ON photo.id = flickr_photo.photo "
        "LEFT JOIN flickr_step ON flickr_step.flickr_id = flickr_photo.flickr_id AND step = :step "
        f"WHERE {_TO_DO[step]} AND (outcome IS NULL OR outcome = 'failed')"
    )


def is_pending(catalog: Catalog, step: Step) -> bool:
    """Return whether a step is still to be done for any photo, without going through all of them."""
    return bool(catalog.connection.execute(f"SELECT EXISTS ({_pending_of(step)})", {"step": step}).fetchone()[0])


def has_originals(catalog: Catalog, licenses: Collection[str]) -> bool:
    """Return whether originals are still to be downloaded of photos whose licence is allowed.

    Args:
        catalog: the catalogue.
        licenses: the licences that are allowed, SPDX ids in any case or URLs; `ANY_LICENSE` allows every photo.
    """
    return _is_any_original(catalog, _ALLOWED, licenses)


def lacks_license_or_address(catalog: Catalog, licenses: Collection[str]) -> bool:
    """Return whether the API has to be asked before all originals with these licences can be downloaded.

    It is asked for the address of an original, and for the licence of a photo unless every licence is allowed.

    Args:
        catalog: the catalogue.
        licenses: as in `has_originals`.
    """
    lacking = f"(listing ->> '$.original' IS NULL AND {_ALLOWED} OR listing ->> '$.license' IS NULL AND NOT :any)"
    return _is_any_original(catalog, lacking, licenses)


_ALLOWED = "(:any OR lower(listing ->> '$.license') IN (SELECT value FROM json_each(:licenses)))"
"""The condition that a photo's licence is allowed."""


def _is_any_original(catalog: Catalog, condition: str, licenses: Collection[str]) -> bool:
    """Return whether a photo whose original is still to be downloaded meets a condition."""
    names = [name.casefold() for name in licenses]
    values = {"step": "original", "any": ANY_LICENSE in names, "licenses": json.dumps(names)}
    found = f"SELECT EXISTS ({_pending_of('original')} AND {condition})"
    return bool(catalog.connection.execute(found, values).fetchone()[0])


def record_step(catalog: Catalog, flickr_id: int, step: Step, outcome: Outcome, reason: str | None = None) -> None:
    """Store the outcome of a step for a photo; the time is that since which the outcome and its reason are the same."""
    same = "SELECT at FROM flickr_step WHERE flickr_id = ?1 AND step = ?2 AND outcome = ?3 AND reason IS ?4"
    insert = f"INSERT OR REPLACE INTO flickr_step VALUES (?1, ?2, ?3, ?4, coalesce(({same}), ?5))"
    catalog.connection.execute(insert, (flickr_id, step, outcome, reason, now()))


def is_refused(catalog: Catalog, flickr_id: int, reason: str) -> bool:
    """Return whether a step was refused for a photo for a reason."""
    found = catalog.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM flickr_step WHERE flickr_id = ? AND outcome = 'refused' AND reason = ?)",
        (flickr_id, reason),
    )
    return bool(found.fetchone()[0])


def failures(catalog: Catalog, step: Step) -> dict[int, tuple[str | None, str]]:
    """Return the photos for which a step failed: Flickr ID -> reason, and since when it is that (ISO 8601 in UTC)."""
    rows = catalog.connection.execute(
        "SELECT flickr_id, reason, at FROM flickr_step WHERE step = ? AND outcome = 'failed'", (step,)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def forget_steps(catalog: Catalog, step: Step, flickr_id: int | None = None) -> None:
    """Remove the outcomes of a step, so that it is done again for all photos for which it is possible, or for one."""
    catalog.connection.execute(
        "DELETE FROM flickr_step WHERE step = ?1 AND (flickr_id = ?2 OR ?2 IS NULL)", (step, flickr_id)
    )


def refusals(catalog: Catalog, outcome: Literal["refused", "failed"] = "refused") -> list[Refusal]:
    """Return the steps that were refused for good, or that failed and are tried again, of the photos in the catalogue."""
    rows = catalog.connection.execute(
        "SELECT flickr_step.flickr_id, step, reason FROM flickr_step JOIN flickr_photo USING (flickr_id) "
        "JOIN photo ON photo.id = flickr_photo.photo WHERE outcome = ? AND (outcome = 'refused' OR photo.status != 'gone') "
        "ORDER BY photo.id, step",
        (outcome,),
    )
    return [Refusal(*row) for row in rows]


def outcomes(catalog: Catalog, step: Step) -> tuple[int, int]:
    """Return the numbers of photos for which a step was refused for good, and for which it failed; see `refusals`."""
    rows = catalog.connection.execute(
        "SELECT outcome, count(*) FROM flickr_step JOIN flickr_photo USING (flickr_id) "
        "JOIN photo ON photo.id = flickr_photo.photo "
        "WHERE step = ? AND (outcome = 'refused' OR outcome = 'failed' AND photo.status != 'gone') GROUP BY outcome",
        (step,),
    )
    found = {row[0]: int(row[1]) for row in rows}
    return found.get("refused", 0), found.get("failed", 0)


def counts(catalog: Catalog) -> tuple[int, int]:
    """Return the number of photos with a Flickr ID, and of those without EXIF that wait for it."""
    photos, waiting = catalog.connection.execute(
        "SELECT (SELECT count(*) FROM flickr_photo JOIN photo ON photo.id = flickr_photo.photo), "
        f"(SELECT count(*) FROM ({_pending_of('exif')}))",
        {"step": "exif"},
    ).fetchone()
    return int(photos), int(waiting)


def forgotten_ids(catalog: Catalog, flickr_ids: Iterable[int]) -> list[int]:
    """Return which of some Flickr IDs belong to photos that a person has forgotten."""
    known = {one.listing.flickr_id: one.photo for one in flickr_photos(catalog, flickr_ids)}
    there = _still_there(catalog, list(known.values()))
    return [flickr_id for flickr_id, photo in known.items() if photo not in there]


def tally(catalog: Catalog) -> Tally:
    """Count the photos with a Flickr ID."""
    row = catalog.connection.execute(
        "SELECT count(*), count(coalesce(flickr_photo.exif, flickr_photo.file)), count(flickr_photo.file), "
        "coalesce(sum(photo.status = 'gone'), 0) FROM flickr_photo JOIN photo ON photo.id = flickr_photo.photo"
    ).fetchone()
    return Tally(*row)


def photo_count(catalog: Catalog) -> int:
    """Return the number of photos with a Flickr ID that were ever listed."""
    return int(catalog.connection.execute("SELECT count(*) FROM flickr_photo").fetchone()[0])


def _still_there(catalog: Catalog, photos: Sequence[int]) -> set[int]:
    there: set[int] = set()
    for start in range(0, len(photos), _AT_ONCE):
        part = photos[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        there |= {row[0] for row in catalog.connection.execute(f"SELECT id FROM photo WHERE id IN ({marks})", part)}
    return there


def _insert(catalog: Catalog, entries: Sequence[tuple[Listing, Exif | None]]) -> None:
    """Insert new photos, each with all its labels in one statement, which is several times faster than one by one."""
    if not entries:
        return
    first = int(catalog.connection.execute(NEW_ID).fetchone()[0])
    rows, readings, listed = [], [], []
    for photo, (listing, exif) in enumerate(entries, start=first):
        facts = facts_of_listing(listing, exif)
        labels = label_photo(facts, stated(listing))
        place = listed_path(listing.flickr_id)
        rows.append(
            {
                "id": photo,
                "path_bytes": place.encode(),
                "path": place,
                "source": listing.source,
                "reader": READER,
                "camera": catalog.cameras.row_id(labels.make, labels.model, labels.file_source),
                **labels.columns,
            }
        )
        readings.append((photo, _json(facts.as_json())))
        listed.append((listing.flickr_id, photo, *_texts(FlickrPhoto(photo, listing, exif, None))))
    columns = list(rows[0])
    catalog.connection.executemany(
        f"INSERT INTO photo ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})", rows
    )
    catalog.connection.executemany("INSERT INTO reading VALUES (?, ?)", readings)
    catalog.connection.executemany("INSERT INTO flickr_photo VALUES (?, ?, ?, ?, ?)", listed)


def _texts(known: FlickrPhoto) -> tuple[str, str | None, str | None]:
    """Return the listing, the EXIF and the file's facts as JSON."""
    return (
        _json(known.listing.as_json()),
        None if known.exif is None else _json(known.exif.as_json()),
        None if known.file is None else _json(known.file.as_json()),
    )


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
