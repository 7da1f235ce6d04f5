"""Every array of known role is redrawn, a user's named ones too; where nothing would change, that is said."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError
from seedbed.parts.initializers import INITIALIZERS, rai
from seedbed.parts.redraw import initialize, slots

KEY = jax.random.key(0)
NORMAL = partial(INITIALIZERS["normal"], std=0.5)
MADE = {
    "linear": lambda: eqx.nn.Linear(3, 4, key=KEY),
    "convolution": lambda: eqx.nn.Conv2d(2, 3, 3, key=KEY),
    "transposed": lambda: eqx.nn.ConvTranspose2d(2, 3, 3, key=KEY),
    "gru": lambda: eqx.nn.GRUCell(3, 5, key=KEY),
    "lstm": lambda: eqx.nn.LSTMCell(3, 5, key=KEY),
    "embedding": lambda: eqx.nn.Embedding(7, 4, key=KEY),
    "attention": lambda: eqx.nn.MultiheadAttention(2, 8, use_query_bias=True, key=KEY),
    "shared": lambda: eqx.nn.Sequential([eqx.nn.MLP(3, 2, 4, 2, key=KEY), eqx.nn.LayerNorm(2)]),
}


@pytest.mark.parametrize("name", MADE)
def test_weights_of_every_layer_are_redrawn_and_biases_set(name):
    model = MADE[name]()
    again = initialize(model, NORMAL, 0.25, jax.random.key(1))
    for slot, after in zip(slots(model), slots(again), strict=True):
        before, now = np.asarray(slot.array), np.asarray(after.array)
        assert before.shape == now.shape
        if slot.role == "bias":
            assert (now == 0.25).all()
        elif slot.role == "weight":
            assert (before != now).all()
            assert len(np.unique(now)) == now.size
        else:
            np.testing.assert_array_equal(before, now)
    assert {slot.role for slot in slots(model)} <= {"weight", "bias", "kept"}
    assert "norm" in name or "weight" in {slot.role for slot in slots(model)}


def test_a_gate_is_a_draw_of_its_own_with_its_own_fan_in():
    cell = initialize(eqx.nn.LSTMCell(300, 50, key=KEY), INITIALIZERS["he_normal"], 0.0, jax.random.key(1))
    np.testing.assert_allclose(np.asarray(cell.weight_ih).std(), np.sqrt(2 / 300), rtol=0.05)
    np.testing.assert_allclose(np.asarray(cell.weight_hh).std(), np.sqrt(2 / 50), rtol=0.05)
    square = initialize(eqx.nn.GRUCell(5, 5, key=KEY), INITIALIZERS["orthogonal"], 0.0, jax.random.key(1))
    for gate in np.split(np.asarray(square.weight_hh), 3):
        np.testing.assert_allclose(gate @ gate.T, np.eye(5), atol=1e-5)


def test_a_pair_gives_the_bias_of_each_gate():
    cell = initialize(eqx.nn.GRUCell(4, 3, key=KEY), rai, 0.0, jax.random.key(1))
    assert len(np.unique(np.asarray(cell.bias))) == 9


class Own(eqx.Module):
    weights_to_draw = {"matrix": "shift", "kernel": None}  # noqa: RUF012
    matrix: jax.Array
    shift: jax.Array
    kernel: jax.Array
    scale: jax.Array
    layer: eqx.nn.Linear

    def __init__(self, key):
        self.matrix, self.shift, self.kernel = jnp.ones((4, 16)), jnp.ones(4), jnp.ones((2, 3, 5, 5))
        self.scale, self.layer = jnp.ones((4, 1)), eqx.nn.Linear(4, 1, key=key)

    def __call__(self, x):
        return self.layer(jnp.tanh(self.matrix @ x.reshape(-1) + self.shift))


def test_a_module_names_its_weights():
    again = initialize(Own(KEY), INITIALIZERS["he_normal"], 0.5, jax.random.key(1))
    assert len(np.unique(np.asarray(again.matrix))) == 64
    assert (np.asarray(again.shift) == 0.5).all()
    assert len(np.unique(np.asarray(again.kernel))) == 150
    assert (np.asarray(again.scale) == 1).all()
    assert len(np.unique(np.asarray(again.layer.weight))) == 4


class Silent(eqx.Module):
    matrix: jax.Array

    def __init__(self, key):
        self.matrix = jax.random.normal(key, (1, 16))

    def __call__(self, x):
        return self.matrix @ x.reshape(-1)


class Scales(eqx.Module):
    scale: jax.Array

    def __init__(self, key):
        self.scale = jax.random.normal(key, (16,))

    def __call__(self, x):
        return (self.scale * x.reshape(-1)).sum(keepdims=True)


class Wrong(Silent):
    weights_to_draw = ("matrx",)


QUESTION = sb.Spec(
    data=sb.data.random_images(8, (4, 4)), model=Silent, loss="cross_entropy", optimizer="sgd(0.1)", steps=2
)


@pytest.mark.parametrize(("model", "sentence"), [
    (Silent, r"arrays of Silent are weights and would leave .matrix \(1, 16\); name them in its class"),
    (Scales, r"cannot tell which arrays of Scales are weights and would leave .scale \(16,\)"),
    (Wrong, "weights_to_draw of Wrong names matrx, which it has not"),
])  # fmt: skip
def test_an_initializer_that_would_change_nothing_is_refused(model, sentence):
    with jax.numpy_rank_promotion("allow"), pytest.raises(PartError, match=sentence):
        sb.run(QUESTION.replace(model=model, initializer="he_normal"), seeds=2)


def test_three_initializers_give_three_rows():
    class Named(Silent):
        weights_to_draw = "matrix"

    varied = QUESTION.replace(model=Named, initializer="he_normal")
    with jax.numpy_rank_promotion("allow"):
        record = sb.run(varied.vary(initializer=["normal(std=0.1)", "normal(std=1)", "constant(0.5)"]), seeds=2)
        plain = sb.run(QUESTION, seeds=2)  # without an initializer it needs no names
    assert len(np.unique(record["train_loss"].isel(step=0).values[:, 0])) == 3
    assert np.isfinite(plain["train_loss"]).all()
