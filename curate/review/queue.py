"""The queue of pairs to review: the current pair, the skipped pairs, and the end of the proposed pairs."""

from __future__ import annotations

from typing import Literal

from curate.catalog import decisions, marking
from curate.catalog.pairs import PairRow, alternatives, queue
from curate.catalog.photos import path_of
from curate.catalog.remarks import Remark, remark_of
from curate.catalog.store import Catalog
from curate.catalog.wanted import EVERYTHING, Wanted, waiting_and_proposed
from curate.review.pace import Pace

AHEAD = 1000
"""Number of pairs that are read ahead of the current one; there may be many more."""


class ReviewQueue:
    """The undecided pairs, the proposed ones first, and the current pair.

    A proposed pair is the best choice for both of its photos. Most of the other pairs are wrong, so they come up only after
    the user asks for all of them (`go_beyond`) or for one (`show`). After a decision, and when new scores change the order,
    the next pair is the first one that was not skipped.

    Attributes:
        waiting: the number of undecided pairs that are wanted.
        proposed: how many of them are proposed.
        skips: how often a pair was skipped.
        wanted: which pairs are asked about, and in which order.
        pace: how fast pairs are decided.
    """

    def __init__(self, catalog: Catalog, wanted: Wanted = EVERYTHING) -> None:
        self._catalog = catalog
        self.wanted, self.pace = wanted, Pace()
        self._pairs: list[PairRow] = []
        self._at = 0
        self._skipped: set[tuple[int, int]] = set()
        self._beyond = False
        self._wanted: tuple[int, int] | None = None
        self.waiting = self.proposed = self.skips = 0

    @property
    def pair(self) -> PairRow | None:
        """The current pair; None if no pair is left except pairs that are not proposed and that nobody asked for."""
        pair = self._pairs[self._at] if self._pairs else None
        return pair if pair and (pair.assigned or self._beyond or ids(pair) == self._wanted) else None

    @property
    def at_the_others(self) -> bool:
        """Whether all proposed pairs are decided or skipped, and only others wait that nobody has asked for yet."""
        return bool(self._pairs) and self.pair is None

    @property
    def skipped(self) -> int:
        """The number of proposed pairs that were skipped."""
        return sum(pair.assigned and ids(pair) in self._skipped for pair in self._pairs)

    @property
    def place(self) -> str:
        """The position of the current pair and the number of waiting pairs, in words."""
        others = self.waiting - self.proposed
        pair = self.pair
        if pair is not None and pair.assigned:
            beside = f", {others:,} others" if others else ""
            return f"{self._at + 1:,} of {self.proposed:,} proposed{beside}"
        if pair is not None:
            return f"{max(1, self._at + 1 - self.proposed):,} of {others:,} not proposed"
        return f"{self.proposed:,} proposed, {others:,} others" if self.waiting else "nothing waits"

    @property
    def left(self) -> int:
        """The number of pairs that are still to be decided: the proposed ones, or the others where those are asked about."""
        pair = self.pair
        return self.proposed if pair is None or pair.assigned else self.waiting - self.proposed

    def refresh(self) -> None:
        """Read the queue again; the current pair stays current if it still waits."""
        kept = self.pair
        self._pairs = queue(self._catalog, self._at + AHEAD, wanted=self.wanted)
        self._count()
        place = None if kept is None else self._place_of(kept)
        self._at = self._first_open() if place is None else place

    def want(self, wanted: Wanted) -> None:
        """Ask about these pairs from now on, from the first one; skipped pairs are asked about again."""
        self.wanted, self._pairs, self._at, self._wanted = wanted, [], 0, None
        self._skipped.clear()
        self.refresh()

    def decide(self, action: Literal["accept", "reject"]) -> PairRow | None:
        """Accept or reject the current pair, go to the next one, and return the decided pair; None if there is no pair.

        Raises:
            UsageError: one of its photos has another partner.
        """
        pair = self.pair
        if pair is None:
            return None
        decisions.decide(self._catalog, action, pair.phone_sha256, pair.other_sha256)
        self.pace.decided()
        # removes this pair and, after a yes, all other pairs of its two photos
        gone = {pair.phone_sha256, pair.other_sha256} if action == "accept" else set()
        self._pairs = [p for p in self._pairs if p is not pair and not gone & {p.phone_sha256, p.other_sha256}]
        self._count()
        self._go_to(self._first_open())
        return pair

    def skip(self) -> bool:
        """Skip the current pair; return whether it was the last one, so that all skipped pairs come up again.

        If only pairs are left that nobody asked for, the skipped proposed pairs come up again.
        """
        last = self.at_the_others
        self.skips += self.pair is not None
        if last:
            self._skipped.clear()
        self._mark_skipped()
        last = last or self._open_place() is None
        self._go_to(self._first_open())
        return last

    def go(self, step: int) -> bool:
        """Go to the previous (-1) or next (1) pair; return whether there is one."""
        if not 0 <= self._at + step < len(self._pairs) or (step > 0 and self.at_the_others):
            return False
        if step > 0:
            self._mark_skipped()
        self._go_to(self._at + step)
        self._read_ahead()
        return True

    def go_beyond(self) -> bool:
        """Include the pairs that are not proposed; return whether that changes anything."""
        news, self._beyond = self.at_the_others, self._beyond or self.at_the_others
        return news

    def show(self, pair: PairRow) -> None:
        """Make this pair current, proposed or not; a pair that is not read yet is inserted after the current one."""
        place = self._place_of(pair)
        if place is None:
            place = min(self._at + 1, len(self._pairs))
            self._pairs.insert(place, pair)
        self._skipped.discard(ids(pair))
        self._go_to(place)
        self._wanted = ids(pair)

    def show_alternative(self) -> tuple[int, int] | None:
        """Make the next candidate of the same phone photo current, even if its other photo already has a partner.

        Returns:
            Its number among the phone photo's candidates, from 1, and their number; None if there is no other candidate.
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
        """Make the pair of two photos, named by their sha256, current if it waits; return whether it does."""
        found = [pair for pair in queue(self._catalog, phone_sha256=phone) if pair.other_sha256 == other]
        for pair in found:
            self.show(pair)
        return bool(found)

    def likely_next(self) -> list[PairRow]:
        """Return the pairs that may be shown next: after a decision or a skip, after an accepted pair, and the one before."""
        pair = self.pair
        if pair is None:
            return self._pairs[:1]
        photos = {pair.phone_sha256, pair.other_sha256}
        others = [p for p in self._pairs if p is not pair and ids(p) not in self._skipped]
        free = [p for p in others[: AHEAD // 10] if not photos & {p.phone_sha256, p.other_sha256}]
        before = self._pairs[self._at - 1 : self._at] if self._at else []
        found = [*free[:1], *others[:1], *free[1:2], *self._pairs[self._at + 1 : self._at + 2], *before]
        return list({ids(p): p for p in found}.values())

    def candidates(self) -> list[PairRow]:
        """Return the open candidates of the current phone photo, the best first. Without a current pair there are none."""
        return [] if self.pair is None else self.candidates_of(self.pair)

    def candidates_of(self, pair: PairRow) -> list[PairRow]:
        """Return the same of the phone photo of any pair."""
        return alternatives(self._catalog, pair.phone_sha256)

    def remark(self) -> Remark:
        """Return what was remarked on the current pair."""
        pair = self.pair
        return Remark() if pair is None else remark_of(self._catalog, pair.phone_sha256, pair.other_sha256)

    def flag(self) -> bool:
        """Flag the current pair or take its flag off; returns whether it is flagged now. There must be a pair."""
        pair, on = self._current(), not self.remark().flagged
        marking.flag(self._catalog, pair.phone_sha256, pair.other_sha256, on)
        return on

    def write_note(self, text: str) -> bool:
        """Write a note on the current pair; returns whether that changed anything. There must be a pair.

        Raises:
            UsageError: the note is too long.
        """
        pair = self._current()
        return marking.write_note(self._catalog, pair.phone_sha256, pair.other_sha256, text)

    def partners(self) -> list[tuple[str, str]]:
        """Return the photos of the pair that already have another partner: each photo's path with its partner's path."""
        pair = self.pair
        if pair is None or not pair.taken:
            return []
        found = []
        for path, sha256 in ((pair.phone, pair.phone_sha256), (pair.other, pair.other_sha256)):
            partner = decisions.partner_of(self._catalog, sha256)
            if partner is not None:
                found.append((path, path_of(self._catalog, partner) or partner))
        return found

    def _current(self) -> PairRow:
        assert self.pair is not None
        return self.pair

    def _go_to(self, place: int) -> None:
        self._at, self._wanted = place, None

    def _mark_skipped(self) -> None:
        if (pair := self.pair) is not None:
            self._skipped.add(ids(pair))

    def _count(self) -> None:
        self.waiting, self.proposed = waiting_and_proposed(self._catalog, self.wanted)

    def _place_of(self, pair: PairRow) -> int | None:
        return next((index for index, other in enumerate(self._pairs) if ids(other) == ids(pair)), None)

    def _open_place(self) -> int | None:
        """Return the index of the first pair that was not skipped; None if there is none."""
        while True:
            for index, pair in enumerate(self._pairs):
                if ids(pair) not in self._skipped:
                    return index
            short = len(self._pairs) < self.waiting
            more = queue(self._catalog, len(self._pairs) + AHEAD, wanted=self.wanted) if short else []
            if len(more) <= len(self._pairs):
                return None
            self._pairs = more

    def _first_open(self) -> int:
        """Return the index of the first pair that was not skipped; if all were skipped, forget the skips and return 0."""
        place = self._open_place()
        if place is None:
            self._skipped.clear()
            return 0
        self._at = place
        self._read_ahead()
        return self._at

    def _read_ahead(self) -> None:
        """Read more pairs if the current one is near the end of those that were read."""
        if self._at + AHEAD // 10 >= len(self._pairs) and len(self._pairs) < self.waiting:
            kept = self._pairs[self._at]
            self._pairs = queue(self._catalog, self._at + AHEAD, wanted=self.wanted)
            self._at = self._place_of(kept) or 0


def ids(pair: PairRow) -> tuple[int, int]:
    """Return the row IDs of a pair's two photos."""
    return pair.phone_id, pair.other_id
