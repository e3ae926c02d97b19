"""Pairing in a workspace, by its commands: clocks that are kept and stated, drawings, groups, embeddings by tracer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import piexif
import pytest
from pairing_scenes import OTHER, PHONE, make_scene, photograph

from curate import handoff
from curate.catalog.bursts import kept_bursts
from curate.catalog.clocks import ClockOffset, clock_offsets, keep_clock_offsets
from curate.catalog.originals import refuse_original
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import Exit, HandoffError, UsageError
from curate.pairing.clocks.workspace_offsets import state_clock_offset
from curate.photos.facts import PhotoFacts, Status
from curate.workspace import Workspace

PHONE_NAME, OTHER_NAME = "Apple|iPhone X", "NIKON CORPORATION|NIKON D5500"
NOON = datetime(2024, 5, 4, 12, 0, 0)


def write(path: Path, picture: np.ndarray, camera: str, moment: datetime) -> None:
    """A photo with its camera and its time."""
    make, model = camera.split("|")
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    stamp = moment.strftime("%Y:%m:%d %H:%M:%S").encode()
    exif = {
        "0th": {piexif.ImageIFD.Make: make.encode(), piexif.ImageIFD.Model: model.encode()},
        "Exif": {piexif.ExifIFD.DateTimeOriginal: stamp},
    }
    piexif.insert(piexif.dump(exif), str(path))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paired workspace: four scenes by a phone and a camera whose clock is 1,000 s ahead; the phone took one twice."""
    folder = tmp_path_factory.mktemp("workspace")
    for scene in range(4):
        moment = NOON + timedelta(minutes=40 * scene)
        shapes = make_scene(9100 + scene)
        write(folder / f"photos/{scene}-phone.jpg", photograph(shapes, PHONE, scene), PHONE_NAME, moment)
        later = moment + timedelta(seconds=1008)
        write(folder / f"photos/{scene}-other.jpg", photograph(shapes, OTHER, scene), OTHER_NAME, later)
    again = photograph(make_scene(9100), PHONE, 0, jitter=1.0)
    write(folder / "photos/0-phone-again.jpg", again, PHONE_NAME, NOON + timedelta(seconds=3))
    workspace = folder / "w"
    assert run_cli(["new", str(workspace)]) == Exit.DONE
    assert run_cli(["ingest", str(folder / "photos"), "-w", str(workspace), "--jobs", "1"]) == Exit.DONE
    assert run_cli(["pair", "-w", str(workspace), "--jobs", "1"]) == Exit.DONE
    return workspace


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty workspace's catalogue that knows the two cameras."""
    workspace = Workspace.create(tmp_path / "w")
    with workspace.writing("test"), Catalog.open(workspace) as opened:
        for number, (name, kind) in enumerate(((PHONE_NAME, "smartphone"), (OTHER_NAME, "dslr")), 1):
            make, model = name.split("|")
            opened.connection.execute(
                "INSERT INTO camera (id, make, model, type) VALUES (?, ?, ?, ?)", (number, make, model, kind)
            )
        yield opened


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command prints with --json."""
    capsys.readouterr()
    assert run_cli([*words, "--json"]) == Exit.DONE
    return json.loads(capsys.readouterr().out)


def test_clocks_are_told_with_their_interval(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fixed keys are there; beside them the interval and where the offset comes from."""
    (offset,) = printed(capsys, "clocks", "-w", str(place))["offsets"]
    assert (offset["camera_a"], offset["camera_b"]) == (PHONE_NAME, OTHER_NAME)
    assert offset["seconds"] == pytest.approx(1008, abs=1) and offset["support"] == 4
    assert offset["margin"] >= 1 and offset["source"] == "content" and offset["since"] is None


def test_a_stated_offset_stands_alone(catalog: Catalog) -> None:
    """Stated in either direction it is kept with the phone first; an estimate never stands beside it."""
    state_clock_offset(catalog, OTHER_NAME, PHONE_NAME, -55.0)
    keep_clock_offsets(catalog, [ClockOffset(PHONE_NAME, OTHER_NAME, 9.0, 1.0, 5)])
    (row,) = clock_offsets(catalog)
    assert (row.camera_a, row.seconds, row.source) == (PHONE_NAME, 55.0, "person")
    state_clock_offset(catalog, PHONE_NAME, OTHER_NAME, 66.0)
    assert [row.seconds for row in clock_offsets(catalog)] == [66.0]


