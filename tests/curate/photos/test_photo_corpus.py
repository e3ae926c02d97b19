"""Agreement with exiftool on real files of many makers, some of them hostile."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from photo_readers import read_photos

from curate.containers.sniff import is_picture
from curate.photos.facts import Status
from curate.photos.reader.guard import Limits
from tests.helpers.programs import benchmark

ROOT = Path(__file__).resolve().parents[3]
CORPUS = Path(os.environ.get("LENSTRACE_CORPUS", "")).absolute() / "exif-corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not os.environ.get("LENSTRACE_CORPUS") or not CORPUS.is_dir(), reason="LENSTRACE_CORPUS holds no exif-corpus"
    ),
]


def test_labels_agree_with_exiftool() -> None:
    """On camera files at least 99.5 % a field, on all others (corrupt files among them) at least 97 %."""
    result = benchmark("labels", str(CORPUS), "-v")
    assert result.returncode == 0, result.stdout
    assert "targets missed: none" in result.stdout


@pytest.mark.slow
def test_every_picture_has_a_row_and_sources_stay_untouched(tmp_path: Path) -> None:
    """Each file of the corpus gives a row; what a decoder opens is OK with hash and preview, the rest says why."""
    with (CORPUS / "files.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert all(is_picture(CORPUS / row["file"]) for row in listed)
    before = {row["file"]: (CORPUS / row["file"]).stat().st_mtime_ns for row in listed}
    jobs = [(CORPUS / row["file"], tmp_path / f"{i}.jpg") for i, row in enumerate(listed)]
    facts = dict(read_photos(jobs, 2, Limits(seconds=60)))
    assert sorted(facts) == list(range(len(listed)))
    for i, row in enumerate(listed):
        assert facts[i].sha256
        assert (facts[i].status is Status.OK) == (facts[i].error is None)
        if not row["pillow_error"]:
            assert facts[i].status is Status.OK, row["file"]
        if facts[i].phash:
            assert (tmp_path / f"{i}.jpg").is_file()
    assert {row["file"]: (CORPUS / row["file"]).stat().st_mtime_ns for row in listed} == before
    assert sum(f.status is Status.OK for f in facts.values()) >= 280
