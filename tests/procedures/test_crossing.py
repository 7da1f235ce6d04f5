"""A crossing: every source has its own axis, nothing else changes, and what cannot be crossed is said."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import SpecError
from seedbed.procedures.crossing import crossing

BASE = sb.Spec(
    data=sb.data.xor_blobs(12, test=0, fresh=True), model=sb.models.mlp([3], activation="tanh"), loss="l2", steps=3,
    initializer=sb.initializers.normal(1.0), optimizer=sb.optimizers.sgd(0.1), probes="parameters", trace=1,
    batch_size=4,
)  # fmt: skip


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_each_axis_is_one_source(engine):
    found = crossing(BASE.vary(activation=["tanh", "relu"]), 3)
    assert found.missing == ()
    record = sb.run(found.question, found.seeds, engine=engine)
    assert dict(record.sizes) | {"activation": 2, "initial_draw": 3, "data_draw": 3, "seed": 3} == dict(record.sizes)
    path = (
        record["parameters"].sel(activation="tanh").transpose("initial_draw", "data_draw", "seed", "step", ...).values
    )
    assert (path[:, :, :, 0] == path[:, :1, :1, 0]).all()  # initial weights follow from their own number alone
    assert len(np.unique(path[:, 0, 0, 0], axis=0)) == 3
    ends = path[..., -1, :]
    assert all(len(np.unique(ends.swapaxes(0, axis)[:, 0, 0], axis=0)) == 3 for axis in range(3))


def test_initializers_and_data_of_a_factor_are_numbered_too():
    draws = {"normal": {"initializer": sb.initializers.normal(1.0)}, "he": {"initializer": sb.initializers.he_normal()}}
    question = crossing(BASE.vary(draw=draws), 2).question
    assert {dict(one.spec.initializer.options)["draw"].value for one in question.settings()} == {0.0, 1.0}
    assert not any(dict(one.spec.data.options)["fresh"] for one in question.settings())


def test_what_cannot_vary_is_said():
    whole = BASE.replace(batch_size=None)
    assert crossing(whole, 4).seeds == 1
    assert "order does nothing" in crossing(whole, 4).missing[0]
    assert crossing(whole.replace(model=sb.models.mlp([3], activation="rrelu")), 4).seeds == 4
    digits = crossing(
        BASE.replace(data=sb.data.mnist(train=100, test=1), model=sb.models.mlp([3]), loss="cross_entropy"), 2
    )
    assert "given" in digits.missing[0]
    assert [factor.name for factor in digits.question.factors] == ["initial_draw"]


@pytest.mark.parametrize(
    ("question", "levels", "words"),
    [
        (BASE, 1, "at least two levels"),
        (BASE.replace(initializer=None), 4, "framework's own"),
        (BASE.vary(start={"own": {}, "framework": {"initializer": None}}), 4, "framework's own"),
        (BASE.replace(data=sb.data.mnist(train=100, test=1), batch_size=None, loss="cross_entropy"), 4, "nothing but"),
    ],
)
def test_what_is_refused(question, levels, words):
    with pytest.raises(SpecError, match=words):
        crossing(question, levels)
