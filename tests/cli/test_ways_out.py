"""Commands on photos and pairs: what a command does not do is said, with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.cli import run_cli
from curate.errors import Exit
from tests.conftest import MadeOnce, write_photo
from tracer.base.progress import Progress

PHONE = ("Apple", "iPhone X")
CAMERA = ("NIKON CORPORATION", "NIKON D5500")


@pytest.fixture
def place(
    tmp_path: Path, made_once: MadeOnce, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A workspace with four photos and an exact copy; the current folder is above it."""
    monkeypatch.chdir(tmp_path)

    def make() -> None:
        for number in range(4):
            write_photo(tmp_path / "photos" / f"{number}.jpg", number, *(CAMERA if number % 2 else PHONE))
        (tmp_path / "photos" / "copy.jpg").write_bytes((tmp_path / "photos" / "0.jpg").read_bytes())
        assert run_cli(["new", "w"]) == run_cli(["ingest", "photos", "-w", "w", "--jobs", "1"]) == Exit.DONE

    made_once("four photos and a copy", make)
    capsys.readouterr()
    return tmp_path / "w"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.DONE) -> str:
    """Run a command in the workspace and return what it said on standard error."""
    assert run_cli([*words, "-w", "w"]) == code
    return capsys.readouterr().err


def entries(capsys: pytest.CaptureFixture[str]) -> int:
    """How many entries the decision log has."""
    assert run_cli(["decisions", "export", "-w", "w"]) == Exit.DONE
    return len(capsys.readouterr().out.splitlines())


