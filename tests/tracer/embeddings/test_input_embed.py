"""Embedding a set: what the files hold, and that neither batches, workers, order nor interruptions change them."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.helpers.input_photos import paired_rows, picture, write_flat, write_metadata, write_set
from tracer.base.progress import Progress, finish
from tracer.dataset import open_set
from tracer.embeddings import store
from tracer.embeddings.batches import Resources
from tracer.embeddings.embed import EmbedResult, embed
from tracer.encoders.catalogue import HALF, Group
from tracer.encoders.encoder import BaselineEncoder, Encoder, NetworkEncoder
from tracer.encoders.registry import load
from tracer.errors import EmbeddingsError, EncoderError, UsageError
from tracer.images.crop import Crop

COLOUR = "baseline/colour"
LITE = "offline/efficientnet-lite0"
BICUBIC = ("INTERPOLATION_BICUBIC",)


def _tiny() -> Encoder:
    """A real but very small network, with random weights."""
    return load("timm:test_resnet", random_weights=True)


def _embed(folder: Path, run: Path, encoders: Iterable[str | Encoder] = (COLOUR,), **options: Any) -> EmbedResult:
    return finish(embed(open_set(folder), encoders, run=run, **options))


def _hashes(run: Path) -> dict[str, str]:
    """sha256 of every embedding file, by its path below the run."""
    paths = sorted((run / "embeddings").rglob("*.safetensors"))
    return {path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


class _Counting(BaselineEncoder):
    """A baseline that counts the pictures it was given."""

    pictures = 0

    def __init__(self, crop: Crop = Crop(32, "bicubic"), name: str = "test/mean") -> None:
        super().__init__(name, *name.split("/"), Group.OTHER, crop, None, self._means, 3)

    def _means(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.pictures += len(pixels)
        return pixels.mean(axis=(1, 2)).astype(np.float32)


def test_files_lie_where_the_layout_says_and_hold_the_papers_keys(tmp_path: Path) -> None:
    """Every encoder × processing × mask has its file; a set with pairs and classes has all of the paper's keys, and
    a file of pairs."""
    write_set(tmp_path / "set", paired_rows(6))
    run = tmp_path / "run"
    result = _embed(tmp_path / "set", run, processings=("IDENTITY", "JPEG75_420"), masks=(0.0, 0.95))
    expected = {
        f"embeddings/{dataset}/{folder}model=baseline_variant=colour.safetensors"
        for dataset in ("set", "set-pairs")
        for folder in ("", "MASK_95/", "JPEG75_420/", "JPEG75_420+MASK_95/")
    }
    assert set(_hashes(run)) == expected == {path.relative_to(run).as_posix() for path in result.files}
    assert (result.images, result.embedded, result.encoders, result.failed, result.device) == (
        13,
        13,
        (COLOUR,),
        (),
        "cpu",
    )
    assert result.images_per_s is not None and result.images_per_s > 0
    from safetensors.numpy import load_file

    main = load_file(run / "embeddings/set/model=baseline_variant=colour.safetensors")
    assert {name: (values.dtype.name, values.shape) for name, values in main.items()} == {
        "image_embeddings": ("float32", (13, 512)), "Flickr ID": ("int64", (13,)), "subject": ("int64", (13,)),
        "model": ("int64", (13,)), "label": ("int64", (13,)),
    }  # fmt: skip
    assert [main[name][-1] for name in ("Flickr ID", "subject", "model", "label")] == [5, -1, -1, -1]
    table = open_set(tmp_path / "set").table
    assert main["Flickr ID"].tolist() == table["photo_id"].tolist()
    pairs = load_file(run / "embeddings/set-pairs/model=baseline_variant=colour.safetensors")
    assert len(pairs["subject"]) == 12
    assert np.array_equal(pairs["subject"][pairs["model"] == 0], pairs["subject"][pairs["model"] == 1])
    assert not (run / "shards" / "set" / "IDENTITY").exists()


def test_vectors_are_those_of_the_view_alone(tmp_path: Path) -> None:
    """What the fan-out stores for a processed, masked photo is what the single steps give by hand."""
    from tracer.images.decode import decode
    from tracer.images.masking import compress_before_mask, mask
    from tracer.images.processing import Processing, process

    folder = write_flat(tmp_path / "set", 3)
    encoder = _tiny()
    _embed(folder, tmp_path / "run", [encoder, COLOUR], processings=("INTERPOLATION_BOX",), masks=(0.9,), seed=7)
    stored = store.load(tmp_path / "run", "set", encoder.name, "INTERPOLATION_BOX", 0.9)
    import torch

    for row, photo_id in enumerate(stored.ids.tolist()):
        processed = process(decode(folder / f"{photo_id}.jpg"), Processing.INTERPOLATION_BOX, photo_id, 7)
        crop = mask(compress_before_mask(encoder.crop.of(processed)), 0.9)
        alone = encoder.encode(torch.from_numpy(np.asarray(crop).copy()).permute(2, 0, 1)[None]).numpy()[0]
        assert np.abs(stored.vectors[row] - alone).max() < 1e-4


def test_batch_size_workers_and_file_order_do_not_matter(tmp_path: Path) -> None:
    """Vectors agree to 1e-4 between batches of 1, 3 and 64, one worker and three, and a set whose rows are shuffled."""
    rows, tiny = paired_rows(5), _tiny()
    write_set(tmp_path / "set", rows)
    _embed(
        tmp_path / "set",
        tmp_path / "a",
        [tiny],
        using=Resources(batch_size=1, workers=1),
        processings=("INTERPOLATION_BICUBIC",),
    )
    _embed(
        tmp_path / "set",
        tmp_path / "b",
        [tiny],
        using=Resources(batch_size=3, workers=3),
        processings=("INTERPOLATION_BICUBIC",),
    )
    write_metadata(tmp_path / "set", rows[::-1])
    _embed(
        tmp_path / "set",
        tmp_path / "c",
        [tiny],
        using=Resources(batch_size=64, workers=2),
        processings=("INTERPOLATION_BICUBIC",),
    )
    read = [store.load(tmp_path / run, "set", tiny.name, "INTERPOLATION_BICUBIC") for run in "abc"]
    for other in read[1:]:
        assert np.array_equal(other.ids, read[0].ids)
        assert np.abs(other.vectors - read[0].vectors).max() < 1e-4
    assert np.abs(read[0].vectors[0] - read[0].vectors[1]).max() > 1e-2


def test_the_same_call_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs into two folders write identical files."""
    folder = write_flat(tmp_path / "set", 9)
    for run in ("a", "b"):
        _embed(folder, tmp_path / run, [_tiny(), COLOUR], masks=(0.0, 0.95))
    assert _hashes(tmp_path / "a") == _hashes(tmp_path / "b")


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    """A second run computes nothing; a further mask computes only itself."""
    folder, encoder = write_flat(tmp_path / "set", 7), _Counting()
    _embed(folder, tmp_path / "run", [encoder])
    assert encoder.pictures == 7
    again = _embed(folder, tmp_path / "run", [encoder])
    assert encoder.pictures == 7 and again.images_per_s is None and again.embedded == 0
    _embed(folder, tmp_path / "run", [encoder], masks=(0.0, 0.5))
    assert encoder.pictures == 14


