"""The terminal app: its screens, and the keys that work on every screen."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.actions import ActionParseResult
from textual.app import ScreenStackError
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.widget import AwaitMount

from curate.catalog.backups import keep_daily
from curate.catalog.facts import first_advice, kept_theme
from curate.catalog.store import Catalog
from curate.catalog.wanted import EVERYTHING, Wanted
from curate.errors import ReadOnly, StorageError, UsageError, WorkspaceBusy, command
from curate.tui.actions import Commands
from curate.tui.app_keys import KEYS
from curate.tui.failures import Ended, as_message
from curate.tui.keymap import EVERYWHERE, usable
from curate.tui.loading import collect_seldom, loading
from curate.tui.messages import WorkAdvanced, WorkEnded, WorkFailed
from curate.tui.modes import SCREENS, ScreenName
from curate.tui.screens.base import CurateScreen
from curate.tui.screens.help import HelpScreen, described_in
from curate.tui.terminal_images import Terminal, asked_terminal, colours_told, is_fine, use_colours
from curate.tui.work import LONG, start_beside
from curate.workspace import Workspace
from curate.workspace.settings import SETTINGS, ImagesMode

_THEME = "textual-dark"

_FOLLOW = 2.0
"""Seconds between two looks at what another window wrote."""


class CurateApp(Commands):
    """The app on one workspace.

    Args:
        catalog: a catalogue that is open for writing, and the caller holds the workspace's lock; or one that is open for reading.
        start: the first screen.
        images: how pictures are drawn; not auto.
        writer: who writes, where the catalogue is open for reading alone.

    Attributes:
        advice: what a person may do about the terminal, told once in a workspace.
        held: what is held until the app has ended: the writer's lock, where the app took it over.
    """

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self, catalog: Catalog, start: ScreenName = "home", images: ImagesMode = "half", writer: str = ""
    ) -> None:
        # Textual then begins with that screen, and does not first draw an empty one and apply all styles once more
        self.DEFAULT_MODE = start  # type: ignore[misc]
        super().__init__(catalog, images)
        self._start: ScreenName = start
        self._writer, self._seen = writer, catalog.written_elsewhere()
        self._problems: list[str] = []
        self.advice = ""
        self._settings_seen: tuple[int, int] | None = None
        self.held, self._told_free = contextlib.ExitStack(), False
        self._closes = False
        self.title = "lenstrace"

    def get_default_screen(self) -> CurateScreen:
        """Return the first screen."""
        return _made(SCREENS[self._start])()

    def on_load(self) -> None:
        """Take colours and keys from the settings before anything is drawn."""
        self._settings_seen = self._settings_stamp()
        self._use_settings()

    def _use_settings(self) -> None:
        settings = self.catalog.workspace.settings.app
        theme = settings.theme or kept_theme(self.catalog) or _THEME
        self.theme = theme if theme in self.available_themes else _THEME
        self.keys, problems = usable(settings.keys, places()) if settings.keys else ({}, [])
        self.set_keymap(self.keys)
        if settings.theme and self.theme != settings.theme:
            problems.insert(0, f"there are no colours {settings.theme}")
        self._problems = problems

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.call_after_refresh(self.refresh, layout=True))
        for name, screen in SCREENS.items():
            self.add_mode(name, _made(screen))
        said = [f"workspace.toml: {'; '.join(self._problems)}"] if self._problems else []
        if self.catalog.read_only:
            said.insert(0, f"{self.catalog.refusal.what}: {self._writer}")
            self.set_interval(_FOLLOW, lambda: self.run_action("follow_the_writer"))
        else:
            self._keep_daily()
        self.set_interval(_FOLLOW, lambda: self.run_action("read_the_settings"))
        if said:
            self.call_after_refresh(self._tell_at_the_start, " · ".join(said))
        elif self.advice and not self.catalog.read_only:
            self.call_after_refresh(self._advise)

    def _keep_daily(self) -> None:
        workspace = self.catalog.workspace
        start_beside(self, workspace, "keeping a backup", lambda: keep_daily(workspace), group="backup")

    def _tell_at_the_start(self, said: str) -> None:
        if self.in_view is not None:
            self.in_view.say(said, problem=True)

    def _settings_stamp(self) -> tuple[int, int] | None:
        try:
            found = (self.catalog.workspace.root / SETTINGS).stat()
        except OSError:  # an editor may just be replacing it
            return None
        return found.st_mtime_ns, found.st_size

    def action_read_the_settings(self) -> None:
        """Take over workspace.toml where it has changed; not in the middle of long work, which would follow both."""
        stamp = self._settings_stamp()
        if stamp in (None, self._settings_seen) or self.work.running:
            return
        self._settings_seen, images = stamp, self.catalog.workspace.settings.review.images
        if self.catalog.follow_settings() and self.in_view is not None:
            self._use_settings()
            self.in_view.refresh_data()
            later = images != self.catalog.workspace.settings.review.images
            restart = "review.images counts from the next start"
            said = ["workspace.toml has changed and is used from now on", *[restart] * later, *self._problems]
            self.in_view.say(" · ".join(said), problem=bool(self._problems))

    def _advise(self) -> None:
        """Give the advice, once in this workspace."""
        if self.in_view is not None and first_advice(self.catalog, self.advice):
            self.in_view.warn([self.advice])

    def action_follow_the_writer(self) -> None:
        """Show what the other window wrote."""
        seen, self._seen = self._seen, self.catalog.written_elsewhere()
        if seen != self._seen and self.in_view is not None:
            self.in_view.refresh_data()
        elif self._may_take_over() and not self._told_free:
            self._told_free = True
            self._tell_at_the_start("the other window has closed · W writes in this one")

    def _may_take_over(self) -> bool:
        workspace = self.catalog.workspace
        return self.catalog.read_only and workspace.is_writable and not workspace.last_writer_runs()

    def action_take_over(self) -> None:
        """Write in this window, unless another process writes."""
        if self.in_view is None:
            return
        said = "this window writes already"
        if self.catalog.read_only:
            self.held.enter_context(self.catalog.workspace.writing("app"))
            self.catalog.begin_writing()
            self._keep_daily()
            self.in_view.refresh_data()
            said = "this window writes now"
        self.in_view.say(said)

    def action_help(self) -> None:
        """Show the keys of the current screen."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_help_quit(self) -> None:
        """Say which key quits; Ctrl-C does not quit, so that nobody quits by accident."""
        if self.in_view:
            self.in_view.say("q quits; every decision is already saved")

    @property
    def in_view(self) -> CurateScreen | None:
        """The current screen, also if a dialog covers it."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, CurateScreen)), None)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Go to another screen, and clear the status line of the current one, which would be out of date on return."""
        if mode != self.current_mode and self.in_view:
            self.in_view.say("")
        return super().switch_mode(mode)

    # --- the app owns the long work; the current screen shows it

    @on(WorkAdvanced)
    @on(WorkEnded)
    @on(WorkFailed)
    def _show_work(self, message: WorkAdvanced | WorkEnded | WorkFailed) -> None:
        if not isinstance(message, WorkFailed) or message.group == LONG:
            self.work.note(message)
        if self.in_view:
            self.in_view.post_message(message)

    def action_stop_work(self) -> None:
        """Stop the long work that is running."""
        running = self.work.stop()
        if self.in_view:
            self.in_view.show_work()
            if not running:
                self.in_view.say("nothing is running")

    # --- errors become messages and do not end the app, where possible

    def tell(self, error: Exception, doing: str) -> None:
        """Show an error in the status line; an unexpected error is also written to a file."""
        message = as_message(error, doing, self.catalog.workspace)
        if self.in_view is None:
            raise error
        self.in_view.complain(message, "" if isinstance(message, ReadOnly) else f"{doing} failed: ")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run the action of a key or of a click on a key, and show its error."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001  shown in the status line, written to a file
            name = action if isinstance(action, str) else action[1]
            self.tell(error, name.replace("_", " "))
            return True

    async def _shutdown(self) -> None:
        self._closes = True
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """End the app with a message instead of a traceback, if no screen can show the error (e.g. it cannot be drawn).

        While the app closes, a callback may look for a widget or a screen that is gone already. This is not an error.
        """
        if self._closes and isinstance(error, NoMatches | ScreenStackError):
            return
        ended = Ended(as_message(error, "the app", self.catalog.workspace))
        ended.__cause__ = error
        super()._handle_exception(ended)


