"""YFCC100M's lines, in all their layouts, become photos without files."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.catalog.flickr_photos import flickr_photo, pending
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.sources.counts import IngestCounts
from curate.sources.yfcc100m import NotALine, import_yfcc100m, parse_line
from tests.helpers.imports import PAGE, rows_of, why_skipped
from tracer.base.progress import finish

OWNER = "39019111@N00"


def line(
    photo: int = 6985418911, before: tuple[str, ...] = ("id", "nsid", "nick"), row: int = 17, **said: str
) -> bytes:
    """Return a line; `before` names the columns before the date."""
    columns = {
        "row": str(row),
        "id": str(photo),
        "hash": "4e2f7a26a1dfbf165a7e30bdabf7e72a",
        "nsid": OWNER,
        "nick": "guy_12+3",
    }
    tail = {
        "taken": "2012-02-16 09:56:37.0", "uploaded": "1331840483", "device": "Canon PowerShot ELPH 310 HS",
        "title": "IMG 0520", "description": "", "tags": "canon,2012", "machine": "", "longitude": "-81.804885",
        "latitude": "24.550558", "accuracy": "12", "page": PAGE.format(owner=OWNER, photo=photo),
        "download": f"http://farm8.staticflickr.com/7205/{photo}_df7747990d.jpg",
        "license": "Attribution-NonCommercial-NoDerivs License",
        "url": "http://creativecommons.org/licenses/by-nc-nd/2.0/", "server": "7205", "farm": "8", "secret": "df7747990d",
        "original": "692d7e0a7f", "extension": "jpg", "marker": "0",
    } | said  # fmt: skip
    texts = ("device", "title", "description", "tags", "license")
    encoded = [quote_plus(value) if name in texts else value for name, value in tail.items()]
    return "\t".join([*(columns[name] for name in before), *encoded]).encode()


LAYOUTS = [
    ("id", "nsid", "nick"),
    ("row", "id", "hash", "nsid", "nick"),
    ("row", "id", "nsid", "nick"),
    ("id", "hash", "nsid", "nick"),
]


def take_in(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Import and return the counts."""
    return finish(import_yfcc100m(catalog, paths))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_line_becomes_a_photo(catalog: Catalog, tmp_path: Path, layout: tuple[str, ...]) -> None:
    """Camera, date, licence, owner, place and addresses are the same in each layout."""
    (tmp_path / "a.tsv").write_bytes(line(before=layout) + b"\n")
    assert take_in(catalog, tmp_path / "a.tsv").added == 1
    row = rows_of(catalog)[6985418911]
    assert (row["Make"], row["Model"], row["camera_type"]) == ("Canon", "PowerShot ELPH 310 HS", "compact")
    assert (row["taken_at"], row["taken_precision"], row["Year"]) == ("2012-02-16T09:56:37", "second", "2012.0")
    assert (row["owner"], row["license"]) == (OWNER, "CC-BY-NC-ND-2.0")
    assert (row["latitude"], row["longitude"]) == (24.550558, -81.804885)
    assert (row["url"], row["status"]) == (PAGE.format(owner=OWNER, photo=6985418911), "ok")
    assert row["semantic_label"] is None
    listing = flickr_photo(catalog, 6985418911).listing
    assert listing.original == "https://farm8.staticflickr.com/7205/6985418911_df7747990d.jpg"


@given(
    photo=st.integers(1, 10**12),
    row=st.integers(0, 10**8),
    layout=st.sampled_from(LAYOUTS),
    make=st.sampled_from(["Apple", "NIKON CORPORATION", "Sony Ericsson", "OLYMPUS IMAGING CORP."]),
    model=st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20),
    title=st.text(max_size=30),
)
def test_layouts_agree(photo: int, row: int, layout: tuple[str, ...], make: str, model: str, title: str) -> None:
    """The layout of a line changes nothing, whatever its ID, row number and texts are."""
    words = {"device": f"{make} {model}", "title": title}
    plain = parse_line(line(photo, **words))
    assert parse_line(line(photo, layout, row, **words)) == plain
    assert plain[0].flickr_id == photo


DEVICES = {
    "Apple iPhone 4S": ("Apple", "iPhone 4S", "smartphone"),
    "Panasonic DMC-TZ3": ("Panasonic", "DMC-TZ3", "compact"),
    "NIKON CORPORATION NIKON D90": ("NIKON CORPORATION", "NIKON D90", "dslr"),
    "OLYMPUS IMAGING CORP. E-410": ("OLYMPUS IMAGING CORP.", "E-410", "dslr"),
    "Zorblax Z1": (None, "Zorblax Z1", "unknown"),
}


