"""Exact and near duplicates and their keepers."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import DisjointSet

from curate.duplicates.groups import find_duplicates, number_duplicates
from curate.duplicates.hashes import CANDIDATE_BITS, connected, near_pairs, near_texts, parse_hash
from curate.duplicates.likeness import alike_by_hash, join_alike, may_be_copies

NAMES = st.integers(0, 2**64 - 1)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 63), max_size=20).flatmap(
        lambda bits: st.lists(st.sampled_from([0, *(1 << b for b in bits)]), max_size=40)
    ),
    NAMES,
    st.integers(0, 10),
)
def test_near_pairs_are_all_pairs_within_the_limit(steps: list[int], start: int, bits: int) -> None:
    """Banding finds every pair of hashes within the limit, and no other (all pairs compared by brute force)."""
    values = [start]
    for step in steps:
        values.append(values[-1] ^ step)
    hashes = np.array(values, dtype=np.uint64)
    found = [tuple(sorted(p)) for a, b in near_pairs(hashes, bits) for p in zip(a.tolist(), b.tolist(), strict=True)]
    n = len(values)
    expected = [(j, i) for i in range(n) for j in range(i) if (values[i] ^ values[j]).bit_count() <= bits]
    assert sorted(found) == sorted(expected)  # each of them once


def photo(path: str, **values: object) -> dict:
    """Return a label row with what duplicates look at."""
    return {"path": path, "sha256": path, "format": "JPEG", "width": 100, "height": 100, "edited": False, **values}


def test_exact_copies_and_their_keeper() -> None:
    """Files with the same bytes form one group; the first path is kept; a file that could not be read is no copy."""
    rows = [photo("b.jpg", sha256="1"), photo("a.jpg", sha256="1"), photo("c.jpg", sha256="2")]
    rows += [photo("x.jpg", sha256=None), photo("y.jpg", sha256=None)]
    report = find_duplicates(rows)
    assert [(g.keeper, g.others) for g in report.exact] == [("a.jpg", ("b.jpg",))]
    assert report.near == ()


def test_the_keeper_rule() -> None:
    """Original over edited, HEIC over JPEG over PNG, larger, earlier: each decides where all before are equal."""
    hash_ = "00000000ffffffff"
    better_first = [
        (photo("z", phash=hash_), photo("a", phash=hash_, edited=True, width=900)),
        (photo("z", phash=hash_, format="HEIF"), photo("a", phash=hash_, width=900)),
        (photo("z", phash=hash_), photo("a", phash=hash_, format="PNG", width=900)),
        (photo("z", phash=hash_, width=101), photo("a", phash=hash_, taken_at="2001-01-01T00:00:00")),
        (photo("z", phash=hash_, taken_at="2001-01-01T00:00:00"), photo("a", phash=hash_, taken_at=None)),
    ]
    for better, worse in better_first:
        for rows in ([better, worse], [worse, better]):
            (group,) = find_duplicates(rows).near
            assert (group.keeper, group.others) == ("z", ("a",))


def test_near_groups_name_one_file_for_each_set_of_copies() -> None:
    """Three files, two of them equal, are one exact group and one near group of two, with the bits between them."""
    rows = [
        photo("a", sha256="1", phash="00000000ffffffff"),
        photo("b", sha256="1", phash="00000000ffffffff"),
        photo("c", sha256="2", phash="00000000fffffff8", width=50),
        photo("d", sha256="3", phash="ffffffff00000000"),
    ]
    report = find_duplicates(rows)
    assert [(g.keeper, g.others, g.bits, g.reason) for g in report.near] == [("a", ("c",), 3, "it has more pixels")]
    assert [(g.keeper, g.others) for g in report.exact] == [("a", ("b",))]


def test_a_hundred_thousand_hashes() -> None:
    """A large library is compared in seconds, and planted neighbours are found among random hashes."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, 100_000, dtype=np.uint64)
    texts: list[str | None] = [f"{v:016x}" for v in values.tolist()]
    texts[70_000] = f"{int(values[3]) ^ 0b1011:016x}"
    labels = connected(len(texts), near_texts(texts))
    assert labels[70_000] == labels[3] == 3
    assert len(set(labels.tolist())) == len(texts) - 1


