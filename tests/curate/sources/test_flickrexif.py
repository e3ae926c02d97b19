"""FlickrExif's Parquet files become photos with labels and no files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curate.catalog.flickr_photos import flickr_photo, pending
from curate.catalog.forgetting import forget
from curate.catalog.store import Catalog
from curate.errors import SourceError
from curate.export.run import export_workspace
from curate.sources.counts import IngestCounts
from curate.sources.flickrexif import COLUMNS, import_flickrexif
from curate.sources.imported_set import sets_source
from curate.workspace import Workspace
from tests.helpers.imports import rows_of, why_skipped, write_flickrexif
from tracer.base.progress import finish

PHONE = {
    "Flickr ID": 53001234567,
    "url": "https://live.staticflickr.com/65535/53001234567_ab_o.jpg",
    "owner": "1@N00",
    "Make": "Apple",
    "Model": "iPhone 4S",
    "Exposure": "1/20",
    "Aperture": "2.4",
    "ISO Speed": "80",
    "Focal Length": "4.3 mm",
}


def take_in(catalog: Catalog, *paths: Path) -> IngestCounts:
    """Import and return the counts."""
    return finish(import_flickrexif(catalog, paths))


def numbers(counts: IngestCounts) -> tuple[int, int, int, int]:
    """Return added, updated, unchanged and skipped."""
    return counts.added, counts.updated, counts.unchanged, counts.skipped


def test_a_row_becomes_a_photo_with_all_labels(catalog: Catalog, tmp_path: Path) -> None:
    """The strings are FlickrExif's own, the type is resolved as for EXIF, and the address is where the file is fetched from."""
    assert numbers(take_in(catalog, write_flickrexif(tmp_path / "a.parquet", [PHONE]))) == (1, 0, 0, 0)
    row = rows_of(catalog)[53001234567]
    assert {name: row[name] for name in COLUMNS[1:]} == {name: PHONE[name] for name in COLUMNS[1:]}
    assert (row["source"], row["status"], row["path"]) == ("flickrexif", "ok", "flickr:53001234567")
    assert (row["camera_type"], row["Is Smartphone"], row["Smartphone Model"]) == ("smartphone", True, "iPhone 4S")
    assert flickr_photo(catalog, 53001234567).listing.original == PHONE["url"]


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ({"Exposure": "0.01 sec (1/100)", "Aperture": "f/2.8"}, {"Exposure": "1/100", "Aperture": "2.8"}),
        ({"Exposure": "0.5", "Focal Length": "50 mm"}, {"Exposure": "0.5", "Focal Length": "50.0 mm"}),
        ({"Exposure": None, "Make": " Canon\0x"}, {"Exposure": None, "Make": "Canon"}),
    ],
)
def test_texts_are_normalised_as_for_files(
    catalog: Catalog, tmp_path: Path, written: dict[str, Any], labels: dict[str, Any]
) -> None:
    """Other spellings give the same labels as a file would; nulls give none."""
    take_in(catalog, write_flickrexif(tmp_path / "a.parquet", [PHONE | written]))
    row = rows_of(catalog)[53001234567]
    assert {name: row[name] for name in labels} == labels


def test_a_page_is_no_original_and_what_is_not_an_address_is_said(catalog: Catalog, tmp_path: Path) -> None:
    """The address of a page stays; other text is not kept, and both oddities are told."""
    page = "https://www.flickr.com/photos/1@N00/2/"
    rows = [PHONE | {"Flickr ID": 2, "url": page}, PHONE | {"Flickr ID": 3, "url": "gone", "Aperture": "undef"}]
    counts = take_in(catalog, write_flickrexif(tmp_path / "a.parquet", rows))
    assert (rows_of(catalog)[2]["url"], flickr_photo(catalog, 2).listing.original) == (page, None)
    assert rows_of(catalog)[3]["url"] is None
    assert counts.remarks == [
        "url could not be used in 1 row, such as 'gone'",
        "Aperture could not be used in 1 row, such as 'undef'",
    ]


