"""The experiments of an evaluation as steps: each reads its embeddings, measures, and keeps what it found."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import store
from tracer.dataset import PhotoSet
from tracer.errors import TooFew
from tracer.experiments.outcome import Outcome, PerPhoto, Source
from tracer.experiments.protocols import Protocol
from tracer.kept import digest, keep, key_of, recall
from tracer.plan import MASKS, PHONE, SEMANTIC, TRACES, Plan
from tracer.results import Experiment
from tracer.store import Embeddings

EXPERIMENTS: Final[tuple[Experiment, ...]] = (
    "probe", "knn", "retrieval", "similarity", "association", "mitigation",
)  # fmt: skip
SPLIT_FROM: Final = 5000
"""From so many photos on, a set's split file is used in place of cross-validation, which would take hours and say little more."""
REPEATS: Final = ((2000, 3), (20_000, 2))
"""Draws of the folds for sets of up to so many photos; one for larger ones."""
_READ_AT_ONCE: Final = 4
LAYER_BUDGET: Final = 2e13
"""Multiplications, some minutes on two cores; above it the layer is trained only where mitigation is asked for by itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a set is evaluated.

    Attributes:
        encoders: names and groups of them. experiments: those to run.
        attributes: labels to probe beside the main ones. masks: shares of the area, for the probes.
        processings: to part neighbours by; each is one more pass through every encoder.
        protocol: of the probes. seed: of splits, draws and bootstraps.
        k: neighbours; None = by the size of the set. draws: of the uniform setting.
        methods: of mitigation. save_maps: keep what mitigation fits, for use elsewhere.
        device: None takes a GPU where there is one. command: as typed, for the report.
    """

    encoders: tuple[str, ...] = ("offline",)
    experiments: tuple[Experiment, ...] = EXPERIMENTS
    attributes: tuple[str, ...] = ()
    masks: tuple[float, ...] = MASKS
    processings: tuple[str, ...] = ()
    protocol: Protocol = Protocol.BATCHED
    seed: int = 42
    k: int | None = None
    draws: int = 10
    methods: tuple[str, ...] = ("leace", "layer")
    save_maps: bool = False
    device: str | None = None
    command: str = ""


@dataclass(slots=True)
class Bench:
    """One evaluation under way."""

    photos: PhotoSet
    plan: Plan
    options: Options
    run: Path
    device: str
    outcome: Outcome
    maps: list[Path] = field(default_factory=list)
    per_photo: list[PerPhoto] = field(default_factory=list)
    _read: dict[tuple[str, str, float], tuple[Embeddings, NDArray[np.int64]]] = field(default_factory=dict)

    def name_photos(self, outcome: Outcome, ids: NDArray[np.int64]) -> Outcome:
        """Take an outcome's values of single photos over, under the photos' ids."""
        for entry in outcome.per_photo:
            self.per_photo.append(replace(entry, rows=ids[np.asarray(entry.rows, dtype=np.int64)].tolist()))
        return outcome

    def embeddings(
        self, encoder: str, processing: str = "IDENTITY", mask: float = 0.0
    ) -> tuple[Embeddings, NDArray[np.int64]]:
        """Embeddings in ascending order of their ids, and the set's row of each: no figure depends on the order of files."""
        name = (encoder, processing, mask)
        if name not in self._read:
            found = store.load(self.run, self.photos.name, encoder, processing, mask)
            ids = self.photos.table["photo_id"].to_numpy(dtype=np.int64)
            _, order, rows = np.intersect1d(found.ids, ids, assume_unique=True, return_indices=True)
            columns = {key: values[order] for key, values in found.columns.items()}
            if len(self._read) >= _READ_AT_ONCE:
                self._read.clear()
            self._read[name] = Embeddings(found.ids[order], found.vectors[order], columns, found.header), rows
        return self._read[name]


def repeats_for(photos: int) -> int:
    """Draws of the folds for a set of this size."""
    return next((count for size, count in REPEATS if photos <= size), 1)


