"""Probes of batch norm and of single units: both engines, and laws that hold whatever a network has learned."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest_engine import Trainer

import seedbed as sb
from seedbed.datasets.load import load
from seedbed.errors import PartError
from seedbed.probing.normalization import _correlation
from seedbed.reference.probes import correlation
from seedbed.reference.train import train as train_by_hand
from seedbed.spec import Spec

PROBES = ("norm_parameters", "norm_inputs", "unit_inputs", "unit_correlation")
LAYERS = sb.layers


def ask(layers, **changes) -> Spec:
    given = {"data": sb.data.xor_blobs(40, test=0), "loss": "cross_entropy", "optimizer": sb.optimizers.sgd(0.1),
             "initializer": sb.initializers.constant(0.3, bias=0.1), "probes": PROBES, "steps": 5,
             "trace": 1}  # fmt: skip
    return Spec(model=sb.models.sequential(layers, activation="tanh"), **{**given, **changes})


def normed(rate: float = 0.0):
    inner = [LAYERS.batch_norm(), LAYERS.dense(3), LAYERS.batch_norm(0.3), LAYERS.activation()]
    return [LAYERS.dropout(rate), *inner, LAYERS.dense(2), LAYERS.activation()]


def test_engines_agree(train: Trainer) -> None:
    spec = ask(normed())
    (ours,) = train(spec, range(2))
    theirs = train_by_hand(spec, load(spec.data), np.arange(2))
    for name in PROBES[:3]:
        assert ours.dims[name] == theirs.dims[name]
        np.testing.assert_allclose(ours.arrays[name], theirs.arrays[name], rtol=2e-4, atol=2e-5, err_msg=name)
    assert ours.arrays["norm_parameters"].shape == (2, 6, 2, 3, 4)
    assert np.isnan(ours.arrays["norm_parameters"][:, :, 0, 2]).all()  # the input has two units, the other layer three


def test_units_that_differ_correlate_alike_in_both_engines() -> None:
    layer = np.random.default_rng(0).normal(size=(30, 4, 2, 2))  # example, unit, row, column
    layer[:, 1] = layer[:, 0] + layer[:, 1]
    layer[:, 3] = 0.7  # a unit that never varies counts for nothing
    units = layer.swapaxes(0, 1).reshape(4, -1)[:3]
    expected = np.abs(np.corrcoef(units))[np.triu_indices(3, 1)].mean()
    ours = float(_correlation(jnp.asarray(np.moveaxis(layer, 0, -1), jnp.float32)))
    assert ours == pytest.approx(expected, rel=1e-4)
    assert correlation(layer) == pytest.approx(expected)
    assert np.isnan(correlation(layer[:, 2:]))
    assert np.isnan(float(_correlation(jnp.asarray(np.moveaxis(layer[:, 2:], 0, -1)))))


def test_the_units_of_alike_weights_correlate_fully(train: Trainer) -> None:
    (block,) = train(ask(normed()), range(1))
    np.testing.assert_allclose(block.arrays["unit_correlation"], 1, rtol=1e-4)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_statistics_of_the_input_are_those_of_the_data_whatever_is_dropped(engine: str) -> None:
    spec = ask(normed(0.5), optimizer=sb.optimizers.sgd(0.0), steps=300, trace=300)
    record = sb.run(spec, seeds=2, engine=engine)
    x = load(spec.data).inputs
    found = record["norm_inputs"].isel(step=-1, norm=0).values[:, :2]
    np.testing.assert_allclose(
        found, np.broadcast_to(np.stack([x.mean(0), x.var(0, ddof=1)], -1), found.shape), rtol=1e-4
    )
    running = record["norm_parameters"].isel(step=-1, norm=0).sel(learned="running variance").values[:, :2]
    inflated = 2 * (x**2).mean(0) - x.mean(0) ** 2  # of x / (1 - p) kept with 1 - p = 1/2
    np.testing.assert_allclose(running, np.broadcast_to(inflated, running.shape), rtol=0.25)
    assert (running > 1.5 * found[..., 1]).all()


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_unit_inputs_are_order_statistics_of_z(engine: str) -> None:
    spec = ask([LAYERS.dense(3), LAYERS.activation()], probes=("unit_inputs",), steps=0)
    z = np.sort(load(spec.data).inputs @ np.full(2, 0.3) + 0.1)
    found = sb.run(spec, seeds=1, engine=engine)["unit_inputs"]
    assert found["percentile"].values.tolist() == [15, 50, 85]
    np.testing.assert_allclose(found.values.ravel(), z[[6, 20, 34]], rtol=1e-5)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_a_model_without_batch_norm_has_no_such_parameters(engine: str) -> None:
    with pytest.raises(PartError, match="need a model with batch norm"):
        sb.run(ask([LAYERS.dense(3), LAYERS.activation()], probes=("norm_parameters",)), seeds=1, engine=engine)


def test_settings_with_other_numbers_of_layers_share_a_record() -> None:
    """What a shallower network lacks is NaN; a layer's label is that of the deeper one."""
    shallow, deep = (sb.models.sequential(layers, "tanh") for layers in (normed()[2:], normed()))
    spec = ask(normed()).vary(net={"shallow": {"model": shallow}, "deep": {"model": deep}})
    record = sb.run(spec, seeds=2)
    found = record["norm_parameters"].isel(step=0)
    assert found.sizes["norm"] == 2
    assert np.isnan(found.sel(net="shallow").isel(norm=1)).all()
    assert np.isfinite(found.sel(net="deep").isel(norm=1)).all()
