"""Write and read decisions as JSON lines for other workspaces: photos by sha256 and photo ID, cameras by make and model.

Each entry of the log is one line, undo and redo included. `stands` says whether an entry is still in force, so that a reader
does not have to replay the log. A rejection that the program made because a file was replaced (`gone`) is in force in this
workspace only. Lines do not hold row numbers or paths of this workspace; a kept copy is named by its place among the copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.clocks import MAX_OFFSET_S
from curate.catalog.forgotten import is_forgotten
from curate.catalog.keepers import choices_among
from curate.catalog.labelling import KEEPER
from curate.catalog.labels import local_photo_id
from curate.catalog.remarks import LONGEST
from curate.catalog.store import Catalog
from curate.errors import UsageError
from tracer.base.text import clean_text, cut_at_word, quoted_path

FORMAT = 1
"""Format of a line; lines of another format are refused."""

MOST_BYTES = 32 << 20
"""Length in bytes of the longest line that is read."""

_AHEAD = timedelta(days=1)
"""By how much the clock of another computer may be ahead."""

_HEX = r"^[0-9a-f]{64}$"


def _clean(text: str) -> str:
    return clean_text(text) or ""


Text = Annotated[str, Field(max_length=4096), AfterValidator(_clean)]


class _Part(BaseModel):
    """Input from another workspace, checked strictly; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class PhotoName(_Part):
    """A photo by names that are valid in any workspace; where one of its copies is meant, the `nth` of them by path."""

    sha256: str = Field(pattern=_HEX)
    photo_id: int | None = Field(None, ge=0, lt=2**63)
    nth: int = Field(1, ge=1)
    of: int = Field(1, ge=1)


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("time", "it is not a time") from None
    if at.replace(tzinfo=at.tzinfo or UTC) > datetime.now(UTC) + _AHEAD:
        raise PydanticCustomError("future", "it lies in the future")
    return text


class _Line(_Part):
    format: Literal[1] = 1
    at: Annotated[Text, AfterValidator(_moment)] = ""
    who: Text = ""
    stands: bool = True
    imported: bool = False
    auto: float | None = Field(None, ge=0, le=1)


class PairLine(_Line):
    """A pair was accepted or rejected."""

    action: Literal["accept", "reject"]
    phone: PhotoName
    other: PhotoName


class LabelLine(_Line):
    """A label of photos was set."""

    action: Literal["label"]
    key: Annotated[str, Field(max_length=64), AfterValidator(_clean)]
    value: Text | None
    photos: list[PhotoName]


class CameraLine(_Line):
    """A camera's type was stated."""

    action: Literal["camera"]
    make: Text
    model: Text
    type: Annotated[CameraType, Field(strict=False)]


class FlagLine(_Line):
    """A pair was flagged, or its flag was taken off."""

    action: Literal["flag"]
    phone: PhotoName
    other: PhotoName
    on: bool


class NoteLine(_Line):
    """A note was written on a pair; an empty one removed it."""

    action: Literal["note"]
    phone: PhotoName
    other: PhotoName
    text: Annotated[
        str, Field(max_length=LONGEST), AfterValidator(lambda text: (clean_text(text, LONGEST) or "").strip())
    ]


class ClockLine(_Line):
    """The offset between two clocks was stated, or withdrawn (None)."""

    action: Literal["clock"]
    camera_a: Text
    camera_b: Text
    seconds: Annotated[float, Field(ge=-MAX_OFFSET_S, le=MAX_OFFSET_S, allow_inf_nan=False)] | None


class ForgetLine(_Line):
    """Photos were forgotten."""

    action: Literal["forget"]
    photos: list[PhotoName]


class RelocateLine(_Line):
    """A folder of photos has moved; each workspace has its own folders."""

    action: Literal["relocate"]


class StepLine(_Line):
    """An undo or redo; `stands` of the other lines includes its effect."""

    action: Literal["undo", "redo"]


