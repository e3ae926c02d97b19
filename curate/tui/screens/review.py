"""The review screen: two photos at one scale, their labels and the evidence, and keys to accept or reject the pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from curate.catalog import decisions
from curate.catalog.listing import is_listed_path
from curate.catalog.pairs import PairRow
from curate.catalog.photos import labels_of
from curate.catalog.remarks import LONGEST
from curate.catalog.wanted import ORDERS, order_words
from curate.errors import CurateError, UsageError
from curate.review.queue import ReviewQueue, ids
from curate.tui.drawn import matches_of
from curate.tui.messages import MatchesDrawn, PicturesDecoded
from curate.tui.pictures import Pictures, prepare
from curate.tui.reviewing import (
    NOTHING,
    candidate_words,
    caption,
    drawn_in_words,
    evidence_line,
    evidence_lines,
    facts_of,
    nothing_left,
    wanted_form,
    wanted_of,
)
from curate.tui.screens.base import CurateScreen
from curate.tui.screens.review_keys import KEYS
from curate.tui.shown import shown
from curate.tui.view import WHOLE
from curate.tui.widgets.candidates import CandidateStrip, Thumbnail, prepare_small
from curate.tui.widgets.differences import Differences
from curate.tui.widgets.ellipsis import FoldedText
from curate.tui.widgets.pair import PairView, Side
from curate.tui.widgets.prompt import AskForm, AskText
from curate.tui.work import is_running, start_beside

_REST = 0.05
"""Seconds from a paint to the preparation of the next one, in which the terminal gets what was painted."""

_BODY = ("#pictures", "#evidence", "#candidates", "#differences")


class ReviewScreen(CurateScreen):
    """The waiting pairs one by one, by default the most likely first."""

    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self) -> None:
        super().__init__()
        self._queue: ReviewQueue
        self._pictures: Pictures
        self._details = True
        self._candidates: list[PairRow] = []
        self._drawing: Worker[None] | None = None
        self._drawn: MatchesDrawn | None = None
        self._seen: tuple[int, int] | None = None
        """Row IDs of the pair that is on the screen."""

    def compose_body(self) -> ComposeResult:
        self._pictures = Pictures(self.catalog.workspace)
        yield PairView(self.curate.images, self._pictures, id="pictures")
        yield FoldedText(lambda: evidence_lines(self.app.size.height, self._details), id="evidence")
        yield CandidateStrip(self._pictures, self.curate.images, id="candidates")
        yield Differences(id="differences")
        yield Static(NOTHING, id="welcome", markup=False)

    @property
    def pair(self) -> PairRow | None:
        """The current pair."""
        return self._queue.pair

    @property
    def _view(self) -> PairView:
        return self.query_one(PairView)

    def on_mount(self) -> None:
        self._queue = ReviewQueue(self.catalog, self.curate.wanted)

    def refresh_data(self) -> None:
        """Read the queue again; the current pair stays current if it still waits."""
        self._queue.refresh()
        self._show()

    def _show(self) -> None:
        self.headline("Review", *facts_of(self._queue, decisions.tally(self.catalog)))
        pair = self.pair
        for name in _BODY:
            self.query_one(name).display = pair is not None
        self.query_one("#welcome").display = pair is None
        if pair is None:
            self.query_one("#welcome", Static).update(nothing_left(self._queue))
            return
        if ids(pair) != self._seen:
            self.call_after_refresh(self._drawn_on_screen, pair)
        phone, other = labels_of(self.catalog, pair.phone_id), labels_of(self.catalog, pair.other_id)
        sides = [
            (Side(caption(name, labels), sha256, "no file" if is_listed_path(labels["path"] or "") else ""), labels)
            for name, labels, sha256 in (
                ("phone", phone, pair.phone_sha256),
                ("camera", other, pair.other_sha256),
            )
        ]
        self._show_pictures(pair, sides[0][0], sides[1][0])
        self._show_candidates(pair)
        place = self._place_among(pair) + 1, len(self._candidates)
        said = evidence_line(pair, self._queue.partners(), self._queue.remark(), place)
        self.query_one("#evidence", FoldedText).show(said)
        names = "camera" if self._view.swapped else "phone", "phone" if self._view.swapped else "camera"
        ordered = (other, phone) if self._view.swapped else (phone, other)
        self.query_one(Differences).show(*ordered, names)

    def _show_pictures(self, pair: PairRow, phone: Side, other: Side) -> None:
        """Show the two photos, or the drawn matches if they were drawn for this pair."""
        drawn = self._drawn
        if drawn is None or drawn.pair != ids(pair) or drawn.picture is None:
            drawn = self._drawn = None
        one, two = (other, phone) if self._view.swapped else (phone, other)
        names = Text.assemble(one.caption, ("  +  ", "dim"), two.caption)
        drawing = None if drawn is None or drawn.picture is None else (names, drawn.picture)
        self._view.show(phone, other, drawing)
        self.query_one("#differences").display = drawn is None and self._details

    def _show_candidates(self, pair: PairRow) -> None:
        self._candidates = self._queue.candidates()
        named = [Thumbnail(one.other_sha256, candidate_words(at, one)) for at, one in enumerate(self._candidates, 1)]
        strip = self.query_one(CandidateStrip)
        strip.display = len(named) > 1 and self._details and self.curate.images != "none"
        strip.show(named, self._place_among(pair))

    def _place_among(self, pair: PairRow) -> int:
        return next((at for at, one in enumerate(self._candidates) if ids(one) == ids(pair)), 0)

    # --- pictures are prepared before they are asked for

    def _drawn_on_screen(self, pair: PairRow) -> None:
        self._seen = ids(pair)
        if self.curate.images != "none":
            self.set_timer(_REST, self._prepare)

    def _prepare(self) -> None:
        """Decode and draw in a thread what this pair still waits for, and then the pairs that may come next."""
        room, draw = self._view.room, self.curate.images == "half"
        if self.pair is None or min(room) <= 0:
            return
        strip, pictures = self.query_one(CandidateStrip), self._pictures
        first = strip.wanted if strip.display else []
        near = self._queue.likely_next()
        groups = [(pair.phone_sha256, pair.other_sha256) for pair in near]
        small = [one.other_sha256 for pair in near[:2] for one in self._queue.candidates_of(pair)[: strip.fit]]

        def work() -> None:
            worker = get_current_worker()
            if prepare_small(pictures, first, draw, lambda: worker.is_cancelled) and first:
                self.post_message(PicturesDecoded())
            prepare(pictures, groups, room, draw, lambda: worker.is_cancelled)
            prepare_small(pictures, small, draw, lambda: worker.is_cancelled)

        start_beside(self, self.catalog.workspace, "preparing pictures", work, group="pictures")

    def on_pictures_decoded(self) -> None:
        """Draw the thumbnails that were waited for."""
        self.query_one(CandidateStrip).show_pictures()

    # --- matches

    def _asked(self) -> PairRow | None:
        """Return the current pair for a key that needs one; if there is none, say so."""
        if self.pair is None:
            self.say("there is no pair here for this key")
        return self.pair

    def _in_sight(self) -> PairRow | None:
        """Return the current pair for a key that decides; if it is not on the screen yet, say so."""
        pair = self._asked()
        if pair is not None and ids(pair) != self._seen:
            self.say("the key was pressed before the pair was shown; nothing was decided", problem=True)
            return None
        return pair

    def action_matches(self) -> None:
        """Draw the matching points of the two photos in a thread, or show the photos again."""
        pair = self._asked()
        if pair is None:
            return
        if self._drawn is not None or is_running(self._drawing):
            self.action_leave_matches()
            return
        if self.curate.images == "none":
            self.say("pictures are off, so matches cannot be drawn", problem=True)
            return
        workspace, swapped, coarse = self.catalog.workspace, self._view.swapped, self.curate.images == "half"

        def draw() -> None:
            worker = get_current_worker()
            drawn = matches_of(workspace, pair, swapped, coarse, lambda: worker.is_cancelled)
            if drawn is not None and not worker.is_cancelled:
                self.post_message(drawn)

        self.say("looking for matching points … · Esc stops")
        self._drawing = start_beside(self, workspace, "drawing the matches", draw, group="matches")

    def on_matches_drawn(self, message: MatchesDrawn) -> None:
        """Show the drawing, unless the current pair is now another one."""
        pair = self.pair
        if pair is None or message.pair != ids(pair):
            return
        if message.error is not None:
            self.complain(message.error)
            return
        self._drawn = message
        self._view.look(WHOLE)
        self._show()
        self.say(drawn_in_words(message.points))

    def action_leave_matches(self) -> None:
        """Stop the drawing or show the photos again; if there is no drawing, stop the app's long work."""
        if self._drawn is None and not is_running(self._drawing):
            self.curate.action_stop_work()
            return
        self._forget_matches()
        self._show()
        self.say("")

    def _forget_matches(self) -> None:
        self.workers.cancel_group(self, "matches")
        self._drawing = self._drawn = None

    # --- decisions

    def action_decide(self, action: str) -> None:
        """Accept or reject the current pair, and show the next one."""
        pair = self._in_sight()
        if pair is None:
            return
        try:
            self._queue.decide("accept" if action == "accept" else "reject")
        except CurateError as error:
            self.complain(error)
            return
        self._show_another()
        sign = Text("✓ accepted: ", "bold green") if action == "accept" else Text("✗ rejected: ", "bold red")
        self.say(sign + shown(_names(pair)) + Text(" · u undoes", "dim"))
        self.let_scores_follow()

    def action_flag(self) -> None:
        """Flag the current pair, or take its flag off."""
        pair = self._in_sight()
        if pair is not None:
            on = self._queue.flag()
            self._show()
            self.say(("⚑ flagged: " if on else "no longer flagged: ") + _names(pair))

    def action_note(self) -> None:
        """Ask for a note on the current pair."""
        pair = self._in_sight()
        if pair is None or self.reads_only():
            return

        def answered(text: str) -> None:
            if self.pair is not None and ids(self.pair) == ids(pair):
                changed = self._queue.write_note(text)
                self._show()
                self.say(f"noted on {_names(pair)}" if changed and text else "note removed" if changed else "")

        def check(text: str) -> None:
            if len(text) > LONGEST:
                raise UsageError("that note is too long", f"{len(text):,} characters", f"The most is {LONGEST:,}.")

        said = "It is kept in the log; an empty one removes it."
        self.ask(AskText(f"Note on {_names(pair)}", self._queue.remark().note, said, check), answered)

    def action_skip(self) -> None:
        """Skip the current pair."""
        if self._queue.at_the_others and not self._queue.skipped:
            self.say("no proposed pair was skipped; Enter shows the others")
        elif self._queue.at_the_others or self._in_sight() is not None:
            last = self._queue.skip()
            self._show_another()
            self.say("that was the last pair; the skipped ones come again" if last else "? skipped; it still waits")

    def after_step(self, decision: decisions.Decision) -> None:
        """Show the pair that an undo brought back."""
        phone, other = decision.payload.get("phone"), decision.payload.get("other")
        if phone and other and self._queue.show_pair_of(phone, other):
            self._show_another()

    # --- other pairs

    def action_go(self, step: int) -> None:
        """Go to the previous or next pair."""
        if self._queue.go(step):
            self._show_another()
            self.say("")
        elif self._asked() is not None:
            self.say("there is no pair after this one" if step > 0 else "there is no pair before this one")

    def action_go_beyond(self) -> None:
        """Also review the candidates that are not proposed."""
        if self._queue.go_beyond():
            self._show_another()
            self.say("these are not proposed, and most of them are wrong")
        elif self._asked() is not None:
            self.say("the proposed pairs come first; Enter shows the others after them")

    def action_alternative(self) -> None:
        """Go to the next candidate for the same phone photo."""
        if self._asked() is None:
            return
        place = self._queue.show_alternative()
        if place is None:
            self.say("this phone photo has no other candidate")
            return
        self._show_another()
        self.say(f"candidate {place[0]} of {place[1]} for this phone photo")

    def on_candidate_strip_chosen(self, message: CandidateStrip.Chosen) -> None:
        """Go to the candidate that was clicked."""
        if not self.too_small and message.index < len(self._candidates):
            self._queue.show(self._candidates[message.index])
            self._show_another()

    def action_filter(self) -> None:
        """Ask which pairs to review, and in which order."""
        form = wanted_form(self.catalog, self._queue.wanted)

        def answered(answers: dict[str, str]) -> None:
            self._queue.want(wanted_of(answers))
            self._show_another()
            self.say(f"asking about {self._queue.wanted.in_words() or 'all pairs'}")

        self.ask(AskForm(form.question, form.fields, form.hint, wanted_of), answered)

    def action_order(self) -> None:
        """Ask in the next order."""
        wanted = self._queue.wanted
        order = ORDERS[(ORDERS.index(wanted.order) + 1) % len(ORDERS)]
        self._queue.want(replace(wanted, order=order))
        self._show_another()
        self.say(f"{order_words(order)}, after the proposed pairs the others")

    # --- what is shown of the current pair

    def action_swap(self) -> None:
        """Show each of the two photos in the other's place."""
        if self._asked() is not None:
            self._view.swapped = not self._view.swapped
            self._forget_matches()
            self._show()

    def action_single(self) -> None:
        """Show one large picture, or both."""
        self._view.single = not self._view.single
        self._forget_matches()
        self._show()

    def action_details(self) -> None:
        """Hide or show what differs and the other candidates."""
        self._details = not self._details
        self._show()

    def action_zoom(self, steps: int) -> None:
        """Zoom both photos."""
        if self._asked() is not None:
            self._view.look(self._view.view.zoomed(steps))
            self.say(f"{self._view.view.zoom:.1f} times as large · 0 shows all of both")

    def action_whole(self) -> None:
        """Show both photos whole."""
        if self._asked() is not None:
            self._view.look(WHOLE)
            self.say("")

    def action_pan(self, x: float, y: float) -> None:
        """Move in both photos."""
        if self._asked() is not None:
            moved = self._view.view.panned(x, y)
            self.say("" if moved != self._view.view else "+ zooms in" if moved.zoom == 1 else "that is the edge")
            self._view.look(moved)

    def _show_another(self) -> None:
        self._view.reset()
        self._forget_matches()
        self._show()


def _names(pair: PairRow) -> str:
    return f"{Path(pair.phone).name} + {Path(pair.other).name}"
