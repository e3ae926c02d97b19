"""The decision log: what is said, taken back and done again."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.candidates import proposed, replace_candidates, waiting
from curate.catalog.pairs import decide_auto, pairs, queue
from curate.catalog.photos import put_photo, set_status
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


def fill(catalog: Catalog, pairs_count: int = 4) -> list[tuple[int, int]]:
    """Phones with even hashes, cameras with odd ones, and a candidate for each pair and one wrong one a phone."""
    ids: dict[int, int] = {}
    with catalog.transaction():
        for number in range(2 * pairs_count):
            make, model = ("Canon", "Canon EOS 40D") if number % 2 else ("Apple", "iPhone X")
            facts = PhotoFacts(Status.OK, sha256=sha(number), format="JPEG", exif=Exif(make=make, model=model))
            ids[number] = put_photo(catalog, f"/photos/{number}.jpg".encode(), facts, 1)
    right = [(ids[2 * k], ids[2 * k + 1], 0.9 - 0.1 * k, True, {}) for k in range(pairs_count)]
    wrong = [(ids[2 * k], ids[(2 * k + 3) % (2 * pairs_count)], 0.2, False, {}) for k in range(pairs_count)]
    replace_candidates(catalog, [*right, *wrong])
    return [(phone, other) for phone, other, *_ in right]


def state(catalog: Catalog) -> list[tuple[object, ...]]:
    """All that decisions change."""
    verdicts = [
        tuple(row)
        for row in catalog.connection.execute("SELECT phone, other, status, subject_idx FROM verdict ORDER BY 1, 2")
    ]
    labels = [(row["path"], row["semantic_label"], row["camera_type"], row["subject_idx"]) for row in catalog.labels()]
    return [*verdicts, *labels]


def test_accept_gives_a_subject_and_takes_both_off_the_queue(catalog: Catalog) -> None:
    """After a yes, neither photo is offered with anybody else."""
    fill(catalog)
    assert waiting(catalog) == len(queue(catalog)) == 8
    first = queue(catalog)[0]
    decisions.decide(catalog, "accept", first.phone_sha256, first.other_sha256)
    left = queue(catalog)
    assert waiting(catalog) == len(left)
    assert not {first.phone_sha256, first.other_sha256} & {
        sha256 for pair in left for sha256 in (pair.phone_sha256, pair.other_sha256)
    }
    assert [pair.subject_idx for pair in pairs(catalog, "accepted")] == [0]
    assert {row["subject_idx"] for row in catalog.labels() if row["subject_idx"] is not None} == {0}


def test_a_photo_has_one_partner(catalog: Catalog) -> None:
    """A second yes for the same photo is refused and names the pair that stands."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    with pytest.raises(UsageError, match="already has a partner"):
        decisions.decide(catalog, "accept", sha(0), sha(3))
    with pytest.raises(UsageError, match="already has a partner"):
        decisions.decide(catalog, "accept", sha(2), sha(1))


def test_undo_survives_a_restart(workspace: Workspace) -> None:
    """What was decided before the program ended is taken back after it began again."""
    with Catalog.open(workspace) as catalog:
        fill(catalog)
        before = state(catalog)
        decisions.decide(catalog, "accept", sha(0), sha(1))
        after = state(catalog)
    with Catalog.open(workspace) as catalog:
        assert state(catalog) == after
        assert decisions.undo(catalog) is not None
        assert state(catalog) == before
    with Catalog.open(workspace) as catalog:
        assert decisions.redo(catalog) is not None
        assert state(catalog) == after


