"""Texts folded for comparisons, and the key of a camera, under which overrides are stored. Nothing else needs to be loaded."""

from __future__ import annotations

CameraKey = tuple[str, str]
"""Folded make and model, under which overrides are stored."""


def folded(text: str) -> str:
    """Return a text for comparisons: casefolded, with underscores and runs of spaces replaced by one space.

    >>> folded("FinePix_S2  Pro")
    'finepix s2 pro'
    """
    return " ".join(text.replace("_", " ").split()).casefold()


def squashed(text: str) -> str:
    """Return a text for look-ups: folded, without spaces.

    >>> squashed("FinePix S2 Pro") == squashed("FinePixS2Pro")
    True
    """
    return folded(text).replace(" ", "")


def camera_key(make: str | None, model: str | None) -> CameraKey:
    """Return the key of a camera: make and model, casefolded, runs of spaces folded, empty where absent.

    >>> camera_key("Canon", " Canon  EOS 40D")
    ('canon', 'canon eos 40d')
    """
    return (folded((make or "").split("\0")[0]), folded((model or "").split("\0")[0]))
