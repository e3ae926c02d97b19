"""What a set holds, and what it does not."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import html
import io
import json
import os
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from dirty_pictures import SECRET, camera, dirty, noise, row
from markdown_it import MarkdownIt
from small_exports import OPTIONS, make_rows

from curate.catalog.labels import LABEL_COLUMNS, PRIVATE_COLUMNS
from curate.errors import ExportError, UsageError
from curate.export import attribution, card
from curate.export.verify import verify_set
from curate.export.write import ExportOptions, ExportResult, export_set
from curate.splits.check import leaks
from tracer.base.progress import finish
from tracer.base.text import clean_text


def export(rows: list[dict], out: Path, **changes: object) -> ExportResult:
    """Export with the tests' options, changed where asked."""
    return finish(export_set(rows, out, dataclasses.replace(OPTIONS, **changes)))


def contents(folder: Path) -> dict[str, str]:
    """Return each file's sha256 by its relative name."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def table(dataset: Path) -> list[dict]:
    """Return the rows of a set's table."""
    return pq.read_table(dataset / "metadata.parquet").to_pylist()


def reasons(result: ExportResult) -> dict[str, int]:
    """Return how many photos were left out for each reason."""
    return {out.reason: len(out.photos) for out in result.left_out}


def test_a_set_holds_what_the_contract_names(exported: Path, rows: list[dict]) -> None:
    """The folder has exactly the contract's files, one image a row under our own names, and nothing private."""
    assert sorted(p.name for p in exported.iterdir()) == [
        "ATTRIBUTION.csv",
        "README.md",
        "audit.json",
        "croissant.json",
        "images",
        "manifest.json",
        "metadata.parquet",
        "splits",
    ]
    found = table(exported)
    assert [r["photo_id"] for r in found] == sorted(r["photo_id"] for r in rows)
    assert all((exported / r["file_name"]).is_file() for r in found)
    assert all(r["file_name"].split("/")[1].split(".")[0] == str(r["photo_id"]) for r in found)
    assert len(list((exported / "images").iterdir())) == len(rows)
    assert sorted(p.name for p in (exported / "splits").iterdir()) == [
        "split_data_target_attribute=Is Smartphone.json",
        "split_data_target_attribute=Make.json",
    ]
    assert not [p for p in exported.rglob("*") if p.is_file() and SECRET in p.read_bytes()]
    assert not [p for p in exported.rglob("*") if p.is_file() and str(exported.parent).encode() in p.read_bytes()]
    assert not exported.with_name("set.partial").exists()


def test_columns_have_the_contracts_names_order_and_types(exported: Path) -> None:
    """Integers and booleans stay integers and booleans where values are absent; private columns are absent."""
    schema = pq.read_schema(exported / "metadata.parquet")
    expected = [name for name in LABEL_COLUMNS if name not in PRIVATE_COLUMNS]
    assert schema.names == [*expected, "scene_idx"]
    kinds = {"string": "string", "int64": "int64", "float64": "double", "bool": "bool"}
    assert [str(schema.field(name).type) for name in expected] == [kinds[LABEL_COLUMNS[name]] for name in expected]
    by_type = {r["camera_type"]: r for r in table(exported)}
    assert by_type["smartphone"]["Is Smartphone"] is True
    assert by_type["dslr"]["Is Smartphone"] is False
    assert by_type["dslr"]["edited"] is None


def test_the_same_rows_give_the_same_bytes(rows: list[dict], tmp_path: Path) -> None:
    """Two exports of the same rows, in another order and to another place, are byte-identical."""
    first = contents(export(rows, tmp_path / "a").dataset)
    random.Random(1).shuffle(rows)
    assert contents(export(rows, tmp_path / "b").dataset) == first


