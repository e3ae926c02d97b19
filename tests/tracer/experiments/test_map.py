"""Maps of the embeddings: what lies together stays together, the seed gives the map, and what cannot be drawn is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.report_runs import meta, probe_rows, write_run
from tests.helpers.small_sets import change, write_set
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.errors import TooFew
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options
from tracer.experiments.labels import labelled_set
from tracer.experiments.map.colouring import COLOURED, MIN_PHOTOS, Colouring
from tracer.experiments.map.experiment import MAP
from tracer.experiments.map.projection import MAX_PHOTOS, SIDE, project
from tracer.experiments.outcome import Source
from tracer.experiments.settings import Settings
from tracer.report.page import render
from tracer.report.plots import write_plots
from tracer.results.runs import load_run

SOURCE = Source("made", "test/encoder")


def groups(count: int = 120, dim: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of three groups far from each other, and the groups' names."""
    rng = np.random.default_rng(seed)
    group = np.arange(count) % 3
    vectors = 8 * np.eye(dim)[group] + 0.3 * rng.normal(size=(count, dim))
    return vectors.astype(np.float32), np.array(["a", "b", "c"], dtype=object)[group]


def mapped(vectors: np.ndarray, *colourings: Colouring, seed: int = 1) -> dict[str, Any]:
    """The entry of the details; each photo is a scene of its own."""
    (entry,) = finish(project(SOURCE, vectors, np.arange(len(vectors)), colourings, seed)).details
    return entry


def test_groups_stay_together() -> None:
    """On both maps a photo's nearest photo is of its own group; all places lie on the map, and one axis is filled."""
    vectors, names = groups()
    entry = mapped(vectors, Colouring("Make", names))
    assert [one["method"] for one in entry["maps"]] == ["t-sne", "pca"]
    codes = np.array(entry["colours"][0]["codes"])
    for one in entry["maps"]:
        places = np.array([one["x"], one["y"]], dtype=float).T
        assert places.min() >= 0 and places.max() <= SIDE and np.ptp(places, axis=0).max() == SIDE
        apart = np.linalg.norm(places[:, None] - places, axis=2)
        np.fill_diagonal(apart, np.inf)
        assert np.mean(codes[apart.argmin(axis=1)] == codes) > 0.95
        assert 0.1 < one["neighbours_kept"] <= 1
    assert 0.5 < entry["variance"] <= 1


def test_the_seed_gives_the_map() -> None:
    """The same seed gives the same entry."""
    vectors, names = groups()
    assert mapped(vectors, Colouring("Make", names)) == mapped(vectors, Colouring("Make", names))


def test_colours_go_to_the_values_with_most_photos() -> None:
    """Six values have a colour, others and unknown ones have none."""
    values = np.array([f"m{min(i // 10, 9)}" for i in range(120)], dtype=object)
    values[:5] = None
    colour = mapped(groups()[0], Colouring("Model", values))["colours"][0]
    assert len(colour["values"]) == COLOURED and "m9" in colour["values"] and "m0" not in colour["values"]
    assert colour["others"] == 10 - COLOURED
    assert colour["codes"][:6] == [-2] * 5 + [-1]
    assert colour["codes"][-1] == colour["values"].index("m9")


@pytest.mark.slow
def test_large_sets_are_thinned() -> None:
    """So that time and the page stay bounded; the entry says of how many photos."""
    vectors, names = groups(MAX_PHOTOS + 100, dim=3)
    entry = mapped(vectors, Colouring("Make", names))
    assert len(entry["maps"][0]["x"]) == len(entry["colours"][0]["codes"]) == MAX_PHOTOS
    assert entry["photos"] == MAX_PHOTOS + 100


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_few_dimensions_are_no_error(dim: int) -> None:
    """An encoder may have fewer numbers than a map has directions."""
    rng = np.random.default_rng(0)
    entry = mapped(rng.normal(size=(60, dim)).astype(np.float32))
    assert len(entry["maps"]) == 2


