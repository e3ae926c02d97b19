"""Each encoder's line says what it is: a network with its training, or picture statistics."""

from __future__ import annotations

import pytest

from tracer.encoders.baselines import BASELINES
from tracer.encoders.catalogue import ENTRIES, Group
from tracer.encoders.described import described
from tracer.results import words


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_every_known_encoder_is_described(name: str) -> None:
    """A trained encoder: its network, its training and its sizes. A baseline: that it is no network."""
    entry = next(one for one in ENTRIES if one.name == name)
    said = described(name)
    assert "\n" not in said and len(said) < 200
    if entry.group is Group.BASELINE:
        assert said.startswith("picture statistics, no network: ")
        return
    assert entry.architecture.removesuffix("-quickgelu") in said and f"gives {entry.dim:,} numbers" in said
    assert f"sees {entry.size} × {entry.size} pixels" in said
    how = {Group.CONTRASTIVE: "captions", Group.SELF_SUPERVISED: "without labels"}.get(
        entry.group, "classes of ImageNet"
    )
    assert how in said and sum(word in said for word in ("captions", "without labels", "classes of")) == 1


def test_each_baseline_has_words_of_its_own() -> None:
    """None of them, nor the files' properties, is described by another's words."""
    names = [*(f"baseline/{name}" for name in BASELINES), words.FILES_ALONE]
    assert len({described(name) for name in names}) == len(names)
    assert described(words.FILES_ALONE).startswith("no picture at all")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet/50@mine.pt", "weights from the file mine.pt"),
        ("resnet/50+random0", "random weights, not trained"),
        ("timm:resnet18", "resnet18 as timm has it"),
        ("timm:resnet18@w.pt", "resnet18 as timm has it, weights from the file w.pt"),
        ("somebody/else", "not in lenstrace's list of encoders"),
        ("", "not in lenstrace's list of encoders"),
    ],
)
def test_other_names_are_not_taken_for_known_weights(name: str, said: str) -> None:
    """A checkpoint, random weights and names of others do not get the training of the catalogue's weights."""
    assert said in described(name) and "trained on" not in described(name)
