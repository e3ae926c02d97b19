"""An experiment from outside: its own object is planned, run, cached, merged, skipped and reported like those of the registry."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.small_sets import change, write_set
from tracer import results, stats
from tracer.base.progress import Progress, Work, finish
from tracer.dataset import open_set
from tracer.errors import TooFew
from tracer.evaluation.evaluate import Evaluation, evaluate
from tracer.evaluation.options import Options
from tracer.evaluation.plan import make_plan
from tracer.experiments.experiment import (
    Context,
    Experiment,
    Measurement,
    Planned,
    labelled_photos,
    source_of,
)
from tracer.experiments.labels import SEMANTIC, LabelledSet, labelled_set
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.registry import EXPERIMENTS
from tracer.experiments.settings import Settings
from tracer.results import photo_scores
from tracer.results.skips import Skip

NAME = "norm"
MASK = 0.5


@dataclass
class MeanNorm:
    """A toy experiment: the mean length of the embeddings of each class, plain and masked; `calls` counts the work done."""

    calls: list[str] = field(default_factory=list)

    @property
    def experiment(self) -> Experiment:
        """Its object, as a registry would hold it."""
        return Experiment(NAME, "mean norm", self.plan, lambda *_: {"Mean norm": "lengths of embeddings, averaged"})

    def plan(self, labelled: LabelledSet, _settings: Settings) -> Planned:
        """Measure each class on its own; without classes there is nothing to measure."""
        if why := labelled.one_class():
            return Planned((), (Skip("mean norm by class", why, (NAME,)),))
        plain = Measurement(NAME, "mean norm by class", self.measure, SEMANTIC)
        masked = Measurement(NAME, "mean norm by class", self.measure_masked, SEMANTIC, ("MASK_50",), MASK)
        return Planned(
            (plain, masked), (Skip("mean norm by weather", "nobody asked for it", (NAME,), on_request=True),)
        )

    def measure(self, context: Context, encoder: str, mask: float = 0.0) -> Work[Outcome]:
        """Recall or do the work for one encoder."""
        found = context.embeddings(encoder, mask=mask)
        photos = labelled_photos(context, found, SEMANTIC)
        outcome = yield from context.cached(NAME, self.norms, source_of(context, encoder, mask=mask), photos)
        return context.name_photos(outcome, found.ids)

    def measure_masked(self, context: Context, encoder: str) -> Work[Outcome]:
        """The same on masked photos."""
        return (yield from self.measure(context, encoder, MASK))

    def norms(self, source: Source, photos: LabelledPhotos) -> Work[Outcome]:
        """The work itself: a row for each class."""
        self.calls.append(source.encoder)
        outcome = Outcome(warnings=["A norm is not a trace."])
        lengths = np.linalg.norm(photos.vectors, axis=1)
        for name in sorted(set(photos.labels)):
            yield Progress("classes measured", 0, 2)
            rows = np.flatnonzero(photos.labels == name)
            interval = stats.cluster_bootstrap(lengths[rows], photos.clusters[rows])
            row = source.row(
                NAME, SEMANTIC, str(name), "sp", Estimate(lengths[rows].mean(), interval, None, len(rows)), None
            )
            outcome.rows.append(row)
            outcome.per_photo.append(source.per_photo(row, rows, photos.clusters[rows], lengths[rows]))
        return outcome


@pytest.fixture
def toy() -> Iterator[MeanNorm]:
    """A fresh toy."""
    yield MeanNorm()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 48 photos of two classes."""
    return write_set(tmp_path_factory.mktemp("made") / "small", scenes=12)


def _evaluated(root: Path, run: Path, toy: MeanNorm, *names: str, report: bool = False) -> Evaluation:
    options = Options(encoders=("baseline/colour",), experiments=names, device="cpu")
    return finish(evaluate(root, run, options, experiments=(*EXPERIMENTS, toy.experiment), with_report=report))


