"""Lists of photos as searches, pools and albums answer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.helpers.fake_flickr import people, pictures, words
from tests.helpers.fake_flickr.question import ApiError, Question
from tests.helpers.fake_flickr.universe import Universe, walls

REACH = 4_000
"""Results of a search that can be reached."""

MOST_A_PAGE, MOST_A_GEO_PAGE, PAGE = 500, 250, 100

EXTRAS = frozenset({
    "description", "license", "date_upload", "date_taken", "owner_name", "icon_server", "original_format",
    "last_update", "geo", "tags", "machine_tags", "o_dims", "views", "media", "path_alias", "url_sq", "url_t",
    "url_s", "url_q", "url_m", "url_n", "url_z", "url_c", "url_l", "url_o",
})  # fmt: skip


@dataclass(frozen=True)
class Lies:
    """How the lists are untrue.

    Attributes:
        high_totals: Totals run a little high, and differ when asked again.
        types: Numbers are strings in the next answer.
        duplicates: Searches of narrow upload windows return some photos twice.
        restless: Share of pages that lack one photo which the same page shows when asked again.
        beyond: What a page beyond the first 4,000 results holds: earlier photos, or an error with code 20.
    """

    high_totals: bool = True
    types: bool = True
    duplicates: bool = True
    restless: float = 0.0
    beyond: str = "repeat"

    @classmethod
    def none(cls) -> Lies:
        """The truth, but for the limit of 4,000 results."""
        return cls(high_totals=False, types=False, duplicates=False)


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        numbers: The photos on it, those that are not shown left out.
        head: page, pages, perpage and total as the answer says them.
    """

    numbers: NDArray[np.int64]
    head: dict[str, Any]


