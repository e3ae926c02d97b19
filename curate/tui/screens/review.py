"""The review: two photos side by side, what their files say, and a person's yes or no."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from curate.catalog import decisions
from curate.catalog.pairs import PairRow, queue, waiting
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.pairing.evidence import Evidence, words
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import shown
from curate.tui.widgets.differences import Differences
from curate.tui.widgets.photo import PhotoView

AHEAD = 1000
"""Pairs that are read ahead of the one in view; there may be many more."""

_NOTHING = """No pair waits for a decision.

Press L for the library: i takes photos in, f looks for pairs.
Two photos marked there with m are paired with p."""


class ReviewScreen(CurateScreen):
    """Pair by pair, the likeliest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space,y",
            "decide('accept')",
            "Accept",
            id="review.accept",
            key_display="Space",
            tooltip="both show the same scene",
        ),
        Binding(
            "x,n",
            "decide('reject')",
            "Reject",
            id="review.reject",
            tooltip="they do not; the pair is not offered again",
        ),
        Binding("s", "skip", "Skip", id="review.skip", tooltip="decide later"),
        Binding("u,z", "undo", "Undo", id="review.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="review.redo", show=False, tooltip="do again what was taken back"),
        Binding(
            "tab",
            "swap",
            "Swap",
            id="review.swap",
            key_display="Tab",
            tooltip="change places: what differs, jumps",
            priority=True,
        ),
        Binding(
            "v",
            "single",
            "One or two",
            id="review.single",
            show=False,
            tooltip="one large picture, or both; Tab flips between them",
        ),
        Binding(
            "a",
            "alternative",
            "Other partner",
            id="review.alternative",
            show=False,
            tooltip="the next candidate for the same phone photo",
        ),
        Binding(
            "left_square_bracket,left",
            "go(-1)",
            "Previous",
            id="review.previous",
            show=False,
            tooltip="the pair before",
        ),
        Binding("right_square_bracket,right", "go(1)", "Next", id="review.next", show=False, tooltip="the pair after"),
        Binding("L", "app.switch_mode('library')", "Library", id="review.library", tooltip="back to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._queue: list[PairRow] = []
        self._waiting = 0
        self._at = 0
        self._swapped = False
        self._single = False

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="pictures"):
            yield PhotoView(self.curate.images, id="first")
            yield PhotoView(self.curate.images, id="second")
        yield Static(id="evidence", markup=False)
        yield Differences(id="differences")
        yield Static(_NOTHING, id="welcome", markup=False)

    @property
    def pair(self) -> PairRow | None:
        """The pair in view."""
        return self._queue[self._at] if self._queue else None

    def refresh_data(self) -> None:
        """Read the queue again; the pair in view stays in view where it still waits."""
        kept = self.pair and (self.pair.phone_id, self.pair.other_id)
        self._queue = queue(self.catalog, self._at + AHEAD)
        places = [index for index, pair in enumerate(self._queue) if (pair.phone_id, pair.other_id) == kept]
        self._at = places[0] if places else min(self._at, max(0, len(self._queue) - 1))
        self._show()

    def _read_ahead(self) -> None:
        """Read more of the queue where the pair in view is near the end of what was read."""
        if self._at + AHEAD // 10 >= len(self._queue) and len(self._queue) < self._waiting:
            kept = self.pair
            self._queue = queue(self.catalog, self._at + AHEAD)
            if kept is not None:
                self._at = self._place_of(kept)

    def _place_of(self, pair: PairRow) -> int:
        """Where a waiting pair stands in the queue; one from further down is put behind the pair in view."""
        for index, other in enumerate(self._queue):
            if (other.phone_id, other.other_id) == (pair.phone_id, pair.other_id):
                return index
        self._queue.insert(self._at + 1, pair)
        return min(self._at + 1, len(self._queue) - 1)

    def _show(self) -> None:
        self._waiting = waiting(self.catalog)
        self._read_ahead()
        tally = decisions.tally(self.catalog)
        place = f"{self._at + 1:,} of {self._waiting:,} waiting" if self._queue else "nothing waits"
        self.headline("Review", place, f"{tally['accepted']:,} accepted, {tally['rejected']:,} rejected")
        pair = self.pair
        for name in ("#pictures", "#evidence", "#differences"):
            self.query_one(name).display = pair is not None
        self.query_one("#welcome").display = pair is None
        if pair is None:
            return
        phone, other = photo_labels(self.catalog, pair.phone_id), photo_labels(self.catalog, pair.other_id)
        sides = [("phone", phone, pair.phone_sha256), ("camera", other, pair.other_sha256)]
        if self._swapped:
            sides.reverse()
        for view, (side, labels, sha256) in zip(self.query(PhotoView), sides, strict=True):
            caption = Text.assemble((f"{side}  ", "bold bright_cyan"), shown(Path(labels["path"] or "").name))
            view.show(caption, self.catalog.workspace.preview(sha256))
        self.query_one("#second").display = not self._single
        self.query_one("#evidence", Static).update(_evidence_line(pair))
        self.query_one(Differences).show(sides[0][1], sides[1][1], (sides[0][0], sides[1][0]))

    # --- actions

    def action_decide(self, action: str) -> None:
        """Accept or reject the pair in view, and show the next one."""
        pair = self.pair
        if pair is None:
            return
        try:
            decisions.decide(
                self.catalog, "accept" if action == "accept" else "reject", pair.phone_sha256, pair.other_sha256
            )
        except CurateError as error:
            self.complain(error)
            return
        # what no longer waits: this pair, and after a yes every other one of the two photos
        gone = {pair.phone_sha256, pair.other_sha256}
        before = self._at
        kept = [
            (index, p)
            for index, p in enumerate(self._queue)
            if p is not pair and not (action == "accept" and gone & {p.phone_sha256, p.other_sha256})
        ]
        self._queue = [p for _, p in kept]
        self._at = min(sum(index < before for index, _ in kept), max(0, len(self._queue) - 1))
        self._swapped = False
        self._show()
        sign = Text("✓ accepted: ", "bold green") if action == "accept" else Text("✗ rejected: ", "bold red")
        self.say(sign + shown(f"{Path(pair.phone).name} + {Path(pair.other).name}") + Text(" · u undoes", "dim"))
        self.let_scores_follow()

    def action_skip(self) -> None:
        """Leave the pair for later."""
        if not self._queue:
            return
        if self._at + 1 < len(self._queue):
            self._move_to(self._at + 1)
            self.say("? skipped; it still waits")
        else:
            self._move_to(0)
            self.say("that was the last one; from the top again")

    def action_go(self, step: int) -> None:
        """Go to the pair before or after."""
        if 0 <= self._at + step < len(self._queue):
            self._move_to(self._at + step)
            self.say("")

    def action_alternative(self) -> None:
        """Go to the next candidate for the same phone photo."""
        pair = self.pair
        if pair is None:
            return
        partners = queue(self.catalog, phone_sha256=pair.phone_sha256)
        ids = [(p.phone_id, p.other_id) for p in partners]
        if len(partners) < 2 or (pair.phone_id, pair.other_id) not in ids:
            self.say("this phone photo has no other candidate")
            return
        place = (ids.index((pair.phone_id, pair.other_id)) + 1) % len(partners)
        self._move_to(self._place_of(partners[place]))
        self.say(f"candidate {place + 1} of {len(partners)} for this phone photo")

    def action_swap(self) -> None:
        """Let the two photos change places."""
        if self.pair is not None:
            self._swapped = not self._swapped
            self._show()

    def action_single(self) -> None:
        """Show one large picture, or both."""
        self._single = not self._single
        self._show()

    def after_step(self, decision: decisions.Decision) -> None:
        """Show the pair that an undo brought back."""
        phone, other = decision.payload.get("phone"), decision.payload.get("other")
        if phone is not None:
            for pair in queue(self.catalog, phone_sha256=phone):
                if pair.other_sha256 == other:
                    self._move_to(self._place_of(pair))

    def _move_to(self, index: int) -> None:
        self._at, self._swapped = index, False
        self._show()


def photo_labels(catalog: Catalog, photo: int) -> dict[str, str | None]:
    """Return a photo's labels for a comparison."""
    row = catalog.connection.execute("SELECT * FROM label WHERE id = ?", (photo,)).fetchone()
    return dict(row) if row else {"path": None}


def _evidence_line(pair: PairRow) -> Text:
    if pair.score is None:
        line = Text("made by hand", "bold")
    else:
        share = "over 99 %" if pair.score >= 0.995 else f"{100 * pair.score:.0f} %"
        line = Text.assemble((share, "bold"), " likely the same scene")
    evidence = Evidence.from_dict(pair.evidence)
    for said in words(evidence) if evidence else ():
        line.append("  ·  ", "dim").append(shown(said))
    return line
