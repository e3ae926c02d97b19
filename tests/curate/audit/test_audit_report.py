"""The audit of sets and splits that others made: planted leaks are found, each once, and sound sets pass."""

from __future__ import annotations

import csv
import datetime
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.audit import sides
from curate.audit.report import audit
from curate.audit.sides import found_set
from curate.cli import run_cli
from curate.errors import Exit, UsageError
from tests.conftest import write_photo
from tracer.base.console import print_table


def split_json(path: Path, **sides: list[Any]) -> Path:
    """A split file in the paper's form."""
    content: dict[str, Any] = {"target_attribute": "Model", "label_encoder_classes": ["a", "b"]}
    for side, ids in sides.items():
        content |= {f"{side}_ids": ids, f"encoded_{side}_labels": [0] * len(ids)}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def parquet_set(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A set's folder with its table alone."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = ("photo_id", "file_name", "sha256", "owner", "subject_idx", "camera_class", "format", "split")
    pq.write_table(pa.table({c: [row.get(c) for row in rows] for c in columns}), folder / "metadata.parquet")
    return folder


def kinds(answer: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    """The leaks found."""
    return {(leak["a"], leak["b"], leak["kind"]): leak["count"] for leak in answer["leaks"]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_overlaps_of_a_split_file_alone(tmp_path: Path, ab: int, ac: int, bc: int) -> None:
    """Exactly the shared photos are counted, by pair of sides; nothing is reported where nothing is shared."""
    shared_ab, shared_ac, shared_bc = list(range(ab)), list(range(100, 100 + ac)), list(range(200, 200 + bc))
    path = split_json(
        tmp_path / "split.json",
        train=[*range(1000, 1020), *shared_ab, *shared_ac],
        val=[*range(2000, 2005), *shared_ab, *shared_bc],
        test=[*range(3000, 3010), *shared_ac, *shared_bc],
    )
    expected = {("train", "val", "photo"): ab, ("train", "test", "photo"): ac, ("val", "test", "photo"): bc}
    assert kinds(audit([path])) == {key: n for key, n in expected.items() if n}


def test_what_a_set_s_photos_share(tmp_path: Path) -> None:
    """Owner, scene and equal content leak between sides; a photo on both sides is told once, as a photo."""
    rows = [
        {"photo_id": 1, "owner": "ann", "sha256": "a"}, {"photo_id": 2, "owner": "bob", "sha256": "b", "subject_idx": 7},
        {"photo_id": 3, "owner": "ann", "sha256": "c"}, {"photo_id": 4, "owner": "cy", "sha256": "d", "subject_idx": 7},
        {"photo_id": 5, "owner": "di", "sha256": "x"}, {"photo_id": 6, "owner": None, "sha256": "x"},
        {"photo_id": 7, "owner": None, "sha256": "e"},
    ]  # fmt: skip
    place = parquet_set(tmp_path / "set", rows)
    path = split_json(tmp_path / "split.json", train=[1, 2, 5, 7], val=[], test=[3, 4, 6, 7])
    assert kinds(audit([place, path])) == {
        ("train", "test", "photo"): 1, ("train", "test", "owner"): 1,
        ("train", "test", "scene"): 1, ("train", "test", "duplicate"): 1,
    }  # fmt: skip
    assert kinds(audit([place, path], ("owner",))) == {("train", "test", "photo"): 1, ("train", "test", "owner"): 1}
    assert kinds(audit([path])) == {("train", "test", "photo"): 1}
    chain = split_json(tmp_path / "chain.json", train=[1], test=[2])
    linked = [*rows, {"photo_id": 8, "owner": "ann", "sha256": "b"}]
    assert kinds(audit([parquet_set(tmp_path / "chained", linked), chain])) == {("train", "test", "group"): 1}


def test_a_set_says_what_it_kept_apart(tmp_path: Path) -> None:
    """A set whose manifest says that owners may be on both sides is held to its word; a stranger to ours."""
    rows = [{"photo_id": k, "owner": "ann", "sha256": str(k), "split": "train" if k % 2 else "test"} for k in range(6)]
    place = parquet_set(tmp_path / "set", rows)
    assert kinds(audit([place])) == {("test", "train", "owner"): 1}
    (place / "manifest.json").write_text(json.dumps({"group_by": ["scene"]}), encoding="utf-8")
    assert audit([place])["leaks"] == []


def test_folders_of_pictures_and_two_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain folders called train and test: an equal file on both sides is a leak; two sets are compared too."""
    for side in ("train", "test"):
        (tmp_path / "plain" / side / "cat").mkdir(parents=True)
        for k in range(3):
            write_photo(tmp_path / "plain" / side / "cat" / f"{side}{k}.jpg", seed=k + 10 * (side == "test"))
    assert audit([tmp_path / "plain"])["leaks"] == []
    shutil.copy(tmp_path / "plain/train/cat/train0.jpg", tmp_path / "plain/test/cat/other.jpg")
    assert kinds(audit([tmp_path / "plain"])) == {("test", "train", "duplicate"): 1}
    assert run_cli(["audit", str(tmp_path / "plain"), "--json"]) == Exit.LEAK
    assert json.loads(capsys.readouterr().out)["leaks"][0]["count"] == 1
    one, two = tmp_path / "plain/train", tmp_path / "plain/test"
    assert [leak["kind"] for leak in audit([one, two])["leaks"]] == ["duplicate"]


def test_confounds_of_a_stranger_s_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A CSV with `Is Smartphone` and a format is enough to say that the format tells the classes apart."""
    with (tmp_path / "metadata.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file_name", "Is Smartphone", "format", "width", "height"])
        writer.writerows([f"{k}.jpg", k % 2 == 0, "HEIF" if k % 2 == 0 else "JPEG", 40, 30] for k in range(60))
    answer = audit([tmp_path])
    (found,) = answer["confounds"]
    assert found["name"] == "format" and found["value"] > 0.9 and found["p_value"] < 1e-6
    assert answer["confounds_together"][0]["balanced_accuracy"] == 1.0
    assert run_cli(["audit", str(tmp_path)]) == Exit.DONE
    told = capsys.readouterr()
    assert "format" in told.out and "balanced accuracy of 100.0%" in told.err


@pytest.mark.parametrize(
    "content",
    [b"", b"[" * 50_000, b"[]", b'{"train_ids": "1"}', b'{"train_ids": [1.5]}', b"\xff\xd8", b"{}", b'{"a_ids": 3}'],
)
def test_what_is_no_split_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    """Anything else is refused with its name, never taken for a split without leaks."""
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.json"):
        audit([path])
    with pytest.raises(UsageError):
        audit([tmp_path / "nothing"])
    with pytest.raises(UsageError):
        audit([tmp_path])
    with pytest.raises(UsageError):
        audit([], ("camera",))


def test_a_stranger_s_names_do_nothing_to_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Owners, IDs, sides and file names are told with their controls written out, to a person and as JSON."""
    evil = "bob\x1b]0;pwned\x1b\\\u202e\x9b2J\ud800"
    rows = [{"photo_id": k, "owner": evil, "split": ("tr\x1b[2Jain", "test")[k % 2]} for k in range(4)]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "splits").mkdir()
    split_json(tmp_path / "splits" / "\x1b]52;c;aGk=.json", **{"tra\x1b[2Jin": [1, evil], "test": [2, evil]})
    for words in ([], ["--json"]):
        assert run_cli(["audit", str(tmp_path), *words]) == Exit.LEAK
        told = capsys.readouterr()
        assert r"bob\x1b]0;pwned" in told.out.replace("\\\\", "\\") and r"\x1b[2Jin" in told.out.replace("\\\\", "\\")
        assert not set(told.out + told.err) & {"\x1b", "\u202e", "\x9b", "\x07"}


def test_names_that_differ_in_a_control_alone_are_two(tmp_path: Path) -> None:
    """Identity is that of the raw text: what looks alike once cleaned is not taken for one owner."""
    rows = [{"photo_id": 1, "owner": "bob", "split": "train"}, {"photo_id": 2, "owner": "bob\u200b", "split": "test"}]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert audit([tmp_path])["leaks"] == []


def test_a_table_for_a_person_is_harmless_whatever_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """The printer writes controls out, too: a door that was forgotten does not reach the terminal."""
    print_table(
        [{"path": "/a/b\x1b[2J.jpg", "Model": "x\x1b]0;t\x07", "owners": ["\u202ea"]}],
        ("path", "Model", "owners"),
    )
    assert not set(capsys.readouterr().out) & {"\x1b", "\x07", "\u202e"}


def json_set(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A set's folder with a table of JSON lines alone."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


ODD = [
    "4000", "", "nan", "x", "\x1b[2J", "\ud800", 0, -4, 7.0, 1.5, 10**400, 1e308, 5e-324, float("nan"), float("inf"), True,
    None, [], ["a.jpg"], {}, {"nsid": "12@N00", "username": "ann"}, {"nsid": ["x"]}, "2020-01-01T²0:00:00", 1577836800000,
]  # fmt: skip
COLUMNS = [
    "file_name", "photo_id", "sha256", "phash", "owner", "subject_idx", "scene_idx", "duplicate_idx", "camera_class", "split",
    "Is Smartphone", "width", "height", "orientation", "jpeg_quality", "taken_at", "taken_precision", "Year", "format",
    "jpeg_subsampling", "edited", "semantic_label", "elsewhere",
]  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(ODD)), min_size=10, max_size=14))
def test_any_table_can_be_audited(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """Whatever a stranger's table holds, the audit ends with an answer that is JSON."""
    known = [row | {"camera_class": ("phone", "dslr/compact")[k % 2]} for k, row in enumerate(rows)]
    for table in (rows, known):
        assert json.dumps(audit([json_set(tmp_path, table)])).encode()


def test_values_of_strangers_are_understood_or_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as text and Flickr's owners count; a name that is a list, and a width that is none, are null and are told."""
    flickr = {"nsid": "12@N00", "username": "ann"}
    rows = [
        {"photo_id": "7", "width": "4000", "height": "3000.0", "owner": flickr, "split": "train", "Is Smartphone": 1},
        {"photo_id": 8.0, "width": float("nan"), "owner": "12@N00", "split": "test", "Is Smartphone": "False"},
        {"photo_id": "008", "file_name": ["a.jpg"], "width": "wide", "owner": {"id": 1}, "edited": "perhaps"},
    ]
    place = json_set(tmp_path, rows)
    one, two, three = found_set(place).photos.rows()
    assert (one["photo_id"], one["width"], one["height"], one["camera_class"]) == (7, 4000, 3000, "phone")
    assert (two["photo_id"], two["width"], two["camera_class"]) == (8, None, "dslr/compact")
    assert {name for name, value in three.items() if value is not None} == {"photo_id"} and three["photo_id"] == "008"
    split = split_json(tmp_path / "split.json", train=["7", 7, None, 1.5], test=["8"])
    answer = audit([place, split])
    assert kinds(answer) == {("train", "test", "owner"): 1}
    assert {entry["what"]: entry["values"] for entry in answer["unused"]} == {
        "file_name": 1, "width": 1, "owner": 1, "edited": 1, "train_ids": 2,
    }  # fmt: skip
    assert run_cli(["audit", str(place), str(split)]) == Exit.LEAK
    assert "could not be used: train_ids, 2 times" in capsys.readouterr().err


def test_timestamps_of_a_parquet_table(tmp_path: Path) -> None:
    """Times that are timestamps and owners that are objects, as Arrow keeps them, are read like text."""
    times = [datetime.datetime(2020, 1, 1, 21 if k % 2 else 9) for k in range(40)]
    columns = {
        "file_name": [f"{k}.jpg" for k in range(40)],
        "Is Smartphone": [bool(k % 2) for k in range(40)],
        "taken_at": times,
        "owner": [{"nsid": f"{k // 2}", "username": "ann"} for k in range(40)],
        "split": ["train" if k % 2 else "test" for k in range(40)],
        "image": [{"bytes": b"", "path": None}] * 40,
    }
    pq.write_table(pa.table(columns), tmp_path / "metadata.parquet")
    answer = audit([tmp_path])
    assert kinds(answer) == {("test", "train", "owner"): 20} and answer["unused"] == []
    assert [found["name"] for found in answer["confounds"]] == ["time_of_day"]


def test_a_picture_that_cannot_be_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain pictures of which one may not be read are audited all the same."""
    for side in ("train", "test"):
        (tmp_path / side).mkdir()
        for k in range(2):
            write_photo(tmp_path / side / f"{k}.jpg", seed=k)
    read = sides.open_regular

    def refusing(path: Path) -> Any:
        if path == tmp_path / "train/0.jpg":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(sides, "open_regular", refusing)
    answer = audit([tmp_path])
    assert kinds(answer) == {("test", "train", "duplicate"): 1}
    assert answer["unused"] == [{"place": str(tmp_path), "what": "picture file", "values": 1}]


def test_leaks_name_files(tmp_path: Path) -> None:
    """Examples are what a person can look at: the files of a photo of each side, with the owner or scene that they share."""
    rows = [
        {"photo_id": 1, "file_name": "images/1.jpg", "owner": "ann", "sha256": "a", "subject_idx": 7},
        {"photo_id": 2, "file_name": "images/2.jpg", "owner": "ann", "sha256": "b", "subject_idx": 7},
        {"photo_id": 3, "file_name": "images/3.jpg", "owner": "bob", "sha256": "c"},
        {"photo_id": 4, "file_name": "images/4.jpg", "owner": "cy", "sha256": "c"},
        {"photo_id": 5, "file_name": "images/5.jpg", "owner": "di", "sha256": "e"},
    ]
    place = parquet_set(tmp_path / "set", rows)
    path = split_json(tmp_path / "split.json", train=[1, 3, 5], test=[2, 4, 5])
    named = {leak["kind"]: leak["examples"] for leak in audit([place, path])["leaks"]}
    assert named == {
        "photo": ["images/5.jpg"],
        "owner": ["ann: images/1.jpg, images/2.jpg"],
        "scene": ["subject_idx 7: images/1.jpg, images/2.jpg"],
        "duplicate": ["images/3.jpg = images/4.jpg"],
    }
    other = parquet_set(tmp_path / "other", [{"photo_id": 9, "file_name": "images/9.jpg", "sha256": "a"}])
    (leak,) = audit([place, other])["leaks"]
    assert leak["examples"] == ["images/1.jpg = images/9.jpg"]


def test_an_audit_of_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A set without sides has nothing that could leak: that is said, with what to name instead, and does not count as done."""
    place = parquet_set(tmp_path / "set", [{"photo_id": 1, "file_name": "images/1.jpg"}])
    assert run_cli(["audit", str(place)]) == Exit.FAILED
    said = capsys.readouterr()
    assert "no leak found" not in said.out and "nothing was compared" in said.out
    assert "curate audit TRAIN_SET TEST_SET" in said.err
    path = split_json(tmp_path / "split.json", train=[1], val=[2], test=[3])
    assert run_cli(["audit", str(path)]) == Exit.DONE
    assert "no leak found in 3 comparisons" in capsys.readouterr().out
    assert audit([path])["compared"] == 3


def test_what_is_no_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workspace is refused, since its pictures are previews. For a path that does not exist the message names both kinds."""
    assert run_cli(["new", str(tmp_path / "w")]) == Exit.DONE
    assert run_cli(["audit", str(tmp_path / "w")]) == Exit.USAGE
    assert "is a workspace" in capsys.readouterr().err
    assert run_cli(["audit", str(tmp_path / "none")]) == Exit.USAGE
    assert "Name the folder of a set, or a JSON file of a split." in capsys.readouterr().err
