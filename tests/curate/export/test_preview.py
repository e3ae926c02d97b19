"""What a set would hold, compared with the set that is then written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.photos import labels_of
from curate.catalog.store import Catalog
from curate.cli import run_cli
from curate.errors import CurateError
from curate.export.options import ExportChoice
from curate.export.preview import PlannedSet, planned_set
from curate.export.run import export_workspace
from curate.ingest import ingest
from curate.sources.manifest import read_manifest
from curate.workspace import Workspace
from tests.conftest import write_photo
from tracer.base.progress import finish

CHOICES = (
    ExportChoice(),
    ExportChoice(pairs=True),
    ExportChoice(licenses=("CC0-1.0",)),
    ExportChoice(match=("time_of_day",)),
    ExportChoice(pairs=True, licenses=("CC0-1.0",)),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ten scenes by a phone and by another camera, five of them accepted as pairs; a third of the photos has a licence."""
    folder = tmp_path_factory.mktemp("preview")
    for number in range(10):
        write_photo(folder / "photos" / f"p{number}.jpg", number, make="Apple", model="iPhone X")
        taken = f"2019:07:14 {9 + number:02d}:00:00"
        write_photo(
            folder / "photos" / f"c{number}.jpg", 100 + number, make="Canon", model="Canon EOS 40D", taken=taken
        )
    (folder / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    workspace = Workspace.create(folder / "w")
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [folder / "photos"], jobs=1))
        for number in range(5):
            one, two = (catalog.photo_ids_where(f"path LIKE '%/{side}{number}.jpg'")[0] for side in ("p", "c"))
            decisions.decide(
                catalog, "accept", str(labels_of(catalog, one)["sha256"]), str(labels_of(catalog, two)["sha256"])
            )
        decisions.label(
            catalog, catalog.photo_ids_where("path LIKE '%/p1.jpg' OR path LIKE '%/c_.jpg'"), "license", "CC0-1.0"
        )
    return workspace


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_set_is_what_was_planned(choice: ExportChoice, workspace: Workspace, tmp_path: Path) -> None:
    """Photos, pairs, licences, what is left out and the splits are those of the export."""
    early: list[PlannedSet] = []
    with Catalog.open(workspace) as catalog:
        planned = finish(planned_set(catalog, choice, early.append))
        if not planned.photos:
            with pytest.raises(CurateError, match="nothing to export"):
                finish(export_workspace(catalog, tmp_path / "set", choice))
            return
        written = finish(export_workspace(catalog, tmp_path / "set", choice))
    told = read_manifest(tmp_path / "set")
    assert told is not None
    assert (planned.photos, planned.pairs) == (written.photos, told.counts.pairs)
    assert sorted(planned.left_out, key=str) == sorted(written.left_out, key=str)
    assert planned.licenses == written.licenses and planned.layout == told.layout
    assert planned.phones + planned.others == planned.photos
    files = sorted(path.name for path in (tmp_path / "set" / "splits").glob("*"))
    assert files == sorted(f"split_data_target_attribute={one.attribute}.json" for one in planned.splits if one.photos)
    assert planned.leaks == 0
    assert [(one.photos, one.pairs, one.left_out, one.leaks) for one in early] == [
        (planned.photos, planned.pairs, planned.left_out, None)
    ]


def test_the_command_tells_the_same_and_writes_nothing(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In JSON and in words; the folder may be anything, since it stays as it is."""
    with Catalog.open(workspace, read_only=True) as catalog:
        planned = finish(planned_set(catalog, ExportChoice(pairs=True)))
    words = ["export", str(tmp_path / "set"), "-w", str(workspace.root), "--pairs", "--dry-run"]
    assert run_cli([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(json.dumps(planned.as_json())) and told["photos"] == 10
    assert {"reason", "photos"} == set(told["left_out"][0])
    assert run_cli(words) == 0
    said = capsys.readouterr().out
    assert "photos    10: 5 by phones, 5 by other cameras; 5 pairs" in said and "it is in no accepted pair" in said
    assert not (tmp_path / "set").exists()


def test_unknown_options_are_refused(workspace: Workspace) -> None:
    """As an export would refuse them."""
    with Catalog.open(workspace, read_only=True) as catalog:
        for choice in (ExportChoice(licenses=("odd one",)), ExportChoice(match=("odd",))):
            with pytest.raises(CurateError, match="odd"):
                finish(planned_set(catalog, choice))
