"""The text side of an encoder: sentences as embeddings that can be compared with those of pictures.

OpenAI's CLIP, OpenCLIP and SigLIP have one. CLIP's tokenizer comes with open_clip. SigLIP's, and those of some other OpenCLIP
models, are read by the package `transformers` from files on the hub.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.encoders.weights import Weights, reach_hub
from tracer.errors import EncoderError

if TYPE_CHECKING:
    import torch

_BATCH: Final = 64
_HUB_FILE: Final = "tokenizer_config.json"
"""The file that every tokenizer on the hub has."""


@dataclass(eq=False)
class TextSide:
    """The text side of one encoder. Network and tokenizer are built when they are first needed.

    Attributes:
        name: the encoder's, for messages.
        identity: all that determines its embeddings, as JSON values.
        build: makes the network; its method `encode_text` maps tokens (N, L) to (N, D).
        make_tokenizer: makes what turns N texts into tokens, int64 (N, L). Raises EncoderError where its files are missing.
    """

    name: str
    identity: dict[str, Any]
    build: Callable[[], torch.nn.Module]
    make_tokenizer: Callable[[], Callable[[list[str]], torch.Tensor]]
    _tokenizer: Callable[[list[str]], torch.Tensor] | None = None
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def tokenizer(self) -> Callable[[list[str]], torch.Tensor]:
        """What turns texts into tokens.

        Raises:
            EncoderError: its files are missing; it says how to get them.
        """
        if self._tokenizer is None:
            self._tokenizer = self.make_tokenizer()
        return self._tokenizer

    def embed(self, texts: Sequence[str], device: str = "cpu") -> Work[NDArray[np.float32]]:
        """Embed texts; those that were embedded before are remembered.

        Args:
            texts: any number of them.
            device: where the network runs. It is freed at the end.

        Returns:
            float32 (texts, D), not normalised.

        Yields:
            Progress, in texts.

        Raises:
            EncoderError: the tokenizer or the network cannot be built.
        """
        todo = [text for text in dict.fromkeys(texts) if text not in self._known]
        if todo:
            yield from self._embed_new(todo, device)
        return np.stack([self._known[text] for text in texts])

    def _embed_new(self, texts: list[str], device: str) -> Work[None]:
        import torch

        tokenizer = self.tokenizer()
        network: Any = self.build().eval().requires_grad_(False).to(device)
        for start in range(0, len(texts), _BATCH):
            yield Progress("prompts embedded", start, len(texts))
            batch = texts[start : start + _BATCH]
            with torch.inference_mode():
                found = network.encode_text(tokenizer(batch).to(device)).to("cpu", torch.float32).numpy()
            self._known.update(zip(batch, found, strict=True))

    def too_long(self, texts: Sequence[str]) -> list[str]:
        """The texts that fill all tokens that the network reads: a further word changes nothing, so ends may be cut off."""
        tokenizer = self.tokenizer()
        found = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            same = (tokenizer(batch) == tokenizer([f"{text} word" for text in batch])).all(dim=1).tolist()
            found += [text for text, full in zip(batch, same, strict=True) if full]
        return found


def openclip_side(name: str, architecture: str, weights: Weights | None) -> TextSide:
    """The text side of an OpenCLIP model; with random weights where `weights` is None."""
    from tracer.encoders.networks import openclip_text

    return TextSide(
        name,
        {"architecture": architecture, "weights_sha256": weights.sha256 if weights else ""},
        lambda: openclip_text(architecture, weights.path if weights else None),
        lambda: openclip_tokenizer(name, architecture),
    )


def openclip_tokenizer(name: str, architecture: str) -> Callable[[list[str]], torch.Tensor]:
    """The tokenizer of an OpenCLIP model.

    Args:
        name: the encoder's, for messages.
        architecture: its name in open_clip.

    Raises:
        EncoderError: it has to be read from the hub, and its files or the package that reads them are not here.
    """
    import open_clip

    hub = str((open_clip.get_model_config(architecture) or {}).get("text_cfg", {}).get("hf_tokenizer_name") or "")
    if hub:
        _check_hub(name, hub)
    try:
        tokenizer: Callable[[list[str]], torch.Tensor] = open_clip.get_tokenizer(architecture)
    except (ImportError, OSError, ValueError) as error:
        said = str(error).strip().splitlines()
        raise _missing(name, hub, said[0] if said else type(error).__name__) from error
    return tokenizer


def _check_hub(name: str, hub: str) -> None:
    """Refuse at once what would fail only after minutes of trying.

    Raises:
        EncoderError: the package that reads the files is not installed, or they are neither in the cache nor within reach.
    """
    from huggingface_hub import try_to_load_from_cache

    if importlib.util.find_spec("transformers") is None:
        raise _missing(name, hub, "the package transformers, which reads it, is not installed")
    if not isinstance(try_to_load_from_cache(hub, _HUB_FILE), str):
        missing = _missing(name, hub, "")
        reach_hub(missing.what, missing.way_out)


def _missing(name: str, hub: str, why: str) -> EncoderError:
    return EncoderError(
        f"The tokenizer of {name} cannot be read",
        why,
        f"Install transformers (pip install transformers) and fetch the tokenizer where there is a network (hf download {hub}), "
        "or take an encoder whose tokenizer comes with open_clip, such as clip/ViT-B-32.",
    )
