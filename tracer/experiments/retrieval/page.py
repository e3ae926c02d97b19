"""How the report words and draws pair retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tracer.experiments.shared.camera_page import (
    few_models,
    model_tables,
    of_these_alone,
    p_in_words,
    p_values,
    told,
    unseen_entries,
    why_untold,
)
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.figures import DotPlot, Figure, Kind, LegendEntry, Line, Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows
from tracer.results.placing import level, mark, rates, shared_note
from tracer.results.rows import Row, setting_parts
from tracer.results.tables import PlainTable, Signed, Table, signed_rows, tables_by_rank
from tracer.results.verdicts import Answer, Verdict, effect, joint_verdict, parted, span

_LEGEND = (
    LegendEntry("among photos of its own kind", -1),
    LegendEntry("among photos of the other kind", -1, hollow=True),
)


def _intro(_: Details) -> Prose:
    return (
        Paragraph(
            "Each scene was photographed by a phone and by another camera. One of the two searches for the other among"
            " unrelated photos, which come either from the query's own kind of camera (“negatives = same”) or from the"
            " partner's kind (“negatives = different”). An encoder that ignores the camera finds the partner equally"
            " often. If the camera counts, unrelated photos of the query's own kind get in the way. SPDₐ is the"
            " distance between the two. It is measured once more without photos of the query's own camera model among the"
            " unrelated ones: they have that model's trace, too."
        ),
    )


def _answers(rows: Rows, details: Details) -> list[Answer]:
    """The answer; it rests on unseen cameras where the camera models are known."""
    encoders, _ = parted(rows)
    found = [r for r in encoders if r.processing == "IDENTITY" and not r.mask_ratio]
    entries = [entry for r in found[:1] for entry in unseen_entries(details, r.attribute)]
    seen, unseen = ([r for r in found if (UNSEEN in r.setting) is kind] for kind in (False, True))
    if not entries or not unseen:
        answer = _answer(seen)
        return [] if answer is None else [of_these_alone(answer, details)]
    answer = _answer(unseen, " of another camera model")
    if answer is None:
        return []
    recalls = _recalls(
        [r for r in seen if r.metric == "recall@1"], "", "With its own camera model among the others, from"
    )
    known, attribute = " ".join(recalls.sentences), unseen[0].attribute
    if not told(entries):
        said = " ".join(filter(None, (why_untold(attribute, entries), known)))
        return [replace(answer, comment=said, verdict=Verdict.UNTOLD, if_shown="")]
    said = " ".join(filter(None, (answer.comment, p_in_words(p_values(entries)), few_models(entries), known)))
    return [replace(answer, comment=said)]


def _answer(rows: Rows, others: str = "") -> Answer | None:
    """The answer from some rows; `others` says which photos the partner is looked for among."""
    found = _recalls(
        [r for r in rows if r.metric == "recall@1"], others, "Looking for the other shot of the same scene, from"
    )
    if not found.sentences:
        return None
    differences = tuple(r for r in rows if r.metric == "spd_a")
    comment, direction = effect(
        differences,
        found.toward,
        "Photos of the same kind of camera get in each other's way: the camera draws them together.",
        "Photos of the same kind of camera are told apart more easily, not less.",
    )
    verdict = joint_verdict(differences, 0.0)
    return Answer(
        _about(""), " ".join(found.sentences), comment, verdict, differences, difference=True, if_shown=direction
    )


@dataclass(frozen=True, slots=True)
class _Recalls:
    """Sentences, one a kind of query, and whether the partner was found more rarely among photos of the query's own kind."""

    sentences: list[str]
    toward: set[bool]


def _recalls(recall: Rows, others: str, opening: str) -> _Recalls:
    found = _Recalls([], set())
    for query in _queries(recall):
        same, other = (
            [r for r in recall if setting_parts(r.setting) == {"query": query, "negatives": pool}]
            for pool in ("same", "different")
        )
        if same and other:
            start = "From" if found.sentences else opening
            found.sentences.append(
                f"{start} a {query} photo the right one comes first in {span(same)} of searches among photos of its"
                f" own kind{others} and in {span(other)} among photos of the other kind."
            )
            by_encoder = {r.encoder: r.value for r in other}
            found.toward.update(r.value < by_encoder[r.encoder] for r in same if r.encoder in by_encoder)
    return found


def _queries(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(q for r in rows if (q := setting_parts(r.setting).get("query"))))


def _figures(rows: Rows, styles: Styles, _: Details) -> list[Figure]:
    """One panel a query class: how often the partner comes first, among either kind of other photos."""
    recall = [r for r in rows if r.metric == "recall@1" and UNSEEN not in r.setting]
    panels = [_panel(query, [r for r in recall if setting_parts(r.setting).get("query") == query], styles)
              for query in _queries(recall)]  # fmt: skip
    panels = [panel for panel in panels if panel.lines]
    figure = Figure(
        Kind.DOTS,
        tuple(panels),
        file="retrieval",
        title="Pair retrieval",
        axis="Searches in which the partner comes first",
    )
    return [figure] if panels else []


def _panel(query: str, rows: Rows, styles: Styles) -> DotPlot:
    scale, lines, used = rates(), [], []
    for encoder in dict.fromkeys(r.encoder for r in rows):
        pools = {setting_parts(r.setting).get("negatives"): r for r in rows if r.encoder == encoder}
        pair = [(pools[p], p == "different") for p in ("same", "different") if p in pools]
        if not pair:
            continue
        used += [row for row, _ in pair]
        marks = tuple(
            mark(row, scale, styles.get(encoder, -1), hollow, "other kind" if hollow else "own kind")
            for row, hollow in pair
        )
        value = " · ".join(f"{words.number(r.value)} {words.interval(r.ci_low, r.ci_high, 0)}" for r, _ in pair)
        lines.append(Line(encoder, marks, level(pair[0][0], scale), value))
    return DotPlot(f"Searching with: {query}", shared_note(used) if used else "", scale, tuple(lines), _LEGEND)


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table | PlainTable]:
    note = (
        "Searches without negatives of the query's own camera model: the share in which the partner comes first among photos of"
        " the query's own kind, minus the share among photos of the other kind, in points, for the searches with photos of each"
        " model."
    )
    return [
        *tables_by_rank("Pair retrieval", rows, styles, signed=signed_rows(rows, details, _signed)),
        *model_tables(
            "Pairs: each camera model", details, note, partial(words.number, signed=True), ("Points", "Searches")
        ),
    ]


def _signed(detail: Mapping[str, Any]) -> list[Signed]:
    """Recall among the query's own kind minus recall among the other kind, with the test of the difference."""
    if "same_minus_different" not in detail:
        return []
    p = detail.get("mcnemar_p")
    test = f",McNemar’s p = {p:.2g}" if isinstance(p, int | float) else ""
    setting = str(detail.get("setting") or "") + test
    return [(detail["same_minus_different"], detail.get("same_minus_different_ci"), setting)]


def _about(_: str) -> str:
    return "Pairs"


PAGE = Page(
    anchor="retrieval",
    contents="Pairs",
    title="Does the same scene find its partner?",
    order=30,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    answers=_answers,
    answers_order=20,
    about=_about,
)
