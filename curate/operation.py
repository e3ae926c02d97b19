"""An operation: one thing that a person can ask for, as a command or in the app's form.

Its fields are the options. Its method `run` does the work and returns an `Outcome`, whose fields are the keys of `--json`.
`curate/commands/parsing.py` makes the command of it, and `curate/tui/operations` the form.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from curate.errors import UsageError, command, shown
from tracer.base.errors import Exit
from tracer.base.progress import Work
from tracer.base.text import words_in

if TYPE_CHECKING:
    from curate.catalog.store import Catalog


class Access(StrEnum):
    """What an operation needs of a workspace."""

    NOTHING = "nothing"
    READS = "reads"
    WRITES = "writes"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a field of an operation is asked for.

    Attributes:
        argument: whether the command line takes it without a name, by its place.
        repeated: whether an option with several values is given several times; else its values have commas between them.
        names: the names of the option; empty for `--` and the field's name.
        metavar: what stands for the value in the help; empty for the type's own.
        label: what stands before its line in a form; empty for a field that forms do not ask for.
        example: what an empty line of the form shows.
        words: what can be typed; of a boolean, the word for true and the word for false.
        ending: how the names of the files end that a form completes; folders are always completed. None for no path.
        here: whether a relative path in a form starts from the current folder; else from the workspace's.
        after: whether its line stands behind those of the other arguments, since it is filled in and they are not.
    """

    argument: bool = False
    repeated: bool = False
    names: tuple[str, ...] = ()
    metavar: str = ""
    label: str = ""
    example: str = ""
    words: tuple[str, ...] = ()
    ending: str | None = None
    here: bool = False
    after: bool = False

    @property
    def is_path(self) -> bool:
        """Whether a form asks for a path."""
        return self.ending is not None


Seconds = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 3))]
"""A wall time; printed in milliseconds' precision."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that a command prints.

    Attributes:
        rows: the rows.
        columns: those of their keys that a table shows.
    """

    rows: Iterable[Mapping[str, Any]]
    columns: Sequence[str]


class Outcome:
    """What an operation did: the base of frozen dataclasses, whose fields are the keys of `--json`."""

    __slots__ = ()

    def as_json(self) -> Mapping[str, Any]:
        """Return the object that `--json` prints."""
        kind: Any = type(self)
        answer: dict[str, Any] = _printer(kind).dump_python(self, mode="json")
        return answer

    def tables(self) -> Iterable[Table]:
        """Return the tables that the command prints, before its lines."""
        return ()

    def in_words(self) -> Iterable[str]:
        """Return the lines that the command prints."""
        yield self.summary()

    def summary(self) -> str:
        """Return the result in one line, as the app's status line shows it."""
        return ", ".join(f"{name} {value}" for name, value in self.as_json().items())

    def warnings(self) -> Iterable[str]:
        """Return what both faces tell behind the result: what was not used, and why."""
        return ()

    def notes(self, root: Path) -> Iterable[str]:
        """Return what the command says on standard error: what was left out, and how to list it. `root`: the workspace."""
        return ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return Exit.DONE


