"""What a GPU would show, told without one: which device is chosen, and in which state a network finds torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.helpers.small_sets import write_set
from tracer.base.progress import Progress, Work, finish
from tracer.encoders.catalogue import HALF, Group
from tracer.encoders.encoder import NetworkEncoder
from tracer.evaluation.evaluate import Options, evaluate
from tracer.experiments.experiment import Context, Experiment, Measurement, Planned
from tracer.experiments.labels import PHONE
from tracer.experiments.outcome import Outcome
from tracer.images.crop import Crop
from tracer.results import Row


class _Recording(torch.nn.Module):
    """A network that notes how cuDNN is set while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bool, bool, bool]] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The mean colours."""
        state = torch.backends.cudnn
        self.seen.append((state.enabled, state.deterministic, state.allow_tf32))
        return images.mean(dim=(2, 3))


def test_cudnn_stays_on_while_a_network_runs() -> None:
    """Convolutions run with cuDNN, by its deterministic algorithms and in full float32, and its state is put back."""
    network = _Recording()
    before = torch.backends.cudnn.enabled, torch.backends.cudnn.deterministic
    encoder = NetworkEncoder("a/b", "a", "b", Group.OTHER, Crop(8, "bicubic"), None, *HALF, build=lambda: network)
    encoder.encode(torch.zeros(1, 3, 8, 8, dtype=torch.uint8))
    assert network.seen == [(True, True, False)]
    assert (torch.backends.cudnn.enabled, torch.backends.cudnn.deterministic) == before


def test_a_resumed_run_measures_on_the_gpu_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all embeddings are there already, experiments get the device that a first call would have got."""
    seen: list[str] = []

    def measure(context: Context, encoder: str) -> Work[Outcome]:
        yield Progress("noting", 0, 1)
        seen.append(context.device)
        row = Row("noted", "set", encoder, PHONE, "IDENTITY", 0.0, "", "accuracy", 0.5, None, None, 0.5, 1, None)
        return Outcome([row])

    noting = Experiment(
        "noted", "noted", lambda *_: Planned((Measurement("noted", "noted", measure, PHONE),), ()), lambda *_: {}
    )
    photos, options = (
        write_set(tmp_path / "set", scenes=2),
        Options(encoders=("baseline/colour",), experiments=("noted",)),
    )

    def call() -> str:
        return finish(evaluate(photos, tmp_path / "run", options, experiments=[noting], with_report=False)).device

    assert call() == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert call() == "cuda" and seen == ["cpu", "cuda"]
