"""The settings in workspace.toml: their types and defaults, the parser, and its error messages."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curate.cameras.types import CameraType
from curate.errors import WorkspaceError
from tracer.base.parsing import Unparsable, parse_toml
from tracer.base.reading import read_bytes
from tracer.base.text import quoted_path

SETTINGS = "workspace.toml"

MOST_BYTES = 4 << 20
_WAY_OUT = "Correct the file; to list all settings: curate settings"

ImagesSetting = Literal["auto", "kitty", "sixel", "half", "none"]
"""How pictures are to be drawn in the terminal."""

ImagesMode = ImagesSetting | Literal["page"]
"""How pictures are drawn; `page` for the app in a browser, whose page shows them as images."""

Protocol = Literal["paper", "batched", "halving", "fast"]
"""How tracer finds a probe's learning rate and weight decay."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CameraSetting(_Section):
    """A camera whose type a person states. It overrides every other source."""

    make: str = Field(description="The make as in EXIF.")
    model: str = Field(description="The model as in EXIF.")
    type: CameraType = Field(description="One of the camera types.")


class IngestSettings(_Section):
    """How photos are read."""

    jobs: int = Field(0, ge=0, description="Worker processes; 0 means one per core.")
    seconds: float = Field(
        30.0,
        gt=0,
        description="Seconds that reading one file may take, as processor time and time waiting for the disk.",
    )
    memory: float = Field(
        0.0,
        ge=0,
        description="Gigabytes for all reading processes together; "
        "0 means half of the machine's, at most 6, or 1 per process if more.",
    )
    megapixels: float = Field(300.0, gt=0, description="The largest picture that is decoded, in megapixels.")


class FlickrSettings(_Section):
    """How photos are taken from Flickr."""

    image_seconds: float = Field(
        1.0, ge=0, description="Seconds from one request to the image host to the next; 0 means no waiting."
    )


class PairSettings(_Section):
    """How pairs are found."""

    use_time: bool = Field(True, description="Whether the time of a photo is used as evidence.")
    use_gps: bool = Field(True, description="Whether the place of a photo is used as evidence.")


class ReviewSettings(_Section):
    """How pairs are reviewed."""

    images: ImagesSetting = Field("auto", description="How pictures are drawn: auto, kitty, sixel, half or none.")
    annotator: str = Field(
        "", description="The name that is written to the decision log; if empty, the system's user name."
    )


class ExportSettings(_Section):
    """What is exported by default."""

    attributes: tuple[str, ...] = Field(("Make", "Is Smartphone"), description="Label columns that get a split file.")
    seed: int = Field(42, description="The seed of the draw that makes the splits.")
    match: tuple[str, ...] = Field(
        (), description="File properties that are equalised between phones and other cameras by leaving photos out."
    )


class EvaluateSettings(_Section):
    """What is evaluated by default."""

    encoders: tuple[str, ...] = Field(("offline",), description="Names of encoders or of groups of encoders.")
    protocol: Protocol = Field(
        "batched",
        description="How a probe's learning rate and weight decay are found (docs/evaluation.md); "
        "`fast` takes a third of the time.",
    )


class AppSettings(_Section):
    """How the app looks, and its keys."""

    theme: str = Field("", description="The colours; if empty, those that were chosen last with Theme in the app.")
    keys: dict[str, str] = Field(
        {}, description='Other keys, by the IDs in docs/app.md: `"review.accept" = "space,g"`.'
    )


class Settings(_Section):
    """The content of workspace.toml."""

    name: str = Field("", description="The set's name; if empty, the folder's name.")
    recipe: str = Field("", description="The recipe that the workspace was made from.")
    cameras: tuple[CameraSetting, ...] = Field((), description="Camera types that a person states.")
    ingest: IngestSettings = IngestSettings()
    flickr: FlickrSettings = FlickrSettings()
    pair: PairSettings = PairSettings()
    review: ReviewSettings = ReviewSettings()
    export: ExportSettings = ExportSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    app: AppSettings = AppSettings()


def read_settings(path: Path) -> Settings:
    """Return the settings in a file, or the defaults if the file does not exist.

    Raises:
        WorkspaceError: the file cannot be parsed, or a value is invalid; the message names it.
    """
    try:
        return Settings.model_validate(parse_toml(read_bytes(path, MOST_BYTES)))
    except FileNotFoundError:
        return Settings()
    except (Unparsable, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise WorkspaceError("the settings cannot be read", f"{quoted_path(path)}: {why}", _WAY_OUT) from error
    except ValidationError as error:
        raise WorkspaceError(
            "a setting is invalid", f"{quoted_path(path)}: {_in_words(error.errors()[0])}", _WAY_OUT
        ) from error


def all_settings() -> Iterator[tuple[str, str, str]]:
    """Yield each setting: its name with its table, its default in TOML, and its meaning."""
    for name, field in Settings.model_fields.items():
        kind = CameraSetting if name == "cameras" else field.annotation
        if inspect.isclass(kind) and issubclass(kind, BaseModel):
            for key, one in kind.model_fields.items():
                yield f"{name}.{key}", _default(one), one.description or ""
        else:
            yield name, _default(field), field.description or ""


def _default(field: Any) -> str:
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return "" if field.is_required() else json.dumps(default)


def _in_words(error: Any) -> str:
    """Say in words what is wrong with a setting: its name, its value, and what the value must be."""
    place, kind, value = ".".join(str(part) for part in error["loc"]), error["type"], error.get("input")
    if kind == "extra_forbidden":
        return f"{place} is not a setting{_meant(place)}"
    if kind == "missing":
        return f"{place} is missing"
    return f"{place} is {_shown(value)}; it must be {_wanted(kind, error.get('ctx', {}))}"


def _meant(place: str) -> str:
    names = [name for name, _, _ in all_settings()]
    near = difflib.get_close_matches(place, [*names, *(name.partition(".")[0] for name in names)], n=1)
    return f"; {near[0]} may be meant" if near else ""


def _shown(value: Any) -> str:
    return (
        f'"{value}"'
        if isinstance(value, str)
        else "a table"
        if isinstance(value, Mapping)
        else json.dumps(value, default=str)
    )


def _wanted(kind: str, details: Mapping[str, Any]) -> str:
    for name, words in (("ge", "or more"), ("gt", "more than"), ("expected", "")):
        if name in details:
            limit = str(details[name])
            return {"ge": f"{limit} {words}", "gt": f"{words} {limit}", "expected": limit.replace("'", '"')}[name]
    return next((words for start, words in _KINDS.items() if kind.startswith(start)), "something else")


_KINDS = {
    "int": "a whole number", "float": "a number", "bool": "true or false", "string": 'text in quotes, such as "name"',
    "tuple": 'a list, such as ["one", "two"]', "model": "a table, such as [ingest]", "dict": "a table, such as [app.keys]",
}  # fmt: skip
"""The beginning of pydantic's error type -> what the value must be."""
