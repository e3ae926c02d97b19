"""Taking a label out of embeddings: the maps against their definitions, and what is measured before and after."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file

from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.errors import EmbeddingsError, TooFew
from tracer.evaluation.evaluate import Options, evaluate
from tracer.evaluation.plan import make_plan
from tracer.experiments.experiment import Planned
from tracer.experiments.labels import labelled_set
from tracer.experiments.mitigation import mitigation
from tracer.experiments.mitigation.erasure import LinearMap, Method, fit_map, load_map, save_map
from tracer.experiments.mitigation.experiment import MITIGATION
from tracer.experiments.mitigation.halves import MitigationSettings
from tracer.experiments.mitigation.mitigation import mitigate, mitigate_processing
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos, Pairs
from tracer.experiments.probe.protocols import Protocol, normalise
from tracer.results import Row

SOURCE = Source("made", "test/encoder")
LEACE = MitigationSettings((Method.LEACE,), Protocol.FAST)
DIM = 24
SAVING = Options(
    encoders=("baseline/colour",), experiments=("mitigation",), methods=(Method.LEACE,), save_maps=True, protocol=Protocol.FAST,
    device="cpu",
)  # fmt: skip


class Planted:
    """Embeddings of scenes, each shot by two phones and two cameras; what is alike in a class, a scene and a kind of camera."""

    def __init__(self, trace: float, scenes: int = 60, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.scene = np.repeat(np.arange(scenes), 4)
        kind = np.tile([0, 0, 1, 1], scenes)
        content = self.scene % 4
        means, direction = rng.normal(size=(4, DIM)), rng.normal(size=DIM)
        self.vectors = (
            1.0 * means[content]
            + 0.6 * rng.normal(size=(scenes, DIM))[self.scene]
            + trace * np.outer(2 * kind - 1, direction)
            + 0.7 * rng.normal(size=(len(kind), DIM))
            + 3.0
        )
        self.labels = np.where(kind == 1, "True", "False").astype(object)
        self.classes = np.array([f"class {c}" for c in content], dtype=object)
        self.model = kind.astype(np.int64)
        self.subject = np.where(np.isin(np.arange(len(kind)) % 4, (0, 2)), self.scene, -1).astype(np.int64)

    def mitigated(self, **more: object) -> Outcome:
        """The outcome with fast probes."""
        return finish(mitigate(
            SOURCE, LabelledPhotos(self.vectors, self.labels, self.scene, "Is Smartphone", self.classes),
            MitigationSettings(protocol=Protocol.FAST, draws=2, **more), pairs=Pairs(self.subject, self.model),
        ))  # type: ignore[arg-type]  # fmt: skip


def _rows(outcome: Outcome) -> dict[tuple[str, str], Row]:
    return {(row.metric, row.setting): row for row in outcome.rows}


# --- the maps


@pytest.mark.parametrize("method", list(Method))
def test_a_map_draws_the_classes_together(method: Method) -> None:
    """The distance of the classes' means shrinks to less than half; by LEACE to nothing."""
    made = Planted(0.5)
    y = made.model
    mapped = fit_map(made.vectors, y, method).apply(made.vectors)

    def apart(X: NDArray[np.floating]) -> float:
        return float(np.linalg.norm(X[y == 0].mean(axis=0) - X[y == 1].mean(axis=0)))

    assert apart(mapped) < (1e-5 if method is Method.LEACE else 0.5) * apart(normalise(made.vectors))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(2, 30), st.integers(0, 10**6))
