"""Data set folders as tables."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.input_photos import picture, write_flat, write_metadata, write_set
from tracer.dataset import groups, open_set, phone_or_not, photo_id_from_sha256, read_split
from tracer.errors import DataSetError


def _splits(folder: Path, attribute: str = "Make", **changes: object) -> Path:
    content = {
        "target_attribute": attribute, "label_encoder_classes": ["Apple", "Canon"],
        "train_ids": [1, 2], "val_ids": [3], "test_ids": [4],
        "encoded_train_labels": [0, 1], "encoded_val_labels": [0], "encoded_test_labels": [1],
    } | changes  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"split_data_target_attribute={attribute}.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_metadata_of_every_kind_gives_the_same_table(tmp_path: Path, kind: str) -> None:
    """Strings stay strings ("007", "NA"), absent values are absent, flags and numbers get their types."""
    rows = [
        {
            "file_name": "images/12.png",
            "photo_id": 12,
            "Make": "NA",
            "ISO Speed": "007",
            "Is Smartphone": True,
            "subject_idx": 3,
        },
        {
            "file_name": "images/9.png",
            "photo_id": 9,
            "Make": None,
            "ISO Speed": "400",
            "Is Smartphone": None,
            "subject_idx": None,
        },
    ]
    table = open_set(write_set(tmp_path / "set", rows, kind)).table
    assert table["photo_id"].tolist() == [12, 9] and table["photo_id"].dtype == np.int64
    assert table["Make"].tolist() == ["NA", None]
    assert table["ISO Speed"].tolist() == ["007", "400"]
    assert table["Is Smartphone"].tolist() == [True, pd.NA]
    assert table["subject_idx"].tolist() == [3, pd.NA]
    assert [Path(path).is_absolute() and Path(path).is_file() for path in table["path"]] == [True, True]


def test_large_ids_survive_a_column_with_gaps(tmp_path: Path) -> None:
    """An id near 2^53 is not rounded although another row of the column is empty."""
    rows = [{"file_name": "a.png", "photo_id": 2**53 - 1}, {"file_name": "b.png", "photo_id": None}]
    for kind in ("parquet", "jsonl", "csv"):
        table = open_set(write_set(tmp_path / kind, rows, kind)).table
        assert table.set_index("file_name").loc["a.png", "photo_id"] == 2**53 - 1


def test_class_folders_with_splits(tmp_path: Path) -> None:
    """An ImageFolder gives the class as semantic_label and the split as a column; numbers that repeat are no ids."""
    for split in ("train", "validation"):
        for number, name in enumerate(("cat", "dog")):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            picture(number + len(split)).save(tmp_path / "set" / split / name / "1.png")
    photo_set = open_set(tmp_path / "set")
    assert set(photo_set.table["semantic_label"]) == {"cat", "dog"}
    assert sorted(photo_set.table["split"]) == ["train", "train", "val", "val"]
    first = photo_set.table.iloc[0]
    digest = hashlib.sha256(Path(first["path"]).read_bytes()).hexdigest()
    assert first["photo_id"] == photo_id_from_sha256(digest)
    assert photo_set.table["photo_id"].min() >= 10**15 and photo_set.table["photo_id"].max() < 2**53


@pytest.mark.parametrize("above", ["", "train_val2018", "train"])
def test_an_inaturalist_tree_is_labelled_by_species(tmp_path: Path, above: str) -> None:
    """Folders of species below folders of super-categories give the species, also below a folder more or that of a split."""
    names = ("Aves/Turdus merula", "Aves/Parus major", "Plantae/Bellis perennis")
    for number, name in enumerate(names):
        folder = tmp_path / "set" / above / name
        folder.mkdir(parents=True)
        picture(number).save(folder / "x.jpg")
    if above == "train":
        (tmp_path / "set" / "val" / names[0]).mkdir(parents=True)
        picture(9).save(tmp_path / "set" / "val" / names[0] / "y.jpg")
    assert set(open_set(tmp_path / "set").table["semantic_label"]) == {name.split("/")[1] for name in names}


def test_other_trees_are_labelled_by_their_first_folder(tmp_path: Path) -> None:
    """Folders inside classes that are no super-categories, and super-categories that hold photos themselves, are as before."""
    for number, name in enumerate(("Aves/a/1.png", "Aves/b/2.png", "cars/a/3.png")):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(tmp_path / "set" / name)
    assert set(open_set(tmp_path / "set").table["semantic_label"]) == {"Aves", "cars"}
    shutil.rmtree(tmp_path / "set" / "cars")
    picture(7).save(tmp_path / "set" / "Aves" / "4.png")
    assert "semantic_label" not in open_set(tmp_path / "set").table


def test_id_from_sha256_by_hand() -> None:
    """The id is 10^15 plus the big-endian digest modulo (2^53 − 10^15), computed here from bytes."""
    digest = hashlib.sha256(b"photo")
    expected = 10**15 + int.from_bytes(digest.digest(), "big") % (2**53 - 10**15)
    assert photo_id_from_sha256(digest.hexdigest()) == expected


def test_metadata_in_split_folders(tmp_path: Path) -> None:
    """Metadata in train/ and test/ are put together, file names being relative to their own folder."""
    write_set(tmp_path / "set" / "train", [{"file_name": "1.png", "Make": "A"}])
    write_set(tmp_path / "set" / "test", [{"file_name": "2.png", "Make": "B"}])
    table = open_set(tmp_path / "set").table
    assert table[["file_name", "Make", "split"]].to_numpy().tolist() == [
        ["train/1.png", "A", "train"],
        ["test/2.png", "B", "test"],
    ]


def test_flat_folder_takes_ids_from_names_and_orders_by_them(tmp_path: Path) -> None:
    """The paper's flat layout: 9 comes before 10, and one folder of pictures is no semantic class."""
    folder = write_flat(tmp_path / "set" / "images", 3, first=8)
    (folder / "notes.doc").write_text("x")
    photo_set = open_set(tmp_path / "set")
    assert photo_set.table["photo_id"].tolist() == [8, 9, 10]
    assert "semantic_label" not in photo_set.table
    assert [(problem.path, problem.reason) for problem in photo_set.problems] == [
        ("images/notes.doc", "not a picture by its extension")
    ]


