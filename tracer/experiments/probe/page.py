"""How the report words and draws linear probes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracer.experiments.probe.beside_page import content_read, kind_alone, labels_asked, one_answer
from tracer.experiments.probe.content_page import of_content
from tracer.experiments.probe.files_page import Files, of_files
from tracer.experiments.probe.unseen_page import by_label, hidden_share, unseen_tables
from tracer.experiments.shared.cameras import UNSEEN
from tracer.results import words
from tracer.results.figures import STYLES, DotPlot, Figure, Kind, LegendEntry, Styles
from tracer.results.lattice import lattice
from tracer.results.pages import (
    Details,
    Page,
    Paragraph,
    Prose,
    Rows,
    entry_of,
    near_copies_in_words,
    units_known,
)
from tracer.results.placing import Steps, curve_panel, line, rates, shared_note
from tracer.results.rows import Row
from tracer.results.tables import (
    Cell,
    PlainTable,
    Table,
    is_number,
    number_cell,
    processing_text,
    results_table,
    tables_by_rank,
    text_cell,
)
from tracer.results.verdicts import Answer, Verdict, beside, guessing, joint_verdict, judged, parted, span, standing

_OF_CAMERAS = (*words.PHONE, "Make", "make_normalized", "camera_type")
"""Labels of whole camera models, of which another model could be told."""
_MOST_BARS = 12
"""Panels of bars."""
_MOST_COLUMNS = 6
"""Labels beside each other where there are many encoders; the tables have all."""


def _intro(details: Details) -> Prose:
    schemes = " ".join(dict.fromkeys(scheme for detail in details if (scheme := _scheme(detail))))
    return (
        Paragraph(
            "A linear probe is the simplest reader there is: one layer, trained on part of the photos to predict a"
            " label from the"
            " encoder's numbers, then tested on the others. The encoder itself is not changed. " + schemes
        ),
    )


def _scheme(detail: Mapping[str, Any]) -> str:
    """How one probe was tested, from its entry in the details."""
    if detail.get("setting") == UNSEEN:
        with_them = ", and the scenes or owners of the tested photos with them" if units_known([detail]) else ""
        return (
            "Where a label goes with the camera, a second probe is tested on camera models that it never saw (“unseen cameras”):"
            f" models are left out of the training{with_them}. “Known cameras” are"
            " those of which the probe was trained on other photos."
        )
    if not detail.get("scheme"):
        return ""
    if detail["scheme"] == "cross-validated" and detail.get("folds"):
        repeats = detail.get("repeats")
        again = f", drawn {words.spelled(repeats)} times" if isinstance(repeats, int) and repeats > 1 else ""
        whole = "; photos of one scene or owner stay in one part" if "clusters" in detail else ""
        return f"Tested in turn on each of {words.spelled(detail['folds'])} parts of the photos{again}{whole}."
    return f"Scheme: {detail['scheme']}."


# --- answers


def _plain(rows: Rows) -> list[Row]:
    """What probes of photos that were not processed are judged by; the photos may be masked."""
    return [r for r in judged(rows) if r.processing == "IDENTITY" and r.setting != UNSEEN and not of_files(r)]


def _answers(rows: Rows, details: Details) -> list[Answer]:
    """One answer for each label of the camera, one for the content, one for each group of processings."""
    unseen = by_label(rows, details)
    probes = _plain(rows)
    deepest = max((r.mask_ratio for r in probes), default=0.0)
    labels = labels_asked({r.attribute: None for r in probes} | dict.fromkeys(unseen))
    made = [
        unseen[label].answer()
        if label in unseen
        else _camera(
            [r for r in probes if r.attribute == label], Files.of(label, "acquisition", rows, details), details
        )
        for label in labels
    ]
    made.append(of_content(probes, deepest, details, of_camera=bool(labels)))
    made.extend(_processing(rows))
    return [answer for answer in made if answer is not None]


def _headline(rows: Rows, details: Details, verdicts: Mapping[str, Verdict]) -> str:
    """Whether the camera shows through the deepest mask; on unseen cameras where the label goes with the camera."""
    probes, _ = parted(_plain(rows))
    unseen = by_label(rows, details)
    camera = words.camera_labels({r.attribute for r in probes} | unseen.keys())
    if not camera:
        return ""
    found, content = verdicts.get(words.title(camera[0]), Verdict.UNKNOWN), content_read(probes)
    if camera[0] in unseen:
        return unseen[camera[0]].headline(found, content)
    deepest = max(r.mask_ratio for r in probes if r.attribute == camera[0])
    one = len({r.encoder for r in probes}) == 1
    who, beats = ("the encoder", "beats") if one else ("the encoders", "beat")
    if joint_verdict(r for r in probes if r.attribute == camera[0] and r.mask_ratio == deepest) is Verdict.MIXED:
        who = "some encoders"
    said = {
        Verdict.ABOVE: f"{who}{' still' if deepest else ''} {beats} guessing",
        Verdict.MIXED: "some encoders beat guessing",
        Verdict.OPEN: f"{'the' if one else 'no'} encoder is {'not ' if one else ''}shown to beat guessing",
        Verdict.BELOW: f"{who} {'does' if one else 'do'} not beat guessing",
        Verdict.CONFOUNDED: f"{who} {beats} guessing, as file properties alone do",
        Verdict.OWNED: f"{who} {beats} guessing, and so would the owner alone",
        Verdict.SUBJECTS: f"{who} {beats} guessing, as what the pictures show does alone",
        Verdict.OWNERS: "this set cannot tell, because its owners tell it too",
    }.get(found, "no interval says whether it is known")
    if deepest and found is not Verdict.OWNERS:
        return f"{words.title(camera[0])}? {hidden_share(deepest, content)}, {said}"
    return f"{words.title(camera[0])}? {said[:1].upper()}{said[1:]}"


def _camera(rows: Rows, files: Files, details: Details) -> Answer | None:
    """The answer for one label of the camera, from the most strongly masked photos."""
    deepest = max((r.mask_ratio for r in rows), default=0.0)
    masked, baselines = parted(r for r in rows if r.mask_ratio == deepest)
    whole, _ = parted(r for r in rows if r.mask_ratio == 0.0)
    if not masked:
        return None
    opening = f"From masked photos ({words.percent(deepest)} of the picture hidden), " if deepest else ""
    sentence, comment = _rates(opening, masked, rows[0].attribute)
    entries, label = [entry_of(row, details) for row in masked], rows[0].attribute
    more = (one_answer(label, entries), kind_alone(entries), near_copies_in_words(entries), files.sentence())
    comment = " ".join(filter(None, (comment, *more)))
    if deepest and whole:
        comment += f" With nothing hidden: {span(whole)}."
    if label in _OF_CAMERAS:
        comment += " The cameras may have been trained on: recognising these is enough for such a figure."
    about, found, shown = words.title(rows[0].attribute), joint_verdict(masked), (*masked, *baselines)
    explained = files.explain(found)
    return Answer(about, sentence, comment, found, shown, explained=explained, compared=beside(baselines))


def _processing(rows: Rows) -> list[Answer]:
    made = []
    probes = [r for r in rows if r.metric == "accuracy" and r.setting == "processing"]
    for attribute in dict.fromkeys(r.attribute for r in probes):
        chosen, baselines = parted(r for r in probes if r.attribute == attribute and r.mask_ratio == 0.0)
        if chosen:
            sentence, comment = _rates("", chosen, attribute)
            shown = (*chosen, *baselines)
            title, found = words.title(attribute), joint_verdict(chosen)
            made.append(Answer(title, sentence, comment, found, shown, compared=beside(baselines)))
    return made


def _rates(opening: str, rows: Rows, attribute: str) -> tuple[str, str]:
    """A sentence on one rate an encoder, and the comment on where the intervals lie."""
    chance = guessing(rows)
    guess = f", where guessing gives {chance}" if chance else ""
    each = " on average over the classes" if rows[0].metric == "balanced_accuracy" else ""
    rate, _, bounds = span(rows).partition(" [")
    bounds = f" [{bounds}" if bounds else ""
    if len(rows) == 1:
        sentence = f"{opening}{rows[0].encoder} {words.reads(attribute)} in {rate} of cases{each}{bounds}{guess}."
    else:
        who = f"{'the' if opening else 'The'} {words.spelled(len(rows))} encoders"
        sentence = f"{opening}{who} {words.reads(attribute, plural=True)} in {rate} of cases{each}{guess}."
    return sentence, standing(rows)


# --- figures


def _figures(rows: Rows, styles: Styles, _: Details) -> list[Figure]:
    """Dots of each label, curves over the hidden share, and the paper's bars; the page shows the curves alone."""
    probes = [r for r in rows if r.metric == "accuracy" and not r.setting.startswith("processing,") and not of_files(r)]
    figures = [
        _dots([r for r in probes if r.attribute == attribute], styles)
        for attribute in dict.fromkeys(r.attribute for r in probes)
    ]
    unprocessed = [r for r in probes if r.processing == "IDENTITY" and r.setting != "processing"]
    figures += _curves(unprocessed, styles)
    wide = [r for r in probes if r.processing == "IDENTITY" or r.setting == "processing"]
    figures += _bars(wide, styles) if len(styles) <= STYLES else _by_encoder(wide)
    return figures


