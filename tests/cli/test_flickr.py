"""The commands of a harvest, as a person runs them: options, JSON, exit codes, messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.catalog import database
from curate.errors import Exit
from curate.sources.flickr.licenses import OPEN
from curate.workspace import Workspace
from tests.helpers.commands import Run
from tests.helpers.fake_flickr import KEY, FakeFlickr, Fault, Faults, Trick, by_method, group_id
from tests.helpers.harvesting import SEARCH_ALL

COUNTS = {"added", "updated", "unchanged", "missing", "unreadable", "skipped", "seconds", "calls_made", "calls_left"}
PHOTOS = 60


@pytest.fixture
def run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs commands on the workspace."""
    return Run(workspace, capsys)


def lines(run: Run, *words: str) -> list[dict[str, Any]]:
    """The label rows."""
    return [json.loads(line) for line in run("photos", "--format", "jsonl", *words).splitlines()]


def test_a_harvest(flickr: FakeFlickr, run: Run) -> None:
    """Search, EXIF, originals, recheck, status: each prints its counts under the fixed names."""
    found = run(*SEARCH_ALL, "--json")
    assert found.keys() == COUNTS and found["added"] == PHOTOS == found["calls_left"] and found["calls_made"] == 3
    assert run("flickr", "status", "--json")["pending"] == PHOTOS
    asked = run("flickr", "exif", "--json")
    assert asked.keys() == COUNTS and asked["updated"] == PHOTOS == asked["calls_made"] and asked["calls_left"] == 0
    fetched = run("flickr", "download", "--licenses", "CC0-1.0", "--json")
    free = int((flickr.universe.license == 9).sum())
    assert fetched.keys() == COUNTS and fetched["updated"] == free and fetched["skipped"] == PHOTOS - free
    again = run("flickr", "recheck", "--json")
    assert again.keys() == COUNTS and again["unchanged"] == PHOTOS == again["calls_made"]
    status = run("flickr", "status", "--json")
    assert {"photos", "pending", "refused", "calls_made", "calls_left"} <= status.keys()
    assert (status["photos"], status["pending"], status["refused"], status["calls_left"]) == (PHOTOS, 0, [], 0)
    assert status["calls_made"] == len([record for record in flickr.log if record.method != "image"])
    rows = lines(run)
    assert {row["status"] for row in rows} == {"ok"} and sum(row["sha256"] is not None for row in rows) == free


def test_a_dry_run_stores_no_photo(flickr: FakeFlickr, run: Run) -> None:
    """It shows photos, calls and hours; ten calls at most."""
    told = run(*SEARCH_ALL, "--dry-run", "--json")
    assert told["calls_made"] == len(flickr.log) <= 10 and told["calls_left"] >= PHOTOS and told["added"] == 0
    assert {"hours", "photos"} <= told.keys() and lines(run) == []
    assert "nothing was stored" in run(*SEARCH_ALL, "--dry-run")
    assert run("flickr", "status", "--json")["photos"] == 0


def test_a_plan_is_written_and_read(flickr: FakeFlickr, run: Run, tmp_path: Path) -> None:
    """By options at first; later its file alone, with other sizes."""
    path = tmp_path / "plan.toml"
    run(
        "flickr",
        "search",
        str(path),
        "--taken-from",
        "2013",
        "--license",
        "0,4",
        "--tags",
        "dog,cat",
        "--target",
        "Make=Canon:5",
    )
    text = path.read_text()
    assert 'taken_from = "2013"' in text and "license = [0, 4]" in text and '"Canon" = 5' in text
    run("flickr", "search", str(path), "--limit", "3")
    run("flickr", "search", str(path), "--text", "dog", code=Exit.USAGE)
    assert "--text was given too" in run.said
    run("flickr", "search", str(tmp_path / "none.toml"), code=Exit.USAGE)
    for words in ("", "--text dog --target Make=Canon", "--bbox 1,2,3", "--taken-from 20133", "--user nobody"):
        run("flickr", "search", *words.split(), code=Exit.USAGE)


