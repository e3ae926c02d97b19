"""The prompts that stand for classes: templates, or sentences from a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.base.parsing import Unparsable, parse_toml
from tracer.base.reading import read_bytes
from tracer.base.text import clean_text, quoted_path
from tracer.errors import UsageError, why

PLACE: Final = "{}"
"""Where a template has the name of the class."""
TEMPLATES: Final = (
    "a photo of {}",
    "a picture that shows {}",
    "{} in a snapshot",
    "a photograph whose subject is {}",
    "an everyday photo with {} in it",
)
"""Used where no file is given. None of them speaks of a camera or of the quality of a picture."""
MOST_BYTES: Final = 16 << 20
_WORDNET: Final = re.compile(r"n\d{8}")
_EXAMPLE: Final = (
    'A file of prompts has templates = ["a photo of {}"], and a table [classes] with lines such as '
    'heron = ["a photo of a heron"].'
)


@dataclass(frozen=True, slots=True)
class Prompts:
    """How classes are put into words.

    Attributes:
        templates: sentences with `{}` in the place of the class.
        classes: (class, its own sentences), which take the place of the templates.
    """

    templates: tuple[str, ...] = TEMPLATES
    classes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, labels: Iterable[str]) -> ClassPrompts:
        """The prompts of a set's classes, and of those that only the file has.

        Args:
            labels: the set's semantic labels.
        """
        wanted, own = sorted(set(labels)), dict(self.classes)
        texts: dict[str, tuple[str, ...]] = {}
        for label in sorted({*wanted, *own}):
            name = spoken(label)
            found = own.get(label) or (tuple(one.replace(PLACE, name) for one in self.templates) if name else ())
            if found:
                texts[label] = found
        without = tuple(label for label in wanted if label not in texts)
        return ClassPrompts(tuple(texts), tuple(texts.values()), without, self.templates, len(own))


@dataclass(frozen=True, slots=True)
class ClassPrompts:
    """The prompts of each class.

    Attributes:
        names: the classes that a picture may be called by, sorted.
        texts: the prompts of each.
        without: classes of the set that have no prompt.
        templates: that the others were made of. own: classes with sentences of their own.
    """

    names: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    without: tuple[str, ...]
    templates: tuple[str, ...] = ()
    own: int = 0

    @property
    def alike(self) -> list[tuple[str, str]]:
        """Pairs of classes with the same prompts, which cannot be told apart: a class, and the one before it."""
        first: dict[tuple[str, ...], str] = {}
        return [(name, first[text]) for name, text in zip(self.names, self.texts, strict=True)
                if first.setdefault(text, name) != name]  # fmt: skip


def spoken(label: str) -> str:
    """A class as a prompt says it: with spaces for underscores; "" where it has no letters, or is a number of WordNet.

    >>> spoken("great_tit"), spoken("n01532829")
    ('great tit', '')
    """
    name = " ".join(label.replace("_", " ").split())
    return "" if _WORDNET.fullmatch(name) or not any(char.isalpha() for char in name) else name


def read_prompts(path: Path) -> Prompts:
    """Read a prompt file: TOML with `templates`, a table `[classes]`, or both.

    With templates alone every class is put into them. With classes alone the others have no prompt. With both, templates are for
    those that the table does not have.

    Raises:
        UsageError: it cannot be read, or is no such file.
    """
    try:
        content = parse_toml(read_bytes(path, MOST_BYTES))
    except (OSError, Unparsable) as error:
        raise UsageError(f"The prompts in {quoted_path(path)} cannot be read", why(error), _EXAMPLE) from error
    if unknown := sorted(set(content) - {"templates", "classes"}):
        raise _wrong(path, f"it has no key {clean_text(unknown[0])}")
    if not content.get("templates") and not content.get("classes"):
        raise _wrong(path, "it has neither templates nor classes")
    templates = _sentences(path, "templates", content.get("templates", []))
    if lacking := next((text for text in templates if PLACE not in text), ""):
        raise _wrong(path, f"the template {lacking!r} has no {PLACE} for the class")
    table = content.get("classes", {})
    if not isinstance(table, Mapping):
        raise _wrong(path, "classes is not a table")
    classes = {clean_text(name) or "": _sentences(path, f"classes.{clean_text(name)}", table[name]) for name in table}
    if empty := next((name for name, found in classes.items() if not name or not found), None):
        raise _wrong(path, f"the class {empty!r} has no prompt")
    return Prompts(templates, tuple(sorted(classes.items())))


def _sentences(path: Path, key: str, value: Any) -> tuple[str, ...]:
    """One or several sentences, each once."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise _wrong(path, f"{key} is no list of sentences")
    return tuple(dict.fromkeys(text for one in given if (text := clean_text(one))))


def _wrong(path: Path, cause: str) -> UsageError:
    return UsageError(f"{quoted_path(path)} is no file of prompts", cause, _EXAMPLE)
