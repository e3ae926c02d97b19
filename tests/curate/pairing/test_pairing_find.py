"""Finding partners in collections whose truth is known."""

from __future__ import annotations

import csv
import hashlib
import random
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from pairing_photos import photo
from pairing_scenes import OTHER, PHONE, Collection, average_hash, make_scene, photograph

from curate.catalog.sides import PairingPhoto
from curate.pairing import search as searching
from curate.pairing.drawing import draw_matches, inlier_points
from curate.pairing.evidence import words
from curate.pairing.find import PairingResult, Signals, find_pairs
from curate.photos.facts import TakenPrecision
from tracer.base.files import is_partial
from tracer.base.progress import finish


def first_choices(result: PairingResult) -> dict[int, int]:
    """Each photo's best partner."""
    best: dict[int, tuple[float, int]] = {}
    for candidate in result.candidates:
        pair = candidate.phone_id, candidate.other_id
        for one, two in (pair, pair[::-1]):
            if one not in best or candidate.score > best[one][0]:
                best[one] = candidate.score, two
    return {one: two for one, (_, two) in best.items()}


def blank(photo: PairingPhoto, path: Path, value: int) -> PairingPhoto:
    """A photo without a single corner."""
    cv2.imwrite(str(path), np.full((300, 400, 3), value, np.uint8))
    return replace(photo, id=photo.id + 1000, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), preview=path)


def test_partner_comes_first(collection: Collection, result: PairingResult) -> None:
    """Every photo's best candidate shows its scene, look-alikes and wrong clocks notwithstanding."""
    chosen = first_choices(result)
    assert set(chosen) == {photo.id for photo in collection.photos}
    assert all(collection.scene_of[one] == collection.scene_of[two] for one, two in chosen.items())


def test_partner_comes_first_without_time(collection: Collection, cache: Path) -> None:
    """Pictures alone find the partner, and no clock is spoken of."""
    result = finish(find_pairs(collection.photos[:24], cache, Signals(time=False, gps=False)))
    assert all(collection.scene_of[a] == collection.scene_of[b] for a, b in first_choices(result).items())
    assert result.clock_offsets == []
    assert all(candidate.evidence.time_gap_s is None for candidate in result.candidates)


def test_shortlist_keeps_the_partners(
    collection: Collection, cache: Path, result: PairingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Voting descriptors shortlist the right partners among a few of many, so that most pairs are never compared."""
    monkeypatch.setattr(searching, "SHORTLIST", 3)
    monkeypatch.setattr(searching, "ALL", 0)
    short = finish(find_pairs(collection.photos, cache))
    assert short.compared < result.compared / 2
    assert all(collection.scene_of[a] == collection.scene_of[b] for a, b in first_choices(short).items())


def test_clock_offsets(result: PairingResult) -> None:
    """The offsets of any two cameras are found to within the shots' lag of twenty seconds, in the stated direction (b minus
    a): four from matches, those of two phones and of two others through a third camera."""
    clocks = {"Acme|P1": 0.0, "Blip|P2": 35.0, "Corp|D1": -5025.0, "Dorn|M2": 30_000.0}
    assert sorted(offset.source for offset in result.clock_offsets) == ["chain"] * 2 + ["content"] * 4
    for offset in result.clock_offsets:
        assert offset.seconds == pytest.approx(clocks[offset.camera_b] - clocks[offset.camera_a], abs=20)
        assert offset.support >= 8


@pytest.mark.slow
def test_result_depends_on_neither_workers_nor_order(collection: Collection, cache: Path, tmp_path: Path) -> None:
    """Two processes, a fresh cache and shuffled photos give the same candidates to the last bit."""
    few = collection.photos[:16]
    shuffled = random.Random(5).sample(few, len(few))
    found = finish(find_pairs(shuffled, tmp_path, workers=2))
    assert found.candidates and found == finish(find_pairs(few, cache))


def test_sides_and_cameras_never_mix(collection: Collection, cache: Path) -> None:
    """A phone is only ever offered another camera's photo, also where one camera was put on both sides."""
    few = collection.photos[:16]
    photos = [*few, *(replace(p, side="other", id=p.id + 500) for p in few if p.camera == "Acme|P1")]
    side = {photo.id: photo.side for photo in photos}
    camera = {photo.id: photo.camera for photo in photos}
    result = finish(find_pairs(photos, cache))
    assert {(side[c.phone_id], side[c.other_id]) for c in result.candidates} == {("phone", "other")}
    assert all(camera[c.phone_id] != camera[c.other_id] for c in result.candidates)


