"""The list of photos that is browsed: which are shown, where the cursor stands, which are chosen. It knows no Textual."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence

from curate.catalog.browsing import Order, SortKey
from curate.catalog.labels import LabelRow

CHUNK = 64
"""Rows that are read together."""

_CHUNKS = 48
"""Chunks of rows that are kept."""

_NOTHING: array[int] = array("q")


class Browse:
    """The shown photos, the cursor and the choice.

    Attributes:
        ids: row IDs of the shown photos, in their order.
        total: number of photos that the list will hold once it is read to its end; None while that is not known.
        cursor: position of the cursor; 0 where no photo is shown.
        order: the order.
        chosen: row IDs of the chosen photos, all of which are shown.
        range_from: where the range began that the cursor extends; None where there is none.
    """

    def __init__(self, read: Callable[[Sequence[int]], dict[int, LabelRow]]) -> None:
        """`read` returns the label rows of some photos."""
        self._read = read
        self._chunks: OrderedDict[int, list[LabelRow | None]] = OrderedDict()
        self.ids: array[int] = _NOTHING
        self.total: int | None = 0
        self.cursor = 0
        self.order = Order()
        self.chosen: set[int] = set()
        self.range_from: int | None = None
        self._before_range: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.ids)

    def show(self, ids: array[int], total: int | None = None) -> None:
        """Show these photos. The cursor stays on its photo, else at its place; photos that are not shown are not chosen."""
        at = self.here
        same = self.ids == ids
        self.ids, self.total = ids, len(ids) if total is None else total
        self._chunks.clear()
        if not same:
            self.end_range()
            if self.chosen:
                self.chosen &= set(ids)
            if at is not None and at in ids:
                self.cursor = ids.index(at)
        self.cursor = min(self.cursor, max(0, len(ids) - 1))

    # --- rows

    @property
    def here(self) -> int | None:
        """The row ID of the photo under the cursor; None where no photo is shown."""
        return self.ids[self.cursor] if self.cursor < len(self.ids) else None

    def row(self, at: int) -> LabelRow | None:
        """Return the label row of the photo at a position; None where it is gone."""
        number = at // CHUNK
        if number not in self._chunks:
            part = self.ids[number * CHUNK : (number + 1) * CHUNK]
            found = self._read(part)
            self._chunks[number] = [found.get(photo) for photo in part]
            while len(self._chunks) > _CHUNKS:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(number)
        return self._chunks[number][at % CHUNK]

    @property
    def row_here(self) -> LabelRow | None:
        """The label row of the photo under the cursor; None where there is none."""
        return self.row(self.cursor) if self.cursor < len(self.ids) else None

    # --- moving

    def move_to(self, at: int, *, extend: bool = False) -> None:
        """Move the cursor, within the list; `extend` begins a range at the old place where there is none."""
        if not self.ids:
            return
        if extend and self.range_from is None:
            self.begin_range()
        self.cursor = min(max(0, at), len(self.ids) - 1)
        if self.range_from is not None:
            low, high = sorted((self.range_from, self.cursor))
            self.chosen = {*self._before_range, *self.ids[low : high + 1]}

    # --- choosing

    def toggle(self, at: int | None = None) -> None:
        """Choose a photo, or no longer; by default the one under the cursor. A range ends, and what it chose stays chosen."""
        self.end_range()
        at = self.cursor if at is None else at
        if at < len(self.ids):
            self.chosen ^= {self.ids[at]}

    def begin_range(self) -> None:
        """Begin a range at the cursor; what is chosen already stays chosen."""
        if self.ids:
            self.range_from, self._before_range = self.cursor, frozenset(self.chosen)
            self.chosen = {*self.chosen, self.ids[self.cursor]}

    def end_range(self) -> None:
        """End the range; what it chose stays chosen."""
        self.range_from, self._before_range = None, frozenset()

    def choose_all(self) -> None:
        """Choose all shown photos; where all are chosen, none."""
        self.end_range()
        self.chosen = set() if len(self.chosen) == len(self.ids) else set(self.ids)

    def choose_none(self) -> None:
        """Choose no photo."""
        self.end_range()
        self.chosen = set()

    def meant(self) -> list[int]:
        """Return the photos that an action means: the chosen ones in their order, else the one under the cursor."""
        if self.chosen:
            return [photo for photo in self.ids if photo in self.chosen]
        return [] if self.here is None else [self.here]


def next_order(order: Order, keys: Sequence[SortKey]) -> Order:
    """Return the order by the next of some keys."""
    at = keys.index(order.key) if order.key in keys else -1
    return Order(keys[(at + 1) % len(keys)])


def order_by(order: Order, key: SortKey) -> Order:
    """Return the order by a key; by the same key again, the other way round."""
    return Order(key, not order.descending) if order.key is key else Order(key)
