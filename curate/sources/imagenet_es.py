"""Finds the photos of ImageNet-ES: pictures of ImageNet on a screen, photographed under many settings of one camera.

The folders are `…/es-val/param_control/l{1,5}/param_{1..64}/n########/*` and `…/auto_exposure/…` of the same form: the light, the
setting, and the WordNet ID of the picture. Source: the data set's own description.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from curate.catalog.forgotten import forgotten_paths
from curate.catalog.store import Catalog
from curate.sources.local import FoundFile, LocalSource, Statements, walk
from tracer.base.text import clean_text

_WORDNET = re.compile(r"n\d{8}")
_SETTING = re.compile(r"param_\d{1,3}")
_LIGHT = re.compile(r"l\d{1,2}")


def imagenet_es(catalog: Catalog, paths: Sequence[Path]) -> LocalSource:
    """Return the photos below folders of ImageNet-ES.

    The semantic label of a photo is the WordNet ID. All photos of one picture are one scene, so that a split keeps them on one
    side. The numbers of light and setting stay in the path: they are not physical values, which only the file's EXIF gives.

    Args:
        catalog: the catalogue.
        paths: the folder of the data set, or folders in it.
    """
    roots = [os.fsencode(os.path.abspath(path)) for path in paths]
    return LocalSource(roots, walk(roots, forgotten_paths(catalog)), _describe)


def _describe(found: FoundFile) -> Statements | str:
    path = PurePath(os.fsdecode(found.path))
    folders = path.parent.parts
    if not _WORDNET.fullmatch(folders[-1]):
        return "it does not lie in a folder with the name of a WordNet ID, such as n01443537"
    if not (len(folders) > 2 and _SETTING.fullmatch(folders[-2]) and _LIGHT.fullmatch(folders[-3])):
        return (
            "it is not a photo of the camera: it does not lie in folders of a light and a setting, such as l1/param_7"
        )
    picture = clean_text(path.stem)
    return Statements(folder={"semantic_label": folders[-1], "scene": f"ImageNet-ES {folders[-1]}/{picture}"})
