"""Finds photos in folders that are named after the device that took them, as in VISION, FODB, SOCRatES, Dresden and Daxing.

A name of a folder gives make and model where the file does not. Copies that a social network encoded again are skipped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from curate.cameras.brands import is_known, split_device, tidy
from curate.cameras.resolve import resolve
from curate.cameras.types import CameraType
from curate.catalog.forgotten import forgotten_paths
from curate.catalog.store import Catalog
from curate.sources.local import FoundFile, LocalSource, Statements, walk
from tracer.base.text import clean_text

Device = tuple[str | None, str | None]
"""Make and model."""

_NUMBER = re.compile(r"[A-Za-z]?\d{1,3}(?:[\s_.-]+[IV](?=[\s_.-]))?[\s_.-]+(?=\S)")
"""The number of a device before its name: `D01_`, `07 - `, `D01_I_`."""

_JOINED = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[a-z]{2})(?=\d)|(?<=\d)(?=[A-Z][a-z])|(?<=\d)(?=[A-Z]{2,}$)")
"""Where words that were written as one begin: Galaxy|S3|Mini, iPhone|6|Plus, Lumia|640|LTE."""

_CONTENT = {"flat": "flat", "nat": "nat"}
"""VISION's folders by content: even surfaces, and natural scenes."""

_NETWORKS = {
    "fbh": "Facebook, in high quality", "fbl": "Facebook, in low quality", "wa": "WhatsApp", "facebook": "Facebook",
    "whatsapp": "WhatsApp", "instagram": "Instagram", "telegram": "Telegram", "twitter": "Twitter", "wechat": "WeChat",
    "youtube": "YouTube",
}  # fmt: skip
_SHORT = re.compile(r"(?:nat|flat)(fbh|fbl|wa)")
_FODB = re.compile(r"D\d{2}_img_[a-z]+_(\d{4})", re.IGNORECASE)
"""FODB's file names; each device took the same numbered scenes."""


def devices(catalog: Catalog, paths: Sequence[Path]) -> LocalSource:
    """Return the photos below folders of devices.

    Args:
        catalog: the catalogue.
        paths: folders with a folder for each device, at any depth; or folders of devices.
    """
    roots = [os.fsencode(os.path.abspath(path)) for path in paths]
    return LocalSource(roots, walk(roots, forgotten_paths(catalog)), _describe)


def _describe(found: FoundFile) -> Statements | str:
    below = os.fsdecode(os.path.relpath(found.path, os.path.dirname(found.root))).split(os.sep)
    folders, name = below[:-1], below[-1]
    network = next((told for word in (*folders, *name.split("_")) if (told := _network(word)) is not None), None)
    if network is not None:
        return f"{network} encoded it again, so it holds the traces of that and not of the camera alone"
    content = next((_CONTENT[word] for word in map(str.lower, reversed(folders)) if word in _CONTENT), None)
    numbered = _FODB.match(name)
    make, model = device_of_folders(tuple(folders))
    return Statements(
        folder={"semantic_label": content, "scene": f"FODB {numbered[1]}" if numbered else None},
        nameless={"Make": make, "Model": model},
    )


def _network(word: str) -> str | None:
    short = _SHORT.fullmatch(word.lower())
    return _NETWORKS.get(short[1] if short else word.lower()) if short or len(word) > 3 else None


@lru_cache(maxsize=4096)
def device_of_folders(folders: tuple[str, ...]) -> Device:
    """Return make and model from the names of folders, of which the first is the given one.

    The first name in the given folder that begins with a known maker counts, else the given folder's own; a maker alone is
    completed by the next folder. Without any, the first folder in the given one names the device, if its name has two parts.

    >>> device_of_folders(("VISION", "D01_Samsung_GalaxyS3Mini", "images", "nat"))
    ('Samsung', 'Galaxy S3 Mini')
    >>> device_of_folders(("Dresden", "Nikon_D200_1")), device_of_folders(("Daxing", "Huawei", "P20"))
    (('Nikon', 'D200'), ('Huawei', 'P20'))
    """
    for at in (*range(1, len(folders)), 0):
        make, model = device_of_name(folders[at]) if folders else (None, None)
        if make is None:
            continue
        if model is None and at + 1 < len(folders):
            model = device_of_name(f"{make}_{folders[at + 1]}")[1]
        return make, model
    maker, _, model_part = (folders[1] if len(folders) > 1 else "").partition("_")
    return (clean_text(maker), clean_text(model_part.replace("_", " "))) if model_part else (None, None)


def device_of_name(name: str) -> Device:
    """Return make and model from the name of one folder; no make where it does not begin with a known maker.

    >>> device_of_name("D04_LG_D290"), device_of_name("Apple_iPhone_6"), device_of_name("holiday")
    (('LG', 'D290'), ('Apple', 'iPhone 6'), (None, None))
    """
    text = clean_text(name) or ""
    for words in (text, _NUMBER.sub("", text, count=1)):
        parts = [part for part in re.split(r"[\s_]+", words) if part]
        if len(parts) > 2 and re.fullmatch(r"\d{1,2}", parts[-1]) and re.search(r"\d", " ".join(parts[1:-1])):
            parts.pop()  # Nikon_D200_1 is the second D200, while Apple_iPhone_6 is a model
        make, model = split_device(" ".join(parts))
        if make is not None and is_known(tidy(make, None)[0] or ""):
            return make, None if model is None else _spaced(make, model)
    return None, None


def _spaced(make: str, model: str) -> str:
    """Return a model with the spaces that its maker writes, where its camera is known with them."""
    spaced = model if "-" in model else _JOINED.sub(" ", model)
    return spaced if resolve(make, spaced).type is not CameraType.UNKNOWN else model
