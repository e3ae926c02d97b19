"""What a person writes to label photos: `KEY=VALUE`, and which keys and values are refused. Pure."""

from __future__ import annotations

import re

from curate.catalog.labelling import KEEPER, MEANT, SAID_KEYS, meant_among, parse_taken
from curate.errors import UsageError
from tracer.base.text import clean_text

_SPDX = r"(LicenseRef-[a-z0-9.-]+|[a-z][a-z0-9.+-]*-[0-9][a-z0-9.+-]*|MIT|ISC|Unlicense|WTFPL)"
_LICENSE = re.compile(rf"https?://\S+|{_SPDX}( (AND|OR|WITH) {_SPDX})*", re.IGNORECASE)
"""What has the form of an SPDX id, of several, or of a URL. Ids without a version are rare; the ones of photos are named."""


def assignment(text: str) -> tuple[str, str | None]:
    """Return the label and its value; the value is None where it is empty, which blanks the label.

    Raises:
        UsageError: the text is not `KEY=VALUE`, or as `assigned`.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError("that is not a label", text, "Write KEY=VALUE, such as semantic_label=cat")
    return assigned(key, value)


def assigned(key: str, value: str) -> tuple[str, str | None]:
    """Return a label and its value as a person typed them; the value is None where it is empty, which blanks the label.

    Raises:
        UsageError: `refuse_label` or `refuse_no_license` refuses it.
    """
    stated = key.strip(), clean_text(value)
    if stated[0] != KEEPER:
        refuse_label(*stated)
        if stated[0] == "license" and stated[1] is not None:
            refuse_no_license(stated[1])
        return stated
    raise _no_such_label(stated[0])


def refuse_label(key: str, value: str | None) -> None:
    """Raise the reason why a person cannot set a label to a value, where there is one.

    Args:
        key: one of `SAID_KEYS`, or `KEEPER`.
        value: the value; None for an empty label.

    Raises:
        UsageError: the label cannot be set by a person, or the value of `taken_at` is not a time.
    """
    if key not in (*SAID_KEYS, KEEPER):
        raise _no_such_label(key)
    if key == "taken_at" and value is not None and parse_taken(value)[0] is None:
        raise UsageError("that is not a time", value, "Write it as 2013, 2013-05, 2013-05-04 or 2013-05-04T12:30:00.")


def refuse_no_license(name: str) -> None:
    """Refuse what a person typed for a licence and is none.

    Raises:
        UsageError: it has neither the form of an SPDX id nor of a URL.
    """
    if not _LICENSE.fullmatch(name):
        raise UsageError(
            "that is not a licence",
            name,
            "Write an SPDX id such as CC-BY-4.0 or CC0-1.0, a URL, or LicenseRef-NAME for any other licence.",
        )


def _no_such_label(key: str) -> UsageError:
    wanted = meant_among(key, SAID_KEYS, MEANT)
    if key.strip().lower() in ("type", "camera_type"):
        hint = "Camera types are set with: curate cameras set MAKE MODEL TYPE"
    else:
        hint = f"Did you mean {wanted}?" if wanted else "Write one of these."
    return UsageError("that label cannot be set", f"{key} is not one of {', '.join(SAID_KEYS)}", hint)
