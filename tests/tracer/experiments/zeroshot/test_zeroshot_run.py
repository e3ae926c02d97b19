"""`tracer zeroshot` and its part of an evaluation, from pictures to the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.fake_text import text_side
from tests.helpers.small_sets import change, write_set
from tests.helpers.tiny_clip import TINY, tiny_clip
from tracer import results
from tracer.base.progress import finish
from tracer.encoders.catalogue import Group
from tracer.encoders.encoder import Encoder
from tracer.encoders.registry import load
from tracer.encoders.text import TextSide
from tracer.errors import EncoderError, TooFew
from tracer.evaluation.evaluate import Evaluation, Options, evaluate
from tracer.experiments.settings import Protocol
from tracer.experiments.zeroshot.prompts import Prompts
from tracer.images.crop import Crop

Run = Callable[..., tuple[int, str, str]]
OPTIONS = Options(encoders=("test/seeing",), experiments=("zeroshot",), device="cpu")


@dataclass(eq=False)
class Seeing(Encoder):
    """An encoder that sees discs and stripes, and takes stripes for discs where the picture is reddish.

    Attributes:
        misled: whether it does the latter.
    """

    misled: bool = True

    @property
    def dim(self) -> int:
        return 3

    @property
    def text_side(self) -> TextSide:
        return text_side({"disc": [1, 0, 0], "stripe": [0, 1, 0]}, self.name)

    def to(self, device: Any) -> None:
        """It computes on the CPU."""

    def encode(self, batch: Any) -> Any:
        import torch

        pixels = batch.float()
        stripes = pixels[:, 0].std(dim=(1, 2)) > 30  # they cover half of a picture, a disc an eighth
        mean = pixels.mean(dim=(2, 3))
        disc = (~stripes | ((mean[:, 0] > mean[:, 1] + 20) & self.misled)).float()
        return torch.stack([disc, 1 - disc, torch.full_like(disc, 0.1)], dim=1)


def _loader(misled: bool = True) -> Callable[[str], Encoder]:
    def loaded(name: str) -> Encoder:
        if name != "test/seeing":
            return load(name)
        return Seeing(name, "test", "seeing", Group.OTHER, Crop(64, None), None, misled)

    return loaded


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """96 photos of 24 scenes."""
    return write_set(tmp_path_factory.mktemp("made") / "small", scenes=24)


def _done(root: Path, run: Path, *, misled: bool = True, report: bool = False, **asked: Any) -> Evaluation:
    return finish(evaluate(root, run, replace(OPTIONS, **asked), loader=_loader(misled), with_report=report))


def test_the_rows_are_of_the_fixed_columns_and_metrics(photos: Path, tmp_path: Path) -> None:
    """SP and its balance of the whole set; SPD_a for each label, of these cameras and of cameras like these."""
    rows = _done(photos, tmp_path / "run", attributes=("ISO Speed",)).rows
    assert {row.experiment for row in rows} == {"zeroshot"}
    assert [(row.metric, row.attribute, row.setting) for row in rows] == [
        ("sp", "semantic_label", ""), ("balanced_accuracy", "semantic_label", ""),
        ("spd_a", "Is Smartphone", ""), ("spd_a", "Is Smartphone", "unseen-cameras"),
        ("spd_a", "Make", ""), ("spd_a", "Make", "unseen-cameras"),
        ("spd_a", "ISO Speed", ""), ("spd_a", "ISO Speed", "unseen-cameras"),
    ]  # fmt: skip
    assert all(row.n == 96 for row in rows)
    meta = results.read(tmp_path / "run").meta
    assert "“a photo of {}”" in meta["protocol"]["zero-shot"]
    pairs = next(entry["pairs"] for entry in meta["details"] if entry["attribute"] == "semantic_label")
    assert pairs["pairs"] == 24


def test_a_misled_encoder_is_found_among_these_cameras(photos: Path, tmp_path: Path) -> None:
    """Four cameras tell nothing of cameras like them; that the reddish ones are called differently is seen all the same."""
    misled, sound = (_done(photos, tmp_path / str(one), misled=one).rows for one in (True, False))
    by = {(row.attribute, row.setting, row.metric): row for row in misled}
    assert (by["Is Smartphone", "", "spd_a"].ci_low or 0) > 0
    assert by["Is Smartphone", "unseen-cameras", "spd_a"].ci_low == 0
    assert all(row.value == 1.0 for row in sound if row.metric == "sp")
    assert all(row.ci_low == 0.0 for row in sound if row.metric == "spd_a")


def test_a_second_call_recalls(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured again, so no prompt is embedded; other prompts are another measurement."""
    first = _done(photos, tmp_path / "run")
    monkeypatch.setattr(TextSide, "embed", lambda *_: pytest.fail("a prompt was embedded again"))
    assert _done(photos, tmp_path / "run").rows == first.rows
    with pytest.raises(pytest.fail.Exception):
        _done(photos, tmp_path / "run", prompts=Prompts(("a drawing of {}",)))


