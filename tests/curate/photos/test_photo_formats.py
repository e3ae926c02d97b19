"""Which files are pictures, by content and by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from photo_samples import box, encoded, samples

from curate.containers.sniff import Format, is_picture, sniff


def test_every_written_format_is_recognised_whatever_its_name() -> None:
    """Content decides: a wrong extension does not change the format."""
    expected = {"jpg": "JPEG", "png": "PNG", "tif": "TIFF", "webp": "WEBP", "heic": "HEIF", "avif": "AVIF"}
    for name, data in samples().items():
        assert sniff(data, "wrong.xyz") == expected[name.split(".")[1]]


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"II*\0\x10\0\0\0CR\2\0", "a.cr2", Format.CR2),
        (b"II*\0\x08\0\0\0", "a.NEF", Format.NEF),
        (b"MM\0*\0\0\0\x08", "a.pef", Format.PEF),
        (b"II*\0\x08\0\0\0", "a.dng", Format.DNG),
        (b"II+\0\x08\0\0\0", "a.tif", Format.TIFF),
        (b"IIRO\x08\0\0\0", "a.orf", Format.ORF),
        (b"IIU\0\x18\0\0\0", "a.rw2", Format.RW2),
        (b"II\x1a\0\0\0HEAPCCDR", "a.crw", Format.CRW),
        (b"FUJIFILMCCD-RAW ", "a.raf", Format.RAF),
        (b"\0MRM\0\0\0\0", "a.mrw", Format.MRW),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a.jxl", Format.JXL),
        (b"\xff\x0a\0\0", "a.jxl", Format.JXL),
        (box(b"ftyp", b"crx \0\0\0\1crx isom"), "a.cr3", Format.CR3),
        (box(b"ftyp", b"mif1\0\0\0\0mif1avif"), "a", Format.AVIF),
        (box(b"ftyp", b"mif1\0\0\0\0mif1heic"), "a", Format.HEIF),
        (box(b"ftyp", b"isom\0\0\2\0isommp41"), "a.mp4", None),
        (box(b"ftyp", b"qt  \0\0\0\0qt  "), "a.mov", None),
        (b"%!PS-Adobe-3.0 EPSF", "a.eps", None),
        (b"SIMPLE  =                    T", "a.fits", None),
        (b"%PDF-1.7", "a.pdf", None),
        (b"8BPS\0\2", "a.psd", Format.PSD),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a", Format.JP2),
        (b"\xff\x4f\xff\x51", "a", Format.JP2),
        (b"II\xbc\x01\x08\0\0\0", "a", Format.JXR),
        (b"BPG\xfb", "a", Format.BPG),
        (b"PGF6", "a", Format.PGF),
        (b"FOVb", "a", Format.X3F),
        (b"IIU\0\x18\0\0\0", "a.RWL", Format.RWL),
        (b"II*\0\x08\0\0\0", "a.SRW", Format.SRW),
        (b"<x:xmpmeta xmlns", "a.xmp", None),
        (b"", "a", None),
    ],
)
def test_makers_and_foreign_formats_are_told_apart(head: bytes, name: str, expected: Format | None) -> None:
    """RAW containers are named; videos, documents and formats off the allow-list are no pictures."""
    assert sniff(head, name) == expected


def test_a_row_is_for_extension_or_content(tmp_path: Path) -> None:
    """A picture without extension and a text called .jpg both get a row; text, sidecars and FIFOs do not."""
    (tmp_path / "noext").write_bytes(encoded("PNG"))
    (tmp_path / "lie.JPG").write_text("no picture")
    (tmp_path / "notes.txt").write_text("text")
    (tmp_path / "a.xmp").write_text("<x:xmpmeta/>")
    os.mkfifo(tmp_path / "pipe")
    kept = {p.name for p in tmp_path.iterdir() if is_picture(p)}
    assert kept == {"noext", "lie.JPG"}
