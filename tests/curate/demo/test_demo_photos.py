"""The files: EXIF that readers agree on, own JPEG tables, and pictures of one scene that match."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import cv2
import exifread
import numpy as np
import numpy.typing as npt
import piexif
import pytest
from demo_sample import Row
from PIL import Image, ImageOps

from curate.demo.plan import CollectionOptions, Photo, plan
from curate.demo.simulator.cameras import CAMERAS
from curate.demo.simulator.exif import SOFTWARE, choose_exposure, exif_bytes
from curate.demo.simulator.scenes import make_scene
from curate.demo.simulator.shoot import take

BY_NAME = {camera.name: camera for camera in CAMERAS}


def test_every_reader_finds_the_labels(collection: Path, truth: list[Row]) -> None:
    """exifread and piexif both read make, model, software, exposure, aperture, ISO, focal length and lens."""
    for row in truth:
        path, camera = collection / row["file"], BY_NAME[row["camera"]]
        with path.open("rb") as file:
            tags = exifread.process_file(file, details=False)
        blocks = piexif.load(str(path))
        picture, details = blocks["0th"], blocks["Exif"]
        assert (tags["Image Make"].values, tags["Image Model"].values) == (camera.make, camera.model)
        assert picture[piexif.ImageIFD.Make].decode() == camera.make
        assert picture[piexif.ImageIFD.Software].decode() == SOFTWARE == tags["Image Software"].values
        for name, tag in (
            ("ExposureTime", piexif.ExifIFD.ExposureTime),
            ("FNumber", piexif.ExifIFD.FNumber),
            ("FocalLength", piexif.ExifIFD.FocalLength),
        ):
            assert Fraction(*details[tag]) == Fraction(tags[f"EXIF {name}"].values[0])
        assert details[piexif.ExifIFD.ISOSpeedRatings] == tags["EXIF ISOSpeedRatings"].values[0]
        assert float(Fraction(*details[piexif.ExifIFD.FNumber])) == camera.writing.f_number
        assert details[piexif.ExifIFD.FocalLengthIn35mmFilm] == camera.writing.focal_35mm
        assert (details.get(piexif.ExifIFD.FileSource) == b"\x03") == (not camera.type.is_smartphone)
        lens = details.get(piexif.ExifIFD.LensModel)
        assert (lens.decode() if lens else "") == camera.writing.lens
        assert (piexif.ExifIFD.BodySerialNumber in details) == (camera.writing.serial is not None)
        assert bool(blocks["thumbnail"]) == camera.writing.thumbnail
        size = (details[piexif.ExifIFD.PixelXDimension], details[piexif.ExifIFD.PixelYDimension])
        with Image.open(path) as opened:
            assert opened.size == size


def test_exif_has_the_wrong_time_and_satellites_the_right_one(collection: Path, truth: list[Row]) -> None:
    """DateTimeOriginal is the truth plus the clock's offset; GPS time is the true UTC, and its place the true one."""
    located = 0
    for row in truth:
        blocks = piexif.load(str(collection / row["file"]))
        true_time = datetime.fromisoformat(row["true_time"])
        details, writing = blocks["Exif"], BY_NAME[row["camera"]].writing
        said = datetime.strptime(details[piexif.ExifIFD.DateTimeOriginal].decode(), "%Y:%m:%d %H:%M:%S")
        assert writing.subseconds == (piexif.ExifIFD.SubSecTimeOriginal in details)
        if writing.subseconds:
            said += timedelta(milliseconds=int(details[piexif.ExifIFD.SubSecTimeOriginal]))
        assert (details.get(piexif.ExifIFD.OffsetTimeOriginal) == b"+01:00") == writing.offset_time
        lag = (said - true_time.replace(tzinfo=None)).total_seconds() - float(row["clock_offset_s"])
        assert lag == pytest.approx(0.0, abs=0.0015) if writing.subseconds else -1.0 < lag <= 0.0
        gps = blocks["GPS"]
        if not gps:
            continue
        located += 1
        hour, minute, second = (Fraction(*part) for part in gps[piexif.GPSIFD.GPSTimeStamp])
        day = datetime.strptime(gps[piexif.GPSIFD.GPSDateStamp].decode(), "%Y:%m:%d").replace(tzinfo=UTC)
        there = day + timedelta(seconds=float(hour * 3600 + minute * 60 + second))
        assert timedelta(0) <= true_time - there < timedelta(seconds=1)
        degrees = [
            sum(float(Fraction(*part)) / 60**power for power, part in enumerate(gps[tag]))
            for tag in (piexif.GPSIFD.GPSLatitude, piexif.GPSIFD.GPSLongitude)
        ]
        assert gps[piexif.GPSIFD.GPSLongitudeRef] == b"W"
        assert degrees[0] == pytest.approx(float(row["latitude"]), abs=0.0006)
        assert -degrees[1] == pytest.approx(float(row["longitude"]), abs=0.0009)
    assert 2 <= located <= 6


def test_places_south_and_east_are_written_as_such() -> None:
    """Degrees are positive and the reference says the half of the globe."""
    photo = plan(1, 0, CollectionOptions())[0]
    moved = dataclasses.replace(photo, tagged=(-33.5, 151.25))
    exposure = choose_exposure(photo.camera.writing, 12.0)
    gps = piexif.load(exif_bytes(moved, exposure, 1, (4, 3), None))["GPS"]
    assert (gps[piexif.GPSIFD.GPSLatitudeRef], gps[piexif.GPSIFD.GPSLongitudeRef]) == (b"S", b"E")
    assert gps[piexif.GPSIFD.GPSLatitude] == ((33, 1), (30, 1), (0, 100))
    assert gps[piexif.GPSIFD.GPSLongitude] == ((151, 1), (15, 1), (0, 100))