def test_classes_without_prompt_are_counted_and_listed(photos: Path, tmp_path: Path) -> None:
    """A third of the scenes has a number for a class: its photos have no name."""
    labels = np.array(["disc", "stripe", "n02123045"])[np.repeat(np.arange(24) % 3, 4)]
    root = change(write_set(tmp_path / "small", scenes=24), semantic_label=labels.tolist())
    done = _done(root, tmp_path / "run")
    assert next(row for row in done.rows if row.metric == "sp").n == 64
    (skip,) = [skip for skip in done.skipped if "32 photos" in skip.what]
    assert "no prompt (n02123045)" in skip.reason
    only = change(root, semantic_label=np.where(labels == "disc", "disc", "n02123045").tolist())
    with pytest.raises(TooFew, match="two classes that have prompts"):
        _done(only, tmp_path / "other")


def test_encoders_without_a_text_side_are_listed(photos: Path, tmp_path: Path) -> None:
    """Beside one that has it they are not embedded; alone they are refused before anything is embedded."""
    both = _done(photos, tmp_path / "run", encoders=("test/seeing", "baseline/colour"))
    assert {row.encoder for row in both.rows} == {"test/seeing"}
    (skip,) = [skip for skip in both.skipped if skip.encoder == "baseline/colour"]
    assert skip.what == "zero-shot classification (baseline/colour)"
    assert "text side" in skip.reason
    assert [path.name for path in (tmp_path / "run" / "embeddings" / "small").iterdir()] == [
        "model=test_variant=seeing.safetensors"
    ]
    with pytest.raises(EncoderError, match="No encoder that was named") as refused:
        _done(photos, tmp_path / "other", encoders=("baseline/colour",))
    assert "--encoders clip/ViT-B-32" in refused.value.way_out
    assert not (tmp_path / "other" / "embeddings").exists()
    of_set = _done(photos, tmp_path / "third", encoders=("baseline/colour",), experiments=("zeroshot", "association"))
    assert {row.experiment for row in of_set.rows} == {"association"}  # it takes no encoder


def test_a_tokenizer_that_is_missing_is_a_reason(photos: Path, tmp_path: Path) -> None:
    """The evaluation goes on without it, and says how to get it."""
    siglip = load("openclip:ViT-B-16-SigLIP-256", random_weights=True).text_side

    class Lacking(Seeing):
        @property
        def text_side(self) -> TextSide:
            assert siglip is not None
            return siglip

    def loaded(name: str) -> Encoder:
        return Lacking(name, "test", "seeing", Group.OTHER, Crop(64, None), None)

    options = replace(OPTIONS, experiments=("zeroshot", "retrieval"))
    done = finish(evaluate(photos, tmp_path / "run", options, loader=loaded, with_report=False))
    assert {row.experiment for row in done.rows} == {"retrieval"}
    (skip,) = [skip for skip in done.skipped if skip.experiments == ("zeroshot",)]
    assert "tokenizer" in skip.reason
    assert "pip install transformers" in skip.reason


def test_it_is_part_of_an_evaluation_and_of_the_page(photos: Path, tmp_path: Path) -> None:
    """An encoder with a text side is named in the section and in the answers; of four cameras nothing can be told."""
    asked = {"experiments": ("zeroshot", "association"), "protocol": Protocol.FAST}
    done = _done(photos, tmp_path / "run", report=True, **asked)
    assert done.report is not None
    page = done.report.read_text(encoding="utf-8")
    for words in (
        "Does the camera change what the picture is called?", "Names by prompts, by Phone or camera",
        "cannot be told from this set", "Pairs: one scene, two names?", "cameras like these", "Right names of each class",
    ):  # fmt: skip
        assert words in page, words


def test_the_command_names_photos_with_a_checkpoint(run: Run, photos: Path, tmp_path: Path) -> None:
    """A tiny CLIP with random weights from a file, prompts from another; JSON has the rows; wrong files exit with 2."""
    prompts = tmp_path / "prompts.toml"
    prompts.write_text('templates = ["a drawing of {}"]\n[classes]\nstripe = ["stripes", "lines side by side"]\n')
    words = ["zeroshot", photos, "-o", tmp_path / "run", "--encoders", f"openclip:{TINY}@{tiny_clip(tmp_path)}"]
    code, out, err = run(*words, "--prompts", prompts, "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert {"rows", "seconds", "device"} == set(answer)
    assert {row["encoder"] for row in answer["rows"]} == {f"openclip:{TINY}@tiny.pt"}
    assert {row["metric"] for row in answer["rows"]} == {"sp", "balanced_accuracy", "spd_a"}
    meta = results.read(tmp_path / "run").meta
    assert "“a drawing of {}”; 1 class with prompts of their own" in meta["protocol"]["zero-shot"]
    assert "--prompts prompts.toml" in meta["command"]
    assert run("report", tmp_path / "run")[0] == 0
    prompts.write_text("templates = ['a drawing']")
    for path in (prompts, tmp_path / "none.toml"):
        assert run(*words, "--prompts", path)[0] == 2
    assert run("zeroshot", photos, "-o", tmp_path / "x", "--encoders", "baseline/colour")[0] == 1
