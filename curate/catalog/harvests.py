"""The state of harvests: the plans that were searched with their windows, what each found, and the calls that were made."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from curate.catalog.facts import (
    FLICKR_ALLOWED,
    FLICKR_CALLS,
    FLICKR_LICENSES,
    FLICKR_NAMES,
    FLICKR_PAUSED,
    FLICKR_RECHECK,
    SeenLicenses,
    count_up,
)
from curate.catalog.flickr_photos import forget_steps
from curate.catalog.store import Catalog, now

WindowState = Literal["open", "done", "halved", "cut"]
HOUR = 3600.0
_PRUNE_EVERY = 1000


@dataclass(frozen=True, slots=True)
class StoredWindow:
    """A window of a plan's search.

    Attributes:
        id: its row ID.
        topic: number of the search in its plan, from 0.
        span: JSON of its dates (`windows.Window`).
        slice: row ID of the window that it was halved from, or its own: what `per_window` counts by.
        page: the page to ask next.
        total: number of results by Flickr's count; None until the first page came.
        failure: why the page failed when it was asked for last; None where it did not.
    """

    id: int
    topic: int
    span: str
    slice: int
    page: int
    total: int | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A window that could not be listed as it should be.

    Attributes:
        span: JSON of its dates.
        reason: what was done instead, or what is missing.
    """

    span: str
    reason: str


class Calls:
    """The calls of this workspace, so that the next process knows of them. Each is stored before it is sent."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._connection = catalog, catalog.connection
        self._since_pruned = 0
        # a power cut may lose the last answers, which are then asked for again; a killed process loses none
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._prune()

    def _prune(self) -> None:
        self._connection.execute("DELETE FROM flickr_call WHERE at < ?", (time.time() - HOUR,))

    def times(self) -> list[float]:
        """Return the Unix times of the calls of the last hour, the oldest first."""
        return [row[0] for row in self._connection.execute("SELECT at FROM flickr_call ORDER BY at")]

    def begin(self, until: float) -> int:
        """Store a call before it is sent, with the latest time at which it ends; returns its number."""
        self._since_pruned += 1
        if self._since_pruned >= _PRUNE_EVERY:
            self._prune()
            self._since_pruned = 0
        with self._catalog.transaction() as connection:
            number = connection.execute("INSERT INTO flickr_call (at) VALUES (?)", (until,)).lastrowid
            count_up(connection, FLICKR_CALLS)
        return int(number or 0)

    def end(self, number: int, at: float) -> None:
        """Store when a call ended."""
        self._connection.execute("UPDATE flickr_call SET at = ? WHERE id = ?", (at, number))

    def paused_until(self) -> float:
        """Return the Unix time until which no call may be made; 0 where there is none."""
        return FLICKR_PAUSED.read(self._connection) or 0.0

    def pause(self, until: float) -> None:
        """Store that no call may be made until a Unix time."""
        FLICKR_PAUSED.keep(self._connection, until)


def calls_made(catalog: Catalog) -> int:
    """Return the number of calls that were ever made from this workspace."""
    return FLICKR_CALLS.read(catalog.connection) or 0


def seen_licenses(catalog: Catalog) -> SeenLicenses | None:
    """Return the licences as the API last listed them; None where it never did."""
    return FLICKR_LICENSES.read(catalog.connection)


def keep_licenses(catalog: Catalog, seen: SeenLicenses) -> None:
    """Store the licences as the API listed them."""
    FLICKR_LICENSES.keep(catalog.connection, seen)


def allow(catalog: Catalog, licenses: Iterable[str]) -> None:
    """Store the licences whose originals a person allows to download."""
    FLICKR_ALLOWED.keep(catalog.connection, tuple(licenses))


def allowed_licenses(catalog: Catalog) -> tuple[str, ...] | None:
    """Return the licences that a person allowed last; None where nothing was downloaded."""
    return FLICKR_ALLOWED.read(catalog.connection)


def begin_recheck(catalog: Catalog) -> None:
    """Begin a recheck of all photos, unless one was begun and is not finished."""
    if FLICKR_RECHECK.read(catalog.connection) is None:
        with catalog.transaction():
            forget_steps(catalog, "recheck")
            FLICKR_RECHECK.keep(catalog.connection, now())


def is_rechecking(catalog: Catalog) -> bool:
    """Return whether a recheck was begun and is not finished."""
    return FLICKR_RECHECK.read(catalog.connection) is not None


def end_recheck(catalog: Catalog) -> None:
    """Store that the recheck is finished."""
    FLICKR_RECHECK.forget(catalog.connection)


# --- plans and windows


def plan_id(catalog: Catalog, digest: str) -> int | None:
    """Return the row ID of a plan that was searched before; None for a new one."""
    row = catalog.connection.execute("SELECT id FROM flickr_plan WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else int(row[0])


def begin_plan(catalog: Catalog, digest: str, plan: Mapping[str, Any], spans: Iterable[tuple[int, str]]) -> int:
    """Store a new plan with its windows; returns its row ID.

    Args:
        catalog: open for writing.
        digest: identifies the plan as it was given.
        plan: the plan with users and groups resolved, as JSON takes it.
        spans: number of the search, and JSON of the dates, of each window.
    """
    with catalog.transaction() as connection:
        row = connection.execute(
            "INSERT INTO flickr_plan (digest, plan, at) VALUES (?, ?, ?) RETURNING id",
            (digest, json.dumps(plan), now()),
        ).fetchone()
        connection.executemany(
            "INSERT INTO flickr_window (plan, topic, span) VALUES (?, ?, ?)",
            [(row[0], topic, span) for topic, span in spans],
        )
        connection.execute("UPDATE flickr_window SET slice = id WHERE plan = ? AND slice IS NULL", (row[0],))
        FLICKR_NAMES.forget(connection)
    return int(row[0])


def resolved_names(catalog: Catalog) -> dict[str, str]:
    """Return `user NAME` or `group ADDRESS` -> ID, as far as Flickr named them, of a plan that is not stored yet."""
    return FLICKR_NAMES.read(catalog.connection) or {}


def keep_name(catalog: Catalog, name: str, found: str) -> None:
    """Store the ID of a user or group, so that an interrupted run does not ask for it again."""
    FLICKR_NAMES.keep(catalog.connection, {**resolved_names(catalog), name: found})


def forget_plan(catalog: Catalog, digest: str) -> None:
    """Remove the progress of a plan, so that it is searched anew; the photos that it found stay."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM flickr_plan WHERE digest = ?", (digest,))


