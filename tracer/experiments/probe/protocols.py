"""How a probe's learning rate and weight decay are found: the paper's search, and faster ways to the same answer.

`paper`    thirty trials one after the other, proposed by Optuna's TPE (Ramos et al. 2025).
`batched`  the same search in rounds; the trials of a round are trained side by side as one layer.
`halving`  the same thirty trials on a short schedule, the best eight on a longer one, the best three on half of the whole.
`fast`     no step size to search: the minimum for a few weight decays, by a second-order method.

All four normalise features, choose on validation accuracy (the earliest trial where several are equal) and fit the chosen
setting again on training and validation photos together. The same seed gives the same probe.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.base.progress import Work
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.probe import linear
from tracer.experiments.probe.linear import Linear, Schedule
from tracer.experiments.probe.search import (
    BATCH_SIZE,
    EPOCHS,
    FAST_PATIENCE,
    FAST_WEIGHT_DECAYS,
    HALVING,
    LR_RANGE,
    ROUND,
    TRIALS,
    WEIGHT_DECAY_RANGE,
    Search,
    batched,
    fast,
    halving,
    paper,
)
from tracer.experiments.settings import Protocol as Protocol
from tracer.experiments.shared.threads import cores_for, one_core_each

NEARLY_ONE: Final = 0.99
"""The mean cosine of two photos from which on searches with a step size are too slow on few photos."""
FEW_STEPS: Final = 2 * BATCH_SIZE
"""Up to so many photos an epoch has one or two steps."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """How a probe is fitted.

    Attributes:
        protocol: see the module.
        seed: of the search, of the order of the photos, and of what an experiment draws.
        device: `cpu`, `cuda`.
        workers: probes or trials fitted at once on a CPU; one a core where None. No result depends on it.
    """

    protocol: Protocol = Protocol.BATCHED
    seed: int = 42
    device: str = field(default="cpu", compare=False)
    workers: int | None = field(default=None, compare=False)

    def facts(self) -> list[object]:
        """What a probe depends on beside its data, as JSON values: a part of the key of a cached result."""
        if self.protocol is Protocol.FAST:
            return [self.seed, self.protocol.value, FAST_WEIGHT_DECAYS, FAST_PATIENCE]
        more: dict[Protocol, tuple[object, ...]] = {Protocol.BATCHED: (ROUND,), Protocol.HALVING: (ROUND, HALVING)}
        search = [TRIALS, EPOCHS, BATCH_SIZE, LR_RANGE, WEIGHT_DECAY_RANGE, more.get(self.protocol, ())]
        return [self.seed, self.protocol.value, *search]


def too_few_steps(encoder: str, vectors: NDArray[np.floating[Any]], protocol: Protocol) -> str:
    """Return that a search may end before its probes have learnt what is there; empty where nothing speaks for that.

    Where all photos have nearly the same embedding (N, D), what tells them apart is small, and so are the steps of a search
    with a step size.
    """
    if protocol is Protocol.FAST or len(vectors) > FEW_STEPS:
        return ""
    mean = normalise(vectors).mean(axis=0, dtype=np.float64)
    if float(mean @ mean) < NEARLY_ONE:
        return ""
    return (
        f"The embeddings of {encoder} are nearly alike for all photos (mean cosine of {NEARLY_ONE} or more), and the photos few:"
        f" probes that are searched with `{protocol}` may end before they have learnt what is there, and their figures be too"
        " low. `--protocol fast` goes on until they have."
    )


def in_words(protocol: Protocol) -> str:
    """How the settings of a probe are found, for the report."""
    (_, first), *later = HALVING
    return {
        Protocol.PAPER: f"{TRIALS} trials of TPE, one after the other",
        Protocol.BATCHED: f"{TRIALS} trials of TPE in rounds of {ROUND} trained side by side",
        Protocol.HALVING: f"{TRIALS} trials of TPE of {first} epochs each, "
        + " and ".join(f"the best {count} again of {epochs}" for count, epochs in later),
        Protocol.FAST: f"full-batch L-BFGS at up to {len(FAST_WEIGHT_DECAYS)} weight decays",
    }[protocol]


@dataclass(frozen=True, slots=True)
class ProbeFit:
    """A fitted probe.

    Attributes:
        layer: of the features' own coordinates, L2-normalised features expected.
        lr: None where the protocol has no step size.
        val_accuracy: of the chosen trial, before the fit on training and validation photos together.
        trials: settings that were tried.
    """

    layer: Linear
    protocol: Protocol
    lr: float | None
    weight_decay: float
    val_accuracy: float
    trials: int

    def predict(self, X: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """Class codes (N,) of embeddings (N, D), as they come from the encoder."""
        return self.layer.predict(normalise(X))


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The settings of a probe, as a search has chosen them.

    Attributes:
        protocol: that chose them.
        lr: None where the protocol has no step size.
        weight_decay: as in `linear`.
        val_accuracy: of the chosen trial.
        trials: settings that were tried.
        stream: of `Protocol.PAPER`: the random numbers of all its fits, which go on from one fit to the next.
        start: of `Protocol.FAST`: the weights that the search has found, from which a fit on more photos takes few steps.
    """

    protocol: Protocol
    lr: float | None
    weight_decay: float
    val_accuracy: float
    trials: int
    stream: torch.Generator | None = None
    start: torch.Tensor | None = None