def test_all_stretches_of_a_set_clock_are_kept(catalog: Catalog) -> None:
    """Two offsets of the same two cameras stay two, with the times between which they hold, and drift is told."""
    keep_clock_offsets(
        catalog,
        [
            ClockOffset(PHONE_NAME, OTHER_NAME, 10.0, 1.0, 9, 2.0, "content", until=86_400.0),
            ClockOffset(
                PHONE_NAME, OTHER_NAME, 3700.0, 1.0, 5, 3.0, "gps", since=80_000.0, drift=0.5, drift_at=90_000.0
            ),
        ],
    )
    first, second = (offset.to_dict() for offset in clock_offsets(catalog))
    assert (first["until"], second["since"]) == ("1970-01-02T00:00:00", "1970-01-01T22:13:20")
    assert (second["source"], second["drift_s_per_day"], second["drift_at"]) == ("gps", 0.5, "1970-01-02T01:00:00")
    assert second["jump"] is not None and first["jump"] is None


def test_matches_are_drawn_by_a_command(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The PNG holds both previews; its count is that of the points; a photo of neither side is refused."""
    photos = place.parent / "photos"
    pair = str(photos / "1-phone.jpg"), str(photos / "1-other.jpg")
    told = printed(capsys, "matches", *pair, "-w", str(place), "-o", str(tmp_path / "m.png"))
    picture = cv2.imread(told["output"])
    assert told["matches"] >= 20 and picture is not None and picture.shape[1] == 640 + 12 + 640
    assert run_cli(["matches", pair[0], "nowhere.jpg", "-w", str(place), "-o", str(tmp_path / "n.png")]) == Exit.USAGE


def test_a_drawing_never_replaces_an_original(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a photo, nothing new beside it, however the path is spelled; another file only where that is asked for."""
    photos = place.parent / "photos"
    words = ["matches", str(photos / "1-phone.jpg"), str(photos / "1-other.jpg"), "-w", str(place), "-o"]
    before = {path: path.read_bytes() for path in photos.iterdir()}
    (tmp_path / "link").symlink_to(photos)
    for target in (photos / "1-phone.jpg", photos / "m.png", tmp_path / "link" / "m.png"):
        assert run_cli([*words, str(target), "--replace"]) == Exit.USAGE
        assert "original" in capsys.readouterr().err
    monkeypatch.chdir(photos)
    assert run_cli([*words, "1-other.jpg", "--replace"]) == Exit.USAGE
    assert {path: path.read_bytes() for path in photos.iterdir()} == before
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"a drawing of mine")
    assert run_cli([*words, str(kept)]) == Exit.USAGE and kept.read_bytes() == b"a drawing of mine"
    assert "--replace" in capsys.readouterr().err
    assert run_cli([*words, str(kept), "--replace"]) == Exit.DONE and cv2.imread(str(kept)) is not None


def test_a_photo_taken_in_by_its_name_is_an_original_too(catalog: Catalog, tmp_path: Path) -> None:
    """Also where its folder was not taken in; what lies beside it then is nobody's original."""
    photo = tmp_path / "alone.jpg"
    put_photo(catalog, os.fsencode(photo), PhotoFacts(Status.OK, sha256="a" * 64), 1)
    with pytest.raises(UsageError, match="original"):
        refuse_original(catalog, photo)
    refuse_original(catalog, tmp_path / "drawing.png")


def test_a_burst_is_known_and_proposed_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shot taken again is linked to the first; each scene has one proposed pair, and the rest are alternatives."""
    with Catalog.open(Workspace.open(place), read_only=True) as catalog:
        assert len(kept_bursts(catalog)) == 1
    capsys.readouterr()
    assert run_cli(["pairs", "-w", str(place), "--format", "jsonl"]) == Exit.DONE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assigned = [Path(row["phone"]).name[0] for row in rows if row["evidence"]["assigned"]]
    assert sorted(assigned) == ["0", "1", "2", "3"]


def test_groups_are_listed_and_drawn_from(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All photos of a scene make a group; a two-class set has one photo of each camera a scene."""
    capsys.readouterr()
    assert run_cli(["groups", "-w", str(place), "--format", "jsonl"]) == Exit.DONE
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 9 and len({row["scene_idx"] for row in rows}) == 4
    words = ["groups", "-w", str(place), "--draw", PHONE_NAME, OTHER_NAME, "--format", "jsonl"]
    assert run_cli(words) == Exit.DONE
    drawn = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [(Path(row[PHONE_NAME]).name[0], Path(row[OTHER_NAME]).name[0]) for row in drawn]
    assert sorted(names) == [(str(k), str(k)) for k in range(4)]


