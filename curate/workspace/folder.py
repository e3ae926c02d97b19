"""The folder of a workspace: settings, catalogue, cache, exports and runs, and the lock for its only writer."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from curate.errors import NotAWorkspace, StorageError, UsageError, WorkspaceBusy, command, shown
from curate.resources import data_file, data_names
from curate.workspace.settings import SETTINGS, Settings, read_settings
from tracer.base.files import (
    OWNER,
    is_abandoned,
    is_partial,
    is_running,
    make_way,
    owner,
    remove_abandoned,
    write_atomically,
)
from tracer.base.text import clean_text, is_harmless, quoted_path, shell_word

CATALOG = "catalog.sqlite"
_LOCK = "workspace.lock"
_NAMED = 3
"""How many of the workspaces in a folder a message names, where the folder itself is not one."""

_FOLDERS = ("cache", "exports", "originals", "runs")

_TEMPLATE = """# Settings of this workspace; each has a default; `curate settings` lists them all.
name = {name}
recipe = "{recipe}"

[ingest]
jobs = 0          # worker processes; 0 means one per core

[review]
images = "auto"   # auto, kitty, sixel, half or none

[export]
attributes = ["Make", "Is Smartphone"]

# A camera whose type the rules do not know or get wrong:
# [[cameras]]
# make = "Acme"
# model = "X100"
# type = "compact"
"""


@dataclass(frozen=True)
class Workspace:
    """The paths of a workspace. `Workspace.open` checks that the folder is one.

    Attributes:
        root: its folder.
        held: while this process holds the lock, the lock file and the catalogue as they were when it opened them.
    """

    root: Path
    held: dict[Path, os.stat_result] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def create(cls, root: Path, recipe: str = "", settings_text: str | None = None, maker: str = "new") -> Workspace:
        """Make a workspace in a new, empty or half-made folder. An existing workspace only gets a missing settings file again.

        Args:
            root: the folder.
            recipe: the name of the recipe that gives the settings; empty for the default settings.
            settings_text: the content of the settings file, instead of a recipe.
            maker: the command that makes it; a message names it with a folder that is free.

        Raises:
            UsageError: the folder holds something else, its name is not allowed, or the recipe is unknown.
            StorageError: the folder cannot be written.
        """
        root = Path(os.path.abspath(root))
        if (root / SETTINGS).exists():
            return cls.open(root)
        _refuse_odd_names(root)
        if recipe and f"{recipe}.toml" not in data_names(".toml"):
            known = ", ".join(name.removesuffix(".toml") for name in data_names(".toml"))
            raise UsageError("there is no such recipe", recipe, f"Recipes are {known}.")
        recipe_text = data_file(f"{recipe}.toml").read_text(encoding="utf-8") if recipe else ""
        try:
            root.mkdir(parents=True, exist_ok=True)
            others = [p.name for p in root.iterdir() if p.name not in _FOLDERS and not is_partial(p.name)]
            if others and not is_workspace(root):
                raise UsageError(
                    "the folder is not empty",
                    f"{quoted_path(root)} holds {others[0]}",
                    f"A workspace needs its own folder; photos stay where they are: {command(maker, free_folder(root))}",
                )
            for name in filter(is_partial, os.listdir(root)):  # left by a killed process
                (root / name).unlink()
            for folder in _FOLDERS:
                (root / folder).mkdir(exist_ok=True)
            text = (
                settings_text
                or recipe_text
                or _TEMPLATE.format(name=json.dumps(root.name, ensure_ascii=False), recipe=recipe)
            )
            write_atomically(root / SETTINGS, text.encode())
        except OSError as error:
            raise StorageError(
                "the workspace could not be made",
                f"{quoted_path(root)}: {error.strerror}",
                "Choose a folder on a writable disk with free space.",
            ) from error
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open a workspace; if its settings file is missing, it has the default settings.

        Raises:
            NotAWorkspace: the folder is not a workspace.
        """
        root = Path(os.path.abspath(root))
        if not is_workspace(root):
            why = (
                f"{quoted_path(root)} has no {SETTINGS}" if root.is_dir() else f"there is no folder {quoted_path(root)}"
            )
            free = free_folder(root) if os.path.lexists(root) else root
            below = "".join(f"Did you mean: -w {shell_word(shown(one))}\n" for one in workspaces_in(root)[:_NAMED])
            raise NotAWorkspace("this is not a workspace", why, f"{below}Make one with: {command('new', free)}")
        return cls(root)

    @property
    def catalog(self) -> Path:
        """The SQLite file of the catalogue."""
        return self.root / CATALOG

    @property
    def backups(self) -> Path:
        """The folder of the backups that are kept by themselves; it is made with the catalogue."""
        return self.root / "backups"

    def remains(self) -> list[str]:
        """Return what is in the folder although only a workspace with a catalogue makes it; nothing in one that is new."""
        filled = [
            name for name in (*_FOLDERS, "splits") if (self.root / name).is_dir() and os.listdir(self.root / name)
        ]
        others = [place.name for place in (self.backups, self.log) if place.exists()]
        return [*filled, *others]

    @property
    def log(self) -> Path:
        """SQLite's write-ahead log of the catalogue."""
        return self.root / f"{CATALOG}-wal"

    @property
    def cache(self) -> Path:
        """The folder of files that can be computed again: previews, features, embeddings."""
        return self.root / "cache"

    @property
    def originals(self) -> Path:
        """The folder of the photos that an import or a download wrote."""
        return self.root / "originals"

    @property
    def exports(self) -> Path:
        """The default folder of exported sets."""
        return self.root / "exports"

    @property
    def runs(self) -> Path:
        """The folder of evaluations."""
        return self.root / "runs"

    def preview(self, sha256: str) -> Path:
        """Return the path of a photo's preview, an upright JPEG whose long side is at most 640 px."""
        return self.cache / "previews" / sha256[:2] / f"{sha256}.jpg"

    def incoming(self) -> tempfile.TemporaryDirectory[str]:
        """Make a folder of this process for previews of photos whose sha256 is not known yet.

        Raises:
            OSError: the cache cannot be written to.
        """
        place = self.cache / "previews" / f"incoming-{owner()}-"
        make_way(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=place.name, dir=place.parent, ignore_cleanup_errors=True)

    @cached_property
    def settings(self) -> Settings:
        """The settings, parsed and checked.

        Raises:
            WorkspaceError: the file cannot be parsed, or a value is invalid; the message names it.
        """
        return read_settings(self.root / SETTINGS)

    def take_over(self, settings: Settings) -> None:
        """Go on with other settings: those that the file holds now."""
        self.__dict__["settings"] = settings

    @property
    def name(self) -> str:
        """The name of the set that this workspace makes."""
        return clean_text(self.settings.name) or clean_text(os.fsencode(self.root.name)) or "workspace"

    @contextlib.contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Hold the writer's lock; the system releases it even if this process is killed. What killed ones left is removed.

        Args:
            what: the command that is writing.

        Raises:
            WorkspaceBusy: another process holds the lock; the message says which.
            StorageError: the lock file cannot be written.
        """
        handle = self._lock(f"curate {what} (process {os.getpid()})\n{owner()}")
        self.held[self.root / _LOCK] = os.fstat(handle)
        try:
            self._remove_abandoned()
            yield
        finally:
            self.held.clear()
            with contextlib.suppress(OSError):  # the lock is released in any case
                os.ftruncate(handle, 0)
            with contextlib.suppress(OSError):
                os.close(handle)

    def hold(self) -> None:
        """Remember which files the catalogue and its log are, for `replaced`, until the lock is released."""
        if self.held:
            self.held.setdefault(self.catalog, self.catalog.stat())
            if self.log.exists():
                self.held[self.log] = self.log.stat()

    def replaced(self) -> list[Path]:
        """Return the paths in `held` at which there is another file now, or none. SQLite itself may make the log anew."""
        others = [path for path, opened in self.held.items() if not _is_same(path, opened)]
        return [] if others == [self.log] else others

    def _remove_abandoned(self) -> None:
        """Remove what killed processes left; a worker that outlived one has no folder of `incoming` then."""
        remove_abandoned(self.root, "catalog")
        for left in (self.cache / "previews").glob("incoming*"):
            made_by = OWNER.match(left.name, len("incoming-"))
            if made_by is None or is_abandoned(left, made_by[0]):
                shutil.rmtree(left, ignore_errors=True)

    @property
    def is_writable(self) -> bool:
        """Whether this process may write into the folder, as its permissions and its disk say."""
        return os.access(self.root, os.W_OK)

    def last_writer_runs(self) -> bool:
        """Whether a process may be writing, as the lock file tells: one that ended properly has emptied it. No lock is taken."""
        try:
            held = (self.root / _LOCK).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return bool(held) and is_running(held.rpartition("\n")[2])

    def _lock(self, holder: str) -> int:
        """Take the lock, write its holder into the lock file, and return the file descriptor."""
        path = self.root / _LOCK
        handle = None
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._busy(handle) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, holder.encode(), 0)
            return handle
        except BaseException as error:
            if handle is not None:
                with contextlib.suppress(OSError):
                    os.close(handle)
            if not isinstance(error, OSError):
                raise
            raise StorageError(
                "the workspace cannot be written to",
                f"{quoted_path(path)}: {error.strerror or error}",
                "Check the folder's permissions and the disk's free space, or work on a copy of it: "
                f"cp -R {shell_word(self.root)} COPY",
            ) from error

    def _busy(self, handle: int) -> WorkspaceBusy:
        """Return the error that says who holds the lock."""
        holder = clean_text(os.pread(handle, 200, 0).partition(b"\n")[0]) or "another process"
        if holder.startswith("curate app "):
            does, way_out = "has it open", "Quit the app with q, and run the command again."
        else:
            does, way_out = "is writing to it", "Wait until it has ended, or end it, and run the command again."
        return WorkspaceBusy("the workspace is in use", f"{quoted_path(self.root)}: {holder} {does}", way_out)


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace: it has settings or, if these were lost, a catalogue and a folder of a workspace."""
    lost = (folder / CATALOG).is_file() and any((folder / name).is_dir() for name in _FOLDERS)
    return lost or (folder / SETTINGS).is_file()


def _is_same(path: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), opened)
    except OSError:
        return False


def workspaces_in(folder: Path) -> list[Path]:
    """Return the workspaces that lie directly in a folder, by name; none where it cannot be read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if is_workspace(folder / name)]


def free_folder(near: Path) -> Path:
    """Return a folder that does not exist yet: beside the given one, or inside it if nothing can be made beside it."""
    beside = near.name and os.access(near.parent, os.W_OK)
    stem = near.with_name(f"{near.name}-workspace") if beside else near / "workspace"
    names = itertools.chain([stem], (stem.with_name(f"{stem.name}-{number}") for number in itertools.count(2)))
    return next(path for path in names if not os.path.lexists(path))


def _refuse_odd_names(root: Path) -> None:
    """Refuse a name with control characters, for the workspace and for the folders that would be made above it."""
    made = [folder for folder in root.parents if not folder.exists()]
    for folder in (root, *made):
        if not is_harmless(folder.name):
            better = folder.with_name(clean_text(os.fsencode(folder.name)) or "workspace") / root.relative_to(folder)
            raise UsageError(
                "a workspace cannot have that name",
                f"{quoted_path(folder.name)} holds characters that are not allowed in a settings file or in a terminal",
                f"Name it without them: {command('new', better)}",
            )
