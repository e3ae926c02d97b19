"""A run can be passed on: no file of it says where the set, the run or a checkpoint lay."""

from __future__ import annotations

import json
import shlex
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.helpers.small_sets import write_set
from tracer import cli, results
from tracer.encoders.names import parse_name
from tracer.errors import UsageError
from tracer.evaluation.evaluate import Options
from tracer.results.words import FILES_ALONE

AUDIT = {
    "photos": 48,
    "leaks": [{"a": "train", "b": "test", "kind": "scene", "count": 7, "examples": ["scene 4"]}],
    "confounds": [],
    "confounds_in_words": ["Resolution tells them apart."],
}


def _texts(file: Path) -> Iterator[str]:
    """What a file says: its bytes, and what is compressed in them."""
    yield file.read_bytes().decode("latin-1")
    if file.suffix == ".parquet":
        yield pd.read_parquet(file).to_csv()
    if file.suffix == ".png":
        with Image.open(file) as picture:
            picture.load()
            yield str(picture.info)
    if file.suffix == ".pdf":
        for part in file.read_bytes().split(b"stream\n")[1:]:
            try:
                yield zlib.decompress(part).decode("latin-1")
            except zlib.error:
                continue


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with an audit, and a network's weights in a file beside it."""
    import timm
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("somewhere")
    (write_set(folder / "my set", scenes=12) / "audit.json").write_text(json.dumps(AUDIT))
    with torch.random.fork_rng():
        torch.manual_seed(2)
        save_file(timm.create_model("test_resnet.r160_in1k", num_classes=0).state_dict(), folder / "mine.safetensors")
    return folder


@pytest.mark.slow
@pytest.mark.plots
def test_no_file_of_a_run_holds_an_absolute_path(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Set, run and checkpoint are given with their places, one encoder cannot be had; all files are searched, the page too."""
    weights = f"timm:test_resnet.r160_in1k@{place / 'mine.safetensors'}"
    gone = f"timm:test_resnet.r160_in1k@{place / 'gone.safetensors'}"
    words = [
        "evaluate",
        str(place / "my set"),
        f"--output={place / 'run'}",
        "--protocol",
        "fast",
        "--mask",
        "0",
        "--attributes",
        "Make",
    ]
    with pytest.MonkeyPatch.context() as patch:  # the report is drawn once
        patch.setattr("tracer.report.plots.write_plots", lambda run, folder: [])
        assert cli.run_cli([*words, "--encoders", f"{weights},{gone},baseline/colour"]) == 0
    assert cli.run_cli(["report", str(place / "run")]) == 0
    capsys.readouterr()
    files = [path for path in (place / "run").rglob("*") if path.is_file()]
    assert {".json", ".html", ".parquet", ".svg", ".png", ".safetensors"} <= {path.suffix for path in files}
    assert [path.name for path in files if any(place.name in text for text in _texts(path))] == []
    found = results.read(place / "run")
    encoders = {row.encoder for row in found.rows} - {"", FILES_ALONE}
    assert encoders == {"timm:test_resnet.r160_in1k@mine.safetensors", "baseline/colour"}
    assert found.meta["command"].startswith("tracer evaluate 'my set' --output run ")
    assert "timm:test_resnet.r160_in1k@gone.safetensors" in json.dumps(found.meta["skipped"])


@pytest.mark.parametrize("way", ["relative", "link", "home", "new folder"])
def test_no_place_however_the_set_is_named(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A set and a run behind a relative path, a link, `~` and a folder that is not there yet leave no trace of where they lie."""
    home = tmp_path / "secret home"
    (home / "work").mkdir(parents=True)
    write_set(home / "my set", scenes=6)
    (home / "a link").symlink_to(home / "my set")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home / "work")
    data, run = {
        "relative": ("../my set", "../run"),
        "link": (str(home / "a link"), "run"),
        "home": ("~/my set", "~/run"),
        "new folder": ("../my set", str(home / "not" / "there yet" / "run")),
    }[way]
    words = [
        "evaluate",
        data,
        "-o",
        run,
        "--encoders",
        "baseline/colour",
        "--protocol",
        "fast",
        "--mask",
        "0",
        "--attributes",
        "Make",
    ]
    assert cli.run_cli(words) == 0
    capsys.readouterr()
    folder = Path(run).expanduser().absolute()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    places = (str(tmp_path), "secret home", "there yet")
    assert [(path.name, place) for path in files for text in _texts(path) for place in places if place in text] == []
    assert (
        results.read(folder).meta["command"].startswith("tracer evaluate 'my set' -o run ".replace("my set", data[-6:]))
    )


def test_the_page_shows_the_audit_of_a_set_that_is_gone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a set's audit.json says is taken over into the results; one that cannot be read is warned of."""
    words = ["association", str(place / "my set"), "-o", str(place / "audited")]
    assert cli.run_cli(words) == 0
    assert results.read(place / "audited").meta["audit"] == {key: AUDIT[key] for key in AUDIT if key != "photos"}
    (place / "my set").rename(place / "moved")
    assert cli.run_cli(["report", str(place / "audited")]) == 0
    assert "1 leak was found" in (place / "audited" / "report.html").read_text()
    (place / "moved").rename(place / "my set")
    (place / "my set" / "audit.json").write_text("{")
    assert cli.run_cli(words) == 0
    capsys.readouterr()
    assert any("audit.json cannot be read" in line for line in results.read(place / "audited").meta["warnings"])


def test_two_checkpoints_of_one_name_are_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results would not tell them apart."""
    (place / "other").mkdir()
    weights = place / "mine.safetensors"
    (place / "other" / weights.name).write_bytes(weights.read_bytes())
    names = ",".join(f"timm:test_resnet.r160_in1k@{path}" for path in (weights, place / "other" / weights.name))
    assert cli.run_cli(["evaluate", str(place / "my set"), "-o", str(place / "two"), "--encoders", names]) == 2
    assert "names two files" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/there/my set", "my set"),
        ("~/photos/a,b@c/set", "set"),
        ("../elsewhere/set/", "set"),
        ("new/not there yet", "not there yet"),
    ],
)
@pytest.mark.parametrize("option", ["-o", "--output", "--output=", "-o="])
def test_words_of_a_command_lose_their_places(
    monkeypatch: pytest.MonkeyPatch, place: str, name: str, option: str
) -> None:
    """A path is cut to its last name however and wherever it is typed, also one that is not there; nothing else changes."""
    found: list[str] = []

    def evaluated(*words: object, **_: object) -> None:
        found.extend(word.command for word in words if isinstance(word, Options))
        raise UsageError("enough")

    monkeypatch.setattr("tracer.evaluation.evaluate.evaluate", evaluated)
    output = [option.removesuffix("=") + place] if option == "-o=" else [option + place]
    output = [option, place] if not option.endswith("=") else output
    words = ["similarity", *output, "--encoders", "timm:a@/there/w.pt,clip/ViT-L-14@336px", place, "--json"]
    assert cli.run_cli(words) == 2
    assert [shlex.split(line) for line in found] == [
        ["tracer", "similarity", name, option.removesuffix("="), name, "--encoders", "timm:a@w.pt,clip/ViT-L-14@336px", "--json"]
    ]  # fmt: skip


def test_a_checkpoint_is_shown_without_its_place() -> None:
    """A relative path stays as typed."""
    assert parse_name("timm:a@/there/w.pt").shown == "timm:a@w.pt"
    assert parse_name("timm:a@here/w.pt").shown == "timm:a@here/w.pt"
