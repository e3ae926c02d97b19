"""Runs as the evaluator writes them, made from a few parameters: what the page is tested on.

The rates follow from `strength`: how far the camera's trace lifts a figure from guessing to certainty.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from PIL import Image

from tracer.results import Row
from tracer.results.rows import marked
from tracer.stats import Interval, absolute, difference_of_independent, wilson

ENCODERS = ("offline/efficientnet-lite0", "offline/efficientnet-lite2")
CLASSES = {
    "Is Smartphone": ("False", "True"),
    "Make": ("Arvela", "Brontis", "Corvid Optics"),
    "Model": ("Arvela A1", "Arvela A2", "Brontis B7", "Brontis B9", "Corvid C-30", "Corvid C-50"),
    "semantic_label": ("blocks", "foliage", "ripples", "stones"),
}
# How much of the way from guessing to certainty is reached: with nothing, 90 % and 95 % of the picture hidden.
TRACE = {
    "Is Smartphone": (0.86, 0.70, 0.58),
    "Make": (0.30, 0.21, 0.15),
    "Model": (0.33, 0.24, 0.20),
    "semantic_label": (0.90, 0.12, 0.02),
}


def rate(value: float, n: int, **columns: Any) -> Row:
    """A row with Wilson's interval."""
    hits = round(value * n)
    low, high = wilson(hits, n)
    defaults = {"dataset": "virtual", "attribute": "", "processing": "IDENTITY", "mask_ratio": 0.0, "seed": 42}
    return Row(**{**defaults, "value": hits / n, "ci_low": low, "ci_high": high, "n": n, **columns})


def probe_rows(encoders: tuple[str, ...] = ENCODERS, n: int = 360, strength: float = 1.0) -> list[Row]:
    """Probe rows for each encoder, label and mask; later encoders are a little weaker."""
    rows = []
    for i, encoder in enumerate(encoders):
        for attribute, traces in TRACE.items():
            chance = 1 / len(CLASSES[attribute])
            for mask, trace in zip((0.0, 0.90, 0.95), traces, strict=True):
                value = chance + (1 - chance) * trace * strength * (1 - 0.5 * i / max(len(encoders), 6))
                rows += [
                    rate(
                        value,
                        n,
                        experiment="probe",
                        encoder=encoder,
                        attribute=attribute,
                        mask_ratio=mask,
                        setting="acquisition",
                        metric=metric,
                        chance=chance,
                    )
                    for metric in ("accuracy", "balanced_accuracy")
                ]
    return rows


def pair_rows(encoders: tuple[str, ...] = ENCODERS, n: int = 60, strength: float = 1.0) -> list[Row]:
    """Retrieval rows: both query classes, both pools, three metrics, and the difference."""
    rows = []
    for i, encoder in enumerate(encoders):
        for query, base in (("phone", 0.69), ("dslr/compact", 0.80)):
            by_pool = {}
            for pool, value in (("same", base - 0.24 * strength - 0.04 * i / len(encoders)), ("different", base)):
                setting = f"query={query},negatives={pool}"
                for metric, lift, chance in (("recall@1", 0.0, 1 / n), ("recall@5", 0.14, 5 / n), ("map", 0.05, 0.08)):
                    row = rate(
                        value + lift,
                        n,
                        experiment="retrieval",
                        encoder=encoder,
                        setting=setting,
                        metric=metric,
                        chance=chance,
                        seed=None,
                    )
                    rows.append(row)
                    by_pool.setdefault(pool, row)
            same, other = by_pool["same"], by_pool["different"]
            found = difference_of_independent(same.value, _interval(same), other.value, _interval(other))
            low, high = absolute(Interval(found.low, found.high))
            rows.append(
                rate(
                    abs(found.value),
                    n,
                    experiment="retrieval",
                    encoder=encoder,
                    setting=f"query={query}",
                    metric="spd_a",
                    chance=0.0,
                    ci_low=low,
                    ci_high=high,
                    seed=None,
                )
            )
    return rows


