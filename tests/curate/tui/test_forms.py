"""Forms: what was typed is kept where it could not be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, Static

from curate.catalog.store import Catalog
from curate.catalog.wanted import Wanted
from curate.errors import UsageError
from curate.export.options import ExportChoice
from curate.operations.ingest import Ingest
from curate.operations.sets import ExportSet, Split
from curate.review.queue import ReviewQueue
from curate.tui.reviewing import nothing_left, wanted_of
from curate.tui.setplan import alike_in, only_licenses
from tests.curate.tui.test_app import opened, status
from tests.curate.tui.workspaces import make_workspace
from tests.helpers.typed_forms import typed


async def test_a_note_survives_a_full_disk(tmp_path: Path) -> None:
    """Its window opens again with the text and the reason, to be written once there is room; Esc gives it up."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "review") as (app, pilot):
        screen, connection = app.screen, app.catalog.connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        note = "n" * 1500
        await pilot.press("t")
        app.screen.query_one(Input).value = note
        await pilot.press("!", "enter")
        assert app.screen is not screen and app.screen.query_one(Input).value == f"{note}!"
        told = " ".join(str(app.screen.query_one(".problem", Static).render()).split())
        assert "full" in told and "do the same again" in told and "command" not in told
        await pilot.press("?", "enter")
        assert app.screen.query_one(Input).value == f"{note}!?"
        connection.execute("PRAGMA max_page_count = 1000000")
        await pilot.press("enter")
        assert app.screen is screen and status(app).startswith("noted on")
        await pilot.press("t")
        assert app.screen.query_one(Input).value == f"{note}!?"


def test_an_order_that_is_none_is_named() -> None:
    """In a sentence, with the ones that there are."""
    empty = {"camera": "", "least": "", "most": "", "only": "", "order": ""}
    with pytest.raises(UsageError) as refused:
        wanted_of(empty | {"order": "un"})
    assert refused.value.lines() == ["the order cannot be 'un'", "Write one of likely, unsure, unlikely, camera."]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [(1, "1 proposed pair skipped: s shows it again"), (2, "2 proposed pairs skipped: s shows them again")],
)
def test_skipped_pairs_are_counted_in_words(tmp_path: Path, pairs: int, words: str) -> None:
    """One is it, more are them."""
    with Catalog.open(make_workspace(tmp_path / "w", 3, previews=False)) as catalog:
        queue = ReviewQueue(catalog)
        queue.refresh()
        for _ in range(3 - pairs):
            queue.decide("reject")
        for _ in range(pairs):
            queue.skip()
        assert queue.at_the_others and words in nothing_left(queue)


async def test_possible_names_are_told_of_their_line_alone(tmp_path: Path) -> None:
    """Going to another line brings the hint back. An example does not look like text that is filled in."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "review") as (app, pilot):
        await pilot.press("slash")
        hint = app.screen.query_one(".hint", Static)
        said = str(hint.render())
        order, only = app.screen.query_one("#order", Input), app.screen.query_one("#only", Input)
        assert str(app.screen.query_one(".problem", Static).render()) == ""
        assert only.placeholder == "(all; or flagged, noted)"
        order.focus()
        for way in ("up", "shift+tab", "down"):
            await pilot.press("ctrl+u", *"un", "tab", "tab")
            assert "unsure" in str(hint.render()) and "unlikely" in str(hint.render())
            await pilot.press(way)
            assert str(hint.render()) == said
            order.focus()
            await pilot.pause()


def test_words_for_nothing_are_taken(catalog: Catalog) -> None:
    """Those that the examples of the lines show."""
    assert typed(Ingest, catalog, paths=".", labels="None").labels is None
    everything = {"camera": "all", "least": "", "most": "", "only": "All", "order": ""}
    assert wanted_of(everything) == Wanted()
    choice = typed(ExportSet, catalog, licenses="all", match="nothing")
    assert choice.licenses == () and choice.match == ()
    asked = ExportChoice(match=("format",))
    assert alike_in(asked, "none").match == () and only_licenses(asked, "All").licenses == ()
    splits = typed(Split, catalog, attribute="none", group="nothing", seed="1")
    assert splits.attribute == () and splits.withdraw


async def test_a_form_that_is_not_seen_takes_no_letters(tmp_path: Path) -> None:
    """In a window that is too small nothing is typed, deleted or pasted; Esc leaves the form, a larger window shows it again."""
    async with opened(make_workspace(tmp_path / "w", 3, previews=False), "review") as (app, pilot):
        await pilot.press("t", *"door")
        line = app.screen.query_one(Input)
        await pilot.resize_terminal(60, 20)
        await pilot.press("x", "backspace", "ctrl+u", "left", "enter", "up")
        line.post_message(events.Paste("pasted"))
        await pilot.pause()
        await pilot.resize_terminal(100, 30)
        assert line.value == "door" and app.screen.query_one(Input) is line
        await pilot.press("s")
        assert line.value == "doors"
        await pilot.resize_terminal(60, 20)
        await pilot.press("escape")
        assert app.screen is app.in_view
