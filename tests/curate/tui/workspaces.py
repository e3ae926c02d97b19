"""A workspace for the app's tests: made-up photos with previews, candidates between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from curate.catalog.candidates import replace_candidates
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.photos.facts import Exif, PhotoFacts, Status, TakenPrecision
from curate.workspace import Workspace

EVIDENCE = {
    "matches": 143,
    "inliers": 98,
    "view": "homography",
    "overlap": 0.82,
    "time_gap_s": 12.0,
    "hash_distance": 10,
}

PHONE = ("Apple", "iPhone X", "smartphone")
CAMERA = ("NIKON CORPORATION", "NIKON D5500", "dslr")


def picture(number: int, warm: bool) -> Image.Image:
    """A quiet abstract picture; both sides of a pair show the same one in their own colours."""
    random = np.random.default_rng(number)
    base = random.integers(30, 225, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(base).resize((320, 240), Image.Resampling.BICUBIC)
    red, green, blue = image.split()
    gain = 1.12 if warm else 0.9
    return Image.merge(
        "RGB", (red.point(lambda v: min(255, int(v * gain))), green, blue.point(lambda v: min(255, int(v / gain))))
    )


def make_workspace(root: Path, pairs: int, make: str = PHONE[0], previews: bool = True) -> Workspace:
    """A workspace with that many phone photos, as many camera photos, and the right candidates plus one wrong one a phone."""
    workspace = Workspace.create(root, settings_text='name = "harbour walk"\n[review]\nimages = "half"\n')
    with Catalog.open(workspace) as catalog, catalog.transaction():
        ids: dict[tuple[int, int], int] = {}
        for number in range(pairs):
            for side, (maker, model, _) in enumerate(((make, PHONE[1], ""), CAMERA)):
                sha256 = f"{2 * number + side:064x}"
                exif = Exif(
                    make=maker, model=model, exposure_s=1 / (120 if side else 60), aperture=2.8 if side else 1.8,
                    iso=100 if side else 64, focal_mm=35.0 if side else 4.2, flash_fired=False,
                    taken_at=f"2024-05-04T{10 + number // 60:02d}:{number % 60:02d}:{12 * side:02d}",
                    taken_precision=TakenPrecision.SECOND, orientation=1, software=None if side else "17.4.1",
                )  # fmt: skip
                facts = PhotoFacts(
                    Status.OK,
                    sha256=sha256,
                    format="JPEG",
                    width=4032,
                    height=3024,
                    exif=exif,
                    jpeg_quality=95 - side,
                    jpeg_subsampling="4:2:0",
                )
                name = f"DSC_{number:04d}.JPG" if side else f"IMG_{number:04d}.JPG"
                ids[number, side] = put_photo(
                    catalog, f"/photos/{'camera' if side else 'phone'}/{name}".encode(), facts, 1
                )
                if previews:
                    place = workspace.preview(sha256)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    picture(number, warm=side == 0).save(place, "JPEG", quality=90)
        candidates = [(ids[n, 0], ids[n, 1], 0.99 - 0.002 * n, True, EVIDENCE) for n in range(pairs)]
        if pairs > 1:
            candidates += [
                (ids[n, 0], ids[(n + 1) % pairs, 1], 0.1, False, {"matches": 9, "inliers": 4, "agreement": 0.0})
                for n in range(pairs)
            ]
        replace_candidates(catalog, candidates)
    return workspace
