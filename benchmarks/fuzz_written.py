"""The seeds of the fuzzing of files that are read back: files that both programs wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from curate.catalog import decisions
from curate.catalog.exchange import exported
from curate.catalog.labelling import SAID_KEYS
from curate.catalog.store import Catalog
from curate.export.run import export_workspace
from curate.ingest import ingest
from curate.pairing import features
from curate.resources import data_file
from curate.workspace import Workspace
from tracer import results
from tracer.base.progress import finish
from tracer.embeddings import store
from tracer.embeddings.shards import Piece, Shards
from tracer.evaluation import cache
from tracer.experiments.outcome import Estimate, Outcome, Source
from tracer.images.hashes import fingerprint
from tracer.results import photo_scores
from tracer.results.photo_scores import PhotoScores

_CAMERAS = (("Canon", "Canon EOS 40D"), ("Apple", "iPhone 8"))
_PHOTOS = 28
KEY = "key"
"""The key of the kept outcome and of the shards."""


def write_seeds(root: Path) -> Path:
    """Write all seeds below a new folder, and return the folder."""
    photos = root / "photos"
    photos.mkdir(parents=True)
    for number in range(_PHOTOS):
        _photo(photos / f"{number}.png", number)
    workspace = Workspace.create(root / "ws")
    with workspace.writing("fuzz"), Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [photos], jobs=1))
        rows = list(catalog.labels(None, None))
        sides = [[row["sha256"] for row in rows if row["Make"] == make] for make, _ in _CAMERAS]
        for other, phone in zip(*sides, strict=True):
            decisions.decide(catalog, "accept", phone, other)
        decisions.label(catalog, catalog.photo_ids_where("1"), "semantic_label", "cat")
        finish(export_workspace(catalog, workspace.exports / "set"))
        log = "".join(json.dumps(row) + "\n" for row in exported(catalog))
        _caches(workspace, rows[0]["sha256"])
    lists = root / "lists"
    lists.mkdir()
    (lists / "decisions.jsonl").write_text(log, encoding="utf-8")
    names = [f"../photos/{number}.png" for number in range(_PHOTOS)]
    said = ["file," + ",".join(SAID_KEYS), *(f"{name}," + ",".join("x" for _ in SAID_KEYS) for name in names)]
    (lists / "sidecar.csv").write_text("\n".join(said) + "\n", encoding="utf-8")
    pairs = ["image_a,image_b", *(f"{a},{b}" for a, b in zip(names[::2], names[1::2], strict=True))]
    (lists / "pairs.csv").write_text("\n".join(pairs) + "\n", encoding="utf-8")
    scenes = ["file,scene", *(f"{name},{number // 4}" for number, name in enumerate(names))]
    (lists / "scenes.csv").write_text("\n".join(scenes) + "\n", encoding="utf-8")
    shutil.copy(data_file("paircams.toml"), lists / "recipe.toml")
    _foreign_sets(root, workspace.exports / "set")
    _pictures(root / "pictures")
    for name in ("run", "other-run"):
        _run(root / name, workspace.exports / "set")
    return root


def _photo(path: Path, number: int) -> None:
    random = np.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = _CAMERAS[number % 2]
    exif.get_ifd(0x8769)[0x9003] = f"2019:07:{1 + number:02d} 09:21:11"
    coarse.resize((64, 48), Image.Resampling.BICUBIC).save(path, exif=exif)


def _caches(workspace: Workspace, sha256: str) -> None:
    """Store the features of a photo with enough corners, and its preview, where the workspace keeps them."""
    noise = np.random.default_rng(1).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((320, 240), Image.Resampling.NEAREST)
    preview = workspace.preview(sha256)
    preview.parent.mkdir(parents=True, exist_ok=True)
    picture.save(preview, "JPEG")
    found = features.compute(preview)
    if isinstance(found, str):
        raise SystemExit(f"the seeds cannot be made: {found}")
    features.save(features.cached_path(workspace.cache, sha256), found)


def _foreign_sets(root: Path, dataset: Path) -> None:
    """Write the same photos as a set with labels in CSV, and as one with labels in JSON lines."""
    import pandas as pd

    table = pd.read_parquet(dataset / "metadata.parquet")
    for kind in ("csv", "jsonl"):
        folder = root / f"foreign-{kind}"
        shutil.copytree(dataset / "images", folder / "images")
        if kind == "csv":
            table.to_csv(folder / "metadata.csv", index=False)
        else:
            table.to_json(folder / "metadata.jsonl", orient="records", lines=True)


def _pictures(folder: Path) -> None:
    """A picture of each format that can be exported, with a colour profile and Exif."""
    import pillow_heif
    from PIL import ImageCms

    pillow_heif.register_heif_opener()
    folder.mkdir()
    picture = Image.radial_gradient("L").resize((48, 32)).convert("RGB")
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "Canon", "somebody"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("jpeg", "png", "webp", "heif", "avif"):
        picture.save(folder / f"picture.{kind}", kind.upper(), exif=exif, icc_profile=icc)
    picture.save(folder / "progressive.jpeg", "JPEG", exif=exif, icc_profile=icc, progressive=True)


def _run(run: Path, dataset: Path) -> None:
    """Write embeddings, shards, results and kept outcomes as an evaluation does; the figures are invented."""
    run.mkdir()
    random = np.random.default_rng(2)
    ids = np.sort(np.array([int(path.stem) for path in (dataset / "images").iterdir()], np.int64))
    vectors = random.normal(size=(len(ids), 4)).astype(np.float32)
    columns = {"model": np.arange(len(ids)) % 2, "label": np.arange(len(ids)) % 3}
    folder = run / "embeddings" / "set"
    folder.mkdir(parents=True)
    store.save(folder / "model=clip_variant=ViT-B-16.safetensors", vectors, ids, columns, {"encoder": "clip/ViT-B-16"})
    shards = Shards(run / "shards" / "set" / "a", KEY, len(ids))
    shards.folder.mkdir(parents=True)
    shards.write(0, Piece(ids, vectors, {}))
    source = Source("set", "clip/ViT-B-16")
    rows = [
        source.row("probe", "Make", setting, "accuracy", Estimate(value, None, 0.5, len(ids)), 1)
        for setting, value in (("acquisition", 0.8), ("unseen-cameras", 0.6))
    ]
    recall = Estimate(0.4, None, 0.1, len(ids))
    rows.append(source.row("retrieval", "", "query=phone,negatives=same", "recall@1", recall, None))
    numbers = [int(photo_id) for photo_id in ids]
    values = [float(number % 2) for number in range(len(ids))]
    entries = [source.per_photo(row, ids, np.arange(len(ids)) // 2, np.array(values)) for row in rows]
    confusion = {"experiment": "probe", "encoder": "clip/ViT-B-16", "attribute": "Make", "classes": ["Apple", "Canon"],
                 "confusion": [[4, 1], [2, 3]], "recalls": [0.8, 0.6]}  # fmt: skip
    audit = json.loads((dataset / "audit.json").read_text(encoding="utf-8"))
    meta = {
        "dataset": {"name": "set", "photos": len(numbers)},
        "versions": {"tracer": "1"},
        "device": "cpu",
        "seconds": 1.5,
        "details": [confusion],
        "skipped": [{"what": "knn", "why": "too few"}],
        "warnings": ["few"],
        "audit": audit,
    }
    results.write(run, rows, meta)
    photo_scores.write(run, entries, set(), keep=False)
    (run / "kept").mkdir()
    keys = [PhotoScores(entry.key, numbers, [0] * len(numbers), values) for entry in entries]
    cache.keep(run / "kept" / "probe.json", KEY, Outcome(rows, [confusion], ["few"], [], keys))
    pictures = [(int(path.stem), path) for path in (dataset / "images").iterdir()]
    finish(fingerprint(pictures, run / "shards" / "set" / "photos.json", 1))
