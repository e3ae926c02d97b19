"""What a sidecar says of photos, and what is said of a sidecar."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog.folders import skipped
from curate.catalog.store import Catalog
from curate.errors import SourceError, UsageError
from curate.ingest import IngestCounts, ingest
from curate.sources.sidecar import PATH_COLUMNS, meant, read_sidecar, remarks_on_columns
from tests.conftest import write_photo
from tracer.base.progress import finish


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos."""
    for number in range(3):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    return tmp_path / "photos"


def take_in(catalog: Catalog, photos: Path, text: str) -> IngestCounts:
    """Ingest with a sidecar that lies beside the photos' folder."""
    sidecar = photos.parent / "said.csv"
    sidecar.write_text(text, encoding="utf-8")
    return finish(ingest(catalog, [photos], jobs=1, labels=sidecar))


def scenes(catalog: Catalog) -> dict[str, str | None]:
    """The stated scenes by file name."""
    rows = catalog.connection.execute("SELECT path, scene FROM photo ORDER BY path")
    return {Path(row["path"]).name: row["scene"] for row in rows}


def test_scene_is_a_column_and_follows_the_sidecar(catalog: Catalog, photos: Path) -> None:
    """In any case of letters; read again with other values it says those, and an emptied cell takes back what it said."""
    take_in(catalog, photos, "FILE,Scene\nphotos/0.jpg,kitchen\n1.jpg,kitchen\n2.jpg,garden\n")
    assert scenes(catalog) == {"0.jpg": "kitchen", "1.jpg": "kitchen", "2.jpg": "garden"}
    counts = take_in(catalog, photos, "file,scene\n0.jpg,kitchen\n1.jpg,garden\n2.jpg,\n")
    assert (counts.updated, counts.unchanged) == (2, 1)
    assert scenes(catalog) == {"0.jpg": "kitchen", "1.jpg": "garden", "2.jpg": None}
    assert catalog.photo_ids_where("scene = 'garden'") == catalog.photo_ids_where("path LIKE '%1.jpg'")


def test_unknown_columns_are_named_with_those_that_exist(catalog: Catalog, photos: Path) -> None:
    """A near name asks whether the column was meant; a camera's type has a command of its own."""
    remarks = take_in(catalog, photos, "file,label,type,focal\nphotos/0.jpg,cat,dslr,50\n").remarks
    assert "columns label, type, focal are not used" in remarks[0]
    assert all(name in remarks[0] for name in ("Make", "semantic_label", "scene", "file_name"))
    assert remarks[1:] == [
        "label: did you mean semantic_label?",
        "type: a camera's type is stated with: curate cameras set MAKE MODEL TYPE",
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("label", "semantic_label"), ("Semantic Label", "semantic_label"), ("semantic-lable", "semantic_label"),
        ("photographer", "owner"), ("licence", "license"), ("scene_id", "scene"), ("DateTimeOriginal", "taken_at"),
        ("takenat", "taken_at"), ("Camera Model", "Model"), ("file name", "file_name"), ("sha1", None), ("width", None),
    ],
)  # fmt: skip
def test_near_names(name: str, wanted: str | None) -> None:
    """What people call a column, and slips of the pen; nothing is guessed from afar."""
    assert meant(name) == wanted


def test_odd_rows_and_values_are_counted(catalog: Catalog, photos: Path) -> None:
    """Rows without a photo, of a photo that is not there, twice the same; empty values; times that are none."""
    counts = take_in(
        catalog,
        photos,
        "file,owner,taken_at\n,ann,2019\nphotos/9.jpg,ann,2019\nphotos/0.jpg,,soon\nphotos/0.jpg,bob,2019,more\n",
    )
    said = "\n".join(counts.remarks)
    for part in (
        "rows without a photo are not used: 1 row",
        "name a photo that an earlier row names; the later row counts: 1 row",
        "more cells than the header; the surplus cells are not used: 1 row",
        "owner is empty in 1 row,",
        "taken_at is not a time in 1 row;",
        "no photo was found for 1 row;",
    ):
        assert part in said, part
    assert counts.skipped == 2
    reasons = {Path(path).name: reason for path, reason in skipped(catalog)}
    assert "soon" in reasons["0.jpg"] and "no such photo" in reasons["9.jpg"]


