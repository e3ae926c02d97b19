"""Retrieval sheets: which queries are shown, that what stands in a strip is what was ranked, and the small pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.small_sets import write_set
from tracer.dataset import open_set
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.retrieval.retrieval import rank_pairs
from tracer.experiments.sheets.choice import SHOWN, neighbour_sheet, pair_sheet, photos_on
from tracer.experiments.sheets.processed import processing_sheet
from tracer.experiments.sheets.thumbnails import SIDE, write_thumbs

SOURCE = Source("made", "test/encoder")


class Pairs:
    """30 scenes, each by a phone and a camera, whose embeddings hold scene and kind of camera."""

    def __init__(self, trace: float = 1.2) -> None:
        rng = np.random.default_rng(3)
        self.subject = np.repeat(np.arange(30), 2).astype(np.int64)
        self.model = np.tile([0, 1], 30).astype(np.int64)
        self.vectors = rng.normal(size=(30, 6))[self.subject] + trace * np.outer(self.model, np.ones(6))
        self.vectors += 0.6 * rng.normal(size=self.vectors.shape)
        self.ids = 1000 + rng.permutation(60).astype(np.int64)
        self.cameras = [f"camera {m}" for m in self.model]

    def sheet(self, seed: int = 0) -> list[dict[str, object]]:
        """The queries of its sheet."""
        made = pair_sheet(SOURCE, self.vectors, self.ids, self.subject, self.model, self.cameras, seed)
        queries: list[dict[str, object]] = made.details[0]["queries"]
        return queries


def test_what_a_strip_shows_is_what_was_ranked() -> None:
    """The partner stands at the rank that recall counts, similarities fall, and nobody else is of the query's scene."""
    pairs = Pairs()
    row_of = {int(photo): row for row, photo in enumerate(pairs.ids)}
    for query in pairs.sheet():
        row = row_of[query["photo_id"]]  # type: ignore[index]
        for strip in query["strips"]:  # type: ignore[attr-defined]
            ranks = rank_pairs(pairs.vectors, pairs.subject, pairs.model, int(pairs.model[row]), strip["pool"])
            first = ranks.first[ranks.query == row][0]
            (partner,) = [item for item in strip["items"] if item["mark"]]
            assert partner["rank"] == first
            assert [item["rank"] for item in strip["items"][:SHOWN]] == list(range(1, SHOWN + 1))
            assert all(
                a["similarity"] >= b["similarity"] for a, b in zip(strip["items"], strip["items"][1:], strict=False)
            )
            others = [row_of[item["photo_id"]] for item in strip["items"] if not item["mark"]]
            assert row not in others
            assert (pairs.subject[others] != pairs.subject[row]).all()
            kind = pairs.model[row] if strip["pool"] == "same" else 1 - pairs.model[row]
            assert (pairs.model[others] == kind).all()


def test_half_are_chosen_by_the_rule_and_half_by_the_seed() -> None:
    """No other query has a larger ratio of ranks than those by the rule; the drawn ones change with the seed alone."""
    pairs = Pairs()
    ratio = {}
    for code in (0, 1):
        same, other = (
            rank_pairs(pairs.vectors, pairs.subject, pairs.model, code, pool) for pool in ("same", "different")
        )
        ratio |= {int(pairs.ids[q]): a / b for q, a, b in zip(same.query, same.first, other.first, strict=True)}
    sheet = pairs.sheet()
    ruled = [q["photo_id"] for q in sheet if q["why"] == "rule"]
    drawn = [q["photo_id"] for q in sheet if q["why"] == "drawn"]
    assert len(ruled) == len(drawn) == 3
    assert not set(ruled) & set(drawn)
    assert min(ratio[p] for p in ruled) >= max(r for p, r in ratio.items() if p not in ruled)  # type: ignore[index]
    assert pairs.sheet() == sheet
    other = pairs.sheet(seed=1)
    assert [q["photo_id"] for q in other if q["why"] == "rule"] == ruled
    assert [q["photo_id"] for q in other if q["why"] == "drawn"] != drawn


