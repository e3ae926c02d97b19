"""Text sides: which encoders have one, what it computes, and tokenizers that have to be fetched."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.tiny_clip import TINY, TINY_SIGLIP, tiny_clip
from tracer.base.progress import finish
from tracer.encoders import text
from tracer.encoders.catalogue import ENTRIES
from tracer.encoders.registry import load
from tracer.errors import EncoderError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reaches the network or a person's caches."""

    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_clip_and_openclip_have_a_text_side() -> None:
    """The others of the catalogue have none: their weights are those of the image side alone."""
    for entry in ENTRIES:
        side = load(entry.name, random_weights=True).text_side
        assert (side is not None) == (entry.library == "openclip"), entry.name


def test_both_sides_are_those_of_one_model(tmp_path: Path) -> None:
    """Embeddings of texts equal open_clip's own, of pictures too, from one checkpoint."""
    import open_clip
    import torch

    encoder = load(f"openclip:{TINY}@{tiny_clip(tmp_path)}")
    model = open_clip.create_model(TINY, pretrained=str(tmp_path / "tiny.pt")).eval()
    side = encoder.text_side
    assert side is not None
    texts = ["a photo of a dog", "a ship"]
    with torch.inference_mode():
        expected = model.encode_text(open_clip.get_tokenizer(TINY)(texts)).numpy()
    assert finish(side.embed(texts)) == pytest.approx(expected, abs=1e-5)
    assert side.identity["weights_sha256"] == encoder.identity["weights_sha256"] != ""


def test_random_sides_belong_together(tmp_path: Path) -> None:
    """The seed gives both sides of one model, and another seed another."""
    import open_clip
    import torch

    tiny_clip(tmp_path)
    first, again, other = (load(f"openclip:{TINY}", random_weights=True, seed=seed).text_side for seed in (3, 3, 4))
    assert first and again and other
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = open_clip.create_model(TINY).eval()
    with torch.inference_mode():
        expected = model.encode_text(open_clip.get_tokenizer(TINY)(["a dog"])).numpy()
    assert finish(first.embed(["a dog"])) == pytest.approx(expected, abs=1e-6)
    assert (finish(again.embed(["a dog"])) == finish(first.embed(["a dog"]))).all()
    assert not np.allclose(finish(other.embed(["a dog"])), expected)
    assert first.identity == again.identity != other.identity


def test_a_siglip_with_a_tokenizer_of_the_tests(tmp_path: Path) -> None:
    """Its text tower is another class of open_clip's; with a tokenizer at hand it gives what the whole model gives."""
    import open_clip
    import torch

    tiny_clip(tmp_path)
    side = load(f"openclip:{TINY_SIGLIP}", random_weights=True, seed=3).text_side
    assert side is not None

    def tokens(texts: list[str]) -> torch.Tensor:
        return torch.tensor([[ord(char) % 100 for char in text.ljust(16)[:16]] for text in texts])

    side.make_tokenizer = lambda: tokens
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = open_clip.create_model(TINY_SIGLIP, load_weights=False).eval()
    texts = ["a photo of a dog", "a cat"]
    with torch.inference_mode():
        expected = model.encode_text(tokens(texts)).numpy()
    assert finish(side.embed(texts)) == pytest.approx(expected, abs=1e-5)
    assert not np.allclose(expected[0], expected[1])


def test_long_texts_are_found(tmp_path: Path) -> None:
    """CLIP reads 77 tokens, two of them for start and end."""
    tiny_clip(tmp_path)
    side = load(f"openclip:{TINY}", random_weights=True).text_side
    assert side is not None
    long, fits = " ".join(["dog"] * 76), " ".join(["dog"] * 74)
    assert side.too_long(["a dog", long, fits]) == [long]


def test_a_tokenizer_from_the_hub_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """SigLIP's is read by a package and fetched from the hub: where either is missing, the message says so and what to do."""
    side = load("openclip:ViT-B-16-SigLIP-256", random_weights=True).text_side
    assert side is not None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match="transformers") as refused:
        side.tokenizer()
    assert "hf download timm/ViT-B-16-SigLIP" in refused.value.way_out
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    with pytest.raises(EncoderError, match="cannot be reached"):
        side.tokenizer()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="HF_HUB_OFFLINE"):
        side.tokenizer()


def test_a_broken_tokenizer_of_the_hub_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library raises on files that it cannot read becomes one line."""
    import open_clip

    def broken(_: str) -> None:
        raise OSError("no tokenizer.json\nand much more")

    monkeypatch.setattr(open_clip, "get_tokenizer", broken)
    monkeypatch.setattr(text, "_check_hub", lambda name, hub: None)
    with pytest.raises(EncoderError, match=r"openclip:x cannot be read: no tokenizer\.json$"):
        text.openclip_tokenizer("openclip:x", "ViT-B-16-SigLIP-256")
