"""Look up the type of a camera in Lensfun's database, where lensfunpy is installed. None of its data are copied.

The database has no field for the type, but the name of the file tells: `slr-`, `mil-`, `compact-`, `rf-`. A digital
rangefinder has no mirror and takes lenses, so it counts as mirrorless. Files with several types (`misc`, `6x6`, `generic`) are
ignored, and so are phones among the compact cameras (Samsung's SM- models, the Xperia).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from curate.cameras.brands import is_known, tidy
from curate.cameras.keys import folded, squashed
from curate.cameras.types import CameraType

_KINDS = {
    "slr": CameraType.DSLR,
    "mil": CameraType.MIRRORLESS,
    "rf": CameraType.MIRRORLESS,
    "om-system": CameraType.MIRRORLESS,
    "compact": CameraType.COMPACT,
}
# Film cameras.
_FILM = re.compile(r"35mm film|.*\bmech\.")
_PHONE = re.compile(r"sm-[a-z]\d|xperia|galaxy|iphone")
_CROP = re.compile(r"\s*\(?\b(?:3:2|4:3|16:9|1:1)\)?\s*$")
_DRONES = frozenset({"DJI", "Hasselblad"})


@dataclass(frozen=True, slots=True)
class Body:
    """An entry of the database.

    Attributes:
        makers: names of the maker, as written.
        models: names of the model, as written.
        file: name of the file, without `.xml`.
        type: the type; None where the file does not tell.
    """

    makers: tuple[str, ...]
    models: tuple[str, ...]
    file: str
    type: CameraType | None


def database_folder() -> Path | None:
    """Return the folder of lensfunpy's XML files, without importing it; None where it is not installed."""
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
    """Yield the cameras of the database, in the order of its files."""
    for path in sorted(folder.glob("*.xml")):
        for camera in ElementTree.parse(path).getroot().iter("camera"):
            makers = tuple(element.text.strip() for element in camera.findall("maker") if element.text)
            models = tuple(_CROP.sub("", element.text.strip()) for element in camera.findall("model") if element.text)
            if makers and models:
                yield Body(makers, models, path.stem, _type_of(path.stem, makers, models))


SHORTEST_BARE = 4
"""Minimum length of a model that is looked up without a maker: several makers can have an X20."""

SHORTEST_ODD = 6
"""Minimum length of a model that is looked up beside an unknown maker, which may be a maker of phones."""


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
    """Return the type of a tidy (brand, model) where the database has exactly that camera.

    The model alone is looked up where the brand is missing or unknown. None where the database does not have the camera,
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
