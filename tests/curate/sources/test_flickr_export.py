"""A Flickr account's data export becomes photos with their files; hostile archives do no harm."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog import decisions
from curate.catalog.flickr_photos import pending
from curate.catalog.forgetting import forget
from curate.catalog.photos import photos_where
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.sources.archives import Archive
from curate.sources.counts import IngestCounts
from curate.sources.flickr_account import ids_in
from curate.sources.flickr_export import import_flickr_export
from tests.conftest import write_photo
from tests.helpers.imports import PAGE, rows_of, why_skipped
from tracer.base.files import owner
from tracer.base.progress import finish

OWNER = "39019111@N00"


def photo_json(photo: int, **said: Any) -> bytes:
    """Return the JSON of a photo, as exports have it."""
    content = {
        "id": str(photo), "name": "Beach", "description": "", "count_views": "3", "date_taken": "2013-08-04 12:46:15",
        "date_imported": "2013-08-05 10:00:00", "photopage": PAGE.format(owner=OWNER, photo=photo),
        "original": f"https://live.staticflickr.com/3700/{photo}_0a1b2c_o.jpg", "license": "Attribution-ShareAlike License",
        "geo": [], "tags": [{"tag": "sea"}], "albums": [], "people": [], "privacy": "friend & family",
    }  # fmt: skip
    return json.dumps(content | said).encode()


def albums_json(**albums: list[int]) -> bytes:
    """Return albums.json."""
    listed = [{"id": name, "title": name, "photos": [str(one) for one in photos]} for name, photos in albums.items()]
    return json.dumps({"albums": listed}).encode()


PROFILE = json.dumps({"real_name": "Ann", "nsid": OWNER}).encode()


def jpeg(tmp_path: Path, seed: int, **camera: str) -> bytes:
    """Return a small JPEG."""
    return write_photo(tmp_path / "made" / f"{seed}.jpg", seed, **camera).read_bytes()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def take_in(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Import with one worker."""
    return finish(import_flickr_export(catalog, paths, jobs=1))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export: a zip file with metadata, two with media; photo 303 has no file, 404 no JSON, 505 is a video."""
    folder = tmp_path / "export"
    folder.mkdir()
    write_zip(
        folder / "72157_part1.zip",
        {
            "account_profile.json": PROFILE,
            "albums.json": albums_json(Sea=[101, 202], Trips=[202], Alps=[303]),
            "contacts_part001.json": b"{}",
            **{f"photo_{one}.json": photo_json(one) for one in (101, 202, 505)},
            "photo_303.json": photo_json(303, license="All Rights Reserved", exif={"Make": "Nikon", "Model": "D90"}),
        },
    )
    write_zip(
        folder / "data-download-1.zip",
        {"beach-2013_101_o.jpg": jpeg(tmp_path, 1, make="Apple", model="iPhone 4S"), "note.txt": b"x"},
    )
    write_zip(
        folder / "data-download-2.zip",
        {"202_0a1b2c_o.jpg": jpeg(tmp_path, 2), "dsc-0042_404_o.jpg": jpeg(tmp_path, 3), "film_505_o.mov": b"moov"},
    )
    return folder


def test_photos_get_their_files_and_what_the_account_says(catalog: Catalog, export: Path) -> None:
    """Matched by the ID in the name; labels from the file, the rest from the JSON; an album where there is exactly one."""
    counts = take_in(catalog, export)
    assert (counts.added, counts.updated, counts.unreadable, counts.skipped) == (3, 0, 0, 3)
    rows = rows_of(catalog)
    copy = catalog.workspace.root / "originals" / "flickr-export" / "101.jpg"
    first = rows[101]
    assert (first["path"], first["status"], first["source"]) == (str(copy), "ok", "flickr-export")
    assert (first["Make"], first["Model"], first["owner"]) == ("Apple", "iPhone 4S", OWNER)
    assert (first["url"], first["license"]) == (PAGE.format(owner=OWNER, photo=101), "CC-BY-SA-2.0")
    assert first["taken_at"] == "2019-07-14T09:21:11"  # the file's own date counts more
    assert catalog.workspace.preview(first["sha256"]).exists()
    assert [rows[one]["semantic_label"] for one in (101, 202, 303)] == ["Sea", None, "Alps"]
    assert why_skipped(catalog).keys() == {"note.txt", "dsc-0042_404_o.jpg", "film_505_o.mov"}


def test_a_photo_without_a_file_has_a_row_and_is_told(catalog: Catalog, export: Path) -> None:
    """Only then the camera in its JSON counts, and its date."""
    counts = take_in(catalog, export)
    row = rows_of(catalog)[303]
    assert (row["path"], row["Make"], row["Model"]) == ("flickr:303", "Nikon", "D90")
    assert (row["taken_at"], row["license"]) == ("2013-08-04T12:46:15", "https://rightsstatements.org/vocab/InC/1.0/")
    (remark,) = counts.remarks
    assert "no file for 1 photo of the account" in remark
    assert pending(catalog, "exif") == []


def test_again_is_only_what_changed(catalog: Catalog, export: Path, tmp_path: Path) -> None:
    """Nothing is copied twice; new metadata, a new file and a lost copy are updates."""
    take_in(catalog, export)
    folder = catalog.workspace.originals / "flickr-export"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert before.keys() == {"101.jpg", "202.jpg"}
    counts = take_in(catalog, export)
    assert (counts.added, counts.updated, counts.unchanged) == (0, 0, 3)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    write_zip(export / "data-download-3.zip", {"alps_303_o.jpg": jpeg(tmp_path, 5, model="Canon EOS 5D")})
    counts = take_in(catalog, export)
    assert (counts.added, counts.updated, counts.unchanged) == (0, 1, 2)
    assert (rows_of(catalog)[303]["Model"], rows_of(catalog)[303]["status"]) == ("Canon EOS 5D", "ok")
    (folder / "101.jpg").unlink()
    assert take_in(catalog, export).updated == 1
    assert (folder / "101.jpg").exists()


def test_another_picture_of_a_known_id_is_kept_beside_the_earlier_one(catalog: Catalog, tmp_path: Path) -> None:
    """That is said, once; labels stay with the earlier picture. One whose file is gone is replaced, whatever the new format."""
    from PIL import Image

    metadata, media = tmp_path / "m.zip", tmp_path / "d.zip"
    write_zip(metadata, {"photo_101.json": photo_json(101)})
    write_zip(media, {"a_101_o.jpg": jpeg(tmp_path, 1)})
    take_in(catalog, metadata, media)
    picture = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(picture, "PNG")
    write_zip(media, {"a_101_o.jpg": picture.getvalue()})
    first = rows_of(catalog)[101]
    decisions.label(catalog, [next(photos_where(catalog, "true")).id], "semantic_label", "pier")
    folder = catalog.workspace.originals / "flickr-export"
    for added in (1, 0):
        counts = take_in(catalog, metadata, media)
        assert (counts.added, counts.updated, counts.skipped) == (added, 0, 1)
        assert (
            "labels stay with the earlier one" in counts.remarks[-1]
            and "another picture" in why_skipped(catalog)["a_101_o.jpg"]
        )
        rows = list(catalog.labels())
        assert {row["format"]: row["semantic_label"] for row in rows} == {"JPEG": "pier", "PNG": None}
        assert rows_of(catalog)[101]["sha256"] == first["sha256"] and len(list(folder.iterdir())) == 2
    (folder / "101.jpg").unlink()
    assert take_in(catalog, metadata, media).updated == 1
    assert rows_of(catalog)[101]["format"] == "PNG" and (folder / "101.png").exists()


def test_unpacked_folders_are_the_same(catalog: Catalog, export: Path, tmp_path: Path) -> None:
    """Folders where the zip files were unpacked, mixed with one that was not, give the same photos; they are only read."""
    folder = tmp_path / "unpacked"
    for name in ("72157_part1.zip", "data-download-1.zip"):
        with zipfile.ZipFile(export / name) as file:
            file.extractall(folder / name.removesuffix(".zip"))
        (export / name).unlink()
    counts = take_in(catalog, folder, export / "data-download-2.zip")
    assert (counts.added, counts.skipped) == (3, 3)
    assert rows_of(catalog)[101]["Model"] == "iPhone 4S"
    assert len(list(folder.rglob("*.jpg"))) == 1


def test_a_photo_that_cannot_be_read_is_counted(catalog: Catalog, tmp_path: Path) -> None:
    """It keeps its row and its copy; also the next time it counts as unreadable."""
    metadata = write_zip(tmp_path / "m.zip", {"photo_101.json": photo_json(101)})
    media = write_zip(tmp_path / "d.zip", {"a_101_o.jpg": jpeg(tmp_path, 1)[:1500]})
    for _ in range(2):
        assert take_in(catalog, metadata, media).unreadable == 1
    assert rows_of(catalog)[101]["status"] == "truncated"


def test_a_forgotten_photo_stays_out(catalog: Catalog, export: Path) -> None:
    """It is not copied again, and it is listed."""
    take_in(catalog, export)
    path = Path(rows_of(catalog)[101]["path"])
    forget(catalog, [path])
    path.unlink()
    counts = take_in(catalog, export)
    assert (counts.added, counts.unchanged) == (0, 2)
    assert not path.exists()
    assert "forgotten" in why_skipped(catalog)["flickr:101"]


def test_an_interrupted_import_goes_on(catalog: Catalog, export: Path) -> None:
    """What was committed stays; the rest follows, and what a killed process left is removed."""
    work = import_flickr_export(catalog, [export], jobs=1)
    while next(work).what != "copying and reading photos":
        pass
    work.close()
    assert list(rows_of(catalog)) == [101]
    left = f".202.jpg.{owner().rpartition('-')[0]}-999999999.partial"
    (catalog.workspace.originals / "flickr-export" / left).write_bytes(b"x")
    counts = take_in(catalog, export)
    assert (counts.added, counts.updated, counts.unchanged) == (2, 0, 1)
    assert {path.name for path in (catalog.workspace.originals / "flickr-export").iterdir()} == {"101.jpg", "202.jpg"}


def test_an_archive_that_vanishes_is_told(catalog: Catalog, export: Path) -> None:
    """Its photos then have rows without files."""
    work = import_flickr_export(catalog, [export], jobs=1)
    while next(work).what != "copying and reading photos":
        pass
    (export / "data-download-2.zip").unlink()
    assert finish(work).added == 3
    assert rows_of(catalog)[202]["path"] == "flickr:202"
    assert "cannot be read" in why_skipped(catalog)["data-download-2.zip"]


@pytest.mark.parametrize(
    ("written", "license"),
    [
        ("Attribution License", "CC-BY-2.0"), ("CC BY-NC 4.0", "CC-BY-NC-4.0"), ("Public Domain Dedication (CC0)", "CC0-1.0"),
        ("9", "CC0-1.0"), (4, "CC-BY-2.0"), ("No known copyright restrictions", "https://www.flickr.com/commons/usage/"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"), (None, None), ("", None),
    ],
)  # fmt: skip
def test_licences_have_one_spelling(catalog: Catalog, tmp_path: Path, written: object, license: str | None) -> None:
    """Names of all times, numbers and addresses."""
    take_in(catalog, write_zip(tmp_path / "m.zip", {"photo_101.json": photo_json(101, license=written)}))
    assert rows_of(catalog)[101]["license"] == license


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({}, ("2013-08-04T12:46:15", "second")),
        ({"date_taken_granularity": 6}, ("2013-01-01T00:00:00", "year")),
        ({"date_taken": "0000-00-00 00:00:00"}, (None, "unknown")),
        ({"date_taken": 5}, (None, "unknown")),
    ],
)
def test_dates_have_their_precision(
    catalog: Catalog, tmp_path: Path, written: dict[str, Any], taken: tuple[str | None, str]
) -> None:
    """To the second, unless the JSON says otherwise; zeros are no date."""
    take_in(catalog, write_zip(tmp_path / "m.zip", {"photo_101.json": photo_json(101, **written)}))
    row = rows_of(catalog)[101]
    assert (row["taken_at"], row["taken_precision"]) == taken


def test_an_export_without_metadata_is_refused(catalog: Catalog, export: Path) -> None:
    """Media alone, and a path that is not there."""
    with pytest.raises(SourceError, match=r"no photo_<id>\.json"):
        take_in(catalog, export / "data-download-1.zip")
    with pytest.raises(SourceError, match="there is no such file"):
        take_in(catalog, export / "other.zip")


HOSTILE = {
    "../../a_101_o.jpg": "leads out",
    "/etc/a_101_o.jpg": "leads out",
    "..\\..\\a_101_o.jpg": "leads out",
    "C:\\a_101_o.jpg": "leads out",
    "x/../../a_101_o.jpg": "leads out",
    "a_101_o.jpg\0.txt": "leads out",
    "NUL": "device",
    "x/con.jpg": "device",
    "inner_101.zip": "archive inside",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_member_with_a_hostile_name_is_listed(catalog: Catalog, tmp_path: Path, name: str) -> None:
    """Nothing is written outside the workspace's own folder, and the photo has a row without a file."""
    placeholder = name.replace("\0", "~")
    path = write_zip(tmp_path / "d.zip", {"photo_101.json": photo_json(101), placeholder: jpeg(tmp_path, 1)})
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), name.encode()))
    around = {p for p in tmp_path.rglob("*") if "workspace" not in p.parts}
    counts = take_in(catalog, path)
    assert (counts.added, counts.skipped) == (1, 1)
    assert any(HOSTILE[name] in reason for reason in why_skipped(catalog).values())
    assert rows_of(catalog)[101]["path"] == "flickr:101"
    assert {p for p in tmp_path.rglob("*") if "workspace" not in p.parts} == around
    assert not (catalog.workspace.originals / "flickr-export").exists()


