"""A whole evaluation on a small set with built-in encoders: what is run, what is skipped and why, what is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.small_sets import change, write_set
from tracer import results
from tracer.base.files import write_sealed
from tracer.base.progress import Progress, Work, finish
from tracer.dataset import open_set
from tracer.encoders import registry
from tracer.encoders.encoder import Encoder
from tracer.errors import DataSetError, EncoderError, TooFew, UsageError
from tracer.evaluation import running
from tracer.evaluation.evaluate import Evaluation, Options, evaluate
from tracer.evaluation.plan import Plan, make_plan
from tracer.experiments.experiment import Context, Encoders, Experiment, Measurement, Planned
from tracer.experiments.knn.processing import SETTINGS
from tracer.experiments.labels import labelled_set
from tracer.experiments.outcome import Outcome
from tracer.experiments.probe import protocols, search
from tracer.experiments.probe.protocols import Protocol
from tracer.experiments.registry import EXPERIMENTS
from tracer.experiments.shared.processings import processing_groups
from tracer.images.processing import GROUPS
from tracer.report.about import making
from tracer.report.page import write_report
from tracer.report.repeat import commands
from tracer.results import Row, photo_scores
from tracer.results.comparison import compare
from tracer.results.runs import load_run

OPTIONS = Options(encoders=("baseline/colour",), protocol=Protocol.FAST, device="cpu")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 56 photos."""
    return write_set(tmp_path_factory.mktemp("made") / "small", scenes=14)


@pytest.fixture(scope="module")
def done(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evaluation]:
    """The set, evaluated once."""
    run = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracer.report.plots.write_plots", lambda run, folder: [])
        return run, finish(evaluate(photos, run, OPTIONS))


def test_everything_that_the_columns_allow_is_measured(done: tuple[Path, Evaluation]) -> None:
    """Probes unmasked and masked, both kinds of kNN trace, retrieval, similarity and association are in the results."""
    run, evaluation = done
    rows = results.read(run).rows
    assert rows == tuple(sorted(evaluation.rows, key=lambda r: [e.name for e in EXPERIMENTS].index(r.experiment)))
    probes = {(r.attribute, r.mask_ratio) for r in rows if r.experiment == "probe" and r.metric == "accuracy"}
    assert probes == {(a, m) for a in ("Is Smartphone", "Make", "Model", "semantic_label") for m in (0.0, 0.9, 0.95)}
    assert {r.attribute for r in rows if r.experiment == "knn"} == {"Is Smartphone", "Make"}
    assert {r.setting for r in rows if r.experiment == "retrieval" and r.metric == "recall@1"} == {
        f"query={q},negatives={p}" for q in ("phone", "dslr/compact") for p in ("same", "different")
    }
    assert {r.experiment for r in rows} == {"probe", "knn", "retrieval", "similarity", "association"}
    assert all(r.dataset == "small" for r in rows)
    colour = next(r for r in rows if r.experiment == "probe" and r.attribute == "Model" and r.metric == "accuracy")
    assert (colour.ci_low or 0) > (colour.chance or 1)  # the casts are there to be seen
    assert evaluation.report is not None
    assert evaluation.report.stat().st_size > 20_000


def test_meta_says_what_is_needed_to_repeat_it(done: tuple[Path, Evaluation]) -> None:
    """results.json names set, versions, device, seconds, protocol, seed, skipped things and confusion matrices."""
    meta = results.read(done[0]).meta
    assert meta["dataset"]["counts"] == {"photos": 56, "scenes_or_owners": 14, "camera_models": 4, "pairs": 14}
    assert {"numpy", "torch", "python"} <= set(meta["versions"])
    assert meta["device"] == "cpu"
    [(encoder, about)] = meta["encoders"].items()
    assert (encoder, about["feature"], about["size"], about["revision"]) == ("baseline/colour", "statistics", 224, "")
    assert meta["seconds"] > 0
    assert "fast" in meta["protocol"]["probe"]
    assert any("ISO Speed" in entry["what"] for entry in meta["skipped"])
    matrix = next(d for d in meta["details"] if d["experiment"] == "probe" and d["attribute"] == "Model")
    assert np.sum(matrix["confusion"]) == 56
    assert matrix["classes"] == ["D1", "D2", "P1", "P2"]


