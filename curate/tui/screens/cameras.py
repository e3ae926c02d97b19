"""The cameras: unknown ones first; a stated type holds for all photos of the model at once."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from curate.cameras.types import Camera, CameraType
from curate.catalog import decisions
from curate.errors import CurateError
from curate.text import counted
from curate.tui.screens.base import CurateScreen
from curate.tui.shown import shown
from curate.tui.widgets.prompt import AskChoice
from curate.tui.work import start_beside


class CamerasScreen(CurateScreen):
    """Distinct cameras, their types and the rules that said so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t,enter",
            "set_type",
            "Set type",
            id="cameras.type",
            tooltip="state what kind of camera this is, for all its photos",
        ),
        Binding("u,z", "undo", "Undo", id="cameras.undo", tooltip="take back the last decision"),
        Binding("r,Z", "redo", "Redo", id="cameras.redo", show=False, tooltip="do again what was taken back"),
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
        yield DataTable(id="cameras", cursor_type="row", zebra_stripes=True)
        yield Static("No photo names a camera yet.\n\nPress L, then i to take photos in.", id="welcome", markup=False)

    def on_mount(self) -> None:
        table: DataTable[Text] = self.query_one(DataTable)
        for name, width in (
            ("type", 14),
            ("make", 20),
            ("model", 24),
            ("photos", 7),
            ("said by", 16),
            ("others say", 24),
        ):
            table.add_column(name, width=width)
        # what the rules load at the first question takes a second, which is not to pass between a key and its answer
        start_beside(self, self.catalog.workspace, "loading the camera rules", _warm_up, group="warm-up")

    def refresh_data(self) -> None:
        """Read the cameras again."""
        table: DataTable[Text] = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        listed = self.catalog.cameras()
        self._cameras = [camera for camera, _ in listed]
        for camera, count in listed:
            unknown = camera.type is CameraType.UNKNOWN
            kind = Text("? unknown", "bold yellow") if unknown else shown(camera.type.value)
            table.add_row(
                kind,
                shown(camera.make),
                shown(camera.model),
                Text(f"{count:,}", justify="right"),
                shown(camera.rule),
                shown(", ".join(camera.also) or None),
            )
        unknown_count = sum(camera.type is CameraType.UNKNOWN for camera in self._cameras)
        self.headline("Cameras", counted(len(listed), "camera"), f"{unknown_count:,} of unknown type")
        self.query_one("#welcome").display = not listed
        table.display = bool(listed)
        table.move_cursor(row=min(row, max(0, table.row_count - 1)))

    async def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Enter on a row asks for its type."""
        await self.run_action("set_type")

    def action_set_type(self) -> None:
        """Ask for the type of the camera under the cursor."""
        if not self._cameras:
            return
        camera = self._cameras[self.query_one(DataTable).cursor_row]

        def answered(choice: str) -> None:
            try:
                decisions.set_camera_type(self.catalog, camera.make or "", camera.model or "", CameraType(choice))
            except CurateError as error:
                self.complain(error)
                return
            self.refresh_data()
            self.say(f"{camera.make or ''} {camera.model or ''} is now: {choice} · u undoes")

        question = f"What is the {shown(camera.make, missing='').plain} {shown(camera.model, missing='').plain}?"
        self.ask(AskChoice(question, [kind.value for kind in CameraType]), answered)


def _warm_up() -> None:
    """Ask about a camera that nobody makes: every source is loaded then."""
    from curate.cameras.resolve import resolve

    resolve("no maker", "no model")
