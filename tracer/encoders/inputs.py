"""What a network is fed with, and which of its features is read: as its weights' own configuration or a name states it.

A checkpoint on the disk says its input in the file that its library writes beside it (timm: `config.json`, OpenCLIP:
`open_clip_config.json`). Without that file the tag in the name states it (`timm:resnet50.a3_in1k@FILE`), or all known weights
of the architecture agree. Anything else is refused: pictures of another size or scale give other embeddings, without any error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from tracer.base.parsing import parse_json_object
from tracer.base.reading import read_bytes
from tracer.base.text import quoted_path
from tracer.encoders.catalogue import CLIP, Triple
from tracer.errors import EncoderError, why
from tracer.images.crop import Interpolation

TIMM_FILE: Final = "config.json"
OPENCLIP_FILE: Final = "open_clip_config.json"
_MOST: Final = 1 << 20
_WIDEST: Final = 4096
"""No projection is longer. timm's other heads are classifiers of ImageNet, or of more classes."""


class Feature(StrEnum):
    """What an encoder's embedding is.

    `projection`  the vector that a CLIP-like model compares with sentences.
    `trunk`       the pooled output of the network, without a classifier.
    `output`      whatever a network of one's own returns.
    `statistics`  computed without a network.
    """

    PROJECTION = "projection"
    TRUNK = "trunk"
    OUTPUT = "output"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Input:
    """What a network takes, and what is read from it.

    Attributes:
        size: side of the picture in pixels.
        mean, std: of the RGB channels, for pixels from 0 to 1.
        interpolation: of the resizing; None: no resizing.
        projection: length of the projection that is read; 0 where the trunk is.
    """

    size: int
    mean: Triple
    std: Triple
    interpolation: Interpolation | None
    projection: int = 0

    @property
    def feature(self) -> Feature:
        """Which feature is read."""
        return Feature.PROJECTION if self.projection else Feature.TRUNK


def timm_input(typed: str, model: str, checkpoint: Path | None) -> Input:
    """Return the input of a network of timm.

    Args:
        typed: the encoder's name, for messages.
        model: architecture, or architecture and tag (`resnet50.a1_in1k`).
        checkpoint: a file in place of timm's weights.

    Raises:
        EncoderError: it is not known, or is not square.
    """
    import timm
    from timm.models import get_pretrained_cfg

    architecture, _, tag = model.partition(".")
    if checkpoint is not None and (found := input_beside(checkpoint, "timm", architecture)) is not None:
        return found
    names = [model] if tag or checkpoint is None else timm.list_pretrained(f"{architecture}.*") or [architecture]
    known = {name: _of_config(typed, vars(config)) for name in names if (config := get_pretrained_cfg(name))}
    if len(set(known.values())) > 1:
        assert checkpoint is not None
        raise _ambiguous(checkpoint, {f"timm:{name}": one for name, one in known.items()}, TIMM_FILE)
    return next(iter(known.values()))


def openclip_input(typed: str, architecture: str, tag: str, checkpoint: Path | None) -> Input:
    """Return the input of a model of OpenCLIP. Its authors' scale is CLIP's where no known weights have another one.

    Raises:
        EncoderError: it is not known, or is not square.
    """
    import open_clip

    if checkpoint is not None and (found := input_beside(checkpoint, "openclip", architecture)) is not None:
        return found
    shape = open_clip.get_model_config(architecture)
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    plain = Input(_square(typed, shape["vision_cfg"].get("image_size", 224)), *CLIP, "bicubic", int(shape["embed_dim"]))
    configs = {one: open_clip.get_pretrained_cfg(architecture, one) for one in ([tag] if tag in tags else tags)}
    known = {
        f"openclip:{architecture}/{one}": _scaled(plain, config)
        for one, config in configs.items()
        if config.get("mean")
    }
    if checkpoint is not None and len(set(known.values())) > 1:
        raise _ambiguous(checkpoint, known, OPENCLIP_FILE)
    return next(iter(known.values()), plain)


