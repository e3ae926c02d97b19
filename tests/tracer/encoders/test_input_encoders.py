"""Names, the list of encoders, their weights, and what they compute."""

from __future__ import annotations

import pickle
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.input_photos import picture
from tracer.encoders import weights as weights_module
from tracer.encoders.baselines import colour, residual, thumbnail
from tracer.encoders.catalogue import ENTRIES, Entry
from tracer.encoders.encoder import NetworkEncoder
from tracer.encoders.names import parse_name
from tracer.encoders.registry import available, expand, load
from tracer.errors import EncoderError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reaches the network or a person's caches."""

    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def _batch(size: int, count: int = 2, seed: int = 0) -> Any:
    import torch

    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, 3, size, size), dtype=np.uint8))


@pytest.mark.parametrize(
    ("typed", "stem"),
    [
        ("clip/ViT-B-16", "model=clip_variant=ViT-B-16"),
        ("clip/ViT-L-14@336px", "model=clip_variant=ViT-L-14@336px"),
        ("dinov2/vitb14_reg", "model=dinov2_variant=vitb14_reg"),
        ("timm:resnet18", "model=timm_variant=resnet18"),
        ("timm:resnet18.a1_in1k", "model=timm_variant=resnet18.a1_in1k"),
        ("openclip:ViT-B-32/laion2b_s34b_b79k", "model=openclip_variant=ViT-B-32-laion2b_s34b_b79k"),
        ("other/a/b", "model=other_variant=a-b"),
    ],
)
def test_names_become_file_stems(typed: str, stem: str) -> None:
    """A name is split at its first slash or colon, and slashes of a variant become dashes in file names."""
    assert parse_name(typed).file_stem == stem


def test_a_checkpoint_is_named_by_stem_and_hash(tmp_path: Path) -> None:
    """openclip:ARCH@PATH has the variant <stem>-<sha256[:8]>; another content is another variant."""
    path = tmp_path / "finetune_aug.pt"
    path.write_bytes(b"weights")
    import hashlib

    first = parse_name(f"openclip:ViT-B-32@{path}")
    assert first.model == "ViT-B-32"
    assert first.file_stem == f"model=openclip_variant=finetune_aug-{hashlib.sha256(b'weights').hexdigest()[:8]}"
    path.write_bytes(b"others!!")
    assert parse_name(f"openclip:ViT-B-32@{path}").variant != first.checkpoint and "finetune_aug-" in first.variant
    with pytest.raises(EncoderError, match="cannot be read"):
        _ = parse_name("openclip:ViT-B-32@nowhere.pt").variant


@pytest.mark.parametrize("typed", ["", "clip", "/", "clip/", "/x", "hub:thing", "timm:"])
def test_words_that_are_no_names(typed: str) -> None:
    """What has none of the three forms is refused, with the forms."""
    with pytest.raises(EncoderError, match="not the name of an encoder"):
        parse_name(typed)


def test_the_papers_47_in_three_groups() -> None:
    """24 contrastive, 11 supervised, 12 self-supervised, names unique."""
    counts = {group: len(available(group)) for group in ("contrastive", "supervised", "self-supervised")}
    assert counts == {"contrastive": 24, "supervised": 11, "self-supervised": 12}
    names = [info.name for info in available()]
    assert len(set(names)) == len(names) and len(expand(["paper"])) == 47


def test_what_is_here_offline() -> None:
    """Bundled encoders and baselines are available without a cache; the paper's are not, and say where they would
    come from."""
    here = {info.name for info in available() if info.available}
    assert here == {
        "offline/efficientnet-lite0",
        "offline/efficientnet-lite2",
        "baseline/residual",
        "baseline/thumbnail",
        "baseline/colour",
    }
    sources = {info.name: info.source for info in available()}
    assert sources["clip/ViT-B-32"] == "hub timm/vit_base_patch32_clip_224.openai"
    assert sources["mocov3/vit_small"].startswith("https://")


