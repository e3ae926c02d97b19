"""Linear layers and the four protocols against scikit-learn, against torch's own SGD, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from tracer.base.progress import finish
from tracer.errors import EmbeddingsError, TooFew
from tracer.experiments.outcome import Source
from tracer.experiments.photos import LabelledPhotos
from tracer.experiments.probe import linear, search
from tracer.experiments.probe.linear import Schedule
from tracer.experiments.probe.probe import probe_cross_validated
from tracer.experiments.probe.protocols import Fitting, choose, fit_chosen, fit_probe, normalise
from tracer.experiments.settings import Protocol

C, D = 4, 48


def _data(seed: int, per_class: int, strength: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((C, D)) * strength
    y = np.repeat(np.arange(C), per_class)
    return (rng.standard_normal((len(y), D)) + centres[y]).astype(np.float32), y


def _tensors(n: int, dim: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    X = torch.nn.functional.normalize(torch.randn(n, dim, generator=g), dim=1)
    return linear.with_constant(X), torch.arange(n) % C


@pytest.mark.parametrize("batch_size", [64, 16])
def test_side_by_side_is_torch_sgd(batch_size: int) -> None:
    """Each of several layers trained at once is what torch's SGD, with a rate set at each epoch's end, makes of it alone."""
    X, y = _tensors(50, 12)
    lrs, decays, epochs = [0.5, 3.0, 20.0], [1e-3, 1e-5, 1e-4], 12
    W = linear.train_side_by_side(
        X, y, C, list(zip(lrs, decays, strict=True)), Schedule(epochs, batch_size, 3), dual=False
    )
    for t, (lr, decay) in enumerate(zip(lrs, decays, strict=True)):
        layer = torch.nn.Linear(12, C)
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        sgd = torch.optim.SGD(layer.parameters(), lr=lr, momentum=0.9, weight_decay=decay)
        generator = torch.Generator().manual_seed(3)
        for epoch in range(epochs):
            order = torch.arange(50) if batch_size >= 50 else torch.randperm(50, generator=generator)
            for begin in range(0, 50, batch_size):
                rows = order[begin : begin + batch_size]
                sgd.zero_grad()
                torch.nn.functional.cross_entropy(layer(X[rows, :-1]), y[rows]).backward()
                sgd.step()
            for group in sgd.param_groups:
                group["lr"] = lr * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        expected = torch.cat([layer.weight.detach(), layer.bias.detach()[:, None]], dim=1)
        assert torch.allclose(W[:, t], expected, atol=2e-3, rtol=1e-3)


def test_published_training_goes_on_one_stream() -> None:
    """A fit takes an order of the photos, the layer's start and an order for each epoch from the stream, as torch's layer does.

    So a second fit on the same stream is another one, and both come again with the same seed.
    """
    X, y = _tensors(50, 12)
    stream = torch.Generator().manual_seed(22)
    first, second = (linear.train_as_published(X, y, C, (3.0, 1e-5), (6, 16), stream) for _ in range(2))
    torch.manual_seed(22)
    for ours in (first, second):
        order, layer = torch.randperm(50), torch.nn.Linear(12, C)
        sgd = torch.optim.SGD(layer.parameters(), lr=3.0, momentum=0.9, weight_decay=1e-5)
        for epoch in range(6):
            for rows in torch.split(order, 16):
                sgd.zero_grad()
                torch.nn.functional.cross_entropy(layer(X[rows, :-1]), y[rows]).backward()
                sgd.step()
            sgd.param_groups[0]["lr"] = 3.0 * 0.5 * (1 + np.cos(np.pi * epoch / 6))
            order = torch.randperm(50)
        assert torch.allclose(ours, torch.cat([layer.weight, layer.bias[:, None]], dim=1).detach(), atol=1e-5)
    assert not torch.allclose(first, second, atol=1e-3)


def test_dual_steps_are_the_same_training() -> None:
    """Training on products of rows gives the weights that training on the rows gives."""
    X, y = _tensors(40, 100)
    settings, schedule = [(1.0, 1e-4), (10.0, 1e-8)], Schedule(30, 64, 0)
    primal = linear.train_side_by_side(X, y, C, settings, schedule, dual=False)
    dual = linear.train_side_by_side(X, y, C, settings, schedule, dual=True)
    assert torch.allclose(primal, dual, atol=2e-3, rtol=1e-3)


def test_one_class_is_nothing_to_train_on() -> None:
    """A message, not what torch says of a matrix without rows."""
    X, y = _tensors(40, 12)
    for dual in (True, False):
        with pytest.raises(TooFew, match="two classes or more apart: there is one"):
            linear.train_side_by_side(X, y * 0, 1, [(1.0, 1e-4)], Schedule(2, 64, 0), dual=dual)


@pytest.mark.parametrize("weight_decay", [1e-2, 1e-4])
def test_minimum_is_scikit_learns(weight_decay: float) -> None:
    """The second-order fit predicts what scikit-learn's logistic regression of the same objective predicts."""
    X, y = _data(0, 60)
    U = normalise(X)
    ours = linear.minimise(
        linear.with_constant(torch.from_numpy(U)), torch.from_numpy(y), C, weight_decay, max_iterations=500
    )
    # The bias is decayed like a weight, so it stands among the features there too.
    reference = LogisticRegression(C=1 / (weight_decay * len(y)), fit_intercept=False, max_iter=5000, tol=1e-8)
    reference.fit(np.column_stack([U, np.ones(len(U))]), y)
    T = normalise(_data(1, 100)[0])
    mine = (np.column_stack([T, np.ones(len(T))]) @ ours.numpy().T).argmax(axis=1)
    assert (mine == reference.predict(np.column_stack([T, np.ones(len(T))]))).mean() > 0.98


