"""Which photos must stay together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import UsageError
from curate.splits.groups import groups

LOW = "00000000ffffffff"


def flipped(hex_hash: str, bits: list[int]) -> str:
    """Return the hash with some bits turned over."""
    value = int(hex_hash, 16)
    for bit in bits:
        value ^= 1 << bit
    return f"{value:016x}"


PHOTO = st.fixed_dictionaries(
    {
        "photo_id": st.integers(1, 40),
        "owner": st.sampled_from([None, "ann", "ben", "cas"]),
        "subject_idx": st.one_of(st.none(), st.integers(0, 5)),
        "scene_idx": st.one_of(st.none(), st.integers(0, 5)),
        "sha256": st.one_of(st.none(), st.sampled_from("abcdef")),
        "phash": st.one_of(
            st.none(),
            st.lists(st.integers(0, 63), max_size=12, unique=True).map(lambda bits: flipped(LOW, bits)),
        ),
    }
)


def related(a: dict, b: dict, by: list[str]) -> bool:
    """Say whether two photos belong together, straight from the definition."""

    def same(column: str) -> bool:
        return a[column] is not None and a[column] == b[column]

    def near() -> bool:
        if a["phash"] is None or b["phash"] is None:
            return False
        return (int(a["phash"], 16) ^ int(b["phash"], 16)).bit_count() <= 4

    return (
        same("photo_id")
        or ("owner" in by and same("owner"))
        or ("scene" in by and (same("subject_idx") or same("scene_idx")))
        or ("duplicate" in by and (same("sha256") or near()))
    )


@settings(deadline=None)
@given(st.lists(PHOTO, max_size=14), st.sets(st.sampled_from(["owner", "scene", "duplicate"])))
def test_groups_are_the_transitive_closure(rows: list[dict], by: set[str]) -> None:
    """Two photos are in one group exactly if a chain of related photos joins them (closure by brute force)."""
    order = sorted(by)
    n = len(rows)
    reach = [[i == j or related(rows[i], rows[j], order) for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    labels = groups(rows, order)
    assert all((labels[i] == labels[j]) == reach[i][j] for i in range(n) for j in range(n))


def test_a_null_owner_joins_nobody() -> None:
    """Photos whose owner is unknown stay apart, or a local collection would be one single group."""
    rows = [{"photo_id": i, "owner": None} for i in range(4)]
    assert groups(rows, ["owner"]).tolist() == [0, 1, 2, 3]


def test_flat_pictures_are_no_duplicates_of_each_other() -> None:
    """Hashes of blank pictures are all alike and say nothing, so they join nobody."""
    rows = [{"photo_id": i, "phash": "8000000000000000"} for i in range(3)]
    assert groups(rows, ["duplicate"]).tolist() == [0, 1, 2]


def test_an_unknown_grouping_is_refused() -> None:
    """A misspelt grouping must not silently group by nothing."""
    with pytest.raises(UsageError, match="camera"):
        groups([], ["camera"])  # type: ignore[list-item]
