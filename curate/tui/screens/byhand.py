"""Pairing two photos by hand, on the library screen."""

from __future__ import annotations

from pathlib import Path

from curate.catalog import decisions
from curate.catalog.browsing import rows_of
from curate.catalog.pairs import doubts_about, pair_of
from curate.catalog.photos import Photo
from curate.errors import CurateError
from curate.tui.screens.photolist import PhotoListScreen
from curate.tui.shown import shown
from curate.tui.widgets.prompt import AskChoice


class PairsByHand(PhotoListScreen):
    """Marks photos, and pairs the two that are marked."""

    def action_mark(self) -> None:
        """Mark the photo under the cursor, or remove its mark; only the last two marks are kept."""
        photo = self.browse.here
        if photo is None:
            self.say("there is no photo to mark")
            return
        self.marked[:] = [p for p in self.marked if p != photo] if photo in self.marked else [*self.marked, photo][-2:]
        self.show_marks()
        names = " and ".join(Path(path).name for path in self._paths(self.marked))
        self.say(
            f"marked: {names}" + (" · p pairs them" if len(self.marked) == 2 else "") if names else "no photo is marked"
        )

    def action_pair_marked(self) -> None:
        """Accept the two marked photos as a pair, or the two chosen ones; ask first if there are doubts."""
        if self.reads_only():
            return
        chosen = self.browse.meant()
        paths = self._paths(chosen if not self.marked and len(chosen) == 2 else self.marked)
        if len(paths) != 2:
            self.say("mark two photos first, with m", problem=True)
            return
        try:
            phone, other = pair_of(self.catalog, *paths)
        except CurateError as error:
            self.complain(error)
            return
        names = " and ".join(Path(photo.path).name for photo in (phone, other))
        doubts = doubts_about(self.catalog, phone, other)
        doubts += [
            f"{Path(photo.path).name} is not in the list now"
            for photo in (phone, other)
            if photo.id not in self.browse.ids
        ]
        if not doubts:
            self._pair(phone, other)
            return
        question = shown(f"Pair {names}, although {', and '.join(doubts)}?").plain
        self.ask(
            AskChoice(question, {"no": "No, leave them unpaired", "yes": "Yes, pair them anyway"}),
            lambda answer: self._pair(phone, other) if answer == "yes" else self.say("nothing was paired"),
        )

    def _paths(self, photos: list[int]) -> list[str]:
        rows = rows_of(self.catalog, photos)
        return [str(rows[photo]["path"]) for photo in photos if photo in rows]

    def _pair(self, phone: Photo, other: Photo) -> None:
        try:
            decisions.decide(self.catalog, "accept", phone.content, other.content)
        except CurateError as error:
            self.complain(error)
            return
        self.marked.clear()
        self.browse.choose_none()
        self.refresh_data()
        self.say(f"paired: {Path(phone.path).name} + {Path(other.path).name} · u undoes")
        self.let_scores_follow()
