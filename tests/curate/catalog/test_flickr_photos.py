"""Photos with a Flickr ID in the catalogue: added, completed, forgotten, and what is still to be done for each."""

from __future__ import annotations

import dataclasses

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.catalog import decisions
from curate.catalog.flickr_photos import (
    ListedCounts,
    counts,
    failures,
    flickr_photo,
    flickr_photos,
    forget_steps,
    has_originals,
    is_pending,
    pending,
    put_listings,
    record_step,
    refusals,
    store,
)
from curate.catalog.forgetting import forget
from curate.catalog.listing import Listing
from curate.catalog.photos import licence_days
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, TakenPrecision
from curate.workspace import Workspace

Entry = tuple[Listing, Exif | None]

LISTINGS = st.builds(
    Listing,
    st.integers(1, 6),
    st.just("flickr"),
    owner=st.none() | st.sampled_from(["1@N01", "2@N02"]),
    license=st.none() | st.sampled_from(["CC0-1.0", "CC-BY-2.0"]),
    license_seen=st.none() | st.sampled_from(["2026-01-01", "2026-02-02"]),
    taken_at=st.none() | st.just("2013-05-04T12:30:00"),
    taken_precision=st.sampled_from(TakenPrecision),
    semantic_label=st.none() | st.sampled_from(["dog", "cat"]),
    gone=st.booleans(),
)
EXIFS = st.none() | st.builds(Exif, make=st.sampled_from([None, "Canon"]), iso=st.sampled_from([None, 100, 200]))


def entry(flickr_id: int, **more: object) -> Entry:
    """A photo without EXIF."""
    return Listing(flickr_id, "flickr", owner="1@N01", license="CC0-1.0", **more), None  # type: ignore[arg-type]


def state(catalog: Catalog) -> list[object]:
    """All that listings write, whatever the order of row numbers."""
    photos = {one.listing.flickr_id: dataclasses.replace(one, photo=0) for one in flickr_photos(catalog, range(10))}
    return [photos, [{**row, "path": row["path"]} for row in catalog.labels()], catalog.counts("status")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.lists(st.tuples(LISTINGS, EXIFS), max_size=5), max_size=4))
def test_many_at_once_are_as_one_by_one(tmp_path_factory: object, batches: list[list[Entry]]) -> None:
    """The fast way for new photos writes what the other one does."""
    states = []
    for single in (False, True):
        place = tmp_path_factory.mktemp("listed")  # type: ignore[attr-defined]
        with Catalog.open(Workspace.create(place / "w")) as catalog:
            for batch in batches:
                latest = list({one[0].flickr_id: one for one in batch}.values())  # of equal ones the last counts
                for part in [[one] for one in latest] if single else [batch]:
                    put_listings(catalog, part)
            states.append(state(catalog))
    assert states[0] == states[1]


def failed(catalog: Catalog) -> int:
    """For how many photos asking for EXIF failed."""
    return sum(one.step == "exif" for one in refusals(catalog, "failed"))


def test_counts_of_adding(catalog: Catalog) -> None:
    """New, changed, the same."""
    assert put_listings(catalog, [entry(1), entry(2), entry(2)]) == ListedCounts(added=2)
    changed = (dataclasses.replace(entry(1)[0], license="CC-BY-2.0"), None)
    assert put_listings(catalog, [changed, entry(2)]) == ListedCounts(updated=1, unchanged=1)
    assert put_listings(catalog, [(entry(2)[0], Exif(make="Canon"))]) == ListedCounts(updated=1)
    assert [row["status"] for row in catalog.labels()] == ["listed", "ok"]


def test_a_forgotten_photo_stays_out_and_comes_back_with_undo(catalog: Catalog) -> None:
    """Nothing is asked about it meanwhile, and its failures are none."""
    put_listings(catalog, [entry(1), entry(2)])
    record_step(catalog, 1, "exif", "failed", "no answer")
    forget(catalog, ["flickr:1"])
    assert put_listings(catalog, [entry(1), entry(2)]) == ListedCounts(unchanged=1, forgotten=1)
    assert [row["path"] for row in catalog.labels()] == ["flickr:2"]
    assert pending(catalog, "exif") == [2] and failed(catalog) == 0 and counts(catalog) == (1, 1)
    decisions.undo(catalog)
    assert [row["path"] for row in catalog.labels()] == ["flickr:1", "flickr:2"]
    assert pending(catalog, "exif") == [2, 1] and failed(catalog) == 1
    assert put_listings(catalog, [entry(1)]) == ListedCounts(unchanged=1)