def test_changed_pictures_make_embeddings_stale(tmp_path: Path) -> None:
    """A photo that was swapped under its name, added or taken away: the file is made anew, whatever the metadata
    say."""
    rows: list[dict[str, Any]] = [
        {"file_name": f"{number}.png", "photo_id": number, "sha256": "0" * 64} for number in range(1, 6)
    ]
    folder, encoder, run = write_set(tmp_path / "set", rows), _Counting(), tmp_path / "run"
    _embed(folder, run, [encoder])
    old = store.load(run, "set", "test/mean")
    picture(99).save(folder / "3.png")
    _embed(folder, run, [encoder])
    new = store.load(run, "set", "test/mean")
    assert encoder.pictures == 10
    assert (np.abs(new.vectors - old.vectors).max(axis=1) > 1e-3).tolist() == [False, False, True, False, False]
    write_metadata(folder, rows[:-1])
    _embed(folder, run, [encoder])
    assert store.load(run, "set", "test/mean").ids.tolist() == [1, 2, 3, 4] and encoder.pictures == 14


def test_changed_labels_are_written_without_embedding_again(tmp_path: Path) -> None:
    """New pairs and classes reach the files, in the new order, with the vectors kept; a file of pairs that no longer
    exist goes."""
    rows = paired_rows(4)
    folder, encoder, run = write_set(tmp_path / "set", rows), _Counting(), tmp_path / "run"
    _embed(folder, run, [encoder])
    old = store.load(run, "set", "test/mean")
    pairs = store.folder(run, "set-pairs", store.view()) / "model=test_variant=mean.safetensors"
    assert pairs.is_file()
    write_metadata(folder, [{**row, "subject_idx": None, "semantic_label": "one"} for row in rows])
    _embed(folder, run, [encoder])
    new = store.load(run, "set", "test/mean")
    assert encoder.pictures == 9 and not pairs.exists()
    assert "subject" not in new.columns and set(new.columns["label"].tolist()) == {0}
    assert np.array_equal(new.vectors, old.vectors[old.rows_of(new.ids)]) and new.ids.tolist() != old.ids.tolist()


