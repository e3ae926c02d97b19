"""Linear maps that take a label out of embeddings and leave the rest as it is.

Both are fitted on L2-normalised embeddings and a label, and are applied as `unit(x) @ weight.T + bias`:

* `leace`: the least change after which no linear classifier can tell the classes apart (Belrose et al. 2023, "LEACE: Perfect
  linear concept erasure in closed form"). The covariance is shrunk (Ledoit and Wolf 2004), since there are often fewer photos
  than dimensions.
* `layer`: one D × D layer, the identity at the start, trained against a linear classifier of the label in 10 rounds of 10 epochs
  with AdamW (the follow-up of Ramos et al. 2025). What we know of it leaves the objective open. Ours: in each round a new
  classifier learns the label from the mapped embeddings; then the layer learns to make that classifier answer with the classes'
  shares whatever it sees, and pays for the squared distance by which it moves the embeddings, relative to their own spread.
  Making the classifier wrong instead of ignorant only turns the trace round, and SPD grows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.base.files import write_atomically
from tracer.base.tensors import open_tensors
from tracer.base.text import counted, quoted_path
from tracer.errors import EmbeddingsError, TooFew, why
from tracer.experiments.probe.protocols import normalise
from tracer.experiments.settings import Method as Method
from tracer.experiments.shared.threads import cores_for

ROUNDS = 10
EPOCHS = 10
BATCH_SIZE = 1024
STEPS = 10
"""Updates that an epoch has at least: a set of one batch is passed through so often, or nothing would be learnt in 10 epochs."""
LAYER_LR, CLASSIFIER_LR, KEEP = 2e-3, 1e-2, 0.1
"""For coordinates of mean variance 1; `KEEP` weighs the distance moved. Chosen on planted traces of three strengths."""
LEAST_SHRINKAGE = 1e-6
"""Keeps the covariance invertible where a dimension never varies."""
_HEADER = "lenstrace"


@dataclass(frozen=True, slots=True, eq=False)
class LinearMap:
    """An affine map of L2-normalised embeddings.

    Attributes:
        weight: (D, D) float32. bias: (D,) float32.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def apply(self, X: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Mapped embeddings (N, D), not normalised, of embeddings (N, D) as they come from the encoder."""
        return np.asarray(normalise(X) @ self.weight.T + self.bias, dtype=np.float32)


def fit_map(
    X: NDArray[np.floating[Any]],
    y: NDArray[np.int64],
    method: Method | str = Method.LEACE,
    seed: int = 0,
    device: str = "cpu",
) -> LinearMap:
    """Fit a map that takes y out of X.

    Args:
        X: (N, D) embeddings. y: (N,) class codes.

    Raises:
        EmbeddingsError: an embedding is not finite, or X and y do not fit.
        TooFew: y has fewer than two classes, or a class one photo only.
    """
    if len(X) != len(y):
        raise EmbeddingsError("Embeddings and labels of the map do not fit", f"{len(X)} and {len(y)} rows")
    codes, sizes = np.unique(y, return_counts=True)
    if len(codes) < 2 or sizes.min() < 2:
        raise TooFew(
            "A map takes photos of two classes or more to fit, and two photos of each",
            f"the classes have {', '.join(map(str, sizes)) or 'no'} photos",
        )
    rows = normalise(X).astype(np.float64)
    code = np.searchsorted(codes, y).astype(np.int64)
    if Method(method) is Method.LEACE:
        return _leace(rows, code)
    return _layer(rows, code, seed, device)


def _leace(X: NDArray[np.float64], y: NDArray[np.int64]) -> LinearMap:
    """x − P (x − μ) with P = C (Cᵀ Σ⁻¹ C)⁺ Cᵀ Σ⁻¹; Σ the covariance of x, C its covariance with the classes.

    This is the paper's W⁺ P_WC W with W = Σ^−½, written without the roots.
    """
    from scipy.linalg import cho_factor, cho_solve
    from sklearn.covariance import ledoit_wolf_shrinkage

    mean = X.mean(axis=0)
    centred = X - mean
    spread = float((centred**2).mean())
    if spread == 0.0:
        raise EmbeddingsError("The embeddings are all the same", counted(len(X), "photo"), "Embed the set again.")
    shrinkage = max(float(ledoit_wolf_shrinkage(centred, assume_centered=True)), LEAST_SHRINKAGE)
    covariance = (1 - shrinkage) * (centred.T @ centred) / len(X)
    covariance[np.diag_indices_from(covariance)] += shrinkage * spread
    member = np.eye(int(y.max()) + 1)[y]
    cross = centred.T @ (member - member.mean(axis=0)) / len(X)
    solved = cho_solve(cho_factor(covariance, lower=True), cross)
    P = cross @ np.linalg.pinv(cross.T @ solved, rcond=1e-10, hermitian=True) @ solved.T
    return LinearMap((np.eye(len(P)) - P).astype(np.float32), (P @ mean).astype(np.float32))


def _layer(X: NDArray[np.float64], y: NDArray[np.int64], seed: int, device: str) -> LinearMap:
    """Train the layer in the coordinates of what the rows span: outside it there is nothing to learn from."""
    import torch

    mean = X.mean(axis=0)
    _, sizes, axes = np.linalg.svd(X - mean, full_matrices=False)
    basis = axes[sizes > 1e-6 * max(float(sizes[0]), 1e-30)].T  # (D, r)
    if not basis.size:
        raise EmbeddingsError("The embeddings are all the same", counted(len(X), "photo"), "Embed the set again.")
    coordinates = (X - mean) @ basis
    coordinates /= np.sqrt((coordinates**2).mean())
    n, width = coordinates.shape
    with cores_for(min(n, BATCH_SIZE) * width * width):
        Z = torch.from_numpy(coordinates.astype(np.float32)).to(device)
        moved = _against_classifier(Z, torch.from_numpy(y).to(device), seed) - np.eye(width)
    weight = np.eye(X.shape[1]) + basis @ moved @ basis.T
    return LinearMap(weight.astype(np.float32), (mean - weight @ mean).astype(np.float32))


def _against_classifier(Z: Any, y: Any, seed: int) -> NDArray[np.float64]:
    """The trained layer (r, r) of coordinates Z (n, r) with mean variance 1."""
    import torch
    from torch.nn.functional import cross_entropy, log_softmax

    n, width = Z.shape
    classes = int(y.max()) + 1
    shares = torch.bincount(y, minlength=classes).to(Z.dtype) / n
    M = torch.eye(width, device=Z.device, requires_grad=True)
    layer = torch.optim.AdamW([M], lr=LAYER_LR, weight_decay=0.0)  # decay would pull to zero, not to the identity
    generator = torch.Generator().manual_seed(seed)

    def epoch() -> list[Any]:
        if n <= BATCH_SIZE:
            return [slice(None)] * STEPS
        batches: list[Any] = []
        while len(batches) < STEPS:
            order = torch.randperm(n, generator=generator).to(Z.device)
            batches += [order[begin : begin + BATCH_SIZE] for begin in range(0, n, BATCH_SIZE)]
        return batches

    for _ in range(ROUNDS):
        C = torch.zeros(classes, width, device=Z.device, requires_grad=True)
        b = torch.zeros(classes, device=Z.device, requires_grad=True)
        classifier = torch.optim.AdamW([C, b], lr=CLASSIFIER_LR)
        with torch.no_grad():
            mapped = Z @ M.T
        for _ in range(EPOCHS):
            for rows in epoch():
                classifier.zero_grad()
                cross_entropy(mapped[rows] @ C.T + b, y[rows]).backward()  # type: ignore[no-untyped-call]
                classifier.step()
        C, b = C.detach(), b.detach()
        for _ in range(EPOCHS):
            for rows in epoch():
                layer.zero_grad()
                z = Z[rows] @ M.T
                ignorant = -(log_softmax(z @ C.T + b, dim=1) @ shares).mean()
                kept = (z - Z[rows]).pow(2).mean()  # the coordinates' mean variance is 1
                (ignorant + KEEP * kept).backward()
                layer.step()
    return np.asarray(M.detach().cpu().numpy(), dtype=np.float64)


# --- files


def save_map(path: Path, fitted: LinearMap, header: Mapping[str, Any]) -> None:
    """Write a map as safetensors `weight` (D, D) and `bias` (D,), with `header` as one JSON string.

    Raises:
        EmbeddingsError: the disk does not take the file.
    """
    from safetensors.numpy import save as packed

    tensors = {"weight": np.ascontiguousarray(fitted.weight), "bias": np.ascontiguousarray(fitted.bias)}
    text = json.dumps(dict(header), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    try:
        write_atomically(path, packed(tensors, metadata={_HEADER: text}))
    except OSError as error:
        raise EmbeddingsError(
            f"{quoted_path(path)} cannot be written",
            error.strerror or str(error),
            "Free space, or choose another run folder.",
        ) from error


def load_map(path: Path) -> LinearMap:
    """Read a map that `save_map` wrote.

    Raises:
        EmbeddingsError: missing, damaged, or no map.
    """
    try:
        with open_tensors(path) as file:
            tensors = {name: file.array(name) for name in file.shapes}
    except (OSError, ValueError, TypeError) as error:
        raise EmbeddingsError(
            f"{quoted_path(path)} cannot be read", why(error), "Save it again: `tracer mitigate SET -o RUN --save`."
        ) from error
    weight, bias = tensors.get("weight"), tensors.get("bias")
    if weight is None or bias is None or weight.ndim != 2 or bias.ndim != 1 or weight.shape != (len(bias),) * 2:
        raise EmbeddingsError(f"{quoted_path(path)} holds no map", "it takes `weight` (D, D) and `bias` (D,)")
    return LinearMap(weight, bias)
