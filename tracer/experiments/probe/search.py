"""The searches for a probe's learning rate and weight decay, one for each protocol (`tracer.experiments.probe.protocols`)."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch

from tracer.base.progress import Progress, Work
from tracer.experiments.probe import linear
from tracer.experiments.probe.linear import Schedule

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
class Search:
    """What the settings are chosen on; features carry the constant last."""

    X_train: torch.Tensor
    y_train: torch.Tensor
    X_val: torch.Tensor
    y_val: torch.Tensor
    n_classes: int
    seed: int
    pool: ThreadPoolExecutor | None
    stream: torch.Generator | None

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

    def score_as_published(self, settings: Sequence[tuple[float, float]]) -> list[float]:
        """Validation accuracy of each (lr, weight decay), trained one after the other on one stream of random numbers."""
        assert self.stream is not None
        length, found = (EPOCHS, BATCH_SIZE), []
        for setting in settings:
            W = linear.train_as_published(self.X_train, self.y_train, self.n_classes, setting, length, self.stream)
            found += linear.accuracies(W[:, None].contiguous(), self.X_val, self.y_val)
        return found

    def _score(self, settings: Sequence[tuple[float, float]], epochs: int) -> list[float]:
        schedule = Schedule(epochs, BATCH_SIZE, self.seed)
        W = linear.train_side_by_side(self.X_train, self.y_train, self.n_classes, settings, schedule)
        return linear.accuracies(W, self.X_val, self.y_val)


Setting: TypeAlias = tuple[float, float]
Choice: TypeAlias = tuple[Setting, float, int]


def paper(search: Search) -> Work[Choice]:
    """Thirty trials one after the other, each trained as published."""
    return _best((yield from _propose(search, 1, search.score_as_published)))


def batched(search: Search) -> Work[Choice]:
    """The same search in rounds; the trials of a round are trained side by side."""
    return _best((yield from _propose(search, ROUND, lambda settings: search.score(settings, EPOCHS))))


def halving(search: Search) -> Work[Choice]:
    """Thirty trials on a short schedule, and the best of them again on longer ones."""
    (_, first), *later = HALVING
    tried = yield from _propose(search, ROUND, lambda settings: search.score(settings, first))
    for keep, epochs in later:
        ranked = sorted(range(len(tried)), key=lambda i: (-tried[i][1], i))[:keep]
        settings = [tried[i][0] for i in sorted(ranked)]
        tried = list(zip(settings, search.score(settings, epochs), strict=True))
    setting, value, _ = _best(tried)
    return setting, value, TRIALS


def fast(search: Search) -> Work[tuple[float, float, int, torch.Tensor]]:
    """The minimum for a few weight decays, from strong to weak; also the weights of the best."""
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


def _best(tried: Sequence[tuple[Setting, float]]) -> Choice:
    at = max(range(len(tried)), key=lambda i: (tried[i][1], -i))
    return tried[at][0], tried[at][1], len(tried)


def _propose(
    search: Search, per_round: int, score: Callable[[Sequence[Setting]], list[float]]
) -> Work[list[tuple[Setting, float]]]:
    """Thirty trials of Optuna's multivariate, grouped TPE, `per_round` of them asked for before their scores are told.

    Within a round the sampler counts open trials as bad (constant liar), so that it does not propose one setting ten times.
    """
    optuna, sampler = _sampler(search.seed, constant_liar=per_round > 1)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = {
        "lr": optuna.distributions.FloatDistribution(*LR_RANGE, log=True),
        "weight_decay": optuna.distributions.FloatDistribution(*WEIGHT_DECAY_RANGE, log=True),
    }
    tried: list[tuple[Setting, float]] = []
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