def test_splits_are_written_and_agree_with_the_column(exported: Path, rows: list[dict]) -> None:
    """Split files lie inside the one joint split, cover two makes, and part no scene."""
    side_of = {r["photo_id"]: r["split"] for r in table(exported)}
    scene_of = {r["photo_id"]: r["scene_idx"] for r in rows}
    content = json.loads((exported / "splits/split_data_target_attribute=Make.json").read_text())
    assert content["label_encoder_classes"] == ["Acme", "Nikonia"]
    assert min(len(content[f"{side}_ids"]) for side in ("train", "val", "test")) >= 2
    for side in ("train", "val", "test"):
        assert {side_of[i] for i in content[f"{side}_ids"]} == {side}
    assert leaks(content, np.array(sorted(scene_of)), np.array([scene_of[i] for i in sorted(scene_of)])) == []
    audit = json.loads((exported / "audit.json").read_text())
    assert audit["leaks"] == []
    assert audit["attributes"]["Make"] == {"Acme": 12, "Nikonia": 12}
    assert {c["name"] for c in audit["confounds"]} == {"format"}
    assert audit["confounds"][0]["value"] > 0.9


def test_what_cannot_be_exported_is_left_out_and_listed(rows: list[dict], tmp_path: Path) -> None:
    """A vanished, changed, unreadable, replaced or uncleanable file costs its own row only, with its reason."""
    paths = [Path(r["path"]) for r in rows]
    paths[0].unlink()
    paths[1].write_bytes(dirty("jpg", seed=99))
    rows[2] |= {"status": "truncated", "error": "it ends early"}
    paths[3].unlink()
    os.mkfifo(paths[3])
    noise(50).save(tmp_path / "a.tif")
    rows.append(row(tmp_path / "a.tif"))
    shutil.copy(paths[4], tmp_path / "copy.jpg")
    rows.append(row(tmp_path / "copy.jpg"))
    result = export(rows, tmp_path / "set")
    assert result.photos == len(rows) - 6
    assert reasons(result) == {
        "its file is gone": 1,
        "its file has changed since it was ingested": 1,
        "it could not be read (truncated)": 1,
        "it is no longer a file": 1,
        "its metadata cannot be removed safely: its format cannot be cleaned without encoding it again": 1,
        "an exact copy of it is in the set": 1,
    }
    assert {p for out in result.left_out for p in out.photos} == {
        *(str(p) for p in paths[:4]),
        str(tmp_path / "a.tif"),
        str(tmp_path / "copy.jpg"),
    }
    manifest = json.loads((result.dataset / "manifest.json").read_text())
    assert manifest["counts"]["left_out"] == 6
    assert verify_set(result.dataset) == []


def test_a_set_holds_one_of_two_photos_with_the_same_file(rows: list[dict], tmp_path: Path) -> None:
    """A file that was uploaded twice has two Flickr IDs, and a third one as a local photo: the one in a pair is kept."""
    twice = [{**rows[0], "photo_id": number, "subject_idx": None, "source": "flickr"} for number in (53000000001, 7)]
    twice += [{**rows[3], "photo_id": 8}]
    result = export([twice[0], *rows, *twice[1:]], tmp_path / "set")
    assert reasons(result) == {"an exact copy of it is in the set": 3}
    assert result.left_out[0].ids == (
        7,
        53000000001,
        rows[3]["photo_id"],
    )  # of two copies in pairs, the lower ID is kept
    found = table(result.dataset)
    assert len(found) == len(rows) == len({r["sha256"] for r in found})
    assert rows[0]["photo_id"] in {r["photo_id"] for r in found}
    assert [r["photo_id"] for r in found] == sorted(r["photo_id"] for r in found)
    assert verify_set(result.dataset) == []


