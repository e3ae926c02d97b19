"""Forms: what was typed is kept where it could not be done."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input, Static

from tests.curate.tui.test_app import opened, status
from tests.curate.tui.workspaces import make_workspace


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
        assert "full" in str(app.screen.query_one(".problem", Static).render())
        await pilot.press("?", "enter")
        assert app.screen.query_one(Input).value == f"{note}!?"
        connection.execute("PRAGMA max_page_count = 1000000")
        await pilot.press("enter")
        assert app.screen is screen and status(app).startswith("noted on")
        await pilot.press("t")
        assert app.screen.query_one(Input).value == f"{note}!?"
