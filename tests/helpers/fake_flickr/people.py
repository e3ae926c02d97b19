"""Who owns photos and where photos lie together: members, groups and albums, each found again from what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

_FIRST_MEMBER, _MEMBER_STEP = 12_345_678, 101
_FIRST_GROUP, _GROUP_STEP = 1_044_000, 11
_FIRST_ALBUM = 72_157_600_000_000_000

GROUPS = 12
ALBUMS = 3
"""Albums of each member."""


@dataclass(frozen=True)
class Member:
    """Somebody with photos.

    Attributes:
        number: Counted from 0; low numbers own many photos.
        nsid: Flickr's id of a member.
        username: The name shown; can be hostile, and is not what stands in addresses.
        path_alias: The name in addresses; None where the member chose none.
    """

    number: int
    nsid: str
    username: str
    path_alias: str | None


def member(number: int) -> Member:
    """The member with this number."""
    name = f"[i]{chr(27)}[1mperson {number}[/i]" if number % 50 == 17 else f"Person {number}"
    alias = f"person-{number}" if number % 3 == 0 else None
    return Member(number, nsid(number), name, alias)


def nsid(number: int) -> str:
    """The id of a member."""
    return f"{_FIRST_MEMBER + _MEMBER_STEP * number}@N0{number % 9}"


def member_number(text: str, members: int) -> int | None:
    """The number behind an NSID; None if there is no such member.

    Args:
        text: "12345678@N01".
        members: How many there are.
    """
    return _number(text, r"(\d+)@N0\d", _FIRST_MEMBER, _MEMBER_STEP, members, nsid)


def member_by_name(name: str, members: int) -> Member | None:
    """The member with this username, in any case of letters."""
    found = re.search(r"person (\d+)", name, re.IGNORECASE)
    if found is None or int(found[1]) >= members:
        return None
    who = member(int(found[1]))
    return who if who.username.lower() == name.lower() else None


def member_by_url(url: str, members: int) -> Member | None:
    """The member whose photos or profile an address shows."""
    name = _path_part(url, ("photos", "people"))
    found = re.fullmatch(r"person-(\d+)", name)
    number = int(found[1]) if found else member_number(name, members)
    if number is None or number >= members:
        return None
    who = member(number)
    return who if name in (who.nsid, who.path_alias) else None


def group_id(number: int) -> str:
    """The id of a group."""
    return f"{_FIRST_GROUP + _GROUP_STEP * number}@N2{number % 5}"


def group_name(number: int) -> str:
    """What a group calls itself."""
    return f"Group [/b] {number}" if number == 3 else f"Group {number}"


def group_url(number: int) -> str:
    """The address of a group."""
    return f"https://www.flickr.com/groups/group-{number}/"


def group_number(text: str) -> int | None:
    """The number behind a group's id; None if there is no such group."""
    return _number(text, r"(\d+)@N2\d", _FIRST_GROUP, _GROUP_STEP, GROUPS, group_id)


def group_by_url(url: str) -> int | None:
    """The number of the group that an address shows."""
    name = _path_part(url, ("groups",))
    found = re.fullmatch(r"group-(\d+)", name)
    number = int(found[1]) if found else group_number(name)
    return number if number is not None and number < GROUPS else None


def album_id(owner: int, album: int) -> str:
    """The id of a member's album.

    Args:
        owner: The member's number.
        album: Which of the member's albums, from 0.
    """
    return str(_FIRST_ALBUM + 10 * owner + album)


def album_place(text: str, members: int) -> tuple[int, int] | None:
    """The owner's number and the album's behind an album's id; None if there is no such album."""
    if not text.isascii() or not text.isdigit():
        return None
    owner, album = divmod(int(text) - _FIRST_ALBUM, 10)
    return (owner, album) if 0 <= owner < members and album < ALBUMS else None


def _number(text: str, form: str, first: int, step: int, count: int, written: Callable[[int], str]) -> int | None:
    found = re.fullmatch(form, text)
    if found is None:
        return None
    number, rest = divmod(int(found[1]) - first, step)
    return number if rest == 0 and 0 <= number < count and written(number) == text else None


def _path_part(url: str, before: tuple[str, ...]) -> str:
    """The part of an address's path that follows one of these words; empty on another site or without it."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.hostname not in ("www.flickr.com", "flickr.com", "m.flickr.com"):
        return ""
    steps = [step for step in parts.path.split("/") if step]
    return steps[1] if len(steps) > 1 and steps[0] in before else ""