def test_hosts_that_the_environment_names_serve_originals(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server for tests takes the place of Flickr's hosts, for images and not for pages."""
    monkeypatch.setenv("CURATE_FLICKR_HOSTS", "127.0.0.1:8080")
    image, page = "http://127.0.0.1:8080/1/2_o.jpg", "http://127.0.0.1:8080/photos/1@N00/3/"
    rows = [PHONE | {"Flickr ID": 2, "url": image}, PHONE | {"Flickr ID": 3, "url": page}]
    take_in(catalog, write_flickrexif(tmp_path / "a.parquet", rows))
    assert [flickr_photo(catalog, number).listing.original for number in (2, 3)] == [image, None]


def test_unusable_rows_are_listed(catalog: Catalog, tmp_path: Path) -> None:
    """Without an ID, with an impossible or an earlier one, each with its file and row; one without labels waits for EXIF."""
    rows = [
        PHONE,
        {},
        PHONE | {"Flickr ID": -1},
        PHONE | {"Flickr ID": 10**15},
        PHONE | {"Make": "Canon"},
        {"Flickr ID": 5},
    ]
    counts = take_in(catalog, write_flickrexif(tmp_path / "a.parquet", rows))
    assert numbers(counts) == (2, 0, 0, 4)
    assert rows_of(catalog)[5]["status"] == "listed" and pending(catalog, "exif") == [5]
    assert why_skipped(catalog) == {
        "a.parquet:2": "its Flickr ID is not one: None",
        "a.parquet:3": "its Flickr ID is not one: -1",
        "a.parquet:4": "its Flickr ID is not one: 1000000000000000",
        "a.parquet:5": "an earlier row has the Flickr ID 53001234567, too",
    }
    assert rows_of(catalog)[53001234567]["Make"] == "Apple"


def test_again_is_only_what_changed(catalog: Catalog, tmp_path: Path) -> None:
    """A second import changes nothing; a changed row is updated; a forgotten photo stays out, and is listed."""
    other = PHONE | {"Flickr ID": 7}
    write_flickrexif(tmp_path / "set" / "data" / "train-0.parquet", [PHONE])
    write_flickrexif(tmp_path / "set" / "data" / "train-1.parquet", [other])
    assert numbers(take_in(catalog, tmp_path / "set")) == (2, 0, 0, 0)
    revision = catalog.revision()
    assert numbers(take_in(catalog, tmp_path / "set")) == (0, 0, 2, 0)
    assert catalog.revision() == revision
    write_flickrexif(tmp_path / "set" / "data" / "train-1.parquet", [other | {"ISO Speed": "100"}])
    assert numbers(take_in(catalog, tmp_path / "set")) == (0, 1, 1, 0)
    forget(catalog, [Path("flickr:7")])
    assert numbers(take_in(catalog, tmp_path / "set")) == (0, 0, 1, 1)
    assert why_skipped(catalog) == {"flickr:7": "it was forgotten; `curate undo` takes that back"}


def test_closing_the_work_keeps_what_is_finished(catalog: Catalog, tmp_path: Path) -> None:
    """A cancelled import holds whole batches, and the next one goes on."""
    path = write_flickrexif(tmp_path / "a.parquet", [PHONE | {"Flickr ID": 1 + number} for number in range(5001)])
    work = import_flickrexif(catalog, [path])
    next(work)
    assert next(work).done == 5000
    work.close()
    assert catalog.count() == 5000
    assert numbers(take_in(catalog, path)) == (1, 0, 5000, 0)


def test_other_columns_are_refused_with_those_expected(catalog: Catalog, tmp_path: Path) -> None:
    """Nothing is imported where one of the files lacks a column, or has IDs that are not integers."""
    good = write_flickrexif(tmp_path / "a.parquet", [PHONE])
    pq.write_table(pa.table({"Flickr ID": [1], "make": ["x"]}), tmp_path / "b.parquet")
    with pytest.raises(SourceError, match=r"lacks url, owner, Make.*its columns are Flickr ID, make") as refused:
        take_in(catalog, good, tmp_path / "b.parquet")
    assert all(name in refused.value.way_out for name in COLUMNS)
    texts = write_flickrexif(tmp_path / "c.parquet", [PHONE | {"Flickr ID": "x"}], **{"Flickr ID": pa.string()})
    with pytest.raises(SourceError, match="Flickr ID is string, not an integer"):
        take_in(catalog, texts)
    assert catalog.count() == 0


def test_a_set_without_pictures_is_imported_again(catalog: Catalog, tmp_path: Path) -> None:
    """A set of addresses has FlickrExif's columns and is read as such; its table of labels is not listed as skipped."""
    rows = [PHONE, PHONE | {"Flickr ID": 7, "Make": "Canon", "Model": "Canon EOS 40D", "owner": "2@N00"}]
    take_in(catalog, write_flickrexif(tmp_path / "a.parquet", rows))
    before = rows_of(catalog)
    workspace = Workspace.create(tmp_path / "other")
    (tmp_path / "a").mkdir()
    finish(export_workspace(catalog, tmp_path / "set"))  # no photo has a file, so that this is the layout
    with workspace.writing("test"), Catalog.open(workspace) as other:
        pq.write_table(pa.table({"x": [1]}), tmp_path / "a" / "labels.parquet")  # somebody else's, in no set
        counts = take_in(other, tmp_path / "set", tmp_path / "a")
        assert (counts.added, counts.skipped) == (2, 1)
        assert why_skipped(other) == {"labels.parquet": "it has no column Flickr ID"}
        counts = take_in(other, tmp_path / "set")
        assert (counts.unchanged, counts.skipped, why_skipped(other)) == (2, 0, {})
        names = (*COLUMNS[1:], "camera_type")
        after = rows_of(other)
        assert [{name: after[one][name] for name in names} for one in before] == [
            {name: row[name] for name in names} for row in before.values()
        ]
        with pytest.raises(SourceError, match="has no files, but Flickr IDs") as refused:
            sets_source(other, [tmp_path / "set"])
        assert "curate import flickrexif" in refused.value.way_out


@pytest.mark.parametrize("content", [b"", b"PAR1 and more", b"\xff" * 100, None])
def test_damaged_files_are_refused(catalog: Catalog, tmp_path: Path, content: bytes | None) -> None:
    """What is not Parquet, what is not there (None), and a folder without any."""
    (tmp_path / "empty").mkdir()
    if content is not None:
        (tmp_path / "a.parquet").write_bytes(content)
    for path, why in (
        ("a.parquet", "no such file" if content is None else r"a\.parquet"),
        ("empty", "no such Parquet file"),
    ):
        with pytest.raises(SourceError, match=why):
            take_in(catalog, tmp_path / path)


def test_a_text_that_all_rows_share_is_in_memory_once(tmp_path: Path) -> None:
    """A file of 15 kB whose 5,000 rows have texts of 400 kB: each row for itself would take 2 GB for each column."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["a" * 400_000]))
    path = tmp_path / "flickrexif.parquet"
    table = pa.table({"Flickr ID": range(1, 5001), **dict.fromkeys(COLUMNS[1:], text)})
    pq.write_table(table, path, compression="zstd", store_schema=False)
    code = (
        "import sys, pathlib; from curate.sources.flickrexif import _batches\n"
        "print(sum(len(batch.entries) for batch in _batches([pathlib.Path(sys.argv[1])], 1, [])))\n"
        "print(pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    out = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True).stdout
    rows, kilobytes = map(int, out.split())
    assert rows == 5000 and kilobytes < 600 << 10 and path.stat().st_size < 20_000