def test_leace_is_the_oblique_projection_of_its_paper(classes: int, dim: int, seed: int) -> None:
    """It equals I − W⁺ P W computed with matrix roots, is idempotent, and leaves no covariance with the classes."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), np.arange(classes), rng.integers(classes, size=40)])
    X = normalise(rng.normal(size=(len(y), dim)) + rng.normal(size=(classes, dim))[y] + 1).astype(np.float64)
    found = fit_map(X, y)
    centred = X - X.mean(axis=0)
    share = max(ledoit_wolf_shrinkage(centred, assume_centered=True), 1e-6)
    covariance = (1 - share) * np.cov(X.T, bias=True) + share * (centred**2).mean() * np.eye(dim)
    values, axes = np.linalg.eigh(covariance)
    W, back = (axes / np.sqrt(values)) @ axes.T, (axes * np.sqrt(values)) @ axes.T
    one_hot = np.eye(classes)[y]
    U, sizes, _ = np.linalg.svd(W @ centred.T @ (one_hot - one_hot.mean(axis=0)), full_matrices=False)
    U = U[:, sizes > 1e-9 * sizes[0]]
    assert np.allclose(found.weight, np.eye(dim) - back @ U @ U.T @ W, atol=2e-4)
    assert np.allclose(found.weight @ found.weight, found.weight, atol=1e-4)
    mapped = X @ found.weight.T
    assert np.allclose((mapped - mapped.mean(axis=0)).T @ one_hot / len(y), 0, atol=1e-5)
    assert np.allclose(found.apply(X).mean(axis=0), X.mean(axis=0), atol=1e-5)


def test_a_dimension_that_never_varies_does_no_harm() -> None:
    """A constant and a copied dimension leave finite maps."""
    made = Planted(1.0)
    vectors = np.column_stack([made.vectors, np.ones(len(made.vectors)), made.vectors[:, 0]])
    for method in Method:
        assert np.isfinite(fit_map(vectors, made.model, method).weight).all()


def test_a_saved_map_is_applied_in_three_lines(tmp_path: Path) -> None:
    """What the documentation says about applying a file equals `apply`; a file that is no map is refused."""
    made = Planted(1.0)
    fitted = fit_map(made.vectors, made.model)
    save_map(tmp_path / "map.safetensors", fitted, {"attribute": "Is Smartphone"})
    x = made.vectors
    kept = load_file(tmp_path / "map.safetensors")
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cleaned = unit @ kept["weight"].T + kept["bias"]
    assert np.allclose(cleaned, fitted.apply(x), atol=1e-5)
    assert np.array_equal(load_map(tmp_path / "map.safetensors").weight, fitted.weight)
    (tmp_path / "no.safetensors").write_bytes(b"no map")
    with pytest.raises(EmbeddingsError, match="cannot be read"):
        load_map(tmp_path / "no.safetensors")


@pytest.mark.parametrize("method", list(Method))
def test_what_no_map_can_be_fitted_on_is_refused(method: Method) -> None:
    """One class, a class of one photo, NaN, equal embeddings, and labels that do not fit: a message each."""
    vectors = np.random.default_rng(0).normal(size=(20, 4))
    half = np.repeat([0, 1], 10)
    with pytest.raises(TooFew, match="two classes"):
        fit_map(vectors, np.zeros(20, dtype=np.int64), method)
    with pytest.raises(TooFew, match="two photos"):
        fit_map(vectors, np.array([1] + [0] * 19), method)
    broken = vectors.copy()
    broken[3, 2] = np.nan
    with pytest.raises(EmbeddingsError, match="no numbers"):
        fit_map(broken, half, method)
    with pytest.raises(EmbeddingsError, match="all the same"):
        fit_map(np.ones((20, 4)), half, method)
    with pytest.raises(EmbeddingsError, match="do not fit"):
        fit_map(vectors, half[:5], method)


# --- before and after


def test_a_planted_trace_is_lowered_and_content_is_kept() -> None:
    """Probe, SPD_a of neighbours and of pairs fall, with intervals below 0; SP does not fall; both methods."""
    rows = _rows(Planted(0.5).mitigated())
    for method in Method:
        for metric, where in (("accuracy", ""), ("spd_a", ""), ("spd_a", ",query=phone")):
            change = rows[metric, f"method={method},stage=change{where}"]
            before = rows[metric, f"stage=before{where}"]
            after = rows[metric, f"method={method},stage=after{where}"]
            assert change.ci_high is not None
            assert change.ci_high < 0, (method, metric, where)
            assert change.value == pytest.approx(after.value - before.value)
        kept = rows["sp", f"method={method},stage=change"]
        assert kept.ci_low is not None
        assert kept.value > -0.05
    assert rows["accuracy", "stage=before"].value > 0.9
    assert rows["accuracy", "method=leace,stage=after"].value < 0.65


def test_without_a_trace_nothing_is_claimed() -> None:
    """Cameras that differ in nothing: no interval of a change of SPD lies below 0, and the probe was at chance before."""
    rows = _rows(Planted(0.0).mitigated(methods=(Method.LEACE,)))
    before, change = rows["accuracy", "stage=before"], rows["spd_a", "method=leace,stage=change"]
    assert before.ci_low is not None
    assert change.ci_high is not None
    assert before.ci_low < 0.5 <= before.ci_high + 0.05
    assert change.ci_high >= 0


def test_map_and_test_share_no_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    """No photo that a map is applied to is of a scene that it was fitted on, and every photo is tested."""
    made = Planted(0.5)
    scene_of = {tuple(np.round(row, 5)): scene for row, scene in zip(normalise(made.vectors), made.scene, strict=True)}

    def scenes(X: NDArray[np.floating]) -> set[int]:
        return {int(scene_of[tuple(np.round(row, 5))]) for row in X}

    fitted: list[set[int]] = []
    tested: list[set[int]] = []

    class Watched(LinearMap):
        def apply(self, X: NDArray[np.floating]) -> NDArray[np.float32]:
            tested.append(scenes(X))
            return super().apply(X)

    def watch(X: NDArray[np.floating], y: NDArray[np.int64], method: Method, seed: int, device: str) -> LinearMap:
        fitted.append(scenes(X))
        real = fit_map(X, y, method, seed, device)
        return Watched(real.weight, real.bias)

    monkeypatch.setattr(mitigation, "fit_map", watch)
    made.mitigated(methods=(Method.LEACE,))
    assert len(fitted) == len(tested) == 2 * LEACE.repeats
    assert all(not (a & b) for a, b in zip(fitted, tested, strict=True))
    assert set.union(*tested) == set(made.scene.tolist())


def test_the_same_seed_gives_the_same_rows_whatever_the_scale() -> None:
    """Deterministic; and cosines know no scale, so that neither do the figures."""
    made = Planted(0.8, scenes=40)
    first = made.mitigated(methods=(Method.LEACE,)).rows
    made.vectors *= 4.0
    assert made.mitigated(methods=(Method.LEACE,)).rows == first


def test_what_is_not_there_is_left_out_and_said() -> None:
    """Without classes no SP, without pairs no recall; too few scenes are refused with their number."""
    made = Planted(0.8, scenes=40)
    outcome = finish(mitigate(SOURCE, LabelledPhotos(made.vectors, made.labels, made.scene, "Make"), LEACE))
    assert {row.metric for row in outcome.rows} == {"accuracy"}
    few = made.scene < 12
    with pytest.raises(TooFew, match="there are 2 and 12"):
        finish(mitigate(SOURCE, LabelledPhotos(made.vectors[few], made.labels[few], made.scene[few], "Make")))
    one = np.full(len(made.scene), "Acme", dtype=object)
    with pytest.raises(TooFew, match="two classes or more"):
        finish(mitigate(SOURCE, LabelledPhotos(made.vectors, one, made.scene, "Make")))
    broken = made.vectors.copy()
    broken[0] = np.nan
    with pytest.raises(EmbeddingsError, match="no numbers"):
        finish(mitigate(SOURCE, LabelledPhotos(broken, made.labels, made.scene, "Make")))


def _owners(sizes: NDArray[np.int64], makes: NDArray[Any], seed: int = 0) -> tuple[Any, Any, Any]:
    """Embeddings without a trace, labels and owners: so many photos of each owner, all by one make."""
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return np.random.default_rng(seed).normal(size=(len(owner), 6)), makes[owner].astype(object), owner


def test_a_class_that_is_short_in_a_half_is_said_and_chance_is_of_what_is_scored() -> None:
    """Ten owners of a class, one with most of its photos: a half with few of them leaves it out; n, chance and words fit."""
    rng = np.random.default_rng(1)
    sizes = np.r_[rng.integers(1, 8, size=40), [60], [3] * 9]
    vectors, labels, owner = _owners(sizes, np.repeat(["a", "b", "c"], [20, 20, 10]))
    outcome = finish(mitigate(SOURCE, LabelledPhotos(vectors, labels, owner, "Make"), replace(LEACE, seed=3)))
    (detail,), row = outcome.details, outcome.rows[0]
    assert detail["photos"] == len(owner)
    assert row.n < len(owner)
    (reason,) = {reason for entry in detail["left_out_of_halves"] for reason in entry["left_out"]}
    assert reason.startswith("c: in ")
    assert {entry["repeat"] for entry in detail["left_out_of_halves"]} <= {1, 2}
    assert any("left classes out: " in line and "(c: in " in line for line in outcome.warnings)
    scored = (labels == "a").sum(), (labels == "b").sum()
    assert row.n >= sum(scored)
    assert row.chance == pytest.approx(max(*scored, row.n - sum(scored)) / row.n)


def test_chance_of_neighbours_is_of_the_queries() -> None:
    """Photos of unknown class, and those that cannot be queries, do not count for the level that SP has to beat."""
    made = Planted(0.5, scenes=40)
    made.classes[made.scene % 4 == 0] = None
    made.classes[(made.scene % 4 == 1) & (made.model == 0)] = None  # this class is seen by phones alone: no queries
    row = _rows(made.mitigated(methods=(Method.LEACE,)))["sp", "stage=before"]
    assert (row.n, row.chance) == (80, 0.5)


@pytest.mark.parametrize("seed", [18, 38])
def test_one_owner_of_most_photos_ends_no_mitigation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner larger than what is kept beside thirty small ones: all thirty take part."""
    monkeypatch.setattr(mitigation, "MAX_PHOTOS", 500)
    vectors, labels, owner = _owners(np.r_[550, [5] * 30], np.full(31, "a"))
    labels[::2] = "b"
    outcome = finish(
        mitigate(SOURCE, LabelledPhotos(vectors, labels, owner, "Make"), replace(LEACE, repeats=1, seed=seed))
    )
    assert (outcome.details[0]["photos"], outcome.details[0]["clusters"]) == (166, 31)
    assert any("used 166 of 700 photos" in line for line in outcome.warnings)


