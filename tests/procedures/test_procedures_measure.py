"""What is measured without training is kept by its kind, what it was given, and its question; nothing is trained."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.procedures.landscape import landscape
from seedbed.procedures.measure import measure, named
from seedbed.record import Block
from seedbed.store import create_or_open

SPEC = sb.Spec(
    data=sb.data.point(),
    model="neuron",
    loss="l2",
    optimizer=sb.optimizers.sgd(0.1),
    initializer=sb.initializers.constant(0.5),
    steps=1,
)


@pytest.fixture
def store(tmp_path):
    return create_or_open(tmp_path / "kept")


def counted(calls):
    def compute(spec=None, dataset_of=None, seeds=(0,)):
        calls.append(1)
        return Block(np.asarray(seeds), {"value": np.full((len(seeds), 2), len(calls), float)}, {"value": ("place",)})

    return compute


@pytest.mark.parametrize("spec", [None, SPEC])
def test_it_is_computed_once_for_the_same_parameters_and_again_for_others(store, spec):
    calls = []
    given = {"grid": np.linspace(0, 1, 5), "repeats": 2}
    same = {"grid": np.linspace(0, 1, 5), "repeats": 2}
    bent = {"grid": np.linspace(0, 1, 5) ** 2, "repeats": 2}  # the same ends and length
    first, again, other = (
        measure("tried", how, spec, counted(calls), store=store, name=name)["value"].values.ravel()[0]
        for how, name in ((given, "a"), (same, "b"), (bent, "c"))
    )
    assert (first, again, other) == (1.0, 1.0, 2.0)
    assert measure("elsewhere", given, spec, counted(calls), store=store, name="d")["value"].values.ravel()[0] == 3.0
    assert store.record("a")["value"].dims == ("seed", "place")


def test_settings_of_one_recipe_may_share_one_measurement():
    for per_setting, expected in ((True, 2), (False, 1)):
        calls = []
        varied = SPEC.vary(learning_rate=[0.1, 0.2])
        record = measure("tried", {}, varied, counted(calls), name="a", per_setting=per_setting)
        assert len(calls) == expected
        assert record["value"].sizes["learning_rate"] == 2


def test_notes_stand_in_the_record_with_and_without_a_store(store):
    for kept in (None, store):
        found = measure("tried", {}, None, counted([]), store=kept, name="a", notes={"data": "mine"})
        assert found.attrs["data"] == "mine"
    assert store.record("a").attrs["data"] == "mine"


def test_arrays_are_named_by_their_bytes_shape_and_type():
    flat = named(np.zeros(4))
    assert flat == named(np.zeros(4)[::1])
    assert flat != named(np.zeros((2, 2)))
    assert flat != named(np.zeros(4, np.float32))
    assert named({"one": np.ones(2)}) == {"one": named(np.ones(2))}


def test_another_grid_with_the_same_ends_is_another_landscape(store):
    even, bent = np.linspace(0, 1, 5), np.linspace(0, 1, 5) ** 2
    first, second = (
        landscape(SPEC, axis, np.zeros(1), store=store, name=name, engine="reference")["prediction"].values
        for axis, name in ((even, "even"), (bent, "bent"))
    )
    assert not np.array_equal(first, second)
