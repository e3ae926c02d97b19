"""Pictures are decoded in guarded processes: what takes too much fails like a damaged one, and an interruption is heard."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.helpers.input_photos import picture, write_flat
from tracer.base.progress import finish
from tracer.base.workers import Limits
from tracer.dataset import open_set
from tracer.embeddings import store
from tracer.embeddings.batches import Resources
from tracer.embeddings.embed import EmbedResult, embed
from tracer.images.crop import Crop
from tracer.images.decode import ImageError, camera_of, decode
from tracer.images.guard import Request, cameras, render_photos, small_pictures
from tracer.images.processing import Processing
from tracer.images.views import View, render

COLOUR = "baseline/colour"
GIGABYTE = 1 << 30
BLACK_WEBP = bytes.fromhex("524946461a000000574542505650384c0e0000002ffebfff0f071011fd0f4444ff03")
"""A lossless WebP of 16383 × 16383 black pixels."""


def many_scans(side: int, scans: int) -> bytes:
    """A small progressive JPEG whose last scan is there many times: each one is a pass over the whole picture."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 99).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def _embed(folder: Path, run: Path, **options: Any) -> EmbedResult:
    return finish(embed(open_set(folder), [COLOUR], run=run, **options))


def test_a_picture_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    """A JPEG of thousands of scans is listed with its reason, and the photos around it are embedded."""
    folder = write_flat(tmp_path / "set", 4)
    (folder / "2.jpg").write_bytes(many_scans(3000, 5000))
    result = _embed(folder, tmp_path / "run", using=Resources(limits=Limits(1.0)))
    assert result.failed == ((2, "reading it took more than 1 s"),)
    assert store.load(tmp_path / "run", "set", COLOUR).ids.tolist() == [1, 3, 4]


def test_pictures_that_take_too_much_memory_fail_alone(tmp_path: Path) -> None:
    """Four WebP files of 34 bytes and 268 million pixels each are listed with their reason."""
    folder = write_flat(tmp_path / "set", 6)
    for number in (1, 2, 3, 4):
        (folder / f"{number}.jpg").unlink()
        (folder / f"{number}.webp").write_bytes(BLACK_WEBP)
    result = _embed(folder, tmp_path / "run", using=Resources(limits=Limits(60.0, GIGABYTE // 2)))
    assert [number for number, _ in result.failed] == [1, 2, 3, 4]
    assert all("more memory than is allowed" in reason for _, reason in result.failed)
    assert store.load(tmp_path / "run", "set", COLOUR).ids.tolist() == [5, 6]


@pytest.mark.slow
def test_an_interruption_ends_within_seconds(tmp_path: Path) -> None:
    """Ctrl+C in the middle of a decoding that would take minutes: the command ends with 130, and so do its processes."""
    folder = write_flat(tmp_path / "set", 1)
    (folder / "1.jpg").write_bytes(many_scans(6000, 20_000))
    # a shell that runs the tests in the background leaves them deaf to Ctrl-C, and all that they start
    hear = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-m", "tracer", "embed", str(folder), "-o", str(tmp_path / "run"), "--encoders", COLOUR]
    program = subprocess.Popen(
        [sys.executable, "-c", hear, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    assert program.stderr is not None
    patience = time.monotonic() + 120
    while not (decoding := _decoding(program.pid)) and time.monotonic() < patience:
        time.sleep(0.2)
    assert decoding
    started = time.monotonic()
    os.killpg(program.pid, signal.SIGINT)
    said = program.stderr.read()
    program.stderr.close()
    assert program.wait() == 130, said.decode()
    assert time.monotonic() - started < 10  # a busy machine; it takes less than one elsewhere
    assert _decoding(program.pid) == []


def _decoding(group: int) -> list[int]:
    """Processes of a group that have decoded for a second, or for that long done something else."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != group:
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z" and int(fields[11]) > 2 * os.sysconf("SC_CLK_TCK"):
                found.append(int(entry.name))
    return found


def test_crops_are_those_of_this_process(tmp_path: Path) -> None:
    """Bit for bit what decoding and rendering here gives, also where a view has none, in the order that was asked for."""
    picture(1, 400, 300).save(tmp_path / "a.png")
    picture(2, 1, 1).save(tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes(b"nothing")
    views = [View(), View(Processing.RESIZE_HALF, 0.9), View(Processing.INTERPOLATION_BOX)]
    wanted = tuple((crop, shown) for crop in (Crop(32, "bicubic"), Crop(64, None)) for shown in views)
    requests = [Request(number, tmp_path / name, wanted) for number, name in ((7, "a.png"), (8, "b.png"), (9, "c.png"))]
    found = list(render_photos(requests, frozenset(wanted), 5, 2))
    for request, crops in zip(requests[:2], found, strict=False):
        expected = render(decode(request.path), request.photo_id, [c for c, _ in wanted], views, 5)
        assert isinstance(crops, dict) and set(crops) == set(wanted)
        for crop, shown, made in expected:
            got = crops[crop, shown]
            if isinstance(made, ImageError):
                assert got == str(made)
            else:
                assert np.array_equal(got, np.asarray(made))
    assert found[2] == "no picture of a known format"


def test_small_pictures_and_cameras_are_read_there_too(tmp_path: Path) -> None:
    """The pictures of a sheet and the cameras' names are those that this process would read."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "One\x1b[31m"
    picture(3, 300, 200).save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "b.jpg").write_bytes(b"nothing")
    small, none = small_pictures([tmp_path / "a.jpg", tmp_path / "b.jpg"], 48)
    assert np.array_equal(
        small, np.asarray(ImageOps.fit(decode(tmp_path / "a.jpg"), (48, 48), Image.Resampling.LANCZOS))
    )
    assert none == "no picture of a known format"
    assert list(cameras([tmp_path / "a.jpg", tmp_path / "b.jpg"])) == [camera_of(tmp_path / "a.jpg"), ""]


@pytest.mark.slow
def test_a_tiff_of_182_megapixels_is_decoded(tmp_path: Path) -> None:
    """Pillow's own limit, which lies at 179, plays no part below ours."""
    Image.new("1", (13_500, 13_500), 1).save(tmp_path / "a.tif", compression="group4")
    (small,) = small_pictures([tmp_path / "a.tif"], 16)
    assert not isinstance(small, str), small


def test_a_photo_of_more_than_150_megapixels_can_be_compressed(tmp_path: Path) -> None:
    """The pixel limit is for files of others, and not for a processing's own compression of a doubled picture."""
    from tracer.images import processing

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, 100
    try:
        assert processing.jpeg(picture(1, 64, 48), 95, "4:4:4").size == (64, 48)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
