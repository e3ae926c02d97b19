"""How the report words and draws semantic nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from tracer.results.figures import STYLES, DotPlot, Figure, Kind, Line, Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows, Terms, entry_of, near_copies
from tracer.results.placing import Steps, curve_panel, level, mark, rates, shared_note
from tracer.results.rows import Row
from tracer.results.tables import (
    PlainTable,
    Signed,
    Table,
    Wording,
    further_settings,
    signed_rows,
    tables_by_rank,
)
from tracer.results.verdicts import Answer, Verdict, effect, joint_verdict, parted, span, verdict

SETTINGS = ("baseline", "all-diff", "pos-same", "neg-same", "uniform")
"""In the order in which they are drawn; the plain vote, whose setting is empty, stands below them."""
PLAIN = "plain vote (SP)"
_MOST_PANELS = 12


def _intro(_: Details) -> Prose:
    return (
        Paragraph(
            "Each test photo takes the class of its nearest neighbours. If the encoder held content alone, it would"
            " not matter which neighbours share the test photo's trace. So the neighbours are chosen in five ways:"
        ),
        Terms(
            (
                ("baseline", "all of them share the test photo's trace"),
                ("all-diff", "none does"),
                ("pos-same", "those of the right class share it, the others do not: the trace helps"),
                ("neg-same", "those of the wrong classes share it, the right ones do not: the trace misleads"),
                ("uniform", "each has a random one, as in a mixed collection"),
            )
        ),
        Paragraph(
            "SP is the accuracy of the plain vote. SPD is the distance between pos-same and neg-same: zero where the"
            " trace does not matter (SPDₚ for processings, SPDₐ for what the camera did). For a label that goes with the camera"
            " it is measured once more among neighbours from other camera models: photos of one model share its trace."
            " Where a label has few owners or models, shuffled labels give a difference by themselves (`mean_of_shuffles` in"
            " results.json). Here SPDₐ is what lies beyond it; results.parquet has the plain difference, as the paper defines it."
            " By a label, a vote has as many photos of each class with the label as with another: where phones are used for other"
            " subjects than cameras, it would otherwise matter which wrong classes it meets."
        ),
    )


def _answers(rows: Rows, details: Details) -> list[Answer]:
    """One answer for the main label and for each group of processings by which the neighbours were chosen."""
    encoders, _ = parted(beyond_chance(rows, details))
    found = [r for r in encoders if not r.mask_ratio]
    camera = words.camera_labels({r.attribute for r in found})
    processed = [r.attribute for r in found if r.metric == "spd_p"]
    made = []
    for attribute in dict.fromkeys([*camera[:1], *processed, *([] if camera else [r.attribute for r in found])]):
        of_attribute = [r for r in found if r.attribute == attribute]
        unseen = unseen_entries(details, attribute)
        answer = _of_unseen(of_attribute, attribute, unseen) if unseen else _answer(of_attribute, attribute)
        if answer is not None:
            made.append(_beside_copies(answer if unseen else of_these_alone(answer, details), details))
    return made


def _beside_copies(answer: Answer, details: Details) -> Answer:
    """Return the answer; it cannot be told where near-copies alone can make every difference that is shown.

    A near-copy is the nearest neighbour, and which label it has is chance or the set's design: in a burst it is the own one, of
    two shots of a scene by a phone and another camera the other one. Only votes of photos that have a near-copy can change by it.
    """
    shown = [row for row in answer.rows if row.metric == "spd_a" and verdict(row, 0.0) is Verdict.ABOVE]
    kind = "near_copies_of_other_models" if any(UNSEEN in row.setting for row in shown) else "near_copies"
    found, of = near_copies([entry_of(row, details) for row in shown], kind)
    if not found or any((row.ci_low or 0.0) > found / of for row in shown):
        return answer
    whose = " by another camera model" if UNSEEN in shown[0].setting else ""
    said = (
        f"{found:,} of {of:,} photos have a near-copy{whose} among the others, and no scenes are known by which they could be"
        " kept out of each other’s neighbours: these alone can make such a difference."
    )
    return replace(answer, comment=f"{said} {answer.comment}", verdict=Verdict.UNTOLD, if_shown="")


def beyond_chance(rows: Rows, details: Details) -> Rows:
    """Return the rows with each SPDₐ less what shuffled labels give by themselves, which is what its interval holds."""
    return [_beyond(row, entry_of(row, details)) if row.metric == "spd_a" else row for row in rows]


def _beyond(row: Row, entry: Mapping[str, Any]) -> Row:
    signed = _signed_beyond(entry)
    if signed is None or row.ci_low is None or row.ci_high is None:
        return row
    return replace(row, value=min(max(abs(signed), row.ci_low), row.ci_high))


def _signed_beyond(entry: Mapping[str, Any]) -> float | None:
    """The difference less that of shuffled labels; None where the run did not keep both."""
    signed, mean = entry.get("pos_same_minus_neg_same"), entry.get("mean_of_shuffles")
    if not isinstance(signed, int | float) or not isinstance(mean, int | float):
        return None
    return float(signed) - float(mean)


def _answer(rows: Rows, attribute: str, kind: str = "") -> Answer | None:
    """The answer on neighbours that were chosen by one label; `kind` is the end of the rows' settings."""
    pos, neg = ([r for r in rows if r.metric == "accuracy" and r.setting == name + kind] for name in SETTINGS[2:4])
    if not (pos and neg):
        return None
    differences = tuple(r for r in rows if r.metric in ("spd_p", "spd_a") and r.setting == kind.removeprefix(","))
    by_encoder = {r.encoder: r.value for r in neg}
    comment, direction = effect(
        differences,
        {r.value > by_encoder[r.encoder] for r in pos if r.encoder in by_encoder},
        "The shared trace draws the vote to its side.",
        "The shared trace drives the vote away from its side.",
    )
    opening = "Neighbours from other camera models" if kind else "Neighbours"
    sentence = f"{opening} that vote on what a photo shows are right {_votes(pos, neg, attribute)}."
    found = joint_verdict(differences, 0.0)
    return Answer(_about(attribute), sentence, comment, found, differences, difference=True, if_shown=direction)