def knn_rows(encoders: tuple[str, ...] = ENCODERS, n: int = 240) -> list[Row]:
    """Neighbour rows by phone or camera: five settings and the difference."""
    rows = []
    for i, encoder in enumerate(encoders):
        for setting, value in (
            ("baseline", 0.83),
            ("all-diff", 0.81),
            ("pos-same", 0.88),
            ("neg-same", 0.74),
            ("uniform", 0.82),
        ):
            rows.append(
                rate(
                    value - 0.06 * i / len(encoders),
                    n,
                    experiment="knn",
                    encoder=encoder,
                    attribute="Is Smartphone",
                    setting=setting,
                    metric="accuracy",
                    chance=0.25,
                )
            )
        rows.append(
            rate(
                0.14,
                n,
                experiment="knn",
                encoder=encoder,
                attribute="Is Smartphone",
                setting="",
                metric="spd_a",
                chance=0.0,
                ci_low=0.09,
                ci_high=0.19,
            )
        )
        plain = {"experiment": "knn", "encoder": encoder, "attribute": "Is Smartphone", "setting": ""}
        rows.append(rate(0.84, n, metric="sp", chance=0.25, **plain))
    return rows


def similarity_rows(encoders: tuple[str, ...] = ENCODERS, n: int = 300) -> list[Row]:
    """Similarity rows by phone or camera, for photos of the same content and of other content."""
    return [
        rate(value, n, experiment="similarity", encoder=e, attribute="Is Smartphone", setting=setting,
             metric="accuracy", chance=0.5)
        for e in encoders
        for setting, value in (("class=same", 0.64), ("class=other", 0.58))
    ]  # fmt: skip


def similarity_detail(encoder: str) -> dict[str, Any]:
    """Histograms of four kinds: bells, of which those that share the label lie a little higher."""
    edges = [round(-1 + i / 25, 6) for i in range(51)]
    centres = {("same", "same"): 0.62, ("same", "other"): 0.54, ("other", "same"): 0.38, ("other", "other"): 0.33}
    bells = {
        f"class={c},label={k}": [round(400 * 2.718 ** (-(((a + 0.02 - mean) / 0.12) ** 2))) for a in edges[:-1]]
        for (c, k), mean in centres.items()
    }
    return {
        "experiment": "similarity", "encoder": encoder, "attribute": "Is Smartphone", "processing": "IDENTITY",
        "mask_ratio": 0.0, "setting": "", "edges": edges, "histograms": bells,
        "means": {f"class={c},label={k}": mean for (c, k), mean in centres.items()},
    }  # fmt: skip


def association_rows(n: int = 360) -> list[Row]:
    """Cramér's V of two labels, one without and one with an association."""
    return [
        rate(value, n, experiment="association", encoder="", attribute=attribute, setting="semantic_label",
             metric="cramers_v", chance=0.0, ci_low=low, ci_high=high)
        for attribute, value, low, high in (("Make", 0.0, 0.0, 0.081), ("jpeg_quality", 0.312, 0.24, 0.388))
    ]  # fmt: skip


def _interval(row: Row) -> Interval:
    assert row.ci_low is not None and row.ci_high is not None
    return Interval(row.ci_low, row.ci_high)