def views(plan: Plan, options: Options) -> tuple[str, ...]:
    """The views to embed, by name: masks for the probes, processings for the neighbours, the plain photo for all."""
    wanted = ["IDENTITY"] if set(options.experiments) - {"association"} else []
    if "probe" in options.experiments:
        wanted += [f"MASK_{100 * ratio:.6g}" for ratio in options.masks if ratio]
    if {"knn", "mitigation"} & set(options.experiments):
        wanted += [name for group in plan.knn_groups for name in group]
    return tuple(dict.fromkeys(wanted))


def steps(bench: Bench, encoders: Sequence[str]) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Each experiment of each encoder, as its name and the work."""
    plan, chosen = bench.plan, bench.options.experiments
    if "association" in chosen and plan.associations:
        yield "association", lambda: _association(bench)
    for encoder in encoders:
        if "probe" in chosen:
            for mask in bench.options.masks:
                for attribute in plan.probes:
                    masked = f", {100 * mask:.6g} % masked" if mask else ""
                    yield f"probe of {attribute} ({encoder}{masked})", _probe_step(bench, encoder, attribute, mask)
        if "knn" in chosen:
            for attribute in plan.traces:
                yield f"kNN by {attribute} ({encoder})", _trace_step(bench, encoder, attribute)
            for group in plan.knn_groups:
                yield f"kNN by {' and '.join(group)} ({encoder})", _processing_step(bench, encoder, group)
        if "similarity" in chosen:
            for attribute in plan.traces:
                yield f"similarity by {attribute} ({encoder})", _similarity_step(bench, encoder, attribute)
        if "retrieval" in chosen and plan.retrieval:
            yield f"pair retrieval ({encoder})", _retrieval_step(bench, encoder)
        if encoder == next((name for name in encoders if not name.startswith("baseline/")), encoders[0]):
            yield from _sheets(bench, encoder)
        if "mitigation" in chosen:
            yield from _mitigations(bench, encoder)


def _kept(bench: Bench, place: str, encoder: str, facts: Sequence[Any], work: Callable[[], Outcome]) -> Outcome:
    key = key_of(place, encoder, bench.options.seed, *facts)
    path = bench.run / "kept" / f"{key[:24]}.json"
    found = recall(path, key)
    if found is None:
        found = work()
        keep(path, key, found)
    return found


def _probe_step(bench: Bench, encoder: str, attribute: str, mask: float) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.probe import probe_cross_validated, probe_split

        found, rows = bench.embeddings(encoder, mask=mask)
        labels, clusters = bench.plan.labels[attribute][rows], bench.plan.clusters[rows]
        source, options = Source(bench.photos.name, encoder, mask_ratio=mask), bench.options
        split = bench.photos.splits.get(attribute) if len(rows) > SPLIT_FROM else None
        repeats = repeats_for(len(rows))
        facts = [attribute, mask, str(options.protocol), repeats, digest(found.vectors), labels, clusters]
        if split is not None:
            facts += [split.classes, *split.ids.values(), *split.labels.values()]

        def work() -> Outcome:
            if split is not None:
                return probe_split(
                    source, found.ids, found.vectors, split, options.protocol, options.seed, bench.device
                )
            return probe_cross_validated(
                source, found.vectors, labels, clusters, attribute, protocol=options.protocol, repeats=repeats,
                seed=options.seed, device=bench.device if len(rows) > SPLIT_FROM else "cpu",
            )  # fmt: skip

        return bench.name_photos(_kept(bench, "probe", encoder, facts, work), found.ids)

    return step


def _trace_step(bench: Bench, encoder: str, attribute: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.acquisition import acquisition_knn

        found, rows = bench.embeddings(encoder)
        classes, traces = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, k, draws = bench.plan.clusters[rows], bench.options.k or bench.plan.k, bench.options.draws
        source = Source(bench.photos.name, encoder)
        facts = [attribute, k, draws, digest(found.vectors), classes, traces, clusters]
        outcome = _kept(
            bench, "knn by label", encoder, facts,
            lambda: acquisition_knn(
                source, found.vectors, classes, traces, clusters, attribute, k=k, draws=draws, seed=bench.options.seed,
                device=bench.device,
            ),
        )  # fmt: skip
        return bench.name_photos(outcome, found.ids)

    return step


def _processing_step(bench: Bench, encoder: str, group: Sequence[str]) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.acquisition import MIN_QUERIES
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.knn import processing_knn

        vectors, rows = _common_views(bench, encoder, group)
        labels, clusters = bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows]
        k, draws, seed = bench.options.k or bench.plan.k, bench.options.draws, bench.options.seed
        if len({*labels}) < 2 or len(rows) < MIN_QUERIES:
            raise TooFew(
                f"Semantic neighbours need {MIN_QUERIES} photos of two classes, each class in two scenes or more",
                f"{len(rows)} photos have that",
            )
        y = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64)
        source = Source(bench.photos.name, encoder, ",".join(group))
        facts = [list(group), k, draws, *(digest(matrix) for matrix in vectors.values()), labels, clusters]
        return _kept(
            bench, "knn by processing", encoder, facts,
            lambda: processing_knn(
                source, vectors, y, vectors, y, group_name(group), k=k, draws=draws, seed=seed,
                pool_groups=clusters, query_groups=clusters, clusters=clusters, device=bench.device,
            ),
        )  # fmt: skip

    return step


def _similarity_step(bench: Bench, encoder: str, attribute: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.similarity import similarity

        found, rows = bench.embeddings(encoder)
        classes, labels = bench.plan.labels[SEMANTIC][rows], bench.plan.labels[attribute][rows]
        clusters, source = bench.plan.clusters[rows], Source(bench.photos.name, encoder)
        facts = [attribute, digest(found.vectors), classes, labels, clusters]
        return _kept(
            bench, "similarity", encoder, facts,
            lambda: similarity(source, found.vectors, classes, labels, clusters, attribute, bench.options.seed),
        )  # fmt: skip

    return step


def _retrieval_step(bench: Bench, encoder: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.retrieval import retrieve

        found, rows = bench.embeddings(encoder)
        subject, model = bench.plan.subject[rows], bench.plan.model[rows]
        source = Source(bench.photos.name, encoder)
        facts = [digest(found.vectors), subject, model]
        outcome = _kept(
            bench, "retrieval", encoder, facts,
            lambda: retrieve(source, found.vectors, subject, model, bench.options.seed, bench.device),
        )  # fmt: skip
        return bench.name_photos(outcome, found.ids)

    return step


def _sheets(bench: Bench, encoder: str) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Pictures of queries and their neighbours, of one encoder: pairs where there are, else neighbours by content."""
    plan, chosen = bench.plan, bench.options.experiments
    if "retrieval" in chosen and plan.retrieval:
        yield f"retrieval sheet ({encoder})", _sheet_step(bench, encoder, None)
    elif "knn" in chosen and plan.traces and not plan.retrieval:
        yield f"retrieval sheet ({encoder})", _sheet_step(bench, encoder, plan.traces[0])