def test_a_label_that_changes_nothing_says_why(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No photo matches, or all had the label already."""
    assert "no photo matches" in said(capsys, "label", "owner=ann", "--where", "1 = 0")
    assert said(capsys, "label", "owner=ann", "--where", "1") == ""
    assert "5 photos match" in said(capsys, "label", "owner=ann", "--where", "1")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("semantic_labe", "Did you mean semantic_label?"),
        ("licence", "Did you mean license?"),
        ("make", "Did you mean Make?"),
        ("camera_type", "curate cameras set MAKE MODEL TYPE"),
    ],
)
def test_a_label_of_an_unknown_name(place: Path, capsys: pytest.CaptureFixture[str], key: str, hint: str) -> None:
    """The name that is near is offered, and a camera's type has its own command."""
    told = said(capsys, "label", f"{key}=x", "--where", "1", code=Exit.USAGE)
    assert hint in told and told.count("curate cameras set") == (key == "camera_type")


def test_what_is_no_licence_or_no_photos_licence_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels and downloads refuse text that is not a licence; an export names the licences that the photos have."""
    assert "an SPDX id such as CC-BY-4.0" in said(capsys, "label", "license=free", "--where", "1", code=Exit.USAGE)
    assert "an SPDX id such as CC-BY-4.0" in said(capsys, "flickr", "download", "--licenses", "free", code=Exit.USAGE)
    said(capsys, "label", "license=CC-BY-4.0", "--where", "1")
    for licenses in ("cc-by-4.0, free", " ,"):
        assert "licen" in said(capsys, "export", "set", "--licenses", licenses, code=Exit.USAGE)
    told = said(capsys, "export", "set", "--licenses", "CC0-1.0, cc-by-4.0")
    assert told.count("no photo has") == 1 and "the licence CC0-1.0; those of the photos are: CC-BY-4.0" in told
    said(capsys, "split", "--attribute", "Make", "--group", "owner, scene", code=Exit.FAILED)
    capsys.readouterr()
    assert run_cli(["audit", "set", "--group", "owner, scenes"]) == Exit.USAGE
    assert "that grouping is unknown: scenes" in capsys.readouterr().err
    assert run_cli(["audit", "set", "--group", "owner, scene", "--json"]) != Exit.USAGE


def test_nothing_to_export_names_the_way_out(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of licences that are not stated or not the wanted one, of pairs, and of a workspace without photos."""
    told = said(capsys, "export", "set", "--licenses", "CC0-1.0", code=Exit.FAILED)
    assert "curate label license=CC-BY-4.0 --where 'license IS NULL' -w w" in told
    assert "curate review -w w" in said(capsys, "export", "set", "--pairs", code=Exit.FAILED)
    said(capsys, "label", "license=CC-BY-4.0", "--where", "path LIKE '%1.jpg'")
    assert "curate label license=" in said(capsys, "export", "set", "--licenses", "CC-BY-4.0")
    said(capsys, "label", "license=CC-BY-4.0", "--where", "license IS NULL")
    assert "license IS NOT NULL" in said(capsys, "export", "other", "--licenses", "CC0-1.0", code=Exit.FAILED)
    assert run_cli(["new", "empty"]) == Exit.DONE and run_cli(["export", "other", "-w", "empty"]) == Exit.FAILED
    assert "curate ingest PHOTOS -w empty" in capsys.readouterr().err


def test_a_source_that_is_gone_is_to_be_brought_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where most photos are left out since they are in no pair."""
    said(capsys, "decide", "accept", "photos/0.jpg", "photos/1.jpg")
    Path("photos").rename("elsewhere")
    for words in (["--pairs"], []):
        told = said(capsys, "export", "set", *words, code=Exit.FAILED)
        assert "its file is gone" in told and "Bring back the folder" in told and "curate review" not in told


def test_a_copy_that_is_kept_already_is_not_chosen_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is logged, so that an undo takes back what was done last; what only the rule keeps can still be chosen."""
    for photo, count in (("photos/0.jpg", 1), ("photos/0.jpg", 1), ("photos/copy.jpg", 2), ("photos/0.jpg", 3)):
        before = entries(capsys)
        told = said(capsys, "duplicates", "keep", photo)
        assert entries(capsys) == count
        assert ("had already chosen it" in told) == (before == count)
    assert "curate duplicates -w w" in said(capsys, "duplicates", "keep", "photos/1.jpg", code=Exit.USAGE)


def test_groups_are_drawn_of_classes_that_are_there(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another word is refused with the classes that there are."""
    assert "No scene" in said(capsys, "groups", "--draw", "foo", "bar", code=Exit.USAGE)
    said(capsys, "decide", "accept", "photos/0.jpg", "photos/1.jpg")
    told = said(capsys, "groups", "--draw", "foo", "Apple|iPhone X", code=Exit.USAGE)
    assert "foo\n" in told and "Classes are Apple|iPhone X, NIKON CORPORATION|NIKON D5500." in told
    assert said(capsys, "groups", "--draw", "Apple|iPhone X", "NIKON CORPORATION|NIKON D5500") == ""


def test_matches_are_drawn_as_png(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another name is refused; two photos that have nothing in common say so."""
    told = said(capsys, "matches", "photos/0.jpg", "photos/3.jpg", "-o", "m.txt", code=Exit.USAGE)
    assert "-o m.txt.png" in told and not Path("m.txt").exists()
    assert "no matching points" in said(capsys, "matches", "photos/0.jpg", "photos/3.jpg", "-o", "m.PNG")


def test_decisions_of_an_empty_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There was nothing to take in, and that is said."""
    Path("empty.jsonl").touch()
    assert "empty.jsonl contains no decisions" in said(capsys, "decisions", "import", "empty.jsonl")


def test_settings_that_name_no_label_column(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file and the setting are named by all that goes by it, before anything is written."""
    settings = place / "workspace.toml"
    settings.write_text(settings.read_text().replace('"Make", "Is Smartphone"', '"nope"'))
    for words in (["split"], ["export", "set"]):
        told = said(capsys, *words, code=Exit.FAILED)
        assert "workspace.toml: export.attributes" in told and "nope" in told
    assert not Path("set").exists()


def test_without_w_the_workspaces_in_the_current_folder_are_named(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most three, and quoted for a shell; a file or another folder is none."""
    (place.parent / "notes.toml").write_text("")
    assert run_cli(["new", "a walk"]) == Exit.DONE
    for words in (["status"], ["pairs"], ["ingest", "photos"]):
        capsys.readouterr()
        assert run_cli(words) == Exit.USAGE
        lines = capsys.readouterr().err.splitlines()
        assert lines[1:] == [
            "Did you mean: -w 'a walk'", "Did you mean: -w w", f"Make one with: curate new {place.parent}-workspace"
        ]  # fmt: skip
    for name in "bcd":
        assert run_cli(["new", name]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["status"]) == Exit.USAGE
    assert capsys.readouterr().err.count("Did you mean") == 3


def test_exact_copies_are_counted_in_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever photo each is a copy of; --json lists them."""
    (place.parent / "photos" / "other.jpg").write_bytes((place.parent / "photos" / "1.jpg").read_bytes())
    said(capsys, "ingest", "photos", "--jobs", "1")
    told = said(capsys, "pair", "--jobs", "1")
    assert "left out: 2 exact copies of other photos; to list all copies: curate duplicates -w w" in told
    assert "an exact copy of" not in told
    assert run_cli(["pair", "--jobs", "1", "--json", "-w", "w"]) == Exit.DONE
    assert capsys.readouterr().out.count("an exact copy of") == 2


def test_a_photo_with_a_partner_is_named_as_pairs_name_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not by the path of an exact copy."""
    (place.parent / "photos" / "zzz.jpg").write_bytes((place.parent / "photos" / "0.jpg").read_bytes())
    (place.parent / "photos" / "copy.jpg").unlink()
    said(capsys, "ingest", "photos", "--jobs", "1")
    said(capsys, "decide", "accept", "photos/0.jpg", "photos/1.jpg")
    told = said(capsys, "decide", "accept", "photos/0.jpg", "photos/3.jpg", code=Exit.USAGE)
    photos = place.parent / "photos"
    assert f"{photos}/0.jpg is paired with {photos}/1.jpg" in told


def test_an_interruption_says_what_became_of_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence and exit code 130."""

    def interrupted(*_: object) -> Iterator[Progress]:
        yield Progress("taking photos", 0, 2)
        raise KeyboardInterrupt

    monkeypatch.setattr("curate.demo.collection.write_photos", interrupted)
    assert run_cli(["demo", "photos", str(tmp_path / "photos")]) == Exit.INTERRUPTED
    assert capsys.readouterr().err.endswith("Stopped. What is finished is kept; the same command can be given again.\n")


def test_a_photo_that_pairing_leaves_out_is_told_with_its_reason(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one whose camera has no type, which `curate pair` does not list, since it is on no side."""
    write_photo(place.parent / "photos" / "plain.jpg", 9, "Acme", "X 9")
    (place.parent / "photos" / "broken.jpg").write_bytes(b"no photo")
    said(capsys, "ingest", "photos", "--jobs", "1", code=Exit.SOME_FAILED)
    said(capsys, "label", "Make=Apple", "--where", "path LIKE '%broken%'")
    said(capsys, "label", "Model=iPhone X", "--where", "path LIKE '%broken%'")
    for name, why in (("plain", "it is neither by a phone nor by another camera"), ("broken", "could not be read")):
        told = said(capsys, "matches", f"photos/{name}.jpg", "photos/1.jpg", "-o", "m.png", code=Exit.USAGE)
        assert f"{name}.jpg: {why}" in told and "curate photos -w w" in told


@pytest.mark.parametrize(
    "words", [["new", "a" * 300], ["export", "a" * 300, "-w", "w"], ["export", "/proc/set", "-w", "w"]]
)
def test_a_folder_that_cannot_be_made(place: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """A message, no traceback, for a name that is too long and for a place where nobody can make folders."""
    assert run_cli(words) == Exit.FAILED
    assert "cannot be" in (told := capsys.readouterr().err) and ("Check the path" in told or "Choose a place" in told)