def test_the_log_cannot_be_rewritten(catalog: Catalog) -> None:
    """Not even by our own code."""
    fill(catalog)
    decisions.decide(catalog, "reject", sha(0), sha(1))
    for statement in ("DELETE FROM decision", "UPDATE decision SET who = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            catalog.connection.execute(statement)


def test_decisions_outlive_a_new_pairing_run(catalog: Catalog) -> None:
    """A decided pair is not offered again when candidates are found anew."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    decisions.decide(catalog, "reject", sha(2), sha(3))
    fill(catalog)
    offered = {(pair.phone_sha256, pair.other_sha256) for pair in queue(catalog)}
    assert (sha(0), sha(1)) not in offered and (sha(2), sha(3)) not in offered
    assert decisions.tally(catalog) == decisions.Tally(1, 1)


def test_auto_accepts_only_one_to_one_choices_above_the_bar(catalog: Catalog) -> None:
    """The runner-up of an accepted photo is not accepted too."""
    fill(catalog)
    assert decide_auto(catalog, 0.75) == 2
    assert decide_auto(catalog, 0.0) == 2
    assert decisions.tally(catalog).accepted == 4


def test_an_override_holds_for_all_photos_of_a_model_and_can_be_undone(catalog: Catalog) -> None:
    """Present photos and future ones."""
    fill(catalog)
    decisions.set_camera_type(catalog, "canon", "CANON EOS 40D ", CameraType.COMPACT)
    assert {row["camera_type"] for row in catalog.labels("\"Make\" = 'Canon'")} == {"compact"}
    assert {row["camera_type_rule"] for row in catalog.labels("\"Make\" = 'Canon'")} == {"override"}
    decisions.undo(catalog)
    assert {row["camera_type"] for row in catalog.labels("\"Make\" = 'Canon'")} == {"dslr"}


operations = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["accept", "reject"]), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("label"), st.integers(0, 7), st.sampled_from(["cat", "dog"])),
        st.tuples(st.just("camera"), st.sampled_from(["dslr", "compact", "unknown"]), st.just(0)),
        st.tuples(st.just("undo"), st.just(0), st.just(0)),
        st.tuples(st.just("redo"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations)
def test_undo_and_redo_are_exact(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int | str, int | str]]
) -> None:
    """After any series of decisions, undoing all of them gives the first state, and redoing all gives the last."""
    workspace = Workspace.create(tmp_path_factory.mktemp("w") / "w")
    with Catalog.open(workspace) as catalog:
        fill(catalog)
        photos = [row[0] for row in catalog.connection.execute("SELECT id FROM photo ORDER BY id")]
        first = state(catalog)
        for kind, a, b in steps:
            if kind in ("accept", "reject"):
                try:
                    decisions.decide(catalog, kind, sha(2 * int(a)), sha(2 * int(b) + 1))  # type: ignore[arg-type]
                except UsageError:
                    continue
            elif kind == "label":
                decisions.label(catalog, [photos[int(a)]], "semantic_label", str(b))
            elif kind == "camera":
                decisions.set_camera_type(catalog, "Canon", "Canon EOS 40D", CameraType(str(a)))
            elif kind == "undo":
                decisions.undo(catalog)
            else:
                decisions.redo(catalog)
        while decisions.redo(catalog):
            pass
        last = state(catalog)
        count = 0
        while decisions.undo(catalog):
            count += 1
        assert state(catalog) == first
        for _ in range(count):
            assert decisions.redo(catalog)
        assert state(catalog) == last


def test_a_pair_named_the_other_way_round_is_the_same_pair(catalog: Catalog) -> None:
    """Without camera types no side is known: said twice, in both orders, a pair is accepted once and then rejected."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    decisions.decide(catalog, "accept", sha(1), sha(0))
    assert decisions.tally(catalog) == decisions.Tally(1, 0)
    decisions.decide(catalog, "reject", sha(1), sha(0))
    assert decisions.tally(catalog) == decisions.Tally(0, 1)


def test_a_partner_whose_file_was_replaced_stands_in_nobodys_way(catalog: Catalog) -> None:
    """The file of an accepted photo holds another picture now: it is not offered, and its partner may get a new one."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    with catalog.transaction():
        facts = PhotoFacts(Status.OK, sha256=sha(100), format="JPEG", exif=Exif(make="Apple", model="iPhone X"))
        changed = put_photo(catalog, b"/photos/0.jpg", facts, 2)
    assert all(changed not in (pair.phone_id, pair.other_id) for pair in pairs(catalog))
    decisions.decide(catalog, "accept", sha(2), sha(1))
    assert [(p.phone_sha256, p.other_sha256) for p in pairs(catalog, "accepted")] == [(sha(2), sha(1))]
    assert decisions.tally(catalog) == decisions.Tally(1, 0)
    assert decisions.gone(catalog) == 1


def test_a_pair_whose_content_was_replaced_counts_nowhere_and_comes_back_with_it(catalog: Catalog) -> None:
    """List, count and queue agree: the pair is gone, its partner waits again; the old content back, the pair is back."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    before = {(p.phone_sha256, p.other_sha256) for p in queue(catalog)}
    assert not any(sha(1) in pair for pair in before)

    def content(number: int) -> None:
        with catalog.transaction():
            facts = PhotoFacts(Status.OK, sha256=sha(number), format="JPEG", exif=Exif(make="Apple", model="iPhone X"))
            put_photo(catalog, b"/photos/0.jpg", facts, 2)

    content(100)
    assert list(pairs(catalog, "accepted")) == []
    assert decisions.tally(catalog) == decisions.Tally(0, 0)
    assert decisions.gone(catalog) == 1
    free = {(p.phone_sha256, p.other_sha256) for p in queue(catalog)} - before
    assert free and all(sha(1) in pair for pair in free) and waiting(catalog) == len(queue(catalog))
    assert decisions.partner_of(catalog, sha(1)) is None
    assert [row for row in catalog.labels() if row["subject_idx"] is not None] == []
    content(0)
    assert [(p.phone_sha256, p.other_sha256) for p in pairs(catalog, "accepted")] == [(sha(0), sha(1))]
    assert (decisions.tally(catalog).accepted, decisions.gone(catalog)) == (1, 0)
    assert [row["subject_idx"] for row in catalog.labels("subject_idx IS NOT NULL")] == [0, 0]
    assert {(p.phone_sha256, p.other_sha256) for p in queue(catalog)} <= before


def test_a_decided_pair_never_comes_back_whichever_way_round(catalog: Catalog) -> None:
    """Decided in the other order (the cameras' types were not known then), a candidate is decided all the same."""
    fill(catalog)
    first = queue(catalog)[0]
    for action, status in (("reject", "rejected"), ("accept", "accepted")):
        decisions.decide(catalog, action, first.other_sha256, first.phone_sha256)
        found = [p for p in pairs(catalog) if {p.phone_id, p.other_id} == {first.phone_id, first.other_id}]
        assert [p.status for p in found] == [status]
        assert all(p.phone_id != first.phone_id or p.other_id != first.other_id for p in queue(catalog))
        assert waiting(catalog) == len(queue(catalog))


def test_a_new_candidate_of_a_decided_photo_says_so(catalog: Catalog) -> None:
    """A later search offers a paired photo with somebody else: it is listed with the remark, and does not wait."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    ids = {row["sha256"]: row["id"] for row in catalog.connection.execute("SELECT id, sha256 FROM photo")}
    replace_candidates(catalog, [(ids[sha(0)], ids[sha(5)], 0.99, True, {}), (ids[sha(2)], ids[sha(3)], 0.5, True, {})])
    rows = {p.other_sha256: p for p in pairs(catalog, "candidate")}
    assert rows[sha(5)].as_json()["evidence"]["already_paired"] is True
    assert "already_paired" not in rows[sha(3)].as_json()["evidence"]
    assert [p.other_sha256 for p in queue(catalog)] == [sha(3)]


def test_a_batch_is_taken_back_and_done_again_as_one(catalog: Catalog) -> None:
    """Decisions of one batch go together; what was decided before and after goes by itself."""
    fill(catalog)
    decisions.decide(catalog, "accept", sha(0), sha(1))
    first = state(catalog)
    with catalog.transaction():
        for phone, other in ((2, 3), (4, 5)):
            decisions.decide(catalog, "accept", sha(phone), sha(other), note={"batch": "b"})
        decisions.set_camera_type(catalog, "Apple", "iPhone X", CameraType.COMPACT, note={"batch": "b"})
    second = state(catalog)
    decisions.decide(catalog, "reject", sha(6), sha(7))
    third = state(catalog)
    for expected in (second, first):
        assert decisions.undo(catalog)
        assert state(catalog) == expected
    for expected in (second, third):
        assert decisions.redo(catalog)
        assert state(catalog) == expected
    assert decisions.redo(catalog) is None


def test_a_label_brings_no_missing_file_back(catalog: Catalog) -> None:
    """What a person says of a missing photo is kept; the photo stays missing."""
    fill(catalog)
    photo = catalog.photo_ids_where("path = '/photos/0.jpg'")
    set_status(catalog, photo[0], Status.MISSING, "gone")
    decisions.label(catalog, photo, "semantic_label", "cat")
    row = next(catalog.labels("path = '/photos/0.jpg'"))
    assert (row["status"], row["error"], row["semantic_label"]) == ("missing", "gone", "cat")


def test_a_persons_time_must_be_one(catalog: Catalog) -> None:
    """A typo does not blank the time that the file states."""
    fill(catalog)
    with pytest.raises(UsageError):
        decisions.label(catalog, catalog.photo_ids_where("1"), "taken_at", "yesterday")


def test_rows_can_be_counted_and_cut_short(catalog: Catalog) -> None:
    """A list that shows a page asks for a page, and counts the rest."""
    fill(catalog)
    assert catalog.count() == 8 and catalog.count("camera_type = 'dslr'") == 4
    assert [row["path"] for row in catalog.labels(limit=2)] == ["/photos/0.jpg", "/photos/1.jpg"]
    assert [row["path"] for row in catalog.labels("camera_type = 'dslr'", 1)] == ["/photos/1.jpg"]


def test_proposed_pairs_are_the_waiting_ones_that_were_assigned(catalog: Catalog) -> None:
    """As many as are counted; none that is decided, or whose photo has a partner."""
    fill(catalog)
    assert len([*pairs(catalog, "proposed")]) == proposed(catalog) == 4
    decisions.decide(catalog, "accept", sha(0), sha(3))  # takes a photo of the second proposed pair, too
    decisions.decide(catalog, "reject", sha(4), sha(5))
    left = [*pairs(catalog, "proposed")]
    assert [(pair.phone_sha256, pair.other_sha256) for pair in left] == [(sha(6), sha(7))]
    assert len(left) == proposed(catalog) and {pair.status for pair in left} == {"candidate"}