@functools.cache
def _printer(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class Operation(BaseModel):
    """One thing that a person can ask for. The docstring's first line is the command's help.

    Attributes:
        words: the command, as typed: ("flickr", "exif").
        access: what it needs of the workspace.
        title: its name in the app's palette; empty for an operation that is not there.
        tooltip: what the palette says of it.
        question: the question of the app's form.
        hint: what stands below the form's lines.
        says_next: whether the command ends with the next step.
        work: what the app calls the work; empty for the last word of the command.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    words: ClassVar[tuple[str, ...]] = ()
    access: ClassVar[Access] = Access.WRITES
    title: ClassVar[str] = ""
    tooltip: ClassVar[str] = ""
    question: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    says_next: ClassVar[bool] = False
    work: ClassVar[str] = ""

    @property
    def needs(self) -> Access:
        """What it needs of the workspace with these options."""
        return self.access

    @classmethod
    def proposed(cls, catalog: Catalog) -> Mapping[str, Any]:
        """Return the values that the app's form is filled in with, where they are not the defaults."""
        return {}

    @classmethod
    def from_form(cls, typed: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of the fields that a form's answers mean."""
        return typed

    @classmethod
    def hint_for(cls, catalog: Catalog) -> str:
        """Return what stands below the form's lines."""
        return cls.hint

    def check(self, catalog: Catalog) -> None:
        """Refuse what the workspace does not allow, before any work.

        Raises:
            CurateError: it cannot be done.
        """

    def warnings(self, catalog: Catalog) -> Iterable[str]:
        """Return what both faces tell before the work begins: what will not be used, and why."""
        return ()

    def remarks(self, catalog: Catalog) -> Iterable[str]:
        """Return what the command says beside that."""
        return ()

    @property
    def name_of_work(self) -> str:
        """What the app calls the work."""
        return self.work or self.words[-1]

    def run(self, catalog: Catalog) -> Work[Outcome]:
        """Do it."""
        raise NotImplementedError

    def as_command(self, workspace: Path | None) -> str:
        """Return the command line that does the same."""
        return command(*self.words, *self._arguments(), workspace=workspace)

    def _arguments(self) -> Iterator[str]:
        placed: list[str] = []
        for name, field in type(self).model_fields.items():
            asked, value = asked_of(field), getattr(self, name)
            if asked.argument:
                placed += [_typed(one) for one in (value if isinstance(value, (list, tuple)) else [value])]
            elif value != field.get_default(call_default_factory=True):
                yield option_name(name, asked)
                if not isinstance(value, bool):
                    yield _typed(value)
        yield from placed


def _typed(value: Any) -> str:
    """Return a value as it is typed on a command line."""
    if isinstance(value, Path):
        return shown(value)
    if isinstance(value, (list, tuple)):
        return ",".join(map(_typed, value))
    return str(value.value if isinstance(value, Enum) else value)


def asked_of(field: FieldInfo) -> Asked:
    """Return how a field is asked for."""
    return next((one for one in field.metadata if isinstance(one, Asked)), Asked())


def option_name(name: str, asked: Asked) -> str:
    """Return the first name of a field's option."""
    return asked.names[0] if asked.names else f"--{name.replace('_', '-')}"


def bare_type(annotation: Any) -> Any:
    """Return a type without `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def choices(annotation: Any) -> tuple[str, ...]:
    """Return the words of a closed set; none for other types."""
    kind = bare_type(annotation)
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return tuple(one.value for one in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def is_listed(annotation: Any) -> bool:
    """Whether a field takes several values."""
    return get_origin(bare_type(annotation)) in (tuple, list)


Kind = TypeVar("Kind", bound=Operation)


def validated(operation: type[Kind], given: Mapping[str, Any], named: Mapping[str, str]) -> Kind:
    """Return an operation with the given values.

    Args:
        operation: the operation.
        given: field -> value.
        named: field -> its name where it was typed: an option, or the label of a form's line.

    Raises:
        UsageError: a value is not valid; it is named as it was typed.
    """
    try:
        return operation(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = str(first["loc"][0]) if first["loc"] else ""
        why = first["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
        what = named.get(place, place) or " ".join(operation.words)
        raise UsageError(f"{what} cannot be {_typed(given.get(place, ''))}", why) from None


def comma_list(text: str, *empty: str) -> tuple[str, ...]:
    """Return the entries of a comma-separated text; none where it is one of the words for that.

    >>> comma_list("a, b"), comma_list(" All", "all", "none"), comma_list("none,a", "none")
    (('a', 'b'), (), ('none', 'a'))
    """
    return () if text.strip().casefold() in empty else words_in(text)


def comma_separated(*empty: str) -> BeforeValidator:
    """Return a validator of a field that takes several values: a text is cut at its commas.

    Args:
        empty: words that mean none.
    """

    def parsed(given: Any) -> Any:
        if isinstance(given, list):  # an option that was given several times
            given = ",".join(given)
        if not isinstance(given, str):
            return given
        words = comma_list(given, *empty)
        if not words and given and given.strip().casefold() not in empty:
            raise ValueError("it names nothing")
        return words

    return BeforeValidator(parsed)
