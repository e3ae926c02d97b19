"""Real scenes, each shot with a phone and another camera: is the partner first in both directions, and which are confident?"""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import cv2
import imagehash
from PIL import Image

from curate.catalog.sides import PairingPhoto
from curate.pairing.find import find_pairs
from curate.photos.facts import TakenPrecision
from tracer.base.progress import finish

CONFIDENT = 0.98
"""The score from which a candidate is accepted without a person."""


def tell(folder: Path, cache: Path) -> list[str]:
    """Print the figures of a folder of real pairs (`images.csv` has files, scenes, cameras, types); return the targets missed."""
    place = cache / "real"
    place.mkdir(parents=True, exist_ok=True)
    photos, scene = [], {}
    with (folder / "images.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        picture = cv2.imread(str(folder / row["file"]))
        if picture is None:
            continue
        height, width = picture.shape[:2]
        ratio = min(1.0, 640 / max(height, width))
        path = place / f"{number}.jpg"
        small = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 90])
        scene[number] = row["scene"]
        photos.append(
            PairingPhoto(
                id=number,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                preview=path,
                side="phone" if row["type"] == "smartphone" else "other",
                camera=f"{row['make']}|{row['model']}",
                taken_at=None,
                taken_precision=TakenPrecision.UNKNOWN,
                utc_offset=None,
                gps_utc=None,
                latitude=None,
                longitude=None,
                phash=str(imagehash.phash(Image.open(path))),
                name=path.name,
            )
        )
    result = finish(find_pairs(photos, place / "cache", workers=os.cpu_count() or 1))
    best: dict[int, tuple[float, int]] = {}
    for c in result.candidates:
        for one, two in ((c.phone_id, c.other_id), (c.other_id, c.phone_id)):
            best[one] = max(best.get(one, (-1.0, 0)), (c.score, -two))
    missed = []
    by_id = {photo.id: photo for photo in photos}
    for side in ("phone", "other"):
        asked = [photo.id for photo in photos if photo.side == side]
        right = sum(k in best and scene[-best[k][1]] == scene[k] for k in asked)
        print(f"real: partner first for {right} of {len(asked)} photos, {side} side")
        if right < len(asked):
            missed.append(f"real pairs, {side} side")
    confident = [c for c in result.candidates if c.score >= CONFIDENT]
    right = sum(scene[c.phone_id] == scene[c.other_id] for c in confident)
    print(f"real: candidates from {CONFIDENT}: {right} right, {len(confident) - right} wrong")
    if right < len(confident):
        missed.append(f"real pairs, wrong candidates from {CONFIDENT}")
    same = sum(
        by_id[c.phone_id].camera == by_id[c.other_id].camera or by_id[c.phone_id].side == by_id[c.other_id].side
        for c in result.candidates
    )
    print(f"real: candidates of one camera or one side: {same} of {len(result.candidates)}")
    return missed + (["real pairs of one camera"] if same else [])
