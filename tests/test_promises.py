"""README's promises: one journey through both programs, and a test of each promise whose docstring is the promise."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import imagehash
import pandas as pd
import pytest
from PIL import Image

from tests.conftest import write_photo

pytestmark = [pytest.mark.xdist_group("promises"), pytest.mark.slow]  # the journey is made once

OWNERS = 9
CAMERAS = {"Canon": "Canon EOS 40D", "Apple": "iPhone 6"}
SERIAL, PLACE = "7231-SERIAL", (52, 31, 12.5)

# Python looks for this module as it starts, in the worker processes too: each address that is asked for is written down.
WATCH = """
import os, sys
def hook(event, arguments):
    asked = {"socket.getaddrinfo": arguments[:1], "socket.connect": arguments[1:], "socket.sendto": arguments[1:]}.get(event)
    if asked and not isinstance(asked[0], (str, bytes)) or event == "socket.getaddrinfo":
        with open(os.environ["WATCHED"], "a") as file:
            file.write(f"{event} {asked}\\n")
sys.addaudithook(hook)
"""


@dataclass(frozen=True)
class Journey:
    """What the journey left: the folder of photos as it was before, the workspace, the sets, the run."""

    root: Path
    before: dict[str, tuple[int, int, bytes]]
    ingested: dict[str, object]

    def run(self, *words: str | Path, code: int = 0, program: str = "curate") -> str:
        """Run a command as a person does; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", program, *map(str, words)], cwd=self.root, env=self.environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    def asks(self, *words: str | Path, code: int = 0) -> dict:
        """Run a command of curate with --json; the object."""
        return json.loads(self.run(*words, "--json", code=code))

    @property
    def environment(self) -> dict[str, str]:
        paths = os.pathsep.join([str(self.root / "watch"), str(Path(__file__).parent.parent)])
        return {**os.environ, "PYTHONPATH": paths, "WATCHED": str(self.root / "network.txt")}


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Photos taken in, paired, split, exported, checked and evaluated, each by its command in a process of its own."""
    root = tmp_path_factory.mktemp("journey")
    (root / "watch").mkdir()
    (root / "watch" / "sitecustomize.py").write_text(WATCH)
    take_photos(root / "photos", root / "labels.csv", root / "known.csv")
    before = contents(root / "photos")
    start = Journey(root, before, {})
    start.run("new", "w")
    made = Journey(root, before, start.asks("ingest", "photos", "-w", "w", "--labels", "labels.csv", code=3))
    made.run("pair", "-w", "w")
    made.run("pairs", "import", "known.csv", "-w", "w")
    made.run("split", "-w", "w", "--attribute", "Make")
    made.run("export", "set", "-w", "w")
    made.run("verify", "set")
    short = (
        "--attributes",
        "Make",
        "--mask",
        "0",
        "--protocol",
        "fast",
    )  # what `evaluate` does, for one figure and no page
    made.run("probe", "set", "--encoders", "offline/efficientnet-lite0", *short, "-o", "run", program="tracer")
    return made


def take_photos(folder: Path, labels: Path, known: Path) -> None:
    """Two cameras' photos of a dozen people, with private tags; a near copy, a damaged file, and a camera nobody knows."""
    rows, pairs = [["file", "owner", "license"]], [["image_a", "image_b"]]
    seed = 0
    for owner in range(OWNERS):
        for make, model in CAMERAS.items():
            for number in range(2):
                name = f"{owner}-{make}-{number}.jpg"
                add_private_tags(write_photo(folder / name, seed, make, model))
                rows.append([name, f"person {owner}", "CC-BY-4.0"])
                seed += 1
        pairs.append([f"photos/{owner}-Apple-0.jpg", f"photos/{owner}-Canon-0.jpg"])
    with Image.open(folder / "0-Canon-1.jpg") as one:  # somebody else posted it again, smaller
        one.resize((128, 96)).save(folder / "copy.jpg", exif=one.getexif(), quality=80)
    rows.append(["copy.jpg", "person 7", "CC-BY-4.0"])
    write_photo(folder / "unknown.jpg", 1000, "Nobody", "Never 1")
    whole = write_photo(folder / "damaged.jpg", 1001)
    whole.write_bytes(whole.read_bytes()[:1500])
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([rows[0], *([f"photos/{name}", *rest] for name, *rest in rows[1:])])
    with known.open("w", newline="") as file:
        csv.writer(file).writerows(pairs)