def _dots(rows: Rows, styles: Styles) -> Figure:
    """Each rate of one label in a line of its own."""

    def label(r: Row) -> str:
        hidden = [f"{words.hidden(r.mask_ratio)} hidden"] if any(other.mask_ratio for other in rows) else []
        return ", ".join([r.encoder, *hidden, *([r.processing] if r.processing != "IDENTITY" else [])])

    ordered = sorted(rows, key=lambda r: (r.mask_ratio, r.processing))
    lines = tuple(line(r, rates(), styles.get(r.encoder, -1), label(r)) for r in ordered)
    title, file = words.title(rows[0].attribute), f"probe-{words.slug(rows[0].attribute)}"
    panel = DotPlot(title, shared_note(rows), rates(), lines)
    return Figure(Kind.DOTS, (panel,), file=file, on_page=False, title=title, axis="Probe accuracy")


def _in_order(rows: Rows) -> list[str]:
    """The labels of some rows, what the picture shows last."""
    return list(dict.fromkeys(sorted((r.attribute for r in rows), key=lambda a: a in words.SEMANTIC)))


def _hidden_share(masks: Iterable[float], text: Callable[[float], str]) -> Steps:
    """Evenly spaced masks: on a true scale 0.90 and 0.95, which matter most, would fall together."""
    return Steps(
        lambda r: r.mask_ratio, lambda r: f"{words.hidden(r.mask_ratio)} hidden", {m: text(m) for m in sorted(masks)}
    )