def test_expand_knows_words_for_several() -> None:
    """`offline` stands for the bundled networks and the baseline beside them; nothing is listed twice."""
    assert expand(["offline", "timm:resnet18", "baseline/residual"]) == [
        "offline/efficientnet-lite0", "offline/efficientnet-lite2", "baseline/residual", "timm:resnet18",
    ]  # fmt: skip


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.library == "timm"], ids=lambda entry: entry.name)
def test_timm_architectures_exist(entry: Entry) -> None:
    """Every architecture of the table is known to the installed timm, with weights of that tag and the table's
    preprocessing."""
    import timm
    from timm.models import get_pretrained_cfg

    assert timm.is_model(entry.architecture)
    if entry.tag:
        config = get_pretrained_cfg(f"{entry.architecture}.{entry.tag}", allow_unregistered=False)
        assert config is not None
        assert config.hf_hub_id == entry.hub
        assert (
            tuple(config.mean),
            tuple(config.std),
        ) == entry.normalise and config.interpolation == entry.interpolation
        assert dict(entry.options).get("img_size", config.input_size[1]) == entry.size


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry.library == "openclip"], ids=lambda entry: entry.name
)
def test_openclip_architectures_exist(entry: Entry) -> None:
    """Every architecture and tag of the table is known to the installed open_clip, with the table's sizes and
    preprocessing."""
    import open_clip

    shape = open_clip.get_model_config(entry.architecture)
    config = open_clip.get_pretrained_cfg(entry.architecture, entry.tag)
    assert shape["embed_dim"] == entry.dim and shape["vision_cfg"]["image_size"] == entry.size
    assert config["hf_hub"].strip("/").lower() == entry.hub.lower()
    assert (config["mean"], config["std"]) == entry.normalise and config["interpolation"] == entry.interpolation
    assert config.get("quick_gelu", False) == shape.get("quick_gelu", False)


@pytest.mark.parametrize(
    ("name", "words", "way_out"),
    [
        ("clip/ViT-B-32", "cannot be reached", "clip/ViT-B-32@CHECKPOINT"),
        ("timm:resnet18", "cannot be reached", "timm:resnet18@CHECKPOINT"),
        ("openclip:ViT-B-32/openai", "cannot be reached", "CHECKPOINT"),
        ("openclip:ViT-B-32", "Which weights", "openclip:ViT-B-32/openai"),
        ("openclip:ViT-B-32/nope", "no weights nope", "openclip:ViT-B-32/"),
        ("dino/resnet50", "not on this disk", "dino_resnet50_pretrain.pth"),
        ("clip/ViT-B-99", "did you mean clip/ViT-B-", "tracer encoders"),
        ("timm:resnet1799", "no network", ""),
        ("timm:resnet18.nope", "no weights", "resnet18.a1_in1k"),
        ("openclip:ViT-Z", "no network", ""),
        ("baseline/nothing", "no encoder", "tracer encoders"),
    ],
)
def test_encoders_that_cannot_be_had(name: str, words: str, way_out: str) -> None:
    """An unknown name, or weights that are nowhere, are an error at once, with the way out."""
    with pytest.raises(EncoderError, match=words) as raised:
        load(name)
    assert way_out in raised.value.way_out


