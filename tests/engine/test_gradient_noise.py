"""The probe of gradient noise: unbiased on a quadratic whose truth is known, and the same in both engines."""

from typing import Any

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError

RNG = np.random.default_rng(0)
N, BATCH = 64, 16
LINEAR = sb.models.sequential([sb.layers.flatten()])
X = RNG.normal(size=(N, 2)).astype(np.float32)
Y = (X @ [[1.0], [-2.0]] + 0.5 * RNG.normal(size=(N, 1))).astype(np.float32)


def ask(parts: int, **changes: Any) -> sb.Spec:
    """A line through two numbers that is never moved: its loss is a quadratic of its weights."""
    given: dict[str, Any] = {
        "data": sb.data.generator(drawn), "model": LINEAR, "loss": "mse", "batch_size": BATCH, "steps": 3, "trace": 1,
        "optimizer": sb.optimizers.sgd(0.0), "splits": (), "probes": [sb.probes.gradient_noise(parts)],
        "initializer": sb.initializers.constant(0.3, bias=0.1), **changes,
    }  # fmt: skip
    return sb.Spec(**given)


def drawn(rng: Any) -> dict[str, Any]:
    return {"inputs": X, "targets": Y, "target": "real"}


def truth() -> tuple[float, float]:
    """|g|^2 and tr(Sigma) of the examples at the weights (0.3, 0.3, 0.1): gradients of (w x + b - y)^2."""
    error = 2 * (X @ np.full(2, 0.3) + 0.1 - Y[:, 0])
    gradients = error[:, None] * np.c_[X, np.ones(N)]
    return float(np.sum(gradients.mean(axis=0) ** 2)), float(gradients.var(axis=0, ddof=1).sum())


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_every_example_a_part_gives_the_covariance(engine: Any) -> None:
    square, variance = truth()
    record = sb.run(ask(N, batch_size=None), 1, engine=engine)
    np.testing.assert_allclose(record["gradient_noise"][0, 0], [square - variance / N, variance], rtol=2e-5)


@pytest.mark.parametrize("parts", [2, BATCH])
def test_estimates_are_unbiased_and_the_interval_covers(parts: int) -> None:
    """Batches are drawn without replacement, as if from a population with the mean square |g|^2 - tr(Sigma) / N."""
    square, variance = truth()
    record = sb.run(ask(parts), 400)
    found = record["gradient_noise"].isel(step=0).values
    apart = np.abs(found.mean(axis=0) - [square - variance / N, variance])
    assert (apart < 4 * found.std(axis=0) / 20).all()
    scale = sb.stats.noise.of_record(record, until=2)
    assert scale.n == 400
    assert scale.low < variance / (square - variance / N) < scale.high
    assert scale.high / scale.low < 2.5


def test_more_parts_say_more() -> None:
    few, many = (sb.run(ask(parts), 100)["gradient_noise"].sel(estimate="variance").std() for parts in (2, BATCH))
    assert many < 0.6 * few


def test_engines_agree_also_with_batch_norm() -> None:
    asked = ask(4, batch_size=None, optimizer=sb.optimizers.momentum(0.05), steps=4,
                model=sb.models.sequential([sb.layers.dense(3), sb.layers.batch_norm(), sb.layers.activation()],
                                           activation="tanh"))  # fmt: skip
    one, other = (sb.run(asked, 2, engine=engine)["gradient_noise"] for engine in ("jax", "reference"))
    np.testing.assert_allclose(one, other, rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_noise_inside_a_network_is_noise_of_its_gradient(engine: Any) -> None:
    """Examples that are all alike differ by what dropout leaves out, and by nothing else."""
    alike = sb.data.generator(lambda rng: {"inputs": np.ones((32, 2)), "targets": np.ones((32, 1)), "target": "real"})
    variances = [
        sb.run(
            ask(4, data=alike, model=sb.models.mlp([8], dropout=rate), batch_size=32, initializer=None), 4,
            engine=engine,
        )["gradient_noise"].sel(estimate="variance").values
        for rate in (0.0, 0.5)
    ]  # fmt: skip
    assert variances[0].max() < 1e-8
    assert variances[1].min() > 1e-4


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_of_micro_batches_the_first_one_is_cut_and_the_gradient_is_of_all(engine: Any) -> None:
    probes = [sb.probes.gradient_noise(BATCH), "gradient_norm"]
    first, both = (
        sb.run(ask(1 + 1, probes=probes, **batch), 3, engine=engine).isel(step=0)
        for batch in ({"batch_size": BATCH}, {"batch_size": 2 * BATCH, "micro_batch": BATCH})
    )
    variance = first["gradient_noise"].sel(estimate="variance")
    np.testing.assert_allclose(both["gradient_noise"].sel(estimate="variance"), variance, rtol=1e-5)
    square = both["gradient_norm"].isel(layer=0) ** 2 - variance / (2 * BATCH)
    np.testing.assert_allclose(both["gradient_noise"].sel(estimate="squared gradient"), square, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"parts": 3}, "got 3 parts of 16 examples"),
        ({"parts": 1}, "whole number from 2"),
        ({"parts": 4, "loss": sb.losses.mse(reduction="sum")}, "a loss that is a sum"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(PartError, match=part):
        sb.run(ask(**changes), 2)


def test_a_record_without_the_probe_is_told() -> None:
    record = sb.run(ask(4, probes=()), 2)
    with pytest.raises(sb.errors.StatsError, match="probe gradient_noise"):
        sb.stats.noise.of_record(record)
    found = sb.run(ask(4), 2)
    with pytest.raises(sb.errors.StatsError, match="no step from 9"):
        sb.stats.noise.of_record(found, since=9)
    alone = [sb.stats.noise.of_record(found.isel(seed=[place])).estimate for place in range(2)]
    np.testing.assert_array_equal(sb.stats.noise.of_seeds(found), alone)
    assert len(sb.stats.noise.over_steps(found)) == found.sizes["step"]
