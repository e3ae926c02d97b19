"""What an encoder is, in one line for a reader who does not know its name: network, training, sizes."""

from __future__ import annotations

from typing import Final

from tracer.encoders.catalogue import BY_NAME, Entry

_NETWORKS: Final = {
    "tf_efficientnet_lite": "EfficientNet-Lite", "vit": "vision transformer", "rn": "ResNet", "resnet": "ResNet",
    "convnext": "ConvNeXt",
}  # fmt: skip
"""The kind of network by how its architecture's name begins, in lower case."""
_TRAINED_ON: Final = {
    "openai": "OpenAI's 400 million pictures with their captions",
    "laion2b": "LAION-2B, two billion pictures with their captions",
    "datacomp_xl": "DataComp-1B, 1.4 billion pictures with their captions",
    "webli": "WebLI, pictures with their captions",
    "v2_webli": "WebLI, pictures with their captions",
    "orig_in21k": "the 21,000 classes of ImageNet-21k",
    "a1_in1k": "the 1,000 classes of ImageNet",
    "a1h_in1k": "the 1,000 classes of ImageNet",
    "in1k": "the 1,000 classes of ImageNet",
    "fb_in22k": "the 22,000 classes of ImageNet-22k, then on the 1,000 of ImageNet",
    "dino": "the pictures of ImageNet, without labels",
    "lvd142m": "LVD-142M, 142 million pictures, without labels",
    "": "the pictures of ImageNet, without labels",
}
"""What weights were trained on, by how their tag begins; those that are not on the hub have no tag."""
_BASELINES: Final = {
    "baseline/residual": "picture statistics, no network: how neighbouring pixels differ (noise, sharpening, compression), with "
    "hardly any content",
    "baseline/thumbnail": "picture statistics, no network: the picture as 16 × 16 mean colours",
    "baseline/colour": "picture statistics, no network: how often each colour occurs",
    "baseline/file-properties": "no picture at all: the file's format, size, shape and compression",
}


def described(name: str) -> str:
    """Return what an encoder is, by its name in results.

    >>> described("resnet/50")
    'ResNet (resnet50), trained on the 1,000 classes of ImageNet; sees 224 × 224 pixels, gives 2,048 numbers'
    """
    if name in _BASELINES:
        return _BASELINES[name]
    base, _, file = name.partition("@") if name not in BY_NAME else (name, "", "")
    known, made_up, _ = base.partition("+random")
    entry = BY_NAME.get(known)
    if entry is None:
        library, _, model = known.rpartition(":")
        what = f"{model} as {library} has it" if library else "not in lenstrace's list of encoders"
        return f"{what}{f', weights from the file {file}' if file else ''}"
    trained = f"trained on {_longest(_TRAINED_ON, entry.tag)}"
    if file or made_up:
        trained = f"weights from the file {file}" if file else "random weights, not trained"
    return f"{_network(entry)}, {trained}; sees {entry.size} × {entry.size} pixels, gives {entry.dim:,} numbers"


def _network(entry: Entry) -> str:
    kind = _longest(_NETWORKS, entry.architecture.lower())
    return f"{kind} ({entry.architecture.removesuffix('-quickgelu')})"


def _longest(words: dict[str, str], text: str) -> str:
    """What stands under the longest beginning of a text."""
    return words[max((start for start in words if text.startswith(start)), key=len)]
