"""The Flickr screen, against a Flickr on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from curate.catalog.candidates import replace_candidates
from curate.catalog.flickr_photos import flickr_photo, pending, put_listings, store, tally
from curate.catalog.listing import Listing
from curate.catalog.photos import photo_at
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.operations.flickr import Search
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.tui.app import CurateApp
from curate.tui.widgets.photo import PhotoView
from curate.workspace import Workspace
from tests.curate.tui.test_app import names_in_list, opened, status, until
from tests.curate.tui.test_running_work import running
from tests.curate.tui.workspaces import make_workspace
from tests.helpers.fake_flickr import FakeFlickr, Rates, Universe
from tests.helpers.typed_forms import typed

PHOTOS = 60


@pytest.fixture
def flickr(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFlickr]:
    """A Flickr of a few usual photos, that the app asks as fast as it can."""
    with FakeFlickr(Universe(PHOTOS, rates=Rates.none())) as server:
        server.point(monkeypatch)
        yield server


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty one."""
    return Workspace.create(tmp_path / "w")


@pytest.fixture
def listed(workspace: Workspace) -> Workspace:
    """One with photos that a search found."""
    with Catalog.open(workspace) as catalog:
        put_listings(catalog, [(Listing(number, "flickr", owner="1@N00"), None) for number in range(1, 6)])
    return workspace


def counts(app: CurateApp) -> str:
    """The counts that are on the screen, as words."""
    drawn = app.screen._compositor.render_strips()
    return " ".join("".join(segment.text for line in drawn for segment in line).split())


async def search(app: CurateApp, pilot: Pilot[None], **answers: str) -> None:
    """Fill in the form and confirm it."""
    await pilot.press("s")
    for name, text in {"license": "", "limit": "", **answers}.items():
        app.screen.query_one(f"#{name}", Input).value = text
    await pilot.press("enter")


async def test_a_harvest_by_keys(flickr: FakeFlickr, workspace: Workspace) -> None:
    """Search, EXIF, originals, recheck: each says what it did, and the counts follow."""
    async with opened(workspace) as (app, pilot):
        await pilot.press("H")
        await until(pilot, lambda: "No photo of Flickr is listed yet" in counts(app))
        await search(app, pilot, taken_from="1990", limit="40")
        await until(pilot, lambda: "search: 40 photos found" in status(app))
        await until(pilot, lambda: "wait for EXIF 40" in counts(app))
        await pilot.press("e")
        await until(pilot, lambda: "EXIF of 40 photos" in status(app))
        await until(pilot, lambda: "wait for EXIF 0" in counts(app) and "with EXIF 40" in counts(app))
        await pilot.press("d")
        app.screen.query_one(Input).value = "any"
        await pilot.press("enter")
        await until(pilot, lambda: "40 originals downloaded" in status(app))
        flickr.universe.delete(pending(app.catalog, "recheck")[0])
        await pilot.press("c", "down", "enter")
        await until(pilot, lambda: "1 gone" in status(app) and "1 file removed" in status(app))
        await until(pilot, lambda: "originals here 39" in counts(app) and "gone 1" in counts(app))
        assert "it was deleted, or is private now" in counts(app)
        await pilot.press("g")
        await until(pilot, lambda: "nothing to go on with" in status(app))
        await pilot.press("L")
        await until(pilot, lambda: "40 photos, 1 gone" in str(app.screen.query_one("#harvest-line", Static).render()))


async def test_what_was_stopped_goes_on(
    flickr: FakeFlickr, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Esc stops it, also on the library, what came is kept, and g asks for the others alone."""
    monkeypatch.setenv("CURATE_FLICKR_CALLS_PER_HOUR", "72000")
    async with opened(workspace, "flickr") as (app, pilot):
        await search(app, pilot, taken_from="1990")
        await until(pilot, lambda: f"{PHOTOS} photos found" in status(app))
        await pilot.press("e")
        await until(pilot, lambda: " a second, until " in running(app) and "Esc stops" in running(app))
        await pilot.press("L")
        await until(pilot, lambda: "asking for EXIF" in running(app))
        await pilot.press("escape")
        await until(pilot, lambda: "EXIF was stopped" in status(app))
        done = tally(app.catalog).with_exif
        assert 0 < done < PHOTOS
        await pilot.press("H", "g")
        await until(pilot, lambda: f"EXIF of {PHOTOS - done} photos" in status(app))
        assert len([one for one in flickr.log if one.method.endswith("getExif")]) in (PHOTOS, PHOTOS + 1)


async def test_waiting_is_shown_and_stopped_at_once(
    flickr: FakeFlickr, listed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four calls an hour: a quarter of an hour of waiting is told, and Esc does not wait for its end."""
    del flickr
    monkeypatch.setenv("CURATE_FLICKR_CALLS_PER_HOUR", "4")
    async with opened(listed, "flickr") as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "waiting until " in running(app))
        began = time.monotonic()
        await pilot.press("escape")
        await until(pilot, lambda: "EXIF was stopped" in status(app))
        assert time.monotonic() - began < 3
        assert "4 an hour, one in 900 s: until " in counts(app)


