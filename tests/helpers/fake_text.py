"""Text sides without a real network: each class is a vector that the test gives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import ArrayLike

from tracer.encoders.text import TextSide
from tracer.experiments.zeroshot.naming import Words
from tracer.experiments.zeroshot.prompts import Prompts

READ = 6
"""Words that the invented network reads of a text."""


class _Table(torch.nn.Module):
    def __init__(self, vectors: torch.Tensor) -> None:
        super().__init__()
        self.vectors = vectors

    def encode_text(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.vectors[tokens[:, 0]]


def text_side(classes: Mapping[str, ArrayLike], name: str = "test/encoder") -> TextSide:
    """A text side that embeds a text as the vector of the class that it names; where it names several, of the longest name."""
    names = sorted(classes, key=len, reverse=True)
    vectors = torch.from_numpy(np.stack([np.asarray(classes[one], dtype=np.float32) for one in names]))

    def tokens(texts: list[str]) -> torch.Tensor:
        found = [next(at for at, one in enumerate(names) if one in text) for text in texts]
        return torch.tensor([[at, min(len(text.split()), READ)] for at, text in zip(found, texts, strict=True)])

    return TextSide(name, {"vectors": vectors.tolist()}, lambda: _Table(vectors), lambda: tokens)


def words(classes: Mapping[str, ArrayLike], prompts: Prompts | None = None, labels: list[str] | None = None) -> Words:
    """What photos are called by: prompts for these classes, and a text side that knows them."""
    return Words((prompts or Prompts()).of(labels or list(classes)), text_side(classes))
