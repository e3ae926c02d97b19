"""Operations as a person types them into their forms."""

from __future__ import annotations

from typing import Any, TypeVar

from curate.catalog.store import Catalog
from curate.operation import Operation
from curate.tui.operation_form import form_of, operation_of

Kind = TypeVar("Kind", bound=Operation)


def filled_in(operation: type[Operation], catalog: Catalog, **filled: Any) -> dict[str, str]:
    """The texts that its form is filled in with."""
    return {field.name: field.value for field in form_of(operation, catalog, filled).fields}


def typed(operation: type[Kind], catalog: Catalog, **texts: str) -> Kind:
    """The operation, after some lines of its form were typed and the others left as they were filled in."""
    return operation_of(operation, catalog, filled_in(operation, catalog) | texts, {})
