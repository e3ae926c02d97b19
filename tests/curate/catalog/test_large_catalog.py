"""What keeps a large catalogue quick: counts that are kept, a queue that is ready, a log read from its end, rows that stream."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

from curate.catalog import decisions, expressions
from curate.catalog.candidates import replace_candidates, waiting
from curate.catalog.pairs import pairs, queue
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.duplicates.groups import find_duplicates
from curate.errors import UsageError
from curate.export.run import duplicate_report, export_rows, split_workspace
from curate.export.select import Choice, Tally, select
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.splits.make import joint_split
from tests.helpers.large_catalog import build

CAMERAS = (("Apple", "iPhone X"), ("Canon", "Canon EOS 40D"), (None, None))


def sha(number: int) -> str:
    """A made-up hash."""
    return f"{number:064x}"


def put(catalog: Catalog, number: int, camera: int, content: int, status: Status = Status.OK) -> int:
    """A photo, or what became of it."""
    make, model = CAMERAS[camera]
    facts = PhotoFacts(status, sha256=sha(content), format="JPEG", exif=Exif(make=make, model=model))
    return put_photo(catalog, f"/photos/{number:03d}.jpg".encode(), facts, 1)


def test_counts_are_those_of_a_scan(catalog: Catalog) -> None:
    """After photos came, changed camera, status and content, and went, the kept counts are what counting gives."""
    moves = random.Random(1)
    for _ in range(100):
        with catalog.transaction():
            put(catalog, moves.randrange(30), moves.randrange(3), moves.randrange(50), moves.choice(list(Status)))
            if moves.random() < 0.1:
                catalog.connection.execute("DELETE FROM photo WHERE id = (SELECT min(id) FROM photo)")
    rows = list(catalog.labels())
    assert catalog.count() == len(rows)
    assert dict(catalog.counts("status")) == Counter(row["status"] for row in rows)
    assert dict(catalog.counts("format")) == Counter(row["format"] for row in rows)
    assert dict(catalog.counts("make_normalized")) == Counter(row["make_normalized"] for row in rows)
    listed = {camera.model: photos for camera, photos in catalog.cameras.listed()}
    assert listed == Counter(row["Model"] for row in rows if row["Model"])


def test_the_queue_is_what_the_pairs_say(catalog: Catalog) -> None:
    """Whatever is accepted, rejected, taken back and done again: the pairs that wait are the open ones with free photos."""
    moves = random.Random(2)
    with catalog.transaction():
        ids = [put(catalog, number, number % 2, number - number % 7 // 6) for number in range(24)]  # with some copies
        chosen = {(moves.choice(ids[::2]), moves.choice(ids[1::2])) for _ in range(40)}
        replace_candidates(catalog, [(a, b, moves.random(), moves.random() < 0.5, {}) for a, b in chosen])
    for _ in range(60):
        move = moves.random()
        if move < 0.5 and (open_pairs := queue(catalog)):
            pair = moves.choice(open_pairs)
            decisions.decide(catalog, moves.choice(("accept", "reject")), pair.phone_sha256, pair.other_sha256)
        elif move < 0.8:
            decisions.undo(catalog)
        else:
            decisions.redo(catalog)
        found = queue(catalog)
        expected = [pair for pair in pairs(catalog, "candidate") if not pair.taken]
        expected.sort(key=lambda pair: (not pair.assigned, -(pair.score or 0), pair.phone, pair.other))
        assert found == expected and waiting(catalog) == len(expected)
        assert queue(catalog, 5) == expected[:5]


def test_undo_and_redo_are_a_stack(catalog: Catalog) -> None:
    """Any order of deciding, undoing and redoing gives what two stacks give."""
    moves = random.Random(3)
    with catalog.transaction():
        for number in range(2):
            put(catalog, number, number, number)
    standing: list[int] = []
    taken_back: list[int] = []
    for _ in range(300):
        move = moves.random()
        if move < 0.3:
            standing.append(decisions.decide(catalog, moves.choice(("accept", "reject")), sha(0), sha(1)).seq)
            taken_back.clear()
        elif move < 0.7:
            undone = decisions.undo(catalog)
            assert (undone.seq if undone else None) == (standing[-1] if standing else None)
            if standing:
                taken_back.append(standing.pop())
        else:
            redone = decisions.redo(catalog)
            assert (redone.seq if redone else None) == (taken_back[-1] if taken_back else None)
            if taken_back:
                standing.append(taken_back.pop())


def test_the_screens_queries_use_indexes(catalog: Catalog) -> None:
    """No screen reads or sorts the whole photo table for its first page, its counts or its queue."""
    build(catalog, 2000)
    asked: list[str] = []
    catalog.connection.set_trace_callback(asked.append)
    list(catalog.labels(None, 100))
    catalog.count()
    for column in ("camera_type", "make_normalized", "status", "format"):
        catalog.counts(column)  # type: ignore[arg-type]
    waiting(catalog)
    queue(catalog, 100)
    catalog.cameras.listed()
    decisions.undo(catalog)
    catalog.connection.set_trace_callback(None)
    for statement in asked:
        if not statement.startswith("SELECT"):
            continue
        plan = [row["detail"] for row in catalog.connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        whole = [
            step
            for step in plan
            if step in ("SCAN photo", "SCAN p", "SCAN o", "SCAN candidate", "SCAN c", "SCAN decision")
        ]
        pages = "photo_by_path" in str(plan) or "decision ORDER BY seq DESC" in statement
        assert not whole or pages, (statement, plan)
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan or "FROM label" not in statement, (statement, plan)


def test_the_time_limit_is_the_querys_alone(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes its time over the rows is not cut off; a query that takes too long is."""
    build(catalog, 2000)
    monkeypatch.setattr(expressions, "QUERY_SECONDS", 2.0)  # many times what the query takes, also on a busy machine
    rows = catalog.labels("status = 'ok'")
    next(rows)
    time.sleep(2.1)
    assert len(list(rows)) > 1000
    nested = " OR ".join(f"path LIKE '%{n}%{n}%{n}%'" for n in range(40))
    monkeypatch.setattr(expressions, "QUERY_SECONDS", 0.0)
    with pytest.raises(UsageError, match=r"longer than 0 s"):
        catalog.count(nested)


def test_rows_stream(catalog: Catalog) -> None:
    """Going over all rows holds a few of them, with and without an expression."""
    build(catalog, 4000)
    for where in (None, "status = 'ok'"):
        tracemalloc.start()
        assert sum(1 for _ in catalog.labels(where)) > 3000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2_000_000, where  # 4,000 rows take more than 10 MB


@pytest.mark.slow
def test_duplicates_splits_and_exports_hold_columns(catalog: Catalog) -> None:
    """What goes through all photos holds a few hundred bytes of each, not a dict of forty labels for each of them."""
    count = 20_000
    build(catalog, count)
    list(find_duplicates([]).near)  # what is imported once is not a photo's
    joint_split([{"photo_id": number, "Make": "A"} for number in range(40)], ["Make"])
    works: dict[str, Callable[[], object]] = {
        "duplicates": lambda: duplicate_report(catalog),
        "splits": lambda: split_workspace(catalog, ("Make",), ("owner",), 1),
        "selection": lambda: select(export_rows(catalog), Choice(), Tally()),
    }
    for name, work in works.items():
        tracemalloc.start()
        work()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_800 * count, (name, peak / count)