def test_a_class_that_is_rare_once_a_set_is_thinned_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten photos of 1,200, of which 300 are kept: the others are measured, and what is said of the rare class fits."""
    monkeypatch.setattr(mitigation, "MAX_PHOTOS", 300)
    makes = np.array(["a", "b"], dtype=object)[np.arange(1200) % 2]
    makes[:10] = "rare"
    vectors, labels, owner = _owners(np.ones(1200, dtype=np.int64), makes)
    outcome = finish(
        mitigate(SOURCE, LabelledPhotos(vectors, labels, owner, "Make"), replace(LEACE, repeats=1, seed=2))
    )
    (detail,) = outcome.details
    assert detail["classes_erased"] == ["a", "b"]
    ((reason, count),) = detail["left_out"].items()
    assert reason == f"rare: in {count} scenes or owners, and it takes 10, once the set is thinned out"
    assert detail["photos"] == outcome.rows[0].n == 300 - count
    assert any(reason in line for line in outcome.warnings)


def test_a_processing_can_be_taken_out() -> None:
    """A planted trace of a processing is lowered: probe and SPD_p fall, SP stays."""
    rng = np.random.default_rng(1)
    scene, direction = np.arange(60), rng.normal(size=DIM)
    content = scene % 3
    plain = 1.5 * rng.normal(size=(3, DIM))[content] + 0.6 * rng.normal(size=(60, DIM)) + 2.0
    views = {
        "JPEG75_420": plain + 1.2 * direction + 0.1 * rng.normal(size=plain.shape),
        "JPEG95_444": plain - 1.2 * direction + 0.1 * rng.normal(size=plain.shape),
    }
    classes = np.array([f"class {c}" for c in content], dtype=object)
    rows = _rows(finish(mitigate_processing(SOURCE, views, classes, scene, "JPEG", replace(LEACE, draws=1))))
    for metric in ("accuracy", "spd_p"):
        high = rows[metric, "method=leace,stage=change"].ci_high
        assert high is not None
        assert high < 0
    assert rows["sp", "method=leace,stage=change"].value > -0.05
    assert rows["accuracy", "stage=before"].chance == 0.5


# --- on a set


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 96 photos of 24 scenes."""
    return write_set(tmp_path_factory.mktemp("made") / "small", scenes=24)


