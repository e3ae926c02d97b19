"""Embedding speed: synthetic photos of 1.5 MP with the two offline networks and three masks.

    python -m benchmarks.embed [PHOTOS]

Prints seconds, photos a second, and the processor time of a photo, which hardly depends on the machine's other load.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.embeddings.embed import embed

SIZE = (1500, 1000)
MASKS = (0.0, 0.90, 0.95)


def write_photos(folder: Path, count: int) -> None:
    """JPEG files of quality 92 with structure and grain, about as large as a camera's."""
    for number in range(count):
        draw = np.random.default_rng(number)
        coarse = Image.fromarray(draw.integers(0, 256, (20, 30, 3), dtype=np.uint8)).resize(
            SIZE, Image.Resampling.BICUBIC
        )
        grain = Image.effect_noise(SIZE, 24).filter(ImageFilter.GaussianBlur(0.8)).convert("RGB")
        Image.blend(coarse, grain, 0.2).save(folder / f"{number + 1}.jpg", quality=92)


def processor_time() -> float:
    """Processor seconds of this process and of the ended processes that decoded for it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Write the photos, embed them, print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 360
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        folder.mkdir()
        write_photos(folder, count)
        megabytes = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        photo_set = open_set(folder)
        for encoders in (["offline/efficientnet-lite0", "offline/efficientnet-lite2"], ["baseline/residual"]):
            clock, processor = time.perf_counter(), processor_time()
            result = finish(embed(photo_set, encoders, masks=MASKS, run=Path(scratch) / "run"))
            clock, processor = time.perf_counter() - clock, processor_time() - processor
            print(
                f"{', '.join(encoders)}: {count} photos ({megabytes / count:.2f} MB each) × {len(MASKS)} masks, {result.device}: "
                f"{clock:.1f} s, {result.images_per_s} photos/s, {1000 * processor / count:.0f} ms of processor time a photo"
            )


if __name__ == "__main__":
    main()
