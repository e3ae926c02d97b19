"""One class, no pairs, ten photos, NaN, an id twice: a message that says what is wrong, never a number.

Each experiment on arrays, then each form that works on files alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from tests.helpers.small_sets import change, write_set
from tracer import cli
from tracer.base.progress import finish
from tracer.errors import EmbeddingsError, TooFew, TracerError
from tracer.experiments.association.association import associate
from tracer.experiments.knn.acquisition import acquisition_knn
from tracer.experiments.knn.processing import Voting, processing_knn
from tracer.experiments.mitigation.halves import MitigationSettings
from tracer.experiments.mitigation.mitigation import mitigate, mitigate_processing
from tracer.experiments.outcome import Outcome, Source
from tracer.experiments.photos import LabelledPhotos, ProcessedPhotos
from tracer.experiments.probe.folds import left_out_in_words
from tracer.experiments.probe.probe import probe_cross_validated
from tracer.experiments.probe.processing import probe_processing
from tracer.experiments.probe.protocols import Fitting
from tracer.experiments.retrieval.retrieval import retrieve
from tracer.experiments.settings import Method, Protocol
from tracer.experiments.similarity.similarity import similarity

SOURCE = Source("made", "test/encoder")
FAST = Fitting(Protocol.FAST)
LEACE = MitigationSettings((Method.LEACE,), Protocol.FAST)


class Photos:
    """200 photos of 50 scenes: two classes, two makes in each scene, a pair in each."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.scene = np.repeat(np.arange(50), 4)
        self.X = rng.normal(size=(200, 8)).astype(np.float32)
        self.classes = np.array(["a", "b"], dtype=object)[self.scene % 2]
        self.makes = np.array(["x", "y"] * 100, dtype=object)
        self.model = np.tile([0, 1], 100).astype(np.int64)
        self.subject = np.where(np.arange(200) % 4 < 2, self.scene, -1).astype(np.int64)

    def first(self, n: int) -> Photos:
        """Only the first photos."""
        for name, values in vars(self).items():
            setattr(self, name, values[:n])
        return self

    def labelled(self) -> LabelledPhotos:
        """The photos with their makes."""
        return LabelledPhotos(self.X, self.makes, self.scene, "Make")

    def views(self) -> dict[str, Any]:
        """The photos under two processings."""
        return {"JPEG75_420": self.X, "JPEG95_444": self.X + np.float32(0.1)}


def _y(p: Photos) -> np.ndarray:
    return np.unique(p.classes.astype(str), return_inverse=True)[1].astype(np.int64)


Run = Callable[[Photos], Outcome]
EXPERIMENTS: dict[str, Run] = {
    "probe": lambda p: finish(probe_cross_validated(SOURCE, p.labelled(), FAST, repeats=1)),
    "processing probe": lambda p: finish(probe_processing(SOURCE, p.views(), p.views(), "JPEG", FAST, draws=1)),
    "knn by label": lambda p: finish(acquisition_knn(SOURCE, replace(p.labelled(), classes=p.classes), Voting(1, 1))),
    "knn by processing": lambda p: finish(
        processing_knn(
            SOURCE,
            ProcessedPhotos(p.views(), _y(p), p.scene),
            ProcessedPhotos(p.views(), _y(p), p.scene),
            "JPEG",
            Voting(10, 1),
        )
    ),
    "similarity": lambda p: finish(similarity(SOURCE, replace(p.labelled(), classes=p.classes))),
    "retrieval": lambda p: finish(retrieve(SOURCE, p.X, p.subject, p.model)),
    "association": lambda p: finish(associate("made", {"Make": p.makes}, p.classes, p.scene)),
    "mitigation": lambda p: finish(mitigate(SOURCE, p.labelled(), LEACE)),
    "mitigation of processings": lambda p: finish(
        mitigate_processing(SOURCE, p.views(), p.classes, p.scene, "JPEG", replace(LEACE, draws=1))
    ),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_whole_set_gives_figures(name: str) -> None:
    """The photos that the other tests take from are enough for each experiment."""
    assert EXPERIMENTS[name](Photos()).rows


@pytest.mark.parametrize("name", ["probe", "knn by label", "similarity", "association", "mitigation"])
def test_one_make_is_refused(name: str) -> None:
    """Where all photos have one label there is nothing to tell apart."""
    photos = Photos()
    photos.makes[:] = "x"
    with pytest.raises(TooFew) as said:
        EXPERIMENTS[name](photos)
    assert len(str(said.value)) > 30


@pytest.mark.parametrize("name", ["knn by label", "knn by processing", "association", "mitigation of processings"])
def test_one_class_is_refused(name: str) -> None:
    """Neighbours of one class are always right, and associated with nothing."""
    photos = Photos()
    photos.classes[:] = "a"
    with pytest.raises(TooFew):
        EXPERIMENTS[name](photos)


def test_similarity_of_one_class_says_what_it_lacks() -> None:
    """Photos of the same class can still be compared; those of another are listed as not measured."""
    photos = Photos()
    photos.classes[:] = "a"
    outcome = EXPERIMENTS["similarity"](photos)
    assert [row.setting for row in outcome.rows] == ["class=same"]
    assert "class=other" in outcome.skipped[0].what


def test_no_pairs_are_refused() -> None:
    """Without subjects, and with phones alone, the message counts the pairs."""
    photos = Photos()
    photos.subject[:] = -1
    with pytest.raises(TooFew, match="there is none"):
        EXPERIMENTS["retrieval"](photos)
    photos = Photos()
    photos.model[:] = 1
    with pytest.raises(TooFew, match="there is none"):
        EXPERIMENTS["retrieval"](photos)


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "knn by processing"])  # its callers refuse
def test_ten_photos_are_refused(name: str) -> None:
    """A figure from ten photos would be noise with digits."""
    with pytest.raises(TooFew):
        EXPERIMENTS[name](Photos().first(10))


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "association"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_embeddings_that_are_no_numbers_are_refused(name: str, value: float) -> None:
    """One value of one photo is enough; the message counts the photos and names the first."""
    photos = Photos()
    photos.X[0, 3] = value
    with pytest.raises(EmbeddingsError, match="no numbers"):
        EXPERIMENTS[name](photos)