def test_a_set_of_addresses_names_photos_of_flickr_alone(rows: list[dict], tmp_path: Path) -> None:
    """A local photo has a number of its own and not a Flickr ID. So it is left out, and listed, even if it is published too."""
    address = "https://www.flickr.com/photos/1@N01/53000000001/"
    rows[0] |= {"photo_id": 53000000001, "url": address, "subject_idx": None}
    rows[1] |= {"url": "https://photos.example.org/1"}
    result = export(rows, tmp_path / "set", layout="urls")
    assert reasons(result) == {"its address is not known": len(rows) - 2, "it has no Flickr ID": 1}
    assert pq.read_table(result.dataset / "metadata.parquet")["Flickr ID"].to_pylist() == [53000000001]
    assert verify_set(result.dataset) == []


def test_a_photo_with_bytes_hidden_in_its_picture_data_is_left_out(rows: list[dict], tmp_path: Path) -> None:
    """What a decoder passes over inside coded data cannot be taken out bit by bit: such a photo is left out, and listed."""
    out = io.BytesIO()
    noise(70).save(out, "JPEG", quality=90)
    (tmp_path / "hidden.jpg").write_bytes(out.getvalue()[:-2] + SECRET + b"\xff\xd9")
    result = export([*rows, row(tmp_path / "hidden.jpg")], tmp_path / "set")
    assert result.photos == len(rows)
    assert [(left.photos, "inside the picture data" in left.reason) for left in result.left_out] == [
        ((str(tmp_path / "hidden.jpg"),), True)
    ]
    assert not any(SECRET in path.read_bytes() for path in result.dataset.rglob("*") if path.is_file())


def test_only_pairs(rows: list[dict], tmp_path: Path) -> None:
    """With pairs alone asked for, a pair whose partner cannot be exported goes whole, and is listed."""
    Path(rows[0]["path"]).unlink()
    rows[2]["subject_idx"] = None
    result = export(rows, tmp_path / "set", pairs=True)
    assert result.photos == len(rows) - 4
    assert reasons(result) == {
        "its file is gone": 1,
        "its partner is left out": 2,
        "it is in no accepted pair": 1,
    }
    counts = [r["subject_idx"] for r in table(result.dataset)]
    assert sorted(counts) == sorted(list(range(2, 12)) * 2)
    assert len(list((result.dataset / "images").iterdir())) == result.photos
    assert verify_set(result.dataset) == []


def test_a_broken_pair_is_no_pair(rows: list[dict], tmp_path: Path) -> None:
    """Without asking for pairs alone the partner stays, and has no pair in this set."""
    Path(rows[0]["path"]).unlink()
    found = {r["sha256"]: r for r in table(export(rows, tmp_path / "set").dataset)}
    assert found[rows[1]["sha256"]]["subject_idx"] is None
    assert found[rows[3]["sha256"]]["subject_idx"] == 1


def test_licences(rows: list[dict], tmp_path: Path) -> None:
    """Only the asked licences go out; a photo whose licence is not stated does not; all are counted."""
    rows[0]["license"], rows[1]["license"] = None, "CC-BY-NC-4.0"
    result = export(rows, tmp_path / "a", licenses=("cc-by-4.0",))
    assert result.licenses == {"CC-BY-4.0": len(rows) - 2}
    assert reasons(result) == {"its licence is not stated": 1, "its licence was not selected": 1}
    assert 'license: "cc-by-4.0"' in (result.dataset / "README.md").read_text()
    result = export(rows, tmp_path / "b")
    assert result.licenses == {"CC-BY-4.0": len(rows) - 2, "CC-BY-NC-4.0": 1, "not stated": 1}
    assert 'license: "other"' in (result.dataset / "README.md").read_text()


def test_places_only_where_asked_for(rows: list[dict], tmp_path: Path) -> None:
    """With --keep-gps the columns and the card say so; without it no file holds a place."""
    kept = export(rows, tmp_path / "kept", keep_gps=True).dataset
    assert {r["latitude"] for r in table(kept)} == {48.2}
    assert "place of each photo is kept" in (kept / "README.md").read_text()
    assert verify_set(kept) == []
    without = export(rows, tmp_path / "without").dataset
    assert "latitude" not in table(without)[0]
    assert "so is GPS" in (without / "README.md").read_text()


