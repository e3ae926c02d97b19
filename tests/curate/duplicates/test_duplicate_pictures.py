"""Copies found by their pixels, in a workspace, and a person's choice of the one to keep."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.cli import run_cli
from curate.duplicates.likeness import same_picture, small_picture
from curate.errors import Exit
from tests.conftest import write_photo


def scene(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A made-up picture with structure at several scales."""
    random = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for step, weight in ((5, 0.6), (11, 0.3), (23, 0.1)):
        coarse = Image.fromarray(random.integers(0, 255, (step, step, 3), dtype=np.uint8))
        total += weight * np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)
    return Image.fromarray(total.astype(np.uint8))


def test_copies_are_the_same_picture() -> None:
    """Smaller, grey, brighter and a little cut copies agree; another picture, and the mirrored one, do not."""
    original = scene(1)
    same = [
        original.resize((130, 90)),
        original.convert("L").convert("RGB"),
        original.point(lambda v: min(255, round(v * 1.15))),
        original.crop((6, 4, 396, 294)),
    ]
    small = small_picture(original.copy())
    assert all(same_picture(small, small_picture(copy)) for copy in same)
    others = [scene(2), original.transpose(Image.Transpose.FLIP_LEFT_RIGHT), original.crop((100, 80, 400, 300))]
    assert not any(same_picture(small, small_picture(other)) for other in others)


def test_flat_pictures() -> None:
    """A picture of one colour is the same as itself alone."""
    black, white = (np.full((96, 96), value, dtype=np.uint8) for value in (0, 255))
    assert same_picture(black, black.copy())
    assert not same_picture(black, white)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A workspace with an original, a smaller copy of it, a copy of its bytes, and another photo."""
    photos = tmp_path / "photos"
    original = write_photo(photos / "original.jpg", 1)
    with Image.open(original) as image:
        image.resize((120, 90)).save(photos / "small.jpg", quality=80)
    (photos / "again").mkdir()
    shutil.copy(original, photos / "again" / "copy.jpg")
    write_photo(photos / "other.jpg", 2)
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    assert run_cli(["ingest", str(photos), "-w", str(tmp_path / "w")]) == Exit.DONE
    capsys.readouterr()
    return tmp_path / "w"


def report(place: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict]]:
    """What `curate duplicates --json` says, with names for paths."""
    assert run_cli(["duplicates", "-w", str(place), "--json"]) == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    for group in (*found["exact"], *found["near"]):
        group.update(keeper=Path(group["keeper"]).name, others=[Path(path).name for path in group["others"]])
    return found


def test_a_person_chooses_what_is_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`duplicates keep` overrules the rule, the later choice wins, and undo takes each back."""
    photos = place.parent / "photos"
    before = report(place, capsys)
    assert set(before) == {"exact", "near"}
    assert [(g["keeper"], g["others"]) for g in before["exact"]] == [("copy.jpg", ["original.jpg"])]
    assert [(g["keeper"], g["others"]) for g in before["near"]] == [("copy.jpg", ["small.jpg"])]

    assert run_cli(["duplicates", "keep", str(photos / "small.jpg"), "-w", str(place)]) == Exit.DONE
    assert run_cli(["duplicates", "-w", str(place), "keep", str(photos / "original.jpg")]) == Exit.DONE
    capsys.readouterr()
    after = report(place, capsys)
    assert [(g["keeper"], g["reason"]) for g in after["exact"]] == [("original.jpg", "a person chose it")]
    assert [(g["keeper"], g["others"]) for g in after["near"]] == [("original.jpg", ["small.jpg"])]

    assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    assert [g["keeper"] for g in report(place, capsys)["near"]] == ["small.jpg"]
    assert run_cli(["undo", "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    assert report(place, capsys) == before


def test_a_copy_whose_name_is_no_text_can_be_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes the file's own name and says it in text; a name that is none of the workspace is refused alike."""
    photos = tmp_path / "photos"
    odd = Path(os.fsdecode(os.fsencode(photos) + b"/\xff.jpg"))
    shutil.copy(write_photo(photos / "a.jpg", 1), odd)
    workspace = tmp_path / "w"
    assert run_cli(["new", str(workspace)]) == Exit.DONE
    assert run_cli(["ingest", str(photos), "-w", str(workspace), "--jobs", "1"]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["duplicates", "keep", str(odd), "-w", str(workspace)]) == Exit.DONE
    assert r"\xff.jpg" in capsys.readouterr().out
    assert Path(report(workspace, capsys)["exact"][0]["keeper"]).name == r"\xff.jpg"
    assert run_cli(["duplicates", "keep", str(odd.with_suffix(".png")), "-w", str(workspace)]) == Exit.USAGE
    assert r"\xff.png" in capsys.readouterr().err


def test_only_a_copy_can_be_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A photo without copies, or none of the workspace, is a usage error with a way out."""
    for name in ("other.jpg", "nowhere.jpg"):
        assert run_cli(["duplicates", "keep", str(place.parent / "photos" / name), "-w", str(place)]) == Exit.USAGE
        assert "curate " in capsys.readouterr().err


def test_the_export_takes_the_chosen_copy(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of exact copies the set holds the keeper; the others are listed as left out."""
    assert run_cli(["duplicates", "keep", str(place.parent / "photos" / "original.jpg"), "-w", str(place)]) == Exit.DONE
    capsys.readouterr()
    assert run_cli(["export", str(place.parent / "set"), "-w", str(place), "--json"]) == Exit.DONE
    left_out = json.loads(capsys.readouterr().out)["left_out"]
    assert {"reason": "an exact copy of it is in the set", "photos": 1} in left_out


def test_rows_of_groups(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format jsonl` prints a line a group."""
    assert run_cli(["duplicates", "-w", str(place), "--format", "jsonl"]) == Exit.DONE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["kind"] for row in rows] == ["exact", "near"]
    assert all({"keeper", "reason", "others", "photos", "bits"} <= set(row) for row in rows)
