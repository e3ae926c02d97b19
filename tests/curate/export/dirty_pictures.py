"""Picture files full of private metadata, made up for the tests of exports."""

from __future__ import annotations

import functools
import hashlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin

from curate.catalog.labels import LABEL_COLUMNS, local_photo_id

SECRET = b"SECRET-4711"
"""Stands in every private part of the files made here, so that a plain search finds what was not removed."""

FORMATS = ("jpg", "png", "webp", "heic", "avif")


def noise(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return a small picture with detail."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def private_exif(orientation: int = 6) -> bytes:
    """Return an Exif block (with its prefix) that holds what must never be exported."""
    secret = SECRET.decode()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x013B] = "Acme", "Cam 1", orientation, f"Artist {secret}"
    exif[0x8298] = f"Copyright {secret}"
    exif.get_ifd(0x8769).update(
        {
            0xA431: f"body {secret}",
            0xA435: f"lens {secret}",
            0xA430: f"owner {secret}",
            0xA420: f"id {secret}",
            0x927C: b"Maker" + SECRET,
            0x9286: b"ASCII\0\0\0" + SECRET,
            0x9003: "2020:01:02 03:04:05",
        }
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 1.0), 3: "E", 4: (11.0, 34.0, 2.0), 27: SECRET})
    return exif.tobytes()


def profile(private: bool) -> bytes:
    """Return an sRGB profile; a private one has another tag, as profiles of a screen do, with a serial number in it."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = (
        made[:24] + bytes.fromhex("07e8 0001 0001 0000 0000 0000") + made[36:84] + bytes(16) + made[100:]
    )  # no clock
    if not private:
        return plain
    (count,) = struct.unpack_from(">I", plain, 128)
    table_end = 132 + 12 * count
    entries = [struct.unpack_from(">4sII", plain, 132 + 12 * i) for i in range(count)]
    payload = b"mmod\0\0\0\0" + SECRET.ljust(16, b"\0")
    out = plain[:128] + struct.pack(">I", count + 1)
    out += b"".join(struct.pack(">4sII", tag, offset + 12, length) for tag, offset, length in entries)
    out += struct.pack(">4sII", b"mmod", len(plain) + 12, len(payload)) + plain[table_end:] + payload
    return struct.pack(">I", len(out)) + out[4:]


@functools.cache
def dirty(kind: str, seed: int = 0, private_profile: bool = True, orientation: int = 6) -> bytes:
    """Return a picture file of a kind (one of `FORMATS`) with the secret in every place its container has for it."""
    image, exif, icc = noise(seed), private_exif(orientation), profile(private_profile)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
    out = io.BytesIO()
    if kind == "jpg":
        image.save(out, "JPEG", quality=88, exif=exif, icc_profile=icc, comment=SECRET, xmp=xmp)
        return _dirty_jpeg(out.getvalue())
    if kind == "png":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", SECRET.decode())
        text.add_text("Comment", SECRET.decode(), zip=True)
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        image.save(out, "PNG", exif=exif, icc_profile=icc, pnginfo=text)
        return _dirty_png(out.getvalue())
    if kind == "webp":
        image.save(out, "WEBP", quality=80, exif=exif, icc_profile=icc, xmp=xmp)
        data = out.getvalue() + _riff_chunk(b"SECR", SECRET)
        return data[:4] + struct.pack("<I", len(data) - 8) + data[8:] + SECRET
    if kind == "avif":
        image.save(out, "AVIF", quality=70, exif=exif, icc_profile=profile(private=False), xmp=xmp)
    else:
        pillow_heif.register_heif_opener()
        image.save(out, "HEIF", quality=70, exif=exif, xmp=xmp)
    return out.getvalue() + struct.pack(">I4s", 8 + len(SECRET), b"uuid") + SECRET


def jpeg_segment(marker: int, payload: bytes) -> bytes:
    """Return one JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _dirty_jpeg(data: bytes) -> bytes:
    """Add IPTC, a makers' segment, MPF, a JFIF thumbnail, fill bytes, and a second picture after the end."""
    assert data[2:4] == b"\xff\xe0"
    jfif = data[6:18] + b"\2\1" + b"rgb" * 2
    extra = jpeg_segment(0xED, b"Photoshop 3.0\x008BIM" + SECRET) + jpeg_segment(0xE5, b"vendor" + SECRET)
    extra += b"\xff\xff\xff" + jpeg_segment(0xE2, b"MPF\0" + SECRET) + jpeg_segment(0xE0, b"JFXX\0\x10" + SECRET)
    head = b"\xff\xd8" + jpeg_segment(0xE0, jfif) + extra
    return head + data[20:] + data + b"trailer" + SECRET


def _dirty_png(data: bytes) -> bytes:
    """Add a time, a program's own chunk, and bytes after the end."""
    end = data.rindex(b"IEND") - 4
    extra = png_chunk(b"tIME", bytes([7, 0xE4, 1, 2, 3, 4, 5])) + png_chunk(b"prVW", SECRET)
    return data[:end] + extra + data[end:] + SECRET


def png_chunk(type_: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I4s", len(body), type_) + body + struct.pack(">I", zlib.crc32(type_ + body))


def _riff_chunk(type_: bytes, body: bytes) -> bytes:
    return type_ + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def row(path: Path, **values: object) -> dict:
    """Return a label row for a file, as the catalogue would give it."""
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    known = {
        "photo_id": local_photo_id(sha256),
        "sha256": sha256,
        "source": "local",
        "Make": "Acme",
        "Model": "Cam 1",
        "camera_type": "smartphone",
        "camera_type_rule": "override",
        "Is Smartphone": True,
        "camera_class": "phone",
        "Smartphone Model": "Cam 1",
        "taken_at": "2020-01-02T03:04:05",
        "taken_precision": "second",
        "width": 64,
        "height": 48,
        "orientation": 1 if path.suffix in (".heic", ".avif") else 6,
        "format": {"jpg": "JPEG", "heic": "HEIF"}.get(path.suffix[1:], path.suffix[1:].upper()),
        "latitude": 48.2,
        "longitude": 11.5,
    }
    return {**dict.fromkeys(LABEL_COLUMNS), **known, "path": str(path), "status": "ok", "error": None, **values}


def camera(**values: object) -> dict:
    """Return the labels of a photo that no phone took."""
    labels = {"Make": "Nikonia", "Model": "D1", "camera_type": "dslr", "Is Smartphone": False}
    return {**labels, "camera_class": "dslr/compact", "Smartphone Model": None, **values}


def pixels(data: bytes) -> tuple[np.ndarray, bytes | None]:
    """Return a file's decoded pixels and colour profile."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the metadata of the dirty ones
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image), image.info.get("icc_profile")
