"""Small photo files made on the spot, with the EXIF of a real camera's kind."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

pillow_heif.register_heif_opener()


def camera_exif(orientation: int = 1, **ifd0: str) -> Image.Exif:
    """An EXIF block as a camera writes it, with GPS in the south-west."""
    exif = Image.Exif()
    exif[0x010F] = ifd0.get("make", "Canon")
    exif[0x0110] = ifd0.get("model", "Canon EOS 40D")
    exif[0x0112] = orientation
    exif[0x0131] = ifd0.get("software", "Firmware 1.0.8")
    exif[0x0132] = ifd0.get("changed", "2019:07:14 09:21:11")
    photo = exif.get_ifd(0x8769)
    photo[0x9003] = ifd0.get("taken", "2019:07:14 09:21:11")
    photo[0x9291] = "37"
    photo[0x9011] = "+02:00"
    photo[0x829A] = IFDRational(1, 125)
    photo[0x829D] = IFDRational(28, 10)
    photo[0x8827] = 400
    photo[0x9209] = 0x19
    photo[0x920A] = IFDRational(50, 1)
    photo[0xA434] = "EF50mm f/1.4 USM"
    photo[0xA300] = b"\x03"
    position = exif.get_ifd(0x8825)
    position[1], position[2] = "S", (IFDRational(33), IFDRational(51), IFDRational(2448, 100))
    position[3], position[4] = "W", (IFDRational(70), IFDRational(30), IFDRational(0))
    position[7], position[0x1D] = (IFDRational(7), IFDRational(21), IFDRational(115, 10)), "2019:07:14"
    return exif


def picture(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """A gradient with a bright corner top left: no symmetry, so that every orientation differs."""
    y, x = np.mgrid[0:height, 0:width]
    channels = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=-1)
    channels[: height // 4, : width // 4] = 255
    return Image.fromarray(channels.astype(np.uint8)).convert(mode)


def encoded(kind: str, exif: Image.Exif | None = None, image: Image.Image | None = None, **options: object) -> bytes:
    """A picture file of a format, with EXIF where given."""
    buffer = io.BytesIO()
    extra = {} if exif is None else {"exif": exif.tobytes()}
    (image or picture()).save(buffer, kind, **extra, **options)
    return buffer.getvalue()


def samples() -> dict[str, bytes]:
    """A file of each format that can be written here, all with `camera_exif`."""
    exif = camera_exif()
    return {
        "photo.jpg": encoded("JPEG", exif, quality=85),
        "photo.png": encoded("PNG", exif),
        "photo.tif": encoded("TIFF", exif),
        "photo.webp": encoded("WEBP", exif),
        "photo.heic": encoded("HEIF", exif),
        "photo.avif": encoded("AVIF", exif),
    }


def jpeg_with(*segments: tuple[int, bytes], base: bytes | None = None) -> bytes:
    """A JPEG with segments (marker, payload) put before its own."""
    base = base or encoded("JPEG")
    added = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data for marker, data in segments)
    return base[:2] + added + base[2:]


def tiff(entries: list[tuple[int, int, int, bytes]], order: str = "<") -> bytes:
    """A TIFF structure of one directory; entries are (tag, type, count, value bytes, of any length)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    directory, heap = struct.pack(order + "H", len(entries)), b""
    heap_at = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, count, data in entries:
        if len(data) <= 4:
            value = data.ljust(4, b"\0")
        else:
            value = struct.pack(order + "I", heap_at + len(heap))
            heap += data
        directory += struct.pack(order + "HHI", tag, kind, count) + value
    return head + directory + struct.pack(order + "I", 0) + heap


def box(name: bytes, content: bytes) -> bytes:
    """An ISO media box."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels and holds none."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
