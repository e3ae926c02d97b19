"""The form that exports a set, and its work: the set is written and then checked. It knows no Textual.

What writes sets is imported where it is used, so that the app starts at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from curate.catalog.decisions import tally
from curate.catalog.originals import refuse_original
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.sources.made import MANIFEST, Layout, why_no_place
from curate.tui.forms import Field, Form, listed, one_of, path_in, paths, words, yes
from tracer.base.progress import Progress, Work
from tracer.base.text import counted, quoted_path

if TYPE_CHECKING:
    from curate.export.run import ExportChoice, WorkspaceExport
    from curate.export.verify import Problem

_PHOTOS = ("pairs", "all")
_YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True)
class SetChoice:
    """Which set is wanted.

    Attributes:
        pairs: whether it holds the photos of accepted pairs alone.
        layout: the layout of its folder; empty for the one that fits the photos.
        licenses: the licences that its photos may have; empty for all.
        match: the properties that phones and other cameras are made alike in; None for the workspace's setting.
        keep_gps: whether GPS positions are kept.
    """

    pairs: bool = False
    layout: str = ""
    licenses: tuple[str, ...] = ()
    match: tuple[str, ...] | None = None
    keep_gps: bool = False


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The set to write.

    Attributes:
        out: its folder.
        choice: what it holds.
        replace: whether an older set there is replaced.
    """

    out: Path
    choice: SetChoice
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """The set that was written.

    Attributes:
        written: what was written.
        problems: what is wrong with it; none in a valid set.
    """

    written: WorkspaceExport
    problems: tuple[Problem, ...]


def options_of(choice: SetChoice) -> ExportChoice:
    """Return a choice as the export takes it."""
    from curate.export.run import ExportChoice

    return ExportChoice(choice.layout, choice.pairs, choice.keep_gps, choice.licenses, choice.match)


def usual_choice(catalog: Catalog) -> SetChoice:
    """Return what most people want: the accepted pairs where there are any, else all photos."""
    return SetChoice(pairs=tally(catalog).accepted > 0)


def usual_place(catalog: Catalog) -> Path:
    """Return the workspace's own set."""
    return catalog.workspace.exports / catalog.workspace.name


def free_place(catalog: Catalog) -> Path:
    """Return the workspace's own set, or where that is written already, the first of its numbered neighbours that is not."""
    usual = usual_place(catalog)
    places = chain([usual], (usual.with_name(f"{usual.name}-{number}") for number in count(2)))
    return next(place for place in places if not (place / MANIFEST).exists())


def export_form(catalog: Catalog, choice: SetChoice) -> Form:
    """Return the form, filled in with a choice. It writes over no set unless a person names it and types yes."""
    root, place, usual = catalog.workspace.root, free_place(catalog), usual_place(catalog)
    older = f"{quoted_path(usual.relative_to(root))} holds a set: name it, and yes behind replace writes over it. "
    match = catalog.workspace.settings.export.match if choice.match is None else choice.match
    return Form(
        "Export which set?",
        (
            Field("out", "into", os.fspath(place.relative_to(root)), complete=paths(root)),
            Field("photos", "photos", _PHOTOS[0] if choice.pairs else _PHOTOS[1], "pairs or all", words(_PHOTOS)),
            Field("layout", "layout", choice.layout, "the one that fits the photos", words([*Layout])),
            Field("licenses", "licences", ",".join(choice.licenses), "all; or SPDX ids: CC0-1.0,CC-BY-4.0"),
            Field("match", "made alike in", ",".join(match), "nothing; or format,resolution,time_of_day,…"),
            Field("keep_gps", "keep GPS", _YES_NO[not choice.keep_gps], "yes or no", words(_YES_NO)),
            Field("replace", "replace", "no", "yes or no", words(_YES_NO)),
        ),
        f"{older * (place != usual)}The folder may be relative to the workspace. Private metadata is removed. Enter starts, Tab "
        "completes.",
    )


def export_request(catalog: Catalog, answers: Mapping[str, str]) -> ExportRequest:
    """Read the answers.

    Raises:
        UsageError: a line cannot be read, or the folder must not hold a set.
    """
    out = path_in(answers["out"], catalog.workspace.root, "the folder")
    choice = SetChoice(
        pairs=one_of(answers["photos"], _PHOTOS, "photos") == _PHOTOS[0],
        layout=one_of(answers["layout"], [*Layout], "the layout") if answers["layout"] else "",
        licenses=listed(answers["licenses"], "all"),
        match=listed(answers["match"], "nothing", "none"),
        keep_gps=yes(answers["keep_gps"], "keep GPS"),
    )
    replaced = yes(answers["replace"], "replace")
    refuse_original(catalog, out)
    if (why := why_no_place(out, ("exports",))) is not None:
        raise UsageError(f"{quoted_path(out)} cannot hold a set", why, "Name another folder, such as one in exports/.")
    if (out / MANIFEST).exists() and not replaced:
        raise UsageError(f"{quoted_path(out)} holds a set", "", "Type yes behind replace, or name another folder.")
    return ExportRequest(out, choice, replaced)


def exporting(catalog: Catalog, request: ExportRequest) -> Work[Exported]:
    """Write a set and check it."""
    from curate.export.run import export_workspace
    from curate.export.verify import verify_set

    yield Progress("reading the labels", 0)
    options = replace(options_of(request.choice), replace=request.replace)
    written = yield from export_workspace(catalog, request.out, options)
    yield Progress("checking the set", 0)
    return Exported(written, tuple(verify_set(written.dataset)))


def export_summary(done: Exported) -> str:
    """Put the result into words, in one line."""
    written = done.written
    left = sum(entry.photos for entry in written.left_out)
    parts = [f"{counted(written.photos, 'photo')} in {quoted_path(written.dataset)}"]
    parts += [f"{left:,} left out"] if left else []
    return ", ".join([*parts, _checked(done.problems)])


def checking(place: Path) -> Work[tuple[Problem, ...]]:
    """Check a set that was written before."""
    from curate.export.verify import verify_set

    yield Progress("checking the set", 0)
    return tuple(verify_set(place))


def check_summary(place: Path, problems: Sequence[Problem]) -> str:
    """Put the result of a check into words."""
    return f"{quoted_path(place)}, {_checked(problems)}"


def _checked(problems: Sequence[Problem]) -> str:
    if not problems:
        return "checked: ok"
    first = problems[0]
    return f"checked: ✗ {counted(len(problems), 'problem')}, such as {first.path}: {first.what}"
