"""How the report words and draws zero-shot classification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tracer.experiments.shared.camera_page import (
    few_models,
    models_in_words,
    of_these_alone,
    p_in_words,
    p_values,
    told,
    unseen_entries,
    why_untold,
)
from tracer.experiments.shared.cameras import UNSEEN
from tracer.experiments.zeroshot.page_tables import plain_tables
from tracer.results import words
from tracer.results.figures import STYLES, DotPlot, Figure, Kind, Styles
from tracer.results.pages import Details, Page, Paragraph, Prose, Rows, entry_of, p_of
from tracer.results.placing import line, n_note, rates, scale_for, shared_note
from tracer.results.rows import Row
from tracer.results.tables import (
    PlainTable,
    Signed,
    Table,
    Wording,
    is_number,
    results_table,
    signed_rows,
    tables_by_rank,
)
from tracer.results.verdicts import Answer, Verdict, guessing, joint_verdict, parted, span, standing, together, verdict
from tracer.stats import LEVEL

_SETTINGS: Final = {"": "these cameras", UNSEEN: "cameras like these"}


def _intro(_: Details) -> Prose:
    return (
        Paragraph(
            "An encoder with a text side can name what a picture shows without any training: each class is put into words (“a"
            " photo of …”), and a picture gets the class whose prompts are most similar to it. SP is the share of right names."
        ),
        Paragraph(
            "SPDₐ is how far that share differs between photos of different cameras, among photos of the same class: zero where"
            " the camera does not matter. With two values of a label it is the difference of their rates. With more it is the"
            " root of the mean squared difference between photos of different values, less what shuffled labels give. “These"
            " cameras” speaks of the cameras in the set; “cameras like these” of the kinds of camera, with whole models as the"
            " unit."
        ),
    )


@dataclass(frozen=True, slots=True)
class _Label:
    """What was found for one label.

    Attributes:
        rows: its differences, of encoders that are no baselines. entries: its details.
    """

    name: str
    rows: Sequence[Row]
    entries: Details

    @property
    def unseen(self) -> Details:
        """Its details on unseen cameras; none where the label does not go with the camera."""
        return unseen_entries(self.entries, self.name)

    @property
    def deciding(self) -> list[Row]:
        """The rows that the verdict rests on."""
        return [row for row in self.rows if row.setting == (UNSEEN if self.unseen else "")]

    def verdict(self) -> Verdict:
        """Shown where the test rejects; it cannot be told where no relabelling of the models could."""
        rows = self.deciding
        if not self.unseen:
            return joint_verdict(rows, 0.0)
        if not rows or not told(self.unseen):
            return Verdict.UNTOLD
        return together(self._of(row) for row in rows)

    def _of(self, row: Row) -> Verdict:
        p = p_of(entry_of(row, self.entries))
        return Verdict.UNKNOWN if p is None else Verdict.ABOVE if p < LEVEL else Verdict.OPEN

    def at_equal_content(self) -> str:
        """The rate of each value, where there are two; else how far two photos differ."""
        rows = self.deciding or [row for row in self.rows if not row.setting]
        by_value: dict[str, list[float]] = {}
        for row in rows:
            for value, rate in _rates(entry_of(row, self.entries)):
                by_value.setdefault(value, []).append(rate)
        if len(by_value) != 2:
            points = _points([row.value for row in rows])
            return (
                f"At equal content it differs by {points} points between photos of different values"
                f" ({words.title(self.name)})."
            )
        parts = [f"{_percents(found)} for {words.class_name(self.name, value)} photos" if self.name in words.PHONE
                 else f"{_percents(found)} for {value}" for value, found in by_value.items()]  # fmt: skip
        return f"At equal content the share is {' and '.join(parts)}."

    def comment(self) -> str:
        """What the verdict rests on, and how far it goes."""
        found = self.verdict()
        if not self.unseen:
            return standing(self.deciding, 0.0, "no difference")
        if found is Verdict.UNTOLD:
            said = ["Whether that goes beyond these cameras cannot be told.", why_untold(self.name, self.unseen)]
            return " ".join(filter(None, (*said, self._known())))
        said = [p_in_words(p_values(self.unseen), models_in_words(self.name, self.unseen))]
        if found is Verdict.OPEN:
            said.append("No effect is shown, which does not show that there is none.")
        if any(self._of(row) is Verdict.ABOVE and verdict(row, 0.0) is not Verdict.ABOVE for row in self.deciding):
            said.append("How large the effect is, is not known: the interval reaches down to none.")
        return " ".join(filter(None, (*said, few_models(self.unseen, "of a value"), self._known())))

    def direction(self) -> str:
        """Which value is named right more often, where the verdict is the same for all encoders, and they agree."""
        if self.verdict() is not Verdict.ABOVE:
            return ""
        found = [entry_of(row, self.entries).get("difference") for row in self.deciding]
        signs = {float(one) > 0 for one in found if isinstance(one, int | float)}
        values = [value for value, _ in _rates(entry_of(self.deciding[0], self.entries))] if self.deciding else []
        if len(signs) != 1 or len(values) != 2:
            return ""
        less, more = values if signs == {True} else reversed(values)
        of = "{} photos" if self.name in words.PHONE else "photos of {}"
        less, more = (of.format(words.class_name(self.name, value)) for value in (less, more))
        return f"{more[:1].upper()}{more[1:]} are named right more often than {less} of the same class."

    def _known(self) -> str:
        """What is found of the cameras of the set alone."""
        rows = [row for row in self.rows if not row.setting]
        return f"Of these cameras alone: {_points([row.value for row in rows])} points{_bounds(rows)}." if rows else ""


def _answers(rows: Rows, details: Details) -> list[Answer]:
    """One answer for the main camera label, or else for the first label."""
    encoders, _ = parted(rows)
    right = [r for r in encoders if r.metric == "sp"]
    found = [r for r in encoders if r.metric == "spd_a"]
    labels = {r.attribute for r in found}
    main = words.camera_labels(labels)[:1] or sorted(labels)[:1]
    if not (right and main):
        return []
    entries = [entry for entry in details if entry.get("attribute") == main[0]]
    label = _Label(main[0], [r for r in found if r.attribute == main[0]], entries)
    chance = guessing(right)
    sentence = (
        f"With the classes as prompts, {span(right)} of the photos get the right name"
        f"{f' (always the commonest: {chance})' if chance else ''}. {label.at_equal_content()}"
    )
    answer = Answer(
        _about(main[0]), sentence, label.comment(), label.verdict(), tuple(label.deciding), difference=True,
        if_shown=label.direction(),
    )  # fmt: skip
    return [answer if label.unseen else of_these_alone(answer, details)]


def _rates(entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    found = entry.get("rates")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and is_number(one.get("rate")):
            yield str(one.get("value")), float(one["rate"])


def _percents(values: Sequence[float]) -> str:
    """The span of rates; those of a fit can be a little beyond 0 and 1."""
    texts = words.percent(min(max(min(values), 0.0), 1.0)), words.percent(min(max(max(values), 0.0), 1.0))
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _points(values: Sequence[float]) -> str:
    texts = words.number(min(values, default=None)), words.number(max(values, default=None))
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _bounds(rows: Sequence[Row]) -> str:
    return f" {words.interval(rows[0].ci_low, rows[0].ci_high)}" if len(rows) == 1 else ""


def _figures(rows: Rows, styles: Styles, _: Details) -> list[Figure]:
    """The share of right names, and the differences by label."""
    few = len(styles) <= STYLES
    figures = []
    if right := [r for r in rows if r.metric == "sp"]:
        lines = tuple(line(r, rates(), styles.get(r.encoder, -1), r.encoder) for r in right)
        panel = DotPlot("Right names", shared_note(right), rates(), lines)
        figures.append(Figure(Kind.DOTS, (panel,), file="zeroshot", on_page=few, axis="Share of right names"))
    differences = [r for r in rows if r.metric == "spd_a"]
    scale, panels = scale_for(differences), []
    for attribute in dict.fromkeys(r.attribute for r in differences):
        chosen = [r for r in differences if r.attribute == attribute]
        lines = tuple(
            line(r, scale, styles.get(r.encoder, -1), f"{r.encoder}, {_SETTINGS.get(r.setting, r.setting)}")
            for r in chosen
        )
        panels.append(DotPlot(words.title(attribute), n_note(chosen), scale, lines))
    if panels:
        figures.append(
            Figure(
                Kind.DOTS, tuple(panels), file="zeroshot-differences", on_page=few, axis="SPDₐ in points",
                heading="Differences between cameras",
            )
        )  # fmt: skip
    return figures


def _tables(rows: Rows, styles: Styles, details: Details) -> list[Table | PlainTable]:
    name, differences = "Zero-shot names", [r for r in rows if r.metric == "spd_a"]
    made: list[Table | PlainTable] = [*tables_by_rank(name, [r for r in rows if r.metric != "spd_a"], styles)]
    if differences:
        wording = Wording(setting=lambda row: _SETTINGS.get(row.setting, row.setting))
        made.append(results_table(f"{name}: differences", differences, styles, wording))
    if signed := signed_rows(differences, details, _signed):
        made.append(replace(results_table(f"{name}: differences with their sign", signed, styles), further=True))
    return [*made, *plain_tables(details)]


def _signed(detail: Mapping[str, Any]) -> list[Signed]:
    """The rate of the second value minus that of the first."""
    if "difference" not in detail:
        return []
    values = [words.class_name(str(detail.get("attribute")), value) for value, _ in _rates(detail)]
    setting = _SETTINGS.get(str(detail.get("setting")), "")
    of = f"{values[1]} − {values[0]}" if len(values) == 2 else ""
    return [(detail["difference"], detail.get("difference_ci"), ": ".join(filter(None, (setting, of))))]


def _about(attribute: str) -> str:
    return f"Names by prompts, by {words.title(attribute)}" if attribute else "Names by prompts"


PAGE = Page(
    anchor="zeroshot",
    contents="Names by prompts",
    title="Does the camera change what the picture is called?",
    order=25,
    intro=_intro,
    tables=_tables,
    figures=_figures,
    answers=_answers,
    answers_order=35,
    about=_about,
)
