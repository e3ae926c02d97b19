"""Embedding files: ours, the paper's, and damaged ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tracer.embeddings import store
from tracer.errors import EmbeddingsError
from tracer.images.views import view


def _write(path: Path, **tensors: np.ndarray) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name.replace("_ID", " ID"): value for name, value in tensors.items()}, path)


def _vectors(count: int, dim: int = 4) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, dim)).astype(np.float32)


def test_paths_are_the_papers(tmp_path: Path) -> None:
    """Processings and masks have folders, the untouched view has none."""
    names = [
        store.folder(tmp_path, "Set", view(*words)).relative_to(tmp_path).as_posix() for words in [(), ("MASK_95",)]
    ]
    assert names == ["embeddings/Set", "embeddings/Set/MASK_95"]
    assert (
        store.file_name("model=clip_variant=ViT-B-16", "train") == "model=clip_variant=ViT-B-16_split=train.safetensors"
    )


def test_saved_files_come_back_and_are_equal_byte_for_byte(tmp_path: Path) -> None:
    """What is saved is loaded; the same content gives the same bytes, header included."""
    ids, vectors = np.array([5, 3, 9]), _vectors(3)
    header = {"b": 1, "a": {"z": "é", "y": [1]}}
    for name in ("one", "two"):
        store.save(tmp_path / name, vectors, ids, {"label": np.array([0, 1, -1])}, header)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read = store.read_file(tmp_path / "one")
    assert read.ids.tolist() == [5, 3, 9] and np.array_equal(read.vectors, vectors) and read.vectors.dtype == np.float32
    assert read.columns["label"].tolist() == [0, 1, -1] and read.header == header
    assert read.rows_of(np.array([9, 4, 5])).tolist() == [2, -1, 0]
    assert list(tmp_path.glob(".*")) == []


def test_the_papers_files(tmp_path: Path) -> None:
    """FlickrExif, PairCams and ImageNet files are read by encoder name from a plain folder."""
    stem = "model=clip_variant=ViT-B-16"
    _write(tmp_path / "f" / f"{stem}.safetensors", image_embeddings=_vectors(3), Flickr_ID=np.array([7, 8, 9]))
    _write(
        tmp_path / "p" / f"{stem}.safetensors",
        image_embeddings=_vectors(2),
        subject=np.array([0, 0]),
        model=np.array([0, 1]),
    )
    assert store.load(tmp_path / "f", None, "clip/ViT-B-16").ids.tolist() == [7, 8, 9]
    pairs = store.load(tmp_path / "p", None, "clip/ViT-B-16")
    assert pairs.ids.tolist() == [0, 1] and pairs.columns["model"].tolist() == [0, 1]
    for split, count in (("train", 4), ("val", 2)):
        _write(
            tmp_path / "i" / "JPEG75_420" / f"{stem}_split={split}.safetensors",
            image_embeddings=_vectors(count), label=np.arange(count),
        )  # fmt: skip
    both = store.load(tmp_path / "i", None, "clip/ViT-B-16", "JPEG75_420")
    assert both.columns["split"].tolist() == ["train"] * 4 + ["val"] * 2 and len(both.ids) == 6
    assert len(store.load(tmp_path / "i", None, "clip/ViT-B-16", "JPEG75_420", split="val").ids) == 2


@pytest.mark.parametrize("kind", ["float16", "float64", "bfloat16"])
def test_other_precisions_become_float32(tmp_path: Path, kind: str) -> None:
    """Half, double and bfloat16 files are cast on reading."""
    import torch
    from safetensors.torch import save_file

    values = torch.tensor([[0.5, -2.0], [1.5, 4.0]])
    save_file({"image_embeddings": values.to(getattr(torch, kind))}, tmp_path / "x.safetensors")
    read = store.read_file(tmp_path / "x.safetensors")
    assert read.vectors.dtype == np.float32 and read.vectors.tolist() == values.tolist()


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """Missing, cut, without embeddings, not finite, doubled ids, unequal lengths: each a message that names the
    place."""
    good = _vectors(3)
    bad = good.copy()
    bad[1, 2] = np.nan
    _write(tmp_path / "nan", image_embeddings=bad, Flickr_ID=np.array([10, 11, 12]))
    _write(tmp_path / "twice", image_embeddings=good, Flickr_ID=np.array([10, 11, 10]))
    _write(tmp_path / "other", something=good)
    _write(tmp_path / "flat", image_embeddings=good.ravel())
    _write(tmp_path / "length", image_embeddings=good, label=np.arange(2))
    (tmp_path / "cut").write_bytes((tmp_path / "nan").read_bytes()[:-9])
    cases = {
        "nan": "not finite: 1 photo, ids 11",
        "twice": "more than once: 1 id, 10",
        "other": "holds no embeddings",
        "flat": "shape",
        "length": "label and the embeddings differ in length",
        "cut": "cannot be read",
        "none": "There is no file",
    }
    for name, words in cases.items():
        with pytest.raises(EmbeddingsError, match=words):
            store.read_file(tmp_path / name)
    with pytest.raises(EmbeddingsError, match="not finite"):
        store.save(tmp_path / "new", bad, np.arange(3), {}, {})
    assert not (tmp_path / "new").exists()


def test_a_missing_file_says_what_is_there(tmp_path: Path) -> None:
    """The way out lists the encoders of the folder, or says that nothing was embedded."""
    _write(tmp_path / "model=clip_variant=RN50.safetensors", image_embeddings=_vectors(1))
    with pytest.raises(EmbeddingsError) as raised:
        store.load(tmp_path, None, "clip/ViT-B-16")
    assert "model=clip_variant=RN50.safetensors" in raised.value.way_out
    with pytest.raises(EmbeddingsError) as raised:
        store.load(tmp_path, "Set", "clip/ViT-B-16")
    assert "tracer embed" in raised.value.way_out


def test_a_checkpoint_that_is_gone_is_found_by_its_stem(tmp_path: Path) -> None:
    """Embeddings outlive the weights: one file of that stem is taken, two are not guessed between."""
    _write(tmp_path / "model=openclip_variant=mine-0123abcd.safetensors", image_embeddings=_vectors(2))
    assert len(store.load(tmp_path, None, "openclip:ViT-B-32@/gone/mine.pt").ids) == 2
    _write(tmp_path / "model=openclip_variant=mine-9999abcd.safetensors", image_embeddings=_vectors(2))
    with pytest.raises(Exception, match="cannot be read"):
        store.load(tmp_path, None, "openclip:ViT-B-32@/gone/mine.pt")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails, the message says so, the old file stays and no rest lies about."""
    store.save(tmp_path / "x", _vectors(2), np.arange(2), {}, {"n": 1})
    before = (tmp_path / "x").read_bytes()

    def full(partial: Path, data: bytes) -> None:
        partial.open("wb").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EmbeddingsError, match="No space left"):
        store.save(tmp_path / "x", _vectors(3), np.arange(3), {}, {})
    assert (tmp_path / "x").read_bytes() == before and sorted(path.name for path in tmp_path.iterdir()) == ["x"]
