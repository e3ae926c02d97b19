"""Answers on a label that the photos' owners tell too: what is read may be peculiar to an owner's photos, not to the camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tracer.base.text import counted
from tracer.experiments.label_facts import TOO, UNTOLD
from tracer.results import words
from tracer.results.tables import is_number
from tracer.results.verdicts import Answer, Verdict, confounded, parted
from tracer.stats import FEW_CLUSTERS, LEVEL

_SHOWN: Final = (Verdict.ABOVE, Verdict.MIXED, Verdict.CONFOUNDED)
_MOST_CLASSES: Final = 4
"""Classes whose owners are counted one by one."""


def untold_for_owners(answers: Sequence[Answer], details: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the answers; those that cannot be told beside the owners have that verdict, whatever their figures, and say why.

    The reason stands in the first answer on a label.
    """
    found, said = [], set()
    for answer in answers:
        facts = _facts(answer, details)
        if facts.get("tells") != UNTOLD:
            found.append(answer)
            continue
        why = "As said above, the owner tells it too." if facts["label"] in said else _why_untold(facts)
        said.add(facts["label"])
        comment = f"{why} {answer.comment}".strip() if answer.rows else why  # without a figure that is the only reason
        found.append(replace(answer, verdict=Verdict.OWNERS, comment=comment, if_shown=""))
    return found


def owned(answers: Sequence[Answer], details: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the answers; those that are shown say where owners are not kept apart, and have a verdict where owners tell too."""
    return [
        _owned(answer, facts) if (facts := _facts(answer, details)) and answer.verdict in _SHOWN else answer
        for answer in answers
    ]


def _facts(answer: Answer, details: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the details say of the owners of an answer's label; empty where they say nothing, and for controls."""
    if answer.control:
        return {}
    label = answer.rows[0].attribute if answer.rows else None
    for entry in details:
        name, facts = str(entry.get("attribute") or ""), entry.get("owners")
        same = name == label or (label is None and words.title(name) == answer.about)
        if same and isinstance(facts, Mapping) and is_number(facts.get("owners")):
            return {**facts, "label": name}
    return {}


def _why_untold(facts: Mapping[str, Any]) -> str:
    return (
        f"{_who(facts)}. The owner alone tells the classes in {words.percent(facts.get('alone'))} of cases, so the set cannot"
        f" tell whether the camera is read or what is peculiar to an owner's photos. {_takes(facts)}"
    )


def _owned(answer: Answer, facts: Mapping[str, Any]) -> Answer:
    if facts.get("kept_apart") is not False:
        return answer
    if facts.get("tells") != TOO:
        said = (
            f"The {counted(int(facts['owners']), 'owner')} are not kept apart: what is peculiar to an owner's photos can count as"
            " the camera's."
        )
        if further := _on_others(answer, facts):
            return confounded(answer, Verdict.OWNED, f"{said} {further}")
        return replace(answer, comment=f"{answer.comment} {said}".strip())
    said = (
        f"{_who(facts)}, and owners are not kept apart: the owner alone tells the classes in"
        f" {words.percent(facts.get('alone'))} of cases. {_takes(facts)}"
    )
    return confounded(answer, Verdict.OWNED, said)


def _on_others(answer: Answer, facts: Mapping[str, Any]) -> str:
    """Return that the owner alone tells the label of other photos.

    Empty where a test does not show that, and where the figure of a probe is shown to be above what the owner tells.
    """
    found, classes = facts.get("on_others"), facts.get("of_class")
    if not isinstance(found, Mapping) or not is_number(found.get("alone")) or not is_number(found.get("p_value")):
        return ""
    alone, p = float(found["alone"]), float(found["p_value"])
    if p >= LEVEL or not isinstance(classes, Mapping) or alone <= 1 / max(len(classes), 1):
        return ""
    probes = [row for row in parted(answer.rows)[0] if row.experiment == "probe"]
    if any(row.ci_low is not None and row.ci_low > alone for row in probes):
        return ""
    where = " on other camera models" if found.get("on_models") is True else " of other photos"
    above = ", and no figure is shown to be above that" if probes else ""
    return (
        f"Who knows the owner alone is right in {words.percent(alone)} of cases{where} (p = {words.p_value(p)}){above}."
    )


def _takes(facts: Mapping[str, Any]) -> str:
    """What would part the camera from the owner."""
    needed = facts.get("needed")
    least = f", {needed} or more of each class" if is_number(needed) else ""
    return f"It takes owners with photos of all classes, or {FEW_CLUSTERS} owners and more{least}, who can then be kept apart."


def _who(facts: Mapping[str, Any]) -> str:
    """Of how many owners the photos of each class are, as the beginning of a sentence."""
    label, held = str(facts["label"]), facts.get("of_class")
    counts = {str(k): int(n) for k, n in held.items() if is_number(n)} if isinstance(held, Mapping) else {}
    single = [words.class_name(label, name) for name, count in counts.items() if count == 1]
    if len(counts) > _MOST_CLASSES:
        people = counted(int(facts["owners"]), "owner")
        return f"The photos are of {people}; {len(single)} of {len(counts)} classes are of one owner each"
    named = ", ".join(f"{words.class_name(label, name)}: {count}" for name, count in counts.items())
    if len(single) == 1:
        return f"All photos of the class “{single[0]}” are of one owner (owners: {named})"
    return f"The photos of each class are of few owners ({named})"
