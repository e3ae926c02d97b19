"""How the report words and draws semantic nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer.results import words
from tracer.results.figures import STYLES, DotPlot, Figure, Kind, Line, Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows, Terms
from tracer.results.placing import Steps, curve_panel, level, mark, rates, shared_note
from tracer.results.rows import Row
from tracer.results.tables import Signed, Table, Wording, further_settings, signed_rows, tables_by_rank
from tracer.results.verdicts import Answer, effect, joint_verdict, parted, span

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
            " trace does not matter (SPDₚ for processings, SPDₐ for what the camera did)."
        ),
    )


def _answers(rows: Rows, _details: Details) -> list[Answer]:
    """One answer for the main label and for each group of processings by which the neighbours were chosen."""
    made = []
    encoders, _ = parted(rows)
    found = [r for r in encoders if not r.mask_ratio]
    camera = words.camera_labels({r.attribute for r in found})
    processed = [r.attribute for r in found if r.metric == "spd_p"]
    for attribute in dict.fromkeys([*camera[:1], *processed, *([] if camera else [r.attribute for r in found])]):
        of_attribute = [r for r in found if r.attribute == attribute]
        pos, neg = (
            [r for r in of_attribute if r.metric in ("sp", "accuracy") and r.setting == setting]
            for setting in ("pos-same", "neg-same")
        )
        if not (pos and neg):
            continue
        sentence = (
            f"Neighbours that vote on what a photo shows are right in {span(pos)} of cases when those of the right"
            f" class share {words.share(attribute)}, and in {span(neg)} when those of the wrong classes do."
        )
        differences = tuple(r for r in of_attribute if r.metric in ("spd_p", "spd_a"))
        by_encoder = {r.encoder: r.value for r in neg}
        comment, direction = effect(
            differences,
            {r.value > by_encoder[r.encoder] for r in pos if r.encoder in by_encoder},
            "The shared trace draws the vote to its side.",
            "The shared trace drives the vote away from its side.",
        )
        found_verdict = joint_verdict(differences, 0.0)
        made.append(
            Answer(
                _about(attribute), sentence, comment, found_verdict, differences, difference=True, if_shown=direction
            )
        )
    return made


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


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table]:
    signed = signed_rows(rows, details, _signed)
    return tables_by_rank("Semantic nearest neighbours", rows, styles, Wording(setting=_setting), signed)


def _setting(row: Row) -> str:
    return PLAIN if row.metric == "sp" and not row.setting else further_settings(row)


def _signed(detail: Mapping[str, Any]) -> list[Signed]:
    """Accuracy in pos-same minus accuracy in neg-same, in all and for each ordered pair of processings."""
    made: list[Signed] = []
    if "pos_same_minus_neg_same" in detail:
        made.append((detail["pos_same_minus_neg_same"], detail.get("pos_same_minus_neg_same_ci"), "all"))
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
