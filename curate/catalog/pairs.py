"""Candidate pairs and the decisions about them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curate.catalog import decisions
from curate.catalog.listing import is_listed_path
from curate.catalog.naming import photo_named
from curate.catalog.photos import Photo
from curate.catalog.remarks import remarks
from curate.catalog.sides import side_of
from curate.catalog.store import Catalog
from curate.catalog.wanted import EVERYTHING, Wanted
from curate.errors import UsageError, command
from curate.photos.facts import Status

PairStatus = Literal["candidate", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair of photos.

    Attributes:
        phone: path of the phone photo, as shown.
        other: path of the other photo, as shown.
        phone_id: row ID of the phone photo.
        other_id: row ID of the other photo.
        phone_sha256: sha256 of the phone photo; both hashes name the pair in the log.
        other_sha256: sha256 of the other photo.
        score: probability that both show the same scene; None for a pair made by hand.
        evidence: the evidence, as pairing wrote it (`pairing.evidence`); empty for a pair made by hand.
        assigned: whether it is proposed.
        status: whether it is open, accepted or rejected.
        subject_idx: number of an accepted pair.
        taken: whether the pair is open and one of its photos already has another partner.
    """

    phone: str
    other: str
    phone_id: int
    other_id: int
    phone_sha256: str
    other_sha256: str
    score: float | None
    evidence: dict[str, Any]
    assigned: bool
    status: PairStatus
    subject_idx: int | None
    taken: bool

    def as_json(self) -> dict[str, Any]:
        """Return the pair under the fixed names of `curate pairs --json`."""
        evidence = dict(self.evidence, assigned=self.assigned)
        if self.taken:
            evidence["already_paired"] = True
        return {
            "phone": self.phone,
            "other": self.other,
            "score": self.score,
            "evidence": evidence,
            "status": self.status,
            "subject_idx": self.subject_idx,
        }


_NAMES = """resolved(p.path) AS phone_path, resolved(o.path) AS other_path, p.id AS phone_id, o.id AS other_id,
p.sha256 AS phone_sha256, o.sha256 AS other_sha256"""

_PAIRS = f"""
WITH paired AS (
    SELECT phone AS sha256 FROM verdict WHERE status = 'accepted' AND NOT gone
    UNION ALL
    SELECT other FROM verdict WHERE status = 'accepted' AND NOT gone
), named AS (
    SELECT phone, other FROM verdict
    UNION ALL
    SELECT one, two FROM remark
    WHERE NOT EXISTS (SELECT 1 FROM verdict WHERE (phone, other) IN (VALUES (one, two), (two, one)))
), pair AS (
    SELECT phone, other, score, assigned, evidence FROM candidate
    UNION ALL
    SELECT p.id, o.id, NULL, 0, '{{}}' FROM named
    JOIN photo p ON p.id = (SELECT min(id) FROM photo WHERE sha256 = named.phone)
    JOIN photo o ON o.id = (SELECT min(id) FROM photo WHERE sha256 = named.other)
    WHERE NOT EXISTS (
        SELECT 1 FROM candidate c JOIN photo cp ON cp.id = c.phone JOIN photo co ON co.id = c.other
        WHERE (cp.sha256 = named.phone AND co.sha256 = named.other)
           OR (cp.sha256 = named.other AND co.sha256 = named.phone))
)
SELECT {_NAMES}, pair.score, pair.assigned, pair.evidence, coalesce(v.status, w.status) AS status,
       coalesce(v.subject_idx, w.subject_idx) AS subject_idx,
       p.sha256 IN (SELECT sha256 FROM paired) OR o.sha256 IN (SELECT sha256 FROM paired) AS taken
FROM pair JOIN photo p ON p.id = pair.phone JOIN photo o ON o.id = pair.other
LEFT JOIN verdict v ON v.phone = p.sha256 AND v.other = o.sha256
LEFT JOIN verdict w ON w.phone = o.sha256 AND w.other = p.sha256
WHERE (coalesce(v.status, w.status) IS NOT NULL OR (p.scene = o.scene) IS NOT 0)
"""
"""Both orders of two photos are one pair, since camera types can change after a decision. A pair that is no candidate is listed
if it is decided or has a flag or a note. Open pairs of two photos with different stated scenes are left out."""


