"""Lists the encoders, tells which can run without a download, and loads them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tracer.encoders.baselines import BASELINES
from tracer.encoders.catalogue import BY_NAME, ENTRIES, PAPER_GROUPS, Entry, Group
from tracer.encoders.encoder import BaselineEncoder, Encoder, NetworkEncoder
from tracer.encoders.inputs import Input, input_beside, openclip_input, timm_input
from tracer.encoders.names import EncoderName, checkpoint_sha256, parse_name
from tracer.encoders.text import openclip_side
from tracer.encoders.weights import Weights, from_hub, on_disk, weights_of
from tracer.errors import EncoderError, UnknownEncoder
from tracer.images.crop import Crop

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


def words() -> list[str]:
    """Return what a person may type without knowing a library's own names: words for several encoders, and the known encoders."""
    return [*_SETS, *BY_NAME, "timm:", "openclip:"]


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
    if entry.library == "baseline":
        if parsed.checkpoint:
            raise EncoderError(f"{entry.name} has no weights", "a checkpoint was named")
        crop = Crop(entry.size, entry.interpolation)
        return BaselineEncoder(
            parsed.shown, parsed.family, parsed.model, entry.group, crop, None, BASELINES[parsed.model], entry.dim
        )
    weights = None if random_weights else _checkpoint(parsed) or weights_of(entry)
    usual = Input(entry.size, *entry.normalise, entry.interpolation, entry.dim if entry.library == "openclip" else 0)
    beside = input_beside(parsed.checkpoint, entry.library, entry.architecture) if parsed.checkpoint else None
    return _of_library(parsed, entry, beside or usual, weights)


def _from_timm(parsed: EncoderName, *, random_weights: bool) -> Encoder:
    """Load any network of timm, with timm's preprocessing but without the margin around the crop."""
    import timm
    from timm.models import get_pretrained_cfg

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
    weights = None if random_weights else _checkpoint(parsed)
    if weights is None and not random_weights:
        if not config.hf_hub_id:
            raise EncoderError(
                f"timm has no weights for {parsed.model} on the hub", way_out=f"Name a file: {parsed.typed}@CHECKPOINT"
            )
        weights = from_hub(parsed.typed, config.hf_hub_id, "timm", config.hf_hub_filename or "")
    taken = timm_input(parsed.typed, parsed.model, parsed.checkpoint)
    entry = Entry(parsed.typed, Group.OTHER, taken.projection, taken.size, "timm", architecture)
    return _of_library(parsed, entry, taken, weights)


def _from_openclip(parsed: EncoderName, *, random_weights: bool) -> Encoder:
    """Load any model of OpenCLIP: `openclip:ARCHITECTURE/TAG`, or `openclip:ARCHITECTURE@CHECKPOINT`."""
    import open_clip

    architecture, _, tag = parsed.model.partition("/")
    if open_clip.get_model_config(architecture) is None:
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
    taken = openclip_input(parsed.typed, architecture, tag, parsed.checkpoint)
    entry = Entry(parsed.typed, Group.OTHER, taken.projection, taken.size, "openclip", architecture)
    return _of_library(parsed, entry, taken, weights)


def _of_library(parsed: EncoderName, entry: Entry, taken: Input, weights: Weights | None) -> NetworkEncoder:
    """A network that timm, OpenCLIP or a wheel has."""
    from tracer.encoders.networks import openclip_network, timm_network, wheel_network

    architecture, path, options = entry.architecture, weights.path if weights else None, dict(entry.options)
    # The paper's DINOv2 has other positions than its weights, which its catalogue entry states.
    fitting = parsed.checkpoint is not None and "img_size" not in options
    if entry.library == "openclip":
        build = partial(openclip_network, architecture, taken.size, path, fitting=fitting)
    elif entry.library == "wheel" and path and parsed.checkpoint is None:
        build = partial(wheel_network, architecture, path)
    else:
        build = partial(timm_network, architecture, taken, options, path, fitting=fitting)
    return NetworkEncoder(
        parsed.shown,
        parsed.family,
        parsed.variant,
        entry.group,
        Crop(taken.size, taken.interpolation),
        weights,
        taken.mean,
        taken.std,
        build=build,
        known_dim=taken.projection or entry.dim or None,
        options={"architecture": architecture, **options},
        text=openclip_side(parsed.shown, architecture, weights) if entry.library == "openclip" else None,
        feature=taken.feature,
    )


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