def test_another_encoder_under_the_same_name_is_noticed(tmp_path: Path) -> None:
    """What decides the embeddings is part of a file's key: other preprocessing, other file."""
    folder = write_flat(tmp_path / "set", 3)
    _embed(folder, tmp_path / "run", [_Counting()])
    other = _Counting(Crop(16, "bicubic"))
    _embed(folder, tmp_path / "run", [other])
    assert other.pictures == 3


def test_other_weights_in_memory_are_noticed(tmp_path: Path) -> None:
    """A network that was made in memory is known by its weights: once they change, old embeddings are not taken for its own;
    two networks under one name are refused in one call."""
    import torch

    folder, run = write_flat(tmp_path / "set", 3), tmp_path / "run"
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())

    def encoder(module: torch.nn.Module) -> NetworkEncoder:
        return NetworkEncoder("a/b", "a", "b", Group.OTHER, Crop(8, "bicubic"), None, *HALF, build=lambda: module)

    first = encoder(network)
    assert [_embed(folder, run, [first]).embedded for _ in range(2)] == [3, 0]
    old = store.load(run, "set", "a/b").vectors
    with torch.no_grad():
        network[0].weight.mul_(2)
    assert _embed(folder, run, [first]).embedded == 3
    assert np.abs(store.load(run, "set", "a/b").vectors - old).max() > 1e-3
    with pytest.raises(UsageError, match="would have the same files"):
        _embed(folder, run, [first, encoder(torch.nn.Flatten())])


def test_seed_matters_where_something_is_drawn(tmp_path: Path) -> None:
    """Another seed makes the random scales anew, and nothing else."""
    folder, encoder = write_flat(tmp_path / "set", 3), _Counting()
    names = ("IDENTITY", "INTERPOLATION_BOX")
    _embed(folder, tmp_path / "run", [encoder], processings=names)
    _embed(folder, tmp_path / "run", [encoder], processings=names, seed=1)
    assert encoder.pictures == 9


