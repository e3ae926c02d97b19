"""Confusion matrices: which classes were taken for which, ready to show."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.base.text import counted
from tracer.results import words
from tracer.results.runs import Confusion, Run

MAX_MATRIX = 16
"""Classes up to which a confusion matrix is drawn whole; larger ones are given as recalls and commonest confusions."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of a confusion matrix.

    Attributes:
        text: the count.
        shade: from 0 to 10, the share of the row's photos.
        right: whether the cell holds right answers.
    """

    text: str
    shade: int
    right: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix ready to show.

    Attributes:
        lines: (class, cells, recall) for each class; cells are empty where there are too many classes to draw.
        confused: the commonest confusions as sentences, only where the matrix is not drawn.
    """

    title: str
    encoder: str
    classes: tuple[str, ...]
    lines: tuple[tuple[str, tuple[MatrixCell, ...], str, float], ...]
    confused: tuple[str, ...]
    n: int


def matrix(confusion: Confusion) -> Matrix:
    """Return a confusion matrix with shares of each row as shades, and recalls; a large one shortened."""
    small = len(confusion.classes) <= MAX_MATRIX
    names = tuple(words.class_name(confusion.attribute, name) for name in confusion.classes)
    lines = []
    for i, (name, counts) in enumerate(zip(names, confusion.counts, strict=True)):
        total = sum(counts)
        cells = tuple(
            MatrixCell(str(c) if c else "·", round(10 * c / total) if total else 0, i == j)
            for j, c in enumerate(counts)
        )
        recall = counts[i] / total if total else None  # of the photos as they are drawn: whole ones
        lines.append((name, cells if small else (), words.number(recall, 0), -1.0 if recall is None else recall))
    return Matrix(
        title=words.title(confusion.attribute) + _circumstances(confusion),
        encoder=confusion.encoder,
        classes=names if small else (),
        lines=tuple(lines),
        confused=() if small else tuple(_commonest(confusion)),
        n=sum(map(sum, confusion.counts)),
    )


def matrices(run: Run) -> list[tuple[str, list[Matrix]]]:
    """Return the confusion matrices of a run, those of one label and mask together under their title."""
    groups: dict[str, list[Matrix]] = {}
    for confusion in run.confusions:
        made = matrix(confusion)
        groups.setdefault(made.title, []).append(made)
    return list(groups.items())


def _circumstances(confusion: Confusion) -> str:
    parts = [f"{words.percent(confusion.mask_ratio)} hidden" if confusion.mask_ratio else "nothing hidden"]
    if confusion.processing != "IDENTITY":
        parts.append(confusion.processing)
    return ", " + ", ".join(parts)


def _commonest(confusion: Confusion, most: int = 10) -> list[str]:
    found = [
        (count, i, j)
        for i, counts in enumerate(confusion.counts)
        for j, count in enumerate(counts)
        if i != j and count > 0
    ]
    found.sort(key=lambda f: (-f[0], f[1], f[2]))
    names = confusion.classes
    return [f"{names[i]} taken for {names[j]}: {counted(c, 'time')}" for c, i, j in found[:most]]
