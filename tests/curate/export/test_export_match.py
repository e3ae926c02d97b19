"""Exports whose classes are made alike: only by leaving out, counted, recorded, and shown by the audit."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dirty_pictures import camera, dirty, row

from curate.errors import ExportError, UsageError
from curate.export.verify import verify_set
from curate.export.write import ExportOptions, export_set
from tracer.base.progress import finish


def collection(folder: Path, scenes: int = 24) -> list[dict]:
    """Pairs whose phone photo is always a JPEG and whose other photo is one in two of three scenes."""
    folder.mkdir(parents=True)
    rows = []
    for scene in range(scenes):
        shared = {"subject_idx": scene, "scene_idx": scene, "license": "CC-BY-4.0", "owner": None}
        phone, other = folder / f"phone{scene}.jpg", folder / f"camera{scene}.{'jpg' if scene % 3 else 'png'}"
        phone.write_bytes(dirty("jpg", seed=2 * scene, private_profile=False))
        other.write_bytes(dirty(other.suffix[1:], seed=2 * scene + 1))
        rows += [row(phone, **shared), row(other, **camera(**shared))]
    return rows


@pytest.mark.parametrize("pairs", [False, True])
def test_a_planted_confound_goes_and_is_accounted_for(tmp_path: Path, pairs: bool) -> None:
    """Format tells the classes apart before, and not after; whole pairs went, with their reason, and the set is sound."""
    rows = collection(tmp_path / "photos")
    plain = finish(export_set(rows, tmp_path / "plain", ExportOptions(pairs=pairs)))
    audit = json.loads((plain.dataset / "audit.json").read_text())
    before = {c["name"]: c for c in audit["confounds"]}["format"]
    assert before["p_adjusted"] < 0.05 and "format" in " ".join(audit["confounds_in_words"])
    assert "`curate export --match`" in (plain.dataset / "README.md").read_text()

    result = finish(export_set(rows, tmp_path / "matched", ExportOptions(pairs=pairs, match=("format",))))
    kept = pq.read_table(result.dataset / "metadata.parquet").to_pylist()
    formats = {c: Counter(r["format"] for r in kept if r["camera_class"] == c) for c in ("phone", "dslr/compact")}
    assert formats["phone"] == formats["dslr/compact"] == {"JPEG": 16}
    assert all(n == 2 for n in Counter(r["subject_idx"] for r in kept).values())
    (out,) = result.left_out
    assert len(out.photos) == 16 and out.reason.startswith("--match: its pair differs in format")
    audit = json.loads((result.dataset / "audit.json").read_text())
    assert "format" not in {c["name"] for c in audit["confounds"]}
    manifest = json.loads((result.dataset / "manifest.json").read_text())
    assert manifest["match"] == ["format"] and manifest["counts"]["left_out"] == 16
    assert "equally distributed over `format`" in (result.dataset / "README.md").read_text()
    assert verify_set(result.dataset) == []


def test_a_photo_lost_on_the_way_does_not_upset_the_balance(tmp_path: Path) -> None:
    """What cannot be exported is out before the classes are compared: its partner alone is no counterpart of a pair."""
    rows = collection(tmp_path / "photos", 6)
    for k in (2, 4):
        Path(rows[k]["path"]).unlink()
    result = finish(export_set(rows, tmp_path / "set", ExportOptions(match=("format",))))
    kept = pq.read_table(result.dataset / "metadata.parquet").to_pylist()
    counts = Counter((r["camera_class"], r["format"]) for r in kept)
    assert counts["phone", "JPEG"] == counts["dslr/compact", "JPEG"] > 0
    assert counts["phone", "PNG"] == counts["dslr/compact", "PNG"]
    assert verify_set(result.dataset) == []


@pytest.mark.parametrize("pairs", [False, True])
def test_pairs_that_are_not_one_of_each_class(tmp_path: Path, pairs: bool) -> None:
    """A phone beside a tablet, and two phones, are pairs, too: where matching takes one, the other is in no pair of the set."""
    rows = collection(tmp_path / "photos", 18)
    for k, other in enumerate(rows[1::2]):
        if k % 6 == 1:
            other |= {"camera_type": "tablet", "camera_class": None, "Is Smartphone": None}
        elif k % 6 == 2:
            other |= {key: rows[0][key] for key in ("camera_type", "camera_class", "Is Smartphone")}
    result = finish(export_set(rows, tmp_path / "set", ExportOptions(pairs=pairs, match=("format",))))
    assert verify_set(result.dataset) == []
    kept = pq.read_table(result.dataset / "metadata.parquet").to_pylist()
    assert all(n == 2 for n in Counter(r["subject_idx"] for r in kept if r["subject_idx"] is not None).values())
    assert len(kept) + sum(len(out.photos) for out in result.left_out) == len(rows)
    assert any(r["subject_idx"] is None for r in kept) != pairs


def test_no_overlap_and_a_misspelt_property_are_said(tmp_path: Path) -> None:
    """Classes that share no format leave nothing, with the reason; an unknown property is refused before any work."""
    rows = [r for r in collection(tmp_path / "photos", 6) if (r["format"] == "JPEG") == (r["camera_class"] == "phone")]
    with pytest.raises(ExportError, match=r"no photo of the other class|no other pair"):
        finish(export_set(rows, tmp_path / "set", ExportOptions(match=("format",))))
    with pytest.raises(UsageError, match="colour"):
        finish(export_set(rows, tmp_path / "set", ExportOptions(match=("colour",))))
    assert not (tmp_path / "set").exists() and not (tmp_path / "set.partial").exists()
