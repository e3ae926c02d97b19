"""The cameras screen: lists cameras, unknown types first, and sets the type of a camera for all its photos."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from curate.cameras.types import Camera, CameraType
from curate.catalog import decisions
from curate.errors import CurateError
from curate.tui.facets import is_value
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import shown
from curate.tui.widgets.listing import Column
from curate.tui.widgets.longlisting import LongListing
from curate.tui.widgets.prompt import AskChoice
from curate.tui.work import start_beside
from tracer.base.text import counted

_COLUMNS = (
    Column("type", 13),
    Column("make", 12),
    Column("model", 14),
    Column("photos", 6, numeric=True),
    Column("said by", 10),
    Column("others say", 10),
)


class CamerasScreen(CurateScreen):
    """Distinct cameras, their types and the rules that gave the types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t,enter",
            "set_type",
            "Set type",
            id="cameras.type",
            tooltip="state the type of this camera, for all its photos",
        ),
        Binding("p", "photos", "Photos", id="cameras.photos", tooltip="the photos of this camera, in the library"),
        Binding("u,z", "undo", "Undo", id="cameras.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="cameras.redo", show=False, tooltip="repeat what was taken back"),
        Binding(
            "T",
            "app.switch_mode('clocks')",
            "Clocks",
            id="cameras.clocks",
            tooltip="how far the clocks of two cameras differ",
        ),
        Binding("L", "app.switch_mode('library')", "Library", id="cameras.library", tooltip="back to the photos"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._cameras: list[Camera] = []

    def compose_body(self) -> ComposeResult:
        yield LongListing(_COLUMNS, id="cameras")
        yield Static("No photo names a camera yet.\n\nPress L, then i to ingest photos.", id="welcome", markup=False)

    def on_mount(self) -> None:
        # the first call of the rules loads tables for a second; doing it now avoids a delay after a key
        start_beside(self, self.catalog.workspace, "loading the camera rules", _warm_up, group="warm-up")

    def refresh_data(self) -> None:
        """Read the cameras again."""
        listed = self.catalog.cameras.listed()
        self._cameras = [camera for camera, _ in listed]
        table = self.query_one(LongListing)
        table.list(len(listed), lambda row: _cells(*listed[row]), _widths(listed))
        unknown_count = sum(camera.type is CameraType.UNKNOWN for camera in self._cameras)
        self.headline("Cameras", counted(len(listed), "camera"), f"{unknown_count:,} of unknown type")
        self.query_one("#welcome").display = not listed
        table.display = bool(listed)

    async def on_long_listing_chosen(self) -> None:
        """Ask for the type of the camera that was clicked on."""
        await self.run_action("set_type")

    def action_photos(self) -> None:
        """Show the photos of the camera under the cursor in the library."""
        if not self._cameras:
            self.say("there is no camera to show the photos of")
            return
        camera = self._cameras[self.query_one(LongListing).cursor_row]
        self.curate.wanted_photos = f"{is_value('Make', camera.make)} AND {is_value('Model', camera.model)}"
        self.app.switch_mode("library")

    def action_set_type(self) -> None:
        """Ask for the type of the camera under the cursor."""
        if not self._cameras:
            self.say("there is no camera to set the type of")
            return
        if self.reads_only():
            return
        camera = self._cameras[self.query_one(LongListing).cursor_row]

        def answered(choice: str) -> None:
            try:
                decisions.set_camera_type(self.catalog, camera.make or "", camera.model or "", CameraType(choice))
            except CurateError as error:
                self.complain(error)
                return
            self.refresh_data()
            self.say(f"{name} is now: {choice} · u undoes")

        name = " ".join(filter(None, (camera.make, camera.model)))
        question = f"What is the {shown(name).plain}?"
        self.ask(AskChoice(question, [kind.value for kind in CameraType], camera.type.value), answered)


def _widths(listed: list[tuple[Camera, int]]) -> list[int]:
    """Return the width of the widest cell of each column."""
    texts = [
        (_type(camera), camera.make or "", camera.model or "", f"{count:,}", camera.rule or "")
        for camera, count in listed
    ]
    widest = [max(map(cell_len, column), default=0) for column in zip(*texts, strict=True)] or [0] * 5
    return [*widest, max((cell_len(", ".join(camera.also)) for camera, _ in listed), default=0)]


def _type(camera: Camera) -> str:
    return f"? {camera.type.value}" if camera.type is CameraType.UNKNOWN else camera.type.value


def _cells(camera: Camera, count: int) -> list[Text]:
    return [
        shown(_type(camera), "bold yellow" if camera.type is CameraType.UNKNOWN else ""),
        shown(camera.make),
        shown(camera.model),
        Text(f"{count:,}", justify="right"),
        shown(camera.rule),
        shown(", ".join(camera.also) or None),
    ]


def _warm_up() -> None:
    """Resolve a camera that does not exist, which loads every source of the rules."""
    from curate.cameras.resolve import resolve

    resolve("no maker", "no model")
