"""A workspace: one folder with settings, catalogue, cache, exports and runs; and the lock that its one writer holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.advice import command
from curate.cameras.types import CameraType
from curate.datafiles import data_file, data_names
from curate.errors import NotAWorkspace, StorageError, UsageError, WorkspaceBusy, WorkspaceError

SETTINGS = "workspace.toml"

ImagesMode = Literal["auto", "kitty", "sixel", "half", "none"]
"""How pictures are drawn in the terminal."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CameraSetting(_Section):
    """A camera whose type a person states; it wins over every other source."""

    make: str
    """As EXIF has it."""
    model: str
    """As EXIF has it."""
    type: CameraType
    """One of the camera types."""


class IngestSettings(_Section):
    """How photos are read."""

    jobs: int = Field(0, ge=0)
    """Worker processes; 0 means one a core."""
    seconds: float = Field(30.0, gt=0)
    """The time that reading one file may take."""
    megapixels: float = Field(300.0, gt=0)
    """The largest picture that is decoded."""


class PairSettings(_Section):
    """How pairs are found."""

    use_time: bool = True
    """Whether the time of a photo is evidence."""
    use_gps: bool = True
    """Whether the place of a photo is evidence."""


class ReviewSettings(_Section):
    """How pairs are reviewed."""

    images: ImagesMode = "auto"
    """How pictures are drawn: auto, kitty, sixel, half or none."""
    annotator: str = ""
    """The name that the decision log keeps; the system's user name where empty."""


class ExportSettings(_Section):
    """What is exported by default."""

    attributes: tuple[str, ...] = ("Make", "Is Smartphone")
    """Label columns that get a split file."""
    seed: int = 42
    """Of the draw that makes the splits."""
    match: tuple[str, ...] = ()
    """File properties over which phones and other cameras are made equally distributed, by leaving photos out."""


class EvaluateSettings(_Section):
    """What is evaluated by default."""

    encoders: tuple[str, ...] = ("offline",)
    """Encoders or groups of them."""


class Settings(_Section):
    """workspace.toml, parsed."""

    name: str = ""
    """The set's name; the folder's name where empty."""
    recipe: str = ""
    """The recipe that the workspace was made from."""
    cameras: tuple[CameraSetting, ...] = ()
    """Camera types that a person states."""
    ingest: IngestSettings = IngestSettings()
    pair: PairSettings = PairSettings()
    review: ReviewSettings = ReviewSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()


_TEMPLATE = """# Settings of this workspace; every one has a default, docs/settings.md lists them all.
name = "{name}"
recipe = "{recipe}"

[ingest]
jobs = 0          # worker processes; 0 means one a core

[review]
images = "auto"   # auto, kitty, sixel, half or none

[export]
attributes = ["Make", "Is Smartphone"]

# A camera whose type the rules do not know, or get wrong:
# [[cameras]]
# make = "Acme"
# model = "X100"
# type = "compact"
"""


@dataclass(frozen=True)
class Workspace:
    """The paths of one workspace. `Workspace.open` checks that it is one."""

    root: Path

    @classmethod
    def create(cls, root: Path, recipe: str = "", settings_text: str | None = None) -> Workspace:
        """Make a workspace in a new or empty folder (or complete a half-made one); an existing workspace is left as it is.

        Raises:
            UsageError: the folder holds something else, or the recipe is unknown. StorageError: it cannot be written.
        """
        root = Path(os.path.abspath(root))
        if (root / SETTINGS).exists():
            return cls.open(root)
        if recipe and f"{recipe}.toml" not in data_names(".toml"):
            known = ", ".join(name.removesuffix(".toml") for name in data_names(".toml"))
            raise UsageError("there is no such recipe", recipe, f"Recipes are {known}.")
        recipe_text = data_file(f"{recipe}.toml").read_text(encoding="utf-8") if recipe else ""
        try:
            root.mkdir(parents=True, exist_ok=True)
            others = [
                p.name for p in root.iterdir() if p.name not in {f"{SETTINGS}.partial", "cache", "exports", "runs"}
            ]
            if others:
                raise UsageError(
                    "the folder is not empty",
                    f"{root} holds {others[0]}",
                    "Choose a new folder for the workspace; photos stay where they are.",
                )
            for folder in ("cache", "exports", "runs"):
                (root / folder).mkdir(exist_ok=True)
            text = settings_text or recipe_text or _TEMPLATE.format(name=_toml_safe(root.name), recipe=recipe)
            write_atomically(root / SETTINGS, text.encode())
        except OSError as error:
            raise StorageError(
                "the workspace could not be made",
                f"{root}: {error.strerror}",
                "Choose a folder on a disk that may be written to and has room.",
            ) from error
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Open a workspace.

        Raises:
            NotAWorkspace: the folder is none.
        """
        root = Path(os.path.abspath(root))
        if not (root / SETTINGS).is_file():
            why = f"{root} has no {SETTINGS}" if root.is_dir() else f"there is no folder {root}"
            raise NotAWorkspace("this is no workspace", why, f"Make one with: {command('new', root)}")
        return cls(root)

    @property
    def catalog(self) -> Path:
        """The SQLite file."""
        return self.root / "catalog.sqlite"

    @property
    def cache(self) -> Path:
        """What can be made again at any time: previews, features, embeddings."""
        return self.root / "cache"

    @property
    def exports(self) -> Path:
        """Sets written without an explicit place."""
        return self.root / "exports"

    @property
    def runs(self) -> Path:
        """Evaluations."""
        return self.root / "runs"

    def preview(self, sha256: str) -> Path:
        """Where the preview of a photo lies: upright JPEG, long side at most 640 px."""
        return self.cache / "previews" / sha256[:2] / f"{sha256}.jpg"

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked.

        Raises:
            WorkspaceError: the file cannot be parsed, or a value does not fit; the message names it.
        """
        path = self.root / SETTINGS
        try:
            return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WorkspaceError(
                "the settings cannot be read",
                f"{path}: {error}",
                "Mend the file; docs/settings.md lists what it may hold.",
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise WorkspaceError(
                "a setting does not fit",
                f"{path}: {place}: {first['msg']}",
                "Mend the file; docs/settings.md lists what it may hold.",
            ) from error

    @property
    def name(self) -> str:
        """The name of the set that this workspace makes."""
        return self.settings.name or self.root.name

    @contextlib.contextmanager
    def writing(self, what: str) -> Iterator[None]:
        """Hold the writer's lock; the system lets go of it even if this process is killed.

        Raises:
            WorkspaceBusy: another process holds it; the message says which.
        """
        path = self.root / "workspace.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StorageError(
                "the workspace cannot be written to",
                f"{path}: {error.strerror}",
                "Check the folder's permissions and the disk's free room.",
            ) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
                if holder.startswith("curate app "):
                    does, way_out = "has it open", "Leave the app with q, and run the command again."
                else:
                    does, way_out = "is writing to it", "Wait until it has ended, or end it, and run the command again."
                raise WorkspaceBusy("the workspace is in use", f"{self.root}: {holder} {does}", way_out) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"curate {what} (process {os.getpid()})".encode(), 0)
            yield
        finally:
            os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens in between."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _toml_safe(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
