"""What a form asks: its lines, and how their answers are read. It knows no Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from curate.errors import UsageError
from curate.tui.completing import Completed, complete_path, complete_word


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a form.

    Attributes:
        name: identifies it; letters and underscores.
        label: what stands before it.
        value: what is filled in at first.
        example: what is shown where nothing is filled in.
        complete: completes what was typed, for Tab; None where Tab only goes to the next line.
    """

    name: str
    label: str
    value: str = ""
    example: str = ""
    complete: Callable[[str], Completed] | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Some lines that are asked together.

    Attributes:
        question: what is asked.
        fields: the lines.
        hint: what stands below them.
    """

    question: str
    fields: tuple[Field, ...]
    hint: str = ""

    def filled(self, answers: Mapping[str, str] | None) -> Form:
        """Return the form with other texts filled in, where there are any."""
        if answers is None:
            return self
        fields = tuple(replace(field, value=answers.get(field.name, field.value)) for field in self.fields)
        return replace(self, fields=fields)


def words(options: Sequence[str]) -> Callable[[str], Completed]:
    """Return a completion among some words."""
    return lambda text: complete_word(text, options)


def paths(base: Path, ending: str = "") -> Callable[[str], Completed]:
    """Return a completion of paths; `base` and `ending` as in `complete_path`."""
    return lambda text: complete_path(text, base, ending)


def path_in(text: str, base: Path, what: str) -> Path:
    """Return the path that was typed; a relative one starts from `base`.

    Raises:
        UsageError: nothing was typed.
    """
    if not text:
        raise UsageError(f"{what} is missing", "the line is empty", "Type its path.")
    return base / Path(text).expanduser()


def one_of(text: str, options: Sequence[str], what: str) -> str:
    """Return the option that was typed, of which the beginning is enough.

    Raises:
        UsageError: it is none of them, or the beginning of several.
    """
    typed = text.casefold()
    found = [option for option in options if option.startswith(typed)] if typed else []
    if typed in options:
        return typed
    if len(found) != 1:
        raise UsageError(
            f"{what} cannot be {text!r}" if text else f"{what} is missing", "", f"Type {' or '.join(options)}."
        )
    return found[0]
