"""One linear layer under softmax cross-entropy: many of them trained side by side, or one fitted to the minimum.

The bias is the weight of a constant last feature, so weight decay acts on it as on any weight, as it does where all
parameters are handed to one SGD optimiser. Gradients are written out: for one layer they are two matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tracer.errors import TooFew

MOMENTUM = 0.9
BLOCK = 1 << 24
"""Scores that the second-order method holds at once, rows × classes (128 MB in double precision)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a layer is trained.

    Attributes:
        epochs: passes through the training photos. The learning rate falls along a cosine that is set at each epoch's end,
            as published: the first two epochs have the whole rate.
        batch_size: photos of a step.
        seed: of the order of the photos.
    """

    epochs: int
    batch_size: int
    seed: int

    def steps(self, n: int) -> Iterator[tuple[float, torch.Tensor | None]]:
        """The steps for n photos: the factor of the learning rate, and the rows (b,); None stands for all rows in one batch."""
        whole = n <= self.batch_size  # one batch, in which the order of the rows does not matter
        generator = torch.Generator().manual_seed(self.seed)
        for epoch in range(self.epochs):
            factor = _cosine(epoch, self.epochs)
            if whole:
                yield factor, None
                continue
            for rows in torch.split(torch.randperm(n, generator=generator), self.batch_size):
                yield factor, rows


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted layer.

    Attributes:
        weight: (C, D + 1) float32, the bias last.
    """

    weight: NDArray[np.float32]

    def logits(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (N, C) of features (N, D), L2-normalised like those that the layer was fitted on."""
        return np.asarray(X @ self.weight[:, :-1].T + self.weight[:, -1], dtype=np.float32)

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        """Class codes (N,); the lower code where two scores are equal."""
        return np.asarray(self.logits(X).argmax(axis=1), dtype=np.int64)


def with_constant(X: torch.Tensor) -> torch.Tensor:
    """(N, D) → (N, D + 1) with a last feature of ones."""
    return torch.cat([X, X.new_ones(len(X), 1)], dim=1)


def row_space(X: torch.Tensor) -> torch.Tensor | None:
    """An orthonormal basis (D, N) of what the rows of X (N, D) span, or None where N ≥ D and nothing is gained.

    The weights that minimise a regularised objective lie in the span of the training rows, so that span's coordinates lose
    nothing and are fewer.
    """
    if len(X) >= X.shape[1]:
        return None
    basis: torch.Tensor = torch.linalg.qr(X.T)[0]
    return basis


def train_side_by_side(
    X: torch.Tensor,
    y: torch.Tensor,
    n_classes: int,
    settings: Sequence[tuple[float, float]],
    schedule: Schedule,
    *,
    dual: bool | None = None,
) -> torch.Tensor:
    """SGD with momentum and a cosine learning rate for T settings at once.

    All T layers start at zero (the objective is convex) and see the same batches. They are stored class-major, as one matrix
    of C·T rows, so that a batch needs one product forward and one back, and the softmax runs over the slowest axis, where
    it vectorises. The classes' gradients sum to zero, so the weights, which start at zero, do too: the last class is minus the
    sum of the others, and takes no product. Where all rows make one batch, W = A X throughout, and steps on A against X Xᵀ are
    the same training with one product less (`dual`; chosen by size where None).

    Args:
        X: (N, D + 1) float32, constant feature last. y: (N,) int64.
        settings: T times (learning rate, weight decay).

    Returns:
        (C, T, D + 1) float32 weights.

    Raises:
        TooFew: fewer than two classes.
    """
    if n_classes < 2:
        raise TooFew(
            "A layer learns to tell two classes or more apart",
            f"there is {'one' if n_classes == 1 else 'none'}",
            "Add photos of other classes.",
        )
    n, width = X.shape
    trials, device = len(settings), X.device
    whole = n <= schedule.batch_size
    dual = whole and n < 2 * width if dual is None else dual and whole
    inputs = X @ X.T if dual else X
    W = torch.zeros(n_classes - 1, trials, inputs.shape[1], device=device)
    velocity = torch.zeros_like(W)
    base_lr, decay = torch.tensor(settings, dtype=torch.float32, device=device).T[:, None, :, None]
    flat = W.view(W.shape[0] * trials, -1)
    G = torch.empty(n_classes, trials, min(n, schedule.batch_size), device=device)
    for factor, drawn in schedule.steps(n):
        rows = None if drawn is None else drawn.to(device)
        x, own = (inputs, y) if rows is None else (inputs.index_select(0, rows), y.index_select(0, rows))
        if len(x) != G.shape[2]:
            G = torch.empty(n_classes, trials, len(x), device=device)
        torch.mm(flat, x.T, out=G[:-1].view(len(flat), len(x)))
        torch.sum(G[:-1], dim=0, out=G[-1])
        G[-1].neg_()
        G -= G.amax(dim=0)
        G.exp_()
        G *= 1.0 / G.sum(dim=0)
        G[own, :, torch.arange(len(x), device=device)] -= 1.0  # d loss / d scores, times the batch's size
        gradient = G[:-1] if dual else (G[:-1].view(len(flat), len(x)) @ x).view_as(W)
        velocity.mul_(MOMENTUM).add_(gradient, alpha=1.0 / len(x)).addcmul_(W, decay)
        W.addcmul_(velocity, base_lr * factor, value=-1.0)
    W = torch.cat([W, -W.sum(dim=0, keepdim=True)])
    return (W.view(n_classes * trials, -1) @ X).view(n_classes, trials, width) if dual else W


def train_as_published(
    X: torch.Tensor,
    y: torch.Tensor,
    n_classes: int,
    setting: tuple[float, float],
    length: tuple[int, int],
    stream: torch.Generator,
) -> torch.Tensor:
    """One layer by SGD, whose start and order of photos come from one stream of random numbers, as in the published script.

    The script seeds its random numbers once. Each fit takes from them an order of the photos, the layer's start (uniform in
    ±1/√D, weights before biases), and at each epoch's end the order of the next one. So the same seed gives the same figures,
    as far as rounding allows.

    Args:
        X: (N, D + 1) float32, constant feature last.
        y: (N,) int64.
        n_classes: C, at least 2.
        setting: learning rate and weight decay.
        length: epochs, and photos of a step.
        stream: of the CPU; it is moved on.

    Returns:
        (C, D + 1) float32 weights.
    """
    (lr, decay), (epochs, batch_size), device = setting, length, X.device
    features = X[:, :-1].contiguous()
    bound = 1 / math.sqrt(features.shape[1])
    order = torch.randperm(len(X), generator=stream)
    weight, bias = (
        torch.empty(shape).uniform_(-bound, bound, generator=stream).to(device).requires_grad_()
        for shape in ((n_classes, features.shape[1]), (n_classes,))
    )
    sgd = torch.optim.SGD([weight, bias], lr=lr, momentum=MOMENTUM, weight_decay=decay)
    for epoch in range(epochs):
        sgd.param_groups[0]["lr"] = lr * _cosine(epoch, epochs)
        for rows in torch.split(order.to(device), batch_size):
            sgd.zero_grad()
            scores = torch.nn.functional.linear(features[rows], weight, bias)
            torch.nn.functional.cross_entropy(scores, y[rows]).backward()  # type: ignore[no-untyped-call]
            sgd.step()
        order = torch.randperm(len(X), generator=stream)
    return torch.cat([weight, bias[:, None]], dim=1).detach()


def _cosine(epoch: int, epochs: int) -> float:
    """The factor of the learning rate in an epoch. It is set at each epoch's end, so the first two have the whole rate."""
    return 0.5 * (1 + math.cos(math.pi * max(0, epoch - 1) / epochs))