def test_unreadable_photos_are_listed_and_left_out(tmp_path: Path) -> None:
    """A truncated file and a text are in no embedding file, and in every result, also when nothing is computed any
    more."""
    folder = write_flat(tmp_path / "set", 4, width=300, height=200)
    whole = (folder / "2.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "3.jpg").write_text("no picture")
    for _ in range(2):
        result = _embed(folder, tmp_path / "run", masks=(0.0, 0.95))
        assert [photo_id for photo_id, _ in result.failed] == [2, 3]
        assert "decoded" in result.failed[0][1] and "no picture" in result.failed[1][1]
        assert store.load(tmp_path / "run", "set", COLOUR, mask=0.95).ids.tolist() == [1, 4]
    (folder / "2.jpg").write_bytes(whole)
    assert [photo_id for photo_id, _ in _embed(folder, tmp_path / "run").failed] == [3]


def test_a_view_that_a_photo_cannot_take_fails_alone(tmp_path: Path) -> None:
    """A photo too large for JPEG once doubled is in all files but that view's."""
    folder = write_flat(tmp_path / "set", 2)
    picture(1, width=33_000, height=200).save(folder / "9.png")
    result = _embed(folder, tmp_path / "run", processings=("JPEG95_444", "RESIZE_DOUBLE"), masks=(0.5,))
    assert [photo_id for photo_id, _ in result.failed] == [9] and result.failed[0][1].startswith(
        "RESIZE_DOUBLE+MASK_50: "
    )
    assert store.load(tmp_path / "run", "set", COLOUR, "JPEG95_444", 0.5).ids.tolist() == [1, 2, 9]
    assert store.load(tmp_path / "run", "set", COLOUR, "RESIZE_DOUBLE", 0.5).ids.tolist() == [1, 2]


def test_a_pair_that_lost_one_photo_is_no_pair(tmp_path: Path) -> None:
    """The file of pairs holds whole pairs only, or the paper's script would stop."""
    rows = paired_rows(3)
    folder = write_set(tmp_path / "set", rows)
    (folder / str(rows[0]["file_name"])).write_text("gone")
    _embed(folder, tmp_path / "run")
    pairs = store.load(tmp_path / "run", "set-pairs", COLOUR)
    assert sorted(pairs.columns["subject"].tolist()) == [1, 1, 2, 2]


def test_train_and_val_of_classes_are_two_files(tmp_path: Path) -> None:
    """A set like ImageNet is written as the paper's scripts read it, and loads as one."""
    for split, count in (("train", 3), ("val", 2)):
        for name in ("cat", "dog"):
            (tmp_path / "set" / split / name).mkdir(parents=True)
            for number in range(count):
                picture(hash((split, name, number)) % 10_000).save(tmp_path / "set" / split / name / f"{number}.png")
    result = _embed(tmp_path / "set", tmp_path / "run")
    assert [path.name for path in result.files] == [
        f"model=baseline_variant=colour_split={split}.safetensors" for split in ("train", "val")
    ]
    both = store.load(tmp_path / "run", "set", COLOUR)
    assert sorted(both.columns["split"].tolist()) == ["train"] * 6 + ["val"] * 4
    table = open_set(tmp_path / "set").table.set_index("photo_id").loc[both.ids]
    assert [["cat", "dog"][label] for label in both.columns["label"]] == table["semantic_label"].tolist()
    assert both.columns["split"].tolist() == table["split"].tolist()


def test_nothing_to_embed_with_or_from(tmp_path: Path) -> None:
    """No encoder, no readable photo, an unknown view, device or encoder: each a clear error."""
    folder = write_flat(tmp_path / "set", 1)
    with pytest.raises(UsageError, match="No encoder"):
        _embed(folder, tmp_path / "run", [])
    with pytest.raises(UsageError, match="no processing"):
        _embed(folder, tmp_path / "run", processings=("BLUR",))
    with pytest.raises(EncoderError, match="no device"):
        _embed(folder, tmp_path / "run", using=Resources("cuda:17"))
    with pytest.raises(EncoderError, match="no encoder"):
        _embed(folder, tmp_path / "run", ["clip/nothing"])
    (folder / "1.jpg").write_text("x")
    with pytest.raises(EmbeddingsError, match="No photo of"):
        _embed(folder, tmp_path / "run")


def test_values_that_are_not_finite_are_an_error(tmp_path: Path) -> None:
    """An encoder that gives NaN stops the run with its name and a photo, and leaves no file."""
    folder = write_flat(tmp_path / "set", 2)
    encoder = _Counting()
    encoder.features = lambda pixels: np.full((len(pixels), 3), np.nan, dtype=np.float32)
    with pytest.raises(EmbeddingsError, match=r"test/mean gives values that are not finite: for photo 1"):
        _embed(folder, tmp_path / "run", [encoder])
    assert not (tmp_path / "run" / "embeddings").exists()


def test_progress_counts_photos_and_closing_keeps_what_is_done(tmp_path: Path) -> None:
    """Progress ends at its total; a generator closed half way leaves shards that the next run does not compute
    again."""
    folder, encoder, run = write_flat(tmp_path / "set", 150, width=16, height=16), _Counting(), tmp_path / "run"
    work = embed(open_set(folder), [encoder], run=run, using=Resources(batch_size=8, workers=1))
    for step in work:
        if step.what == "embedding photos" and step.done >= 80:
            break
    work.close()
    before = encoder.pictures
    assert before < 150 and list((run / "shards").rglob("*.safetensors"))
    steps: list[Progress] = []
    result = finish(embed(open_set(folder), [encoder], run=run, using=Resources(batch_size=8, workers=1)), steps.append)
    assert result.embedded < 150 and encoder.pictures - before == result.embedded
    assert (steps[-1].what, steps[-1].done, steps[-1].total) == ("embedding photos", result.embedded, result.embedded)
    assert len(store.load(run, "set", "test/mean").ids) == 150


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1  # among the numbers: the file can still be read
    path.write_bytes(content)


def _a_folder(path: Path) -> None:
    path.unlink()
    (path / "in").mkdir(parents=True)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "emptied": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 20),
    "a bit": _flipped,
    "a folder": _a_folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_embeddings_are_made_again(tmp_path: Path, damage: str) -> None:
    """Whatever happened to a file, it is noticed, also a changed number; who reads the file alone is told."""
    folder = write_flat(tmp_path / "set", 5)
    _embed(folder, tmp_path / "run")
    path = next((tmp_path / "run" / "embeddings").rglob("*.safetensors"))
    good = path.read_bytes()
    DAMAGES[damage](path)
    with pytest.raises(EmbeddingsError):
        store.read_file(path)
    assert _embed(folder, tmp_path / "run").embedded == 5
    assert path.read_bytes() == good
    assert _embed(folder, tmp_path / "run").embedded == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_pieces_are_made_again(tmp_path: Path, damage: str) -> None:
    """A shard and the kept hashes of an interrupted run: the next one makes them again and ends with the same files."""
    folder = write_flat(tmp_path / "set", 150, width=16, height=16)
    _embed(folder, tmp_path / "calm")
    work = embed(open_set(folder), [COLOUR], run=tmp_path / "run", using=Resources(batch_size=8, workers=1))
    while not (pieces := list((tmp_path / "run" / "shards").rglob("*.safetensors"))):
        next(work)
    work.close()
    [hashes] = (tmp_path / "run" / "shards").glob("*/photos.hashes")
    for path in (pieces[0], hashes):
        DAMAGES[damage](path)
    assert _embed(folder, tmp_path / "run").embedded == 150
    assert _hashes(tmp_path / "run") == _hashes(tmp_path / "calm")