def test_exposure_follows_the_light() -> None:
    """Dim light takes a higher ISO or a longer time; the compact fires its flash; the light is missed by little."""
    for camera in CAMERAS:
        exposures = [choose_exposure(camera.writing, value) for value in (6.5, 10.0, 13.5)]
        light = [float(e.seconds) * e.iso for e in exposures]
        assert light == sorted(light, reverse=True)
        assert all(camera.writing.base_iso <= e.iso <= camera.writing.top_iso for e in exposures)
        assert [e.flash for e in exposures] == [camera.writing.flash_below > 6.5, False, False]
        for value, exposure in zip((6.5, 10.0, 13.5), exposures, strict=True):
            stops = value + 1.5 * exposure.flash
            full = camera.writing.f_number**2 / 2**stops * 100
            assert exposure.missed == pytest.approx(np.log2(float(exposure.seconds) * exposure.iso / full), abs=1e-6)
            assert abs(exposure.missed) < 1.5


def test_files_carry_each_camera_s_own_tables(collection: Path, truth: list[Row]) -> None:
    """Quantisation tables and subsampling are the camera's, and differ between any two cameras."""
    found: dict[str, tuple[object, ...]] = {}
    for row in truth:
        with Image.open(collection / row["file"]) as picture:
            tables = tuple(tuple(picture.quantization[index]) for index in (0, 1))
            layers = picture.layer
        camera = BY_NAME[row["camera"]]
        assert tables == (camera.jpeg.luma, camera.jpeg.chroma)
        horizontal, vertical = layers[0][1], layers[0][2]
        assert {(2, 2): "4:2:0", (2, 1): "4:2:2", (1, 1): "4:4:4"}[horizontal, vertical] == camera.jpeg.subsampling
        found[row["camera"]] = tables
    assert len(set(found.values())) == len(CAMERAS)


def upright(path: Path, side: int) -> npt.NDArray[np.uint8]:
    """The photo as a person sees it, in grey, its long side scaled."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("L")
    image.thumbnail((side, side))
    return np.asarray(image)


def variant(photo: Photo, share: float) -> Photo:
    """The photo of a camera whose owner holds it upright for a share of shots."""
    handling = dataclasses.replace(photo.camera.handling, upright=share)
    return dataclasses.replace(photo, camera=dataclasses.replace(photo.camera, handling=handling))


@pytest.mark.parametrize("index", [0, 2, 5], ids=lambda index: CAMERAS[index].name)
def test_upright_photos_stand_upright(index: int, tmp_path: Path) -> None:
    """A camera held upright says how to turn its pixels, or turns them itself; a lying photo is not turned to it."""
    photo = next(p for p in plan(1, 11, CollectionOptions(per_side=5)) if p.camera is CAMERAS[index])
    scene = make_scene(11, photo.place, photo.scene_class)
    seen = []
    for share in (0.0, 1.0):
        path = tmp_path / f"{share}.jpg"
        path.write_bytes(take(variant(photo, share), scene, 11))
        seen.append(upright(path, 640))
    with Image.open(path) as opened:
        stored = opened.getexif()[0x0112], opened.height > opened.width
    assert stored == ((1, True) if photo.camera.writing.rotates else (6, False))
    lying, standing = seen
    assert lying.shape[1] > lying.shape[0]
    assert standing.shape[0] > standing.shape[1]
    assert abs(rotation(standing, lying)) < 12


def rotation(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """By how many degrees one picture is turned against another, from matched points."""
    from_points, to_points = matched(*map(features, (a, b)))
    cv2.setRNGSeed(0)
    found, _ = cv2.estimateAffinePartial2D(from_points, to_points, ransacReprojThreshold=6.0)
    return float(np.rad2deg(np.arctan2(found[1, 0], found[0, 0])))


Features = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def features(picture: npt.NDArray[np.uint8]) -> Features:
    """SIFT points and their descriptors."""
    points, descriptors = cv2.SIFT_create(500).detectAndCompute(picture, None)
    return np.array([point.pt for point in points], np.float32), descriptors


def matched(a: Features, b: Features) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Pairs of points whose nearest neighbour is much nearer than the second."""
    pairs = cv2.BFMatcher().knnMatch(a[1], b[1], k=2)
    good = [first for first, second in pairs if first.distance < 0.75 * second.distance]
    return a[0][[m.queryIdx for m in good]], b[0][[m.trainIdx for m in good]]


def inliers(a: Features, b: Features) -> int:
    """How many matches one homography explains, within what parallax may move."""
    from_points, to_points = matched(a, b)
    if len(from_points) < 4:
        return 0
    cv2.setRNGSeed(0)
    _, mask = cv2.findHomography(from_points, to_points, cv2.RANSAC, 6.0)
    return int(mask.sum()) if mask is not None else 0


def test_photos_of_a_scene_match_and_others_do_not(collection: Path, truth: list[Row]) -> None:
    """One homography explains many more matches between any phone and camera of a scene than between scenes."""
    scenes: dict[str, list[tuple[str, Features]]] = defaultdict(list)
    for row in truth:
        scenes[row["scene"]].append((row["is_smartphone"], features(upright(collection / row["file"], 640))))
    partners = [inliers(a, b) for shots in scenes.values() for (p, a), (q, b) in combinations(shots, 2) if p != q]
    strangers = [
        inliers(a, b) for x, y in combinations(scenes.values(), 2) for (_, a), (_, b) in zip(x, y, strict=True)
    ]
    assert (len(partners), len(strangers)) == (6, 30)
    assert min(partners) > max(strangers)
    assert np.median(partners) > 8 * np.median(strangers)