def pairs(catalog: Catalog, status: PairStatus | Literal["proposed"] | None = None) -> Iterator[PairRow]:
    """Yield pairs by score, the best first; pairs made by hand come last.

    Args:
        catalog: the workspace's catalogue.
        status: only pairs with this status, or the candidates that are proposed; None for all.
    """
    where = {
        None: "",
        "proposed": "AND coalesce(v.status, w.status) IS NULL AND pair.assigned AND NOT taken",
        "candidate": "AND coalesce(v.status, w.status) IS NULL",
        "accepted": "AND coalesce(v.status, w.status) = 'accepted'",
        "rejected": "AND coalesce(v.status, w.status) = 'rejected'",
    }
    order = "ORDER BY pair.score IS NULL, pair.score DESC, p.path, o.path"
    yield from map(_pair_row, catalog.connection.execute(f"{_PAIRS} {where[status]} {order}"))


def remarked(catalog: Catalog, rows: Iterable[PairRow]) -> Iterator[dict[str, Any]]:
    """Yield those of some pairs that have a flag or a note, as `PairRow.as_json`, with `flagged` and `note`."""
    known = remarks(catalog)
    for row in rows:
        remark = known.get(frozenset((row.phone_sha256, row.other_sha256)))
        if remark is not None:
            yield {**row.as_json(), "flagged": remark.flagged, "note": remark.note}


def queue(
    catalog: Catalog, limit: int | None = None, phone_sha256: str | None = None, wanted: Wanted = EVERYTHING
) -> list[PairRow]:
    """Return the pairs that wait for a person's decision: open, with both photos free. Proposed ones come first.

    Args:
        catalog: the workspace's catalogue.
        limit: maximum number of pairs; None for all.
        phone_sha256: only pairs of this phone photo; None for all.
        wanted: which of them, and in which order; by default all, each by score.
    """
    of_one = "" if phone_sha256 is None else "AND c.phone IN (SELECT id FROM photo WHERE sha256 = :phone)"
    rows = catalog.connection.execute(
        f"SELECT {_NAMES}, c.score, c.assigned, c.evidence, NULL AS status, NULL AS subject_idx, 0 AS taken "
        f"FROM candidate c JOIN photo p ON p.id = c.phone JOIN photo o ON o.id = c.other WHERE c.waits {of_one}"
        f"{wanted.where} ORDER BY {wanted.order_by} LIMIT :limit",
        {"limit": -1 if limit is None else limit, "phone": phone_sha256, **wanted.values},
    )
    return [_pair_row(row) for row in rows]


def alternatives(catalog: Catalog, phone_sha256: str) -> list[PairRow]:
    """Return the open pairs of one phone photo, proposed ones first, each by score.

    Pairs whose other photo already has a partner are included (`taken`).
    """
    rows = catalog.connection.execute(
        f"SELECT {_NAMES}, c.score, c.assigned, c.evidence, NULL AS status, NULL AS subject_idx, "
        "NOT c.waits AS taken FROM candidate c JOIN photo p ON p.id = c.phone JOIN photo o ON o.id = c.other "
        "WHERE p.sha256 = ? AND (p.scene = o.scene) IS NOT 0 "
        "AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = p.sha256 AND verdict.other = o.sha256) "
        "AND NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.phone = o.sha256 AND verdict.other = p.sha256) "
        "ORDER BY c.assigned DESC, c.score DESC, p.path, o.path",
        (phone_sha256,),
    )
    return [_pair_row(row) for row in rows]


def pair_of(catalog: Catalog, phone: str | os.PathLike[str], other: str | os.PathLike[str]) -> tuple[Photo, Photo]:
    """Return two photos named by a person, the phone's first where the camera types tell.

    Args:
        catalog: the workspace's catalogue.
        phone: path of a photo, as `naming.photo_named` reads it.
        other: path of the other photo.

    Raises:
        UsageError: a path names no photo or several, both are the same picture, or one could not be read.
    """
    one, two = photo_named(catalog, phone), photo_named(catalog, other)
    for photo in (one, two):
        if is_listed_path(photo.path):
            raise UsageError(
                "that photo has no file",
                photo.path,
                f"Name another photo; to download originals: {command('flickr', 'download', workspace=catalog.workspace.root)}",
            )
        if photo.sha256 is None:
            raise UsageError("that photo could not be read", f"{photo.path}: {photo.error}", "Name another photo.")
    if one.sha256 == two.sha256:
        raise UsageError("a photo cannot be paired with itself", one.path, "Name two different photos.")
    return in_order(catalog, one, two)