# --- whole sets


@pytest.mark.parametrize(("classes", "each", "enough"), [(12, 3, 5), (3, 4, 10), (2, 6, 15)])
def test_a_tree_of_classes_says_how_many_photos_would_do(
    classes: int, each: int, enough: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence on what is missing and one on what would do, and with that many photos the set is measured."""
    words = ["evaluate", str(tmp_path / "tree"), "-o", str(tmp_path / "run"), "--encoders", "baseline/colour"]
    rng = np.random.default_rng(0)

    def fill(count: int) -> None:
        for name in range(classes):
            folder = tmp_path / "tree" / f"class {name}"
            folder.mkdir(parents=True, exist_ok=True)
            for photo in range(count):
                noise = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
                Image.fromarray(noise).save(folder / f"{name}-{photo}.png")

    fill(each)
    assert cli.run_cli([*words, "--protocol", "fast"]) == 1
    cause, way_out = capsys.readouterr().err.splitlines()[-2:]
    assert cause.startswith("tracer: Nothing can be measured on tree: a probe of semantic_label takes ")
    assert len(cause) < 200
    assert way_out == f"Add photos: {enough} photos of each class would do."
    fill(enough)
    assert cli.run_cli([*words, "--protocol", "fast"]) == 0


def test_many_small_classes_are_not_listed_one_by_one() -> None:
    """The first few with their reasons, then the number of the others."""
    left_out = {f"class {number}: in 2 scenes or owners, and it takes 5": 2 for number in range(9)}
    said = left_out_in_words({"no label": 4, **left_out})
    assert said == (
        "4 photos (no label); 2 photos (class 0: in 2 scenes or owners, and it takes 5); "
        "2 photos (class 1: in 2 scenes or owners, and it takes 5); 14 photos of 7 other classes"
    )
    assert left_out_in_words({"no label": 1}) == "1 photo (no label)"


# --- from files alone

STEM = "model=clip_variant=ViT-B-16"
NAMES = ("JPEG75_420", "JPEG95_444")


def _files(folder: Path, photos: Photos, **instead: Any) -> Path:
    """The photos as the paper's files: one with ids and pairs, and one a processing and split with labels."""
    n = len(photos.X)
    whole = {"image_embeddings": photos.X, "Flickr ID": np.arange(n), "subject": photos.subject, "model": photos.model}
    folder.mkdir(exist_ok=True)
    save_file({**whole, **instead}, folder / f"{STEM}.safetensors")
    for name, matrix in photos.views().items():
        (folder / name).mkdir()
        for split in ("train", "val"):
            tensors = {"image_embeddings": matrix, "label": _y(photos)}
            save_file(tensors, folder / name / f"{STEM}_split={split}.safetensors")
    parts = {"train": range(n)[: n // 2], "val": range(n)[n // 2 : 3 * n // 4], "test": range(n)[3 * n // 4 :]}
    y = np.unique(photos.makes.astype(str), return_inverse=True)[1]
    content: dict[str, Any] = {"target_attribute": "Make", "label_encoder_classes": ["x", "y"]}
    for part, rows in parts.items():
        content |= {f"{part}_ids": list(rows), f"encoded_{part}_labels": [int(y[i]) for i in rows]}
    (folder / "split_data_target_attribute=Make.json").write_text(json.dumps(content))
    return folder


def _commands(folder: Path) -> dict[str, list[str]]:
    both = ["--embeddings", str(folder), "--encoder", "clip/ViT-B-16", "--json"]
    several = ["--processing", ",".join(NAMES)]
    return {
        "probe": [
            "probe",
            *both,
            "--splits",
            str(folder / "split_data_target_attribute=Make.json"),
            "--protocol",
            "fast",
        ],
        "processing probe": ["probe", *both, *several, "--protocol", "fast", "--draws", "1"],
        "knn": ["knn", *both, *several, "--seeds", "1"],
        "retrieve": ["retrieve", *both],
    }


def _refused(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    """The command ends with 1, prints nothing, and tells why."""
    code = cli.run_cli(words)
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert said in err


FORMS = ("probe", "processing probe", "knn", "retrieve")


@pytest.mark.parametrize("form", FORMS)
def test_files_of_the_whole_set_give_figures(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files that the other tests spoil are good ones."""
    assert cli.run_cli(_commands(_files(tmp_path / "e", Photos()))[form]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]


@pytest.mark.parametrize("form", FORMS)
def test_files_of_ten_photos_are_refused(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten photos give a message and no row."""
    _refused(capsys, _commands(_files(tmp_path / "e", Photos().first(10)))[form], "at least")


@pytest.mark.parametrize("form", FORMS)
def test_files_with_nan_are_refused(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that is no number is found when the file is read."""
    photos = Photos()
    photos.X[7, 1] = np.nan
    _refused(capsys, _commands(_files(tmp_path / "e", photos))[form], "not finite")


@pytest.mark.parametrize("form", ["probe", "retrieve"])
def test_files_with_an_id_twice_are_refused(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id has to name one photo."""
    ids = np.arange(200)
    ids[5] = 4
    folder = _files(tmp_path / "e", Photos(), **{"Flickr ID": ids})
    _refused(capsys, _commands(folder)[form], "more than once")


def test_files_of_one_class_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One make for the probe, one class for the neighbours, phones alone for the pairs."""
    photos = Photos()
    photos.makes[:] = "x"
    photos.classes[:] = "a"
    photos.model[:] = 1
    commands = _commands(_files(tmp_path / "e", photos))
    _refused(capsys, commands["probe"], "at least two classes")
    _refused(capsys, commands["knn"], "at least two classes")
    _refused(capsys, commands["retrieve"], "there is none")


# --- a set


def test_a_set_without_pairs_is_refused_by_retrieve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`tracer retrieve` on a set without pairs says so, and embeds nothing."""
    root = change(write_set(tmp_path / "small", scenes=6), subject_idx=None)
    words = ["retrieve", str(root), "-o", str(tmp_path / "run"), "--encoders", "baseline/colour", "--json"]
    _refused(capsys, words, "no subject_idx, so no pairs")
    assert not (tmp_path / "run" / "embeddings").exists()


def test_ten_photos_are_no_neighbours_of_a_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`tracer knn` on a set of twelve photos refuses labels and processings, each with its reason."""
    root = write_set(tmp_path / "small", scenes=3)
    words = ["knn", str(root), "-o", str(tmp_path / "run"), "--encoders", "baseline/colour", "--json"]
    _refused(capsys, [*words, "--processing", "JPEG75_420,JPEG95_444"], "semantic neighbours need 20 photos")


def test_every_refusal_has_a_way_out_or_a_reason() -> None:
    """What, and then why or what to do: the three parts of a message."""
    for name in set(EXPERIMENTS) - {"knn by processing"}:
        with pytest.raises(TracerError) as said:
            EXPERIMENTS[name](Photos().first(10))
        assert said.value.why or said.value.way_out