def accuracies(W: torch.Tensor, X: torch.Tensor, y: torch.Tensor, chunk: int = 8192) -> list[float]:
    """Top-1 accuracy of each of T layers (C, T, D + 1) on X (N, D + 1), y (N,)."""
    n_classes, trials, width = W.shape
    hits = torch.zeros(trials, dtype=torch.int64, device=X.device)
    for begin in range(0, len(X), chunk):
        part = X[begin : begin + chunk]
        guess = (W.view(n_classes * trials, width) @ part.T).view(n_classes, trials, len(part)).argmax(dim=0)
        hits += (guess == y[begin : begin + chunk]).sum(dim=1)
    return [hit / len(X) for hit in hits.tolist()]


def minimise(
    X: torch.Tensor,
    y: torch.Tensor,
    n_classes: int,
    weight_decay: float,
    start: torch.Tensor | None = None,
    max_iterations: int = 200,
) -> torch.Tensor:
    """The weights (C, D + 1) that minimise mean cross-entropy + weight_decay / 2 · ‖W‖², by full-batch L-BFGS.

    The objective is the one that `train_side_by_side` descends; here nothing is left to the step size. `start` is a
    solution for another weight decay, from which few steps are needed.
    """
    from scipy.optimize import minimize

    n, width = X.shape
    step = max(1, BLOCK // n_classes)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        W = torch.from_numpy(flat.reshape(n_classes, width)).to(X.device, torch.float32)
        value, gradient = 0.5 * weight_decay * float(flat @ flat), weight_decay * flat
        for x, own in zip(torch.split(X, step), torch.split(y, step), strict=True):
            target = torch.nn.functional.one_hot(own, n_classes).to(torch.float32)
            # the logarithms are the small part of the work, and where digits are lost
            log_p = torch.log_softmax((x @ W.T).double(), dim=1)
            value -= (log_p * target).sum().item() / n
            gradient = gradient + (log_p.exp_().sub_(target).float().T @ x).double().cpu().numpy().reshape(-1) / n
        return value, gradient

    begin = np.zeros(n_classes * width) if start is None else start.double().cpu().numpy().reshape(-1)
    # Single precision carries about seven digits; asking for more only costs line searches, and changes no prediction.
    options = {"maxiter": max_iterations, "maxcor": 20, "ftol": 1e-6, "gtol": 1e-5}
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options=options)
    return torch.from_numpy(found.x.reshape(n_classes, width)).to(X.device, torch.float32)
