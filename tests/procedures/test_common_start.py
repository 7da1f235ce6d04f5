"""`initializer.draw`: every member begins with the weights of one seed; all draws share one program."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError

BASE = sb.Spec(
    data=sb.data.xor_blobs(20, test=0, fresh=True), model=sb.models.mlp([3], activation="tanh"), loss="l2", steps=3,
    initializer=sb.initializers.normal(1.0), optimizer=sb.optimizers.sgd(0.1), probes="parameters", trace=1,
)  # fmt: skip
START = {"own": {}, "2": {"initializer.draw": 2}, "0": {"initializer.draw": 0}}


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_a_common_start_is_that_of_the_seed_it_names(engine):
    own = sb.run(BASE, seeds=3, engine=engine)["parameters"].isel(step=0).values
    question = BASE.replace(initializer=sb.initializers.normal(1.0, draw=0))
    record = sb.run(question.vary(start={name: START[name] for name in ("2", "0")}), seeds=3, engine=engine)
    for level in (2, 0):
        first = record["parameters"].sel(start=str(level)).isel(step=0).values
        np.testing.assert_array_equal(first, np.broadcast_to(own[level], first.shape))
    last = record["final_parameters"].sel(start="2").values
    assert len(np.unique(last, axis=0)) == 3  # the data of the members differ all the same


def test_levels_share_a_program_and_a_question_without_is_what_it_was():
    question = BASE.replace(initializer=sb.initializers.normal(1.0, draw=0)).vary(initializer__draw=[0, 1, 2])
    assert len({setting.spec.recipe() for setting in question.settings()}) == 1
    assert BASE.initializer.canonical() == {"part": "normal", "std": {"dial": 1.0}, "bias": {"dial": 0.0}}


@pytest.mark.parametrize("draw", [-1, 0.5, 2**24])
def test_a_draw_is_a_whole_number(draw):
    with pytest.raises(PartError, match="whole number from 0"):
        sb.initializers.he_normal(draw=draw)
