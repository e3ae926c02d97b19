"""What would halve the interval of each main answer, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tracer import stats
from tracer.base.text import counted
from tracer.report.answers import answers
from tracer.report.main_figures import MainFigure, main_figures
from tracer.report.opening import units_known
from tracer.results import words
from tracer.results.runs import Run
from tracer.results.verdicts import Verdict

_UNITS: Final = {"retrieval": ("pair", "pairs")}
_SCENES: Final = ("scene or owner", "scenes or owners")
_PHOTOS: Final = ("photo", "photos")
_MOST_TIMES: Final = 20
"""A set that is so many times as large is not what anybody can do about an interval."""


def sharper(run: Run) -> list[tuple[str, str]]:
    """Return a sentence for each main answer whose interval can be planned, as (question, sentence).

    More photos change nothing about a probe that gives one answer, nor where owners tell the label too.
    """
    units = _SCENES if units_known(run) else _PHOTOS
    by_owners = {answer.about for answer in answers(run.rows, run.details) if answer.verdict is Verdict.OWNERS}
    planned = [one for one in main_figures(run) if not one.one_answer and one.about not in by_owners]
    return [(one.about, said) for one in planned if (said := in_words(one, units))]


def in_words(found: MainFigure, units: tuple[str, str] = _SCENES) -> str:
    """Return what would halve the interval; empty where there is none.

    Args:
        found: the figure with its design.
        units: what photos were drawn in, one and several: scenes or owners, or photos where neither is known.
    """
    if isinstance(found.design, stats.CameraDesign):
        if found.design.flat:
            return ""
        return _of_cameras(found, found.design, units[1])
    return _of_scenes(found, found.design, units)


def _opening(found: MainFigure, half: float) -> str:
    which = f"the widest of these intervals ({found.row.encoder}, " if found.several else "this interval ("
    return f"To halve {which}± {words.number(half)} points): "


def _of_cameras(found: MainFigure, design: stats.CameraDesign, units: str) -> str:
    layout, half = design.layout, design.half_width()
    opening = _opening(found, half)

    def with_more(quantity: str) -> Callable[[int], bool]:
        return lambda many: replace(design, layout=layout.of(**{quantity: float(many)})).half_width() <= half / 2

    models = _times(with_more("models"), layout.models)
    scenes = _times(with_more("scenes"), layout.scenes)
    counts = [str(count) for count in found.models.values()]
    now = words.spelled(round(layout.models)) if len(set(counts)) < 2 else f"{', '.join(counts[:-1])} and {counts[-1]}"
    ways = []
    if models:
        ways.append(f"about {_rough(models)} camera models a class instead of {now}")
    if scenes:
        ways.append(f"about {_rough(scenes)} {units} a model instead of {round(layout.scenes)}")
    if not ways:
        return f"{opening}more of one thing alone does not do it; both more camera models and more {units} are needed."
    said = " or ".join(ways)
    if not models:
        return f"{opening}{said}; more camera models alone do not do it."
    if not scenes:
        most = replace(design, layout=layout.of(scenes=layout.scenes * _MOST_TIMES)).half_width()
        gain = "add little" if most > 0.85 * half else "alone do not do it"
        said += f"; more {units} {gain}"
    return f"{opening}{said}."


def _of_scenes(found: MainFigure, design: stats.SceneDesign, units: tuple[str, str]) -> str:
    half, units = design.half_width(), _UNITS.get(found.row.experiment, units)

    def enough(many: int) -> bool:
        return design.of(scenes=many).half_width() <= half / 2

    needed = _times(enough, design.scenes)
    if needed is None:
        return ""
    said = f"{_opening(found, half)}about {counted(_rough(needed), *units)} instead of {round(design.scenes)}"
    if found.single:
        return f"{said}."
    most = design.of(photos=design.photos * _MOST_TIMES).half_width()
    more = "add little" if most > 0.85 * half else "help too" if most <= half / 2 else "help, but alone do not do it"
    return f"{said}; more photos of each {more}."


def _times(enough: Callable[[int], bool], now: float) -> int | None:
    """The smallest number that is enough, None where `_MOST_TIMES` as many as now are not."""
    return stats.least(enough, max(round(now), 2), round(now * _MOST_TIMES) + 1)


def _rough(number: int) -> int:
    """A number with two digits that say something, rounded up."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return -(-number // step) * step
