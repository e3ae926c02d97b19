"""The command under "How to repeat it" works as it stands there, whatever the set and the run are called."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

import tracer.cli
from tests.helpers.report_runs import meta, probe_rows, write_run
from tests.helpers.small_sets import write_set
from tracer.cli import run_cli
from tracer.report.repeat import command
from tracer.results.runs import load_run


def repeated(folder: Path, **more: Any) -> list[str]:
    """The words of the command that the page of such a run names."""
    run = load_run(write_run(folder, probe_rows(), meta(**more)))
    return shlex.split(command(run))


def parsed(words: list[str]) -> dict[str, Any]:
    """What `tracer` makes of the words."""
    group = typer.main.get_command(tracer.cli.app)
    assert isinstance(group, TyperGroup)
    found = group.commands[words[1]]
    values: dict[str, Any] = found.make_context(words[1], words[2:]).params
    return values


@pytest.mark.parametrize("name", ["virtual-cameras", "my set", "RUN", "it's", "--json", "runs", "offline", "a=b,c"])
def test_a_run_named_like_its_set_does_not_go_onto_the_set(tmp_path: Path, name: str) -> None:
    """Both under one name, as `curate evaluate` writes them: the command parses, and its run is another folder."""
    shown = f"./{name}" if name.startswith("-") else name
    typed = shlex.join(
        ["tracer", "evaluate", shown, "--encoders", "offline", "-o", shown, "--protocol", "fast", "--json"]
    )
    values = parsed(repeated(tmp_path, command=typed))
    assert values["data"] == Path(name) and values["output"] == Path(f"{name}-run")
    assert values["encoders"] == "offline" and values["protocol"] == "fast" and not values["json"]


@pytest.mark.parametrize(
    ("typed", "output"),
    [
        ("tracer evaluate /a/photos -o /b/photos", "photos-run"),
        ("tracer evaluate Photos -o photos", "photos-run"),
        ("tracer evaluate photos/ --output photos/", "photos-run"),
        ("tracer evaluate photos --output=/b/photos", "photos-run"),
        ("tracer evaluate photos -ophotos", "photos-run"),
        ("tracer evaluate photos -o walk-run", "walk-run"),
        ("tracer probe photos -o photos", "photos-run"),
    ],
)
def test_only_a_run_that_would_be_the_set_is_renamed(tmp_path: Path, typed: str, output: str) -> None:
    """In every form of the option; another name stays as it was typed."""
    assert parsed(repeated(tmp_path, command=typed))["output"] == Path(output)


def test_a_set_called_as_the_example_run_is_no_example(tmp_path: Path) -> None:
    """Without a command in the results the page makes one up, for any name of the set."""
    values = parsed(repeated(tmp_path, command=None, dataset={"name": "RUN"}))
    assert values["data"] == Path("RUN") and values["output"] == Path("RUN-run")


def test_the_command_runs_where_the_set_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed into the folder that holds the set, it is accepted, and the set is not touched."""
    write_set(tmp_path / "here" / "photos", scenes=4)
    words = repeated(tmp_path / "there", command="tracer evaluate /x/photos --encoders offline -o /y/photos")
    monkeypatch.chdir(tmp_path / "here")
    before = sorted(path.name for path in Path("photos").iterdir())
    assert run_cli([*words[1:], "--dry-run"]) == 0
    assert sorted(path.name for path in Path("photos").iterdir()) == before
    assert run_cli(["evaluate", "photos", "--encoders", "offline", "-o", "photos", "--dry-run"]) == 2