def test_what_a_person_says_stays(catalog: Catalog) -> None:
    """Whatever a later listing or its EXIF says."""
    put_listings(catalog, [entry(1, semantic_label="dog")])
    decisions.label(catalog, [flickr_photo(catalog, 1).photo], "semantic_label", "cat")
    put_listings(catalog, [(Listing(1, "flickr", license="CC-BY-2.0"), Exif(make="Canon"))])
    (row,) = catalog.labels()
    assert (row["semantic_label"], row["license"], row["Make"], row["photo_id"]) == ("cat", "CC-BY-2.0", "Canon", 1)


def test_steps(catalog: Catalog) -> None:
    """Done and refused ones are over; those that failed come again, after the others."""
    put_listings(catalog, [entry(number) for number in range(1, 6)])
    assert pending(catalog, "exif") == [1, 2, 3, 4, 5]
    record_step(catalog, 1, "exif", "failed", "no answer")
    record_step(catalog, 2, "exif", "refused", "hidden")
    record_step(catalog, 3, "exif", "done")
    assert pending(catalog, "exif") == [4, 5, 1] and failed(catalog) == 1
    assert [(one.photo_id, one.step, one.reason) for one in refusals(catalog)] == [(2, "exif", "hidden")]
    assert pending(catalog, "original") == [1, 2, 3, 4, 5] == pending(catalog, "recheck")
    forget_steps(catalog, "exif", 2)
    forget_steps(catalog, "exif")
    assert pending(catalog, "exif") == [1, 2, 3, 4, 5]


def test_a_failure_is_as_old_as_its_reason(catalog: Catalog) -> None:
    """Runs of every hour that fail alike do not make it younger; another reason does."""
    record_step(catalog, 1, "original", "failed", "not allowed (403)")
    catalog.connection.execute("UPDATE flickr_step SET at = '2020-01-02T03:04:05+00:00'")
    record_step(catalog, 1, "original", "failed", "not allowed (403)")
    assert failures(catalog, "original") == {1: ("not allowed (403)", "2020-01-02T03:04:05+00:00")}
    record_step(catalog, 1, "original", "failed", "the answer was empty")
    assert failures(catalog, "original")[1][1] > "2026"


def test_a_photo_that_is_gone_needs_a_recheck_alone(catalog: Catalog) -> None:
    """It may have come back. A failure that came before does not count."""
    put_listings(catalog, [entry(1), entry(2)])
    record_step(catalog, 1, "exif", "failed", "no answer")
    known = flickr_photo(catalog, 1)
    store(catalog, dataclasses.replace(known, listing=dataclasses.replace(known.listing, gone=True)))
    assert failed(catalog) == 0
    assert pending(catalog, "exif") == pending(catalog, "original") == [2]
    assert sorted(pending(catalog, "recheck")) == [1, 2]
    assert dict(catalog.counts("status")) == {"gone": 1, "listed": 1}


def test_originals_that_may_be_downloaded(catalog: Catalog) -> None:
    """By their licences, and not those that were refused."""
    put_listings(
        catalog, [entry(1), entry(2), (Listing(3, "flickr", license="CC-BY-2.0"), None), (Listing(4, "flickr"), None)]
    )
    assert has_originals(catalog, ["CC0-1.0"]) and not has_originals(catalog, [])
    record_step(catalog, 1, "original", "refused", "not offered")
    record_step(catalog, 2, "original", "failed", "no answer")
    assert has_originals(catalog, ["CC0-1.0"])
    record_step(catalog, 2, "original", "refused", "not offered")
    assert not has_originals(catalog, ["CC0-1.0"]) and has_originals(catalog, ["CC0-1.0", "CC-BY-2.0"])
    assert is_pending(catalog, "original") and is_pending(catalog, "exif")
    record_step(catalog, 3, "original", "done")
    record_step(catalog, 4, "original", "done")
    assert not is_pending(catalog, "original")


def test_days_of_licences(catalog: Catalog) -> None:
    """For photos that have one."""
    put_listings(catalog, [entry(1, license_seen="2026-01-01"), entry(2)])
    assert licence_days(catalog) == {1: "2026-01-01"}