def cut(
    universe: Universe, found: NDArray[np.int64], question: Question, lies: Lies, reach: int | None = REACH
) -> Page:
    """The page of a list that a question asks for.

    Args:
        universe: Where the photos are.
        found: All photos of the list.
        question: Its page and per_page; it also seeds the lies.
        lies: How untrue.
        reach: How many results can be reached; None for all.

    Raises:
        ApiError: Code 20, a page out of reach.
    """
    most = MOST_A_GEO_PAGE if question.text("bbox") else MOST_A_PAGE
    each, page = question.whole("per_page", min(PAGE, most), most), question.whole("page", 1)
    start, end = (page - 1) * each, len(found)
    if reach is not None and end > reach:
        if start >= reach and lies.beyond == "error":
            raise ApiError(20, "Offset too far")
        start, end = start % reach, reach
    part = found[start : min(start + each, end)]
    part = part[~universe.unshown[part]]
    if len(part) and lies.restless and (question.number * 0.6180339887) % 1 < lies.restless:
        part = np.delete(part, question.number % len(part))
    total = len(found)
    if lies.high_totals and total:
        total += total // 150 + question.number % 3
    head = {"page": page, "pages": -(-total // each), "perpage": each, "total": total}
    return Page(part, head | {"total": question.typed("total", total), "pages": question.typed("pages", head["pages"])})


def entries(universe: Universe, numbers: NDArray[np.int64], question: Question, site: str) -> list[dict[str, Any]]:
    """The photos of a page, with the extras that the question names.

    Args:
        universe: Where the photos are.
        numbers: The photos.
        question: Its extras.
        site: The image host: "http://127.0.0.1:8000".
    """
    extras = set(question.list("extras"))
    question.complaints += [f"unknown extra {name}" for name in sorted(extras - EXTRAS)]
    owners = universe.owner[numbers].tolist()
    listed = [
        {
            "id": str(universe.id_of(number)),
            "owner": people.nsid(owner),
            "secret": universe.secret(number),
            "server": universe.server(number),
            "farm": number % 9 + 1,
            "title": universe.title(number),
            "ispublic": 1,
            "isfriend": 0,
            "isfamily": 0,
        }
        for number, owner in zip(numbers.tolist(), owners, strict=True)
    ]
    for entry, more in zip(listed, zip(*_columns(universe, numbers, extras, question), strict=True), strict=False):
        for part in more:
            entry |= part
    for entry, number in zip(listed, numbers.tolist(), strict=True):
        _addresses(entry, universe, number, extras, site)
    return listed


def _columns(
    universe: Universe, numbers: NDArray[np.int64], extras: set[str], question: Question
) -> list[list[dict[str, Any]]]:
    """The extras that come from columns: for each, one piece of each photo's entry."""
    columns: list[list[dict[str, Any]]] = []

    def add(name: str, *fields: tuple[str, list[Any]]) -> None:
        if name in extras:
            names, values = zip(*fields, strict=True)
            columns.append([dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)])

    def typed(name: str, values: NDArray[Any]) -> list[Any]:
        whole: list[Any] = values.astype(np.int64).tolist()
        return [str(value) for value in whole] if isinstance(question.typed(name, 1), str) else whole

    at = numbers
    add("license", ("license", typed("license", universe.license[at])))
    add("date_upload", ("dateupload", [str(moment) for moment in universe.upload[at].tolist()]))
    add("last_update", ("lastupdate", [str(moment + 60) for moment in universe.upload[at].tolist()]))
    add(
        "date_taken",
        ("datetaken", walls(universe.taken[at])),
        ("datetakengranularity", typed("granularity", universe.granularity[at])),
        ("datetakenunknown", typed("unknown", universe.unknown[at])),
    )
    members = [people.member(owner) for owner in universe.owner[at].tolist()]
    add("owner_name", ("ownername", [who.username for who in members]))
    add("path_alias", ("pathalias", [who.path_alias for who in members]))
    add("tags", ("tags", [" ".join(words.tags(bits)) for bits in universe.tags[at].tolist()]))
    add("machine_tags", ("machine_tags", [""] * len(at)))
    add("views", ("views", typed("views", at % 1000)))
    add("icon_server", ("iconserver", ["0"] * len(at)), ("iconfarm", [0] * len(at)))
    videos = universe.video[at].tolist()
    add("media", ("media", ["video" if video else "photo" for video in videos]), ("media_status", ["ready"] * len(at)))
    located = universe.located[at]
    longitudes, latitudes = (np.where(located, column[at], 0.0) for column in (universe.longitude, universe.latitude))
    add(
        "geo",
        ("latitude", [str(value) if value else 0 for value in latitudes.tolist()]),
        ("longitude", [str(value) if value else 0 for value in longitudes.tolist()]),
        ("accuracy", typed("accuracy", np.where(located, 16, 0))),
        ("context", [0] * len(at)),
    )
    return columns


SIZES = {
    "sq": (75, 75),
    "t": (100, 75),
    "s": (240, 180),
    "q": (150, 150),
    "m": (500, 375),
    "n": (320, 240),
    "z": (640, 480),
}
SIZES |= {"c": (800, 600), "l": (1024, 768)}
SUFFIXES = {"sq": "_s", "t": "_t", "s": "_m", "q": "_q", "m": "", "n": "_n", "z": "_z", "c": "_c", "l": "_b"}


def _addresses(entry: dict[str, Any], universe: Universe, number: int, extras: set[str], site: str) -> None:
    """Add the extras about files: addresses, sizes, and the original where it may be downloaded."""
    if "description" in extras:
        entry["description"] = {"_content": description(universe, number)}
    for name in SIZES.keys() & {extra.removeprefix("url_") for extra in extras if extra.startswith("url_")}:
        entry[f"url_{name}"] = resized_url(universe, number, name, site)
        entry[f"width_{name}"], entry[f"height_{name}"] = SIZES[name]
    if not universe.downloadable[number]:
        return
    width, height = pictures.size(universe, number)
    if "original_format" in extras:
        entry |= {"originalsecret": universe.original_secret(number), "originalformat": universe.extension(number)}
    if "o_dims" in extras:
        entry |= {"o_width": str(width), "o_height": str(height)}
    if "url_o" in extras:
        entry |= {"url_o": original_url(universe, number, site), "width_o": width, "height_o": height}


def description(universe: Universe, number: int) -> str:
    """What stands under a photo: the words that `text` finds."""
    first, second = (words.VOCABULARY[int(column[number])] for column in (universe.first_word, universe.second_word))
    return f'A {first} with a <a href="https://example.org/" rel="nofollow">{second}</a>.\n'


def original_url(universe: Universe, number: int, site: str) -> str:
    """Where a photo's original is."""
    name = f"{universe.id_of(number)}_{universe.original_secret(number)}_o.{universe.extension(number)}"
    return f"{site}/live/{universe.server(number)}/{name}"


def resized_url(universe: Universe, number: int, size: str, site: str) -> str:
    """Where a smaller size of a photo is; `size` as in "url_l"."""
    return (
        f"{site}/live/{universe.server(number)}/{universe.id_of(number)}_{universe.secret(number)}{SUFFIXES[size]}.jpg"
    )