def test_too_few_and_equal_photos_have_no_map() -> None:
    """Each with its reason."""
    with pytest.raises(TooFew, match=f"at least {MIN_PHOTOS} photos"):
        mapped(groups(MIN_PHOTOS - 1)[0])
    with pytest.raises(TooFew, match="are the same"):
        mapped(np.ones((MIN_PHOTOS, 4), dtype=np.float32))


def test_the_plan_skips_what_has_no_map(tmp_path: Path) -> None:
    """Small sets, and sets without a label to colour by, are listed with the reason before anything is embedded."""
    small = MAP.plan(labelled_set(open_set(write_set(tmp_path / "small", scenes=4))), Settings())
    assert not small.measurements and "the set has 16" in small.skipped[0].reason
    root = write_set(tmp_path / "one", scenes=20)
    change(root, Make="Acme", Model="D1", Is_SPACE_Smartphone=False, semantic_label="disc")
    one = MAP.plan(labelled_set(open_set(root)), Settings())
    assert not one.measurements and "no label" in one.skipped[0].reason


@pytest.mark.plots
def test_an_evaluation_draws_the_map(tmp_path: Path) -> None:
    """It is kept with the results of another experiment; labels that part the photos alike are shown once."""
    root = write_set(tmp_path / "set", scenes=14)
    models = ["D1" if i % 2 else "P1" for i in range(56)]
    change(root, Model=models)  # as Is Smartphone parts them
    options = Options(encoders=("baseline/colour",), experiments=("retrieval", "map"), device="cpu")
    done = finish(evaluate(root, tmp_path / "run", options))
    assert done.report is not None
    (entry,) = [d for d in load_run(tmp_path / "run").details if d.get("setting") == "map"]
    colours = [(one["attribute"], one["also"]) for one in entry["colours"]]
    assert colours == [("Is Smartphone", ["Model"]), ("semantic_label", []), ("scene", [])]
    page = done.report.read_text(encoding="utf-8")
    assert "Phone or camera, camera model" in page and "proves nothing" in page
    assert page.count('<figure class="map">') == 6
    for name in ("map-t-sne.png", "map-t-sne.svg", "map-pca.png"):
        assert (tmp_path / "run" / "plots" / name).is_file()


DAMAGED: tuple[dict[str, Any], ...] = (
    {"maps": 7},
    {"colours": None},
    {"maps": [{"method": "pca", "x": [1, 2], "y": [1]}]},
    {"maps": [{"method": "pca", "x": [1, "2"], "y": [1, 2]}]},
    {"maps": [{"method": "pca", "x": [1, 2000], "y": [1, 2]}]},
    {"maps": [{"method": "<script>", "x": [1, 2], "y": [1, 2]}]},
    {"colours": [{"attribute": "Make", "values": ["a"], "codes": [0, 1]}]},
)


GOOD: dict[str, Any] = {
    "experiment": "map", "encoder": "e", "setting": "map", "maps": [{"method": "pca", "x": [1, 2], "y": [1, 2]}],
    "colours": [{"attribute": "Make", "values": ["<b>"], "others": 1, "codes": [0, -1]}],
}  # fmt: skip


def test_names_on_a_map_are_text(tmp_path: Path) -> None:
    """They may hold markup."""
    page = render(load_run(write_run(tmp_path / "run", probe_rows(), {**meta(), "details": [GOOD]})))
    assert '<figure class="map">' in page and "&lt;b&gt;" in page


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_map_is_not_drawn(tmp_path: Path, damage: dict[str, Any]) -> None:
    """Details may come from anywhere."""
    run = load_run(write_run(tmp_path / "run", probe_rows(), {**meta(), "details": [{**GOOD, **damage}]}))
    assert '<figure class="map">' not in render(run)
    if damage is DAMAGED[-1]:  # the plots rest on the same maps
        assert not [path for path in write_plots(run, tmp_path / "plots") if path.name.startswith("map")]