def test_photos_that_cannot_be_compared_are_listed(collection: Collection, cache: Path, tmp_path: Path) -> None:
    """A blank picture, a file that is no picture and a missing preview are left out, each with its reason."""
    phone, other = collection.photos[0], collection.photos[2]
    plain = blank(phone, tmp_path / "plain.jpg", 200)
    text = tmp_path / "text.jpg"
    text.write_text("no picture", encoding="utf-8")
    broken = replace(other, id=2000, sha256="b" * 64, preview=text)
    gone = replace(other, id=2001, sha256="c" * 64, preview=tmp_path / "gone.jpg")
    result = finish(find_pairs([phone, other, plain, broken, gone], cache))
    reasons = dict(result.left_out)
    assert set(reasons) == {plain.id, 2000, 2001}
    assert "distinct points" in reasons[plain.id]
    assert "is not a picture" in reasons[2000]
    assert "is damaged" in reasons[2001]
    assert (result.phones, result.others) == (1, 1)


@pytest.mark.parametrize("side", ["phone", "other", None])
def test_one_side_alone(collection: Collection, cache: Path, side: str | None) -> None:
    """With no photo on one side, or none at all, there are no candidates and no error."""
    photos = [photo for photo in collection.photos if photo.side == side]
    result = finish(find_pairs(photos, cache))
    assert result.candidates == [] and result.clock_offsets == [] and result.left_out == []


def test_identical_photos_under_two_names(collection: Collection, cache: Path) -> None:
    """Copies of a photo under another id are compared too, and both find the partner."""
    phone, other = collection.photos[0], collection.photos[2]
    result = finish(find_pairs([phone, replace(phone, id=900), other], cache))
    assert first_choices(result) == {phone.id: other.id, 900: other.id, other.id: phone.id}
    assert sum(candidate.assigned for candidate in result.candidates) == 1


def test_each_photo_is_assigned_once(collection: Collection, result: PairingResult) -> None:
    """The one-to-one choice uses no photo twice and is right."""
    chosen = [(c.phone_id, c.other_id) for c in result.candidates if c.assigned]
    assert len({a for a, _ in chosen}) == len({b for _, b in chosen}) == len(chosen) == 20
    assert all(collection.scene_of[a] == collection.scene_of[b] for a, b in chosen)


