"""The set opens unaided in Hugging Face's `datasets`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dirty_pictures import dirty, row
from test_export_write import export

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = """
import json, sys
from datasets import load_dataset
photos = load_dataset(sys.argv[1])["train"]
sizes = {p["photo_id"]: p["image"].size for p in photos}
print(json.dumps({
    "columns": photos.column_names,
    "ids": sorted(sizes),
    "kinds": {name: str(kind) for name, kind in photos.features.items()},
    "sizes": sorted(set(sizes.values())),
    "phone": [p["Is Smartphone"] for p in photos],
    "labels": sorted({str(p["semantic_label"]) for p in photos}),
    "kept": photos.cache_files[0]["filename"],
}))
"""


def loaded(dataset: Path, cwd: Path, cache: Path, before: str = "") -> dict:
    """Load a set in a process of its own, offline, and return what it says of it."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache)}
    command = [sys.executable, "-c", before + SCRIPT, str(dataset)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("place", ["elsewhere", "repository"])
def test_load_dataset_with_no_argument(exported: Path, rows: list[dict], tmp_path: Path, place: str) -> None:
    """All rows and columns are there with their types, pictures upright, also from the repository's own folder."""
    cwd = REPOSITORY if place == "repository" else tmp_path
    found = loaded(exported, cwd, tmp_path / "cache")
    names = pq.read_schema(exported / "metadata.parquet").names
    assert found["columns"] == ["image", *names[1:]]
    assert found["ids"] == sorted(r["photo_id"] for r in rows)
    assert found["kinds"]["photo_id"] == "Value('int64')"
    assert found["kinds"]["Is Smartphone"] == "Value('bool')"
    assert found["kinds"]["subject_idx"] == "Value('int64')"
    assert sorted(map(str, found["phone"])) == ["False"] * 12 + ["True"] * 12
    assert found["sizes"] == [[48, 64]], "orientation 6 is applied"


def test_the_card_separates_the_parts_of_the_split(exported: Path, tmp_path: Path) -> None:
    """The card's first lines of code, run as they stand, give the photos of each part of the column `split`, and no others."""
    card = (exported / "README.md").read_text().split("---\n", 2)[2]
    code = card.partition("```python\n")[2].partition("```")[0]
    assert card.index("```python") < card.index("camera labels"), "it stands first"
    told = "import json; print(json.dumps([sorted(part['photo_id']) for part in (train, val, test)]))"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code.replace("path/to/this/folder", os.fspath(exported)) + told]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    table = pq.read_table(exported / "metadata.parquet", columns=["photo_id", "split"]).to_pylist()
    parts = [sorted(r["photo_id"] for r in table if r["split"] == part) for part in ("train", "val", "test")]
    assert all(parts) and json.loads(done.stdout.splitlines()[-1]) == parts


def test_a_set_of_one_photo(tmp_path: Path) -> None:
    """One photo beside one table still opens as pictures, not as a table."""
    (tmp_path / "a.jpg").write_bytes(dirty("jpg"))
    one = export([row(tmp_path / "a.jpg")], tmp_path / "one", attributes=()).dataset
    assert len(loaded(one, tmp_path, tmp_path / "cache")["ids"]) == 1


def test_a_set_that_is_mostly_heic(tmp_path: Path) -> None:
    """HEIC files beside others do not change which reader is chosen, and open where Pillow knows HEIC."""
    paths = [tmp_path / f"a{i}.{kind}" for i, kind in enumerate(("jpg", "heic", "heic", "heic"))]
    for i, path in enumerate(paths):
        path.write_bytes(dirty(path.suffix[1:], seed=i))
    mixed = export([row(path) for path in paths], tmp_path / "mixed", attributes=()).dataset
    heic = "import pillow_heif; pillow_heif.register_heif_opener()\n"
    assert len(loaded(mixed, tmp_path, tmp_path / "cache", before=heic)["ids"]) == 4


@pytest.mark.slow
def test_the_loader_s_cache_follows_the_content(rows: list[dict], tmp_path: Path) -> None:
    """A label that changed is read anew, a set of the same name elsewhere is not mixed in, an unchanged set is not built
    again."""

    def labelled(place: str, label: str, photos: list[dict], replace: bool = False) -> dict:
        made = [{**photo, "semantic_label": label} for photo in photos]
        out = export(made, tmp_path / place / "set", attributes=(), replace=replace).dataset
        return loaded(out, tmp_path, tmp_path / "cache")

    first = labelled("here", "cat", rows)
    assert first["labels"] == ["cat"]
    again = labelled("here", "dog", rows, replace=True)
    assert again["labels"] == ["dog"]
    other = labelled("there", "dog", rows[:2])
    assert other["ids"] == sorted(row["photo_id"] for row in rows[:2])
    same = labelled("here", "dog", rows, replace=True)
    assert same["kept"] == again["kept"] and same["labels"] == ["dog"]
    assert len({first["kept"], again["kept"], other["kept"]}) == 3