def _sheet_step(bench: Bench, encoder: str, attribute: str | None) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.sheets import neighbour_sheet, pair_sheet, photos_on
        from tracer.thumbs import write_thumbs

        found, rows = bench.embeddings(encoder)
        plan, source, seed = bench.plan, Source(bench.photos.name, encoder), bench.options.seed
        cameras = _cameras(plan, rows)
        if attribute is None:
            sheet = pair_sheet(source, found.vectors, found.ids, plan.subject[rows], plan.model[rows], cameras, seed)
        else:
            labels, classes = plan.labels[attribute][rows], plan.labels[SEMANTIC][rows]
            clusters = plan.clusters[rows]
            sheet = neighbour_sheet(
                source, found.vectors, found.ids, classes, labels, clusters, cameras, attribute, seed
            )
        write_thumbs(bench.photos, photos_on(sheet), bench.run)
        return sheet

    return step


def _cameras(plan: Plan, rows: NDArray[np.int64]) -> list[str]:
    """What the sheet calls each photo's camera: make and model, or else its kind."""
    kinds = {"True": "phone", "False": "camera"}

    def name(row: int) -> str:
        said = [plan.labels[key][row] for key in ("Make", "Model") if key in plan.labels]
        known = " ".join(str(word) for word in said if word)
        return known or kinds.get(str(plan.labels[PHONE][row]) if PHONE in plan.labels else "", "unknown camera")

    return [name(int(row)) for row in rows]