def test_a_silent_network_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where names are looked up for ever, the wait is bounded."""
    import threading

    never = threading.Event()

    def wait(*_: object, **__: object) -> socket.socket:
        never.wait(20)
        raise OSError("at last")

    monkeypatch.setattr(weights_module, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(socket, "create_connection", wait)
    with pytest.raises(EncoderError, match="no answer"):
        load("clip/ViT-B-32")
    never.set()


def test_offline_mode_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With HF_HUB_OFFLINE nothing is even tried."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="HF_HUB_OFFLINE"):
        load("clip/ViT-B-32")


def test_weights_are_found_in_the_hub_cache(tmp_path: Path) -> None:
    """A repository that was fetched before is used without a network, and listed as available."""
    import timm
    from safetensors.torch import save_file

    snapshot = tmp_path / "hub" / "models--timm--resnet50.a1_in1k" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("abc")
    network = timm.create_model("resnet50", pretrained=False).eval()
    save_file(network.state_dict(), snapshot / "model.safetensors")
    from huggingface_hub import try_to_load_from_cache

    if not isinstance(
        try_to_load_from_cache("timm/resnet50.a1_in1k", "model.safetensors", cache_dir=tmp_path / "hub"), str
    ):
        pytest.fail("the hub's library does not see the cache that this test made")
    if not isinstance(try_to_load_from_cache("timm/resnet50.a1_in1k", "model.safetensors"), str):
        pytest.skip("this release of the hub's library fixes its cache folder on import")
    encoder = load("resnet/50")
    assert encoder.weights is not None and encoder.weights.source == "hub timm/resnet50.a1_in1k"
    assert encoder.weights.revision == "abc"
    assert next(info for info in available() if info.name == "resnet/50").available


def test_offline_encoder_knows_what_is_on_a_picture() -> None:
    """Positional loading put the weights where they belong: with its classifier the network calls scikit-learn's
    photos by name."""
    import torch
    from sklearn.datasets import load_sample_image

    encoder = load("offline/efficientnet-lite0")
    assert isinstance(encoder, NetworkEncoder) and encoder.weights is not None
    assert encoder.weights.sha256.startswith("57934424")
    from PIL import Image

    from tracer.encoders.networks import read_state

    state = read_state(encoder.weights.path)
    classifier = list(state.values())[-2:]
    crops = [encoder.crop.of(Image.fromarray(load_sample_image(name))) for name in ("flower.jpg", "china.jpg")]
    pixels = torch.from_numpy(np.stack([np.asarray(crop) for crop in crops])).permute(0, 3, 1, 2)
    best = (encoder.encode(pixels) @ classifier[0].T + classifier[1]).argmax(dim=1).tolist()
    assert best == [985, 698]  # ImageNet: daisy; palace


@pytest.mark.parametrize(
    "name", ["offline/efficientnet-lite0", "offline/efficientnet-lite2", "baseline/residual", "baseline/colour"]
)
def test_embeddings_do_not_depend_on_the_batch(name: str) -> None:
    """One at a time, all together, or in reverse: the same vectors to within 1e-4."""
    import torch

    encoder = load(name)
    batch = _batch(encoder.crop.size, 3)
    together = encoder.encode(batch)
    assert together.shape == (3, encoder.dim) and together.dtype == torch.float32
    alone = torch.cat([encoder.encode(batch[row : row + 1]) for row in range(3)])
    reverse = encoder.encode(batch.flip(0)).flip(0)
    assert (together - alone).abs().max() < 1e-4 and (together - reverse).abs().max() < 1e-4


def test_preprocessing_equals_the_librarys(tmp_path: Path) -> None:
    """Crop and normalisation of an OpenCLIP model equal open_clip's own transform (whose Resize already is the
    crop's side)."""
    import open_clip
    import torch

    encoder = load("openclip:ViT-S-32-alt", random_weights=True)
    assert isinstance(encoder, NetworkEncoder)
    photo = picture(3, width=301, height=457)
    seen: list[torch.Tensor] = []
    encoder.network().register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    encoder.encode(torch.from_numpy(np.asarray(encoder.crop.of(photo)).copy())[None].permute(0, 3, 1, 2))
    theirs = open_clip.image_transform(224, is_train=False)(photo)
    assert torch.equal(seen[0][0], theirs)


def test_random_weights_say_so_and_repeat() -> None:
    """An architecture without weights is for tests only: name and variant tell, and the seed decides."""
    first, second = (load("timm:test_resnet", random_weights=True, seed=4) for _ in range(2))
    other = load("timm:test_resnet", random_weights=True, seed=5)
    assert first.name == "timm:test_resnet+random4" and first.file_stem == "model=timm_variant=test_resnet+random4"
    assert first.dim == 96
    batch = _batch(224)
    assert (first.encode(batch) == second.encode(batch)).all()
    assert not (first.encode(batch) == other.encode(batch)).all()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_openclip_checkpoints(tmp_path: Path, suffix: str) -> None:
    """openclip:ARCH@PATH gives what the model that was saved gives, from safetensors and from a training checkpoint."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = open_clip.create_model("ViT-S-32-alt", pretrained=None).eval()
    path = tmp_path / f"mine{suffix}"
    if suffix == ".pt":
        torch.save(
            {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}, path
        )
    else:
        save_file(model.state_dict(), path)
    encoder = load(f"openclip:ViT-S-32-alt@{path}")
    assert encoder.variant.startswith("mine-") and encoder.dim == 256
    batch = _batch(224)
    normalised = (batch.float() / 255 - torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1)) / torch.tensor(
        open_clip.OPENAI_DATASET_STD
    ).view(1, 3, 1, 1)
    with torch.inference_mode():
        expected = model.encode_image(normalised)
    assert (encoder.encode(batch) - expected).abs().max() < 1e-4


def test_moco_checkpoints_in_their_authors_form(tmp_path: Path) -> None:
    """MoCo v3's file holds encoder, momentum encoder and predictor; the encoder alone is taken, without its
    projector."""
    import timm
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(6)
        network = timm.create_model("vit_small_patch16_224", num_classes=0, num_heads=12).eval()
    own = network.state_dict()
    state = {f"module.base_encoder.{name}": value for name, value in own.items()}
    state |= {f"module.momentum_encoder.{name}": torch.zeros_like(value) for name, value in own.items()}
    state |= {"module.base_encoder.head.0.weight": torch.zeros(4, 4), "module.predictor.0.weight": torch.zeros(4, 4)}
    path = tmp_path / "vit-s-300ep.pth.tar"
    torch.save({"epoch": 300, "arch": "vit_small", "state_dict": state, "optimizer": {"state": {}}}, path)
    encoder = load(f"mocov3/vit_small@{path}")
    batch = _batch(224)
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.inference_mode():
        expected = network((batch.float() / 255 - mean) / std)
    assert (encoder.encode(batch) - expected).abs().max() < 1e-4


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """Missing or ill-shaped tensors are an error, never silently random layers."""
    import torch

    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "part.pt")
    with pytest.raises(EncoderError, match="lacks"):
        load(f"timm:resnet18.a1_in1k@{tmp_path / 'part.pt'}").to("cpu")
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "shape.pt")
    with pytest.raises(EncoderError, match="does not fit"):
        load(f"timm:resnet18.a1_in1k@{tmp_path / 'shape.pt'}").to("cpu")
    (tmp_path / "text.safetensors").write_text("no tensors")
    with pytest.raises(EncoderError, match="cannot be read"):
        load(f"timm:resnet18.a1_in1k@{tmp_path / 'text.safetensors'}").to("cpu")


class _Evil:
    """What a malicious checkpoint holds: an object whose unpickling runs code."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.witness,)


