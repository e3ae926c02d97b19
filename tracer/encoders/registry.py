"""Lists the encoders, tells which can run without a download, and loads them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tracer.encoders.baselines import BASELINES
from tracer.encoders.catalogue import BY_NAME, CLIP, ENTRIES, PAPER_GROUPS, Entry, Group, Triple
from tracer.encoders.encoder import BaselineEncoder, Encoder, NetworkEncoder
from tracer.encoders.names import EncoderName, checkpoint_sha256, parse_name
from tracer.encoders.text import openclip_side
from tracer.encoders.weights import Weights, from_hub, on_disk, weights_of
from tracer.errors import EncoderError, UnknownEncoder
from tracer.images.crop import Crop, Interpolation

if TYPE_CHECKING:
    import torch

__all__ = ["Encoder", "EncoderInfo", "Group", "available", "expand", "load"]

_SETS: Final[dict[str, tuple[str, ...]]] = {
    "offline": ("offline/efficientnet-lite0", "offline/efficientnet-lite2", "baseline/residual"),
    "paper": tuple(entry.name for entry in ENTRIES if entry.group in PAPER_GROUPS),
    **{str(group): tuple(entry.name for entry in ENTRIES if entry.group is group) for group in PAPER_GROUPS},
    "baseline": tuple(entry.name for entry in ENTRIES if entry.group is Group.BASELINE),
}


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """One line of the list of encoders.

    Attributes:
        name: `family/variant`.
        group: how it was trained.
        dim: length of the embedding.
        input: side of the input in pixels.
        available: whether it runs without a download.
        source: where its weights come from.
    """

    name: str
    group: str
    dim: int
    input: int
    available: bool
    source: str


def available(group: str | None = None) -> list[EncoderInfo]:
    """Return the known encoders, of all groups or of one. Does not import torch."""
    entries = (entry for entry in ENTRIES if group is None or entry.group == group)
    return [
        EncoderInfo(
            entry.name,
            str(entry.group),
            entry.dim,
            entry.size,
            entry.library == "baseline" or on_disk(entry) is not None,
            _source(entry),
        )
        for entry in entries
    ]


def expand(names: Iterable[str]) -> list[str]:
    """Replace words for several encoders (`offline`, `paper`, `contrastive`, `supervised`, …) by their names; without repetition.

    Raises:
        UnknownEncoder: a word is neither such a word nor has the form of a name.

    >>> expand(["baseline/colour", "offline"])
    ['baseline/colour', 'offline/efficientnet-lite0', 'offline/efficientnet-lite2', 'baseline/residual']
    """
    expanded: dict[str, None] = {}
    for word in names:
        for name in _SETS.get(word, (word,)):
            parse_name(name)
            expanded[name] = None
    return list(expanded)


def check(names: Iterable[str]) -> list[str]:
    """Expand names as `expand` does, and check that the encoders exist. Weights are neither looked for nor downloaded.

    Raises:
        UnknownEncoder: there is no encoder of that name.
    """
    expanded = expand(names)
    for name in expanded:
        if f"{(parsed := parse_name(name)).family}/{parsed.model}" not in BY_NAME:
            load(name, random_weights=True)
    return expanded


def load(name: str, device: str = "cpu", *, random_weights: bool = False, seed: int = 0) -> Encoder:
    """Load an encoder. Its weights are found or downloaded now; the network is built when it first encodes.

    Args:
        name: as a user types it.
        device: where it will run.
        random_weights: use random weights, for tests; its name and variant end in `+random<seed>`.
        seed: of random weights.

    Raises:
        EncoderError: the encoder is unknown, or its weights are missing or unusable.
    """
    parsed = parse_name(name)
    if parsed.library:
        encoder = (_from_timm if parsed.family == "timm" else _from_openclip)(parsed, random_weights=random_weights)
    else:
        encoder = _known(parsed, random_weights=random_weights)
    if isinstance(encoder, NetworkEncoder):
        if random_weights:
            _randomise(encoder, seed)
        encoder._device = device
    return encoder


def _source(entry: Entry) -> str:
    if entry.library == "baseline":
        return "built in"
    return "bundled" if entry.library == "wheel" else f"hub {entry.hub}" if entry.hub else entry.url


def _known(parsed: EncoderName, *, random_weights: bool) -> Encoder:
    entry = BY_NAME.get(f"{parsed.family}/{parsed.model}")
    if entry is None:
        near = _near(parsed)
        raise UnknownEncoder(
            f"There is no encoder {parsed.typed}",
            f"did you mean {near}?" if near else "",
            "`tracer encoders` lists those with a short name; any other: timm:NAME or openclip:NAME.",
        )
    crop = Crop(entry.size, entry.interpolation)
    if entry.library == "baseline":
        if parsed.checkpoint:
            raise EncoderError(f"{entry.name} has no weights", "a checkpoint was named")
        return BaselineEncoder(
            parsed.shown, parsed.family, parsed.model, entry.group, crop, None, BASELINES[parsed.model], entry.dim
        )
    weights = None if random_weights else _checkpoint(parsed) or weights_of(entry)
    return NetworkEncoder(
        parsed.shown,
        parsed.family,
        parsed.variant,
        entry.group,
        crop,
        weights,
        *entry.normalise,
        build=lambda: _build(entry, weights, bundled=parsed.checkpoint is None),
        known_dim=entry.dim,
        options=dict(entry.options),
        text=openclip_side(parsed.shown, entry.architecture, weights) if entry.library == "openclip" else None,
    )


def _build(entry: Entry, weights: Weights | None, *, bundled: bool) -> torch.nn.Module:
    from tracer.encoders.networks import openclip_network, timm_network, wheel_network

    path = weights.path if weights else None
    if entry.library == "openclip":
        return openclip_network(entry.architecture, path)
    if entry.library == "wheel" and path and bundled:
        return wheel_network(entry.architecture, path)
    return timm_network(entry.architecture, dict(entry.options), path)


def _from_timm(parsed: EncoderName, *, random_weights: bool) -> Encoder:
    """Load any network of timm, with timm's preprocessing but without the margin around the crop."""
    import timm
    from timm.models import get_pretrained_cfg

    from tracer.encoders.networks import timm_network

    architecture = parsed.model.partition(".")[0]
    if not timm.is_model(architecture):
        raise _unknown(parsed, timm.list_models(f"*{architecture}*")[:5])
    try:
        config = get_pretrained_cfg(parsed.model, allow_unregistered=False)
    except RuntimeError as error:
        tags = timm.list_pretrained(f"{architecture}.*") or [architecture]
        raise EncoderError(f"timm has no weights {parsed.model}", str(error), "It has " + ", ".join(tags)) from error
    if config is None:
        raise EncoderError(
            f"timm knows no weights of {architecture}", way_out=f"Name a file: {parsed.typed}@CHECKPOINT"
        )
    _, height, width = config.input_size
    if height != width:
        raise EncoderError(f"{parsed.typed} takes pictures of {width} × {height}", "only square inputs are supported")
    weights = None if random_weights else _checkpoint(parsed)
    if weights is None and not random_weights:
        if not config.hf_hub_id:
            raise EncoderError(
                f"timm has no weights for {parsed.model} on the hub", way_out=f"Name a file: {parsed.typed}@CHECKPOINT"
            )
        weights = from_hub(parsed.typed, config.hf_hub_id, "timm", config.hf_hub_filename or "")
    return NetworkEncoder(
        parsed.shown,
        parsed.family,
        parsed.variant,
        Group.OTHER,
        Crop(height, _interpolation(config.interpolation)),
        weights,
        _triple(config.mean),
        _triple(config.std),
        build=lambda: timm_network(architecture, {}, weights.path if weights else None),
    )


