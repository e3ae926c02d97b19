"""The queue of pairs, without a screen."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.pairs import alternatives, queue
from curate.catalog.store import Catalog
from curate.review.plain import review_plain
from curate.review.queue import ReviewQueue
from tests.curate.tui.workspaces import make_workspace


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalogue with five proposed pairs, and five candidates that are not proposed."""
    with Catalog.open(make_workspace(tmp_path / "w", 5, previews=False)) as opened:
        yield opened


@pytest.fixture
def review(catalog: Catalog) -> ReviewQueue:
    """The queue, read."""
    made = ReviewQueue(catalog)
    made.refresh()
    return made


def name(review: ReviewQueue) -> str | None:
    """The phone photo that is asked about."""
    return review.pair and Path(review.pair.phone).stem


def score(catalog: Catalog, number: int, value: float) -> None:
    """Give a proposed pair another score."""
    pair = next(p for p in queue(catalog) if p.assigned and p.phone.endswith(f"{number:04d}.JPG"))
    catalog.connection.execute(
        "UPDATE candidate SET score = ? WHERE phone = ? AND other = ?", (value, pair.phone_id, pair.other_id)
    )


def test_a_pair_that_moves_to_the_front_is_not_passed_over(catalog: Catalog, review: ReviewQueue) -> None:
    """New scores put an undecided pair before the one in view: it is asked about next, and skipped ones are not."""
    assert name(review) == "IMG_0000" and review.place == "1 of 5 proposed, 5 others"
    review.skip()
    review.decide("reject")
    assert name(review) == "IMG_0002"
    score(catalog, 4, 0.999)
    review.refresh()
    assert name(review) == "IMG_0002"
    review.decide("reject")
    assert name(review) == "IMG_0004"
    review.decide("reject")
    assert name(review) == "IMG_0003"


def test_others_are_asked_about_once_they_are_wanted(catalog: Catalog, review: ReviewQueue) -> None:
    """After the last proposed pair nothing can be decided by mistake; a skipped one, and the others, come when wanted."""
    assert not review.go_beyond()
    review.skip()
    for _ in range(4):
        review.decide("reject")
    assert review.pair is None and review.at_the_others and review.skipped == 1
    assert review.decide("accept") is None and not review.go(1)
    assert review.skip() and name(review) == "IMG_0000"
    review.decide("reject")
    assert review.pair is None and review.at_the_others
    assert review.go_beyond() and review.pair is not None and not review.pair.assigned
    assert review.place == "1 of 5 not proposed"
    while review.pair is not None:
        review.decide("reject")
    assert review.waiting == 0 and not review.at_the_others and review.place == "nothing waits"


def test_skipping_goes_round(review: ReviewQueue) -> None:
    """When all were skipped, all come again, the others after the proposed ones."""
    review.show(queue(review._catalog)[5])  # one of the others, wanted by itself
    assert review.pair is not None and not review.pair.assigned
    seen = []
    while not review.at_the_others:
        seen.append(name(review))
        review.skip()
    assert seen[1:] == [f"IMG_000{number}" for number in range(5)]
    review.go_beyond()
    assert [review.skip() for _ in range(4)] == [False, False, False, True]
    assert name(review) == "IMG_0000"


def test_backwards_and_forwards(review: ReviewQueue) -> None:
    """Pairs can be looked at in order; a decision goes on with the first that was not passed by."""
    assert not review.go(-1) and review.go(1) and review.go(1) and name(review) == "IMG_0002"
    assert review.go(-1) and name(review) == "IMG_0001"
    review.decide("accept")
    assert name(review) == "IMG_0002"


def test_the_plain_review_stops_at_the_others(catalog: Catalog) -> None:
    """Yes to everything accepts the proposed pairs alone; `o` asks about the others."""
    out = io.StringIO()
    review_plain(catalog, io.StringIO("n\n" * 5 + "y\no\nn\nq\n"), out)
    said = out.getvalue()
    assert "1 of 5 proposed, 5 others. Same scene?" in said
    assert "No proposed pair is left. 5 other candidates left" in said
    assert "Not understood. o asks about the others" in said and "1 of 5 not proposed. Same scene?" in said
    assert said.count("rejected") == 6 and "accepted" not in said


def test_the_next_candidate_of_a_phone_photo(catalog: Catalog, review: ReviewQueue) -> None:
    """One after the other and round again; a photo with one candidate has no other one; nothing in view, nothing to show."""
    first = review.pair
    assert first is not None
    assert review.show_alternative() == (2, 2)
    assert review.pair is not None and (review.pair.phone, review.pair.other != first.other) == (first.phone, True)
    assert review.show_alternative() == (1, 2) and review.pair == first
    assert ReviewQueue(catalog).show_alternative() is None


def test_an_undone_pair_is_asked_about_again(catalog: Catalog, review: ReviewQueue) -> None:
    """Named by its photos' contents; one that waits no longer is not."""
    pair = review.decide("accept")
    assert pair is not None
    assert not review.show_pair_of(pair.phone_sha256, pair.other_sha256) and review.pair != pair
    decisions.undo(catalog)
    review.refresh()
    assert review.show_pair_of(pair.phone_sha256, pair.other_sha256)
    assert review.pair is not None and (review.pair.phone, review.pair.other) == (pair.phone, pair.other)
    assert review.skips == 0 and not review.skip() and review.skips == 1


def test_partners_of_a_pair_that_is_taken(catalog: Catalog, review: ReviewQueue) -> None:
    """Of a candidate whose photo is paired already, the photo and its partner are told; of a free one nothing."""
    assert review.partners() == []
    other = next(pair for pair in queue(catalog) if not pair.assigned)
    best = next(pair for pair in queue(catalog) if pair.assigned and pair.phone == other.phone)
    decisions.decide(catalog, "accept", best.phone_sha256, best.other_sha256)
    review.refresh()
    review.show(next(pair for pair in alternatives(catalog, other.phone_sha256) if pair.taken))
    assert review.partners() == [(best.phone, best.other)]
