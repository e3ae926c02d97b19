"""The queue of pairs that a person decides: which one is asked about, which were passed by, where the proposals end."""

from __future__ import annotations

from typing import Literal

from curate.catalog import decisions
from curate.catalog.candidates import proposed, waiting
from curate.catalog.pairs import PairRow, alternatives, queue
from curate.catalog.photos import path_of
from curate.catalog.store import Catalog

AHEAD = 1000
"""Pairs that are read ahead of the one in view; there may be many more."""


class ReviewQueue:
    """The pairs that wait, the proposed ones first, and the one that is asked about.

    A proposed pair is the best choice for both of its photos. The others wait too, and most of them are wrong: they are asked
    about only once a person wants them (`go_beyond`), or one of them (`show`). After a decision, and when scores change the
    order, the next pair is the first one that was not passed by.

    Attributes:
        waiting: how many pairs wait.
        proposed: how many of them are proposed.
        skips: how often a pair was skipped.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pairs: list[PairRow] = []
        self._at = 0
        self._passed: set[tuple[int, int]] = set()
        self._beyond = False
        self._wanted: tuple[int, int] | None = None
        self.waiting = self.proposed = self.skips = 0

    @property
    def pair(self) -> PairRow | None:
        """The pair that is asked about; None where none waits, or only pairs that are not proposed and nobody asked for."""
        pair = self._pairs[self._at] if self._pairs else None
        return pair if pair and (pair.assigned or self._beyond or ids(pair) == self._wanted) else None

    @property
    def at_the_others(self) -> bool:
        """Whether the proposed pairs are decided or passed by, and others wait that nobody has asked for yet."""
        return bool(self._pairs) and self.pair is None

    @property
    def skipped(self) -> int:
        """How many of the proposed pairs were passed by."""
        return sum(pair.assigned and ids(pair) in self._passed for pair in self._pairs)

    @property
    def place(self) -> str:
        """Where the pair that is asked about stands, and how many wait, in words."""
        others = self.waiting - self.proposed
        pair = self.pair
        if pair is not None and pair.assigned:
            beside = f", {others:,} others" if others else ""
            return f"{self._at + 1:,} of {self.proposed:,} proposed{beside}"
        if pair is not None:
            return f"{max(1, self._at + 1 - self.proposed):,} of {others:,} not proposed"
        return f"{self.proposed:,} proposed, {others:,} others" if self.waiting else "nothing waits"

    def refresh(self) -> None:
        """Read the queue again; the pair that is asked about stays where it still waits."""
        kept = self.pair
        self._pairs = queue(self._catalog, self._at + AHEAD)
        self._count()
        place = None if kept is None else self._place_of(kept)
        self._at = self._first_open() if place is None else place

    def decide(self, action: Literal["accept", "reject"]) -> PairRow | None:
        """Accept or reject the pair that is asked about, go on to the next one, and return the decided pair.

        Raises:
            UsageError: one of its photos has another partner.
        """
        pair = self.pair
        if pair is None:
            return None
        decisions.decide(self._catalog, action, pair.phone_sha256, pair.other_sha256)
        # what no longer waits: this pair, and after a yes every other one of the two photos
        gone = {pair.phone_sha256, pair.other_sha256} if action == "accept" else set()
        self._pairs = [p for p in self._pairs if p is not pair and not gone & {p.phone_sha256, p.other_sha256}]
        self._count()
        self._go_to(self._first_open())
        return pair

    def skip(self) -> bool:
        """Pass the pair by; returns whether it was the last one, so that all that were passed by are asked about again.

        Where only pairs are left that nobody asked for, it is the proposed ones that were passed by that come again.
        """
        last = self.at_the_others
        self.skips += self.pair is not None
        if last:
            self._passed.clear()
        self._pass_by()
        last = last or self._open_place() is None
        self._go_to(self._first_open())
        return last

    def go(self, step: int) -> bool:
        """Go to the pair before (-1) or after (1); returns whether there is one."""
        if not 0 <= self._at + step < len(self._pairs) or (step > 0 and self.at_the_others):
            return False
        if step > 0:
            self._pass_by()
        self._go_to(self._at + step)
        self._read_ahead()
        return True

    def go_beyond(self) -> bool:
        """Ask about the pairs that are not proposed, too; returns whether that is news."""
        news, self._beyond = self.at_the_others, self._beyond or self.at_the_others
        return news

    def show(self, pair: PairRow) -> None:
        """Ask about this pair now, proposed or not; one from further down is put behind the pair in view."""
        place = self._place_of(pair)
        if place is None:
            place = min(self._at + 1, len(self._pairs))
            self._pairs.insert(place, pair)
        self._passed.discard(ids(pair))
        self._go_to(place)
        self._wanted = ids(pair)

    def show_alternative(self) -> tuple[int, int] | None:
        """Ask about the next candidate of the same phone photo, also one that is paired already.

        Returns its place among them, from 1, and how many they are; None where the photo has no other candidate.
        """
        pair = self.pair
        partners = [] if pair is None else alternatives(self._catalog, pair.phone_sha256)
        known = [ids(partner) for partner in partners]
        if pair is None or len(partners) < 2 or ids(pair) not in known:
            return None
        place = (known.index(ids(pair)) + 1) % len(partners)
        self.show(partners[place])
        return place + 1, len(partners)

    def show_pair_of(self, phone: str, other: str) -> bool:
        """Ask about the pair of two photos, named by their sha256, where it waits; returns whether it does."""
        found = [pair for pair in queue(self._catalog, phone_sha256=phone) if pair.other_sha256 == other]
        for pair in found:
            self.show(pair)
        return bool(found)

    def partners(self) -> list[tuple[str, str]]:
        """Return the photos of the pair that have another partner already: their paths, each with the partner's path."""
        pair = self.pair
        if pair is None or not pair.taken:
            return []
        found = []
        for path, sha256 in ((pair.phone, pair.phone_sha256), (pair.other, pair.other_sha256)):
            partner = decisions.partner_of(self._catalog, sha256)
            if partner is not None:
                found.append((path, path_of(self._catalog, partner) or partner))
        return found

    def _go_to(self, place: int) -> None:
        self._at, self._wanted = place, None

    def _pass_by(self) -> None:
        if (pair := self.pair) is not None:
            self._passed.add(ids(pair))

    def _count(self) -> None:
        self.waiting, self.proposed = waiting(self._catalog), proposed(self._catalog)

    def _place_of(self, pair: PairRow) -> int | None:
        return next((index for index, other in enumerate(self._pairs) if ids(other) == ids(pair)), None)

    def _open_place(self) -> int | None:
        """Where the first pair is that was not passed by."""
        while True:
            for index, pair in enumerate(self._pairs):
                if ids(pair) not in self._passed:
                    return index
            more = queue(self._catalog, len(self._pairs) + AHEAD) if len(self._pairs) < self.waiting else []
            if len(more) <= len(self._pairs):
                return None
            self._pairs = more

    def _first_open(self) -> int:
        """The same; where all were passed by, from the top again."""
        place = self._open_place()
        if place is None:
            self._passed.clear()
            return 0
        self._at = place
        self._read_ahead()
        return self._at

    def _read_ahead(self) -> None:
        """Read more where the pair in view is near the end of what was read."""
        if self._at + AHEAD // 10 >= len(self._pairs) and len(self._pairs) < self.waiting:
            kept = self._pairs[self._at]
            self._pairs = queue(self._catalog, self._at + AHEAD)
            self._at = self._place_of(kept) or 0


def ids(pair: PairRow) -> tuple[int, int]:
    """The row IDs of a pair's two photos."""
    return pair.phone_id, pair.other_id