def _curves(rows: Rows, styles: Styles) -> list[Figure]:
    """One panel a label, of those that were measured under at least two masks."""
    steps = _hidden_share({r.mask_ratio for r in rows}, lambda m: words.hidden(m) if m else "0")
    by_label = [[r for r in rows if r.attribute == attribute] for attribute in _in_order(rows)]
    panels = tuple(
        curve_panel(chosen[0].attribute, chosen, steps, styles)
        for chosen in by_label
        if len({r.mask_ratio for r in chosen}) > 1
    )
    if all(panel.control for panel in panels):  # there is nothing beside it that it could be a control of
        panels = tuple(replace(panel, control=False) for panel in panels)
    labels = {r.attribute in words.SEMANTIC for r in rows}
    known = " on cameras that were trained on" if False in labels else ""
    note = f"Accuracy{known}, against the share of the picture that is hidden (not to scale)."
    if labels == {False, True}:
        note += (
            " The control shows whether content is left: where its interval lies above guessing, what is read of the"
            " camera may partly rest on content; where it does not, that is not shown to be so."
        )
    figure = Figure(
        Kind.CURVES, panels, file="masking", axis="Share of the picture hidden (not to scale)",
        heading="With more and more of the photo hidden", note=note, legend=styles,
    )  # fmt: skip
    return [figure] if panels else []


def _bars(rows: Rows, styles: Styles) -> list[Figure]:
    panels = []
    for attribute in _in_order(rows)[:_MOST_BARS]:
        chosen = [r for r in rows if r.attribute == attribute]
        panels.append(
            curve_panel(attribute, chosen, _hidden_share({r.mask_ratio for r in chosen}, words.hidden), styles)
        )
    figure = Figure(
        Kind.BARS,
        tuple(panels),
        file="bars",
        on_page=False,
        axis="Probe accuracy by the share hidden",
        legend=styles,
    )
    return [figure] if panels else []