def normalise(X: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Rows (N, D) scaled to length 1, float32; a row of zeros stays one.

    Raises:
        EmbeddingsError: a value is not finite.
    """
    rows = np.asarray(X, dtype=np.float32)
    check_finite(rows)
    # by torch, as in the published script: where many trials are equally good, a last digit decides which is the best
    return np.asarray(torch.nn.functional.normalize(torch.from_numpy(rows), dim=1).numpy(), dtype=np.float32)


def check_finite(X: NDArray[np.floating[Any]]) -> None:
    """Refuse embeddings that are no matrix (N, D), or hold NaN or infinity: any figure from them would be an accident."""
    if X.ndim != 2:
        raise EmbeddingsError("The embeddings are no matrix", f"their shape is {X.shape}")
    if not np.isfinite(X).all():
        bad = np.flatnonzero(~np.isfinite(X).all(axis=1))
        raise EmbeddingsError(
            f"{len(bad)} of {len(X)} embeddings hold values that are no numbers",
            f"the first is in row {bad[0]}",
            "Make the embeddings again (`tracer embed SET -o RUN`), or leave these photos out.",
        )


def fit_probe(
    X_train: NDArray[np.floating[Any]],
    y_train: NDArray[np.integer[Any]],
    X_val: NDArray[np.floating[Any]],
    y_val: NDArray[np.integer[Any]],
    n_classes: int,
    how: Fitting = Fitting(),
) -> Work[ProbeFit]:
    """Choose the settings of a probe on validation photos, fit it with them on all photos, and return it; see `choose`."""
    chosen = yield from choose(X_train, y_train, X_val, y_val, n_classes, how)
    X, y = np.concatenate([X_train, X_val]), np.concatenate([y_train, y_val])
    return fit_chosen(chosen, X, y, n_classes, how)


def choose(
    X_train: NDArray[np.floating[Any]],
    y_train: NDArray[np.integer[Any]],
    X_val: NDArray[np.floating[Any]],
    y_val: NDArray[np.integer[Any]],
    n_classes: int,
    how: Fitting = Fitting(),
) -> Work[Chosen]:
    """Choose the settings of a probe.

    Args:
        X_train, X_val: (N, D) embeddings, not necessarily normalised. y_train, y_val: (N,) codes below n_classes.

    Yields:
        Progress, in settings that were tried.

    Raises:
        EmbeddingsError: an embedding is not finite, or the shapes do not fit.
        TooFew: fewer than two classes to train on, or nothing to validate on.
    """
    if len(X_val) != len(y_val) or X_train.shape[1] != X_val.shape[1]:
        raise EmbeddingsError("Embeddings and labels of the probe do not fit", f"{X_train.shape}, {X_val.shape}")
    _check_labels(X_train, y_train, n_classes)
    if len(y_val) == 0:
        raise TooFew("A probe needs photos to choose its settings on", "the validation part is empty")
    labels, cut = np.concatenate([y_train, y_val]).astype(np.int64), len(y_train)
    if labels.min() < 0 or labels.max() >= n_classes:
        raise EmbeddingsError("A label is outside the classes", f"{labels.max()} of {n_classes} classes")
    X = torch.from_numpy(normalise(np.concatenate([X_train, X_val]))).to(how.device)
    with _cores(how, X, n_classes) as pool:
        Z, basis = _coordinates(X, how.protocol)
        y = torch.from_numpy(labels).to(X.device)
        stream = torch.Generator().manual_seed(how.seed) if how.protocol is Protocol.PAPER else None
        search = Search(Z[:cut], y[:cut], Z[cut:], y[cut:], n_classes, how.seed, pool, stream)
        if how.protocol is Protocol.FAST:
            weight_decay, val_accuracy, trials, start = yield from fast(search)
            return Chosen(how.protocol, None, weight_decay, val_accuracy, trials, start=_own_coordinates(start, basis))
        run = {Protocol.PAPER: paper, Protocol.BATCHED: batched, Protocol.HALVING: halving}[how.protocol]
        (lr, weight_decay), val_accuracy, trials = yield from run(search)
        return Chosen(how.protocol, lr, weight_decay, val_accuracy, trials, stream)


def fit_chosen(
    chosen: Chosen, X: NDArray[np.floating[Any]], y: NDArray[np.integer[Any]], n_classes: int, how: Fitting
) -> ProbeFit:
    """Fit a probe with chosen settings.

    Args:
        chosen: by the protocol of `how`.
        X: (N, D) embeddings, not necessarily normalised.
        y: (N,) codes below n_classes.
        n_classes: how many classes there are.
        how: its seed orders the photos of each epoch, except with `Protocol.PAPER`.

    Raises:
        EmbeddingsError: an embedding is not finite, or the shapes do not fit.
        TooFew: fewer than two classes.
    """
    _check_labels(X, y, n_classes)
    rows, labels = torch.from_numpy(normalise(X)).to(how.device), torch.from_numpy(y.astype(np.int64)).to(how.device)
    with _cores(how, rows, n_classes):
        Z, basis = _coordinates(rows, chosen.protocol)
        if chosen.lr is None:
            start = chosen.start
            if start is not None and basis is not None:
                start = torch.cat([start[:, :-1] @ basis, start[:, -1:]], dim=1)
            W = linear.minimise(Z, labels, n_classes, chosen.weight_decay, start)
        elif chosen.stream is not None:
            setting = chosen.lr, chosen.weight_decay
            W = linear.train_as_published(Z, labels, n_classes, setting, (EPOCHS, BATCH_SIZE), chosen.stream)
        else:
            setting, schedule = (chosen.lr, chosen.weight_decay), Schedule(EPOCHS, BATCH_SIZE, how.seed)
            W = linear.train_side_by_side(Z, labels, n_classes, [setting], schedule)[:, 0]
    layer = Linear(_own_coordinates(W, basis).cpu().numpy())
    return ProbeFit(layer, chosen.protocol, chosen.lr, chosen.weight_decay, chosen.val_accuracy, chosen.trials)


def _check_labels(X: NDArray[np.floating[Any]], y: NDArray[np.integer[Any]], n_classes: int) -> None:
    """Refuse labels that cannot be trained on."""
    if len(X) != len(y):
        raise EmbeddingsError("Embeddings and labels of the probe do not fit", f"{len(X)} and {len(y)}")
    if len(np.unique(y)) < 2:
        raise TooFew("A probe needs photos of at least two classes", f"there are {len(np.unique(y))} to train on")
    if y.min() < 0 or y.max() >= n_classes:
        raise EmbeddingsError("A label is outside the classes", f"{y.max()} of {n_classes} classes")


@contextmanager
def _cores(how: Fitting, X: torch.Tensor, n_classes: int) -> Iterator[ThreadPoolExecutor | None]:
    """As many cores as the protocol can use on rows X (N, D); a pool for its trials where it has several at once."""
    if how.protocol is Protocol.FAST or how.device != "cpu":
        with cores_for(len(X) * X.shape[1] * n_classes):
            yield None
    else:
        with one_core_each(how.workers) as pool:
            yield pool


def _coordinates(X: torch.Tensor, protocol: Protocol) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Rows X (N, D) with the constant last, in the coordinates in which the protocol works, and their basis if they have one."""
    basis = linear.row_space(X) if protocol is Protocol.FAST else None
    return linear.with_constant(X if basis is None else X @ basis), basis


def _own_coordinates(W: torch.Tensor, basis: torch.Tensor | None) -> torch.Tensor:
    """Weights (C, d + 1) in the coordinates of the embeddings."""
    return W if basis is None else torch.cat([W[:, :-1] @ basis.T, W[:, -1:]], dim=1)