def test_where_the_rule_finds_nobody_only_drawn_ones_are_shown() -> None:
    """Without a trace to speak of there may be no query by the rule; none is passed off as one."""
    pairs = Pairs(trace=0.0)
    pairs.vectors = np.eye(30)[pairs.subject] + 0.001 * pairs.vectors[:, :1]
    assert {q["why"] for q in pairs.sheet()} == {"drawn"}


def test_neighbours_come_from_other_scenes() -> None:
    """No neighbour is of the query's scene; those by the rule have a nearest one of another class and the same label."""
    rng = np.random.default_rng(0)
    n = 80
    scene, classes = np.arange(n) // 4, np.array(["a", "b"], dtype=object)[np.arange(n) // 4 % 2]
    labels = np.array(["x", "y"], dtype=object)[np.arange(n) % 2]
    vectors = rng.normal(size=(n, 5)) + 2.0 * (labels == "x")[:, None]
    ids = np.arange(n, dtype=np.int64)
    made = neighbour_sheet(SOURCE, LabelledPhotos(vectors, labels, scene, "Make", classes), ids, ["c"] * n, 0)
    queries = made.details[0]["queries"]
    assert [q["why"] for q in queries] == ["rule"] * 3 + ["drawn"] * 3
    for query in queries:
        at = query["photo_id"]
        items = query["strips"][0]["items"]
        assert all(scene[item["photo_id"]] != scene[at] for item in items)
        assert all(bool(item["mark"]) == (classes[item["photo_id"]] == classes[at]) for item in items)
        if query["why"] == "rule":
            assert not items[0]["mark"]
            assert labels[items[0]["photo_id"]] == labels[at]
    assert set(photos_on(made)) >= {query["photo_id"] for query in queries}


def test_small_pictures_are_square_small_and_bare(tmp_path: Path) -> None:
    """132 pixels, a few kilobytes, no metadata; a damaged photo gets none, and a damaged one is made again."""
    root = write_set(tmp_path / "small", scenes=2)
    photos = open_set(root)
    ids = photos.table["photo_id"].tolist()
    (root / "images" / f"{ids[0]}.png").write_bytes(b"no picture")
    write_thumbs(photos, [*ids, 7], tmp_path / "run")
    made = sorted((tmp_path / "run" / "thumbs").iterdir())
    assert [path.stem for path in made] == sorted(map(str, ids[1:]))
    for path in made:
        assert path.stat().st_size < 20_000
        with Image.open(path) as picture:
            assert picture.size == (SIDE, SIDE)
            assert not picture.getexif()
            assert "exif" not in picture.info
    whole = made[0].read_bytes()
    made[0].write_bytes(whole[:100])
    write_thumbs(photos, ids, tmp_path / "run")
    assert made[0].read_bytes() == whole


@pytest.mark.plots
@pytest.mark.parametrize("pairs", [True, False])
def test_an_evaluation_makes_a_sheet(pairs: bool, tmp_path: Path) -> None:
    """On a set with pairs of pairs, on one without of neighbours; the small pictures lie in the run."""
    from tests.helpers.small_sets import change
    from tracer.base.progress import finish
    from tracer.evaluation.evaluate import Options, evaluate

    root = write_set(tmp_path / "small", scenes=12)
    if not pairs:
        change(root, subject_idx=None)
    experiments = ("retrieval",) if pairs else ("knn",)
    options = Options(encoders=("baseline/colour",), experiments=experiments, device="cpu")
    finish(evaluate(root, tmp_path / "run", options))
    assert len(list((tmp_path / "run" / "thumbs").iterdir())) > 6
    assert (tmp_path / "run" / "plots" / "retrieval-sheet.png").exists()
    assert "data:image/jpeg;base64" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_where_no_photo_has_both_labels_there_is_no_sheet(tmp_path: Path) -> None:
    """Class known on one half of the photos and camera on the other: what is missing is listed, the rest is measured."""
    import pandas as pd

    from tests.helpers.small_sets import change
    from tracer.base.progress import finish
    from tracer.evaluation.evaluate import Options, evaluate

    root = change(write_set(tmp_path / "small", scenes=14), subject_idx=None)
    table = pd.read_parquet(root / "metadata.parquet")
    classed = table["scene_idx"] < 7
    camera = {name: table[name].astype(object).mask(classed, None) for name in ("Make", "Model")}
    change(root, Is_SPACE_Smartphone=None, semantic_label=table["semantic_label"].where(classed, None), **camera)
    options = Options(
        encoders=("baseline/colour",),
        experiments=("knn",),
        processings=("JPEG75_420", "JPEG95_444"),
        draws=2,
        device="cpu",
    )
    evaluation = finish(evaluate(root, tmp_path / "run", options, with_report=False))
    assert {row.attribute for row in evaluation.rows} == {"JPEG"}
    reasons = {skip.what: skip.reason for skip in evaluation.skipped}
    assert "0 of 0 labelled photos qualify" in reasons["kNN by Make (baseline/colour)"]


