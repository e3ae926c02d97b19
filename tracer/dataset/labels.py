"""What several experiments derive from a set's columns: phone or camera, the camera model, which photos belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


_PHONE: Final = {"smartphone": 1, "dslr": 0, "mirrorless": 0, "compact": 0}


def phone_or_not(table: pd.DataFrame) -> NDArray[np.int64]:
    """Return int64 for each row: 1 (smartphone), 0 (DSLR, mirrorless, compact) or −1 (neither, or unknown).

    The column is `Is Smartphone`, else `camera_class`, else `camera_type`: the first that the set has.

    >>> import pandas as pd
    >>> phone_or_not(pd.DataFrame({"camera_type": ["smartphone", "dslr", "drone", None]})).tolist()
    [1, 0, -1, -1]
    """
    if "Is Smartphone" in table:
        column = table["Is Smartphone"]
        return np.asarray(column.astype("Int64").fillna(-1), dtype=np.int64)
    classes = {"phone": 1, "dslr/compact": 0} if "camera_class" in table else _PHONE
    column_name = "camera_class" if "camera_class" in table else "camera_type"
    if column_name not in table:
        return np.full(len(table), -1, dtype=np.int64)
    return np.array([classes.get(value, -1) for value in table[column_name]], dtype=np.int64)


def camera_models(table: pd.DataFrame) -> NDArray[Any]:
    """Return the camera model of each row, maker and model in one string; None where the model is not known.

    The columns are `Make` and `Model`, and `make_normalized` and `model_normalized` for rows that lack a model there. Spellings
    that differ in case or spaces are one model, called as its first photo calls it. A model without a maker is that of the
    one maker of whom the set has a model of this name.

    >>> import pandas as pd
    >>> camera_models(pd.DataFrame({"Make": ["Canon", "canon", "Sony"], "Model": ["Canon EOS 5D", "EOS  5d", None]})).tolist()
    ['Canon EOS 5D', 'Canon EOS 5D', None]
    """
    known: dict[str, str] = {}
    found: list[str | None] = [None] * len(table)
    for make, model in (("Make", "Model"), ("make_normalized", "model_normalized")):
        if model not in table:
            continue
        makers = _plain(table[make]) if make in table else [None] * len(table)
        pairs = list(zip(makers, _plain(table[model]), strict=True))
        full: dict[str, dict[str, str]] = {}
        for maker, name in pairs:
            alone, called = _called(None, name), _called(maker, name)
            if called != alone:
                full.setdefault(alone.casefold(), {})[called.casefold()] = called
        for row, (maker, name) in enumerate(pairs):
            if found[row] is None and (called := _called(maker, name)):
                with_maker = full.get(called.casefold(), {})
                called = next(iter(with_maker.values())) if len(with_maker) == 1 else called
                found[row] = known.setdefault(called.casefold(), called)
    return np.array(found, dtype=object)


def _plain(column: pd.Series[Any]) -> list[object]:
    """A column's values, None where there is none."""
    return [value if known else None for value, known in zip(column.tolist(), column.notna().tolist(), strict=True)]


def _called(maker: object, name: object) -> str:
    """Maker and model in one string, empty without a model; models that begin with the maker's name stay as they are."""
    first, words = ([] if value is None else str(value).split() for value in (maker, name))
    if not words:
        return ""
    begins = [word.casefold() for word in words[: len(first)]] == [word.casefold() for word in first]
    return " ".join(words if begins else [*first, *words])


def groups(table: pd.DataFrame, by: Sequence[str] = ("owner", "scene_idx", "subject_idx")) -> NDArray[np.int64]:
    """Return the clusters for cross-validation and bootstrap: photos that share a photographer, a scene or a subject.

    Rows with an equal, non-null value in one of the columns `by` belong together, also indirectly (connected components). A row
    without any such value is a cluster of its own.

    Returns:
        int64, one for each row, numbered from 0 in the order of first appearance.

    >>> import pandas as pd
    >>> groups(pd.DataFrame({"owner": ["ann", "ann", "bob", None], "scene_idx": [None, 7, 7, None]})).tolist()
    [0, 0, 0, 1]
    """
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(table)
    rows: list[NDArray[np.int64]] = []
    values: list[NDArray[np.int64]] = []
    nodes = count
    for name in by:
        if name not in table:
            continue
        codes, uniques = pd.factorize(table[name])
        known = np.flatnonzero(codes >= 0)
        rows.append(known.astype(np.int64))
        values.append(codes[known].astype(np.int64) + nodes)
        nodes += len(uniques)
    ends = (np.concatenate(rows), np.concatenate(values)) if rows else (np.empty(0, int), np.empty(0, int))
    graph = coo_matrix((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(nodes, nodes))
    components = connected_components(graph, directed=False)[1][:count]
    return np.asarray(pd.factorize(components)[0], dtype=np.int64)
