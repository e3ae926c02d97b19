"""The set screen without the screen: the choice that keys change, and what the set would hold, in words. It knows no Textual."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curate.catalog.assigning import refuse_label
from curate.catalog.store import Catalog
from curate.export.current import SET_CHANGED, sets_of
from curate.export.options import ExportChoice
from curate.operation import comma_list
from curate.operations.sets import sets_here
from curate.sources.made import Layout
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, quoted_path

if TYPE_CHECKING:
    from curate.export.preview import PlannedSet, PlannedSplit

Line = tuple[str, str, str]
"""A line of the screen: the key that changes it or nothing, its name, its text."""

_GROUPS = ("owner", "scene", "duplicate")
_SETS = 3
"""Sets that are listed."""


def other_photos(choice: ExportChoice) -> ExportChoice:
    """Return the choice with all photos instead of pairs, or the other way round."""
    return choice.model_copy(update={"pairs": not choice.pairs})


def next_layout(choice: ExportChoice) -> ExportChoice:
    """Return the choice with the next layout; the first one is the one that fits."""
    layouts = [None, *Layout]
    return choice.model_copy(update={"layout": layouts[(layouts.index(choice.layout) + 1) % len(layouts)]})


def other_places(choice: ExportChoice) -> ExportChoice:
    """Return the choice with GPS positions kept, or left out again."""
    return choice.model_copy(update={"keep_gps": not choice.keep_gps})


def only_licenses(choice: ExportChoice, text: str) -> ExportChoice:
    """Return the choice with the licences that were typed; all where nothing was.

    Raises:
        UsageError: one is not a licence.
    """
    licenses = comma_list(text, "all")
    for name in licenses:
        refuse_label("license", name)
    return choice.model_copy(update={"licenses": licenses})


def alike_in(choice: ExportChoice, text: str) -> ExportChoice:
    """Return the choice with the properties that were typed to make phones and cameras alike in.

    Raises:
        UsageError: a property is unknown.
    """
    from curate.audit.matching import check_properties

    properties = comma_list(text, "nothing", "none")
    check_properties(properties)
    return choice.model_copy(update={"match": properties})


def match_of(catalog: Catalog, choice: ExportChoice) -> tuple[str, ...]:
    """Return the properties that phones and cameras are made alike in: those chosen, else those of the settings."""
    return catalog.workspace.settings.export.match if choice.match is None else choice.match


def planning(
    catalog: Catalog, choice: ExportChoice, early: Callable[[PlannedSet], object] = lambda _: None
) -> Work[PlannedSet]:
    """Find what the set would hold; `early` as in `planned_set`."""
    yield Progress("reading the labels", 0)
    from curate.export.preview import planned_set  # it loads tables and statistics, which takes a second

    return (yield from planned_set(catalog, choice, early))


# --- in words


def chosen_lines(catalog: Catalog, choice: ExportChoice) -> list[Line]:
    """Return the choice in words."""
    from curate.splits.choice import chosen

    settings, splits = catalog.workspace.settings, chosen(catalog)
    source = "drawn" if splits.drawn else "from the settings"
    return [
        ("", "recipe", settings.recipe or "none"),
        ("p", "photos", "of accepted pairs" if choice.pairs else "all"),
        ("l", "layout", choice.layout or "the one that fits"),
        ("c", "licences", ", ".join(choice.licenses) or "all, also where none is stated"),
        ("g", "GPS", "kept; it can reveal where people live" if choice.keep_gps else "left out"),
        ("m", "made alike in", ", ".join(match_of(catalog, choice)) or "nothing"),
        ("s", "splits", f"{', '.join(splits.attributes) or 'none'}; seed {splits.seed}, {source}"),
        ("", "kept together", ", ".join(splits.group_by) or "nothing"),
    ]


def planned_lines(planned: PlannedSet) -> list[Line]:
    """Return what the set would hold, in words."""
    neither = planned.photos - planned.phones - planned.others
    sides = f"{planned.phones:,} by phones, {planned.others:,} by cameras" + (
        f", {neither:,} by neither" if neither else ""
    )
    lines = [("", "photos", f"{planned.photos:,}: {sides}"), ("", "pairs", f"{planned.pairs:,}")]
    lines += [("", "layout", str(planned.layout))]
    licenses = sorted(planned.licenses.items(), key=lambda item: -item[1])
    lines += [("", "licences" if not at else "", f"{number:,} {name}") for at, (name, number) in enumerate(licenses)]
    left = planned.left_out or ()
    lines += [("", "" if at else "left out", f"{entry.photos:,}: {entry.reason}") for at, entry in enumerate(left)]
    return lines if left else [*lines, ("", "left out", "nothing")]


def finding_lines(planned: PlannedSet) -> list[Line]:
    """Return its splits, leaks and confounds, in words."""
    lines = [line for split in planned.splits for line in _split_lines(split)]
    if planned.leaks is None:
        return [*lines, ("", "leaks", "looking for leaks and confounds …")]
    leaks = "none between the sides" if not planned.leaks else f"✗ {counted(planned.leaks, 'leak')} between the sides"
    said = planned.confounds or ("there are too few photos of phones and cameras to tell",)
    confounds = [("", "confounds" if not at else "", sentence) for at, sentence in enumerate(said)]
    return [*lines, ("", "leaks", leaks if lines else "no split, so none"), *confounds]


def _split_lines(split: PlannedSplit) -> Iterator[Line]:
    sides = ", ".join(f"{number:,} {side}" for side, number in split.photos.items())
    yield "", split.attribute, f"{split.classes:,} classes of {sides}" if sides else "no split can be made"
    for entry in split.left_out:
        yield "", "", f"{entry.photos:,} left out: {entry.reason}"


def set_lines(catalog: Catalog) -> list[Line]:
    """Return the newest sets that were written, in words."""
    found = sets_of(catalog)[::-1]
    lines: list[Line] = []
    for one in found[:_SETS]:
        said = f"{counted(one.photos, 'photo')}, {counted(one.pairs, 'pair')}" + f"; {SET_CHANGED}" * one.stale
        lines.append(("", "" if lines else "sets here", f"{_name(one.path, catalog)}: {said}"))
    more = len(found) - len(lines)
    return [*lines, ("", "", f"and {more:,} more")] if more > 0 else lines


def _name(place: Path, catalog: Catalog) -> str:
    root = catalog.workspace.root
    return quoted_path(place.relative_to(root) if place.is_relative_to(root) else place)


def newest_set(catalog: Catalog) -> Path | None:
    """Return the set that was written last."""
    return next(iter(sets_here(catalog)), None)
