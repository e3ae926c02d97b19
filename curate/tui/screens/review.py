"""The review screen: two photos side by side, their labels and the evidence, and keys to accept or reject the pair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from curate.catalog import decisions
from curate.catalog.listing import is_listed_path
from curate.catalog.pairs import PairRow
from curate.catalog.photos import labels_of
from curate.errors import CurateError
from curate.pairing.evidence import Evidence, words
from curate.review.queue import ReviewQueue, ids
from curate.tui.drawn import matches_of
from curate.tui.messages import MatchesDrawn
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import file_name, shown
from curate.tui.widgets.differences import Differences
from curate.tui.widgets.ellipsis import FoldedText
from curate.tui.widgets.photo import PhotoView, is_coarse
from curate.tui.work import is_running, start_beside
from tracer.base.text import counted

_NOTHING = """No pair waits for a decision.

Press L for the library: i ingests photos, f finds pairs.
To pair two photos by hand, mark both there with m and press p."""


class ReviewScreen(CurateScreen):
    """The waiting pairs one by one, the most likely first."""

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
            tooltip="they show different scenes; the pair is not proposed again",
        ),
        Binding("s", "skip", "Skip", id="review.skip", tooltip="decide later"),
        Binding(
            "m",
            "matches",
            "Matches",
            id="review.matches",
            tooltip="draw the matching points of the two; again: back to the photos",
        ),
        Binding("u,z", "undo", "Undo", id="review.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="review.redo", show=False, tooltip="repeat what was taken back"),
        Binding(
            "tab",
            "swap",
            "Swap",
            id="review.swap",
            key_display="Tab",
            show=False,
            tooltip="swap the two photos, which makes differences visible",
            priority=True,
        ),
        Binding(
            "v",
            "single",
            "One or two",
            id="review.single",
            show=False,
            tooltip="show one large picture or both; Tab switches between them",
        ),
        Binding(
            "a",
            "alternative",
            "Other partner",
            id="review.alternative",
            show=False,
            tooltip="the next candidate for the same phone photo, even if already paired",
        ),
        Binding(
            "left_square_bracket,left",
            "go(-1)",
            "Previous",
            id="review.previous",
            show=False,
            tooltip="the previous pair",
        ),
        Binding("right_square_bracket,right", "go(1)", "Next", id="review.next", show=False, tooltip="the next pair"),
        Binding(
            "enter",
            "go_beyond",
            "Others",
            id="review.others",
            key_display="Enter",
            show=False,
            tooltip="also review the candidates that are not proposed, after the proposed ones",
        ),
        Binding(
            "L", "app.switch_mode('library')", "Library", id="review.library", show=False, tooltip="back to the photos"
        ),
        Binding(
            "escape",
            "leave_matches",
            "Stop",
            id="review.stop",
            show=False,
            tooltip="stop or leave the drawn matches; without any, stop running work",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._queue: ReviewQueue
        self._swapped = False
        self._single = False
        self._drawing: Worker[None] | None = None
        self._drawn: MatchesDrawn | None = None
        self._seen: tuple[int, int] | None = None
        """Row IDs of the pair that is on the screen."""

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="pictures"):
            yield PhotoView(self.curate.images, id="first")
            yield PhotoView(self.curate.images, id="second")
        yield FoldedText(3, id="evidence")
        yield Differences(id="differences")
        yield Static(_NOTHING, id="welcome", markup=False)

    @property
    def pair(self) -> PairRow | None:
        """The current pair."""
        return self._queue.pair

    def on_mount(self) -> None:
        self._queue = ReviewQueue(self.catalog)

    def refresh_data(self) -> None:
        """Read the queue again; the current pair stays current if it still waits."""
        self._queue.refresh()
        self._show()

    def _show(self) -> None:
        tally = decisions.tally(self.catalog)
        self.headline("Review", self._queue.place, f"{tally.accepted:,} accepted, {tally.rejected:,} rejected")
        pair = self.pair
        for name in ("#pictures", "#evidence", "#differences"):
            self.query_one(name).display = pair is not None
        self.query_one("#welcome").display = pair is None
        if pair is None:
            self.query_one("#welcome", Static).update(_others(self._queue) if self._queue.at_the_others else _NOTHING)
            return
        if ids(pair) != self._seen:
            self.call_after_refresh(self._drawn_on_screen, pair)
        phone, other = labels_of(self.catalog, pair.phone_id), labels_of(self.catalog, pair.other_id)
        sides = [("phone", phone, pair.phone_sha256), ("camera", other, pair.other_sha256)]
        if self._swapped:
            sides.reverse()
        for view, (side, labels, sha256) in zip(self.query(PhotoView), sides, strict=True):
            without = is_listed_path(labels["path"] or "")
            picture = None if without else self.catalog.workspace.preview(sha256)
            view.show(_caption(side, labels), picture, "no file" if without else "")
        names = [_caption(side, labels) for side, labels, _ in sides]
        self._show_matches(Text.assemble(names[0], ("  +  ", "dim"), names[1]))
        self.query_one("#evidence", FoldedText).show(_evidence_line(pair, self._queue.partners()))
        self.query_one(Differences).show(sides[0][1], sides[1][1], (sides[0][0], sides[1][0]))

    def _drawn_on_screen(self, pair: PairRow) -> None:
        self._seen = ids(pair)

    def _show_matches(self, names: Text) -> None:
        """Show the drawn matches instead of the two photos, if they were drawn for the current pair."""
        pair, drawn = self.pair, self._drawn
        if pair is None or drawn is None or drawn.pair != ids(pair):
            drawn = self._drawn = None
        self.query_one("#second").display = drawn is None and not self._single
        self.query_one("#differences").display = pair is not None and drawn is None
        if drawn is not None:
            self.query_one("#first", PhotoView).show(names, drawn.picture)

    # --- actions

    def _asked(self) -> PairRow | None:
        """Return the current pair for a key that needs one; if there is none, say so."""
        if self.pair is None:
            self.say("there is no pair here for this key")
        return self.pair

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
        workspace, swapped, coarse = self.catalog.workspace, self._swapped, is_coarse(self.curate.images)

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
        self._show()
        agree = f"{message.points:,}" if message.points else "no"
        self.say(f"{agree} matching points fit one view · m shows the photos again")

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

    def action_decide(self, action: str) -> None:
        """Accept or reject the current pair, and show the next one."""
        pair = self._asked()
        if pair is None:
            return
        if ids(pair) != self._seen:
            self.say("the key was pressed before the pair was shown; nothing was decided", problem=True)
            return
        try:
            self._queue.decide("accept" if action == "accept" else "reject")
        except CurateError as error:
            self.complain(error)
            return
        self._swapped = False
        self._forget_matches()
        self._show()
        sign = Text("✓ accepted: ", "bold green") if action == "accept" else Text("✗ rejected: ", "bold red")
        self.say(sign + shown(f"{Path(pair.phone).name} + {Path(pair.other).name}") + Text(" · u undoes", "dim"))
        self.let_scores_follow()

    def action_skip(self) -> None:
        """Skip the current pair."""
        if self._queue.at_the_others and not self._queue.skipped:
            self.say("no proposed pair was skipped; Enter shows the others")
        elif self._queue.at_the_others or self._asked() is not None:
            last = self._queue.skip()
            self._show_another()
            self.say("that was the last pair; the skipped ones come again" if last else "? skipped; it still waits")

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

    def action_swap(self) -> None:
        """Swap the two photos."""
        if self._asked() is not None:
            self._swapped = not self._swapped
            self._forget_matches()
            self._show()

    def action_single(self) -> None:
        """Show one large picture, or both."""
        self._single = not self._single
        self._forget_matches()
        self._show()

    def after_step(self, decision: decisions.Decision) -> None:
        """Show the pair that an undo brought back."""
        phone, other = decision.payload.get("phone"), decision.payload.get("other")
        if phone and other and self._queue.show_pair_of(phone, other):
            self._show_another()

    def _show_another(self) -> None:
        self._swapped = False
        self._forget_matches()
        self._show()


def _others(queue: ReviewQueue) -> str:
    """Return the text for when no proposed pair is left and others wait."""
    others = counted(queue.waiting - queue.proposed, "other candidate")
    skipped = f"\n{counted(queue.skipped, 'proposed pair')} skipped: s shows them again." if queue.skipped else ""
    left = f"{others} left, less likely and most of them wrong: Enter shows them."
    return f"No proposed pair is left to decide.{skipped}\n\n{left}"


def _caption(side: str, labels: dict[str, str | None]) -> Text:
    return Text.assemble((f"{side}  ", "bold bright_cyan"), file_name(labels["path"] or ""))


def _evidence_line(pair: PairRow, partners: Sequence[tuple[str, str]]) -> Text:
    line = Text()
    for path, partner in partners:
        line.append(shown(f"{Path(path).name} is already paired with {Path(partner).name}", "bold bright_yellow"))
        line.append("  ·  ", "dim")
    if pair.score is None:
        line.append("made by hand", "bold")
    else:
        share = "over 99 %" if pair.score >= 0.995 else f"{100 * pair.score:.0f} %"
        line.append(share, "bold").append(" likely the same scene")
    evidence = Evidence.from_dict(pair.evidence)
    for said in words(evidence) if evidence else ():
        line.append("  ·  ", "dim").append(shown(said))
    return line