def in_order(catalog: Catalog, one: Photo, two: Photo) -> tuple[Photo, Photo]:
    """Return two photos, the phone's first where the camera types tell."""
    return (two, one) if (side_of(catalog, one), side_of(catalog, two)) == ("other", "phone") else (one, two)


def doubts_about(catalog: Catalog, phone: Photo, other: Photo) -> list[str]:
    """Return reasons, in words, why two photos are an unusual pair. A pair should be of a phone and another camera.

    Any two photos can be accepted; a person who pairs two by hand sees these reasons first.

    Args:
        catalog: the workspace's catalogue.
        phone: the first photo, as `pair_of` returns it.
        other: the second photo.
    """
    readable = [photo for photo in (phone, other) if photo.status is Status.OK]
    doubts = [f"{Path(photo.path).name} cannot be read" for photo in (phone, other) if photo.status is not Status.OK]
    sides = [(Path(photo.path).name, side_of(catalog, photo)) for photo in readable]
    doubts += [f"{name} is of an unknown kind of camera" for name, side in sides if side is None]
    known = [side for _, side in sides if side is not None]
    if known == ["phone", "phone"]:
        doubts.append("both were taken with phones")
    elif known == ["other", "other"]:
        doubts.append("neither was taken with a phone")
    return doubts


def decide_by_path(
    catalog: Catalog, action: Literal["accept", "reject"], phone: str | os.PathLike[str], other: str | os.PathLike[str]
) -> None:
    """Accept or reject a pair of two photos, whether it is a candidate or not."""
    first, second = pair_of(catalog, phone, other)
    decisions.decide(catalog, action, first.content, second.content)


def is_decided(catalog: Catalog, sha256: str) -> bool:
    """Return whether a person of this workspace accepted a pair of a photo, or gave it a label."""
    row = catalog.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM verdict JOIN decision USING (seq) WHERE (phone = ?1 OR other = ?1) "
        "AND status = 'accepted' AND json_extract(payload, '$.by') IS NULL) "
        "OR EXISTS (SELECT 1 FROM assertion JOIN photo ON photo.id = assertion.photo "
        "WHERE sha256 = ?1 AND origin = 'person' AND NOT imported)",
        (sha256,),
    ).fetchone()
    return bool(row[0])


def decide_auto(catalog: Catalog, min_score: float) -> int:
    """Accept all waiting proposed pairs with at least this probability, as one step; returns how many."""
    with catalog.transaction():
        note = {"auto": min_score, "batch": decisions.batch_name(catalog, "decide auto")}
        pairs = proposed_from(catalog, min_score)
        for pair in pairs:
            decisions.decide(catalog, "accept", pair.phone_sha256, pair.other_sha256, note=note)
    return len(pairs)


def proposed_from(catalog: Catalog, min_score: float) -> list[PairRow]:
    """Return the waiting proposed pairs with at least this probability; of several with one photo, the first."""
    found: list[PairRow] = []
    taken: set[str] = set()
    for pair in queue(catalog):
        photos = {pair.phone_sha256, pair.other_sha256}
        free = not photos & taken and all(decisions.partner_of(catalog, photo) is None for photo in photos)
        if pair.assigned and free and pair.score is not None and pair.score >= min_score:
            found.append(pair)
            taken |= photos
    return found


def _pair_row(row: sqlite3.Row) -> PairRow:
    status: PairStatus = row["status"] or "candidate"
    return PairRow(
        row["phone_path"], row["other_path"], row["phone_id"], row["other_id"], row["phone_sha256"], row["other_sha256"],
        row["score"], json.loads(row["evidence"]), bool(row["assigned"]), status, row["subject_idx"],
        bool(row["taken"]) and status == "candidate",
    )  # fmt: skip