@pytest.mark.parametrize("name", ["timm:resnet18.a1_in1k", "openclip:ViT-B-32", "dino/resnet50"])
def test_malicious_checkpoints_run_nothing(tmp_path: Path, name: str) -> None:
    """A pickle inside a .pt is refused before it can act, and torch's advice to load it all the same is not repeated."""
    import torch

    witness = tmp_path / "it-ran"
    torch.save({"state_dict": _Evil(witness)}, tmp_path / "evil.pt")
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(_Evil(witness), protocol=2))
    for file in ("evil.pt", "plain.bin"):
        with pytest.raises(EncoderError, match="cannot be read") as raised:
            load(f"{name}@{tmp_path / file}").to("cpu")
        assert "weights_only" not in str(raised.value) and "unsafe" not in str(raised.value)
    assert not witness.exists()


def test_damaged_wheel_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled weights have a known hash; others under their name are an error."""
    (tmp_path / "w.pth").write_bytes(b"x")
    monkeypatch.setattr(weights_module, "in_wheel", lambda _: tmp_path / "w.pth")
    with pytest.raises(EncoderError, match="not the known ones"):
        load("offline/efficientnet-lite0")
    monkeypatch.setattr(weights_module, "in_wheel", lambda _: None)
    with pytest.raises(EncoderError, match="not installed"):
        load("offline/efficientnet-lite0")


def test_residual_counts_by_hand() -> None:
    """On a horizontal ramp first differences are 1 and second ones 0 along rows, all 0 along columns: the histogram
    says so."""
    ramp = np.zeros((1, 16, 16, 3), dtype=np.uint8)
    ramp[..., :] = np.arange(16, dtype=np.uint8)[None, None, :, None]
    shares = residual(ramp)[0].reshape(8, 125) ** 2
    assert np.allclose(shares.sum(axis=1), 1)
    one, zero = 25 * 3 + 5 * 3 + 3, 25 * 2 + 5 * 2 + 2
    rows = 16 * 13  # triples of 15 differences in each of 16 rows, and as many along columns
    assert shares[0, one] == pytest.approx(rows / (2 * rows)) and shares[0, zero] == pytest.approx(0.5)
    assert shares[2, zero] == pytest.approx(1) and shares[6, zero] == pytest.approx(1)


def test_residual_tells_compressions_apart_and_ignores_brightness() -> None:
    """A forensic baseline moves with JPEG quality and not with a constant added to all pixels."""
    import io

    from PIL import Image

    photo = picture(12, width=256, height=256)
    darker = np.clip(np.asarray(photo), 40, 215)
    base, shifted = residual(darker[None]), residual((darker + 20)[None])
    assert np.allclose(base, shifted)
    buffer = io.BytesIO()
    Image.fromarray(darker).save(buffer, "JPEG", quality=75)
    compressed = residual(np.asarray(Image.open(buffer))[None])
    assert np.linalg.norm(compressed - base) > 0.2


def test_thumbnail_and_colour_by_brute_force() -> None:
    """Block means and joint histogram equal plain loops."""
    pixels = _batch(32, 1).permute(0, 2, 3, 1).numpy()
    means = thumbnail(pixels)[0].reshape(16, 16, 3)
    assert means[3, 5, 1] == pytest.approx(pixels[0, 6:8, 10:12, 1].mean() / 255, abs=1e-6)
    counts = np.zeros((8, 8, 8))
    for red, green, blue in pixels[0].reshape(-1, 3) // 32:
        counts[red, green, blue] += 1
    assert np.allclose(colour(pixels)[0] ** 2, counts.ravel() / counts.sum(), atol=1e-6)