def _votes(pos: Rows, neg: Rows, attribute: str) -> str:
    return (
        f"in {span(pos)} of cases when those of the right class share {words.share(attribute)}, and in {span(neg)} when those of"
        " the wrong classes do"
    )


def _of_unseen(rows: Rows, attribute: str, entries: Details) -> Answer | None:
    """The answer where the label goes with the camera: it rests on neighbours from other camera models."""
    made = _answer(rows, attribute, f",{UNSEEN}")
    if made is None:
        return None
    pos, neg = ([r for r in rows if r.metric == "accuracy" and r.setting == name] for name in SETTINGS[2:4])
    known = f"Where its own camera model may be among them: {_votes(pos, neg, attribute)}." if pos and neg else ""
    if not told(entries):
        said = " ".join(filter(None, (why_untold(attribute, entries), known)))
        return replace(made, comment=said, verdict=Verdict.UNTOLD, if_shown="")
    said = " ".join(filter(None, (made.comment, p_in_words(p_values(entries)), few_models(entries), known)))
    return replace(made, comment=said)


def _figures(rows: Rows, styles: Styles, _: Details) -> list[Figure]:
    """The votes' accuracy by setting: dots for each label or group of processings, and the paper's lines over the settings."""
    votes = [r for r in rows if r.metric in ("sp", "accuracy") and r.setting in (*SETTINGS, "")]
    few = len(styles) <= STYLES
    figures = []
    for attribute, processing in dict.fromkeys((r.attribute, r.processing) for r in votes):
        chosen = [r for r in votes if (r.attribute, r.processing) == (attribute, processing)]
        names = "" if processing == "IDENTITY" else processing.replace(",", ", ") + "; "
        lines = _lines(chosen, styles, by_encoder=not few)
        panel = DotPlot(words.title(attribute), names + shared_note(chosen), rates(), tuple(lines))
        figures.append(
            Figure(
                Kind.DOTS, (panel,), file=f"knn-{words.slug(attribute)}", on_page=few, title=_about(attribute),
                axis="Accuracy of the vote", legend=styles if few else {},
            )
        )  # fmt: skip
    if settings := [r for r in votes if r.setting and r.metric == "accuracy"]:
        figures.append(_over_settings(settings, styles))
    return figures


