"""What an answer on probes says beside its figure: content that is read too, what a coarser label tells alone, a probe that gives
one answer to all photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from tracer.experiments.labels import FURTHER_LABELS
from tracer.results import words
from tracer.results.pages import Details, Rows
from tracer.results.tables import is_number
from tracer.results.verdicts import Verdict, guessing, joint_verdict, parted

MOSTLY: Final = 0.95
"""The share of answers from which on a probe is said to give one answer."""
RARELY: Final = 0.25
"""Such a probe names other classes in at most this part of the cases in which they are there."""


def labels_asked(attributes: Iterable[str]) -> list[str]:
    """The labels with an answer of their own: phone or camera, the maker or model, those that are only probed when asked for."""
    names = list(attributes)
    return list(dict.fromkeys([*words.camera_labels(names), *(name for name in FURTHER_LABELS if name in names)]))


def content_read(probes: Rows) -> str:
    """How often what the picture shows is read under the deepest mask, and by guessing; empty unless every encoder beats that."""
    deepest = max((r.mask_ratio for r in probes), default=0.0)
    found = [r for r in probes if deepest and r.attribute in words.SEMANTIC and r.mask_ratio == deepest]
    encoders, _ = parted(found)
    if joint_verdict(encoders) is not Verdict.ABOVE:
        return ""
    low, high = (words.percent(pick(r.value for r in encoders)) for pick in (min, max))
    chance = guessing(encoders)
    return f"{low if low == high else f'{low} to {high}'} of cases{f', {chance} by guessing' if chance else ''}"


def kind_alone(entries: Details) -> str:
    """Return how often the label is right for whoever knows phone or camera alone; empty where that is the same as guessing.

    A class that shares its kind with others is guessed among these: on average over the classes that is kinds / classes.
    """
    for entry in entries:
        kinds, classes = entry.get("kinds"), entry.get("models") or entry.get("classes")
        if not isinstance(kinds, Mapping) or not isinstance(classes, Mapping | list):
            continue
        held = {kinds.get(str(name)) for name in classes}
        if None in held or len(held) < 2 or len(classes) <= len(held):
            continue
        return f"Knowing phone or camera alone gives {words.percent(len(held) / len(classes))}."
    return ""


def one_answer(label: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """Return that the probes give (almost) every photo the same answer, whatever their figure; empty where one does not."""
    found = [answer_to_all(entry) for entry in entries]
    if not found or not all(found):
        return ""
    names = " or ".join(dict.fromkeys(words.class_name(label, str(name)) for name in found))
    who, knows = (
        ("The probe answers", "the encoder knows") if len(found) == 1 else ("The probes answer", "the encoders know")
    )
    return f"{who} “{names}” to almost every photo, so the figure tells nothing of what {knows}."


def answer_to_all(entry: Mapping[str, Any]) -> str | None:
    """Return the class that a probe gives to (almost) all photos, from the details of its figure; None where there is none."""
    return _by_confusion(entry) or _by_models(entry)


def _by_confusion(entry: Mapping[str, Any]) -> str | None:
    classes, counts = entry.get("classes"), entry.get("confusion")
    if not isinstance(classes, list) or not isinstance(counts, list) or len(counts) != len(classes):
        return None
    if not all(isinstance(line, list) and len(line) == len(classes) and all(map(is_number, line)) for line in counts):
        return None
    total = sum(map(sum, counts))
    for at, name in enumerate(classes):
        given = sum(line[at] for line in counts)
        others = total - sum(counts[at])
        if others > 0 and given >= MOSTLY * total and total - given <= RARELY * others:
            return str(name)
    return None


def _by_models(entry: Mapping[str, Any]) -> str | None:
    """Of unseen cameras: one class is named right of nearly all its camera models, the other one of hardly any."""
    figures = entry.get("model_figures")
    if not isinstance(figures, list):
        return None
    by_class: dict[str, list[float]] = {}
    for one in figures:
        if isinstance(one, Mapping) and is_number(one.get("value")):
            by_class.setdefault(str(one.get("class")), []).append(float(one["value"]))
    means = {name: sum(values) / len(values) for name, values in by_class.items()}
    high = [name for name, mean in means.items() if mean >= MOSTLY]
    low = [name for name, mean in means.items() if mean <= 1 - MOSTLY]
    return high[0] if len(means) > 1 and len(high) == 1 and len(low) == len(means) - 1 else None