def test_the_device_is_split_into_make_and_model(catalog: Catalog, tmp_path: Path) -> None:
    """The type is that of the same camera in a file."""
    (tmp_path / "a.tsv").write_bytes(b"\n".join(line(1 + at, device=one) for at, one in enumerate(DEVICES)))
    take_in(catalog, tmp_path / "a.tsv")
    found = [(row["Make"], row["Model"], row["camera_type"]) for _, row in sorted(rows_of(catalog).items())]
    assert found == [*DEVICES.values()]


def test_a_line_without_a_camera_waits_for_its_exif(catalog: Catalog, tmp_path: Path) -> None:
    """Its row is listed; the date and licence are there, and a date of zeros is none."""
    (tmp_path / "a.tsv").write_bytes(line(1, device="") + b"\n" + line(2, device="", taken="0000-00-00 00:00:00"))
    take_in(catalog, tmp_path / "a.tsv")
    rows = rows_of(catalog)
    assert [(rows[one]["status"], rows[one]["Year"]) for one in (1, 2)] == [("listed", "2012.0"), ("listed", None)]
    assert pending(catalog, "exif") == [1, 2]


def test_damaged_lines_and_videos_are_listed(catalog: Catalog, tmp_path: Path) -> None:
    """Each with the number of its line and the reason; the lines around them are read, also in mixed layouts."""
    whole = line(1)
    lines = [
        whole,
        line(2, marker="1"),
        whole[: len(whole) // 2],
        line(3, LAYOUTS[1]),
        b"\xff" + whole,
        line(5, marker="2"),
        b"",
        line(4).replace(b"4\t" + OWNER.encode(), b"x\t" + OWNER.encode()),
        whole.replace(b"2012-02-16 09", b"yesterday", 1),
        line(0),
    ]
    lines += [b"x" * (3 << 20), line(6)]  # a line of megabytes takes little memory
    (tmp_path / "a.tsv").write_bytes(b"\r\n".join(lines))
    counts = take_in(catalog, tmp_path / "a.tsv")
    assert (counts.added, counts.skipped) == (3, 9)
    why = why_skipped(catalog)
    assert why.pop("a.tsv:2") == "it is a video" and "more than" in why.pop("a.tsv:11")
    assert sorted(why) == [f"a.tsv:{number}" for number in (10, 3, 5, 6, 7, 8, 9)]
    assert all(reason.startswith("the line is damaged: ") for reason in why.values())


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_compressed_files_are_streamed_up_to_their_damage(catalog: Catalog, tmp_path: Path, pack: object) -> None:
    """By content, not by name; a cut file is read as far as it goes, and that is said."""
    packed = pack(b"\n".join(line(1 + number) for number in range(3)))  # type: ignore[operator]
    (tmp_path / "whole.txt").write_bytes(packed)
    assert take_in(catalog, tmp_path / "whole.txt").added == 3
    (tmp_path / "cut.bz2").write_bytes(packed[:-10])
    counts = take_in(catalog, tmp_path / "cut.bz2")
    assert counts.added == 0
    (reason,) = (reason for reason in why_skipped(catalog).values() if "file is damaged" in reason)
    assert "read up to there" in reason


def test_a_folder_is_read_and_other_files_are_refused(catalog: Catalog, tmp_path: Path) -> None:
    """Files of other names in a folder are listed; a file without any such line is refused after its first lines."""
    (tmp_path / "d" / "part").mkdir(parents=True)
    (tmp_path / "d" / "part" / "yfcc100m_dataset-0").write_bytes(line(1))
    (tmp_path / "d" / "photo.jpg").write_bytes(b"x")
    assert take_in(catalog, tmp_path / "d").added == 1
    assert "not that of a file of lines" in why_skipped(catalog)["photo.jpg"]
    (tmp_path / "other.txt").write_bytes(b"some words\n" * 200)
    with pytest.raises(SourceError, match="none of its first 100 lines"):
        take_in(catalog, tmp_path / "other.txt")


@given(st.binary(max_size=300))
def test_any_bytes_give_a_photo_or_a_reason(data: bytes) -> None:
    """Nothing else is raised."""
    try:
        parse_line(data)
    except NotALine as why:
        assert str(why)