def _mitigations(bench: Bench, encoder: str) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Of each label and group of processings. Nobody would clean a baseline, so that an evaluation passes them over."""
    by_itself = len(bench.options.experiments) == 1
    if encoder.startswith("baseline/") and not by_itself:
        return
    for attribute in bench.plan.mitigations:
        if attribute not in TRACES and not by_itself:
            continue
        yield f"mitigation of {attribute} ({encoder})", _mitigation_step(bench, encoder, attribute)
    for group in bench.plan.knn_groups:
        yield f"mitigation of {' and '.join(group)} ({encoder})", _processing_mitigation_step(bench, encoder, group)


def _methods(bench: Bench, photos: int, dimensions: int, what: str, encoder: str, outcome: Outcome) -> list[str]:
    """The methods asked for; in an evaluation of everything not the layer where training it would take long."""
    from tracer.experiments.erasure import Method, layer_cost
    from tracer.experiments.mitigation import MAX_PHOTOS

    methods = list(bench.options.methods)
    cost = layer_cost(min(photos, MAX_PHOTOS) // 2, dimensions)
    if Method.LAYER in methods and len(bench.options.experiments) > 1 and cost > LAYER_BUDGET and bench.device == "cpu":
        methods.remove(Method.LAYER)
        why = "training it on so many photos takes long on a CPU; tracer mitigate does it"
        outcome.skipped.append({"what": f"mitigation of {what} by the layer ({encoder})", "why": why})
    return methods


def _mitigation_step(bench: Bench, encoder: str, attribute: str) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.mitigation import mitigate

        found, rows = bench.embeddings(encoder)
        plan, options = bench.plan, bench.options
        labels, clusters = plan.labels[attribute][rows], plan.clusters[rows]
        classes = plan.labels[SEMANTIC][rows] if SEMANTIC in plan.labels else None
        pairs = (plan.subject[rows], plan.model[rows]) if attribute == PHONE and plan.retrieval else (None, None)
        outcome = Outcome()
        methods = _methods(bench, len(rows), found.vectors.shape[1], attribute, encoder, outcome)
        k = options.k or plan.k
        facts: list[Any] = [
            attribute,
            methods,
            str(options.protocol),
            k,
            options.draws,
            digest(found.vectors),
            labels,
            clusters,
        ]
        facts += [part for part in (classes, *pairs) if part is not None]
        outcome.add(
            _kept(
                bench, "mitigation", encoder, facts,
                lambda: mitigate(
                    Source(bench.photos.name, encoder), found.vectors, labels, clusters, attribute, classes=classes,
                    subject=pairs[0], model=pairs[1], methods=methods, protocol=options.protocol, k=k, draws=options.draws,
                    seed=options.seed, device=bench.device,
                ),
            )
        )  # fmt: skip
        if options.save_maps:
            _save_maps(bench, encoder, attribute, methods, found, rows)
        return outcome

    return step


def _save_maps(
    bench: Bench, encoder: str, attribute: str, methods: Sequence[str], found: Embeddings, rows: NDArray[np.int64]
) -> None:
    """Fit each map once more for use elsewhere: on all photos with the label but those that the set's own split tests on."""
    from tracer.encoders.names import parse_name
    from tracer.experiments.erasure import fit_map, save_map

    labels = bench.plan.labels[attribute][rows]
    split = bench.photos.splits.get(attribute)
    held = np.isin(found.ids, split.ids["test"]) if split is not None else np.zeros(len(rows), dtype=bool)
    use = np.array([label is not None for label in labels], dtype=bool) & ~held
    names, y = np.unique(labels[use].astype(str), return_inverse=True)
    for method in methods:
        name = f"{parse_name(encoder).file_stem}_attribute={attribute}_method={method}.safetensors"
        path = bench.run / "maps" / bench.photos.name / name
        fitted = fit_map(found.vectors[use], y.astype(np.int64), method, bench.options.seed, bench.device)
        header = {
            "dataset": bench.photos.name, "encoder": encoder, "attribute": attribute, "classes": names.tolist(),
            "method": str(method), "photos": int(use.sum()), "held_out": int(held.sum()), "seed": bench.options.seed,
        }  # fmt: skip
        save_map(path, fitted, header)
        bench.maps.append(path)


