"""What a person writes to label photos: `KEY=VALUE`, and which keys and values are refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from curate.catalog.labelling import KEEPER, MEANT, SAID_KEYS, meant_among, parse_taken
from curate.errors import UsageError
from tracer.base.text import clean_text

_SPDX = r"(LicenseRef-[a-z0-9.-]+|[a-z][a-z0-9.+-]*-[0-9][a-z0-9.+-]*|MIT|ISC|Unlicense|WTFPL)"
_LICENSE = re.compile(rf"https?://\S+|{_SPDX}( (AND|OR|WITH) {_SPDX})*", re.IGNORECASE)
"""What has the form of an SPDX id, of several, or of a URL. Ids without a version are rare; the ones of photos are named."""

_ADDRESS = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)

_FORMS = {
    "taken_at": ("a time", "Write it as 2013, 2013-05, 2013-05-04 or 2013-05-04T12:30:00."),
    "license": (
        "a licence",
        "Write an SPDX id such as CC-BY-4.0 or CC0-1.0, a URL, or LicenseRef-NAME for any other licence.",
    ),
    "url": ("an address on the web", "Write one that begins with https:// or http://."),
}
"""Label -> what its value must be, and how that is written. The other labels can have any text."""


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
        UsageError: `refuse_label` refuses it.
    """
    stated = key.strip(), clean_text(value)
    if stated[0] != KEEPER:
        refuse_label(*stated)
        return stated
    raise _no_such_label(stated[0])


def refuse_label(key: str, value: str | None) -> None:
    """Raise the reason why a person cannot set a label to a value, where there is one.

    Args:
        key: one of `SAID_KEYS`, or `KEEPER`.
        value: the value; None for an empty label.

    Raises:
        UsageError: the label cannot be set by a person, or the value is not a time, a licence or an address, as the label needs.
    """
    if key not in (*SAID_KEYS, KEEPER):
        raise _no_such_label(key)
    if value is not None and not fits(key, value):
        form, hint = _FORMS[key]
        raise UsageError(f"that is not {form}", value, hint)


def fits(key: str, value: str) -> bool:
    """Return whether a text can be the value of a label: a time, an SPDX id or a URL, an address on the web.

    >>> fits("license", "CC-BY-4.0"), fits("license", "all mine"), fits("url", "javascript:alert(1)")
    (True, False, False)
    """
    if key == "taken_at":
        return parse_taken(value)[0] is not None
    pattern = {"license": _LICENSE, "url": _ADDRESS}.get(key)
    return pattern is None or pattern.fullmatch(value) is not None


def usable(said: Mapping[str, str | None]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return labels that a source states, with None for values that do not fit; and label -> why its value does not.

    >>> usable({"owner": "ann", "url": "javascript:alert(1)"})
    ({'owner': 'ann', 'url': None}, {'url': 'url is not an address on the web'})
    """
    why = {
        key: f"{key} is not {_FORMS[key][0]}"
        for key, value in said.items()
        if value is not None and not fits(key, value)
    }
    return {key: None if key in why else value for key, value in said.items()}, why


def _no_such_label(key: str) -> UsageError:
    wanted = meant_among(key, SAID_KEYS, MEANT)
    if key.strip().lower() in ("type", "camera_type"):
        hint = "Camera types are set with: curate cameras set MAKE MODEL TYPE"
    else:
        hint = f"Did you mean {wanted}?" if wanted else "Write one of these."
    return UsageError("that label cannot be set", f"{key} is not one of {', '.join(SAID_KEYS)}", hint)