def test_one_decode_serves_all_encoders_and_views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many encoders, processings and masks: each photo is asked for once."""
    from tracer.embeddings import batches
    from tracer.images.guard import Request

    asked: list[Path] = []
    real = batches.render_photos

    def noted(requests: Iterable[Request], *rest: Any) -> Any:
        return real((asked.append(request.path) or request for request in requests), *rest)  # type: ignore[func-returns-value]

    monkeypatch.setattr(batches, "render_photos", noted)
    folder = write_flat(tmp_path / "set", 6)
    encoders = [_Counting(), _Counting(Crop(16, None), "test/native"), COLOUR]
    _embed(folder, tmp_path / "run", encoders, processings=("IDENTITY", "SHARPEN_2"), masks=(0.0, 0.9))
    assert len(asked) == 6 and len(set(asked)) == 6


def test_encoders_that_do_not_fit_together_go_in_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little memory encoders take turns, and the files are the same."""
    from tracer.embeddings import batches

    folder = write_flat(tmp_path / "set", 2)
    names = [LITE, "offline/efficientnet-lite2"]
    _embed(folder, tmp_path / "a", names)
    monkeypatch.setattr(batches, "free_memory", lambda _: 1)
    result = _embed(folder, tmp_path / "b", names)
    assert result.embedded == 4 and _hashes(tmp_path / "a") == _hashes(tmp_path / "b")