def test_sources_are_never_touched(rows: list[dict], tmp_path: Path) -> None:
    """The photo folder is the same before and after, and a set is never written over it."""
    before = contents(tmp_path / "photos")
    export(rows, tmp_path / "set")
    assert contents(tmp_path / "photos") == before
    for place in (tmp_path / "photos", tmp_path):
        with pytest.raises(ExportError):
            export(rows, place, replace=True)
    assert contents(tmp_path / "photos") == before


def test_nothing_to_export_is_said(rows: list[dict], tmp_path: Path) -> None:
    """An empty set is an error that says why, and leaves nothing behind."""
    for r in rows:
        r["status"] = "invalid"
    with pytest.raises(ExportError, match="could not be read"):
        export(rows, tmp_path / "set")
    with pytest.raises(ExportError, match="there are no photos"):
        export([], tmp_path / "set")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos"]


def test_unknown_options_are_refused_before_any_work(rows: list[dict], tmp_path: Path) -> None:
    """A misspelt layout or attribute is a usage error at once."""
    for change in ({"layout": "zip"}, {"attributes": ("make",)}, {"group_by": ("camera",)}):
        with pytest.raises(UsageError):
            export(rows, tmp_path / "set", **change)
    assert not (tmp_path / "set.partial").exists()


def test_foreign_text_in_people_s_files(tmp_path: Path) -> None:
    """No cell of the attribution is a formula, and no text breaks the card's tables or front matter."""
    rows = [
        {
            "photo_id": 1,
            "file_name": "images/1.jpg",
            "owner": '=HYPERLINK("http://x")',
            "license": "@evil | <b>",
            "url": "+1",
        }
    ]
    lines = list(csv.DictReader(io.StringIO(attribution.packed(rows).decode())))
    assert (lines[0]["owner"], lines[0]["license"], lines[0]["url"]) == (
        '\'=HYPERLINK("http://x")',
        "'@evil | <b>",
        "'+1",
    )
    hidden = attribution.packed([rows[0] | {"owner": "x;=1+1", "license": 'a; "@b', "url": "https://x/;b=-1"}]).decode()
    cells = [cell.strip(' "') for cell in re.split("[,;\n]", hidden)]
    assert (
        "'=1+1" in cells
        and "https://x/" in cells
        and not [cell for cell in cells if cell.startswith(("=", "@", "+", "-"))]
    )
    audit = {"splits": {}, "confounds": [], "leaks": [], "kept_together": {"by": []}}
    about = {"tool_version": "1", "created": "", "recipe": "", "keep_gps": False, "seed": 1, "content_sha256": "00"}
    text = card.packed('a"\n---\nlicense: mit', rows, [], audit, about).decode()
    assert text.count("\n---\n") == 1
    assert "@evil \\| &lt;b>" in text


def test_no_markup_in_a_card(tmp_path: Path) -> None:
    """Rendered, a card shows foreign names as they are: no picture is fetched, nothing is a link, HTML or one more cell."""
    names = [
        "![x](http://evil/a.png)",
        "[click](javascript:alert(1))",
        "[ref]",
        "<img src=//evil/b.png>",
        "a | b",
        "`code` *bold* __init__ ~~gone~~",
        "https://evil.example www.evil.example me@evil.example",
        "&lt;b&gt; \\<i>",
        "Canon\x1b[31m\u202e",
    ]
    rows = [{"photo_id": k, "file_name": "images/1.jpg", "Make": name, "license": name} for k, name in enumerate(names)]
    audit = {"splits": {}, "confounds": [], "leaks": [], "kept_together": {"by": []}}
    about = {
        "tool_version": "1",
        "created": "",
        "recipe": names[0],
        "keep_gps": False,
        "seed": 1,
        "content_sha256": "00",
    }
    page = MarkdownIt("gfm-like").render(card.packed(names[0], rows, [], audit, about).decode().split("---\n", 2)[2])
    assert not re.search(r"<(img|a|i|b|del|em|strong)\b", page)
    shown = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", page)]
    cleaned = [str(clean_text(name)) for name in names]
    assert set(cleaned) <= set(shown)
    assert f"<h1>{names[0]}</h1>" in page