async def test_without_a_key_the_way_out_is_told(
    flickr: FakeFlickr, listed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a message of the screen."""
    del flickr
    monkeypatch.delenv("FLICKR_API_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(listed.root))
    monkeypatch.setattr("curate.sources.flickr.key._from_store", lambda: None)
    async with opened(listed, "flickr") as (app, pilot):
        for key in ("e", "g"):
            await pilot.press(key)
            await until(pilot, lambda: "there is no key of the Flickr API" in status(app))
            assert "set FLICKR_API_KEY" in status(app) and "chmod 600" in status(app)


async def test_a_flickr_that_is_not_there(
    flickr: FakeFlickr, listed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused connections, and an address that cannot be used, are told."""
    monkeypatch.setenv("CURATE_FLICKR_CALLS_PER_HOUR", "36000000")
    monkeypatch.setenv("CURATE_FLICKR_ENDPOINT", flickr.endpoint.replace(flickr.hosts, "127.0.0.1:9"))
    monkeypatch.setenv("CURATE_FLICKR_HOSTS", "127.0.0.1:9")
    async with opened(listed, "flickr") as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "Flickr does not answer" in status(app))
        monkeypatch.setenv("CURATE_FLICKR_ENDPOINT", "nonsense")
        await pilot.press("f1", "f6")
        await until(pilot, lambda: "CURATE_FLICKR_ENDPOINT" in status(app))


async def test_a_search_that_cannot_be_made_stays_to_be_corrected(flickr: FakeFlickr, workspace: Workspace) -> None:
    """The form says what is wrong; the next search begins with the last one."""
    async with opened(workspace, "flickr") as (app, pilot):
        await search(app, pilot, tags="dog", taken_from="yesterday", limit="7")
        assert "is not a date" in str(app.screen.query_one(".problem", Static).render())
        app.screen.query_one("#taken_from", Input).value = "1990"
        await pilot.press("enter")
        await until(pilot, lambda: "photos found" in status(app))
        await pilot.press("s")
        await until(pilot, lambda: bool(app.screen.query("#tags")))
        answers = {field.id: field.value for field in app.screen.query(Input)}
        assert {name: text for name, text in answers.items() if text} == {
            "tags": "dog",
            "taken_from": "1990",
            "limit": "7",
        }
        await pilot.press("enter")
        await until(pilot, lambda: "this plan was searched to its end before" in status(app))


def test_the_form_names_a_plan_or_is_one(catalog: Catalog, tmp_path: Path) -> None:
    """Words become a search; a path is read; neither is an error with a way out."""
    empty = {"license": "", "limit": ""}
    plan = typed(Search, catalog, text="red boat", license="4, 5", limit="1,000").planned()
    assert (plan.search[0].text, plan.search[0].license, plan.limit) == ("red boat", (4, 5), 1000)
    file = tmp_path / "plan.toml"
    file.write_text('[[search]]\ntext = "dog"\n')
    assert typed(Search, catalog, text=str(file), **empty).planned().search[0].text == "dog"
    for texts in (
        {"text": str(tmp_path / "none.toml")},
        {},
        {"text": "a", "license": "CC-BY"},
        {"text": "a", "limit": "x"},
    ):
        with pytest.raises(CurateError):
            typed(Search, catalog, **empty | texts)


async def test_photos_without_a_file_are_shown_as_such(tmp_path: Path) -> None:
    """In the library, in the questions about one photo, and in the review, whose pictures are asked for."""
    workspace = make_workspace(tmp_path / "w", 2)
    with Catalog.open(workspace) as catalog:
        exif = Exif(make="Apple", model="iPhone X")
        put_listings(
            catalog,
            [(Listing(7, "flickr"), None), (Listing(8, "flickr"), exif), (Listing(9, "flickr", gone=True), None)],
        )
    async with opened(workspace, size=(120, 40)) as (app, pilot):
        names = names_in_list(app)
        assert {"7 no file", "8 no file", "9 gone"} < set(names)
        await pilot.press(*["down"] * names.index("7 no file"), "m", "down", "m", "p")
        assert "that photo has no file" in status(app)
        await pilot.press("F")
        question = counts(app)
        assert "Only flickr:" in question and "photos in" not in question
        await pilot.press("escape", "D")
        await until(pilot, lambda: "has no copies" in status(app))


async def test_a_pair_whose_file_was_removed(tmp_path: Path) -> None:
    """The review that shows the pair says so, also where its matches are asked for; then the pair does not wait any more."""
    workspace = make_workspace(tmp_path / "w", 1)
    with Catalog.open(workspace) as catalog:
        put_listings(catalog, [(Listing(7, "flickr"), None)])
        known = flickr_photo(catalog, 7)
        facts = PhotoFacts(Status.OK, sha256="7" * 64, format="JPEG", exif=Exif(make="Apple", model="iPhone X"))
        with catalog.transaction():
            store(catalog, _with(known, facts), tmp_path / "7.jpg")
            camera = photo_at(catalog, "/photos/camera/DSC_0000.JPG")
            assert camera is not None
            replace_candidates(catalog, [(known.photo, camera.id, 0.9, True, {"matches": 9})])
    async with opened(workspace, "review") as (app, pilot):
        assert app.screen.pair is not None  # type: ignore[attr-defined]
        with app.catalog.transaction():
            store(app.catalog, _with(known, None))
        await pilot.press("v", "v")  # draws the pair again
        views = list(app.screen.query(PhotoView))
        assert "7 no file" in str(views[0].query_one(".caption", Static).render())
        assert "no file" in str(views[0].query_one(".no-picture", Static).render())
        await pilot.press("m")
        await until(pilot, lambda: "there are no matches to draw" in status(app))
        await pilot.press("f1", "f2")
        await pilot.pause()
        assert app.screen.pair is None  # type: ignore[attr-defined]


def _with(known: Any, facts: PhotoFacts | None) -> Any:
    from dataclasses import replace

    return replace(known, exif=Exif(make="Apple", model="iPhone X"), file=facts)