def test_it_is_planned_with_its_views(photos: Path, toy: MeanNorm) -> None:
    """The plan asks it; the views to embed, the steps and what is skipped follow from its measurements."""
    options = Options(experiments=(NAME,))
    plan = make_plan(labelled_set(open_set(photos)), options, (*EXPERIMENTS, toy.experiment))
    assert plan.views == ("IDENTITY", "MASK_50")
    assert [one.name(encoder) for one, encoder in plan.steps(["a", "b"])] == [
        "mean norm by class (a)", "mean norm by class (a, 50 % masked)",
        "mean norm by class (b)", "mean norm by class (b, 50 % masked)",
    ]  # fmt: skip
    assert [skip.what for skip in plan.skipped] == ["mean norm by weather"]
    assert plan.protocol(plan.protocols({NAME}, []))["Mean norm"] == "lengths of embeddings, averaged"
    assert set(plan.protocol(plan.protocols((), []))) == {"other intervals"}


def test_it_is_run_and_recalled(photos: Path, tmp_path: Path, toy: MeanNorm) -> None:
    """Its rows, warnings and photos' scores are in the results; the second run recalls what the first kept."""
    first = _evaluated(photos, tmp_path / "run", toy, NAME)
    assert {(row.experiment, row.setting, row.mask_ratio, row.n) for row in first.rows} == {
        (NAME, name, ratio, 24) for name in ("disc", "stripe") for ratio in (0.0, MASK)
    }
    assert len(toy.calls) == 2
    assert results.read(tmp_path / "run").meta["warnings_of"][NAME] == ["A norm is not a trace."] * 2
    scores = photo_scores.read(tmp_path / "run")
    ids = set(open_set(photos).table["photo_id"])
    assert len(scores) == 4
    assert all(set(values.ids) <= ids for values in scores.values())
    assert _evaluated(photos, tmp_path / "run", toy, NAME).rows == first.rows
    assert len(toy.calls) == 2


def test_it_stands_beside_the_others(photos: Path, tmp_path: Path, toy: MeanNorm) -> None:
    """Rows of other experiments stay beside its own, behind those of the page's order; its skips stay when another is run."""
    run = tmp_path / "run"
    _evaluated(photos, run, toy, "association")
    before = results.read(run).rows
    _evaluated(photos, run, toy, NAME)
    assert results.read(run).rows[: len(before)] == before
    _evaluated(photos, run, toy, "retrieval")
    found = results.read(run)
    assert list(dict.fromkeys(row.experiment for row in found.rows)) == ["retrieval", "association", NAME]
    skipped = [Skip.read(entry) for entry in found.meta["skipped"]]
    assert Skip("mean norm by weather", "nobody asked for it", (NAME,), on_request=True) in skipped


def test_what_it_lacks_is_listed_and_refused(photos: Path, tmp_path: Path, toy: MeanNorm) -> None:
    """On a set of one class it is listed with its reason beside the others; by itself it is refused with that reason."""
    root = change(write_set(tmp_path / "small", scenes=12), semantic_label="disc")
    done = _evaluated(root, tmp_path / "run", toy, "retrieval", NAME)
    reason = "all photos have the semantic label disc, and it takes two"
    assert Skip("mean norm by class", reason, (NAME,)) in done.skipped
    with pytest.raises(TooFew, match="mean norm by class: all photos have the semantic label disc"):
        _evaluated(root, tmp_path / "other", toy, NAME)
    assert not toy.calls


def test_it_is_reported(photos: Path, tmp_path: Path, toy: MeanNorm) -> None:
    """The page shows its rows as those of any experiment, with its protocol, its warning and what it did not measure."""
    assert toy.experiment.page is None
    done = _evaluated(photos, tmp_path / "run", toy, NAME, report=True)
    assert done.report is not None
    page = done.report.read_text(encoding="utf-8")
    for words in ("Further figures", "Norm", "stripe", "lengths of embeddings", "A norm is not a trace.", "by weather"):
        assert words in page, words


def test_every_experiment_is_a_folder_and_a_line() -> None:
    """The registry holds each once, in the order of the page; each lies in the folder of its name."""
    names = [one.name for one in EXPERIMENTS]
    assert names == ["probe", "knn", "zeroshot", "retrieval", "similarity", "association", "mitigation", "map"]
    for one in EXPERIMENTS:
        assert importlib.util.find_spec(f"tracer.experiments.{one.name}.experiment")
        assert one.page_in == f"tracer.experiments.{one.name}.page"
