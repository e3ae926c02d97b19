"""Labels that part the photos alike are one label under several names: the page shows it once, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tracer.results import words
from tracer.results.runs import Run, dataset_meta
from tracer.results.verdicts import Answer


def shown_once(run: Run) -> Run:
    """Return the run without figures of labels that another label of the page stands for; the results keep them."""
    same = _same(run)
    kept = tuple(row for row in run.rows if same.get(row.attribute) is None)
    details = [entry for entry in run.details if same.get(str(entry.get("attribute"))) is None]
    confusions = tuple(one for one in run.confusions if same.get(one.attribute) is None)
    return replace(run, rows=kept, meta={**run.meta, "details": details}, confusions=confusions)


def told_once(answers: Sequence[Answer], run: Run) -> list[Answer]:
    """Return the answers with a sentence on the labels that each stands for."""
    others: dict[str, list[str]] = {}
    for name, stands_for in _same(run).items():
        others.setdefault(words.title(stands_for), []).append(words.title(name))
    return [
        replace(one, comment=f"{_sentence(one.about, others[one.about])} {one.comment}".strip())
        if one.about in others and not one.difference
        else one
        for one in answers
    ]


def _sentence(about: str, names: Sequence[str]) -> str:
    every = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return (
        f"In this set {about} is the same label as {every}: whoever reads one reads the other{'s' if len(names) > 1 else ''}, and"
        " nothing here can part them."
    )


def _same(run: Run) -> Mapping[str, str]:
    """Label → the one that stands for it, of those that the results have figures of."""
    found = dataset_meta(run.meta).get("same_labels")
    there = {row.attribute for row in run.rows}
    named = found.items() if isinstance(found, Mapping) else ()
    return {str(name): str(other) for name, other in named if name in there and other in there}
