"""Networks of different questions side by side, and counts of what a step costs."""

import math

import equinox as eqx
import jax
import numpy as np
import pytest
import xarray as xr

from seedbed import stats
from seedbed.errors import PartError, SpecError
from seedbed.parts.networks import build
from seedbed.report import operations
from seedbed.report.show.arriving import up_to_last
from seedbed.report.show.costing import ratio_of_medians
from seedbed.report.side_by_side import side_by_side
from seedbed.vocabulary import models
from seedbed.vocabulary.walk import features_of, walk


def record(hits, cap=100, seeds=None, **levels):
    steps = np.array(hits, float)
    seeds = np.arange(len(steps)) if seeds is None else seeds
    dims = (*levels, "seed")
    shape = (1,) * len(levels) + steps.shape
    stop = np.where(np.isnan(steps), cap, steps).astype(int)
    arrays = {"hit_step": steps, "diverged_step": np.full_like(steps, np.nan), "stop_step": stop}
    return xr.Dataset({name: (dims, array.reshape(shape)) for name, array in arrays.items()},
                      {"seed": seeds, **{name: [level] for name, level in levels.items()}},
                      {"cap": cap, "target": "train_accuracy at least 1"})  # fmt: skip


def test_side_by_side_keeps_common_seeds_and_cuts_at_the_smallest_cap():
    both = side_by_side({
        "a": record([3, 80, np.nan], cap=100, padding="valid"),
        "b": record([5, 7], cap=50, seeds=[1, 2]),
    })  # fmt: skip
    assert both["seed"].values.tolist() == [1, 2]
    assert both["network"].values.tolist() == ["a", "b"]
    np.testing.assert_array_equal(both["hit_step"], [[np.nan, np.nan], [5, 7]])
    assert both["stop_step"].values.tolist() == [[50, 50], [5, 7]]
    assert both.attrs["cap"] == 50
    assert stats.hits(both).names == ("a", "b")


def test_side_by_side_without_a_common_seed_is_an_error():
    with pytest.raises(SpecError, match="no seed in common"):
        side_by_side({"a": record([3]), "b": record([5], seeds=[4])})


def test_a_record_is_cut_where_its_last_member_arrived_and_only_if_all_did():
    traced = record([3, 20]).assign(train_loss=(("seed", "step"), np.ones((2, 4)))).assign_coords(step=[0, 10, 30, 100])
    cut = up_to_last(traced)
    assert cut["step"].values.tolist() == [0, 10, 30]
    assert cut.attrs["cap"] == 30
    assert up_to_last(traced, least=40).attrs["cap"] == 100
    open_end = record([3, np.nan])
    assert up_to_last(open_end) is open_end


def test_the_ratio_of_medians_holds_what_it_should_and_is_none_where_a_median_is():
    rng = np.random.default_rng(1)
    slow, fast = rng.integers(180, 220, 200), rng.integers(18, 22, 200)
    hits = stats.hits(side_by_side({"a": record(slow, 500), "b": record(fast, 500)}))
    ratio = ratio_of_medians(hits, "a", "b")
    assert ratio.low <= np.median(slow) / np.median(fast) <= ratio.high
    assert ratio.high < 1.1 * ratio.low
    never = stats.hits(side_by_side({"a": record([np.nan] * 200, 500), "b": record(fast, 500)}))
    assert math.isnan(ratio_of_medians(never, "a", "b").estimate)


COUNTED = {
    "mlp": (models.mlp([5, 3]), (4, 4), (1,)),
    "batch norm": (models.mlp([5, 3], norm="batch"), (2,), (1,)),
    "neuron": (models.neuron(), (3,), (2,)),
    "neuron without bias": (models.neuron(bias=False), (3,), (2, 1)),
    "two heads": (models.cnn([16, 8], 7), (16, 16), (1, 1)),
    "padded": (models.cnn([4, 2], 3, padding="same", stride=2), (9, 7), (1,)),
    "pooled": (models.cnn([4, 2], 3, pool="max", hidden=[6]), (12, 12), (3,)),
    "doubled": (models.cnn([4, 2], 3, activation="crelu", hidden=[6], padding=1), (2, 8, 8), (1,)),
}


@pytest.mark.parametrize("name", COUNTED)
def test_parameters_are_those_of_the_model_that_is_trained(name):
    part, shape, units = COUNTED[name]
    stages, heads = walk(part, shape), {f"head{place}": count for place, count in enumerate(units)}
    bias, features = dict(part.options).get("bias", True), features_of(stages, shape)
    made = eqx.nn.make_with_state(build)
    model, _ = made(jax.random.key(0), stages, features, heads, {}, lambda *_: eqx.nn.Lambda(jax.nn.relu), bias)
    counted = operations.parameter_count(operations.layers(part, shape, units))
    assert counted == sum(array.size for array in jax.tree.leaves(eqx.filter(model, eqx.is_array)))


def test_multiply_adds_of_a_convolution_are_output_places_times_kernel():
    first, second, last = operations.layers(models.cnn([16, 8], 7, padding="same"), (16, 16))
    assert (first.multiply_adds, second.multiply_adds, last.multiply_adds) == (256 * 49 * 16, 256 * 49 * 16 * 8, 2048)
    assert operations.training_operations([first, second, last]) == 4 * 200_704 + 6 * (1_605_632 + 2048)


def test_parameters_of_batch_norm_are_the_published_ones():
    """xp2030's counts for the Eggholder function: 193 = 96 + 64 + 33 for one layer of 32."""
    published = {(32,): 193, (512,): 3073, (64, 64): 4673, (32, 64, 32): 4577, (128, 256, 128): 67_457}
    for hidden, count in published.items():
        assert operations.parameter_count(operations.layers(models.mlp(hidden, norm="batch"), (2,))) == count


def test_a_model_of_one_s_own_has_no_count():
    from seedbed import own

    with pytest.raises(PartError, match="not known here"):
        operations.layers(own("model", lambda key: None), (4,))