def test_refusals_are_explained(flickr: FakeFlickr, run: Run) -> None:
    """Hidden EXIF and photos that are gone keep their rows; exit code 3 as long as any are left; nothing is asked again."""
    run(*SEARCH_ALL)
    hidden, gone = (flickr.universe.id_of(number) for number in (3, 4))
    flickr.universe.hide(hidden)
    flickr.universe.delete(gone)
    done = run("flickr", "exif", "--json", code=Exit.SOME_FAILED)
    assert (done["updated"], done["missing"], done["unreadable"]) == (PHOTOS - 2, 1, 1)
    assert "flickr status --json" in run.said
    refused = {one["photo_id"]: (one["step"], one["reason"]) for one in run("flickr", "status", "--json")["refused"]}
    owner = flickr.universe.owner[3]
    assert refused[gone] == ("exif", "it was deleted, or is private now")
    assert refused[hidden] == ("exif", "its owner does not share its EXIF") and owner is not None
    assert {row["photo_id"]: row["status"] for row in lines(run) if row["status"] != "ok"} == {
        hidden: "listed",
        gone: "gone",
    }
    calls = len(flickr.log)
    run("flickr", "exif", code=Exit.SOME_FAILED)
    assert len(flickr.log) == calls
    assert "refused  1 (exif)" in run("flickr", "status")


def test_recheck_follows_what_became_of_photos(flickr: FakeFlickr, run: Run, tmp_path: Path) -> None:
    """Gone ones, and those whose licence is no longer allowed, lose their files and leave the next export."""
    run(*SEARCH_ALL)
    run("flickr", "exif")
    run("flickr", "download")
    files = {row["photo_id"]: Path(row["path"]) for row in lines(run) if row["sha256"]}
    out = tmp_path / "set"
    assert run("export", str(out), "--json")["photos"] == len(files)
    deleted, relicensed, other = sorted(files)[:3]
    flickr.universe.delete(deleted)
    flickr.universe.relicense(relicensed, 0)
    flickr.universe.relicense(other, 11 if flickr.universe.license[flickr.universe.number_of(other)] != 11 else 4)
    done = run("flickr", "recheck", "--json", code=Exit.SOME_FAILED)
    assert (done["missing"], done["updated"]) == (1, 2) and "2 files removed" in run.said
    rows = {row["photo_id"]: row for row in lines(run)}
    assert rows[deleted]["status"] == "gone" and rows[deleted]["path"] == f"flickr:{deleted}"
    assert (
        rows[relicensed]["license"] == "https://rightsstatements.org/vocab/InC/1.0/"
        and rows[relicensed]["sha256"] is None
    )
    assert rows[relicensed]["Make"] and rows[other]["license"] in ("CC-BY-4.0", "CC-BY-2.0")
    assert [files[number].exists() for number in (deleted, relicensed, other)] == [False, False, True]
    reasons = {one["photo_id"]: one["reason"] for one in run("flickr", "status", "--json")["refused"]}
    assert "licence" in reasons[relicensed] and "deleted" in reasons[deleted]
    assert run("export", str(out), "--replace", "--json")["photos"] == len(files) - 2
    names = {path.stem for path in (out / "images").iterdir()}
    assert names == {str(number) for number in files} - {str(deleted), str(relicensed)}
    attribution = (out / "ATTRIBUTION.csv").read_text()
    assert str(other) in attribution and str(deleted) not in attribution