@pytest.mark.parametrize("raw", ["CR2", "SRW", "3FR", "X3F"])
def test_files_of_one_shot_are_a_group(raw: str) -> None:
    """A raw file of any maker and the JPEG beside it share name, second and camera; neither hash nor folder is asked."""
    shot = {"taken_precision": "second", "Make": "Canon", "Model": "Canon EOS 40D"}
    rows = [
        photo(f"/p/raw/IMG_1.{raw}", format=raw, taken_at="2019-07-14T09:21:11.25", **shot),
        photo("/p/img_1.jpg", taken_at="2019-07-14T09:21:11", width=200, **shot),
        photo("/p/IMG_2.jpg", taken_at="2019-07-14T09:21:11", **shot),
        photo("/q/IMG_1.jpg", taken_at="2019-07-14T09:21:12", **shot),
        photo("/r/IMG_1.jpg"),
    ]
    (group,) = find_duplicates(rows).near
    assert (group.keeper, group.others, group.reason) == (
        f"/p/raw/IMG_1.{raw}",
        ("/p/img_1.jpg",),
        "its format keeps more",
    )


def test_what_files_say_stands_against_copies() -> None:
    """Another camera or another second is another shot; what a copy lost says nothing."""
    time = {"taken_at": "2019-07-14T09:21:11.25", "taken_precision": "second"}
    one = {"Make": "Apple", "Model": "iPhone X", **time}
    assert may_be_copies(one, {"Make": None, "Model": None})
    assert may_be_copies(one, {"Make": "apple", "Model": "IPHONE X", **time} | {"Make": "Apple"})
    assert may_be_copies(one, {**one, "taken_at": "2019-07-14T09:21:11"})
    assert may_be_copies(one, {**one, "taken_at": "2019-07-14", "taken_precision": "day"})
    assert not may_be_copies(one, {**one, "taken_at": "2019-07-14T09:21:11.75"})
    assert not may_be_copies(one, {**one, "taken_at": "2019-07-14T09:21:12"})
    assert not may_be_copies(one, {"Make": "Nikon", "Model": "D90"})


