"""A user's own expression: whatever it says, it ends within its time."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import pytest

from curate.catalog import expressions
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tests.helpers.large_catalog import build

SECONDS = 0.5
SLACK = 8.0
"""What a step that cannot be interrupted may take beyond it; a tenth of this on an idle machine."""

A = "printf('%.119000c', 'a')"
NASTY = {
    "instr of long strings": " + ".join([f"instr({A}, printf('%.59000c', 'a') || 'b')"] * 16) + " > 0",
    "LIKE with a long part": " AND ".join([f"({A} LIKE '%{'a' * 190}b') = 0"] * 24),
    "GLOB with a long part": " AND ".join([f"({A} GLOB '*{'a' * 190}b') = 0"] * 24),
    "LIKE with many signs": f"{A} LIKE '{'%a' * 95}b'",
    "a product of tables": "EXISTS (SELECT 1 FROM label a, label b, label c WHERE a.path || b.path || c.path = 'x')",
    "a sort of long rows": f"id IN (SELECT a.id FROM label a, label b ORDER BY a.path || b.path || {A})",
    "a hundred cases a row": "CASE "
    + "WHEN id = -1 THEN 1 " * 4000
    + "ELSE 1 END AND (SELECT count(*) FROM label a, label b) > 0",
}
REFUSED = {
    "zeroblob(1000000000) > x''": "zeroblob is not offered",
    "replace(path, 'a', 'b') = ''": "replace is not offered",
    "(SELECT group_concat(path) FROM label) > ''": "group_concat is not offered",
    "load_extension('x')": "load_extension is not offered",
    f"path LIKE '{'%a' * 200}'": "pattern too complex",
    f"{A} || {A} = path": "120,000 bytes",
    " OR ".join(["path LIKE 'a'"] * 60): "more than 50 times",
    "EXISTS (" + " UNION ALL ".join(["SELECT id FROM label"] * 10) + ")": "more than 8 SELECTs",
    " OR ".join(["id = 1"] * 2000): "too large",
    "EXISTS (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 1 FROM n WHERE x < 0)": "not authorized",
}


@pytest.mark.parametrize("expression", NASTY.values(), ids=NASTY.keys())
def test_a_nasty_expression_ends_in_its_time(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, expression: str
) -> None:
    """It is stopped, or is quick; also where a single function is what takes long."""
    build(catalog, 5000)
    monkeypatch.setattr(expressions, "QUERY_SECONDS", SECONDS)
    start = time.monotonic()
    with suppress(UsageError):
        catalog.count(expression)
    assert time.monotonic() - start < SECONDS + SLACK


@pytest.mark.parametrize(("expression", "words"), REFUSED.items(), ids=REFUSED.values())
def test_what_has_no_bound_is_refused_with_the_reason(catalog: Catalog, expression: str, words: str) -> None:
    """Functions, lengths and numbers of things beyond the limits are named."""
    build(catalog, 100)
    with pytest.raises(UsageError, match=words):
        catalog.count(expression)


def test_expressions_put_together_at_random_end(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions in functions over columns, long strings and odd numbers: an answer or a usage error, in time."""
    build(catalog, 2000)
    monkeypatch.setattr(expressions, "QUERY_SECONDS", 0.2)
    rng = random.Random(8)
    leaves = [
        "path",
        "id",
        '"Model"',
        "NULL",
        "-9223372036854775808",
        "1e308",
        "'%'",
        A,
        "x'00ff'",
        "'%s%s%999999d%.*c'",
    ]
    calls = [(name, rng.randrange(1, 4)) for name in sorted(expressions.FUNCTIONS)] * 2 + [("zeroblob", 1), ("trim", 2)]

    def made(depth: int) -> str:
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(leaves)
        if rng.random() < 0.4:
            return f"({made(depth - 1)} {rng.choice(['||', '+', 'LIKE', 'GLOB', '<', 'AND', '%', '<<'])} {made(depth - 1)})"
        name, several = rng.choice(calls)
        return f"{name}({', '.join(made(depth - 1) for _ in range(several))})"

    for _ in range(300):
        expression, start = made(4), time.monotonic()
        with suppress(UsageError):
            catalog.count(expression)
        assert time.monotonic() - start < 0.2 + SLACK, expression


def test_instr_is_as_sqlite_has_it(catalog: Catalog) -> None:
    """Our `instr` counts from 1, gives 0 where there is nothing, and null for null."""
    build(catalog, 10)
    assert catalog.count("instr(path, '/media') = 1 AND instr(path, 'nowhere') = 0 AND instr(NULL, 'a') IS NULL") == 10
    assert catalog.count("instr(width, 40) = 1") == 10


def test_everyday_expressions_are_not_in_the_way(catalog: Catalog) -> None:
    """Long lists of IDs, sub-selects, dates and patterns work as before."""
    build(catalog, 100)
    assert catalog.count(f"photo_id IN ({', '.join(map(str, range(5000)))})") == 100
    assert catalog.count('"Model" IN (SELECT "Model" FROM label GROUP BY 1 HAVING count(*) >= 1)') == 100
    assert (
        catalog.count("substr(taken_at, 1, 4) = '2019' AND strftime('%m', taken_at) = '07' AND path LIKE '%IMG%'")
        == 100
    )