@pytest.mark.parametrize("words", [SEARCH_ALL, ("flickr", "exif"), ("flickr", "recheck")])
def test_no_key(flickr: FakeFlickr, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """Exit code 5, before anything is asked."""
    monkeypatch.delenv("FLICKR_API_KEY")
    run(*words, code=Exit.CREDENTIALS)
    assert "FLICKR_API_KEY" in run.said and len(flickr.log) == 0


def test_a_key_that_is_refused(
    flickr: FakeFlickr, run: Run, monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    """Exit code 5; it is in no message and in no file of the workspace."""
    wrong = "a1" * 16
    monkeypatch.setenv("FLICKR_API_KEY", wrong)
    run(*SEARCH_ALL, code=Exit.CREDENTIALS)
    assert wrong not in run.said
    monkeypatch.setenv("FLICKR_API_KEY", KEY)
    run(*SEARCH_ALL)
    run("flickr", "exif", "--limit", "5")
    held = [path for path in workspace.root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == [] and KEY not in run.said


def test_a_server_that_never_answers(flickr: FakeFlickr, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1 with a message, soon; what is there stays."""
    run(*SEARCH_ALL)
    flickr.faults = Faults(rate=1.0, kinds=(Fault.CLOSED,))
    run("flickr", "exif", code=Exit.FAILED)
    assert "does not answer" in run.said and KEY not in run.said
    run("flickr", "search", "--text", "dog", code=Exit.FAILED)
    monkeypatch.setenv("CURATE_FLICKR_ENDPOINT", "http://127.0.0.1:9/services/rest/")
    monkeypatch.setenv("CURATE_FLICKR_HOSTS", "127.0.0.1:9")
    run("flickr", "exif", code=Exit.FAILED)
    assert run("flickr", "status", "--json")["pending"] == PHOTOS


def test_a_limit_and_a_target(flickr: FakeFlickr, run: Run) -> None:
    """Asking for EXIF stops when enough photos have the labels that are wanted."""
    run(*SEARCH_ALL, "--target", "Make=Canon:3", "--target", "Make=Apple:2")
    run("flickr", "exif", "--limit", "4")
    done = run("flickr", "exif", "--json")
    assert "target counts are met" in run.said and done["calls_left"] == 0
    makes = [row["Make"] for row in lines(run) if row["status"] == "ok"]
    assert makes.count("Canon") >= 3 and makes.count("Apple") >= 2 and len(makes) < PHOTOS
    status = run("status", "--json")
    assert "flickr exif" not in str(status["next"])
    run("flickr", "search", "--group", group_id(1))
    run("flickr", "exif")
    found = np.flatnonzero(flickr.universe.group == 1)
    asked = {row["photo_id"] for row in lines(run) if row["status"] == "ok"}
    assert {flickr.universe.id_of(number) for number in found} <= asked


def test_the_next_step(flickr: FakeFlickr, run: Run) -> None:
    """EXIF, then originals where any may be had, then what follows from files."""
    run(*SEARCH_ALL)
    assert run("status", "--json")["next"].startswith("curate flickr exif")
    run("pair")
    assert "flickr exif" in run.said
    run("flickr", "exif")
    assert run("status", "--json")["next"].startswith("curate flickr download")
    run("export", "somewhere", "--layout", "imagefolder", code=Exit.FAILED)
    assert "curate flickr download" in run.said
    run("flickr", "download", "--licenses", "CC0-1.0", "--limit", "1")
    assert "flickr" not in run("status", "--json")["next"]


def test_photos_without_files_break_nothing(flickr: FakeFlickr, run: Run, tmp_path: Path) -> None:
    """No command calls them unreadable; they are named by `flickr:ID`."""
    run(*SEARCH_ALL)
    run("flickr", "exif")
    one, two = (row["path"] for row in lines(run)[:2])
    assert run("status", "--json")["unreadable"] == 0
    assert run("duplicates", "--json") == {"exact": [], "near": []} and run("cameras")
    assert run("pair", "--json")["candidates"] == 0
    run("pair")
    assert "photos without a file" in run.said and "could not be read" not in run.said
    run("decide", "accept", one, two, code=Exit.USAGE)
    assert "has no file" in run.said
    assert run("label", "--where", "photo_id > 0", "semantic_label=cat", "--json")["changed"] == PHOTOS
    assert run("split", "--attribute", "Is Smartphone", "--json")["files"]
    assert run("forget", one, "--json") == {"forgotten": 1}
    assert one not in {row["path"] for row in lines(run)}
    assert run("flickr", "status", "--json")["photos"] == PHOTOS - 1
    run(*SEARCH_ALL, "--label", "again")
    assert len(lines(run)) == PHOTOS - 1
    run("undo")
    assert len(lines(run, "--where", "semantic_label = 'cat'")) == PHOTOS
    assert run("skipped") is not None and run("clocks") is not None and run("pairs") is not None
    listed = tmp_path / "pairs.csv"
    listed.write_text(f"image_a,image_b\n{one},{two}\n")
    run("pairs", "import", str(listed), code=Exit.SOME_FAILED)


def test_an_older_workspace_is_brought_up_to_date(
    flickr: FakeFlickr, run: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever command comes first, readers too."""
    for words in (("flickr", "status"), SEARCH_ALL):
        for path in workspace.root.glob("catalog*"):
            path.unlink()
        with monkeypatch.context() as patched:
            patched.setattr(database, "migrations", lambda first=database.migrations()[:1]: first)
            database.connect(workspace.catalog).close()
        run(*words)
        assert (workspace.backups / "catalog-v1.sqlite").exists()
    assert len(lines(run)) == PHOTOS


HEAR = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A process that a shell starts in the background ignores Ctrl-C otherwise."""


def start(workspace: Workspace, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"{HEAR}; from curate.cli import main; main()", *words, "-w", str(workspace.root)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_long_wait_is_interrupted_and_gone_on_with(flickr: FakeFlickr, run: Run, workspace: Workspace) -> None:
    """Meanwhile another writer is told that the workspace is in use, and readers read. Ctrl-C ends with 130."""
    run(*SEARCH_ALL)
    flickr.faults = Faults(rate=1.0, kinds=(Fault.TOO_MANY_WAIT,), retry_after=600)
    process = start(workspace, "flickr", "exif")
    try:
        deadline = time.monotonic() + 60
        while by_method(flickr.log)["flickr.photos.getExif"] < 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        run("flickr", "exif", code=Exit.FAILED)
        assert "in use" in run.said or "writing" in run.said
        assert run("flickr", "status", "--json")["pending"] == PHOTOS
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == Exit.INTERRUPTED and "waiting until" in said and "Traceback" not in said
    assert by_method(flickr.log)["flickr.photos.getExif"] == 1


def test_the_command_that_wrote_a_plan_can_be_run_again(flickr: FakeFlickr, run: Run, tmp_path: Path) -> None:
    """A dry run writes nothing; the same words go on, other words are refused."""
    words = ("flickr", "search", str(tmp_path / "plan.toml"), *SEARCH_ALL[2:], "--per-owner", "50")
    run(*words, "--dry-run")
    assert not (tmp_path / "plan.toml").exists()
    assert run(*words, "--json")["added"] == PHOTOS
    assert run(*words, "--json")["calls_made"] == 0
    run(*words, "--tags", "dog", code=Exit.USAGE)


def test_a_doubtful_answer_is_no_word_about_a_photo(flickr: FakeFlickr, run: Run, workspace: Workspace) -> None:
    """Web pages and odd redirects are tried again by the next run; the same a day later is a refusal."""
    run(*SEARCH_ALL)
    pages, away, back = sorted(row["photo_id"] for row in lines(run) if row["license"] in OPEN)[:3]
    tricks = {pages: Trick.HTML, away: Trick.PRIVATE, back: Trick.HTML}
    for photo, trick in tricks.items():
        flickr.trick(photo, trick)
    for _ in range(2):
        done = run("flickr", "download", "--json", code=Exit.SOME_FAILED)
        status = run("flickr", "status", "--json")
        assert done["unreadable"] == 3 and status["refused"] == []
        assert {one["photo_id"] for one in status["failed"]} == tricks.keys()
    connection = database.connect(workspace.catalog)
    connection.execute("UPDATE flickr_step SET at = '2020-01-02T03:04:05+00:00' WHERE outcome = 'failed'")
    connection.close()
    flickr.trick(back, None)
    done = run("flickr", "download", "--json", code=Exit.SOME_FAILED)
    assert (done["updated"], done["unreadable"]) == (1, 2)
    status = run("flickr", "status", "--json")
    reasons = {one["photo_id"]: one["reason"] for one in status["refused"]}
    assert reasons.keys() == {pages, away} and "not a picture" in reasons[pages] and status["failed"] == []


def test_an_original_that_was_cut_off_is_fetched_once_more(flickr: FakeFlickr, run: Run, workspace: Workspace) -> None:
    """Once in each run, until it comes whole, or is cut off a day later, too; the whole file takes the place of the other."""
    run(*SEARCH_ALL)
    run("flickr", "exif")
    whole, always = sorted(row["photo_id"] for row in lines(run) if row["license"] in OPEN)[:2]
    for photo in (whole, always):
        flickr.trick(photo, Trick.TRUNCATED)
    assert run("flickr", "download", "--json", code=Exit.SOME_FAILED)["unreadable"] == 2
    assert "2 files could not be read" in run.said
    before = {row["photo_id"]: row for row in lines(run, "--where", "status = 'truncated'")}
    assert before.keys() == {whole, always}
    flickr.trick(whole, None)
    asked = len(flickr.log)
    done = run("flickr", "download", "--json", code=Exit.SOME_FAILED)
    assert (done["updated"], done["unreadable"], len(flickr.log) - asked) == (2, 1, 2)
    (row,) = lines(run, "--where", f"photo_id = {whole}")
    assert row["status"] == "ok" and row["sha256"] != before[whole]["sha256"]
    assert Path(row["path"]).stat().st_size > 0 and not workspace.preview(before[whole]["sha256"]).exists()
    connection = database.connect(workspace.catalog)
    connection.execute("UPDATE flickr_step SET at = '2020-01-02T03:04:05+00:00' WHERE outcome = 'failed'")
    connection.close()
    assert run("flickr", "download", "--json", code=Exit.SOME_FAILED)["updated"] == 1
    assert run("flickr", "download", "--json")["updated"] == 0
    flickr.universe.delete(always)
    run("flickr", "recheck", code=Exit.SOME_FAILED)
    assert not Path(before[always]["path"]).exists()


def test_a_photo_that_had_gone_comes_back(flickr: FakeFlickr, run: Run) -> None:
    """A recheck asks about photos that are gone, too: the one that can be seen again is as before, the other one is told once."""
    run(*SEARCH_ALL)
    run("flickr", "exif")
    back, deleted = sorted(row["photo_id"] for row in lines(run) if row["license"] in OPEN)[:2]
    for photo in (back, deleted):
        flickr.trick(photo, Trick.MISSING)
    flickr.universe.delete(deleted)
    run("flickr", "download", code=Exit.SOME_FAILED)
    assert {row["photo_id"] for row in lines(run) if row["status"] == "gone"} == {back, deleted}
    flickr.trick(back, None)
    done = run("flickr", "recheck", "--json")
    assert (done["updated"], done["missing"]) == (1, 0) and "1 photo that had gone can be seen again" in run.said
    run("flickr", "exif")
    assert run("flickr", "download", "--json", code=Exit.SOME_FAILED)["updated"] == 1
    rows = {row["photo_id"]: row for row in lines(run)}
    assert (rows[back]["status"], rows[back]["error"], rows[deleted]["status"]) == ("ok", None, "gone")
    refused = run("flickr", "status", "--json")["refused"]
    assert [(one["photo_id"], one["reason"]) for one in refused] == [(deleted, "it was deleted, or is private now")]


def test_files_that_are_refused_are_outcomes_of_photos(flickr: FakeFlickr, run: Run) -> None:
    """With nothing but such files left, whatever came in their place, a run ends with exit code 3 and its counts."""
    run(*SEARCH_ALL)
    refused = [row["photo_id"] for row in lines(run) if row["license"] in OPEN]
    tricks = (Trick.HTML, Trick.EMPTY, Trick.LOOP, Trick.PRIVATE)
    for at, photo in enumerate(refused):
        flickr.trick(photo, tricks[at % len(tricks)])
    assert len(refused) > 20
    for _ in range(4):  # a run ends after ten such answers that are new
        run("flickr", "download", "--json", code=Exit.SOME_FAILED)
        assert "does not answer" not in run.said
    asked = len(flickr.log)
    done = run("flickr", "download", "--json", code=Exit.SOME_FAILED)
    assert done.keys() == COUNTS and done["unreadable"] == len(refused) and run.said.count("in a row") == 0
    assert len({record.photo_id for record in flickr.log[asked:]}) == len(refused)


def test_image_hosts_that_are_silent(flickr: FakeFlickr, run: Run) -> None:
    """That is an outage, which ends a run with exit code 1."""
    run(*SEARCH_ALL)
    flickr.faults = Faults(image_rate=1.0, kinds=(Fault.CLOSED,))
    for _ in range(3):
        run("flickr", "download", code=Exit.FAILED)
        assert "does not answer" in run.said


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.HTTP_500, Fault.CODE_105, Fault.EMPTY, Fault.HALF_VALID])
def test_photos_that_always_get_a_bad_answer(flickr: FakeFlickr, run: Run, fault: Fault) -> None:
    """The others go on, and each run tries them again, with exit code 3 and the counts; no deletion goes unnoticed."""
    run(*SEARCH_ALL)
    other, *stubborn = [row["photo_id"] for row in lines(run)][-5:]
    flickr.faults = Faults(stubborn=dict.fromkeys(stubborn, fault))
    for updated in (PHOTOS - 4, 0):
        done = run("flickr", "exif", "--json", code=Exit.SOME_FAILED)
        assert (done["updated"], done["unreadable"], done["calls_left"]) == (updated, 4, 4) and done.keys() == COUNTS
        assert "4 failed" in run.said and run("flickr", "status", "--json")["refused"] == []
    for gone in (0, 1):
        done = run("flickr", "recheck", "--json", code=Exit.SOME_FAILED)
        assert (done["unreadable"], done["missing"]) == (4, gone) and done["calls_made"] >= PHOTOS
        flickr.universe.delete(other)
    flickr.faults = Faults()
    assert run("flickr", "exif", "--json")["updated"] == 4


def test_a_search_of_which_only_a_bad_window_is_left(flickr: FakeFlickr, run: Run) -> None:
    """Each further run ends with exit code 3 and says that the window failed."""
    flickr.faults = Faults(stubborn={"min_taken_date=2013": Fault.HTTP_500})
    for _ in range(3):
        assert run(*SEARCH_ALL, "--window", "year", "--json", code=Exit.SOME_FAILED).keys() == COUNTS
        assert "1 window failed (Flickr answered HTTP 500)" in run.said
