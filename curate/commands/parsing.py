"""Makes the command of an operation: its options from the fields, its output from the outcome."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from curate.commands.common import HERE, Json, Where, WhereBelow, opened, run_with_progress, say_next
from curate.errors import Exit
from curate.operation import (
    Access,
    Operation,
    Outcome,
    asked_of,
    bare_type,
    is_listed,
    option_name,
    validated,
)
from tracer.base.console import note, print_json, print_table, say


def add_command(app: typer.Typer, operation: type[Operation]) -> None:
    """Add the command of an operation to the program, or to one of its groups."""
    app.command(operation.words[-1], help=inspect.getdoc(operation))(command_of(operation))


def command_of(operation: type[Operation]) -> Callable[..., None]:
    """Return the function of a command, with the signature that typer reads the options from."""
    fields = operation.model_fields
    names = {name: option_name(name, asked_of(field)) for name, field in fields.items() if not asked_of(field).argument}
    below = len(operation.words) > 1

    def run(**given: Any) -> None:
        json = given.pop("json")
        workspace = None if operation.access is Access.NOTHING else given.pop("workspace")
        context = given.pop("context", None)
        values = {name: value for name, value in given.items() if value is not None}
        asked = validated(operation, values, names)
        run_operation(asked, workspace or (context and context.obj) or HERE, json)

    parameters = [_parameter(name, field) for name, field in fields.items()]
    if operation.access is not Access.NOTHING:
        place: Any = WhereBelow if below else Where
        parameters.append(_keyword("workspace", place, None if below else HERE))
    parameters.append(_keyword("json", Json, False))
    if below:
        parameters.insert(0, inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    """Return the parameter of a field, as typer reads it."""
    asked, kind = asked_of(field), bare_type(field.annotation)
    limits = {
        limit: getattr(one, bound)
        for one in field.metadata
        for limit, bound in (("min", "ge"), ("max", "le"))
        if hasattr(one, bound)
    }
    told: dict[str, Any] = {"help": field.description, "metavar": asked.metavar or None, **limits}
    default = inspect.Parameter.empty if field.is_required() else field.get_default(call_default_factory=True)
    if is_listed(field.annotation) and not asked.argument:  # names with commas, in one option
        kind, default = (str, None) if not asked.repeated else (list[str], None)
        told["metavar"] = told["metavar"] or "NAME,…"
    elif is_listed(field.annotation):
        kind = list[Path] if Path in getattr(kind, "__args__", ()) else list[str]
    if asked.argument:
        return _keyword(name, Annotated[_optional(kind, field), typer.Argument(**told)], default)
    names: Sequence[str] = asked.names or ((option_name(name, asked),) if kind is bool else ())
    return _keyword(name, Annotated[_optional(kind, field), typer.Option(*names, **told)], default)


def _optional(kind: Any, field: FieldInfo) -> Any:
    return kind | None if not field.is_required() and kind is not bool else kind


def run_operation(operation: Operation, workspace: Path, json: bool) -> None:
    """Run an operation, and print its outcome. What is to be known of it is said once, before it begins if it is known then.

    Raises:
        Exit: with the outcome's code, unless it is done.
    """
    if operation.needs is Access.NOTHING:
        outcome = run_with_progress(operation.run(None))  # type: ignore[arg-type]
        _print(outcome, json, (*outcome.warnings(), *outcome.notes(workspace)))
        return
    with opened(workspace, " ".join(operation.words) if operation.needs is Access.WRITES else None) as catalog:
        operation.check(catalog)
        known = list(operation.warnings(catalog))
        for remark in (*known, *(() if json else operation.remarks(catalog))):
            note(remark)
        outcome = run_with_progress(operation.run(catalog))
        news = [warning for warning in outcome.warnings() if warning not in known]
        _print(outcome, json, (*news, *outcome.notes(catalog.workspace.root)), catalog if operation.says_next else None)


def _print(outcome: Outcome, json: bool, notes: Iterable[str], catalog: Any = None) -> None:
    if json:
        print_json(outcome.as_json())
    else:
        for table in outcome.tables():
            print_table(table.rows, table.columns)
        if lines := list(outcome.in_words()):
            say("\n".join(lines))
    for line in notes:
        note(line)
    if catalog is not None and not json:
        say_next(catalog)
    if outcome.exit_code is not Exit.DONE:
        raise typer.Exit(outcome.exit_code)
