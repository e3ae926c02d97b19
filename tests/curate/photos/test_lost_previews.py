"""The cache may be deleted at any time: what was in it is made again, and nothing is lost meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from curate.catalog.candidates import waiting
from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.workspace import Workspace
from tests.conftest import write_photo
from tracer.base.progress import finish


def test_lost_previews_are_made_again(tmp_path: Path) -> None:
    """Deleted and cut ones: pairing refuses and keeps its candidates, an ingest makes them, and nothing counts as changed."""
    photos = tmp_path / "my photos"
    for number, camera in enumerate((("Apple", "iPhone X"), ("Canon", "Canon EOS 40D"), ("Apple", "iPhone 8"))):
        write_photo(photos / f"{number}.jpg", 7, *camera)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    workspace = Workspace.create(tmp_path / "w")
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], jobs=1))
        finish(pair_workspace(catalog, jobs=1))
        before, revision = waiting(catalog), catalog.revision()
        previews = sorted(workspace.cache.glob("previews/*/*.jpg"))
        kept = [path.read_bytes() for path in previews]
        assert before and len(previews) == 3
        previews[0].write_bytes(kept[0][:-100])
        previews[1].write_bytes(b"")
        with pytest.raises(CurateError, match="2 photos cannot be compared") as refused:
            finish(pair_workspace(catalog, jobs=1))
        assert f"curate ingest '{photos}' -w {workspace.root}" in refused.value.way_out
        shutil.rmtree(workspace.cache)
        with pytest.raises(CurateError, match="3 photos cannot be compared"):
            finish(pair_workspace(catalog, jobs=1))
        assert waiting(catalog) == before
        counts = finish(ingest(catalog, [photos], jobs=1))
        assert (counts.unchanged, counts.updated, counts.unreadable) == (4, 0, 1)
        assert [path.read_bytes() for path in previews] == kept and catalog.revision() == revision
        finish(pair_workspace(catalog, jobs=1))
        assert waiting(catalog) == before