def test_mitigation_of_a_set_and_its_maps(photos: Path, tmp_path: Path) -> None:
    """`mitigate` measures the labels that neighbours are parted by and saves a map of each; again, all is recalled."""
    done = finish(evaluate(photos, tmp_path / "run", SAVING, with_report=False))
    assert {row.attribute for row in done.rows} == {"Is Smartphone", "Make"}
    assert {row.experiment for row in done.rows} == {"mitigation"}
    assert len(done.maps) == 2
    assert load_map(done.maps[0]).weight.shape[0] == load_map(done.maps[0]).weight.shape[1]
    again = finish(evaluate(photos, tmp_path / "run", SAVING, with_report=False))
    assert again.rows == done.rows


def test_a_map_never_sees_what_the_sets_split_tests_on(photos: Path, tmp_path: Path) -> None:
    """The header of a saved map counts the test photos of the set's split as held out."""
    root = shutil.copytree(photos, tmp_path / "small")
    ids = open_set(root).table["photo_id"].to_numpy()
    scene = (ids - 10**15) // 10
    content: dict[str, object] = {"target_attribute": "Make", "label_encoder_classes": ["Acme", "Bolt"]}
    for part, chosen in {"train": ids[scene < 12], "val": ids[scene < 0], "test": ids[scene >= 18]}.items():
        content[f"{part}_ids"] = chosen.tolist()
        content[f"encoded_{part}_labels"] = [int((photo - 10**15) % 10 >= 2) for photo in chosen]
    _write_split(root, content)
    done = finish(evaluate(root, tmp_path / "run", SAVING, with_report=False))
    headers = {header["attribute"]: (header["photos"], header["held_out"]) for header in map(_header, done.maps)}
    assert headers == {"Make": (72, 24), "Is Smartphone": (96, 0)}


