"""The candidate pairs of the last pairing run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curate.catalog.facts import SCORED_CANDIDATES, SCORES_FOLLOW
from curate.catalog.store import Catalog


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate with the values that its score is computed from. Pairs of values are of the phone photo and the other photo.

    Attributes:
        rowid: row ID of the candidate.
        photos: row IDs of the photos.
        sha256: hashes of their files.
        score: probability that both show the same scene.
        assigned: whether it is proposed.
        evidence: the evidence, as pairing wrote it (`pairing.evidence`).
        scenes: the stated scenes; None where none was stated.
    """

    rowid: int
    photos: tuple[int, int]
    sha256: tuple[str, str]
    score: float
    assigned: bool
    evidence: dict[str, Any]
    scenes: tuple[str | None, str | None]

    @property
    def is_contradicted(self) -> bool:
        """Whether the two photos were stated to be of different scenes."""
        return None not in self.scenes and self.scenes[0] != self.scenes[1]


_CANDIDATES = """
SELECT c.rowid, c.phone, c.other, p.sha256, o.sha256, c.score, c.assigned, c.evidence, p.scene, o.scene
FROM candidate c JOIN photo p ON p.id = c.phone JOIN photo o ON o.id = c.other ORDER BY c.phone, c.other
"""


def candidates(catalog: Catalog) -> list[Candidate]:
    """Return all candidates, ordered by the row IDs of their photos."""
    return [
        Candidate(row[0], row[1:3], row[3:5], row[5], bool(row[6]), json.loads(row[7]), row[8:10])
        for row in map(tuple, catalog.connection.execute(_CANDIDATES))
    ]


def score_of(catalog: Catalog, phone: int, other: int) -> float | None:
    """Return the score of a candidate by the row IDs of its photos; None where they are not a candidate."""
    row = catalog.connection.execute(
        "SELECT score FROM candidate WHERE phone = ? AND other = ?", (phone, other)
    ).fetchone()
    return None if row is None else float(row["score"])


def keep_scores(catalog: Catalog, scores: Iterable[tuple[float, bool, int]]) -> None:
    """Store new scores of candidates.

    Args:
        catalog: open for writing.
        scores: (score, whether the pair is proposed, `rowid` of the candidate).
    """
    catalog.connection.executemany("UPDATE candidate SET score = ?, assigned = ? WHERE rowid = ?", scores)


def keep_ranks(catalog: Catalog, ranks: Iterable[tuple[int, int, int]]) -> None:
    """Store new ranks of candidates.

    Args:
        catalog: open for writing.
        ranks: (rank among the candidates of the phone photo, rank among those of the other photo, `rowid`).
    """
    catalog.connection.executemany(
        "UPDATE candidate SET evidence = json_set(evidence, '$.rank_phone', ?, '$.rank_other', ?) WHERE rowid = ?",
        ranks,
    )


def scored_with(catalog: Catalog) -> tuple[str, int | None]:
    """Return what the scores were computed from: a hash of the decisions (empty for none), and the candidates' revision.

    The revision is None where the scores were never computed from decisions.
    """
    return SCORES_FOLLOW.read(catalog.connection) or "", SCORED_CANDIDATES.read(catalog.connection)


def keep_scored_with(catalog: Catalog, basis: str, revision: int) -> None:
    """Store what the scores were computed from, as `scored_with` returns it."""
    SCORES_FOLLOW.keep(catalog.connection, basis)
    SCORED_CANDIDATES.keep(catalog.connection, revision)


def replace_candidates(catalog: Catalog, rows: Iterable[tuple[int, int, float, bool, dict[str, Any]]]) -> None:
    """Replace all candidates by those of a new run. Decisions are not changed.

    Args:
        catalog: open for writing.
        rows: (row ID of the phone photo, row ID of the other photo, score, whether it is proposed, evidence).
    """
    with catalog.transaction():
        catalog.connection.execute("DELETE FROM candidate")
        catalog.connection.execute("DELETE FROM forgotten_candidate")
        catalog.connection.executemany(
            "INSERT INTO candidate (phone, other, score, assigned, evidence) VALUES (?, ?, ?, ?, ?)",
            (
                (phone, other, score, int(assigned), json.dumps(evidence))
                for phone, other, score, assigned, evidence in rows
            ),
        )
        catalog.connection.execute(
            "UPDATE candidate SET waits = "
            "(SELECT s.waits FROM candidate_state s WHERE s.phone = candidate.phone AND s.other = candidate.other)"
        )
        catalog.candidates_changed()
        catalog.touch()


def waiting(catalog: Catalog) -> int:
    """Return how many pairs wait for a person's decision; `pairs.queue` lists them."""
    return int(catalog.connection.execute("SELECT count(*) FROM candidate WHERE waits").fetchone()[0])


def proposed(catalog: Catalog) -> int:
    """Return how many of the waiting pairs are proposed."""
    return int(catalog.connection.execute("SELECT count(*) FROM candidate WHERE waits AND assigned = 1").fetchone()[0])


def contradicted(catalog: Catalog) -> int:
    """Return how many candidates are of photos with two different stated scenes; `pairs.pairs` does not list them while open."""
    row = catalog.connection.execute(
        "SELECT count(*) FROM candidate JOIN photo p ON p.id = phone JOIN photo o ON o.id = other WHERE p.scene != o.scene"
    ).fetchone()
    return int(row[0])