def input_beside(checkpoint: Path, library: str, architecture: str) -> Input | None:
    """Return the input that the file beside a checkpoint states; None where its library wrote none there.

    Raises:
        EncoderError: the file is damaged, or speaks of another architecture.
    """
    path = checkpoint.with_name(TIMM_FILE if library == "timm" else OPENCLIP_FILE)
    if not path.is_file():
        return None
    try:
        said = parse_json_object(read_bytes(path, _MOST))
        if library == "timm":
            if "architecture" not in said or "pretrained_cfg" not in said:  # another library's file of this name
                return None
            if said["architecture"] != architecture:
                raise EncoderError(
                    f"{quoted_path(checkpoint)} is not {architecture}",
                    f"{TIMM_FILE} beside it names {str(said['architecture'])[:80]}",
                    "Name that architecture, or move the file away if it belongs to another checkpoint.",
                )
            found = _of_config(str(checkpoint), {**said, **said["pretrained_cfg"]})
            heads = _projections(architecture)
            return found if found.projection in heads else replace(found, projection=0)
        model, scale = said["model_cfg"], said["preprocess_cfg"]
        size = _square(str(checkpoint), model["vision_cfg"]["image_size"])
        return _scaled(Input(size, *CLIP, "bicubic", int(model["embed_dim"])), scale)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"{quoted_path(path)} does not say what {checkpoint.name} takes",
            f"{type(error).__name__}: {why(error)}",
            "Let the library write it again, or move it away and state the input by a tag in the name.",
        ) from error


def _projections(architecture: str) -> set[int]:
    """The lengths of the projections that timm's weights of an architecture have."""
    import timm
    from timm.models import get_pretrained_cfg

    configs = map(get_pretrained_cfg, timm.list_pretrained(f"{architecture}.*"))
    return {_projection(config.num_classes) for config in configs if config} - {0}


def _projection(outputs: int | None) -> int:
    """The length of a projection from the number of a head's outputs; 0 where the head is a classifier, or there is none."""
    from timm.data.imagenet_info import infer_imagenet_subset

    classes = not outputs or outputs > _WIDEST or infer_imagenet_subset({"num_classes": outputs})
    return 0 if classes else int(outputs or 0)


def _of_config(typed: str, config: Mapping[str, Any]) -> Input:
    """The input that a configuration of timm states."""
    _, height, width = config["input_size"]
    size = _square(typed, height if height == width else (width, height))
    return Input(
        size,
        _triple(config["mean"]),
        _triple(config["std"]),
        _interpolation(config.get("interpolation")),
        _projection(config.get("num_classes")),
    )


def _scaled(plain: Input, config: Mapping[str, Any]) -> Input:
    """An input with mean, standard deviation and interpolation of a configuration of OpenCLIP."""
    return replace(
        plain,
        mean=_triple(config["mean"]),
        std=_triple(config["std"]),
        interpolation=_interpolation(config.get("interpolation")),
    )


def _square(typed: str, size: object) -> int:
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= _WIDEST:
        raise EncoderError(f"{typed} takes pictures of {size}", "only square inputs are supported")
    return size


def _triple(values: Iterable[float]) -> Triple:
    red, green, blue = map(float, values)
    return red, green, blue


def _interpolation(name: object) -> Interpolation:
    names: dict[object, Interpolation] = {
        "bilinear": "bilinear", "lanczos": "lanczos", "nearest": "nearest", "box": "box",
    }  # fmt: skip
    return names.get(name, "bicubic")  # timm's "random" and no setting mean bicubic at test time


def _ambiguous(checkpoint: Path, known: Mapping[str, Input], file: str) -> EncoderError:
    first: dict[Input, str] = {}
    for name, one in known.items():
        first.setdefault(one, name)
    said = "; ".join(
        f"{name}: {one.size} pixels, mean {one.mean[0]:g} …, {one.interpolation}, {one.feature}"
        for one, name in list(first.items())[:4]
    )
    return EncoderError(
        f"It is not known what {quoted_path(checkpoint)} takes",
        f"the weights that the library knows differ ({said})",
        f"State it by a tag, as in {next(iter(first.values()))}@{checkpoint.name}, or put the {file} of its training beside it.",
    )
