"""What people write under photos: titles, tags, descriptions; some of them hostile to whoever prints them."""

from __future__ import annotations

from tests.helpers.fake_flickr.chance import draw

VOCABULARY = (
    "sunset", "beach", "portrait", "street", "mountain", "flower", "dog", "cat", "car", "bridge", "city", "night",
    "winter", "summer", "autumn", "spring", "river", "lake", "forest", "bird", "train", "concert", "wedding",
    "family", "food", "garden", "museum", "snow", "tree", "cloud", "macro", "harbour", "island", "market", "church",
    "castle",
)  # fmt: skip
"""The words that titles and tags are made of, and so what `text` and `tags` can find. Fewer than 64: photos keep them as bits."""

HOSTILE = (
    "[/foo] {0} [bold red]{1}",
    "\x1b[31m{0}\x1b[0m {1} \x1b]0;owned\x07",
    "\u202egpj.{0}\u2066 {1}",
    "<script>alert('{0}')</script> & {1}",
    '=cmd|"/c {0}",\n{1}',
    "{0} {1}\u0000\u0085\ufeff\u200b",
)
"""Titles with markup, terminal controls, text direction marks, HTML, a spreadsheet's formula, and invisible characters."""

LONG = 6_000
"""Characters of a very long title."""


def title(seed: int, photo: int, first: int, second: int) -> str:
    """The title of a photo.

    Args:
        seed: Of the universe.
        photo: The photo's number.
        first: Index into the vocabulary.
        second: Likewise.
    """
    kind = draw(seed, "title", photo)
    words = VOCABULARY[first], VOCABULARY[second]
    match kind % 40:
        case 0:
            return HOSTILE[kind // 40 % len(HOSTILE)].format(*words)
        case 1:
            return (" ".join(words) + " ") * (LONG // (len(words[0]) + len(words[1]) + 2))
        case 2:
            return ""
        case 3:
            return str(kind // 40 % 10_000)
        case 4 | 5 | 6:
            return f"DSC_{kind // 40 % 10_000:04d}"
    return f"{words[0]} and {words[1]} – №{kind // 40 % 1000}"


def tags(bits: int) -> list[str]:
    """The tags that a photo's bits stand for."""
    return [word for place, word in enumerate(VOCABULARY) if bits >> place & 1]


def bits_of(words: list[str]) -> list[int]:
    """One bit mask for each word; 0 for a word that nobody wrote."""
    return [1 << VOCABULARY.index(word.lower()) if word.lower() in VOCABULARY else 0 for word in words]
