"""The home screen without the screen: what waits in a workspace, and where each of it is done. It knows no Textual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curate.export.current import RUN_CHANGED, SET_CHANGED
from curate.status import Status, Step, equal_in_words, next_step, open_pairs
from tracer.base.text import counted, printable_path


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the home screen.

    Attributes:
        name: what it is about.
        text: how it stands, in words.
        action: what Enter does on it.
        does: the same in words.
        waits: whether something waits for a person.
    """

    name: str
    text: str
    action: str
    does: str
    waits: bool = False


def entries(found: Status) -> list[Entry]:
    """Return the lines: the next step first, then what is there and what waits."""
    step = next_step(found)
    action, does = _doing(step)
    return [
        Entry("next", step.why, action, does, waits=bool(step.words)),
        *_photos(found),
        *_pairs(found),
        *_sets(found),
    ]


_DOING = {
    "ingest": ("app.operation('ingest')", "ingest photos"),
    "relocate": ("app.operation('relocate')", "say where it is now"),
    "pair": ("app.operation('pair')", "find pairs"),
    "review": ("app.switch_mode('review')", "review pairs"),
    "cameras": ("app.switch_mode('cameras')", "state camera types"),
    "flickr": ("app.switch_mode('flickr')", "go on with Flickr"),
    "export": ("app.operation('export')", "export the set"),
    "evaluate": ("app.operation('evaluate')", "evaluate the set"),
    "photos": ("app.switch_mode('library')", "look at the photos"),
}
"""First word of the command of a step -> the action that does the same, and what it does."""


def _doing(step: Step) -> tuple[str, str]:
    return _DOING[step.words[0]] if step.words else ("app.open_report", "open the report")


def _photos(found: Status) -> Iterator[Entry]:
    library = "app.switch_mode('library')"
    neither = sum(found.by_neither.values())
    sides = f": {found.phones:,} by phones, {found.others:,} by cameras" + (
        f", {neither:,} by neither" if neither else ""
    )
    yield Entry("photos", f"{found.photos:,}{sides if found.photos else ''}", library, "look at the photos")
    for path, photos in found.absent:
        text = f"{printable_path(path)} is not there, with {counted(photos, 'photo')}"
        yield Entry("absent", text, "app.operation('relocate')", "say where it is now", waits=True)
    if found.unreadable:
        yield Entry(
            "unreadable", f"{counted(found.unreadable, 'photo')} cannot be read", "unreadable", "see why", waits=True
        )
    if found.skipped:
        text = f"{counted(found.skipped, 'file')} skipped by the last ingest"
        yield Entry("skipped", text, "skipped", "see why", waits=bool(found.missed))
    if found.duplicates:
        waiting = found.duplicates > found.chosen
        yield Entry("copies", equal_in_words(found), "app.switch_mode('copies')", "see which is kept", waits=waiting)
    cameras, does = "app.switch_mode('cameras')", "state camera types"
    if found.cameras:
        waits = [(found.unknown_cameras, "of unknown type"), (found.disagreements, "on whose type sources disagree")]
        said = [f"{number:,} {words}" for number, words in waits if number]
        text = f"{found.cameras:,}{': ' * bool(said)}{', '.join(said)}"
        yield Entry("cameras", text, cameras, does, waits=bool(said))


def _pairs(found: Status) -> Iterator[Entry]:
    review = "app.switch_mode('review')"
    decided = f"{found.accepted:,} accepted, {found.rejected:,} rejected"
    if found.waiting:
        text = f"{open_pairs(found.proposed, found.waiting)}; {decided}"
        yield Entry("pairs", text, review, "review pairs", waits=bool(found.proposed))
    elif found.compared is not None or found.accepted or found.rejected:
        yield Entry("pairs", f"none to decide; {decided}", review, "review pairs")
    if found.gone:
        gone = f"{counted(found.gone, 'decided pair')} with a photo that was forgotten or replaced"
        yield Entry("", gone, "app.switch_mode('log')", "see the log", waits=True)


def _sets(found: Status) -> Iterator[Entry]:
    for one in reversed(found.sets):
        pairs = f", {counted(one.pairs, 'pair')}" if one.pairs else ""
        state = f"; {SET_CHANGED}" if one.stale else ""
        text = f"{one.path.name}: {counted(one.photos, 'photo')}{pairs}{state}"
        yield Entry("set", text, "app.switch_mode('set')", "see what it would hold now", waits=one.stale)
    for run in reversed(found.runs):
        state = f"; {RUN_CHANGED}" if run.stale else ""
        yield Entry("run", f"{run.path.name}{state}", "app.switch_mode('runs')", "see its figures", waits=run.stale)