def test_row_space_loses_nothing() -> None:
    """In the coordinates of the rows' span all products of rows are the same."""
    X = torch.randn(20, 60, generator=torch.Generator().manual_seed(0))
    basis = linear.row_space(X)
    assert basis is not None
    assert basis.shape == (60, 20)
    assert torch.allclose((X @ basis) @ (X @ basis).T, X @ X.T, atol=1e-3)
    assert linear.row_space(X.T) is None


@pytest.mark.parametrize("protocol", list(Protocol))
def test_every_protocol_is_as_good_as_scikit_learn(protocol: Protocol) -> None:
    """On held-out photos each protocol is within three points of a tuned logistic regression."""
    (X, y), (V, v), (T, t) = _data(0, 60), _data(1, 30), _data(2, 250)
    fit = finish(fit_probe(X, y, V, v, C, Fitting(protocol, seed=1)))
    U, S, Q = normalise(X), normalise(V), normalise(T)
    best = max(
        (LogisticRegression(C=c, max_iter=2000).fit(U, y).score(S, v), c) for c in (0.1, 1.0, 10.0, 100.0, 1000.0)
    )[1]
    reference = LogisticRegression(C=best, max_iter=2000).fit(np.vstack([U, S]), np.r_[y, v]).score(Q, t)
    assert abs((fit.predict(T) == t).mean() - reference) <= 0.03
    assert fit.trials <= 30
    assert 0 <= fit.val_accuracy <= 1
    if fit.lr is not None:
        assert 0.1 <= fit.lr <= 100
        assert 1e-12 <= fit.weight_decay <= 1e-4


