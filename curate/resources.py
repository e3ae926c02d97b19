"""Finds the data files that ship with curate: the recipes and the table of camera types."""

from __future__ import annotations

from pathlib import Path

from curate.errors import CurateError

PACKAGE = Path(__file__).resolve().parent

CAMERA_TYPES = "camera_types.csv"
"""The table of camera types."""


def data_names(suffix: str) -> list[str]:
    """Return the names of the shipped data files with a suffix (`.toml`), sorted."""
    places = (PACKAGE / "_datasets", PACKAGE.parent / "datasets")
    return sorted({path.name for place in places for path in place.glob(f"*{suffix}")})


def data_file(name: str) -> Path:
    """Return the path of a shipped data file, e.g. ``camera_types.csv``.

    A wheel has the data in ``curate/_datasets/``; a checkout, and so an editable install, has it in ``datasets/`` beside the
    package. The wheel's folder is searched first, because ``datasets/`` beside an installed package is Hugging Face's.

    Raises:
        CurateError: the file is in neither place.
    """
    for folder in (PACKAGE / "_datasets", PACKAGE.parent / "datasets"):
        path = folder / name
        if path.is_file():
            return path
    raise CurateError(
        f"the data file {name} is missing",
        f"it is neither in {PACKAGE / '_datasets'} nor in {PACKAGE.parent / 'datasets'}",
        "install lenstrace again",
    )
