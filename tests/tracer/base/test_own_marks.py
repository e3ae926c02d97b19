"""The user's key: kept for this user alone, made once, and replaced where it cannot be trusted."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tracer.base import keys


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key lies; there is none yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    keys._key.cache_clear()
    return tmp_path / "lenstrace" / "key"


def test_a_key_is_made_once_and_for_its_user_alone(place: Path) -> None:
    """Marks of one key stay its own in later processes; nobody else can read the key."""
    made = keys.mark(b"data")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600 and [path.name for path in place.parent.iterdir()] == ["key"]
    keys._key.cache_clear()
    assert keys.is_own(b"data", made)
    assert not any(
        keys.is_own(*wrong) for wrong in ((b"other", made), (b"data", made[:-1]), (b"data", None), (b"data", "é"))
    )


@pytest.mark.parametrize("damage", ["short", "open to others"])
def test_a_key_that_cannot_be_trusted_is_replaced(place: Path, damage: str) -> None:
    """A key that was cut, or that others can read, marks nothing any more."""
    made = keys.mark(b"data")
    if damage == "short":
        place.write_bytes(b"short")
    else:
        place.chmod(0o644)
    keys._key.cache_clear()
    assert not keys.is_own(b"data", made) and stat.S_IMODE(place.stat().st_mode) == 0o600


def test_without_a_place_marks_hold_for_this_process(place: Path) -> None:
    """Where no key can be kept, nothing fails: what this process measured is its own, and nothing else is."""
    place.parent.write_text("in the way")
    made = keys.mark(b"data")
    assert keys.is_own(b"data", made)
    keys._key.cache_clear()
    assert not keys.is_own(b"data", made)
