"""Draw the matches of two virtual photos from different standpoints: `python -m benchmarks.drawn_standpoints TARGET.jpg`.

The picture in docs/pairing.md is made so. Of the first virtual scenes, the pair is drawn that cannot be laid over each other and
agrees most significantly.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2

from benchmarks.virtual_pairs import virtual_pairs
from benchmarks.virtual_standpoints import Standpoints
from curate.demo.plan import CollectionOptions
from curate.pairing.compare import compare
from curate.pairing.drawing import draw_matches, inlier_points
from curate.pairing.features import WIDE, compute
from curate.pairing.score.model import LAID_OVER
from tracer.base.files import write_atomically

SEED = 31
SCENES = 12
WIDTH = 1100
"""Pixels of the drawing."""


def main() -> None:
    """Render the scenes, choose the pair and draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="the JPEG file to write")
    target = parser.parse_args().target
    with tempfile.TemporaryDirectory(prefix="standpoints-") as place:
        folder = Path(place)
        truth = virtual_pairs(folder, SCENES, SEED, CollectionOptions(), scale=0.6, standpoints=Standpoints())
        best = None
        for phone in truth.photos:
            for other in truth.photos:
                if phone.side != "phone" or other.side != "other" or truth.scene[phone.id] != truth.scene[other.id]:
                    continue
                one, two = compute(phone.preview), compute(other.preview)
                if isinstance(one, str) or isinstance(two, str):
                    continue
                found = compare(one, two, one.unit(WIDE), two.unit(WIDE), wide=True)
                apart = (found.alignment or 0.0) < LAID_OVER
                if apart and found.agreement is not None and (best is None or found.agreement > best[0]):
                    best = found.agreement, phone, other
        assert best is not None, "no pair from different standpoints"
        value, phone, other = best
        picture = draw_matches(phone, other, inlier_points(phone, other, folder / "cache"), most=40, thickness=2)
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (WIDTH, round(height * WIDTH / width)), interpolation=cv2.INTER_AREA)
        done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert done
        write_atomically(target, data.tobytes())
        print(f"{target}: such agreement by chance: one in 10^{int(value)}")


if __name__ == "__main__":
    main()