def _from_openclip(parsed: EncoderName, *, random_weights: bool) -> Encoder:
    """Load any model of OpenCLIP: `openclip:ARCHITECTURE/TAG`, or `openclip:ARCHITECTURE@CHECKPOINT`."""
    import open_clip

    from tracer.encoders.networks import openclip_network

    architecture, _, tag = parsed.model.partition("/")
    shape = open_clip.get_model_config(architecture)
    if shape is None:
        wanted = architecture.lower()
        raise _unknown(parsed, [name for name in open_clip.list_models() if wanted in name.lower()][:5])
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    weights = None if random_weights else _checkpoint(parsed)
    if weights is None and not random_weights:
        tag = tag or (tags[0] if len(tags) == 1 else "")
        if tag not in tags:
            raise EncoderError(
                f"Which weights of {architecture}?" if not tag else f"OpenCLIP has no weights {tag} for {architecture}",
                "it has " + ", ".join(tags) if tags else "it has none",
                f"Say openclip:{architecture}/{tags[0] if tags else 'TAG'}, or openclip:{architecture}@CHECKPOINT.",
            )
        hub = open_clip.get_pretrained_cfg(architecture, tag).get("hf_hub", "")
        if not hub:
            raise EncoderError(
                f"The weights {tag} of {architecture} are not on the hub",
                way_out=f"Name a file: openclip:{architecture}@CHECKPOINT",
            )
        repository, _, file_name = hub.rpartition("/")
        weights = from_hub(parsed.typed, repository, "openclip", file_name)
    mean, std, interpolation = _openclip_preprocessing(architecture, tag, tags)
    size = shape["vision_cfg"].get("image_size", 224)
    if not isinstance(size, int):
        raise EncoderError(f"{parsed.typed} takes pictures of {size}", "only square inputs are supported")
    return NetworkEncoder(
        parsed.shown,
        parsed.family,
        parsed.variant,
        Group.OTHER,
        Crop(size, interpolation),
        weights,
        mean,
        std,
        build=lambda: openclip_network(architecture, weights.path if weights else None),
        known_dim=int(shape["embed_dim"]),
        text=openclip_side(parsed.shown, architecture, weights),
    )