def _made(screen: Callable[[], type[CurateScreen]]) -> Callable[[], CurateScreen]:
    def made() -> CurateScreen:
        with loading():
            shown = screen()
        return shown()

    return made


def places() -> dict[str, list[Binding]]:
    """Return the bindings by where they work. It loads all screens, which only keys of the settings need at the start."""
    from curate.tui.widgets.conflicts import Conflicts
    from curate.tui.widgets.prompt import AskForm

    return {
        **{name: described_in(screen()) for name, screen in SCREENS.items()},
        "a form": described_in(AskForm),
        "the window of differing decisions": described_in(Conflicts),
        "the list of keys": described_in(HelpScreen),
        EVERYWHERE: described_in(CurateApp),
    }


def images_mode(chosen: str | None, setting: ImagesMode, terminal: Terminal, browser: bool = False) -> ImagesMode:
    """Return how pictures are drawn: as chosen, else as set, else as the terminal can. In a browser the page shows them."""
    mode: ImagesMode = chosen or setting  # type: ignore[assignment]
    if browser:
        return mode if mode in ("none", "half") else "page"
    return terminal.images if mode == "auto" else mode


def run(
    workspace: Workspace,
    start: ScreenName = "home",
    images: str | None = None,
    ingest_from: Path | None = None,
    wanted: Wanted = EVERYTHING,
    browser: bool = False,
) -> int:
    """Open the app on a workspace and return the exit code.

    While another process writes, or where the folder cannot be written to, the app only reads.

    Args:
        workspace: the workspace.
        start: the first screen.
        images: how pictures are drawn; None for the workspace's setting.
        ingest_from: the folder of photos that the first ingest proposes; None for the usual one.
        wanted: which pairs the review asks about, and in which order.
        browser: whether a page in a browser takes the place of the terminal.

    Raises:
        WorkspaceBusy: another process is writing to the workspace, whose catalogue is not there yet or is of an older version.
        UsageError: input or output is not a terminal.
    """
    collect_seldom()
    if not browser:
        _refuse_without_terminal(workspace)
    told = browser or ((images or workspace.settings.review.images) != "auto" and colours_told())
    terminal = Terminal() if told else asked_terminal()
    advice = "" if browser else use_colours(terminal)
    mode = images_mode(images, workspace.settings.review.images, terminal, browser)
    if is_fine(mode) and not browser:
        # the import asks the terminal for the size of a character, which must happen before the app takes the terminal over
        importlib.import_module("textual_image.widget")
    with contextlib.ExitStack() as held:
        writer = ""
        try:
            held.enter_context(workspace.writing("app"))
        except (WorkspaceBusy, StorageError) as refused:
            if isinstance(refused, StorageError) and workspace.is_writable:
                raise
            writer = refused.why
        catalog = held.enter_context(Catalog.open(workspace, read_only=bool(writer)))
        app = CurateApp(catalog, start, mode, writer)
        held.enter_context(app.held)
        app.wanted, app.advice = wanted, advice
        if ingest_from is not None:
            from curate.tui.ingesting import proposed_folder  # it loads what an ingest needs

            app.typed["ingest"] = {"folder": proposed_folder(ingest_from)}
        app.run()
        return app.return_code or 0


def _refuse_without_terminal(workspace: Workspace) -> None:
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        raise UsageError(
            "the app needs a terminal",
            "its input or its output is not one",
            f"To decide pairs line by line: {command('review', '--plain', workspace=workspace.root)}",
        )
