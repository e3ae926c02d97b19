"""The form of an operation: its lines from the fields, and the operation from what was typed. It knows no Textual."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pydantic.fields import FieldInfo

from curate.catalog.store import Catalog
from curate.operation import Asked, Operation, asked_of, bare_type, choices, is_listed, validated
from curate.tui.completing import Completed
from curate.tui.forms import Field, Form, one_of, path_in, paths, words

_YES_NO = ("yes", "no")
_KEYS = "Enter starts, Tab completes."

Kind = TypeVar("Kind", bound=Operation)


def _asked_fields(operation: type[Operation]) -> dict[str, tuple[Asked, FieldInfo]]:
    """Return what the form asks for: what a command names without an option first."""
    fields = [(name, asked_of(field), field) for name, field in operation.model_fields.items()]
    fields.sort(key=lambda one: (not one[1].argument, one[1].after))
    return {name: (asked, field) for name, asked, field in fields if asked.label}


def form_of(operation: type[Operation], catalog: Catalog, filled: Mapping[str, Any] | None = None) -> Form:
    """Return the form of an operation.

    Args:
        operation: the operation.
        catalog: the workspace's catalogue, which the proposed values come from.
        filled: other values to fill in.
    """
    proposed = {**operation.proposed(catalog), **(filled or {})}
    lines = []
    for name, (asked, field) in _asked_fields(operation).items():
        value = proposed.get(name, None if field.is_required() else field.get_default(call_default_factory=True))
        text = _text(value, asked, catalog.workspace.root)
        lines.append(Field(name, asked.label, text, asked.example, _completion(asked, field, catalog)))
    return Form(operation.question, tuple(lines), " ".join(filter(None, (operation.hint_for(catalog), _KEYS))))


def _text(value: Any, asked: Asked, root: Path) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return (asked.words or _YES_NO)[not value]
    if isinstance(value, Path):
        return os.fspath(value.relative_to(root) if not asked.here and value.is_relative_to(root) else value)
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


def _completion(asked: Asked, field: FieldInfo, catalog: Catalog) -> Callable[[str], Completed] | None:
    kind = bare_type(field.annotation)
    if asked.ending is not None:
        return paths(_base(asked, catalog), asked.ending)
    known = asked.words or (_YES_NO if kind is bool else choices(kind))
    return words(known) if known else None


def _base(asked: Asked, catalog: Catalog) -> Path:
    return Path.cwd() if asked.here else catalog.workspace.root


def operation_of(operation: type[Kind], catalog: Catalog, answers: Mapping[str, str], fixed: Mapping[str, Any]) -> Kind:
    """Return the operation that was typed into its form.

    Args:
        operation: the operation.
        catalog: the workspace's catalogue.
        answers: field -> what was typed.
        fixed: the values of fields that the form does not ask for.

    Raises:
        UsageError: a line cannot be read, or the workspace does not allow it.
    """
    given: dict[str, Any] = {**fixed}
    labels = {}
    for name, (asked, field) in _asked_fields(operation).items():
        text, kind = answers[name], bare_type(field.annotation)
        absent = text.casefold() == "none" and not is_listed(field.annotation) and field.get_default() is None
        if absent and not (_base(asked, catalog) / text).exists():
            continue
        labels[name] = asked.label
        if kind is bool:
            known = asked.words or _YES_NO
            given[name] = one_of(text, known, asked.label) == known[0]
        elif asked.is_path and (text or field.is_required()):
            path = path_in(text, _base(asked, catalog), asked.label)
            given[name] = (path,) if is_listed(field.annotation) else path
        elif text and (known := choices(kind)):
            given[name] = one_of(text, known, asked.label)
        elif text or is_listed(field.annotation):
            given[name] = text
    typed = validated(operation, operation.from_form(given), labels)
    typed.check(catalog)
    return typed
