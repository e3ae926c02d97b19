"""How a probe's learning rate and weight decay are found: the paper's search, and faster ways to the same answer.

`paper`    thirty trials one after the other, proposed by Optuna's TPE (Ramos et al. 2025).
`batched`  the same search in rounds; the trials of a round are trained side by side as one layer.
`halving`  the same thirty trials on a short schedule, the best eight on a longer one, the best three on half of the whole.
`fast`     no step size to search: the minimum for a few weight decays, by a second-order method.

All four normalise features, choose on validation accuracy (the earliest trial where several are equal) and fit the chosen
setting again on training and validation photos together. The same seed gives the same probe.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.base.progress import Progress, Work
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.probe import linear
from tracer.experiments.probe.linear import Linear, Schedule
from tracer.experiments.settings import Protocol as Protocol
from tracer.experiments.shared.threads import cores_for, one_core_each

EPOCHS = 100
BATCH_SIZE = 1024
TRIALS = 30
ROUND = 10
"""Trials trained side by side; TPE starts with as many random ones, so the first round loses nothing by being one."""
CHUNK = 5
SMALL_ROUND = 2e7
"""Trials of a round go to several cores by so many, where a batch of the round takes more multiplications than this."""
LR_RANGE = (1e-1, 1e2)
WEIGHT_DECAY_RANGE = (1e-12, 1e-4)
HALVING = ((30, 10), (8, 25), (3, 50))
"""Trials and epochs of each rung; every rung runs a whole cosine schedule of its own length."""
FAST_WEIGHT_DECAYS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""From strong to weak. They reach higher than the paper's range, whose small step numbers regularise as well."""
FAST_PATIENCE = 3
"""The path ends after so many decays in a row that were no better; the weaker they get, the longer they take."""


_TRIED = "settings tried"


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