def test_a_photo_with_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file name that is not UTF-8 is opened by its own bytes."""
    photos = os.fsencode(tmp_path / "photos")
    os.mkdir(photos)
    name = photos + b"/caf\xe9.jpg"
    with open(name, "wb") as file:
        file.write(dirty("jpg"))
    shown = {**row(Path(os.fsdecode(name))), "path": "photos/caf\\xe9.jpg", "path_bytes": name}
    assert export([shown], tmp_path / "set").photos == 1


def test_hostile_ids_and_paths_never_leave_the_set(rows: list[dict], tmp_path: Path) -> None:
    """File names come from integers alone: labels with path parts change no name."""
    rows[0] |= {"Make": "../../evil", "format": "../x", "semantic_label": "/etc/passwd"}
    result = export(rows, tmp_path / "set", attributes=("Make",))
    assert verify_set(result.dataset) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "set"]


def test_options_have_defaults(rows: list[dict], tmp_path: Path) -> None:
    """Without any option the set is named after its folder and has no splits."""
    result = finish(export_set(rows, tmp_path / "plain", ExportOptions()))
    assert result.splits == ()
    assert not (result.dataset / "splits").exists()
    assert {r["split"] for r in table(result.dataset)} == {None}
    assert json.loads((result.dataset / "manifest.json").read_text())["name"] == "plain"
    assert verify_set(result.dataset) == []


def test_croissant_has_what_the_specification_requires(exported: Path) -> None:
    """The required properties are there, the table's hash is right, and identifiers are unique and without spaces."""
    content = json.loads((exported / "croissant.json").read_text())
    for name in (
        "@context",
        "@type",
        "conformsTo",
        "name",
        "description",
        "license",
        "url",
        "creator",
        "datePublished",
    ):
        assert content[name], name
    assert content["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    digest = hashlib.sha256((exported / "metadata.parquet").read_bytes()).hexdigest()
    assert content["distribution"][0]["sha256"] == digest
    ids = [field["@id"] for record in content["recordSet"] for field in record["field"]]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if " " in i]


def test_croissant_describes_the_pictures(exported: Path) -> None:
    """Each picture is in one set of files. JPEG and PNG have records of pictures too; mlcroissant fails at others."""
    content = json.loads((exported / "croissant.json").read_text())
    files = {one["@id"]: one["includes"] for one in content["distribution"] if one["@type"] == "cr:FileSet"}
    found = [[path.name for path in exported.glob(pattern)] for pattern in files.values()]
    assert sorted(name for names in found for name in names) == sorted(p.name for p in (exported / "images").iterdir())
    of_pictures = {
        record["field"][0]["source"]["fileSet"]["@id"]: [
            field["source"]["extract"]["fileProperty"] for field in record["field"]
        ]
        for record in content["recordSet"]
        if record["@id"].endswith("-pictures")
    }
    assert files.keys() == {"jpg-files", "png-files", "webp-files"}
    assert of_pictures == {name: ["fullpath", "content"] for name in ("jpg-files", "png-files")}


def test_cameras_pair_helper_is_sound() -> None:
    """The tests' own labels of a camera keep the rule between type and class."""
    assert (camera()["Is Smartphone"], camera()["camera_class"]) == (False, "dslr/compact")


def test_the_collection_is_made_the_same_each_time(tmp_path: Path) -> None:
    """The tests' photos are deterministic, or no byte-identity could be shown."""
    assert [r["sha256"] for r in make_rows(tmp_path / "a", 2)] == [r["sha256"] for r in make_rows(tmp_path / "b", 2)]