class Tracer:
    """The process of `tracer embed`, as far as curate sees it."""

    def __init__(self, command: list[str], **_: object) -> None:
        words = command[command.index("embed") :]
        folder = Path(words[words.index("-o") + 1]) / "embeddings" / "previews"
        folder.mkdir(parents=True)
        pictures = sorted(Path(words[1]).iterdir(), key=lambda path: int(path.stem))
        self.returncode = self.embed(pictures, words[3], folder / "model=offline_variant=x.safetensors")

    def embed(self, pictures: list[Path], encoder: str, file: Path) -> int:
        """Write the file; returns the exit code."""
        raise NotImplementedError

    def __enter__(self) -> Tracer:
        return self

    def __exit__(self, *_: object) -> None: ...

    def communicate(self) -> tuple[str, str]:
        """What it printed."""
        return "{}", "loading encoders: 0 of 1\ntracer: There is no encoder nobody\nName one that there is.\n"


def test_a_photo_that_is_never_embedded_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again each time, alone: what other runs made stays. One whose preview is gone is absent, too."""
    from safetensors.numpy import save_file

    asked: list[int] = []

    class Child(Tracer):
        """It cannot read what says that it is bad."""

        def embed(self, pictures: list[Path], encoder: str, file: Path) -> int:
            asked.append(len(pictures))
            good = [int(path.stem) for path in pictures if path.read_text() != "bad"]
            if good:
                vectors = np.ones((len(good), 4), np.float32)
                save_file({"Flickr ID": np.array(good, np.int64), "image_embeddings": vectors}, str(file))
            return Exit.DONE if len(good) == len(pictures) else Exit.SOME_FAILED

    monkeypatch.setattr(subprocess, "Popen", Child)
    previews = {letter * 64: tmp_path / f"{letter}.jpg" for letter in "abcde"}
    for letter, path in zip("abcde", previews.values(), strict=True):
        path.write_text("bad" if letter == "a" else letter)
    three = dict(list(previews.items())[:3])
    gone = {"f" * 64: tmp_path / "gone.jpg"}
    assert len(handoff.embed_previews(three | gone, tmp_path, "offline/x")) == 2
    for _ in range(3):
        assert set(handoff.embed_previews(previews | gone, tmp_path, "offline/x")) == set(previews) - {"a" * 64}
    assert asked == [3, 3, 1, 1]
    assert handoff.embed_previews(gone, tmp_path, "offline/x") == {} and len(asked) == 4


def test_embeddings_are_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tracer runs for what is missing alone, in a process of its own; its failure is passed on; damage is mended."""
    from safetensors.numpy import save_file

    asked: list[list[str]] = []

    class Child(Tracer):
        """A vector a picture, from its content."""

        def embed(self, pictures: list[Path], encoder: str, file: Path) -> int:
            asked.append([path.read_text() for path in pictures])
            ids = np.array([int(path.stem) for path in pictures], np.int64)
            vectors = np.array([[float(path.read_text()), 1.0] for path in pictures], np.float32)
            save_file({"Flickr ID": ids, "image_embeddings": vectors}, str(file))
            return Exit.USAGE if encoder == "nobody" else Exit.DONE

    monkeypatch.setattr(subprocess, "Popen", Child)
    previews = {}
    for number in range(3):
        previews[f"{number:064x}"] = tmp_path / f"{number}.jpg"
        previews[f"{number:064x}"].write_text(str(number))
    two = dict(list(previews.items())[:2])
    assert {k[-1]: v[0] for k, v in handoff.embed_previews(two, tmp_path, "offline/x").items()} == {"0": 0.0, "1": 1.0}
    found = handoff.embed_previews(previews, tmp_path, "offline/x")
    assert [float(v[0]) for _, v in sorted(found.items())] == [0.0, 1.0, 2.0] and asked == [["0", "1"], ["2"]]
    for part in (tmp_path / "embeddings").rglob("*.embeddings"):
        part.write_bytes(b"cut")
    assert len(handoff.embed_previews(previews, tmp_path, "offline/x")) == 3 and len(asked) == 3
    with pytest.raises(HandoffError, match="There is no encoder nobody") as refused:
        handoff.embed_previews(previews, tmp_path, "nobody", quiet=True)
    assert refused.value.way_out == "Name one that there is."
    assert not list(tmp_path.rglob("nobody")) and not list(tmp_path.rglob(".run-*")), "nothing is left behind"