def _views(trace: float) -> tuple[dict[str, np.ndarray], LabelledPhotos]:
    """60 photos of two classes, each its own scene, in two processings that add `trace` along directions of their own."""
    rng = np.random.default_rng(5)
    classes = np.array(["owl", "fox"] * 30, dtype=object)
    photos = rng.normal(size=(60, 8)) + 1.5 * (classes == "owl")[:, None] * np.eye(8)[2]
    views = {name: photos + trace * np.eye(8)[at] for at, name in enumerate(("JPEG75_420", "JPEG95_444"))}
    return views, LabelledPhotos(views["JPEG75_420"], classes, np.arange(60), "JPEG")


def test_a_sheet_by_processing_shows_what_the_processing_draws_near() -> None:
    """By the rule the first neighbour is right in one pool and wrong in the other; each picture is named by its processing."""
    views, photos = _views(3.0)
    ids = np.arange(60) + 100
    source = Source("made", "test/encoder", "JPEG75_420,JPEG95_444")
    (entry,) = processing_sheet(source, views, photos, ids, ["x"] * 60, seed=1).details
    assert (entry["attribute"], entry["processing"], entry["queries_in_all"]) == ("JPEG", "JPEG75_420,JPEG95_444", 60)
    assert [query["why"] for query in entry["queries"]] == ["rule"] * 3 + ["drawn"] * 3
    unit = {name: X / np.linalg.norm(X, axis=1, keepdims=True) for name, X in views.items()}
    for query in entry["queries"]:
        row = query["photo_id"] - 100
        assert (query["camera"], query["kind"]) == ("JPEG75_420", photos.labels[row])
        pools = {strip["pool"]: strip["items"] for strip in query["strips"]}
        assert list(pools) == ["pos-same", "neg-same"] and all(len(items) == SHOWN for items in pools.values())
        if query["why"] == "rule":
            assert pools["pos-same"][0]["mark"] == "same content" and pools["neg-same"][0]["mark"] == ""
        for pool, items in pools.items():
            assert [item["similarity"] for item in items] == sorted((i["similarity"] for i in items), reverse=True)
            for item in items:
                other = item["photo_id"] - 100
                right = photos.labels[other] == photos.labels[row]
                assert bool(item["mark"]) == right and other != row
                assert item["camera"] == ("JPEG75_420" if right == (pool == "pos-same") else "JPEG95_444")
                assert item["similarity"] == pytest.approx(
                    unit["JPEG75_420"][row] @ unit[item["camera"]][other], abs=1e-4
                )


def test_without_a_trace_no_query_is_chosen_by_the_rule() -> None:
    """Both pools give the same neighbours then; photos of unknown content are never queries."""
    views, photos = _views(0.0)
    (entry,) = processing_sheet(SOURCE, views, photos, np.arange(60), ["x"] * 60, seed=1).details
    assert {query["why"] for query in entry["queries"]} == {"drawn"}
    photos.labels[:] = None
    assert not processing_sheet(SOURCE, views, photos, np.arange(60), ["x"] * 60, seed=1).details
