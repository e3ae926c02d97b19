"""Previews as they are read again: the cache of a workspace that came from somebody else may hold anything."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.duplicates import likeness
from curate.photos.previews import open_preview, read_preview, write_preview


def jpeg(width: int, height: int, **options: object) -> bytes:
    """A JPEG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG", **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_our_own_previews_are_read(tmp_path: Path) -> None:
    """What `write_preview` writes comes back as it is."""
    write_preview(Image.new("RGB", (640, 480), "teal"), tmp_path / "a.jpg", "0" * 64)
    assert read_preview(tmp_path / "a.jpg") == (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize(
    "data",
    [jpeg(640, 480, progressive=True), jpeg(20_000, 2000), jpeg(64, 48) + bytes(17 << 20), b"", b"\x89PNG\r\n\x1a\n"],
    ids=["progressive", "40 megapixels", "17 MB", "empty", "PNG"],
)
def test_others_are_not_decoded(data: bytes, tmp_path: Path) -> None:
    """What could take any time or memory counts as no preview, wherever previews are decoded."""
    from curate.pairing import features

    preview = tmp_path / "a.jpg"
    preview.write_bytes(data)
    assert read_preview(preview) is None
    assert likeness._small_picture(preview) is None
    assert features.preview_picture(preview) is None
    assert open_preview(preview) is None


def test_a_pipe_is_no_preview(tmp_path: Path) -> None:
    """Nothing waits for what nobody writes."""
    os.mkfifo(tmp_path / "a.jpg")
    assert read_preview(tmp_path / "a.jpg") is None


def test_pixels_are_those_that_opencv_reads(tmp_path: Path) -> None:
    """Pairing sees the same picture as before."""
    import cv2

    from curate.pairing import features

    write_preview(Image.effect_noise((640, 480), 40).convert("RGB"), tmp_path / "a.jpg", "0" * 64)
    expected = cv2.imread(str(tmp_path / "a.jpg"), cv2.IMREAD_COLOR)
    found = features.preview_picture(tmp_path / "a.jpg")
    assert found is not None and expected is not None and np.array_equal(found, expected)