_CHILD = """\
import sys, time
from pathlib import Path
from tracer.dataset import open_set
from tracer.embeddings.batches import Resources
from tracer.embeddings.embed import embed
for step in embed(
    open_set(sys.argv[1]), ["baseline/colour", "baseline/thumbnail"], run=Path(sys.argv[2]), using=Resources(workers=1)
):
    print(step.what, step.done, flush=True)
"""


@pytest.mark.slow
def test_killed_in_the_middle_and_run_again(tmp_path: Path) -> None:
    """SIGKILL at two moments, then a run to the end: the files are those of an undisturbed run, and finished shards
    were not redone."""
    folder, encoders = write_flat(tmp_path / "set", 140, width=48, height=36), [COLOUR, "baseline/thumbnail"]
    undisturbed, run = tmp_path / "undisturbed", tmp_path / "run"
    _embed(folder, undisturbed, encoders, using=Resources(workers=1))
    for moment in (8, 68):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(folder), str(run)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("embedding photos") and int(line.split()[-1]) >= moment:
                os.kill(child.pid, signal.SIGKILL)
                break
        child.wait()
        child.stdout.close()
        assert child.returncode == -signal.SIGKILL
    shards = sorted((run / "shards").rglob("*.safetensors"))
    assert shards and not (run / "embeddings").exists()
    result = _embed(folder, run, encoders, using=Resources(workers=1))
    assert result.embedded < 140
    assert _hashes(run) == _hashes(undisturbed)


def test_a_rerun_is_quick_and_imports_no_torch(tmp_path: Path) -> None:
    """When everything is there, the answer needs no network to be built, not even torch."""
    folder = write_flat(tmp_path / "set", 3)
    _embed(folder, tmp_path / "run", [LITE])
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tracer.dataset import open_set\n"
        "from tracer.embeddings.embed import embed\n"
        "from tracer.base.progress import finish\n"
        f"work = embed(open_set({str(folder)!r}), [{LITE!r}], run=Path({str(tmp_path / 'run')!r}))\n"
        "print(finish(work).embedded, 'torch' in sys.modules)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"] and time.perf_counter() - start < 20


def test_source_folders_stay_untouched(tmp_path: Path) -> None:
    """Embedding writes into the run folder only."""
    folder = write_flat(tmp_path / "set", 2)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*"))}
    _embed(folder, tmp_path / "run")
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*"))} == before
    shutil.rmtree(tmp_path / "run")


@pytest.mark.corpus
def test_real_photos_of_many_formats(corpus: Path, tmp_path: Path) -> None:
    """Real HEIC, WebP, PNG and JPEG files are embedded; every file is either in the embeddings or in a list with its
    reason."""
    folder = corpus / "exif-corpus" / "images" / "bigcat88__pillow_heif"
    photo_set = open_set(folder)
    result = finish(embed(photo_set, [COLOUR], run=tmp_path / "run"))
    stored = store.load(tmp_path / "run", photo_set.name, COLOUR)
    assert len(stored.ids) + len(result.failed) == len(photo_set) and len(stored.ids) > 0
    assert all(reason for _, reason in result.failed)