def _openclip_preprocessing(architecture: str, tag: str, tags: list[str]) -> tuple[Triple, Triple, Interpolation]:
    """Mean, standard deviation and interpolation of a tag.

    A checkpoint has those that all tags of its architecture share, else CLIP's.
    """
    import open_clip

    known = [open_clip.get_pretrained_cfg(architecture, name) for name in ([tag] if tag in tags else tags)]
    found = {(tuple(c["mean"]), tuple(c["std"]), c["interpolation"]) for c in known if c.get("mean")}
    mean, std, interpolation = found.pop() if len(found) == 1 else (*CLIP, "bicubic")
    return mean, std, _interpolation(interpolation)


def _triple(values: Iterable[float]) -> Triple:
    red, green, blue = values
    return red, green, blue


def _interpolation(name: str) -> Interpolation:
    names: dict[str, Interpolation] = {"bilinear": "bilinear", "lanczos": "lanczos", "nearest": "nearest", "box": "box"}
    return names.get(name, "bicubic")  # timm's "random" and no setting mean bicubic at test time


def _checkpoint(parsed: EncoderName) -> Weights | None:
    if parsed.checkpoint is None:
        return None
    return Weights(parsed.checkpoint, checkpoint_sha256(parsed.checkpoint), f"file {parsed.checkpoint.name}")


def _randomise(encoder: NetworkEncoder, seed: int) -> None:
    mark = f"+random{seed}"
    encoder.name, encoder.variant, encoder.build = (
        encoder.name + mark,
        encoder.variant + mark,
        _seeded(encoder.build, seed),
    )
    if encoder.text is not None:  # the same seed gives the same model, so that both sides belong together
        side = encoder.text
        encoder.text = replace(side, build=_seeded(side.build, seed), identity={**side.identity, "random": seed})


def _seeded(build: Callable[[], torch.nn.Module], seed: int) -> Callable[[], torch.nn.Module]:
    def seeded() -> torch.nn.Module:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build()

    return seeded


def _near(parsed: EncoderName) -> str:
    from difflib import get_close_matches

    return ", ".join(get_close_matches(f"{parsed.family}/{parsed.model}", BY_NAME, n=3))


def _unknown(parsed: EncoderName, near: list[str]) -> UnknownEncoder:
    return UnknownEncoder(
        f"{parsed.family} has no network {parsed.model}",
        f"similar names: {', '.join(near)}" if near else "",
        f"The documentation of {parsed.family} lists the names.",
    )