def test_a_second_run_measures_nothing_again(
    photos: Path, done: tuple[Path, Evaluation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished experiments are recalled; the rows are the same to the last bit."""

    def never(*_: object) -> None:
        raise AssertionError("an experiment was kept although it had been kept before")

    monkeypatch.setattr(running, "keep", never)
    again = finish(evaluate(photos, done[0], OPTIONS))
    assert again.rows == done[1].rows


def test_an_interrupted_run_goes_on(photos: Path, done: tuple[Path, Evaluation], tmp_path: Path) -> None:
    """Stopped in the middle of the experiments and started again, it ends with the same results."""
    shutil.copytree(done[0] / "embeddings", tmp_path / "embeddings")
    options = replace(OPTIONS, experiments=("probe", "similarity"), masks=(0.0,))
    work = evaluate(photos, tmp_path, options, with_report=False)
    for step in work:
        if step.what.startswith("measuring") and step.done == 2:
            break
    work.close()
    assert not (tmp_path / "results.json").exists()
    assert len(list((tmp_path / "kept").glob("*.outcome"))) == 2
    (tmp_path / "kept" / "seconds").unlink()
    write_sealed(tmp_path / "kept" / "seconds", b"1000.5")
    rows = finish(evaluate(photos, tmp_path, options, with_report=False)).rows
    assert _under_any_mask(rows) == {
        r for r in done[1].rows if r.experiment in options.experiments and r.mask_ratio == 0.0
    }


def _under_any_mask(rows: Sequence[Row]) -> set[Row]:
    """The rows without those of matched photos, which are probed under the deepest mask alone."""
    return {row for row in rows if not row.setting.endswith(",matched")}


def test_order_of_rows_and_name_of_folder_change_no_figure(
    photos: Path, done: tuple[Path, Evaluation], tmp_path: Path
) -> None:
    """The same photos listed in another order give the same rows."""
    other = tmp_path / "small"
    shutil.copytree(photos, other)
    table = pd.read_parquet(other / "metadata.parquet")
    table.sample(frac=1, random_state=1).to_parquet(other / "metadata.parquet")
    options = replace(OPTIONS, experiments=("probe", "knn", "retrieval"), masks=(0.0,))
    rows = finish(evaluate(other, tmp_path / "run", options, with_report=False)).rows
    before = {r for r in done[1].rows if r.experiment in options.experiments and r.mask_ratio == 0.0}
    assert _under_any_mask(rows) == before


@pytest.mark.slow
def test_what_is_kept_belongs_to_its_set_and_to_its_search(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy under another name is measured under that name, and another schedule of the search is another probe."""
    monkeypatch.setattr(search, "HALVING", ((30, 1), (4, 1), (2, 1)))  # what is found does not matter here
    asked = {"experiments": ("probe",), "masks": (0.0,), "protocol": Protocol.HALVING}
    options = replace(OPTIONS, **asked)
    one = shutil.copytree(photos, tmp_path / "small")
    change(one, Make=None, Model=None, semantic_label=None)
    other, run = shutil.copytree(one, tmp_path / "copy"), tmp_path / "run"
    finish(evaluate(one, run, options, with_report=False))
    assert {row.dataset for row in finish(evaluate(other, run, options, with_report=False)).rows} == {"copy"}
    kept = len(list((run / "kept").glob("*.outcome")))
    finish(evaluate(other, run, options, with_report=False))
    assert len(list((run / "kept").glob("*.outcome"))) == kept
    monkeypatch.setattr(protocols, "HALVING", ((30, 2), (4, 3), (2, 5)))
    finish(evaluate(other, run, options, with_report=False))
    assert len(list((run / "kept").glob("*.outcome"))) == kept + 3  # of all photos, of files alone, of matched photos
    said = results.read(run).meta["protocol"]["probe"]
    assert "30 trials of TPE of 2 epochs each, the best 4 again of 3 and the best 2 again of 5" in said


def test_one_experiment_joins_what_the_run_holds(photos: Path, done: tuple[Path, Evaluation], tmp_path: Path) -> None:
    """Rows of other experiments stay; those of the one that is run are replaced."""
    run = tmp_path / "run"
    shutil.copytree(done[0], run)
    options = replace(OPTIONS, experiments=("knn",), processings=("JPEG75_420", "JPEG95_444"))
    finish(evaluate(photos, run, options, with_report=False))
    rows = results.read(run).rows
    assert [r for r in rows if r.experiment != "knn"] == [
        r for r in results.read(done[0]).rows if r.experiment != "knn"
    ]
    jpeg = {r.metric for r in rows if r.attribute == "JPEG"}
    assert jpeg == {"accuracy", "sp", "spd_p"}
    assert {r.attribute for r in rows if r.experiment == "knn"} == {"Is Smartphone", "Make", "JPEG"}


def _only(*experiments: str) -> Options:
    return replace(OPTIONS, experiments=experiments, masks=(0.0,))


def test_figures_of_other_labels_do_not_stay(photos: Path, tmp_path: Path) -> None:
    """After a label has changed, what was measured with the old one is left out, and a warning names both."""
    root, run = shutil.copytree(photos, tmp_path / "small"), tmp_path / "run"
    finish(evaluate(root, run, _only("association"), with_report=False))
    pd.read_parquet(root / "metadata.parquet").sample(frac=1, random_state=1).to_parquet(root / "metadata.parquet")
    finish(evaluate(root, run, _only("similarity"), with_report=False))
    assert {row.experiment for row in results.read(run).rows} == {"association", "similarity"}  # the order is no label
    table = pd.read_parquet(root / "metadata.parquet")
    change(root, semantic_label=table["semantic_label"].iloc[::-1].to_numpy())
    evaluation = finish(evaluate(root, run, _only("similarity"), with_report=False))
    held = results.read(run)
    assert {row.experiment for row in held.rows} == {"similarity"}
    assert {entry["experiment"] for entry in held.meta["details"]} == {"similarity"}
    (said,) = [line for line in held.meta["warnings"] if "left out" in line]
    assert "association" in said and "(semantic_label)" in said
    assert said in evaluation.warnings


def test_a_narrower_call_says_what_it_replaces(photos: Path, tmp_path: Path) -> None:
    """Figures of an experiment are replaced by the next call of it; what that one does not measure is named, once."""
    run, both = tmp_path / "run", ("baseline/colour", "baseline/residual")
    wide = replace(_only("probe", "similarity"), encoders=both, masks=(0.0, 0.9), attributes=("Make",))
    finish(evaluate(photos, run, wide, with_report=False))
    narrow = replace(_only("probe"), encoders=both[:1])
    evaluation = finish(evaluate(photos, run, narrow))
    held = results.read(run)
    (said,) = [line for line in held.meta["warnings"] if "left out" in line]
    assert said.startswith("The figures of probe that this run held for 90 % masked, baseline/residual are left out")
    assert said in evaluation.warnings and said in (run / "report.html").read_text(encoding="utf-8")
    encoders = {name: {row.encoder for row in held.rows if row.experiment == name} for name in ("probe", "similarity")}
    assert both[1] not in encoders["probe"] and both[1] in encoders["similarity"]
    finish(evaluate(photos, run, replace(narrow, encoders=both), with_report=False))
    assert not [line for line in results.read(run).meta["warnings"] if "left out" in line]


@pytest.mark.parametrize(
    "columns", [{"scene_idx": lambda old: old // 2}, {"subject_idx": lambda old: old.where(old > 3)}, {"Make": None}]
)
def test_whatever_figures_rest_on_is_compared(photos: Path, tmp_path: Path, columns: dict) -> None:
    """Scenes, pairs and a label that is gone: each is a change of the set."""
    root, run = shutil.copytree(photos, tmp_path / "small"), tmp_path / "run"
    finish(evaluate(root, run, _only("association"), with_report=False))
    table = pd.read_parquet(root / "metadata.parquet")
    change(root, **{name: to and to(table[name]) for name, to in columns.items()})
    finish(evaluate(root, run, _only("similarity"), with_report=False))
    assert {row.experiment for row in results.read(run).rows} == {"similarity"}


def test_warnings_stay_with_their_figures(photos: Path, tmp_path: Path) -> None:
    """A warning of an experiment is there as long as its figures are, and once."""
    run = tmp_path / "run"
    finish(evaluate(photos, run, _only("retrieval"), with_report=False))
    said = results.read(run).meta["warnings"]
    assert said  # 14 scenes are few
    finish(evaluate(photos, run, _only("association"), with_report=False))
    assert results.read(run).meta["warnings"] == said
    finish(evaluate(photos, run, _only("retrieval"), with_report=False))
    assert results.read(run).meta["warnings"] == said


def test_a_warning_without_figures_is_kept(photos: Path, tmp_path: Path) -> None:
    """What a step warns of stands in the results also where it could measure nothing."""

    def warned(_context: Context, _encoder: str) -> Work[Outcome]:
        yield Progress("parts", 0, 1)
        return Outcome(warnings=["Nothing was left of it."])

    odd = Experiment("odd", "odd", lambda *_: Planned((Measurement("odd", "odd", warned, encoders=Encoders.NONE),)))
    options = _only("association", "odd")
    finish(evaluate(photos, tmp_path / "run", options, experiments=(*EXPERIMENTS, odd), with_report=False))
    assert "Nothing was left of it." in results.read(tmp_path / "run").meta["warnings"]


def test_what_is_left_out_is_listed_once(photos: Path, tmp_path: Path) -> None:
    """Calls one after the other do not add up what no experiment left out; what is mended is no longer listed."""
    root, run = shutil.copytree(photos, tmp_path / "small"), tmp_path / "run"
    table = pd.read_parquet(root / "metadata.parquet")
    missing = table.head(1).assign(file_name=None)
    pd.concat([table, missing]).to_parquet(root / "metadata.parquet")

    def load(name: str) -> Encoder:
        if name == "clip/ViT-B-16":
            raise EncoderError("No weights")
        return registry.load(name)

    def listed() -> list[str]:
        return [e["what"] for e in results.read(run).meta["skipped"] if e["what"].startswith(("1 file", "encoder"))]

    both = replace(_only("similarity"), encoders=("clip/ViT-B-16", "baseline/colour"))
    for experiments in (("similarity",), ("retrieval",), ("similarity",)):
        finish(evaluate(root, run, replace(both, experiments=experiments), loader=load, with_report=False))
        assert sorted(listed()) == ["1 file of the set", "encoder clip/ViT-B-16"]
    table.to_parquet(root / "metadata.parquet")
    finish(evaluate(root, run, _only("retrieval"), with_report=False))
    assert listed() == ["encoder clip/ViT-B-16"]  # the similarities still lack it
    finish(evaluate(root, run, _only("similarity", "retrieval"), with_report=False))
    assert listed() == []


def test_processings_are_probed_and_the_probe_is_kept(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named processings are probed, with no semantic label too; the report tells of it, and a second run recalls it."""
    root = change(shutil.copytree(photos, tmp_path / "small"), semantic_label=None)
    asked = {"experiments": ("probe",), "masks": (0.0,), "processings": ("JPEG75_420", "JPEG95_444"), "draws": 2}
    options = replace(OPTIONS, **asked)
    first = finish(evaluate(root, tmp_path / "run", options))
    (row,) = [r for r in first.rows if r.setting == "processing"]
    assert (row.experiment, row.attribute, row.processing, row.chance, row.n) == (
        "probe", "JPEG", "JPEG75_420,JPEG95_444", 0.5, 56,
    )  # fmt: skip
    assert (row.ci_low or 0) > 0.5  # the colour histogram sees what strong compression does to noise
    assert {r.attribute for r in first.rows if r.setting == "acquisition"} == {"Is Smartphone", "Make", "Model"}
    assert "tells how the picture was compressed" in (tmp_path / "run" / "report.html").read_text()
    assert "drawn 2 times" in results.read(tmp_path / "run").meta["protocol"]["probe of processings"]

    def never(*_: object) -> None:
        raise AssertionError("an experiment was kept although it had been kept before")

    monkeypatch.setattr(running, "keep", never)
    assert finish(evaluate(root, tmp_path / "run", options)).rows == first.rows


def test_processings_of_too_few_photos_are_skipped(photos: Path, tmp_path: Path) -> None:
    """What takes more photos than there are is listed with the numbers; so is a processing that has no partner."""
    root = change(shutil.copytree(photos, tmp_path / "small"), Make=None, Model=None, semantic_label=None)
    names = (*GROUPS["JPEG"], "INTERPOLATION_BOX")
    asked = {"experiments": ("probe",), "masks": (0.0,), "processings": names}
    evaluation = finish(evaluate(root, tmp_path / "run", replace(OPTIONS, **asked), with_report=False))
    reasons = {skip.what: skip.reason for skip in evaluation.skipped}
    reason = reasons[f"probe of {' and '.join(GROUPS['JPEG'])} (baseline/colour)"]
    assert "at least 60 pictures" in reason
    assert "56 of 14" in reason
    assert "no other processing of its group" in reasons["probe, kNN and similarity of INTERPOLATION_BOX"]
    assert not [r for r in evaluation.rows if r.setting == "processing"]


@pytest.mark.slow
def test_figures_under_processings_are_compared_photo_by_photo(photos: Path, tmp_path: Path) -> None:
    """Runs that differ in k hold each photo's own values, under its id: their differences are paired, also of neighbours."""
    root = change(shutil.copytree(photos, tmp_path / "small"), Model=None)
    asked = {"experiments": ("probe", "knn"), "masks": (0.0,), "processings": ("JPEG75_420", "JPEG95_444"), "draws": 2}
    for k in (1, 5):
        finish(evaluate(root, tmp_path / str(k), replace(OPTIONS, **asked, k=k), with_report=False))
    pairs = [pair for pair in compare(tmp_path / "1", tmp_path / "5") if pair.row.attribute == "JPEG"]
    assert {(p.row.experiment, p.row.setting or p.row.metric) for p in pairs} == {
        ("probe", "processing"), *(("knn", name) for name in (*SETTINGS, "sp", "spd_p")),
    }  # fmt: skip
    assert all(pair.paired for pair in pairs)
    ids = set(open_set(photos).table["photo_id"])
    for values in photo_scores.read(tmp_path / "5").values():
        assert set(values.ids) == ids


def test_a_split_file_is_used_on_large_sets(photos: Path, tmp_path: Path) -> None:
    """Above a size the set's own split decides who trains and who is tested; scenes stay together in test and intervals."""
    root = tmp_path / "small"
    shutil.copytree(photos, root)
    ids = open_set(root).table["photo_id"].to_numpy()
    scene = (ids - 10**15) // 10
    parts = {"train": ids[scene < 7], "val": ids[(scene >= 7) & (scene < 10)], "test": ids[scene >= 10]}
    content: dict[str, object] = {"target_attribute": "Make", "label_encoder_classes": ["Acme", "Bolt"]}
    for part, chosen in parts.items():
        content[f"{part}_ids"] = chosen.tolist()
        content[f"encoded_{part}_labels"] = [int((photo - 10**15) % 10 >= 2) for photo in chosen]
    (root / "splits").mkdir()
    (root / "splits" / "split_data_target_attribute=Make.json").write_text(json.dumps(content))
    options = replace(OPTIONS, experiments=("probe",), masks=(0.0,), split_from=50)
    rows = finish(evaluate(root, tmp_path / "run", options, with_report=False)).rows
    by = {r.attribute: r.n for r in rows if r.metric == "accuracy"}
    assert by["Make"] == 16
    assert by["Model"] == 56
    meta = results.read(tmp_path / "run").meta
    named = ("baseline/colour", "Make", "acquisition")
    detail = next(d for d in meta["details"] if (d["encoder"], d["attribute"], d["setting"]) == named)
    assert detail["clusters"] == 4
    assert detail["chance_test"]["shuffled"] == "photos within scenes or owners"
    said = meta["protocol"]["probe intervals"]
    assert "of split files: bootstrap over scenes and owners, for one training part" in said
    assert "variance of the training draw" in said  # of the other labels, by folds


def test_what_the_columns_do_not_allow_is_listed(photos: Path, tmp_path: Path) -> None:
    """Without pairs, classes and phones the rest is measured, and each missing thing has its reason."""
    root = shutil.copytree(photos, tmp_path / "small")
    change(root, subject_idx=None, semantic_label=None, Is_SPACE_Smartphone=None)
    options = replace(OPTIONS, masks=(0.0,))
    evaluation = finish(evaluate(root, tmp_path / "run", options, with_report=False))
    assert {r.attribute for r in evaluation.rows} == {"Make", "Model"}
    reasons = {skip.what: skip.reason for skip in evaluation.skipped}
    assert reasons["pair retrieval"] == "the set has no subject_idx, so no pairs"
    assert reasons["semantic kNN"] == "the set has no semantic_label"
    assert reasons["probe of Is Smartphone"] == "the set has no such label"


def test_a_set_of_one_class_is_refused_before_it_is_embedded(photos: Path, tmp_path: Path) -> None:
    """Where no label has two values and there are no pairs, the error says so for each, and no embedding is made."""
    root = shutil.copytree(photos, tmp_path / "small")
    change(
        root,
        subject_idx=None,
        semantic_label="one",
        Make="Acme",
        Model="P1",
        Is_SPACE_Smartphone=True,
        ISO_SPACE_Speed=None,
    )
    with pytest.raises(TooFew, match="all photos have Make = Acme"):
        finish(evaluate(root, tmp_path / "run", OPTIONS))
    assert not (tmp_path / "run" / "embeddings").exists()


def test_figures_of_another_set_are_not_replaced(photos: Path, tmp_path: Path) -> None:
    """Another name and other photos are another set; a set that was renamed, or that changed in its place, is the same."""
    one, run = shutil.copytree(photos, tmp_path / "one"), tmp_path / "run"
    options = replace(OPTIONS, experiments=("similarity",), masks=(0.0,))
    finish(evaluate(one, run, options))
    figures = (run / "results.json").read_bytes()
    two = shutil.copytree(photos, tmp_path / "two")
    finish(evaluate(two, run, options))
    table = pd.read_parquet(two / "metadata.parquet")
    table.iloc[:-1].to_parquet(one / "metadata.parquet")
    with pytest.raises(UsageError, match="is a run of another set: it holds figures of two, which would be replaced"):
        finish(evaluate(one, run, options))
    assert json.loads((run / "results.json").read_text())["dataset"]["name"] == "two"
    table.iloc[:-1].to_parquet(two / "metadata.parquet")
    finish(evaluate(two, run, options))
    assert (run / "results.json").read_bytes() != figures


def test_ten_photos_are_too_few(photos: Path, tmp_path: Path) -> None:
    """On ten photos no figure comes out, and the message says of one label how many would do; the rest is named."""
    root = shutil.copytree(photos, tmp_path / "small")
    pd.read_parquet(root / "metadata.parquet").head(10).to_parquet(root / "metadata.parquet")
    with pytest.raises(TooFew, match="Nothing can be measured on small") as refused:
        finish(evaluate(root, tmp_path / "run", replace(OPTIONS, masks=(0.0,))))
    assert "at least 5 scenes or owners each: of the 2 classes the largest has 3" in str(refused.value)
    assert "too few photos also for: association, kNN, pair retrieval, similarity" in str(refused.value)
    assert refused.value.way_out == "Add photos: 15 photos of each class would do, from 15 scenes or owners."
    assert not (tmp_path / "run" / "results.json").exists()


def test_double_ids_are_refused(photos: Path, tmp_path: Path) -> None:
    """Two photos with one id stop the evaluation with their names."""
    root = shutil.copytree(photos, tmp_path / "small")
    table = pd.read_parquet(root / "metadata.parquet")
    table.loc[1, "photo_id"] = table.loc[0, "photo_id"]
    table.to_parquet(root / "metadata.parquet")
    with pytest.raises(DataSetError, match="more than one photo"):
        finish(evaluate(root, tmp_path / "run", OPTIONS))


def test_an_encoder_that_cannot_be_had_is_skipped(photos: Path, tmp_path: Path) -> None:
    """The others are used and the reason is listed; where none is left, the error is raised."""

    def load(name: str) -> Encoder:
        if name == "clip/ViT-B-16":
            raise EncoderError("No weights", "there is no network", "Bring them.")
        return registry.load(name)

    options = replace(OPTIONS, experiments=("retrieval",), encoders=("clip/ViT-B-16", "baseline/colour"))
    evaluation = finish(evaluate(photos, tmp_path / "run", options, loader=load, with_report=False))
    assert {r.encoder for r in evaluation.rows} == {"baseline/colour"}
    assert {
        "what": "encoder clip/ViT-B-16",
        "why": "No weights: there is no network. Bring them.",
        "on_request": False,
    } in [skip.said() for skip in evaluation.skipped]
    with pytest.raises(EncoderError, match="No weights"):
        finish(evaluate(photos, tmp_path / "run", Options(encoders=("clip/ViT-B-16",)), loader=load))


def test_photos_that_cannot_be_read_are_counted(photos: Path, tmp_path: Path) -> None:
    """A broken picture is left out of every figure, listed, and said in the warnings."""
    root = shutil.copytree(photos, tmp_path / "small")
    (root / "images" / f"{10**15}.png").write_bytes(b"no picture")
    options = replace(OPTIONS, experiments=("probe", "retrieval"), masks=(0.0,))
    evaluation = finish(evaluate(root, tmp_path / "run", options, with_report=False))
    assert [photo for photo, _ in evaluation.failed] == [10**15]
    of_encoder = [r for r in evaluation.rows if r.encoder == "baseline/colour"]
    assert {r.n for r in _under_any_mask(of_encoder) if r.experiment == "probe"} == {55}
    assert {r.n for r in evaluation.rows if r.experiment == "retrieval"} == {13}
    assert "1 photo could not be embedded" in " ".join(results.read(tmp_path / "run").meta["warnings"])


def _plan(root: Path, *asked: str) -> Plan:
    return make_plan(labelled_set(open_set(root)), replace(OPTIONS, attributes=asked), EXPERIMENTS)


def test_plan_falls_back_to_scenes_where_one_owner_took_all(photos: Path, tmp_path: Path) -> None:
    """One owner of everything would leave one cluster: scenes are kept apart instead, with a warning."""
    root = shutil.copytree(photos, tmp_path / "small")
    change(root, owner="me")
    labelled = labelled_set(open_set(root))
    assert len(np.unique(labelled.clusters)) == 14
    assert "owner" in labelled.warnings[0]
    assert not labelled_set(open_set(photos)).warnings


def test_further_labels_are_probed_when_asked_for(photos: Path) -> None:
    """`all`, or a name, adds labels; a name that the set lacks is a usage error that lists what it has."""
    assert "ISO Speed" not in _plan(photos).planned["probe"].attributes
    assert "ISO Speed" in _plan(photos, "ISO Speed").planned["probe"].attributes
    assert "ISO Speed" in _plan(photos, "all").planned["probe"].attributes
    with pytest.raises(UsageError, match="Aperture"):
        _plan(photos, "Aperture")


def test_an_experiment_that_does_not_exist_is_a_usage_error(photos: Path, tmp_path: Path) -> None:
    """The error names those that exist."""
    with pytest.raises(UsageError, match="no experiment prob") as refused:
        finish(evaluate(photos, tmp_path / "run", replace(OPTIONS, experiments=("prob",))))
    assert "probe, knn" in refused.value.way_out


def test_processings_are_grouped_as_in_the_paper() -> None:
    """JPEG and sharpening are told apart; one alone, and a name that does not exist, are usage errors."""
    assert processing_groups(["JPEG75_420", "JPEG95_444", "SHARPEN_4"]) == (
        ("JPEG75_420", "JPEG95_444"),
        ("JPEG95_444", "SHARPEN_4"),
    )
    assert processing_groups(["IDENTITY", "SHARPEN_4"]) == (("IDENTITY", "SHARPEN_4"),)
    assert processing_groups([]) == ()
    for names in (["JPEG75_420"], ["NONSENSE", "JPEG75_420"]):
        with pytest.raises(UsageError):
            processing_groups(names)


@pytest.mark.plots
def test_a_run_of_several_calls_says_how_each_figure_was_made(tmp_path: Path) -> None:
    """The commands of all calls, their seeds, and the search of the probes that was used, not that of the last call."""
    data, run = write_set(tmp_path / "set", scenes=12), tmp_path / "run"
    probe = Options(
        encoders=("baseline/colour",), experiments=("probe",), masks=(0.0,), attributes=("Make",),
        protocol=Protocol.FAST, seed=1, command="tracer probe set -o run --protocol fast --seed 1",
    )  # fmt: skip
    finish(evaluate(data, run, probe, with_report=False))
    before = load_run(run).meta["protocol"]
    for seed in (2, 3):
        again = Options(experiments=("association",), seed=seed, command=f"tracer association set -o run --seed {seed}")
        finish(evaluate(data, run, again, with_report=False))
    after = load_run(run)
    assert "(fast)" in before["probe"] and after.meta["protocol"]["probe"] == before["probe"]
    assert commands(after) == [probe.command, "tracer association set -o run --seed 3"]
    assert dict(making(after))["Seeds"] == "1, 3"
    assert commands(after)[1] in write_report(run).read_text(encoding="utf-8")
