"""A batch that grows over seeds: what each step takes, what is read, and what is refused before training."""

from typing import Any

import numpy as np
import pytest

import seedbed as sb
from seedbed.procedures.finding_batch import GROWN, growth_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(512, 2)).astype(np.float32)
Y = (X @ [[1.0], [-2.0]] + 2.0 * RNG.normal(size=(512, 1))).astype(np.float32)


def ask(**changes: Any) -> sb.Spec:
    """A quadratic that is not moved, so that its noise scale stays what it is."""
    given: dict[str, Any] = {
        "data": sb.data.generator(lambda rng: {"inputs": X, "targets": Y, "target": "real"}), "loss": "mse",
        "model": sb.models.sequential([sb.layers.flatten()]), "initializer": sb.initializers.constant(0.3),
        "optimizer": sb.optimizers.sgd(0.0), "batch_size": 16, "steps": 50,
        "stop": sb.falls_to("train_loss", 0.1), **changes,
    }  # fmt: skip
    return sb.Spec(**given)


@pytest.fixture(scope="module")
def found() -> Any:
    return sb.find_batch_size(ask(), seeds=24, low=4, high=256, steps=60)


def test_the_batch_grows_by_equal_factors_to_the_nearest_multiple(found: Any) -> None:
    asked = 4 * 64 ** (np.arange(60) / 59)
    np.testing.assert_array_equal(found.sizes, 4 * np.floor(asked / 4 + 0.501))
    assert found.losses.shape == found.squares.shape == found.variances.shape == (24, 60)


def test_it_finds_the_noise_scale_of_a_quadratic(found: Any) -> None:
    error = 2 * (X @ np.full(2, 0.3) - Y[:, 0])
    gradients = error[:, None] * np.c_[X, np.ones(len(X))]
    variance = gradients.var(axis=0, ddof=1).sum()
    truth = variance / (np.sum(gradients.mean(axis=0) ** 2) - variance / len(X))
    assert found.noise.low < truth < found.noise.high
    assert abs(np.log(found.noise.estimate / truth)) < 0.2
    assert 0.25 < found.spreads[0].median.estimate / truth < 2  # a noisy estimate is reached early


def test_what_it_says_has_n_and_an_interval(found: Any) -> None:
    assert "24 seeds" in found.sentence()
    assert "95 % interval" in found.sentence()
    assert found.sentence() in repr(found)
    assert "<table>" in found._repr_html_()
    assert found.rows()[0]["rule"] == GROWN
    assert found.rows()[0]["b_max"] == 16 * found.rows()[0]["b_min"]
    assert len(found.figure().axes) == 3


def test_a_batch_that_never_gets_there_is_told_so() -> None:
    small = sb.find_batch_size(ask(), seeds=2, low=4, high=8, steps=12)
    assert small.sentence().startswith("No batch of 2 seeds is as large as its noise scale up to 8 examples")
    assert len(small.figure().axes) == 3


@pytest.mark.parametrize(
    ("question", "options", "part"),
    [
        ("lines", {}, "find_batch_size takes a question"),
        (ask().vary(batch_size=[8, 16]), {}, "varies batch_size"),
        (ask(), {"low": 64, "high": 16}, "a batch grows from at least 2"),
        (ask(), {"low": 1}, "a batch grows from at least 2"),
        (ask(), {"steps": 2}, "3 to 20,000 steps"),
    ],
)
def test_what_is_no_sweep_is_refused(question: Any, options: dict[str, Any], part: str) -> None:
    with pytest.raises(sb.errors.SeedbedError, match=part):
        growth_of(question, **options)