def test_exact_copies_are_listed(tmp_path: Path) -> None:
    """Of two equal files without ids the first by name stays, the other is a problem that names it."""
    (tmp_path / "set").mkdir()
    picture(1).save(tmp_path / "set" / "a.png")
    shutil.copy(tmp_path / "set" / "a.png", tmp_path / "set" / "b.png")
    photo_set = open_set(tmp_path / "set")
    assert photo_set.table["file_name"].tolist() == ["a.png"]
    assert photo_set.problems[0].path == "b.png" and "exact copy of a.png" in photo_set.problems[0].reason


def test_rows_do_not_depend_on_the_order_of_metadata_or_files(tmp_path: Path) -> None:
    """Shuffled metadata give the same table: pairs together, the other camera before the phone, the rest last."""
    rows = [
        {"file_name": f"{photo_id}.png", "photo_id": photo_id, "subject_idx": subject, "Is Smartphone": phone}
        for photo_id, subject, phone in [(1, 1, True), (2, 0, True), (3, None, None), (4, 0, False), (5, 1, False)]
    ]
    first = open_set(write_set(tmp_path / "set", rows)).table
    random.Random(3).shuffle(rows)
    write_metadata(tmp_path / "set", rows)
    second = open_set(tmp_path / "set").table
    assert first["photo_id"].tolist() == [4, 2, 5, 1, 3]
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png", "/etc/passwd", "images/../../x.png", "C:\\x.png", "..\\x.png", "http://host/x.png", "file:///x.png",
        "a\0b.png",
    ],
)  # fmt: skip
def test_a_file_name_cannot_leave_the_set(tmp_path: Path, name: str) -> None:
    """Metadata that name a file outside the folder are refused as a whole."""
    (tmp_path / "set").mkdir()
    picture(1).save(tmp_path / "outside.png")
    write_metadata(tmp_path / "set", [{"file_name": name}])
    with pytest.raises(DataSetError, match="outside its set"):
        open_set(tmp_path / "set")


