"""Replaying parameter rows: the engines' own answers come back, and a network written out by hand agrees."""

import sys

import numpy as np
import pytest

import seedbed as sb
from seedbed.datasets.load import load
from seedbed.errors import PartError, SpecError


def question(model, data, loss, **changes):
    return sb.Spec(data=data, model=model, loss=loss, optimizer=sb.optimizers.sgd(0.1), steps=3,
                   probes=("parameters", "predictions"), **changes)  # fmt: skip


BLOBS = sb.data.xor_blobs(12, test=0)
HEADS = sb.losses.heads(label="cross_entropy", width="l2", width_weight=0.001)
ASKED = {
    "neuron": question("neuron", BLOBS, "l2", output="sigmoid"),
    "mlp": question(sb.models.mlp([4, 3], activation="tanh"), BLOBS, "cross_entropy"),
    "deep and narrow": question(sb.models.mlp([2] * 9), sb.data.curve(n=20), "l2"),
    "doubled": question(sb.models.mlp([3, 2], activation="crelu"), BLOBS, "l2", output="tanh"),
    "two heads": question(sb.models.cnn([3], kernel=5, pool="max", hidden=[4]), sb.data.detection(6, size=8), HEADS),
}


@pytest.mark.parametrize("engine", ["jax", "reference"])
@pytest.mark.parametrize("name", ASKED)
def test_the_engines_answers_come_back(name, engine):
    spec = ASKED[name]
    record = sb.run(spec, seeds=3, engine=engine)
    heads = (1, 1) if name == "two heads" else 1
    output = spec.output or ("sigmoid" if "cross_entropy" in str(spec.loss) else "identity")
    rows, inputs = record["final_parameters"].values, load(spec.data).inputs
    answers = sb.replay(spec.model, rows, inputs, units=heads, output=output if heads == 1 else "identity")
    if name == "two heads":
        answers[..., 0] = 1 / (1 + np.exp(-answers[..., 0]))
    told = record["final_predictions"].transpose("seed", "example", "output").values
    np.testing.assert_allclose(answers, told, rtol=2e-5, atol=2e-6 * max(abs(told).max(), 1))


def test_a_network_written_out_by_hand():
    """2-2-1 with ReLU: rows are (unit, feature) of layer 1, its biases, then layer 2."""
    row = np.array([1.0, 2.0, 3.0, 4.0, 0.5, -0.5, 10.0, 100.0, 7.0])
    (x,) = np.array([[2.0, -1.5]])
    first, second = max(1 * 2 - 2 * 1.5 + 0.5, 0), max(3 * 2 - 4 * 1.5 - 0.5, 0)
    hidden, answer = sb.replay_layers(sb.models.mlp([2]), row, [x])
    assert hidden.tolist() == [[first, second]]
    assert answer.tolist() == [[10 * first + 100 * second + 7]]
    assert sb.replay(sb.models.mlp([2]), row, [x]).tolist() == answer.tolist()
    x = np.array([2.0, 3.0])
    hidden, answer = sb.replay_layers(sb.models.mlp([2]), row, [x])
    assert hidden.tolist() == [[8.5, 17.5]]
    assert answer.tolist() == [[10 * 8.5 + 100 * 17.5 + 7]]


def test_drawn_slopes_are_replayed_as_their_mean():
    rows, inputs = np.random.default_rng(3).standard_normal((4, 13)), [[1.0, -2.0], [-0.5, 0.1]]
    mean, drawn = (sb.replay(sb.models.mlp([3], activation=name), rows, inputs)
                   for name in ("leaky_relu(slope=0.25)", "rrelu(lower=0.125, upper=0.375)"))  # fmt: skip
    np.testing.assert_allclose(drawn, mean, rtol=1e-14)


def test_leading_axes_are_kept_and_portions_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    rows, inputs = rng.standard_normal((5, 3, 2 * 4 + 4 + 4 + 1)), rng.standard_normal((7, 2))
    model = sb.models.mlp([4], activation="sigmoid")
    whole = sb.replay(model, rows, inputs, output="sigmoid")
    *_, last = sb.replay_layers(model, rows, inputs, output="sigmoid")
    monkeypatch.setattr(sys.modules["seedbed.reference.replay"], "AT_ONCE", 1)
    assert whole.shape == (5, 3, 7, 1)
    np.testing.assert_array_equal(sb.replay(model, rows, inputs, output="sigmoid"), whole)
    np.testing.assert_allclose(last, whole, rtol=1e-14)
    alone = sb.replay(model, rows[2, 1], inputs, output="sigmoid")
    np.testing.assert_allclose(alone, whole[2, 1], rtol=1e-14)


def test_a_row_that_is_not_finite_answers_nothing_else():
    rows = np.ones((3, 9))
    rows[1, 4] = np.nan
    answers = sb.replay(sb.models.mlp([2]), rows, [[1.0, 1.0]])
    assert np.isnan(answers[:, 0, 0]).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("model", "rows", "inputs", "output", "error", "words"),
    [
        (sb.models.mlp([2]), np.ones((3, 8)), [[1.0, 1.0]], "identity", SpecError, "9 weights and biases, got rows of"),
        (sb.models.mlp([2]), 1.0, [[1.0, 1.0]], "identity", SpecError, "got rows of no numbers"),
        (sb.models.mlp([2]), np.ones(9), [1.0, 1.0], "identity", SpecError, "one row per point"),
        (sb.models.mlp([2], activation="prelu"), np.ones(9), [[1.0, 1.0]], "identity", PartError, "learns its slope"),
        (sb.models.mlp([2], activation=lambda z: z), np.ones(9), [[1.0, 1.0]], "identity", PartError, "named parts"),
        (sb.models.mlp([2]), np.ones(9), [[1.0, 1.0]], lambda z: z, PartError, "named output"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_a_sentence(model, rows, inputs, output, error, words):
    with pytest.raises(error, match=words):
        sb.replay(model, rows, inputs, output=output)
