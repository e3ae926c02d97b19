"""Run a user's SQL expression over the label columns. It can read only the view `label`, and its time and memory are limited.

SQLite can interrupt a query between two steps, but not inside a function. So functions are limited too: strings are so short
that each function ends within a tenth of a second, and an expression calls at most `MOST_CALLS` functions.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

from curate.catalog import idlist
from curate.catalog.database import connect_read_only, damaged, is_damage
from curate.errors import CurateError, UsageError

QUERY_SECONDS = 10.0
"""Maximum running time of an expression, seconds."""
MOST_CALLS = 50
"""Maximum number of function calls in an expression; LIKE and GLOB are function calls too."""
MOST_SELECTS = 8
"""Maximum number of SELECTs inside an expression."""
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 120_000,  # of a string, and of a row: thirty labels of 1,000 characters fit
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
FUNCTIONS = frozenset(
    [
        *("abs", "ceil", "floor", "max", "min", "round", "sign", "avg", "count", "sum", "total"),
        *("coalesce", "ifnull", "iif", "nullif", "typeof", "like", "glob"),
        *("char", "format", "hex", "instr", "length", "lower", "printf", "substr", "substring", "unicode", "upper"),
        *("date", "datetime", "julianday", "strftime", "time", "unixepoch"),
    ]
)
"""The functions that an expression may call. `replace`, `trim` and JSON functions take time quadratic in a string's length, so
they are not offered."""

_ROWS_AT_ONCE = 256


class LabelReader:
    """Runs statements that contain a user's expression. The time limit counts the time inside SQLite only."""

    def __init__(self, connection: sqlite3.Connection, path: Path, seconds: float | None = None) -> None:
        self._path = path
        self._connection = connection
        self._left = QUERY_SECONDS if seconds is None else seconds
        self._seconds = self._left
        self._refused = ""
        self._calls = self._selects = 0
        for limit, most in LIMITS.items():
            connection.setlimit(limit, most)
        connection.create_function("instr", 2, _instr, deterministic=True)

    def rows(self, statement: str, at_once: int = _ROWS_AT_ONCE) -> Iterator[sqlite3.Row]:
        """Yield a statement's rows as they are found.

        Args:
            statement: one SELECT over the view `label`.
            at_once: rows that are held in memory together.

        Raises:
            UsageError: the expression is not valid, reads more than labels, or takes too long.
        """
        self._calls = self._selects = 0
        with self._limited():
            cursor = self._connection.execute(statement)
        while True:
            with self._limited():
                part = cursor.fetchmany(at_once)
            yield from part
            if not part:
                return

    def ids(self, select: str) -> array[int]:
        """Return the row IDs that a SELECT of one column finds, in its order.

        Raises:
            UsageError: as `rows`.
        """
        self._calls = self._selects = 0
        idlist.begin(self._connection)
        with self._limited():
            idlist.collect(self._connection, select)
        return idlist.collected(self._connection)

    def stop(self) -> None:
        """End the statement that runs, from another thread; it raises what it raises after its time."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # the connection was closed meanwhile
            self._connection.interrupt()

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        since = time.monotonic()
        clock = threading.Timer(max(self._left, 0.0), self._connection.interrupt)
        clock.daemon = True
        self._connection.set_authorizer(self._allow)
        clock.start()
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, UnicodeError, MemoryError) as error:
            # Warning: Python 3.11 raises it for more than one statement. UnicodeError: text that is not UTF-8.
            raise self._translated(error) from error
        finally:
            clock.cancel()
            clock.join()  # a later interrupt would stop another statement
            self._connection.set_authorizer(None)
            self._left -= time.monotonic() - since

    def _translated(self, error: Exception) -> CurateError:
        if isinstance(error, UnicodeDecodeError) or (
            isinstance(error, sqlite3.DatabaseError) and is_damage(str(error))
        ):
            return damaged(self._path, str(error))
        if "interrupted" in str(error):
            return UsageError("the query was stopped", f"it ran longer than {self._seconds:g} s", "Ask for less.")
        return UsageError("the expression cannot be used", self._refused or _why(error), _WHERE_HELP)

    def _allow(self, action: int, table: str | None, name: str | None, database: str | None, view: str | None) -> int:
        """SQLite's authorizer: it allows reading the view, calling the offered functions, and collecting what is found."""
        if action == sqlite3.SQLITE_READ:
            # An empty column name: SQLite joins a table of the view without reading a value, and does not name the view.
            joined = name == "" and table in ("photo", "camera", "verdict")
            return sqlite3.SQLITE_OK if joined or "label" in (table, view) else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_SELECT:
            self._selects += view is None
            return self._unless(self._selects > MOST_SELECTS + 1, f"it holds more than {MOST_SELECTS} SELECTs")
        if action == sqlite3.SQLITE_INSERT:  # an expression itself cannot insert
            return sqlite3.SQLITE_OK if (table, database) == (idlist.TABLE, "temp") else sqlite3.SQLITE_DENY
        if action != sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_DENY
        if view is not None:  # functions of the view itself
            return sqlite3.SQLITE_OK
        self._calls += 1
        known = str(name).lower() in FUNCTIONS
        if not known:
            offered = ", ".join(sorted(FUNCTIONS))
            return self._unless(True, f"the function {name} is not offered; there are {offered}")
        return self._unless(self._calls > MOST_CALLS, f"it calls functions, LIKE and GLOB more than {MOST_CALLS} times")

    def _unless(self, refused: bool, why: str) -> int:
        if not refused:
            return sqlite3.SQLITE_OK
        self._refused = why
        return sqlite3.SQLITE_DENY


@contextlib.contextmanager
def label_reader(path: Path) -> Iterator[LabelReader]:
    """Open a separate read-only connection to the catalogue for a user's expression."""
    with contextlib.closing(connect_read_only(path)) as connection:
        yield LabelReader(connection, path)


def _instr(text: object, part: object) -> int | None:
    """Replace SQLite's `instr`, whose time is quadratic in a string's length, by Python's `str.find`."""
    return None if text is None or part is None else str(text).find(str(part)) + 1


def _why(error: Exception) -> str:
    """Return SQLite's message, or that the expression is not whole where the message is about the statement around it."""
    if isinstance(error, MemoryError):
        return "it takes more memory than there is"
    said = str(error)
    if "too big" in said:
        return "a string in it, or a row of its result, is longer than 120,000 bytes"
    around = said in ('near ")": syntax error', 'near "ORDER": syntax error', "incomplete input") or "\n)" in said
    return (
        "it is not whole: a value, a quote or a bracket is missing, or there is a bracket too many" if around else said
    )


_WHERE_HELP = (
    "Write one SQL expression over the label columns, names with spaces in double quotes: "
    "camera_type = 'dslr' AND \"Is Smartphone\" = 0"
)