def test_a_class_of_one_photo_is_in_no_map_and_costs_no_figure(photos: Path, tmp_path: Path) -> None:
    """One photo of a third make: it is left out of figures and map, and the map's header counts it."""
    root = shutil.copytree(photos, tmp_path / "small")
    makes = pd.read_parquet(root / "metadata.parquet")["Make"]
    makes.iloc[5] = "Leica"
    change(root, Make=makes)
    done = finish(evaluate(root, tmp_path / "run", SAVING, with_report=False))
    assert {row.attribute for row in done.rows} == {"Is Smartphone", "Make"}
    header = next(header for header in map(_header, done.maps) if header["attribute"] == "Make")
    assert (header["classes"], header["photos"]) == (["Acme", "Bolt"], 95)
    assert header["left_out"] == {"Leica: in 1 scene or owner, and it takes 10": 1}


def test_a_map_that_cannot_be_fitted_is_skipped_and_the_figures_stay(photos: Path, tmp_path: Path) -> None:
    """A split that tests on all photos of a make leaves one class to fit on: the map is listed as skipped, no more."""
    root = shutil.copytree(photos, tmp_path / "small")
    table = pd.read_parquet(root / "metadata.parquet")
    acme = (table["Make"] == "Acme").to_numpy()
    ids = table["photo_id"].to_numpy()
    content: dict[str, object] = {"target_attribute": "Make", "label_encoder_classes": ["Acme", "Bolt"]}
    for part, chosen in {"train": ids[~acme], "val": ids[:0], "test": ids[acme]}.items():
        content[f"{part}_ids"] = chosen.tolist()
        content[f"encoded_{part}_labels"] = [int(part == "train")] * len(chosen)
    _write_split(root, content)
    done = finish(evaluate(root, tmp_path / "run", SAVING, with_report=False))
    assert {row.attribute for row in done.rows} == {"Is Smartphone", "Make"}
    assert [_header(path)["attribute"] for path in done.maps] == ["Is Smartphone"]
    reasons = {skip.what: skip.reason for skip in done.skipped}
    assert "two classes" in reasons["mitigation of Make: map by leace (baseline/colour)"]