def add_private_tags(photo: Path) -> None:
    """Add a place, a serial number, a note of the maker and a thumbnail."""
    import piexif

    tags = piexif.load(str(photo))
    tags["GPS"] = {1: b"N", 2: tuple((int(10 * x), 10) for x in PLACE), 3: b"E", 4: ((13, 1), (24, 1), (0, 1))}
    tags["Exif"] |= {0xA431: SERIAL.encode(), 0x927C: b"a note of the maker " + SERIAL.encode()}
    tags["thumbnail"] = photo.read_bytes()
    piexif.insert(piexif.dump(tags), str(photo))


def contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each file below a folder: its mode, its time, its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in files
    }


def test_promise_1(journey: Journey) -> None:
    """Your originals are never written to."""
    assert contents(journey.root / "photos") == journey.before


def test_promise_2(journey: Journey) -> None:
    """No photo and no label leaves your machine. Encoders named `offline/…` need no network; others need weights that you have or
    fetch."""
    network = journey.root / "network.txt"
    assert not network.exists(), network.read_text()
    # what watches does watch
    call = (
        "import socket, contextlib\nwith contextlib.suppress(OSError): socket.create_connection(('127.0.0.1', 9), .1)"
    )
    subprocess.run([sys.executable, "-c", call], env=journey.environment, check=True)
    assert "socket.connect" in network.read_text()
    network.unlink()


def test_promise_3(journey: Journey) -> None:
    """Any interruption is safe: run the command again and it goes on. Decisions are an append-only log; undo works after a
    restart."""
    journey.run("new", "killed")
    # the second sight of a photo has no news: how often the command is killed cannot be seen in what it leaves
    ways = (
        ("ingest", "photos", "-w", "killed", "--labels", "labels.csv"),
        ("pairs", "import", "known.csv", "-w", "killed"),
    )
    ways += (("split", "-w", "killed", "--attribute", "Make"), ("export", "killed-set", "-w", "killed"))
    chance = random.Random(3)
    for words in ways:
        kill_after(journey, words, 0.4 + 1.2 * chance.random())
        if not (words[0] == "export" and (journey.root / "killed-set").exists()):
            journey.run(*words, code=3 if words[0] == "ingest" else 0)
    journey.run("verify", "killed-set")
    labels = [pd.read_parquet(journey.root / name / "metadata.parquet") for name in ("set", "killed-set")]
    pd.testing.assert_frame_equal(*labels)
    accepted = journey.asks("decide", "reject", "photos/0-Apple-0.jpg", "photos/0-Canon-0.jpg", "-w", "killed")[
        "accepted"
    ]
    journey.run("undo", "-w", "killed")
    rows = journey.run("pairs", "--status", "accepted", "-w", "killed", "--format", "jsonl").splitlines()
    assert len(rows) == accepted + 1 == OWNERS


