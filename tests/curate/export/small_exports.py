"""A small collection with phones, cameras, pairs and copies, and the options of an export of it."""

from __future__ import annotations

from pathlib import Path

from dirty_pictures import camera, dirty, row

from curate.export.write import ExportOptions

SCENES = 12


def make_rows(folder: Path, scenes: int = SCENES) -> list[dict]:
    """Write two photos a scene, one by a phone, one by a camera, and return their label rows: pairs, with a licence."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for scene in range(scenes):
        shared = {"subject_idx": scene, "scene_idx": scene, "license": "CC-BY-4.0", "owner": None}
        phone, other = folder / f"phone{scene}.jpg", folder / f"camera{scene}.{'png' if scene % 3 else 'webp'}"
        phone.write_bytes(dirty("jpg", seed=2 * scene, private_profile=False))
        other.write_bytes(dirty(other.suffix[1:], seed=2 * scene + 1))
        rows += [row(phone, **shared), row(other, **camera(**shared))]
    return rows


OPTIONS = ExportOptions(
    name="made-up set",
    created="2024-05-06T07:08:09+00:00",
    tool_version="1.2.3",
    attributes=("Make", "Is Smartphone"),
)
