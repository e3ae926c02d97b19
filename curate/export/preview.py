"""What a set would hold, found without opening a photo or writing a byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from curate.audit.properties import CLASS_COLUMN, CLASSES
from curate.catalog.store import Catalog
from curate.export import licenses
from curate.export.findings import findings
from curate.export.options import ExportChoice
from curate.export.run import LeftOutCount, export_rows, options_of
from curate.export.select import Choice, Tally, pair_count, select
from curate.export.write import balanced, check_options, fitting
from curate.operation import Outcome
from curate.sources.made import Layout
from curate.splits.make import Split, joint_split
from tracer.base.progress import Progress, Work
from tracer.base.text import counted


@dataclass(frozen=True, slots=True)
class PlannedSplit:
    """A split that the set would have."""

    attribute: str
    classes: int
    photos: dict[str, int]
    """Side -> photos of each class in it; empty where no split can be made."""
    left_out: tuple[LeftOutCount, ...]


@dataclass(frozen=True, slots=True)
class PlannedSet(Outcome):
    """What a set would hold."""

    layout: Layout
    photos: int
    pairs: int
    phones: int
    """Photos of smartphones."""
    others: int
    """Photos of the cameras that phones are paired with."""
    left_out: tuple[LeftOutCount, ...]
    """The photos that are not in it, by reason, the most first."""
    licenses: dict[str, int]
    splits: tuple[PlannedSplit, ...]
    leaks: int | None = None
    """Leaks between the sides of its splits; None while it is not known."""
    confounds: tuple[str, ...] = ()
    """What else tells phones from other cameras, as sentences."""

    def in_words(self) -> list[str]:
        """Return it in words, as lines."""
        neither = self.photos - self.phones - self.others
        sides = f"{self.phones:,} by phones, {self.others:,} by other cameras" + f", {neither:,} by neither" * bool(
            neither
        )
        lines = [f"photos    {self.photos:,}: {sides}; {counted(self.pairs, 'pair')}", f"layout    {self.layout}"]
        lines += [f"licence   {name}: {counted(number, 'photo')}" for name, number in self.licenses.items()]
        lines += [f"left out  {entry.photos:,}: {entry.reason}" for entry in self.left_out]
        for split in self.splits:
            sides = ", ".join(f"{number:,} {side}" for side, number in split.photos.items())
            lines.append(
                f"split     {split.attribute}: {f'{split.classes:,} classes of {sides}' if sides else 'none can be made'}"
            )
            lines += [f"          {entry.photos:,} left out: {entry.reason}" for entry in split.left_out]
        return [*lines, f"leaks     {self.leaks or 'none'}", *self.confounds]


def planned_set(
    catalog: Catalog, choice: ExportChoice, early: Callable[[PlannedSet], object] = lambda _: None
) -> Work[PlannedSet]:
    """Find what an export would write, but for photos whose files are gone or cannot be cleaned, which only the export finds.

    Args:
        catalog: the catalogue; it is only read.
        choice: the options of the export.
        early: is given the result before leaks and confounds are known, which takes the most time.

    Raises:
        UsageError: an option is unknown.
        WorkspaceError: the settings name an attribute that is not a label column.
    """
    options = options_of(catalog, choice)
    check_options(options)
    yield Progress("reading the labels", 0)
    rows = export_rows(catalog)
    layout = Layout(options.layout) if options.layout else fitting(rows)
    options = replace(options, layout=layout)
    tally = Tally()
    yield Progress("choosing the photos", 0)
    chosen = select(rows, Choice(options.pairs, options.licenses, with_files=layout is not Layout.URLS), tally)
    photos = balanced(chosen, options, tally.add)
    yield Progress("drawing the splits", 0)
    joint = joint_split(photos, options.attributes, options.group_by, options.seed)
    left_out = [LeftOutCount(reason=entry.reason, photos=len(entry.photos)) for entry in tally.result()]
    planned = PlannedSet(
        layout=layout,
        photos=len(photos),
        pairs=pair_count(photos),
        phones=len(photos.where(CLASS_COLUMN, CLASSES[0])),
        others=len(photos.where(CLASS_COLUMN, CLASSES[1])),
        left_out=tuple(sorted(left_out, key=lambda entry: -entry.photos)),
        licenses=licenses.counts(photos),
        splits=tuple(map(_planned, joint.splits.values())),
    )
    early(planned)
    yield Progress("looking for leaks and confounds", 0)
    found = findings(photos, joint)
    return replace(planned, leaks=len(found["leaks"]), confounds=tuple(found["confounds_in_words"]))


def _planned(split: Split) -> PlannedSplit:
    classes = 0 if split.content is None else len(split.content["label_encoder_classes"])
    left_out = tuple(LeftOutCount(reason=out.reason, photos=len(out.photos)) for out in split.left_out)
    return PlannedSplit(attribute=split.attribute, classes=classes, photos=split.per_class, left_out=left_out)