def kill_after(journey: Journey, words: tuple[str, ...], seconds: float) -> None:
    """Start a command and kill it and its workers after a time, unless it has ended."""
    command = [sys.executable, "-m", "curate", *words]
    process = subprocess.Popen(
        command, cwd=journey.root, env=journey.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    time.sleep(seconds)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_promise_4(journey: Journey) -> None:
    """Exports carry no GPS, serial numbers, MakerNotes or thumbnails unless you ask for the place with `--keep-gps`."""
    original = exif_of(journey.root / "photos" / "0-Canon-0.jpg")
    assert original.get_ifd(0x8825) and original.get_ifd(0x8769)[0xA431] == SERIAL
    for path in (journey.root / "set" / "images").iterdir():
        exif = exif_of(path)
        assert not exif.get_ifd(0x8825) and not {0xA431, 0x927C} & set(exif.get_ifd(0x8769))
        assert SERIAL.encode() not in path.read_bytes() and path.read_bytes().count(b"\xff\xd8\xff") == 1
    columns = pd.read_parquet(journey.root / "set" / "metadata.parquet").columns
    assert not {"latitude", "longitude"} & set(columns)
    journey.run("export", "set-with-places", "-w", "w", "--keep-gps")
    places = pd.read_parquet(journey.root / "set-with-places" / "metadata.parquet")["latitude"].dropna()
    degrees, minutes, seconds = PLACE
    assert len(places) > 30 and (places - (degrees + minutes / 60 + seconds / 3600)).abs().max() < 1e-4


def exif_of(path: Path) -> Image.Exif:
    """The EXIF of a picture, read in full."""
    with Image.open(path) as picture:
        exif = picture.getexif()
        exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        return exif


def test_promise_5(journey: Journey) -> None:
    """Splits share no photographer, scene or near-duplicate; the proof is in `audit.json`."""
    dataset = journey.root / "set"
    table = pd.read_parquet(dataset / "metadata.parquet").set_index("photo_id")
    (file,) = (dataset / "splits").iterdir()
    split = json.loads(file.read_text())
    side = {photo: part for part in ("train", "val", "test") for photo in split[f"{part}_ids"]}
    assert len(set(side.values())) == 3 and len(side) > 25
    hashes = {photo: hash_of(dataset / table.loc[photo, "file_name"]) for photo in side}
    for a, b in combinations(side, 2):
        if side[a] != side[b]:
            assert table.loc[a, "owner"] != table.loc[b, "owner"]
            assert pd.isna(table.loc[a, "scene_idx"]) or table.loc[a, "scene_idx"] != table.loc[b, "scene_idx"]
            assert hashes[a] - hashes[b] > 4
    assert json.loads((dataset / "audit.json").read_text())["leaks"] == []
    assert journey.asks("audit", "set")["leaks"] == []


def hash_of(path: Path) -> imagehash.ImageHash:
    """The perceptual hash of a picture; near copies differ in few of its 64 bits."""
    with Image.open(path) as picture:
        return imagehash.phash(picture)


def test_promise_6(journey: Journey) -> None:
    """The same workspace gives the same export, byte for byte."""
    (journey.root / "again").mkdir()
    journey.run("export", "again/set", "-w", "w")
    first, again = (contents(journey.root / name) for name in ("set", "again/set"))
    assert {name: data for name, (_, _, data) in first.items()} == {name: data for name, (_, _, data) in again.items()}


def test_promise_7(journey: Journey) -> None:
    """What cannot be read, labelled or cleaned is counted and can be listed. An unknown camera stays unknown."""
    photos = len(journey.before)
    assert journey.ingested["added"] == photos and journey.ingested["unreadable"] == 1
    (row,) = journey.run("photos", "-w", "w", "--where", "status != 'ok'", "--format", "jsonl").splitlines()
    assert json.loads(row)["path"].endswith("damaged.jpg") and json.loads(row)["error"]
    cameras = map(json.loads, journey.run("cameras", "-w", "w", "--format", "jsonl").splitlines())
    assert [row["make"] for row in cameras if row["type"] == "unknown"] == ["Nobody"]
    counts = journey.asks("export", "counted", "-w", "w")
    assert counts["photos"] + sum(reason["photos"] for reason in counts["left_out"]) == photos
    listed = journey.run("skipped", "counted", "-w", "w", "--format", "jsonl").splitlines()
    assert len(listed) == photos - counts["photos"]


def test_each_promise_has_its_test() -> None:
    """README's list and these tests say the same."""
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\d\. (.+)$", text.partition("## What it promises")[2].partition("\n## ")[0], re.MULTILINE)
    tests = [value for name, value in sorted(globals().items()) if re.fullmatch(r"test_promise_\d", name)]
    assert listed == [" ".join(test.__doc__.split()) for test in tests]
