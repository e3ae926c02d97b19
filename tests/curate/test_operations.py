"""An operation is described once: here one comes from outside, and both faces have it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, ClassVar, Literal

import pytest
import typer
from pydantic import Field
from textual.widgets import Input

from curate.catalog.store import Catalog
from curate.commands.parsing import add_command
from curate.errors import Exit, UsageError
from curate.operation import Asked, Operation, Outcome, comma_separated
from curate.operations import registry
from tests.curate.tui.test_app import opened, status, until
from tests.curate.tui.workspaces import make_workspace
from tests.helpers.typed_forms import typed
from tracer.base.commandline import run_app
from tracer.base.progress import Progress, Work


@dataclass(frozen=True, slots=True)
class Counted(Outcome):
    """How many photos were counted."""

    photos: int
    sides: tuple[str, ...]

    def summary(self) -> str:
        """Put it into words."""
        return f"{self.photos} photos counted"

    def notes(self, root: Path) -> Iterator[str]:
        """Say where."""
        yield f"counted in {root.name}"


class CountPhotos(Operation):
    """Count the photos."""

    words: ClassVar = ("count",)
    title: ClassVar = "Count photos"
    question: ClassVar = "Count which photos?"

    least: Annotated[int, Field(ge=0, description="The least number."), Asked(label="at least")] = 0
    sides: Annotated[tuple[str, ...], comma_separated("all"), Asked(label="sides", example="all")] = ()
    how: Annotated[Literal["fast", "slow"], Asked(label="how")] = "fast"

    def check(self, catalog: Catalog) -> None:
        """Refuse an odd number."""
        if self.least % 2:
            raise UsageError("the least number is odd", str(self.least), "Type an even one.")

    def run(self, catalog: Catalog) -> Work[Counted]:
        """Count them."""
        yield Progress("counting", 0)
        return Counted(catalog.count("1"), self.sides)


@pytest.fixture
def operation(monkeypatch: pytest.MonkeyPatch) -> type[CountPhotos]:
    """The operation, in a module of its own and with its line in the registry."""
    module = ModuleType("curate.operations.counting")
    monkeypatch.setattr(CountPhotos, "__module__", module.__name__)
    module.CountPhotos = CountPhotos  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "MODULES", (*registry.MODULES, "counting"))
    return CountPhotos


def test_it_is_a_command(operation: type[CountPhotos], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Options and their limits come from the fields, the JSON object from the outcome."""
    place = make_workspace(tmp_path / "w", 2, previews=False).root
    app = typer.Typer()
    add_command(app, operation)
    app.command("other")(lambda: None)

    def run(*words: str) -> tuple[int, str, str]:
        code = run_app(app, ["count", *words, "-w", str(place)], "curate")
        said = capsys.readouterr()
        return code, said.out, said.err

    code, out, err = run("--sides", "phone, other", "--json")
    assert code == Exit.DONE and json.loads(out) == {"photos": 4, "sides": ["phone", "other"]}
    assert "counted in w" in err
    assert run()[1] == "4 photos counted\n"
    assert run("--least", "-1")[0] == Exit.USAGE and run("--how", "odd")[0] == Exit.USAGE
    with pytest.raises(UsageError, match="odd"):
        run("--least", "3")
    with pytest.raises(UsageError, match="--sides"):
        run("--sides", ",")


def test_it_says_which_command_does_the_same(catalog: Catalog) -> None:
    """With the options that are not the usual ones."""
    asked = typed(CountPhotos, catalog, least="2", sides="phone", how="s")
    assert asked.as_command(None) == "curate count --least 2 --sides phone --how slow"


async def test_it_is_a_form_of_the_app(operation: type[CountPhotos], tmp_path: Path) -> None:
    """The palette has it; what is wrong is said in the form; Enter does it, and the status line has its words."""
    async with opened(make_workspace(tmp_path / "w", 2, previews=False), "home") as (app, pilot):
        await pilot.press("ctrl+p", *"Count photos", "enter")
        await until(pilot, lambda: bool(app.screen.query("#least")))
        app.screen.query_one("#least", Input).value = "3"
        await pilot.press("enter")
        assert app.screen.query("#least")
        app.screen.query_one("#least", Input).value = "2"
        await pilot.press("enter")
        await until(pilot, lambda: "4 photos counted" in status(app))
