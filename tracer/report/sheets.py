"""Retrieval sheets for the page: queries and their neighbours as small pictures inside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer.base.text import quoted_path
from tracer.errors import TracerError, why
from tracer.experiments.registry import pages
from tracer.results import words
from tracer.results.runs import Run

MAX_PICTURES = 280
"""Small pictures that a page holds at most; about 4 kB each."""
MAX_BYTES = 40_000
"""A larger file was not written by an evaluation."""
MAX_PIXELS = 1_000_000
_STRIPS = {
    "same": "among photos of its own kind of camera",
    "different": "among photos of the other kind",
    "all": "its nearest neighbours",
    "pos-same": "the right content in the query's processing, everything else in the other one",
    "neg-same": "the right content in the other processing, everything else in the query's",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo on a sheet.

    Attributes:
        path: of its small picture; None where there is none.
        rank: among the query's neighbours, from 1; 0 for the query itself.
        camera: in words.
        mark: what makes it right, in words; empty otherwise.
        later: whether neighbours are left out between it and the one before.
    """

    path: Path | None
    rank: int
    camera: str
    mark: str
    later: bool

    @property
    def uri(self) -> str:
        """The picture as an address that needs no network; empty where there is none."""
        if self.path is None:
            return ""
        return "data:image/jpeg;base64," + base64.b64encode(self.path.read_bytes()).decode()

    @property
    def said(self) -> str:
        """The picture in words."""
        what = "query" if not self.rank else f"neighbour {self.rank}"
        return ", ".join(part for part in (what, self.camera, self.mark) if part)


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its neighbours.

    Attributes:
        kind: of its camera.
        drawn: whether it was drawn at random, not chosen by the rule.
        strips: each a title and pictures in order.
    """

    picture: Picture
    kind: str
    drawn: bool
    strips: tuple[tuple[str, tuple[Picture, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; `note` says by which rule its queries were chosen."""

    title: str
    encoder: str
    note: str
    queries: tuple[Query, ...]


def sheets(run: Run) -> list[Sheet]:
    """Return the sheets of the details that have pictures; a damaged entry gives none."""
    made, room = [], MAX_PICTURES
    for detail in run.details:
        if detail.get("setting") == "sheet" and (sheet := _sheet(detail, run.folder)) is not None:
            room -= sum(1 + len(items) for q in sheet.queries for _, items in q.strips)
            if room < 0:
                break
            made.append(sheet)
    return made


def _sheet(detail: Mapping[str, Any], folder: Path | None) -> Sheet | None:
    listed = detail.get("queries")
    if folder is None or not isinstance(listed, list):
        return None
    queries = [q for entry in listed if isinstance(entry, dict) and (q := _query(entry, folder)) is not None]
    if not any(q.picture.path for q in queries):
        return None
    telling, drawn = sum(not q.drawn for q in queries), sum(q.drawn for q in queries)
    by_rule = (
        f"{words.spelled(telling)} of them because {detail.get('rule')}"
        if telling
        else f"none by the rule that {detail.get('rule')}: there is no such query"
    )
    of = detail.get("queries_in_all")
    count = f" of {of:,}" if isinstance(of, int) else ""
    note = (
        f"{words.spelled(len(queries))} queries{count}, not picked by hand: {by_rule}; {words.spelled(drawn)} drawn at random"
        f" (seed {detail.get('seed')})."
    )
    page = pages().get(str(detail.get("experiment")))
    title = (page.about if page else words.title)(str(detail.get("attribute")))
    return Sheet(title, str(detail.get("encoder") or ""), note[:1].upper() + note[1:], tuple(queries))


def _query(entry: Mapping[str, Any], folder: Path) -> Query | None:
    strips = entry.get("strips")
    if not isinstance(strips, list):
        return None
    made = []
    for strip in strips:
        items = strip.get("items") if isinstance(strip, dict) else None
        if isinstance(items, list) and items:
            pictures, before = [], 0
            for item in (i for i in items if isinstance(i, dict)):
                rank = item.get("rank") if isinstance(item.get("rank"), int) else 0
                pictures.append(_picture(item, folder, rank or 0, bool(rank and rank > before + 1)))
                before = rank or before
            made.append((_STRIPS.get(str(strip.get("pool")), str(strip.get("pool"))), tuple(pictures)))
    return Query(
        _picture(entry, folder, 0, False), str(entry.get("kind") or ""), entry.get("why") == "drawn", tuple(made)
    )


def _picture(entry: Mapping[str, Any], folder: Path, rank: int, later: bool) -> Picture:
    photo = entry.get("photo_id")
    path = folder / "thumbs" / f"{photo}.jpg" if isinstance(photo, int) and 0 <= photo < 1 << 63 else None
    there = path is not None and path.is_file() and path.stat().st_size <= MAX_BYTES
    if path is not None and there:
        _check(path)
    return Picture(path if there else None, rank, str(entry.get("camera") or ""), str(entry.get("mark") or ""), later)


def _check(path: Path) -> None:
    """Decode a small picture. One that claims more pixels was not written by an evaluation.

    Raises:
        TracerError: it is damaged.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=["JPEG"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError(f"it has {opened.width} × {opened.height} pixels")
            opened.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise TracerError(
            f"{quoted_path(path)} is damaged",
            "it is not a JPEG picture" if isinstance(error, UnidentifiedImageError) else why(error),
            "Remove it, and its place on the page stays empty; or evaluate the set again.",
        ) from error


def widest(sheet: Sheet) -> int:
    """Return the number of pictures in the longest strip."""
    return max((len(items) for query in sheet.queries for _, items in query.strips), default=0)


def rows_of(sheet: Sheet) -> Sequence[tuple[Query, str, tuple[Picture, ...]]]:
    """Return every strip with its query, in order."""
    return [(query, title, items) for query in sheet.queries for title, items in query.strips]