@pytest.mark.parametrize("protocol", list(Protocol))
def test_settings_can_be_chosen_once_and_fitted_again(protocol: Protocol) -> None:
    """Choosing and then fitting on both parts is what `fit_probe` does; the settings serve other photos too."""
    (X, y), (V, v), (T, t) = _data(0, 20), _data(1, 10), _data(2, 100)
    how = Fitting(protocol, seed=1)
    chosen = finish(choose(X, y, V, v, C, how))
    both = fit_chosen(chosen, np.concatenate([X, V]), np.concatenate([y, v]), C, how)
    assert np.array_equal(both.layer.weight, finish(fit_probe(X, y, V, v, C, how)).layer.weight)
    other = fit_chosen(chosen, V, v, C, how)
    assert (other.lr, other.weight_decay) == (both.lr, both.weight_decay)
    assert (other.predict(T) == t).mean() > 0.5
    with pytest.raises(TooFew, match="two classes"):
        fit_chosen(chosen, X, y * 0, C, how)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_same_seed_same_probe(protocol: Protocol) -> None:
    """The same seed gives the same weights to the last bit, with one worker or two."""
    (X, y), (V, v) = _data(0, 20), _data(1, 10)
    first = finish(fit_probe(X, y, V, v, C, Fitting(protocol, seed=7, workers=1)))
    again = finish(fit_probe(X, y, V, v, C, Fitting(protocol, seed=7, workers=2)))
    assert np.array_equal(first.layer.weight, again.layer.weight)


def test_trials_on_several_cores_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a round is large enough to go to several cores, their number does not change the probe."""
    monkeypatch.setattr(search, "SMALL_ROUND", 0)
    (X, y), (V, v) = _data(0, 20), _data(1, 10)
    one, two = (finish(fit_probe(X, y, V, v, C, Fitting(seed=7, workers=w))) for w in (1, 2))
    assert np.array_equal(one.layer.weight, two.layer.weight)


def test_length_of_an_embedding_does_not_matter() -> None:
    """Features are normalised: scaling each embedding changes no prediction."""
    (X, y), (V, v), (T, _) = _data(0, 20), _data(1, 10), _data(2, 20)
    scale = np.random.default_rng(0).uniform(0.5, 2.0, size=(len(X), 1)).astype(np.float32)
    plain = finish(fit_probe(X, y, V, v, C, Fitting(Protocol.FAST))).predict(T)
    scaled = finish(fit_probe(X * scale, y, V * 4, v, C, Fitting(Protocol.FAST))).predict(T * 8)
    assert (plain == scaled).mean() > 0.98


def test_bad_input_is_refused() -> None:
    """NaN, one class, labels outside the classes and an empty validation part are errors, not numbers."""
    (X, y), (V, v) = _data(0, 20), _data(1, 10)
    broken = X.copy()
    broken[5, 3] = np.nan
    with pytest.raises(EmbeddingsError, match=r"row 5"):
        finish(fit_probe(broken, y, V, v, C))
    with pytest.raises(TooFew, match="two classes"):
        finish(fit_probe(X, np.zeros_like(y), V, v, C))
    with pytest.raises(TooFew, match="validation"):
        finish(fit_probe(X, y, V[:0], v[:0], C))
    with pytest.raises(EmbeddingsError, match="outside"):
        finish(fit_probe(X, y, V, v, 2))


def test_a_search_that_ends_too_early_says_so() -> None:
    """Four classes beside a large part that all photos share: a search with steps misses them, and a warning says so."""
    rng = np.random.default_rng(0)
    kind = rng.integers(4, size=144)
    apart = 0.6 * rng.normal(size=(4, 64))[kind] + rng.normal(size=(144, 64))
    labels = np.array([f"class {code}" for code in kind], dtype=object)
    source = Source("made", "test/encoder")
    found = {}
    for common in (0, 30):
        photos = LabelledPhotos((apart + common).astype(np.float32), labels, np.arange(144), "Make")
        for protocol in (Protocol.BATCHED, Protocol.FAST):
            found[common, protocol] = finish(probe_cross_validated(source, photos, Fitting(protocol), repeats=1))
    values = {key: outcome.rows[0].value for key, outcome in found.items()}
    assert values[30, Protocol.BATCHED] < values[30, Protocol.FAST] - 0.1
    assert min(values[0, Protocol.BATCHED], values[0, Protocol.FAST], values[30, Protocol.FAST]) > 0.95
    warned = {key for key, outcome in found.items() if any("--protocol fast" in line for line in outcome.warnings)}
    assert warned == {(30, Protocol.BATCHED)}