def _by_encoder(rows: Rows) -> list[Figure]:
    """More encoders than have a look of their own: each by its name, from the most strongly masked photos and the whole ones."""
    if not rows:
        return []
    deepest, whole = {}, {}
    for attribute in _in_order(rows)[:_MOST_COLUMNS]:
        chosen = [r for r in rows if r.attribute == attribute]
        most = max(r.mask_ratio for r in chosen)
        deepest[words.title(attribute)] = [r for r in chosen if r.mask_ratio == most]
        whole[words.title(attribute)] = [r for r in chosen if most and not r.mask_ratio]
    panel = lattice(deepest, whole)
    masks = sorted({r.mask_ratio for listed in deepest.values() for r in listed} - {0.0})
    if masks:
        hidden = " or ".join(f"{words.hidden(mask)} hidden" for mask in masks)
        panel = replace(panel, legend=(LegendEntry("nothing hidden", -1, hollow=True), LegendEntry(hidden, -1)))
    return [
        Figure(
            Kind.LATTICE, (panel,), file="encoders", title="Probe accuracy by encoder", axis="Probe accuracy",
            heading="Encoder by encoder", note="Accuracy of the probes; lines are 95 % intervals, dashed: guessing.",
        )
    ]  # fmt: skip


# --- tables


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table | PlainTable]:
    rows = [
        r for r in rows if not r.setting.startswith("processing,")
    ]  # single draws and their deviation: the mean is there
    if all(r.attribute in words.SEMANTIC for r in rows):  # no camera is known or unseen here
        rows = [replace(r, setting="") if r.setting == "acquisition" else r for r in rows]
    labels, encoders = _in_order(rows), list(dict.fromkeys([*styles, *(r.encoder for r in rows)]))
    ordered = sorted(rows, key=lambda r: (labels.index(r.attribute), encoders.index(r.encoder), r.mask_ratio))
    files = [r for r in ordered if of_files(r)]
    ordered = [r for r in ordered if not of_files(r)]
    unseen = [r for r in ordered if r.setting == UNSEEN]
    tests = [line for detail in details if (line := _chance_line(detail)) is not None]
    return [
        *([results_table("Probe on unseen cameras", unseen, styles)] if unseen else []),
        *tables_by_rank("Probe accuracy", [r for r in ordered if r.setting != UNSEEN], styles),
        *tables_by_rank("File properties alone, and photos matched in them", files, styles),
        *unseen_tables(details),
        *([_chance_table(tests)] if tests else []),
    ]


def _chance_table(lines: Sequence[tuple[Cell, ...]]) -> PlainTable:
    heads = (
        ("Label", False), ("Encoder", False), ("Hidden", True), ("Processing", False), ("p", True), ("Shuffled", False),
        ("Times", True),
    )  # fmt: skip
    note = (
        "Were the labels dealt out at random, how often would a classifier do as well? One-sided. Cross-validated probes: a"
        " ridge classifier in the probe's place, fitted again each time; unseen cameras: discriminant analysis, with whole"
        " camera models relabelled; split files and processings: the probe's own answers. The labels of a scene that holds"
        " several are shuffled inside it, so that what the scene gives away stays."
    )
    return PlainTable("Probes against chance: permutation tests", heads, tuple(lines), note, further=True)


def _chance_line(detail: Mapping[str, Any]) -> tuple[Cell, ...] | None:
    """The permutation test of one probe; None where its entry holds none."""
    test = detail.get("chance_test")
    if not isinstance(test, Mapping) or not is_number(test.get("p_value")):
        return None
    p, times, ratio = float(test["p_value"]), test.get("permutations"), detail.get("mask_ratio")
    hidden = float(ratio) if isinstance(ratio, int | float) else 0.0
    of = words.title(str(detail.get("attribute") or ""))
    setting = words.setting(str(detail.get("setting") or "").replace("acquisition", ""))
    return (
        text_cell(f"{of}, {setting}" if setting else of),
        text_cell(str(detail.get("encoder") or "")),
        Cell(words.hidden(hidden), hidden, True),
        text_cell(processing_text(str(detail.get("processing") or "IDENTITY"))),
        Cell(words.p_value(p), p, True),
        text_cell(str(test.get("shuffled") or "–")),
        number_cell(times if is_number(times) else None),
    )


PAGE = Page(
    anchor="probes",
    contents="Probes",
    title="Can the label be read from the encoder?",
    order=10,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    answers=_answers,
    answers_order=10,
    headline=_headline,
)