def test_a_column_twice(tmp_path: Path, photos: Path) -> None:
    """The first one counts, and that is said."""
    sidecar = tmp_path / "said.csv"
    sidecar.write_text("file,Make,make\nphotos/0.jpg,Canon,Nikon\n")
    assert remarks_on_columns(sidecar) == ["the sidecar has the column Make more than once; the first one counts"]
    assert [row["Make"] for row in read_sidecar(sidecar, []).said.values()] == ["Canon"]


def test_a_sidecar_without_a_column_of_paths(tmp_path: Path) -> None:
    """It is refused with its columns, and with the name that is near one."""
    sidecar = tmp_path / "said.csv"
    sidecar.write_text("filename,scene\n0.jpg,kitchen\n")
    with pytest.raises(SourceError, match=r"filename, scene; did you mean file_name by filename\?") as caught:
        read_sidecar(sidecar, [])
    assert all(name in caught.value.way_out for name in PATH_COLUMNS)
    sidecar.write_text("")
    with pytest.raises(SourceError, match=r"said\.csv is empty"):
        remarks_on_columns(sidecar)
    with pytest.raises(UsageError, match="there is no file"):
        remarks_on_columns(tmp_path / "none.csv")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_separator_is_the_header_s(catalog: Catalog, photos: Path, sign: str) -> None:
    """Commas, semicolons and tabs; the other signs are text then, also a comma in a cell."""
    kitchen = '"a, b; c"' if sign == "," else "a, b"
    counts = take_in(catalog, photos, f"file{sign}scene\nphotos/0.jpg{sign}{kitchen}\n")
    assert counts.remarks == [] and scenes(catalog)["0.jpg"] == kitchen.strip('"')


def test_a_quote_that_is_not_closed(catalog: Catalog, photos: Path) -> None:
    """To the end of the file: refused with the line where it is opened. Up to another quote: the rows it swallows are told."""
    with pytest.raises(SourceError, match="begins on line 3"):
        take_in(catalog, photos, 'file,owner\nphotos/0.jpg,ann\nphotos/1.jpg,"bob\nphotos/2.jpg,cid\n')
    counts = take_in(
        catalog, photos, 'file,owner,scene\nphotos/0.jpg,"ann,a\nphotos/1.jpg,bob",b\nphotos/2.jpg,cid,c\n'
    )
    assert any("a cell of several lines; is a quote missing?: 1 row" in remark for remark in counts.remarks)


def test_names_with_spaces_at_their_ends(catalog: Catalog, photos: Path) -> None:
    """Such a file can be named; spaces around the name of another one do not count."""
    for number, name in enumerate((" lead.jpg", "trail ")):
        write_photo(photos / name, 10 + number)
    counts = take_in(catalog, photos, "scene,file\na, lead.jpg\nb,trail \nc,  photos/0.jpg \n")
    assert counts.remarks == []
    found = scenes(catalog)
    assert (found[" lead.jpg"], found["trail "], found["0.jpg"]) == ("a", "b", "c")


def test_the_sidecar_itself_is_not_skipped(catalog: Catalog, photos: Path) -> None:
    """It was read, also where it lies among the photos; other files are skipped as ever."""
    (photos / "notes.txt").write_text("hello")
    (photos / "said.csv").write_text("file,scene\n0.jpg,a\n")
    counts = finish(ingest(catalog, [photos], jobs=1, labels=photos / "said.csv"))
    assert counts.skipped == 1 and [Path(path).name for path, _ in skipped(catalog)] == ["notes.txt"]
