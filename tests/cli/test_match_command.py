"""`curate export --match` and the setting of the same name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from curate.cli import run_cli
from curate.errors import Exit
from tests.conftest import write_photo


def test_match_by_option_and_by_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option leaves photos out and counts them; the setting does the same; an empty option overrules the setting."""
    folder, place = tmp_path / "photos", tmp_path / "w"
    folder.mkdir()
    for k in range(8):
        make, model = ("Apple", "iPhone X") if k % 2 == 0 else ("Canon", "Canon EOS 40D")
        write_photo(folder / f"{k}.jpg", make=make, model=model, seed=k)
    for k in (1, 3):  # two cameras' photos of another shape
        picture = Image.open(folder / f"{k}.jpg")
        exif = picture.getexif()
        picture.crop((0, 0, picture.width // 2, picture.height)).save(folder / f"{k}.jpg", exif=exif)
    assert run_cli(["new", str(place)]) == Exit.DONE
    assert run_cli(["ingest", str(folder), "-w", str(place), "--jobs", "1"]) == Exit.DONE

    def export(name: str, *words: str) -> dict[str, object]:
        capsys.readouterr()
        assert run_cli(["export", str(tmp_path / name), "-w", str(place), "--json", *words]) == Exit.DONE
        answer: dict[str, object] = json.loads(capsys.readouterr().out)
        return answer

    assert export("all")["photos"] == 8
    matched = export("matched", "--match", "aspect,orientation")
    assert matched["photos"] == 4
    assert sum(entry["photos"] for entry in matched["left_out"]) == 4  # type: ignore[attr-defined]
    manifest = json.loads((tmp_path / "matched" / "manifest.json").read_text())
    assert manifest["match"] == ["aspect", "orientation"]
    settings = place / "workspace.toml"
    settings.write_text(settings.read_text().replace("[export]", '[export]\nmatch = ["aspect"]'))
    assert export("by-setting")["photos"] == 4
    assert export("overruled", "--match", "")["photos"] == 8
    assert run_cli(["export", str(tmp_path / "x"), "-w", str(place), "--match", "colour"]) == Exit.USAGE