def confusion(encoder: str, attribute: str, mask: float, per_class: int, right: float) -> dict[str, Any]:
    """A confusion matrix with the given share right and the rest spread over the other classes."""
    classes = CLASSES[attribute]
    hits = round(per_class * right)
    rest, others = per_class - hits, len(classes) - 1
    counts = []
    for i in range(len(classes)):
        spread = [rest // others + (1 if j < rest % others else 0) for j in range(others)]
        counts.append([*spread[:i], hits, *spread[i:]])
    return {
        "experiment": "probe",
        "encoder": encoder,
        "attribute": attribute,
        "processing": "IDENTITY",
        "mask_ratio": mask,
        "setting": "acquisition",
        "scheme": "cross-validated",
        "folds": 5,
        "repeats": 3,
        "classes": list(classes),
        "confusion": counts,
    }


def meta(encoders: tuple[str, ...] = ENCODERS, **more: Any) -> dict[str, Any]:
    """What stands beside the rows."""
    details = [
        confusion(
            e,
            a,
            m,
            360 // len(CLASSES[a]),
            1 / len(CLASSES[a]) + (1 - 1 / len(CLASSES[a])) * TRACE[a][0 if m == 0 else 2],
        )
        for a in CLASSES
        for m in (0.0, 0.95)
        for e in encoders
    ]
    for encoder in encoders:
        details.append(similarity_detail(encoder))
        named = {"encoder": encoder, "processing": "IDENTITY", "mask_ratio": 0.0}
        details.append(
            {
                **named, "experiment": "knn", "attribute": "Is Smartphone", "setting": "",
                "pos_same_minus_neg_same": 0.14, "pos_same_minus_neg_same_ci": [0.09, 0.19],
            }
        )  # fmt: skip
        details += [
            {
                **named, "experiment": "retrieval", "attribute": "", "setting": f"query={query}",
                "same_minus_different": -0.24, "same_minus_different_ci": [-0.39, -0.06], "mcnemar_p": 0.0043,
            }
            for query in ("phone", "dslr/compact")
        ]  # fmt: skip
    return {
        "dataset": {
            "name": "virtual",
            "counts": {"photos": 360, "scenes_or_owners": 60, "pairs": 60},
        },
        "versions": {"lenstrace": "0.1.0", "torch": "2.10.0", "python": "3.12.4", "numpy": "2.1.3"},
        "device": "cpu",
        "seconds": 131.4,
        "seed": 42,
        "protocol": {"probe": "one linear layer", "kNN": "cosine, k = 1"},
        "skipped": [
            {"what": "openclip/ViT-B-32", "why": "its weights are not here and the run is offline"},
            {"what": "probe of Flash", "why": "one class only: all 360 photos are “without flash”"},
        ],
        "details": details,
        **more,
    }


def write_run(folder: Path, rows: list[Row], said: dict[str, Any]) -> Path:
    """Write `results.json`, as far as the page reads it, as measured here."""
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads(json.dumps({**said, "rows": [asdict(row) for row in rows]}))
    (folder / "results.json").write_text(json.dumps(marked(content), indent=1), encoding="utf-8")
    return folder


def measured(encoders: tuple[str, ...] = ENCODERS) -> list[Row]:
    """Rows of every experiment."""
    rows = probe_rows(encoders) + knn_rows(encoders) + pair_rows(encoders)
    return rows + similarity_rows(encoders) + association_rows()


def whole_run(folder: Path, encoders: tuple[str, ...] = ENCODERS) -> Path:
    """A run in which everything was measured."""
    audit = {
        "leaks": [],
        "confounds": [
            {"name": "format", "statistic": "cramers_v", "value": 0.0, "p_value": 1.0},
            {"name": "jpeg_quality", "statistic": "accuracy alone", "value": 0.93, "p_value": 0.0005},
            {"name": "aspect", "statistic": "accuracy alone", "value": 0.5, "p_value": 0.61},
        ],
    }
    return write_run(folder, measured(encoders), meta(encoders, audit=audit))


def before_and_after(change_high: float = -0.1, encoder: str = "e") -> list[Row]:
    """Probe, SP and SPD of one label under LEACE."""

    def row(setting: str, metric: str, value: float, low: float, high: float) -> Row:
        named = {
            "experiment": "mitigation",
            "encoder": encoder,
            "attribute": "Make",
            "setting": setting,
            "metric": metric,
            "chance": None,
        }
        return replace(rate(abs(value), 200, **named), value=value, ci_low=low, ci_high=high)

    rows = []
    for metric, before, after, low, high in (
        ("accuracy", 0.7, 0.4, -0.4, change_high), ("sp", 0.93, 0.92, -0.02, 0.01), ("spd_a", 0.08, 0.04, -0.07, -0.01),
    ):  # fmt: skip
        rows.append(row("stage=before", metric, before, before - 0.03, before + 0.03))
        rows.append(row("method=leace,stage=after", metric, after, after - 0.03, after + 0.03))
        rows.append(row("method=leace,stage=change", metric, after - before, low, high))
    return rows


def sheet_run(folder: Path, photos: int = 4, more: Sequence[Row] = ()) -> Path:
    """A run with a sheet of one query by the rule and one drawn, and small pictures of the photos."""

    def item(photo: int, rank: int, mark: str = "") -> dict[str, object]:
        return {"photo_id": photo, "rank": rank, "camera": f"Acme {photo}", "similarity": 0.5, "mark": mark}

    strips = [
        {"pool": "same", "items": [item(2, 1), item(3, 7, "partner")]},
        {"pool": "different", "items": [item(3, 1, "partner")]},
    ]
    queries = [
        {"photo_id": 1, "camera": "<b>Acme</b>", "kind": "phone", "why": why, "strips": strips}
        for why in ("rule", "drawn")
    ]
    detail = {
        "experiment": "retrieval", "encoder": "e", "attribute": "Is Smartphone", "setting": "sheet", "rule": "the ranks differ",
        "queries": queries, "queries_in_all": 120, "seed": 42,
    }  # fmt: skip
    run = write_run(folder, [*probe_rows(), *pair_rows(), *more], {**meta(), "details": [detail]})
    (run / "thumbs").mkdir()
    for photo in range(1, photos):
        Image.new("RGB", (132, 132), (photo * 40, 90, 90)).save(run / "thumbs" / f"{photo}.jpg")
    return run