def normalise(X: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Rows (N, D) scaled to length 1, float32; a row of zeros stays one.

    Raises:
        EmbeddingsError: a value is not finite.
    """
    rows = np.asarray(X, dtype=np.float32)
    check_finite(rows)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), dtype=np.float32)


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
    """Fit a linear probe and return it.

    Args:
        X_train, X_val: (N, D) embeddings, not necessarily normalised. y_train, y_val: (N,) codes below n_classes.

    Yields:
        Progress, in settings that were tried.

    Raises:
        EmbeddingsError: an embedding is not finite, or the shapes do not fit.
        TooFew: fewer than two classes to train on, or nothing to validate on.
    """
    labels = np.concatenate([y_train, y_val]).astype(np.int64)
    if len(X_train) != len(y_train) or len(X_val) != len(y_val) or X_train.shape[1] != X_val.shape[1]:
        raise EmbeddingsError("Embeddings and labels of the probe do not fit", f"{X_train.shape}, {X_val.shape}")
    if len(np.unique(y_train)) < 2:
        raise TooFew("A probe needs photos of at least two classes", f"there are {len(np.unique(y_train))} to train on")
    if len(y_val) == 0:
        raise TooFew("A probe needs photos to choose its settings on", "the validation part is empty")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise EmbeddingsError("A label is outside the classes", f"{labels.max()} of {n_classes} classes")
    X = torch.from_numpy(normalise(np.concatenate([X_train, X_val]))).to(how.device)
    if how.protocol is Protocol.FAST or how.device != "cpu":
        with cores_for(len(X) * X.shape[1] * n_classes):
            return (yield from _fit(X, labels, len(y_train), n_classes, how, None))
    with one_core_each(how.workers) as pool:
        return (yield from _fit(X, labels, len(y_train), n_classes, how, pool))


def _fit(
    X: torch.Tensor,
    labels: NDArray[np.int64],
    cut: int,
    n_classes: int,
    how: Fitting,
    pool: ThreadPoolExecutor | None,
) -> Work[ProbeFit]:
    """Fit on unit rows X, of which the first `cut` are to train on."""
    chosen = how.protocol
    basis = linear.row_space(X) if chosen is Protocol.FAST else None
    Z = linear.with_constant(X if basis is None else X @ basis)
    y = torch.from_numpy(labels).to(X.device)
    search = _Search(Z[:cut], y[:cut], Z[cut:], y[cut:], n_classes, how.seed, pool)
    if chosen is Protocol.FAST:
        weight_decay, val_accuracy, trials, start = yield from _fast(search)
        lr = None
        W = linear.minimise(Z, y, n_classes, weight_decay, start)
    else:
        run = {Protocol.PAPER: _paper, Protocol.BATCHED: _batched, Protocol.HALVING: _halving}[chosen]
        (lr, weight_decay), val_accuracy, trials = yield from run(search)
        schedule = Schedule(EPOCHS, BATCH_SIZE, how.seed)
        W = linear.train_side_by_side(Z, y, n_classes, [(lr, weight_decay)], schedule)[:, 0]
    if basis is not None:
        W = torch.cat([W[:, :-1] @ basis.T, W[:, -1:]], dim=1)
    return ProbeFit(Linear(W.cpu().numpy()), chosen, lr, weight_decay, val_accuracy, trials)


@dataclass(frozen=True, slots=True)
class _Search:
    """What the settings are chosen on; features carry the constant last."""

    X_train: torch.Tensor
    y_train: torch.Tensor
    X_val: torch.Tensor
    y_val: torch.Tensor
    n_classes: int
    seed: int
    pool: ThreadPoolExecutor | None

    def score(self, settings: Sequence[tuple[float, float]], epochs: int) -> list[float]:
        """Validation accuracy of each (lr, weight decay), trained side by side.

        Large layers are trained a few trials a core. How many does not depend on the cores there are: another shape could
        round differently, and the same seed has to give the same probe anywhere.
        """
        batch = min(len(self.X_train), BATCH_SIZE)
        large = (
            self.pool is not None
            and batch * min(batch, self.X_train.shape[1]) * self.n_classes * len(settings) > SMALL_ROUND
        )
        step = CHUNK if large else len(settings)
        parts = [settings[at : at + step] for at in range(0, len(settings), step)]
        mapped = map if self.pool is None or len(parts) == 1 else self.pool.map
        return [value for scores in mapped(lambda part: self._score(part, epochs), parts) for value in scores]

    def _score(self, settings: Sequence[tuple[float, float]], epochs: int) -> list[float]:
        schedule = Schedule(epochs, BATCH_SIZE, self.seed)
        W = linear.train_side_by_side(self.X_train, self.y_train, self.n_classes, settings, schedule)
        return linear.accuracies(W, self.X_val, self.y_val)


_Setting: TypeAlias = tuple[float, float]
_Choice: TypeAlias = tuple[_Setting, float, int]


def _paper(search: _Search) -> Work[_Choice]:
    return _best((yield from _propose(search, 1, lambda settings: search.score(settings, EPOCHS))))


def _batched(search: _Search) -> Work[_Choice]:
    return _best((yield from _propose(search, ROUND, lambda settings: search.score(settings, EPOCHS))))


def _halving(search: _Search) -> Work[_Choice]:
    (_, first), *later = HALVING
    tried = yield from _propose(search, ROUND, lambda settings: search.score(settings, first))
    for keep, epochs in later:
        ranked = sorted(range(len(tried)), key=lambda i: (-tried[i][1], i))[:keep]
        settings = [tried[i][0] for i in sorted(ranked)]
        tried = list(zip(settings, search.score(settings, epochs), strict=True))
    setting, value, _ = _best(tried)
    return setting, value, TRIALS


def _fast(search: _Search) -> Work[tuple[float, float, int, torch.Tensor]]:
    best: tuple[float, float, torch.Tensor] | None = None
    W: torch.Tensor | None = None
    tried = since = 0
    for weight_decay in FAST_WEIGHT_DECAYS:
        W = linear.minimise(search.X_train, search.y_train, search.n_classes, weight_decay, W)
        [value] = linear.accuracies(W[:, None].contiguous(), search.X_val, search.y_val)
        tried += 1
        yield Progress(_TRIED, tried, len(FAST_WEIGHT_DECAYS))
        if best is None or value > best[0]:
            best, since = (value, weight_decay, W), 0
        elif (since := since + 1) == FAST_PATIENCE:
            break
    assert best is not None
    return best[1], best[0], tried, best[2]


def _best(tried: Sequence[tuple[_Setting, float]]) -> _Choice:
    at = max(range(len(tried)), key=lambda i: (tried[i][1], -i))
    return tried[at][0], tried[at][1], len(tried)


def _propose(
    search: _Search, per_round: int, score: Callable[[Sequence[_Setting]], list[float]]
) -> Work[list[tuple[_Setting, float]]]:
    """Thirty trials of Optuna's multivariate, grouped TPE, `per_round` of them asked for before their scores are told.

    Within a round the sampler counts open trials as bad (constant liar), so that it does not propose one setting ten times.
    """
    optuna, sampler = _sampler(search.seed, constant_liar=per_round > 1)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = {
        "lr": optuna.distributions.FloatDistribution(*LR_RANGE, log=True),
        "weight_decay": optuna.distributions.FloatDistribution(*WEIGHT_DECAY_RANGE, log=True),
    }
    tried: list[tuple[_Setting, float]] = []
    while len(tried) < TRIALS:
        asked = [study.ask(dict(space)) for _ in range(min(per_round, TRIALS - len(tried)))]
        settings = [(trial.params["lr"], trial.params["weight_decay"]) for trial in asked]
        for trial, setting, value in zip(asked, settings, score(settings), strict=True):
            study.tell(trial, value)
            tried.append((setting, value))
        yield Progress(_TRIED, len(tried), TRIALS)
    return tried


_OPTUNA = threading.Lock()


def _sampler(seed: int, constant_liar: bool) -> tuple[Any, Any]:
    """Optuna, quiet, and its sampler. Filters of warnings belong to the whole process, so one thread at a time."""
    with _OPTUNA, warnings.catch_warnings():
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # Some releases mark these arguments as experimental; the paper uses the first two.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna, optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=constant_liar)
