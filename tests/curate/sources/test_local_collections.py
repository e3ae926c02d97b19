"""ImageNet-ES and folders of devices: local photos with labels from the names of their folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from curate.catalog.store import Catalog
from curate.ingest import ingest, ingest_source
from curate.sources.counts import IngestCounts
from curate.sources.devices import device_of_folders, devices
from curate.sources.imagenet_es import imagenet_es
from tests.conftest import write_photo
from tests.helpers.imports import scenes_of, why_skipped
from tracer.base.progress import finish


def by_path(catalog: Catalog, root: Path) -> dict[str, dict[str, object]]:
    """Return the label rows by the path below a folder."""
    return {str(Path(row["path"]).relative_to(root)): row for row in catalog.labels()}


def take_in_devices(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Import folders of devices with one worker."""
    return finish(ingest_source(catalog, devices(catalog, paths), jobs=1))


# --- ImageNet-ES


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Two pictures under two lights and two settings, one of them automatic; and the pictures themselves."""
    root = tmp_path / "ImageNet-ES"
    for seed, folder in enumerate(
        ("param_control/l1/param_7", "param_control/l5/param_64", "auto_exposure/l1/param_2")
    ):
        for number in (1, 2):
            write_photo(root / "es-val" / folder / f"n0144353{number}" / "img_1.JPEG", 10 * seed + number)
    write_photo(root / "es-val" / "sampled_tin" / "n01443531" / "img_1.JPEG", 99)
    return root


@pytest.mark.parametrize("below", ["", "es-val", "es-val/param_control/l1"])
def test_all_shots_of_one_picture_are_one_scene(catalog: Catalog, shots: Path, below: str) -> None:
    """From whichever folder they are imported; the WordNet ID is the label, and EXIF gives the rest."""
    counts = finish(ingest_source(catalog, imagenet_es(catalog, [shots / below]), jobs=1))
    rows = by_path(catalog, shots)
    assert len(rows) == counts.added == (2 if "l1" in below else 6)
    assert {row["semantic_label"] for row in rows.values()} == {"n01443531", "n01443532"}
    assert all(scene == f"ImageNet-ES {Path(path).parent.name}/img_1" for path, scene in scenes_of(catalog).items())
    assert {row["Model"] for row in rows.values()} == {"Canon EOS 40D"}


def test_the_pictures_themselves_are_skipped(catalog: Catalog, shots: Path) -> None:
    """They were not taken by the camera; a photo elsewhere is skipped, too. Rows that an ingest made of them before stay."""
    write_photo(shots / "es-val" / "extra" / "b.jpg", 98)
    finish(ingest(catalog, [shots], jobs=1))
    counts = finish(ingest_source(catalog, imagenet_es(catalog, [shots]), jobs=1))
    assert (counts.skipped, counts.missing, counts.updated) == (2, 0, 6) and catalog.count("status = 'ok'") == 8
    why = why_skipped(catalog)
    assert "not a photo of the camera" in why["img_1.JPEG"] and "WordNet ID" in why["b.jpg"]


def test_the_documented_expression_selects_a_setting(catalog: Catalog, tmp_path: Path) -> None:
    """docs/import.md says how photos are selected by a digit of the setting."""
    for setting in (1, 32, 33, 48, 49, 64):
        folder = tmp_path / "es-val" / "param_control" / "l5" / f"param_{setting}" / "n01443531"
        write_photo(folder / "1.jpg", setting)
    finish(ingest_source(catalog, imagenet_es(catalog, [tmp_path]), jobs=1))
    text = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    (where,) = re.findall(r'^\$ curate photos -w es --where "(.*)"$', text, re.MULTILINE)
    assert {Path(row["path"]).parts[-3] for row in catalog.labels(where)} == {"param_33", "param_48"}


# --- folders of devices


@pytest.mark.parametrize(
    ("folders", "camera"),
    [
        (("VISION", "D01_Samsung_GalaxyS3Mini", "images", "nat"), ("Samsung", "Galaxy S3 Mini")),
        (("D02_Apple_iPhone4s",), ("Apple", "iPhone 4s")),
        (("SOCRatES", "12 - Sony XperiaZ1Compact"), ("Sony", "Xperia Z1 Compact")),
        (("Dresden", "Nikon_CoolPixS710_1"), ("Nikon", "CoolPixS710")),
        (("Dresden", "Canon_Ixus55_0"), ("Canon", "Ixus 55")),
        (("x", "Apple_iPhone_6"), ("Apple", "iPhone 6")),
        (("x", "Apple_iPhone_6_2"), ("Apple", "iPhone 6")),
        (("Daxing", "Huawei", "P20", "scene 1"), ("Huawei", "P20")),
        (("Essential photos", "D04_LG_D290"), ("LG", "D290")),
        (("x", "Zorblax_Z1"), ("Zorblax", "Z1")),
        (("x", "holiday"), (None, None)),
        ((), (None, None)),
    ],
)
def test_make_and_model_from_a_folder(folders: tuple[str, ...], camera: tuple[str | None, str | None]) -> None:
    """The number before the name and the number of the device after it are no part of the model."""
    assert device_of_folders(folders) == camera


def test_the_file_counts_more_than_its_folder(catalog: Catalog, tmp_path: Path) -> None:
    """The folder speaks for files that name no model; also after a file was replaced by one that does."""
    folder = tmp_path / "VISION" / "D01_Samsung_GalaxyS3Mini" / "images" / "nat"
    bare = write_photo(folder / "a.jpg", 1, make=None, model=None)
    write_photo(folder / "b.jpg", 2, make="SAMSUNG", model="GT-I8190")
    assert take_in_devices(catalog, tmp_path / "VISION").added == 2
    rows = by_path(catalog, folder)
    assert (rows["a.jpg"]["Make"], rows["a.jpg"]["Model"]) == ("Samsung", "Galaxy S3 Mini")
    assert (rows["b.jpg"]["Make"], rows["b.jpg"]["Model"]) == ("SAMSUNG", "GT-I8190")
    assert {row["camera_type"] for row in rows.values()} == {"smartphone"}
    again = take_in_devices(catalog, tmp_path / "VISION")
    assert (again.updated, again.unchanged) == (0, 2)
    write_photo(bare, 3, make="Apple", model="iPhone 4S")
    assert take_in_devices(catalog, tmp_path / "VISION").updated == 1
    assert by_path(catalog, folder)["a.jpg"]["Model"] == "iPhone 4S"


def test_content_is_a_label_and_networks_are_skipped(catalog: Catalog, tmp_path: Path) -> None:
    """VISION's folders flat and nat are semantic labels; what Facebook or WhatsApp encoded again is listed with the reason."""
    images = tmp_path / "VISION" / "D01_Samsung_GalaxyS3Mini" / "images"
    for seed, name in enumerate(("flat", "nat", "natFBH", "natFBL", "natWA")):
        write_photo(images / name / f"D01_I_{name}_0001.jpg", seed)
    (images.parent / "videos").mkdir()
    (images.parent / "videos" / "D01_V_flat_still_0001.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    counts = take_in_devices(catalog, tmp_path / "VISION")
    assert (counts.added, counts.skipped) == (2, 4)
    assert {row["semantic_label"] for row in by_path(catalog, images).values()} == {"flat", "nat"}
    why = why_skipped(catalog)
    assert why["D01_I_natFBH_0001.jpg"].startswith("Facebook, in high quality encoded it again")
    assert why["D01_I_natWA_0001.jpg"].startswith("WhatsApp encoded it again")
    assert why["D01_V_flat_still_0001.mp4"] == "not a picture"


def test_scenes_that_every_device_took_stay_together(catalog: Catalog, tmp_path: Path) -> None:
    """FODB numbers its scenes in the names of files."""
    for device in ("D01_Motorola_E3", "D02_LG_Optimus_L50"):
        for scene in (1, 2):
            write_photo(
                tmp_path / "FODB" / device / "orig" / f"{device[:3]}_img_orig_000{scene}.jpg", scene + len(device)
            )
        write_photo(tmp_path / "FODB" / device / "telegram" / f"{device[:3]}_img_telegram_0001.jpg", 9)
    counts = take_in_devices(catalog, tmp_path / "FODB")
    assert (counts.added, counts.skipped) == (4, 2)
    assert sorted(map(str, scenes_of(catalog).values())) == ["FODB 0001"] * 2 + ["FODB 0002"] * 2