def _processing_mitigation_step(bench: Bench, encoder: str, group: Sequence[str]) -> Callable[[], Outcome]:
    def step() -> Outcome:
        from tracer.experiments.fromfiles import group_name
        from tracer.experiments.mitigation import mitigate_processing

        vectors, rows = _common_views(bench, encoder, group)
        labels, clusters = bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows]
        options, outcome = bench.options, Outcome()
        k, protocol = options.k or bench.plan.k, options.protocol
        width = next(iter(vectors.values())).shape[1]
        methods = _methods(bench, len(rows) * len(group), width, " and ".join(group), encoder, outcome)
        source = Source(bench.photos.name, encoder, ",".join(group))
        hashes = [digest(matrix) for matrix in vectors.values()]
        facts = [list(group), methods, str(protocol), k, *hashes, labels, clusters]
        outcome.add(
            _kept(
                bench, "mitigation by processing", encoder, facts,
                lambda: mitigate_processing(
                    source, vectors, labels, clusters, group_name(group), methods=methods, protocol=protocol, k=k,
                    seed=options.seed, device=bench.device,
                ),
            )
        )  # fmt: skip
        return outcome

    return step


def _common_views(
    bench: Bench, encoder: str, group: Sequence[str]
) -> tuple[dict[str, NDArray[np.floating[Any]]], NDArray[np.int64]]:
    """The embeddings under each processing of the photos that have all of them and a class in two clusters; their rows."""
    views = {name: bench.embeddings(encoder, name) for name in group}
    # A photo too small for one processing has no embedding there: only those that have all of them take part.
    rows = functools.reduce(np.intersect1d, (rows for _, rows in views.values()))
    rows = rows[_in_two_clusters(bench.plan.labels[SEMANTIC][rows], bench.plan.clusters[rows])]
    # The rows of a set are in no order of ids, but those of its embeddings are, under each processing.
    vectors: dict[str, NDArray[np.floating[Any]]] = {
        name: found.vectors[np.isin(mine, rows)] for name, (found, mine) in views.items()
    }
    first = views[group[0]][1]
    return vectors, first[np.isin(first, rows)]


def _association(bench: Bench) -> Outcome:
    from tracer.experiments.association import associate

    plan = bench.plan
    labels = {name: plan.labels[name] for name in plan.associations}
    return associate(bench.photos.name, labels, plan.labels[SEMANTIC], plan.clusters, bench.options.seed)


def _in_two_clusters(labels: NDArray[Any], clusters: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Photos whose class stands in another cluster too; the others could never be named right."""
    use = np.zeros(len(labels), dtype=bool)
    for name in {label for label in labels if label is not None}:
        member = labels == name
        use |= member & (len(np.unique(clusters[member])) > 1)
    return use
