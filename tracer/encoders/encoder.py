"""Encoders: from uint8 crops to float32 embeddings. A network is built when it is first needed."""

from __future__ import annotations

import hashlib
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tracer.encoders.catalogue import Group, Triple
from tracer.encoders.inputs import Feature
from tracer.encoders.text import TextSide
from tracer.encoders.weights import Weights
from tracer.errors import EncoderError
from tracer.images.crop import Crop

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(eq=False)
class Encoder(ABC):
    """A frozen encoder.

    Attributes:
        name: as the user typed it, without the folder of a checkpoint.
        family: as in file names.
        variant: as in file names, but with `/` where file names have `-`.
        group: how it was trained.
        crop: its input; the side is `crop.size`.
        weights: its weights file; None for baselines, and for networks that were made in memory.
        feature: what its embedding is.
    """

    name: str
    family: str
    variant: str
    group: Group
    crop: Crop
    weights: Weights | None
    feature: Feature = field(default=Feature.OUTPUT, kw_only=True)

    @property
    def file_stem(self) -> str:
        """The stem of its files: `model=<family>_variant=<variant>`, with `-` for `/`."""
        return f"model={self.family}_variant={self.variant.replace('/', '-')}"

    @property
    def identity(self) -> dict[str, Any]:
        """All that determines its embeddings, as JSON values: encoders with equal identities give equal embeddings.

        Of a network that was not read from a file the weights in memory are hashed, each time, since they may change.
        """
        return {
            "family": self.family,
            "variant": self.variant,
            "weights_sha256": self.weights.sha256 if self.weights else "",
            "feature": str(self.feature),
            "size": self.crop.size,
            "interpolation": self.crop.interpolation or "native",
        }

    @property
    def text_side(self) -> TextSide | None:
        """What embeds sentences that its pictures can be compared with; None where it has no such side."""
        return None

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of an embedding."""

    @abstractmethod
    def to(self, device: torch.device | str) -> None:
        """Move the network to a device; it is built if necessary."""

    @abstractmethod
    def encode(self, batch: torch.Tensor) -> torch.Tensor:
        """Embed crops.

        Args:
            batch: uint8 (N, 3, size, size), RGB, on any device.

        Returns:
            float32 (N, dim) on the CPU, not normalised.
        """

    def release(self) -> None:  # noqa: B027  # nothing to do unless there is a network
        """Free the network's memory; the network is built again when needed."""


@dataclass(eq=False)
class NetworkEncoder(Encoder):
    """An encoder with a torch network.

    Attributes:
        mean: of the RGB channels, for pixels from 0 to 1.
        std: standard deviation of the RGB channels.
        build: makes the network, which maps images (N, 3, S, S) to (N, D).
        known_dim: length of an embedding; None while it is not known.
        options: further settings that change the embeddings.
        text: its text side, if it has one.
    """

    mean: Triple
    std: Triple
    build: Callable[[], torch.nn.Module]
    known_dim: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    text: TextSide | None = None
    _network: torch.nn.Module | None = None
    _device: Any = "cpu"
    _lock: Any = field(default_factory=threading.Lock)

    @property
    def identity(self) -> dict[str, Any]:
        """As `Encoder.identity`, with the normalisation and the options."""
        own = {} if self.weights else {"weights_sha256": network_sha256(self.network())}
        return {**super().identity, **own, "mean": list(self.mean), "std": list(self.std), **self.options}

    @property
    def text_side(self) -> TextSide | None:
        """As `Encoder.text_side`."""
        return self.text

    @property
    def dim(self) -> int:
        """Length of an embedding: from the catalogue, else found by encoding a black picture."""
        if self.known_dim is None:
            import torch

            self.encode(torch.zeros(1, 3, self.crop.size, self.crop.size, dtype=torch.uint8))
        assert self.known_dim is not None
        return self.known_dim

    def network(self) -> torch.nn.Module:
        """The network, frozen and in evaluation mode; built on first use."""
        import torch

        with self._lock:
            if self._network is None:
                network = self.build().eval().requires_grad_(False)
                # On a CPU, convolutions run about twice as fast in this memory order.
                self._network = network.to(self._device).to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]  # missing in some of torch's stubs
            return self._network

    def to(self, device: torch.device | str) -> None:
        """Move the network to a device; it is built if necessary."""
        self._device = device
        self._network = self.network().to(device)

    def release(self) -> None:
        """Free the network's memory."""
        self._network = None

    def encode(self, batch: torch.Tensor) -> torch.Tensor:
        """Embed crops (see `Encoder.encode`), in float32 without autocast or TF32."""
        import torch

        network = self.network()
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            # As in torchvision: divide by 255, subtract the mean, divide by the standard deviation.
            images = batch.to(self._device).to(torch.float32).div_(255)
            mean, std = (torch.tensor(value, device=images.device).view(1, 3, 1, 1) for value in (self.mean, self.std))
            images = images.sub_(mean).div_(std).contiguous(memory_format=torch.channels_last)
            embeddings = network(images)
        if not isinstance(embeddings, torch.Tensor) or embeddings.ndim != 2:
            raise EncoderError(
                f"{self.name} does not give one vector for each picture",
                "its last layer is not pooled",
                "Choose another network.",
            )
        self.known_dim = embeddings.shape[1]
        return embeddings.to("cpu", torch.float32)


def network_sha256(network: torch.nn.Module) -> str:
    """Return a hash of a network's parameters and buffers, and of its structure as torch prints it."""
    import torch

    structure = re.sub(r" at 0x[0-9a-f]+", "", repr(network))
    digest = hashlib.sha256(structure.encode())
    for name, value in network.state_dict().items():
        digest.update(f"\0{name} {getattr(value, 'dtype', '')} {tuple(getattr(value, 'shape', ()))}\0".encode())
        if isinstance(value, torch.Tensor):
            digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        else:  # what a module adds to its state by itself
            digest.update(repr(value).encode())
    return digest.hexdigest()


@dataclass(eq=False)
class BaselineEncoder(Encoder):
    """An encoder without a network: a function from uint8 (N, S, S, 3) to float32 (N, D)."""

    features: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    known_dim: int
    feature: Feature = field(default=Feature.STATISTICS, kw_only=True)

    @property
    def dim(self) -> int:
        """Length of the feature vector."""
        return self.known_dim

    def to(self, device: torch.device | str) -> None:
        """Do nothing: numpy works on the CPU."""

    def encode(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the features of crops (see `Encoder.encode`)."""
        import torch

        return torch.from_numpy(self.features(batch.cpu().permute(0, 2, 3, 1).numpy()))