def _write_split(root: Path, content: dict[str, object]) -> None:
    (root / "splits").mkdir()
    (root / "splits" / "split_data_target_attribute=Make.json").write_text(json.dumps(content))


def _header(path: Path) -> dict[str, Any]:
    """What a saved map says of itself."""
    with safe_open(path, framework="numpy") as file:
        return dict(json.loads(file.metadata()["lenstrace"]))


def _planned(root: Path, *asked: str) -> Planned:
    options = replace(SAVING, attributes=asked)
    return make_plan(labelled_set(open_set(root)), options, (MITIGATION,)).planned["mitigation"]


def test_the_plan_takes_out_what_neighbours_are_parted_by(photos: Path) -> None:
    """Kind of camera and make; further labels where they are asked for, each or all, and never what the photo shows."""
    assert _planned(photos).attributes == ("Is Smartphone", "Make")
    named = _planned(photos, "Model", "semantic_label")
    assert named.attributes == ("Is Smartphone", "Make", "Model")
    assert "mitigation of semantic_label" in {skip.what for skip in named.skipped}
    assert _planned(photos, "all").attributes == ("Is Smartphone", "Make", "Model", "ISO Speed")


def test_a_label_that_cannot_be_taken_out_is_listed(photos: Path, tmp_path: Path) -> None:
    """Asked for, but with one value: the plan says why there is nothing to take out."""
    root = change(shutil.copytree(photos, tmp_path / "small"), ISO_SPACE_Speed="100")
    for asked in ("all", "ISO Speed"):
        planned = _planned(root, asked)
        assert "ISO Speed" not in planned.attributes
        reasons = {skip.what: skip.reason for skip in planned.skipped}
        assert reasons["mitigation of ISO Speed"] == "all photos have ISO Speed = 100"


def test_unequal_owners_count_as_few() -> None:
    """Sixty equal owners are enough; where four of them have most of the photos, the intervals are said to be too short."""
    makes = np.array(["a", "b"])[np.arange(60) % 2]
    for sizes, few in (
        (np.full(60, 4), ""),
        (np.r_[[40] * 4, [4] * 56], "60 scenes or owners, as unequal as 20 of equal size"),
    ):
        vectors, labels, owner = _owners(sizes, makes)
        outcome = finish(mitigate(SOURCE, LabelledPhotos(vectors, labels, owner, "Make"), replace(LEACE, repeats=1)))
        assert outcome.details[0]["few_units"] == few
        assert any("on halves of" in line for line in outcome.warnings) is bool(few)