Line = PairLine | LabelLine | CameraLine | FlagLine | NoteLine | ClockLine | ForgetLine | RelocateLine | StepLine
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="action")])


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be used.

    Attributes:
        line: its number, from 1.
        why: the reason.
        other_version: whether it is a kind of decision that another version may know.
    """

    line: int
    why: str
    other_version: bool = False


def exported(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield the decision log as rows for JSON lines, oldest first."""
    standing = decisions.in_force(catalog)
    for entry in decisions.entries(catalog):
        said = entry.payload
        by = said.get("by") or {}
        row: dict[str, Any] = {
            "format": FORMAT,
            "seq": entry.seq,
            "at": by.get("at", entry.at),
            "who": by.get("who", entry.who),
            "action": entry.action,
            "stands": entry.seq in standing and "gone" not in said,
        }
        row |= {"imported": True, "imported_by": entry.who} if by else {}
        row |= {"imported": True} if said.get("listed") else {}
        row |= {"auto": said["auto"]} if said.get("auto") is not None else {}
        row |= {"gone": True} if "gone" in said else {}
        if entry.action in ("accept", "reject"):
            row |= {side: _name(catalog, said[side]) for side in ("phone", "other")}
            row |= {"subject_idx": said["subject_idx"]} if entry.action == "accept" else {}
        elif entry.action == "label":
            photos = [_hash(catalog, change) for change in said["photos"]]
            row |= {"key": said["key"], "value": said["value"]}
            named = _copy if said["key"] == KEEPER else _name
            row["photos"] = [
                named(catalog, sha256, change["photo"])
                for sha256, change in zip(photos, said["photos"], strict=True)
                if sha256
            ]
        elif entry.action == "camera":
            row |= {key: said[key] for key in ("make", "model", "type")}
        elif entry.action == "clock":
            row |= {key: said[key] for key in ("camera_a", "camera_b", "seconds")}
        elif entry.action in ("flag", "note"):
            row |= {side: _name(catalog, said[side]) for side in ("phone", "other")}
            row |= {"on": said["on"]} if entry.action == "flag" else {"text": said["text"]}
        elif entry.action == "forget":
            row["photos"] = [_name(catalog, photo["sha256"]) for photo in said["photos"] if photo["sha256"]]
            if row["stands"]:  # not for photos that were taken in again, or of which a copy stayed
                away = [photo for photo in row["photos"] if is_forgotten(catalog, photo["sha256"])]
                row |= {"photos": away or row["photos"], "stands": bool(away)}
        elif entry.action in ("undo", "redo"):
            row["of"] = said["seq"]
        yield row


def parsed(path: Path) -> Iterator[Line | Refused]:
    """Yield the lines of a file from another workspace, each parsed or refused with the reason.

    Raises:
        UsageError: the file cannot be read.
    """
    if not path.is_file():
        raise UsageError("that is not a file", str(path), "Name a file that `curate decisions export` wrote.")
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if line is None:
                    yield Refused(number, f"it is longer than {MOST_BYTES >> 20} MiB")
                elif line.strip():
                    yield _parsed(number, line)
    except OSError as error:
        raise UsageError(
            "the file cannot be read", f"{quoted_path(path)}: {error.strerror}", "Check its permissions."
        ) from error


def check_decisions(path: Path) -> None:
    """Refuse a file of which no line is a decision; an empty file is accepted.

    Raises:
        UsageError: no line of the file is a decision, or the file cannot be read.
    """
    first: Refused | None = None
    for line in parsed(path):
        if not isinstance(line, Refused) or line.other_version:
            return
        first = first or line
    if first is not None:
        raise UsageError(
            "no line of that file is a decision",
            f"{quoted_path(path)}: line {first.line}: {first.why}",
            "Name a file that `curate decisions export` wrote.",
        )


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines without a leading byte order mark; None for a line that is too long, which is not held in memory."""
    first = True
    while line := file.readline(MOST_BYTES + 1):
        if len(line) <= MOST_BYTES:
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        else:
            while line and not line.endswith(b"\n"):
                line = file.readline(MOST_BYTES)
            yield None
        first = False


def _parsed(number: int, line: bytes) -> Line | Refused:
    try:
        return _LINE.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "union_tag_invalid":
            kind = _clean(str(first["ctx"]["tag"]))[:64]
            return Refused(number, f"this version does not know decisions of the kind {kind!r}", other_version=True)
        if first["type"] == "json_invalid":
            return Refused(number, "it is not JSON")
        if first["type"] == "union_tag_not_found":
            return Refused(number, "it names no kind of decision")
        place = ".".join(str(part) for part in first["loc"][1:])
        return Refused(number, cut_at_word(_clean(f"{place}: {first['msg']}" if place else first["msg"]), 200))


def _name(catalog: Catalog, sha256: str, _photo: int | None = None) -> dict[str, Any]:
    row = catalog.connection.execute(
        "SELECT photo_id FROM photo WHERE sha256 = ? AND photo_id IS NOT NULL ORDER BY id LIMIT 1", (sha256,)
    ).fetchone()
    return {"sha256": sha256, "photo_id": row[0] if row else local_photo_id(sha256)}


def _copy(catalog: Catalog, sha256: str, photo: int) -> dict[str, Any]:
    """Name one of several copies, by its place among their paths."""
    copies = [one for one, _ in choices_among(catalog, sha256)]
    place = {"nth": copies.index(photo) + 1, "of": len(copies)} if photo in copies and len(copies) > 1 else {}
    return _name(catalog, sha256) | place


def _hash(catalog: Catalog, change: dict[str, Any]) -> str | None:
    """Return the sha256 of a labelled photo at the time of labelling; for entries without it, its present sha256."""
    if "sha256" in change:
        found = change["sha256"]
    else:
        row = catalog.connection.execute("SELECT sha256 FROM photo WHERE id = ?", (change["photo"],)).fetchone()
        found = row[0] if row else None
    return None if found is None else str(found)
