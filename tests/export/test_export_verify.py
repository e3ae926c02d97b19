"""Verification finds every kind of damage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dirty_pictures import dirty

from curate.errors import UsageError
from curate.export.verify import verify_set

SPLIT = "splits/split_data_target_attribute=Make.json"


def rehash(dataset: Path) -> None:
    """Bring the manifest's hashes up to date, so that only what a change means is found."""
    manifest = json.loads((dataset / "manifest.json").read_text())
    files = [p for p in sorted(dataset.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    manifest["files"] = {p.relative_to(dataset).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    (dataset / "manifest.json").write_text(json.dumps(manifest))


def edit_split(change: Callable[[dict], None]) -> Callable[[Path], None]:
    """Return a change to the split file of Make."""

    def edit(dataset: Path) -> None:
        content = json.loads((dataset / SPLIT).read_text())
        change(content)
        (dataset / SPLIT).write_text(json.dumps(content))
        rehash(dataset)

    return edit


def edit_table(
    change: Callable[[list[dict]], None], schema: Callable[[pa.Schema], pa.Schema] = lambda s: s
) -> Callable[[Path], None]:
    """Return a change to the table."""

    def edit(dataset: Path) -> None:
        path = dataset / "metadata.parquet"
        table = pq.read_table(path)
        rows = table.to_pylist()
        change(rows)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(table.schema)), path)
        rehash(dataset)

    return edit


def first_image(dataset: Path) -> Path:
    """Return the first image of a set."""
    return sorted((dataset / "images").glob("*.jpg"))[0]


def swap_sides(content: dict) -> None:
    """Put the same photo on two sides."""
    content["test_ids"][0] = content["train_ids"][0]


def part_a_scene(rows: list[dict]) -> None:
    """Put the two photos of one scene on different sides, and one photo nowhere."""
    pair = [r for r in rows if r["scene_idx"] == 0]
    pair[0]["split"], pair[1]["split"] = "train", "test"


def set_cell(column: str, value: object) -> Callable[[list[dict]], None]:
    """Return a change of one cell."""

    def change(rows: list[dict]) -> None:
        rows[0][column] = value

    return change


def contradict(rows: list[dict]) -> None:
    """Call a phone a camera in one column."""
    next(r for r in rows if r["camera_type"] == "smartphone")["camera_type"] = "dslr"


def drop(column: str) -> Callable[[pa.Schema], pa.Schema]:
    """Return a schema without a column."""
    return lambda schema: schema.remove(schema.get_field_index(column))


def retype(column: str, kind: pa.DataType) -> Callable[[pa.Schema], pa.Schema]:
    """Return a schema with another type of a column."""
    return lambda schema: schema.set(schema.get_field_index(column), pa.field(column, kind))


def unchanged(rows: list[dict]) -> None:
    """Change no row."""


def write(name: str, data: bytes, hashes: bool = True) -> Callable[[Path], None]:
    """Return a change that writes a file."""

    def change(dataset: Path) -> None:
        (dataset / name).write_bytes(data)
        if hashes:
            rehash(dataset)

    return change


def on_image(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return a change to the first image."""

    def edit(dataset: Path) -> None:
        change(first_image(dataset))
        rehash(dataset)

    return edit


def lose_an_image(dataset: Path) -> None:
    """Delete an image that the manifest names."""
    first_image(dataset).unlink()


DAMAGE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "no manifest": ("manifest", lambda dataset: (dataset / "manifest.json").unlink()),
    "another manifest": ("manifest", write("manifest.json", b"[]", hashes=False)),
    "an edited file": ("hashes", write("README.md", b"edited", hashes=False)),
    "a missing image": ("files", lose_an_image),
    "a stray file": ("files", write("images/notes.txt", b"x", hashes=False)),
    "a second metadata file": ("files", write("metadata.csv", b"file_name\n")),
    "a link": ("files", lambda dataset: (dataset / "link").symlink_to("/etc/passwd")),
    "a missing column": ("labels", edit_table(unchanged, drop("Make"))),
    "a float for an integer": ("labels", edit_table(unchanged, retype("subject_idx", pa.float64()))),
    "a private column": ("privacy", edit_table(unchanged, lambda s: s.append(pa.field("latitude", pa.float64())))),
    "an unreadable table": ("labels", write("metadata.parquet", b"PAR1 but no more")),
    "an ID that is not the file's": ("ids", edit_table(set_cell("photo_id", 7))),
    "an ID that is too large": ("ids", edit_table(set_cell("photo_id", 2**60))),
    "a path out of the set": ("ids", edit_table(set_cell("file_name", "images/../../../etc/passwd"))),
    "an unknown camera type": ("labels", edit_table(set_cell("camera_type", "toaster"))),
    "a class against its type": ("labels", edit_table(contradict)),
    "a photo twice": ("ids", edit_table(lambda rows: rows.append(dict(rows[0])))),
    "a photo without a row": ("labels", edit_table(lambda rows: rows.pop())),
    "a lonely pair": ("pairs", edit_table(set_cell("subject_idx", 99))),
    "a wrong size": ("images", edit_table(set_cell("width", 5000))),
    "a wrong orientation": ("images", edit_table(set_cell("orientation", 3))),
    "private metadata": ("privacy", on_image(lambda path: path.write_bytes(dirty("jpg")))),
    "no picture": ("images", on_image(lambda path: path.write_bytes(b"hello"))),
    "a cut picture": ("images", on_image(lambda path: path.write_bytes(path.read_bytes()[:-200]))),
    "a photo on two sides": ("leaks", edit_split(swap_sides)),
    "strings for IDs": ("splits", edit_split(lambda c: c.update(val_ids=[str(i) for i in c["val_ids"]]))),
    "an unknown photo in a split": ("splits", edit_split(lambda c: c["val_ids"].__setitem__(0, 12345))),
    "swapped labels": ("splits", edit_split(lambda c: c["label_encoder_classes"].reverse())),
    "a split that is no JSON": ("splits", write(SPLIT, b"{")),
    "a parted scene": ("leaks", edit_table(part_a_scene)),
    "a card that loads nothing": ("card", write("README.md", b"# a set\n")),
    "a photo without attribution": ("card", write("ATTRIBUTION.csv", b"photo_id,owner\n")),
}


def test_a_sound_set_has_no_problem(exported: Path) -> None:
    """What the exporter writes keeps every promise that is checked."""
    assert verify_set(exported) == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(exported: Path, damage: str) -> None:
    """Each kind of damage is reported under its own check."""
    check, change = DAMAGE[damage]
    change(exported)
    problems = verify_set(exported)
    assert check in {problem.check for problem in problems}, problems


def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    """A wrong path is a usage error."""
    with pytest.raises(UsageError):
        verify_set(tmp_path / "none")