def test_links_and_encrypted_members_are_listed(catalog: Catalog, tmp_path: Path) -> None:
    """A link is not followed, and an encrypted member is not read."""
    path = tmp_path / "d.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("photo_101.json", photo_json(101))
        link = zipfile.ZipInfo("a_101_o.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    assert take_in(catalog, path).skipped == 1
    assert why_skipped(catalog)["a_101_o.jpg"] == "it is a link"
    data = bytearray(
        write_zip(path, {"photo_101.json": photo_json(101), "a_101_o.jpg": jpeg(tmp_path, 1)}).read_bytes()
    )
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    take_in(catalog, path)
    assert why_skipped(catalog)["a_101_o.jpg"] == "it is encrypted"


def test_a_bomb_is_not_opened(catalog: Catalog, tmp_path: Path) -> None:
    """A member that would grow a thousandfold is listed; so is an archive that claims too much in all."""
    photo = {"photo_101.json": photo_json(101)}
    noise = {"other_7_o.jpg": os.urandom(200_000)}
    path = write_zip(tmp_path / "d.zip", {**photo, **noise, "a_101_o.jpg": b"\xff\xd8\xff" + bytes(20 << 20)})
    take_in(catalog, path)
    assert "would grow from" in why_skipped(catalog)["a_101_o.jpg"]
    many = write_zip(tmp_path / "many.zip", {f"a_{one}_o.jpg": bytes(1 << 20) for one in range(300)})
    take_in(catalog, path, many)
    assert "the zip file would grow" in why_skipped(catalog)["many.zip"]
    assert not (catalog.workspace.originals / "flickr-export").exists()


def test_damaged_archives_are_told_and_the_others_are_read(catalog: Catalog, export: Path, tmp_path: Path) -> None:
    """A cut zip file, one whose content was changed, JSON that is not JSON, and a named pipe."""
    whole = (export / "data-download-1.zip").read_bytes()
    (export / "data-download-8.zip").write_bytes(whole[: len(whole) // 2])
    damaged = write_zip(tmp_path / "stored.zip", {"x": b""})
    with zipfile.ZipFile(damaged, "w") as file:
        file.writestr("dsc_303_o.jpg", jpeg(tmp_path, 9))
        file.writestr("photo_506.json", b"{")
        file.writestr("photo_507.json", b'{"id": "x"}')
        file.writestr("dsc_808_o.jpg", jpeg(tmp_path, 10), zipfile.ZIP_BZIP2)  # which can grow without a limit
        file.writestr("photo_808.json", photo_json(808))
    content = bytearray(damaged.read_bytes())
    content[600] ^= 0xFF
    damaged.write_bytes(content)
    os.mkfifo(export / "pipe.zip")
    counts = take_in(catalog, export, export / "data-download-1.zip", damaged)
    why = why_skipped(catalog)
    assert counts.added == 4
    assert "cannot be read" in why["data-download-8.zip"]
    assert "another way than by deflate" in why["dsc_808_o.jpg"]
    assert not any("another file" in reason for reason in why.values())  # an archive that is given twice is read once
    assert "cannot be read" in why["dsc_303_o.jpg"]
    assert "not JSON" in why["photo_506.json"]
    assert "'id'" in why["photo_507.json"]
    assert rows_of(catalog)[303]["path"] == "flickr:303"
    assert {path.name for path in (catalog.workspace.originals / "flickr-export").iterdir()} == {"101.jpg", "202.jpg"}
    assert "not a regular file" in why["pipe.zip"]


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_in_a_zip_file_are_refused_or_read(data: bytes, at: int) -> None:
    """Reading an archive raises nothing but its refusal."""
    import tempfile

    from curate.sources.archives import Refused

    with tempfile.TemporaryDirectory() as folder:
        path = write_zip(Path(folder) / "a.zip", {"photo_1.json": photo_json(1), "b/a_1_o.jpg": b"\xff\xd8\xff" * 50})
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + data + whole[at + len(data) :])
        try:
            with Archive(path).opened() as opened:
                for member, refused in list(opened.members()):
                    if refused is None:
                        try:
                            assert sum(map(len, opened.read(member))) >= 0
                        except Refused as why:
                            assert str(why)
        except Refused as why:
            assert str(why)


@given(st.integers(10**4, 10**12), st.text("abcdefghijk-_ ", max_size=12), st.sampled_from(["_o", "_b", ""]))
def test_the_id_in_a_name_is_found(photo: int, title: str, size: str) -> None:
    """Whatever the title is, and whether the secret follows or not."""
    assert photo in ids_in(f"{title}_{photo}{size}.jpg")
    assert ids_in(f"{photo}_0a1b2c{size}.jpg")[0] == photo