def test_groups_do_not_depend_on_the_order_of_the_rows() -> None:
    """Any order of the rows gives the same groups; `duplicate_idx` says which files belong together, copies too."""
    rows = [photo(f"p{i}", sha256=str(i // 2), phash=f"{0xFFFF0000 ^ (1 << i // 4):016x}") for i in range(8)]
    reports = [find_duplicates(rows[k:] + rows[:k]) for k in range(8)]
    assert all(report == reports[0] for report in reports)
    assert set(number_duplicates(rows, lambda a, b: False).tolist()) == {-1}
    assert set(number_duplicates(rows, lambda a, b: True).tolist()) == {0}


def test_a_person_overrules_the_rule() -> None:
    """The latest choice of a group wins, also among exact copies; a file that is gone is kept last."""
    hash_ = "00000000ffffffff"
    rows = [photo("a", phash=hash_, width=900), photo("b", phash=hash_, keeper=1), photo("c", phash=hash_, keeper=2)]
    (group,) = find_duplicates(rows).near
    assert (group.keeper, group.reason) == ("c", "a person chose it")
    (group,) = find_duplicates([photo("a", sha256="1"), photo("b", sha256="1", keeper=1)]).exact
    assert group.keeper == "b"
    (group,) = find_duplicates([photo("a", sha256="1", status="missing"), photo("b", sha256="1")]).exact
    assert (group.keeper, group.reason) == ("b", "its file is there")


def test_near_pairs_of_crowded_hashes() -> None:
    """Hundreds of hashes that share their bands are compared all with all, too (brute force)."""
    rng = np.random.default_rng(2)
    steps = rng.integers(0, 64, (300, 6), dtype=np.uint64)
    hashes = np.unique(np.bitwise_xor.reduce(np.uint64(1) << steps, axis=1))
    found = [tuple(sorted(p)) for a, b in near_pairs(hashes, 4) for p in zip(a.tolist(), b.tolist(), strict=True)]
    near = np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= 4
    assert sorted(found) == [(i, j) for i, j in np.argwhere(near).tolist() if i < j]
    assert found


def groups_of(sets: DisjointSet) -> list[list[int]]:
    """The sets of several numbers, in order."""
    return sorted(sorted(members) for members in sets.subsets() if len(members) > 1)


def joined_plainly(rows: list[dict[str, Any]], alike: Any) -> list[list[int]]:
    """The rule of `join_alike` without any index: each face of a hash, and each pair of faces of near hashes, is judged."""
    sets = DisjointSet(range(len(rows)))
    faces: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        value = parse_hash(row["phash"])
        assert value is not None
        known = faces.setdefault(value, [])
        like = next((j for j in known if alike(rows[j], row)), None)
        if like is None:
            known.append(i)
        else:
            sets.merge(like, i)
    for one, two in itertools.combinations(faces, 2):
        if (one ^ two).bit_count() <= CANDIDATE_BITS:
            for i, j in itertools.product(faces[one], faces[two]):
                if alike(rows[i], rows[j]):
                    sets.merge(i, j)
    return groups_of(sets)


SHOTS = st.fixed_dictionaries(
    {
        "phash": st.sampled_from(["00000000ffffffff", "00000000fffffff0", "00000000ffffff80", "0f0f0f0f0f0f0f0f"]),
        "Model": st.sampled_from([None, "X", "Y"]),
        "taken_precision": st.sampled_from(["second", "second", "day", None]),
        "taken_at": st.sampled_from(
            ["2019-07-14T09:21:11", "2019-07-14T09:21:11.25", "2019-07-14T09:21:12", "2019-07-14", "", None]
        ),
        "look": st.integers(0, 2),
    }
)


@settings(max_examples=300, deadline=None)
@given(st.lists(SHOTS, max_size=16), st.booleans())
def test_looking_within_seconds_alone_changes_no_answer(rows: list[dict[str, Any]], pixels: bool) -> None:
    """Groups are those of the plain rule, by hashes and by pixels, whatever the photos say of time and camera."""

    def alike(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return may_be_copies(a, b) and a["look"] == b["look"] if pixels else alike_by_hash(a, b)

    sets = DisjointSet()
    join_alike(sets, [row["phash"] for row in rows], rows.__getitem__, alike)
    assert groups_of(sets) == joined_plainly(rows, alike)


def test_a_time_lapse_is_quick() -> None:
    """Twenty thousand frames of a few hashes, one a second, and a copy without a time take seconds; one copy is found."""
    hashes = [f"{0xF0E1D2C3B4A59687 ^ (1 << k):016x}" for k in range(4)]
    rows = [
        photo(
            f"{i:06}.jpg",
            phash=hashes[i % 7 % 4],
            Model="X",
            taken_precision="second",
            taken_at=f"2020-01-0{1 + i // 86_400}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}",
        )
        for i in range(20_000)
    ]
    rows.append(rows[777] | {"path": "copy.jpg", "sha256": "copy.jpg", "width": 50})
    start = time.process_time()
    (group,) = find_duplicates(rows).near
    assert time.process_time() - start < 5
    assert (group.keeper, group.others) == ("000777.jpg", ("copy.jpg",))


def test_near_pairs_of_many_hashes() -> None:
    """Among so many hashes that three bands are asked to agree, each planted pair is found once, and only near ones."""
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 2**64, 70_000, dtype=np.uint64)
    for place in range(60):
        flipped = rng.choice(64, size=place % (CANDIDATE_BITS + 1) + 1, replace=False)
        hashes[60_000 + place] = hashes[place] ^ np.uint64(sum(1 << int(bit) for bit in flipped))
    found = [p for a, b in near_pairs(hashes, CANDIDATE_BITS) for p in zip(a.tolist(), b.tolist(), strict=True)]
    planted = {(place, 60_000 + place) for place in range(60) if place % (CANDIDATE_BITS + 1) < CANDIDATE_BITS}
    assert planted <= set(found) and len(found) == len(set(found))
    a, b = np.array(found).T
    assert (np.bitwise_count(hashes[a] ^ hashes[b]) <= CANDIDATE_BITS).all()
