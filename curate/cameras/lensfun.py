"""Lensfun's data base of cameras, asked where it is installed; nothing of it is copied.

The kind of a camera is not a field there, but the file it stands in says it: `slr-`, `mil-`, `compact-`, `rf-`. A
digital rangefinder has no mirror and takes lenses, so it counts as mirrorless. Files that mix kinds (`misc`, `6x6`,
`generic`) say nothing. Phones that stand among the compact cameras (Samsung's SM- models, the Xperia) say nothing
either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from curate.cameras.brands import folded, is_known, squashed, tidy
from curate.cameras.types import CameraType

_KINDS = {
    "slr": CameraType.DSLR,
    "mil": CameraType.MIRRORLESS,
    "rf": CameraType.MIRRORLESS,
    "om-system": CameraType.MIRRORLESS,
    "compact": CameraType.COMPACT,
}
# Bodies for film.
_FILM = re.compile(r"35mm film|.*\bmech\.")
_PHONE = re.compile(r"sm-[a-z]\d|xperia|galaxy|iphone")
_CROP = re.compile(r"\s*\(?\b(?:3:2|4:3|16:9|1:1)\)?\s*$")
_DRONES = frozenset({"DJI", "Hasselblad"})


@dataclass(frozen=True, slots=True)
class Body:
    """One entry: its makers and model names as the data base has them, the file's name without `.xml`, the type."""

    makers: tuple[str, ...]
    models: tuple[str, ...]
    file: str
    type: CameraType | None


def database_folder() -> Path | None:
    """Where the XML files of lensfunpy lie, without importing it; None where it is not installed."""
    spec = find_spec("lensfunpy")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "db_files"
    return folder if folder.is_dir() else None


def _type_of(file: str, makers: tuple[str, ...], models: tuple[str, ...]) -> CameraType | None:
    names = [folded(tidy(makers[0], model)[1] or "") for model in models]
    if file == "slr-ussr" or any(_FILM.match(name) or _PHONE.match(name) for name in names):
        return None
    if file == "actioncams":
        brand = tidy(makers[0], models[0])[0]
        return CameraType.DRONE if brand in _DRONES else CameraType.ACTION
    return _KINDS.get(file) or _KINDS.get(file.split("-")[0])


def bodies(folder: Path) -> Iterator[Body]:
    """Every camera of the data base, in the order of its files."""
    for path in sorted(folder.glob("*.xml")):
        for camera in ElementTree.parse(path).getroot().iter("camera"):
            makers = tuple(element.text.strip() for element in camera.findall("maker") if element.text)
            models = tuple(_CROP.sub("", element.text.strip()) for element in camera.findall("model") if element.text)
            if makers and models:
                yield Body(makers, models, path.stem, _type_of(path.stem, makers, models))


SHORTEST_BARE = 4
"""Letters that a model needs to stand for a camera without its maker: X20 could be anybody's."""

SHORTEST_ODD = 6
"""Letters that it needs beside a maker that nobody knows: that may be a maker of phones."""


@cache
def _index() -> tuple[Mapping[tuple[str, str], CameraType | None], Mapping[str, CameraType | None]]:
    by_camera: dict[tuple[str, str], CameraType | None] = {}
    by_model: dict[str, CameraType | None] = {}
    folder = database_folder()
    for body in bodies(folder) if folder else ():
        for written in body.models:
            keys = set()
            bare = squashed(written)
            for maker in body.makers:
                brand, model = tidy(maker, written)
                if brand and model:
                    keys.add((squashed(brand), squashed(model)))
            for key in keys:
                by_camera[key] = body.type if by_camera.get(key, body.type) is body.type else None
            if len(bare) >= SHORTEST_BARE:
                by_model[bare] = body.type if by_model.get(bare, body.type) is body.type else None
    return by_camera, by_model


def find(brand: str | None, model: str | None) -> CameraType | None:
    """Return the type of a tidy (brand, model) where the data base has exactly that camera.

    The model alone is looked up where the brand is missing or unknown. None where the data base does not have the camera,
    where its entries disagree, and where lensfunpy is not installed.

    >>> find("Canon", "EOS 40D").value
    'dslr'
    >>> find("Samsung", "SM-G991B") is None  # a phone
    True
    """
    if not model:
        return None
    by_camera, by_model = _index()
    bare = squashed(model)
    if brand is None or (not is_known(brand) and len(bare) >= SHORTEST_ODD):
        return by_model.get(bare)
    return by_camera.get((squashed(brand), bare))