def plans(catalog: Catalog) -> list[tuple[int, dict[str, Any]]]:
    """Return (row ID, plan) of all plans that were searched."""
    rows = catalog.connection.execute("SELECT id, plan FROM flickr_plan ORDER BY id")
    return [(row["id"], json.loads(row["plan"])) for row in rows]


def plan_of(catalog: Catalog, number: int) -> dict[str, Any]:
    """Return the plan with a row ID, which exists."""
    found: dict[str, Any] = json.loads(
        catalog.connection.execute("SELECT plan FROM flickr_plan WHERE id = ?", (number,)).fetchone()[0]
    )
    return found


def unfinished_plans(catalog: Catalog) -> list[int]:
    """Return the row IDs of the plans of which windows are still open."""
    return [
        row[0]
        for row in catalog.connection.execute("SELECT DISTINCT plan FROM flickr_window WHERE state = 'open' ORDER BY 1")
    ]


def pages_left(catalog: Catalog, per_page: int) -> int:
    """Return about how many pages of searches are still to be asked, with the empty one that ends each window."""
    row = catalog.connection.execute(
        "SELECT coalesce(sum(CASE WHEN total IS NULL THEN 2 ELSE max(1, (total + ?1 - 1) / ?1 + 2 - page) END), 0) "
        "FROM flickr_window WHERE state = 'open'",
        (per_page,),
    ).fetchone()
    return int(row[0])


def next_window(catalog: Catalog, plan: int, besides: Collection[int] = ()) -> StoredWindow | None:
    """Return the first window of a plan that is not listed to its end; None where all are.

    Args:
        catalog: the catalogue.
        plan: row ID of the plan.
        besides: row IDs of windows that are passed over.
    """
    rows = catalog.connection.execute(
        "SELECT id, topic, span, slice, page, total, reason FROM flickr_window WHERE state = 'open' AND plan = ? "
        "ORDER BY topic, slice, id LIMIT ?",
        (plan, len(besides) + 1),
    )
    return next((StoredWindow(*row) for row in rows if row["id"] not in besides), None)


def halve_window(catalog: Catalog, plan: int, window: StoredWindow, spans: Iterable[str], reason: str | None) -> None:
    """Replace a window by smaller ones.

    Args:
        catalog: open for writing.
        plan: row ID of the plan.
        window: the window.
        spans: JSON of the dates of the smaller ones.
        reason: what is remarkable about that; None for nothing.
    """
    with catalog.transaction() as connection:
        close_window(catalog, window, "halved", reason)
        connection.executemany(
            "INSERT INTO flickr_window (plan, topic, span, slice) VALUES (?, ?, ?, ?)",
            [(plan, window.topic, span, window.slice) for span in spans],
        )


def turn_page(catalog: Catalog, window: StoredWindow, total: int | None) -> None:
    """Store that a page of a window was listed."""
    catalog.connection.execute(
        "UPDATE flickr_window SET page = ?, total = coalesce(?, total), reason = NULL WHERE id = ?",
        (window.page + 1, total, window.id),
    )


def close_window(catalog: Catalog, window: StoredWindow, state: WindowState, reason: str | None = None) -> None:
    """Store that a window is listed to its end, halved, or cut off; or that it is still open since a page failed."""
    catalog.connection.execute(
        "UPDATE flickr_window SET state = ?, reason = ? WHERE id = ?", (state, reason, window.id)
    )