def test_candidates_are_ordered_and_ranked(result: PairingResult) -> None:
    """The best come first, scores are probabilities, and ranks count from each photo's side."""
    scores = [candidate.score for candidate in result.candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    for candidate in result.candidates:
        rivals = [c.score for c in result.candidates if c.phone_id == candidate.phone_id]
        assert candidate.evidence.rank_phone == 1 + sum(score > candidate.score for score in rivals)


def test_damaged_cache_is_made_again(collection: Collection, tmp_path: Path) -> None:
    """A cached file that was cut short is replaced, not trusted and not fatal."""
    photos = [collection.photos[0], collection.photos[2]]
    before = finish(find_pairs(photos, tmp_path))
    for path in sorted(tmp_path.rglob("*.features")):
        path.write_bytes(path.read_bytes()[:100])
    assert finish(find_pairs(photos, tmp_path)) == before


def test_cancelling_keeps_what_is_done(collection: Collection, tmp_path: Path) -> None:
    """Closing the work in the middle leaves whole files only, and the next run goes on from them."""
    work = find_pairs(collection.photos[:8], tmp_path)
    for _ in range(3):
        next(work)
    work.close()
    assert len(list(tmp_path.rglob("*.features"))) == 3
    assert [path for path in tmp_path.rglob("*") if is_partial(path.name)] == []


def test_matches_can_be_drawn(collection: Collection, cache: Path) -> None:
    """Inlier points of a right pair lie in both pictures and map onto each other."""
    phone, other = collection.photos[0], collection.photos[2]
    found = inlier_points(phone, other, cache)
    assert len(found.a) == len(found.b) >= 20 and not found.mirrored
    assert cv2.findHomography(found.a, found.b, cv2.RANSAC, 9.0)[1].mean() > 0.5
    assert (found.a >= 0).all() and (found.a <= (640, 640)).all()
    drawn = draw_matches(phone, other, found)
    widths = [cv2.imread(str(photo.preview)).shape[1] for photo in (phone, other)]
    assert drawn.shape[1] > sum(widths) and drawn.dtype == np.uint8
    plain = draw_matches(phone, other, found, most=0)
    assert (drawn != plain).any(axis=2).mean() > 0.005


def test_a_longer_lens_and_a_turned_camera(tmp_path: Path) -> None:
    """A tele view that shows a quarter of the wide one, and a camera held upright, still find their partner."""
    photos, truth = [], {}
    tele, upright = replace(OTHER, zoom=2.6), replace(OTHER, name="Corp|D2")
    for scene in range(6):
        for camera in (PHONE, tele, upright):
            picture = photograph(make_scene(700 + scene), camera, 700 + scene)
            if camera is upright:
                picture = np.ascontiguousarray(np.rot90(picture))
            path = tmp_path / f"{scene}-{camera.name[-2:]}.jpg"
            cv2.imwrite(str(path), picture)
            number = len(photos)
            truth[number] = scene
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            photos.append(
                photo(number, camera.side, camera.name, sha256=digest, preview=path, phash=average_hash(picture))
            )
    result = finish(find_pairs(photos, tmp_path / "cache"))
    assert all(truth[a] == truth[b] for a, b in first_choices(result).items())
    zoomed = [c.evidence for c in result.candidates if photos[c.other_id].camera == "Corp|D1" and c.score > 0.5]
    turned = [c.evidence for c in result.candidates if photos[c.other_id].camera == "Corp|D2" and c.score > 0.5]
    assert len(zoomed) >= 5 and all(e.scale_ratio == pytest.approx(2.6, rel=0.1) for e in zoomed)
    assert len(turned) >= 5 and all(abs(abs(e.rotation_deg or 0) - 90) < 15 for e in turned)
    assert any("2.6 times larger in the other photo" in line for line in words(zoomed[0]))


def test_mirrored_picture_is_found_and_said(collection: Collection, tmp_path: Path) -> None:
    """A mirrored copy of the partner is found, and its evidence says that it is mirrored; another scene's is not."""
    phone, other, elsewhere = collection.photos[0], collection.photos[2], collection.photos[10]
    mirrored = []
    for number, one in enumerate((other, elsewhere)):
        picture = cv2.imread(str(one.preview))
        assert picture is not None
        path = tmp_path / f"mirrored-{number}.jpg"
        cv2.imwrite(str(path), picture[:, ::-1])
        mirrored.append(replace(one, id=901 + number, sha256=f"{number:064x}", preview=path))
    result = finish(find_pairs([phone, *mirrored], tmp_path / "cache", Signals(time=False)))
    found = {candidate.other_id: candidate for candidate in result.candidates}
    assert found[901].score > 0.9 and found[901].evidence.mirrored
    assert "one of the two is mirrored" in words(found[901].evidence)
    assert 902 not in found or (found[902].score < 0.1 and not found[902].evidence.mirrored)
    drawn = inlier_points(phone, mirrored[0], tmp_path / "cache")
    assert drawn.mirrored and len(drawn.a) >= 20


def test_time_blocks_a_large_collection(
    collection: Collection, cache: Path, result: PairingResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searched by a sample and by time, a collection gives the same partners from far fewer comparisons, and photos that
    know no time are found by their pictures all the same."""
    monkeypatch.setattr(searching, "WHOLE", 0)
    monkeypatch.setattr(searching, "SHORTLIST", 2)
    dateless = {photo.id for photo in collection.photos if collection.scene_of[photo.id] == 3}
    photos = [
        replace(p, taken_at=None, taken_precision=TakenPrecision.UNKNOWN) if p.id in dateless else p
        for p in collection.photos
    ]
    blocked = finish(find_pairs(photos, cache))
    assert blocked.compared < result.compared / 2
    chosen = first_choices(blocked)
    assert set(chosen) == {photo.id for photo in collection.photos}
    assert all(collection.scene_of[a] == collection.scene_of[b] for a, b in chosen.items())


@pytest.mark.slow
@pytest.mark.corpus
def test_real_pairs(corpus: Path, tmp_path: Path) -> None:
    """On real scenes shot with a phone and a DSLR, the partner comes first for every photo, both ways, with
    confidence."""
    photos, scene = [], {}
    with (corpus / "pairs" / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        picture = cv2.imread(str(corpus / "pairs" / row["file"]))
        assert picture is not None
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (640, round(640 * height / width)), interpolation=cv2.INTER_AREA)
        path = tmp_path / f"{number}.jpg"
        cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 90])
        scene[number] = row["scene"]
        photos.append(
            photo(
                number,
                "phone" if row["type"] == "smartphone" else "other",
                f"{row['make']}|{row['model']}",
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                preview=path,
                phash=average_hash(small),
            )
        )
    result = finish(find_pairs(photos, tmp_path / "cache", workers=2))
    chosen = first_choices(result)
    assert set(chosen) == set(scene)
    assert all(scene[a] == scene[b] for a, b in chosen.items())
    best = [c for c in result.candidates if c.evidence.rank_phone == 1]
    assert min(c.score for c in best) > 0.9
    wrong = [c.score for c in result.candidates if scene[c.phone_id] != scene[c.other_id]]
    assert max(wrong, default=0.0) < 0.5
