"""Verification finds every kind of damage."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dirty_pictures import dirty

from curate.cli import run_cli
from curate.errors import UsageError
from curate.export.verify import verify_set
from curate.workspace import Workspace

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


def edit_manifest(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Return a change to the manifest."""

    def edit(dataset: Path) -> None:
        content = json.loads((dataset / "manifest.json").read_text())
        change(content)
        (dataset / "manifest.json").write_text(json.dumps(content))

    return edit


def put(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return a change that puts something else at a file's or a folder's place."""

    def change(dataset: Path) -> None:
        path = dataset / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        make(path)

    return change


def replace_in(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    """Return a change that writes other bytes of the same length into a table that is not compressed."""

    def change(dataset: Path) -> None:
        path = dataset / name
        pq.write_table(pq.read_table(path), path, compression="none", use_dictionary=False)
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new))
        rehash(dataset)

    return change


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
    "bytes behind the scan": (
        "privacy",
        on_image(lambda path: path.write_bytes(path.read_bytes()[:-2] + b"x\xff\xd9")),
    ),
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
    "a manifest that is not UTF-8": ("manifest", write("manifest.json", b'{"schema": "\xff"}', hashes=False)),
    "a manifest nested too deeply": ("manifest", write("manifest.json", b"[" * 100_000, hashes=False)),
    "a manifest with a list of files": ("manifest", edit_manifest(lambda m: m.update(files=list(m["files"])))),
    "a manifest with numbers for hashes": ("manifest", edit_manifest(lambda m: m["files"].update(x=1))),
    "a manifest with a number of groupings": ("manifest", edit_manifest(lambda m: m.update(group_by=3))),
    "a manifest with half a character": ("files", edit_manifest(lambda m: m["files"].update({"\ud800": ""}))),
    "a folder for a manifest": ("manifest", put("manifest.json", Path.mkdir)),
    "a pipe for a manifest": ("manifest", put("manifest.json", os.mkfifo)),
    "a name that holds NUL": ("files", edit_manifest(lambda m: m["files"].update({"images/\0.jpg": ""}))),
    "a pipe for a table": ("files", put("metadata.parquet", os.mkfifo)),
    "a folder for a table": ("files", put("metadata.parquet", Path.mkdir)),
    "a link for a table": ("files", put("metadata.parquet", lambda path: path.symlink_to("/dev/zero"))),
    "a column of lists": ("labels", edit_table(set_cell("Make", ["a"]), retype("Make", pa.list_(pa.string())))),
    "a column twice": ("labels", edit_table(unchanged, lambda s: s.append(s.field("Make")))),
    "text in the table that is not UTF-8": ("labels", replace_in("metadata.parquet", b"Nikonia", b"Nik\xff\xfeia")),
    "a table of far more rows than photos": ("labels", edit_table(lambda rows: rows.extend(rows * 100))),
    "a size without a height": ("images", edit_table(set_cell("height", None))),
    "a pipe for an image": ("files", lambda dataset: put(f"images/{first_image(dataset).name}", os.mkfifo)(dataset)),
    "a file for the folder of images": ("files", lambda dataset: put("images", Path.touch)(dataset)),
    "a split that is not UTF-8": ("splits", write(SPLIT, b'"\xff"')),
    "a split nested too deeply": ("splits", write(SPLIT, b'{"a":' * 100_000)),
    "a split with a number of 5,000 digits": ("splits", write(SPLIT, b"1" * 5_000)),
    "a folder for a split": ("files", put(SPLIT, Path.mkdir)),
    "a card that is not UTF-8": ("card", write("README.md", b"---\n\xff\n---\n")),
    "an attribution that is not UTF-8": ("card", write("ATTRIBUTION.csv", b"photo_id\n\xff\n")),
    "an attribution with an endless cell": ("card", write("ATTRIBUTION.csv", b"photo_id\n" + b"x" * 200_000)),
    "a description that is no JSON": ("card", write("croissant.json", b"{")),
    "an audit that is no object": ("card", write("audit.json", b"[]")),
    "a name that is not UTF-8": ("files", lambda dataset: Path(os.fsdecode(bytes(dataset) + b"/\xff")).touch()),
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


def test_one_damage_is_one_problem(exported: Path) -> None:
    """A table that cannot be read is told of once, not once for each photo that it would have named."""
    write("metadata.parquet", b"PAR1 but no more")(exported)
    assert [problem.check for problem in verify_set(exported)] == ["labels"]


def test_problems_can_be_printed(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that are not UTF-8 and foreign text with controls come out as one object that any terminal takes."""
    Path(os.fsdecode(bytes(exported) + b"/\xff\x1b[2J")).touch()
    edit_manifest(lambda m: m["files"].update({"\x1b]0;x\x07": ""}))(exported)
    assert run_cli(["verify", str(exported), "--json"]) == 1
    printed = capsys.readouterr().out
    answer = json.loads(printed)
    assert not answer["ok"]
    assert {"\\xff\\x1b[2J", "\\x1b]0;x\\x07"} <= {problem["path"] for problem in answer["problems"]}
    assert printed.encode()


def test_a_folder_that_cannot_be_listed(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose entries the system does not give is told of, and so are the files that are missed then."""
    scan = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "images":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    problems = verify_set(exported)
    assert ("files", "images", "the folder cannot be listed: Permission denied") in {
        (problem.check, problem.path, problem.what) for problem in problems
    }


def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    """A wrong path is a usage error."""
    with pytest.raises(UsageError):
        verify_set(tmp_path / "none")


def test_a_folder_that_is_no_set(tmp_path: Path) -> None:
    """A folder of photos, an empty one and a workspace are not called damaged sets."""
    (tmp_path / "photos").mkdir()
    Workspace.create(tmp_path / "w")
    for name, why in (("photos", "it has neither manifest.json nor metadata.parquet"), ("w", "it is a workspace")):
        with pytest.raises(UsageError, match=f"is not a set: {why}"):
            verify_set(tmp_path / name)