def test_what_is_no_data_set_is_said(tmp_path: Path) -> None:
    """No folder, an empty one, one of texts, and metadata without rows each give a clear error."""
    with pytest.raises(DataSetError, match="not a folder"):
        open_set(tmp_path / "nowhere")
    (tmp_path / "set").mkdir()
    with pytest.raises(DataSetError, match="no photo"):
        open_set(tmp_path / "set")
    (tmp_path / "set" / "letter.doc").write_text("x")
    with pytest.raises(DataSetError, match=r"1 entry was left out, the first: letter\.doc"):
        open_set(tmp_path / "set")
    (tmp_path / "set" / "metadata.csv").write_text("file_name\n")
    with pytest.raises(DataSetError, match="no photo"):
        open_set(tmp_path / "set")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("metadata.parquet", b"PAR1 but not really", "cannot be read"),
        ("metadata.parquet", b"PAR1" + b"\xff" * 90, "not a parquet file"),
        ("metadata.jsonl", b'{"file_name": "a.png"}\n{"file', "cannot be read"),
        ("metadata.jsonl", b"[1]\n", "cannot be read"),
        ("metadata.csv", b"file_name,Make\na.png,\xff\xfe\n", "cannot be read"),
        ("metadata.csv", b"image,Make\na.png,X\n", "no column file_name"),
        ("metadata.csv", b"file_name,subject_idx\na.png,first\n", "whole numbers"),
        ("metadata.csv", b"file_name,Is Smartphone\na.png,perhaps\n", "True or False"),
    ],
)
def test_damaged_metadata(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Metadata that cannot be understood are an error that says why."""
    (tmp_path / "set").mkdir()
    picture(1).save(tmp_path / "set" / "a.png")
    (tmp_path / "set" / name).write_bytes(content)
    with pytest.raises(DataSetError, match=words):
        open_set(tmp_path / "set")


def test_missing_photos_and_doubled_ids(tmp_path: Path) -> None:
    """A row without its file, and one id for two files, are errors that name them."""
    write_set(tmp_path / "set", [{"file_name": "1.png", "photo_id": 1}, {"file_name": "2.png", "photo_id": 1}])
    with pytest.raises(DataSetError, match=r"1: 1\.png, 2\.png"):
        open_set(tmp_path / "set")
    (tmp_path / "set" / "2.png").unlink()
    with pytest.raises(DataSetError, match=r"1 of 2 photos .* are missing: 2\.png"):
        open_set(tmp_path / "set")


def test_flat_folder_with_one_id_twice(tmp_path: Path) -> None:
    """1.png beside 1.jpg in the paper's layout is an error, not a silent choice."""
    write_flat(tmp_path / "set", 1)
    picture(2).save(tmp_path / "set" / "01.png")
    with pytest.raises(DataSetError, match="more than one photo"):
        open_set(tmp_path / "set")


def test_linked_folders_are_listed_not_followed(tmp_path: Path) -> None:
    """A loop of links ends, and is listed; other special files too."""
    write_flat(tmp_path / "set", 1)
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    os.mkfifo(tmp_path / "set" / "pipe.jpg")
    photo_set = open_set(tmp_path / "set")
    assert len(photo_set) == 1
    assert {problem.path for problem in photo_set.problems} == {"loop", "pipe.jpg"}


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is still opened, and its shown name can be printed."""
    (tmp_path / "set").mkdir()
    picture(1).save(tmp_path / "a.png")
    os.rename(tmp_path / "a.png", os.fsencode(tmp_path / "set") + b"/caf\xe9.png")
    table = open_set(tmp_path / "set").table
    assert Path(table["path"].iloc[0]).is_file()
    assert table["file_name"].iloc[0].encode("utf-8").endswith(b".png")


def test_splits_are_parsed_and_strangers_counted(tmp_path: Path) -> None:
    """A split file becomes arrays; ids that the set lacks are a problem, not an error."""
    write_flat(tmp_path / "set", 3)
    _splits(tmp_path / "set" / "splits", "ISO Speed")
    photo_set = open_set(tmp_path / "set")
    split = photo_set.splits["ISO Speed"]
    assert split.classes == ("Apple", "Canon") and split.ids["train"].dtype == np.int64
    assert split.labels["train"].tolist() == [0, 1]
    assert [problem.reason for problem in photo_set.problems] == ["1 of its ids are not in this set"]


def test_split_leaks_are_counted(tmp_path: Path) -> None:
    """Ids that stand in two parts are reported, as the paper's published Model split has them."""
    split = read_split(
        _splits(tmp_path, test_ids=[1, 2, 7], encoded_test_labels=[0, 1, 1], val_ids=[7], encoded_val_labels=[1])
    )
    assert split.shared() == {("train", "test"): 2, ("val", "test"): 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_ids": ["1", "2"]}, "not an integer"),
        ({"train_ids": [True, 2]}, "not an integer"),
        ({"val_ids": None}, "val_ids is missing"),
        ({"encoded_test_labels": [0, 1]}, "1 test_ids have 2 labels"),
        ({"encoded_test_labels": [2]}, "not one of the 2 classes"),
        ({"target_attribute": "Model"}, "its name says Make"),
        ({"label_encoder_classes": []}, "label_encoder_classes is missing"),
    ],
)
def test_bad_split_files(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    """Each rule of the format is checked on reading."""
    with pytest.raises(DataSetError, match=words):
        read_split(_splits(tmp_path, **changes))


_VALUES = st.one_of(st.none(), st.integers(0, 4))


@settings(deadline=None)
@given(st.lists(st.tuples(_VALUES, _VALUES, _VALUES), min_size=1, max_size=30))
def test_groups_are_connected_components(rows: list[tuple[int | None, int | None, int | None]]) -> None:
    """Groups equal those of a plain flood fill over shared owners, scenes and subjects."""
    table = pd.DataFrame(
        {
            "owner": pd.Series([None if a is None else f"o{a}" for a, _, _ in rows], dtype=object),
            "scene_idx": pd.array([b for _, b, _ in rows], dtype="Int64"),
            "subject_idx": pd.array([c for _, _, c in rows], dtype="Int64"),
        }
    )
    expected = [-1] * len(rows)
    for start in range(len(rows)):
        if expected[start] >= 0:
            continue
        label, stack = max(expected) + 1, [start]
        while stack:
            here = stack.pop()
            if expected[here] >= 0:
                continue
            expected[here] = label
            stack += [
                other
                for other in range(len(rows))
                if any(a is not None and a == b for a, b in zip(rows[here], rows[other], strict=True))
            ]
    assert groups(table).tolist() == expected


def test_groups_without_columns_are_rows() -> None:
    """A set that knows neither photographers nor scenes has a cluster a photo; `by` chooses the columns."""
    table = pd.DataFrame({"owner": ["me", "me"]}, dtype=object)
    assert groups(table).tolist() == [0, 0]
    assert groups(table, by=("scene_idx",)).tolist() == [0, 1]


def test_phone_or_not_from_what_there_is() -> None:
    """`Is Smartphone` rules, then camera_class, then camera_type; a tablet is neither."""
    flags = pd.DataFrame(
        {"Is Smartphone": pd.array([True, False, None], dtype="boolean"), "camera_class": ["dslr/compact"] * 3}
    )
    assert phone_or_not(flags).tolist() == [1, 0, -1]
    assert phone_or_not(pd.DataFrame({"camera_class": ["phone", "dslr/compact", None]})).tolist() == [1, 0, -1]
    types = ["smartphone", "dslr", "mirrorless", "compact", "tablet", None]
    assert phone_or_not(pd.DataFrame({"camera_type": types})).tolist() == [1, 0, 0, 0, -1, -1]
    assert phone_or_not(pd.DataFrame({"x": [1, 2]})).tolist() == [-1, -1]


def test_labels_are_cleaned(tmp_path: Path) -> None:
    """Control characters and direction marks of a foreign label do not reach a terminal; blank labels are absent."""
    rows = [
        {"file_name": "1.png", "Make": "Evil\x1b]52;c;x\x07\u202e ", "Model": "  "},
        {"file_name": "2.png", "Make": "B", "Model": "M"},
    ]
    table = open_set(write_set(tmp_path / "set", rows)).table
    assert table["Make"].iloc[0] == "Evil]52;c;x" and table["Model"].iloc[0] is None


def test_reading_a_set_imports_no_torch(tmp_path: Path) -> None:
    """Listing encoders and opening a set stay light."""
    write_flat(tmp_path / "set", 2)
    code = (
        "import sys, tracer.embeddings.store\n"
        "from tracer.dataset import open_set\n"
        "from tracer.encoders.registry import available\n"
        f"open_set({str(tmp_path / 'set')!r}), available()\n"
        "print(sorted(set(sys.modules) & {'torch', 'timm', 'open_clip', 'cv2'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.corpus
def test_real_class_folders(corpus: Path) -> None:
    """The natural photos open as class folders, each row with a picture that is there."""
    photo_set = open_set(corpus / "natural-images" / "grocery")
    assert len(photo_set) > 50 and photo_set.table["semantic_label"].nunique() > 10
    assert photo_set.table["photo_id"].is_unique


def test_a_set_of_addresses_is_refused_in_words(tmp_path: Path) -> None:
    """FlickrExif itself, or a set of its form, has no pictures to embed."""
    pd.DataFrame({"Flickr ID": [1, 2], "url": ["https://a", "https://b"]}).to_parquet(tmp_path / "metadata.parquet")
    with pytest.raises(DataSetError, match="holds no pictures") as refused:
        open_set(tmp_path)
    assert "2 photos" in str(refused.value)
