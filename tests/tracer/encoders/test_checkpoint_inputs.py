"""What a checkpoint is fed with and what is read from it: stated beside it or in its name, or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from tests.helpers.tiny_clip import TINY, tiny_clip
from tracer.encoders.encoder import NetworkEncoder
from tracer.encoders.inputs import Feature
from tracer.encoders.registry import load
from tracer.errors import EncoderError

TINY_VIT = "vit_tiny_patch16_224"


def _saved(folder: Path, architecture: str, **options: Any) -> Path:
    path = folder / "mine.pt"
    torch.save(timm.create_model(architecture, pretrained=False, num_classes=0, **options).state_dict(), path)
    return path


def _config(folder: Path, architecture: str, size: int, mean: float = 0.4, **more: Any) -> None:
    scale = {"input_size": [3, size, size], "mean": [mean] * 3, "std": [0.2] * 3, "interpolation": "bilinear"}
    (folder / "config.json").write_text(json.dumps({"architecture": architecture, "pretrained_cfg": scale | more}))


@pytest.mark.parametrize("architecture", ["test_resnet", TINY_VIT])
def test_a_checkpoint_takes_what_the_file_beside_it_states(tmp_path: Path, architecture: str) -> None:
    """Size, scale and interpolation are those of timm's config.json, whatever the architecture's usual ones are."""
    sized = {"img_size": 96} if architecture == TINY_VIT else {}
    path = _saved(tmp_path, architecture, **sized)
    _config(tmp_path, architecture, 96, num_classes=7)
    encoder = load(f"timm:{architecture}@{path}")
    assert isinstance(encoder, NetworkEncoder)
    assert (encoder.crop.size, encoder.crop.interpolation, encoder.mean, encoder.std) == (
        96, "bilinear", (0.4, 0.4, 0.4), (0.2, 0.2, 0.2),
    )  # fmt: skip
    assert encoder.feature is Feature.TRUNK
    assert encoder.encode(torch.zeros(1, 3, 96, 96, dtype=torch.uint8)).shape == (1, encoder.dim)


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"architecture": TINY_VIT, "pretrained_cfg": {"mean": 1}})])
def test_a_damaged_configuration_is_named(tmp_path: Path, content: str) -> None:
    """A config.json beside a checkpoint that does not say what it takes is an error that names the file."""
    path = _saved(tmp_path, TINY_VIT)
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(EncoderError, match=r"config\.json.* does not say what mine\.pt takes"):
        load(f"timm:{TINY_VIT}.augreg_in21k@{path}")


def test_the_configuration_of_another_architecture_is_refused(tmp_path: Path) -> None:
    """Weights are not loaded under a name that the file beside them contradicts."""
    path = _saved(tmp_path, "test_resnet")
    _config(tmp_path, "resnet50", 160)
    with pytest.raises(EncoderError, match=r"is not test_resnet: config\.json beside it names resnet50"):
        load(f"timm:test_resnet@{path}")


def test_positions_of_another_size_are_not_stretched(tmp_path: Path) -> None:
    """A checkpoint of 160 pixels is refused at 224, by timm's networks and OpenCLIP's."""
    path = _saved(tmp_path, TINY_VIT, img_size=160)
    with pytest.raises(EncoderError, match="another size than 224 pixels: it knows 10 × 10 places"):
        load(f"timm:{TINY_VIT}.augreg_in21k@{path}").to("cpu")
    import open_clip

    tiny_clip(tmp_path)
    torch.save(open_clip.create_model(TINY, load_weights=False, force_image_size=64).state_dict(), path)
    name = f"openclip:{TINY}@{path}"
    with pytest.raises(EncoderError, match="another size than 32 pixels: it knows 4 × 4 places"):
        load(name).to("cpu")
    scale = {"mean": [0.3] * 3, "std": [0.3] * 3, "interpolation": "bicubic"}
    shape = {"embed_dim": 16, "vision_cfg": {"image_size": 64}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": shape, "preprocess_cfg": scale}))
    encoder = load(name)
    assert encoder.crop.size == 64 and encoder.feature is Feature.PROJECTION
    assert encoder.encode(torch.zeros(1, 3, 64, 64, dtype=torch.uint8)).shape == (1, 16)


@pytest.mark.parametrize(("name", "tag"), [("timm:resnet18", ".a1_in1k"), ("openclip:ViT-L-14", "/openai")])
def test_what_known_weights_differ_in_has_to_be_stated(tmp_path: Path, name: str, tag: str) -> None:
    """Where an architecture's weights differ in size or scale, a bare file is refused, and a tag in the name states them."""
    path = tmp_path / "mine.pt"
    path.write_bytes(b"weights")
    with pytest.raises(EncoderError, match=r"not known what .*mine\.pt.* takes") as raised:
        load(f"{name}@{path}")
    assert f"{name}{tag}@mine.pt" in raised.value.way_out
    assert load(f"{name}{tag}@{path}").crop.size == 224


@pytest.mark.parametrize(
    ("name", "feature", "dim"),
    [
        ("timm:vit_pe_core_tiny_patch16_384", Feature.PROJECTION, 512),
        ("timm:resnet50_clip.openai", Feature.PROJECTION, 1024),
        ("timm:test_resnet", Feature.TRUNK, 96),
        ("clip/RN50", Feature.PROJECTION, 1024),
    ],
)
def test_clip_like_networks_give_their_projection(name: str, feature: Feature, dim: int) -> None:
    """A head that projects is read, a classifier is not; the identity of the embeddings names which."""
    encoder = load(name, random_weights=True)
    assert (encoder.feature, encoder.dim, encoder.identity["feature"]) == (feature, dim, feature)
    size = encoder.crop.size
    assert encoder.encode(torch.zeros(1, 3, size, size, dtype=torch.uint8)).shape == (1, dim)
