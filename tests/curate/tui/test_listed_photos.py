"""Photos of Flickr that have no file, in the app: listed by their numbers, never called unreadable, and nothing breaks."""

from __future__ import annotations

from pathlib import Path

from curate.catalog.flickr_photos import put_listings
from curate.catalog.listing import Listing
from curate.catalog.store import Catalog
from curate.photos.facts import Exif
from curate.workspace import Workspace
from tests.curate.tui.test_app import names_in_list, opened, status, until


async def test_the_library_with_photos_that_have_no_file(workspace: Workspace) -> None:
    """Marked, paired (which is refused in words), looked for among copies, forgotten and brought back by keys."""
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        cameras = (Exif(make="Apple", model="iPhone X"), Exif(make="Canon", model="Canon EOS 40D"), None)
        put_listings(
            catalog, [(Listing(number, "flickr", gone=number == 9), cameras[number % 3]) for number in range(1, 10)]
        )
    async with opened(workspace) as (app, pilot):
        names = names_in_list(app)
        assert any("2 no file" in name for name in names)
        assert any("9 gone" in name for name in names)
        assert not any("✗" in name for name in names)
        await pilot.press("m", "down", "m", "p")
        assert "has no file" in status(app)
        for keys in (["D", "L"], ["C", "L"], ["R", "L"], ["T", "L"]):
            await pilot.press(*keys)
            await pilot.pause()
        await pilot.press("F", "down", "enter")
        await until(pilot, lambda: "removed" in status(app) and app.catalog.count() == 8)
        await pilot.press("u")
        await until(pilot, lambda: app.catalog.count() == 9)
    assert not list(Path(workspace.cache).glob("failure*"))