def close_all(catalog: Catalog, plan: int) -> None:
    """Close the open windows of a plan of which enough photos were found."""
    catalog.connection.execute(
        "UPDATE flickr_window SET state = 'done', reason = NULL WHERE plan = ? AND state = 'open'", (plan,)
    )


def remarks(catalog: Catalog, plan: int | None = None) -> list[Remark]:
    """Return the windows of a plan, or of all, that have a remark: halved by date of upload, or not listed to their end."""
    rows = catalog.connection.execute(
        "SELECT span, reason FROM flickr_window WHERE reason IS NOT NULL AND state != 'open' AND plan = coalesce(?, plan) "
        "ORDER BY plan, span",
        (plan,),
    )
    return [Remark(*row) for row in rows]


def unfinished(catalog: Catalog, plan: int) -> tuple[int, int]:
    """Return the numbers of a plan's windows that are open, and that could not be listed to their ends."""
    counted = "SELECT state, count(*) FROM flickr_window WHERE plan = ? GROUP BY state"
    found = {row[0]: int(row[1]) for row in catalog.connection.execute(counted, (plan,))}
    return found.get("open", 0), found.get("cut", 0)


# --- what a plan found


def found_before(catalog: Catalog, plan: int, flickr_ids: Iterable[int]) -> set[int]:
    """Return those of some Flickr IDs that a plan found before, whether it took or left them."""
    found = set()
    for flickr_id in flickr_ids:
        if catalog.connection.execute(
            "SELECT 1 FROM flickr_found WHERE plan = ? AND flickr_id = ?", (plan, flickr_id)
        ).fetchone():
            found.add(flickr_id)
    return found


def record_found(
    catalog: Catalog, plan: int, window: StoredWindow, photos: Iterable[tuple[int, str | None, str | None]]
) -> None:
    """Store what a page brought.

    Args:
        catalog: open for writing.
        plan: row ID of the plan.
        window: the window.
        photos: Flickr ID, owner, and why the photo was left out (None where it was taken).
    """
    catalog.connection.executemany(
        "INSERT OR IGNORE INTO flickr_found VALUES (?, ?, ?, ?, ?)",
        [(plan, flickr_id, window.slice, owner, left_out) for flickr_id, owner, left_out in photos],
    )


@dataclass
class Taken:
    """How many photos of a plan were taken so far.

    Attributes:
        photos: in all.
        by_owner: owner -> photos.
        by_slice: window before any halving -> photos.
    """

    photos: int
    by_owner: dict[str | None, int]
    by_slice: dict[int, int]

    def add(self, owner: str | None, slice: int) -> None:
        """Count one more."""
        self.photos += 1
        self.by_owner[owner] = self.by_owner.get(owner, 0) + 1
        self.by_slice[slice] = self.by_slice.get(slice, 0) + 1


def taken(catalog: Catalog, plan: int) -> Taken:
    """Return how many photos of a plan were taken so far."""
    by_owner, by_slice = (
        {
            row[0]: row[1]
            for row in catalog.connection.execute(
                f"SELECT {column}, count(*) FROM flickr_found WHERE plan = ? AND left_out IS NULL GROUP BY 1", (plan,)
            )
        }
        for column in ("owner", "slice")
    )
    return Taken(sum(by_slice.values()), by_owner, by_slice)


def left_out_by_search(catalog: Catalog) -> list[tuple[int, str]]:
    """Return (Flickr ID, reason) of the photos that searches found and left out, and that no search took."""
    rows = catalog.connection.execute(
        "SELECT flickr_id, min(left_out) FROM flickr_found GROUP BY flickr_id HAVING count(*) = count(left_out) ORDER BY 1"
    )
    return [(row[0], row[1]) for row in rows]


def plans_of(catalog: Catalog, flickr_id: int) -> set[int]:
    """Return the row IDs of the plans that took a photo."""
    rows = catalog.connection.execute(
        "SELECT plan FROM flickr_found WHERE flickr_id = ? AND left_out IS NULL", (flickr_id,)
    )
    return {row[0] for row in rows}


def label_counts(catalog: Catalog, plan: int, column: str) -> dict[str, int]:
    """Return value -> number of a plan's photos with that value in a label column, among those whose EXIF came.

    Args:
        catalog: the catalogue.
        plan: row ID of the plan.
        column: a name of `labels.LABEL_COLUMNS`.
    """
    rows = catalog.connection.execute(
        f'SELECT CAST(label."{column}" AS TEXT), count(*) FROM flickr_found JOIN flickr_photo USING (flickr_id) '
        "JOIN label ON label.id = flickr_photo.photo WHERE plan = ? AND left_out IS NULL AND label.status = 'ok' GROUP BY 1",
        (plan,),
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}
