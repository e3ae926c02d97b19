"""What is typed into the library's filter."""

from __future__ import annotations

import pytest

from curate.tui.filtering import where_of


@pytest.mark.parametrize(
    "text",
    [
        "camera_type = 'dslr'",
        "width>3000",
        "edited IS NULL",
        "edited is not true",
        "path like '%a%'",
        "camera_type in ('dslr')",
        "width between 1 and 2",
    ],
)
def test_a_comparison_is_an_expression(text: str) -> None:
    """It is used as it is."""
    assert where_of(text) == text


@pytest.mark.parametrize("text", ["nothing like this", "what is this", "a walk in May", "between the trees"])
def test_everything_else_is_words(text: str) -> None:
    """They are looked for in names and cameras; words of SQL among them mean nothing."""
    assert f"path LIKE '%{text}%'" in str(where_of(text))


def test_nothing_typed_is_all_photos() -> None:
    """There is no expression."""
    assert where_of("") is None