def _lines(rows: Rows, styles: Styles, by_encoder: bool) -> list[Line]:
    """A line for each setting with a mark for each encoder; a line for each setting and encoder where they are too many."""
    lines = []
    for setting in (*SETTINGS, ""):
        chosen = [r for r in rows if r.setting == setting]
        for group in [[r] for r in chosen] if by_encoder else [chosen] if chosen else []:
            label = (setting or PLAIN) + (f", {group[0].encoder}" if by_encoder else "")
            marks = tuple(mark(r, rates(), styles.get(r.encoder, -1), who=r.encoder) for r in group)
            lines.append(Line(label, marks, level(group[0], rates()), ""))
    return lines


def _over_settings(rows: Rows, styles: Styles) -> Figure:
    steps = Steps(lambda r: r.setting, lambda r: r.setting, {name: name for name in SETTINGS})
    attributes = list(dict.fromkeys(r.attribute for r in sorted(rows, key=lambda r: r.attribute in words.SEMANTIC)))
    panels = [curve_panel(a, [r for r in rows if r.attribute == a], steps, styles) for a in attributes[:_MOST_PANELS]]
    return Figure(
        Kind.CURVES, tuple(panels), file="knn-lines", on_page=False, axis="Which neighbours share the photo's trace",
        legend=styles,
    )  # fmt: skip


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table | PlainTable]:
    signed, rows = signed_rows(rows, details, _signed), beyond_chance(rows, details)
    note = (
        "Votes of neighbours from other camera models: the share that is right when those of the right class share the label,"
        " minus the share when those of the wrong classes do, in points, for the photos of each model that asked."
    )
    return [
        *tables_by_rank("Semantic nearest neighbours", rows, styles, Wording(setting=_setting), signed),
        *model_tables(
            "Neighbours: each camera model", details, note, partial(words.number, signed=True), ("Points", "Photos")
        ),
    ]


def _setting(row: Row) -> str:
    return PLAIN if row.metric == "sp" and not row.setting else further_settings(row)


def _signed(detail: Mapping[str, Any]) -> list[Signed]:
    """Accuracy in pos-same minus accuracy in neg-same, in all and for each ordered pair of processings.

    That of labels is less what shuffled labels give by themselves.
    """
    made: list[Signed] = []
    if "pos_same_minus_neg_same" in detail:
        named = UNSEEN if detail.get("setting") == UNSEEN else "all"
        beyond = _signed_beyond(detail)
        made.append(
            (
                detail["pos_same_minus_neg_same"] if beyond is None else beyond,
                detail.get("pos_same_minus_neg_same_ci"),
                named,
            )
        )
    pairs = detail.get("pairs")
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, Mapping):
            names = f"{pair.get('test_processing')} against {pair.get('other_processing')}"
            made.append((pair.get("pos_same_minus_neg_same"), pair.get("ci"), names))
    return made


def _about(attribute: str) -> str:
    return f"Neighbours, by {words.title(attribute)}" if attribute else "Neighbours"


PAGE = Page(
    anchor="knn",
    contents="Neighbours",
    title="Does the trace bend what the photo is taken for?",
    order=20,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    answers=_answers,
    answers_order=30,
    about=_about,
)
