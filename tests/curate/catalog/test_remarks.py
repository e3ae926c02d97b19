"""Flags and notes on pairs, and the pairs that a review is asked for."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.history import steps
from curate.catalog.importing import import_decisions
from curate.catalog.marking import flag, write_note
from curate.catalog.pairs import pair_of, queue, remarked
from curate.catalog.pairs import pairs as all_pairs
from curate.catalog.remarks import LONGEST, Remark, remark_of
from curate.catalog.store import Catalog
from curate.catalog.wanted import Wanted, waiting_and_proposed
from curate.catalog.wording import in_words
from curate.cli import run_cli
from curate.errors import UsageError
from curate.review.plain import review_plain
from curate.review.queue import ReviewQueue
from curate.workspace import Workspace
from tests.curate.tui.workspaces import make_workspace


@pytest.fixture
def filled(tmp_path: Path) -> Workspace:
    """A workspace of six pairs with their candidates."""
    return make_workspace(tmp_path / "w", 6, previews=False)


def test_a_remark_is_logged_undone_and_repeated(filled: Workspace) -> None:
    """Flag and note are decisions: undo and redo name them, and either order of the photos is the same pair."""
    with Catalog.open(filled) as catalog:
        pair = queue(catalog)[0]
        phone, other = pair.phone_sha256, pair.other_sha256
        assert flag(catalog, phone, other, True) and not flag(catalog, other, phone, True)
        assert write_note(catalog, phone, other, "  the same tower \x1b[2J ") and not write_note(
            catalog, phone, other, "the same tower [2J"
        )
        assert remark_of(catalog, other, phone) == Remark(True, "the same tower [2J")
        assert [row["note"] for row in remarked(catalog, all_pairs(catalog))] == ["the same tower [2J"]
        assert [step.words.split(" ")[0] for step in steps(catalog, 9)] == ["noted", "flagged"]
        for words, left in (("noted on", Remark(True)), ("flagged", Remark())):
            undone = decisions.undo(catalog)
            assert undone and in_words(catalog, undone).startswith(f"{words} IMG_0000.JPG")
            assert remark_of(catalog, phone, other) == left
        assert decisions.redo(catalog) and decisions.redo(catalog)
        assert remark_of(catalog, phone, other) == Remark(True, "the same tower [2J")
        assert write_note(catalog, phone, other, "") and flag(catalog, phone, other, False)
        assert remark_of(catalog, phone, other) == Remark() and not list(remarked(catalog, all_pairs(catalog)))
        with pytest.raises(UsageError, match="too long"):
            write_note(catalog, phone, other, "x" * (LONGEST + 1))


def test_the_commands(filled: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """curate decide flag and note, and what curate pairs --remarks lists; another workspace takes them once."""
    pair = ["/photos/phone/IMG_0001.JPG", "/photos/camera/DSC_0001.JPG", "-w", str(filled.root)]
    assert run_cli(["decide", "flag", *pair]) == 0 and run_cli(["decide", "flag", *pair, "--json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "flagged" and json.loads("".join(said[1:])) == {"flagged": True, "changed": False}
    assert run_cli(["decide", "note", *pair[:2], "look again", *pair[2:]]) == 0
    capsys.readouterr()
    assert run_cli(["pairs", "--remarks", "--format", "jsonl", "-w", str(filled.root)]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["flagged"], row["note"], row["phone"]) == (True, "look again", pair[0])
    assert run_cli(["decisions", "export", "-w", str(filled.root)]) == 0
    (tmp_path / "log.jsonl").write_text(capsys.readouterr().out)
    with Catalog.open(make_workspace(tmp_path / "other", 2, previews=False)) as catalog:
        found = import_decisions(catalog, tmp_path / "log.jsonl")
        assert found.taken == {"flags": 1, "notes": 1} and found.complete
        assert [row["note"] for row in remarked(catalog, all_pairs(catalog))] == ["look again"]
        again = import_decisions(catalog, tmp_path / "log.jsonl")
        assert (again.taken, again.unchanged) == ({}, 2)


def test_a_remark_on_a_pair_that_is_no_candidate_is_listed(filled: Workspace) -> None:
    """A flag on two photos that pairing did not propose is listed; once the pair is decided, it is listed once."""
    with Catalog.open(filled) as catalog:
        one, two = pair_of(catalog, "/photos/phone/IMG_0001.JPG", "/photos/phone/IMG_0003.JPG")
        assert flag(catalog, one.content, two.content, True)
        assert [row["status"] for row in remarked(catalog, all_pairs(catalog))] == ["candidate"]
        for phone, other in ((one, two), (two, one)):
            decisions.decide(catalog, "reject", phone.content, other.content)
            assert [row["status"] for row in remarked(catalog, all_pairs(catalog))] == ["rejected"]
            assert decisions.undo(catalog)


@pytest.mark.parametrize(
    ("wanted", "first", "counts"),
    [
        (Wanted(), "IMG_0000.JPG", (12, 6)),
        (Wanted(order="unlikely"), "IMG_0005.JPG", (12, 6)),
        (Wanted(order="unsure"), "IMG_0005.JPG", (12, 6)),
        (Wanted(order="camera"), "IMG_0000.JPG", (12, 6)),
        (Wanted(camera="nikon d"), "IMG_0000.JPG", (12, 6)),
        (Wanted(camera="Leica"), None, (0, 0)),
        (Wanted(most=0.5), "IMG_0000.JPG", (6, 0)),
        (Wanted(least=0.985), "IMG_0000.JPG", (3, 3)),
        (Wanted(flagged=True), "IMG_0003.JPG", (1, 1)),
        (Wanted(noted=True), "IMG_0004.JPG", (1, 1)),
    ],
)
def test_the_queue_that_is_wanted(
    filled: Workspace, wanted: Wanted, first: str | None, counts: tuple[int, int]
) -> None:
    """By camera, score, flag and note, in any order; the counts are of the same pairs."""
    with Catalog.open(filled) as catalog:
        rows = queue(catalog)
        flag(catalog, rows[3].phone_sha256, rows[3].other_sha256, True)
        write_note(catalog, rows[4].other_sha256, rows[4].phone_sha256, "a note")
        found = queue(catalog, wanted=wanted)
        assert (Path(found[0].phone).name if found else None) == first
        assert waiting_and_proposed(catalog, wanted) == counts == (len(found), sum(row.assigned for row in found))
        review = ReviewQueue(catalog, wanted)
        review.refresh()
        assert (review.waiting, review.proposed) == counts


def test_the_plain_review_remarks_and_goes_back(filled: Workspace) -> None:
    """Flag, note, the other partner, back, undo and redo are answers too; undo shows its pair again."""
    out = io.StringIO()
    with Catalog.open(filled) as catalog:
        review_plain(catalog, io.StringIO("f\nt a red door\nf\na\ns\nb\nb\ny\nu\nr\nr\nq\n"), out)
    said = out.getvalue()
    assert "flagged\n" in said and "Remarks: flagged; a red door" in said and "no longer flagged" in said
    assert "candidate 2 of 2" in said and "there is no pair before this one" in said
    assert "taken back: accepted IMG_0000.JPG" in said and "done again: accepted IMG_0000.JPG" in said
    assert "there is nothing to redo" in said


def test_the_plain_review_of_some_pairs(filled: Workspace) -> None:
    """Where no wanted pair waits, it says what was wanted."""
    out = io.StringIO()
    with Catalog.open(filled) as catalog:
        review_plain(catalog, io.StringIO("q\n"), out, Wanted(camera="leica", order="unsure"))
    assert out.getvalue() == "No pair waits (camera leica, the least certain first).\n"


def test_the_command_reviews_some_pairs(
    filled: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options of `curate review` choose the pairs of the plain review, and their order."""
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    words = ["review", "--plain", "--camera", "D5500", "--from", "0.5", "--order", "unlikely", "-w", str(filled.root)]
    assert run_cli(words) == 0
    said = capsys.readouterr().out
    assert "1 of 6 proposed. Same scene?" in said and "IMG_0005.JPG" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    assert run_cli(["review", "--plain", "--noted", "-w", str(filled.root)]) == 0
    assert capsys.readouterr().out == "No pair waits (with a note).\n"
