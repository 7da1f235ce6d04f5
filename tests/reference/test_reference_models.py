"""Layers, whole networks and a moment of training against loops and central differences; metrics by hand."""

import numpy as np
import pytest
from central_differences import default_options, gradients_agree, weights_by_differences
from scipy import special
from small_questions import one_member, parameter_count

from seedbed import vocabulary
from seedbed.datasets.dataset import dataset
from seedbed.reference import (
    ACTIVATIONS,
    METRICS,
    Network,
    backward,
    forward,
    initial_weights,
    look,
    mlp,
    network_for,
    task_for,
)
from seedbed.reference.layers import dense, dense_bias_pullback, dense_input_pullback, dense_weight_pullback
from seedbed.reference.network import draws
from seedbed.spec import Spec


def test_dense_against_loops():
    rng = np.random.default_rng(5)
    x, w, b, upstream = (rng.standard_normal(shape) for shape in [(3, 4), (4, 2), (2,), (3, 2)])
    z, dx, dw, db = np.zeros((3, 2)), np.zeros((3, 4)), np.zeros((4, 2)), np.zeros(2)
    for e in range(3):
        for u in range(2):
            z[e, u] += b[u]
            db[u] += upstream[e, u]
            for f in range(4):
                z[e, u] += x[e, f] * w[f, u]
                dw[f, u] += x[e, f] * upstream[e, u]
                dx[e, f] += w[f, u] * upstream[e, u]
    np.testing.assert_allclose(dense(x, w, b), z)
    np.testing.assert_allclose(dense_weight_pullback(x, upstream), dw)
    np.testing.assert_allclose(dense_bias_pullback(upstream), db)
    np.testing.assert_allclose(dense_input_pullback(w, upstream), dx)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_backward_through_three_layers(name):
    """The gradient of every weight, bias and slope of a deep net, with what the activation draws held fixed."""
    rng = np.random.default_rng(6)
    network = mlp(3, [2], [4, 3], name, default_options(name))
    weights = initial_weights(network, None, rng)
    x, upstream, drawn = rng.standard_normal((5, 3)), rng.standard_normal((5, 2)), draws(network, 5, rng)
    _, kept = forward(network, weights, x, drawn)

    def outcome(changed):
        return np.sum(upstream * forward(network, changed, x, drawn)[0])

    gradients_agree(backward(network, kept, upstream), weights_by_differences(outcome, weights))


def test_a_member_alone_computes_what_it_computes_in_a_crowd():
    rng = np.random.default_rng(7)
    network = mlp(6, [1], [4], "prelu", {"slope": 0.25})
    alone = [initial_weights(network, None, rng) for _ in range(3)]
    crowd = [{part: np.stack([one[n][part] for one in alone]) for part in alone[0][n]} for n in range(3)]
    x, upstream = rng.standard_normal((5, 6)), rng.standard_normal((5, 1))
    z, kept = forward(network, crowd, x)
    gradients = backward(network, kept, np.broadcast_to(upstream, z.shape))
    for member, one in enumerate(alone):
        own_z, own_kept = forward(network, one, x)
        own_gradients = backward(network, own_kept, upstream)
        np.testing.assert_allclose(z[member], own_z, rtol=1e-12)
        for n, part in [(n, part) for n, layer in enumerate(one) for part in layer]:
            np.testing.assert_allclose(gradients[n][part][member], own_gradients[n][part], rtol=1e-12, atol=1e-14)


def shapes(network: Network) -> list[tuple[int, ...]]:
    drawn = initial_weights(network, None, np.random.default_rng(0))
    return [layer["weight"].shape for layer in drawn if "weight" in layer]


def test_network_follows_the_part():
    described = network_for(vocabulary.models.mlp([5, 4], "leaky_relu(slope=0.2)"), (4, 4), [3])
    assert shapes(described) == [(16, 5), (5, 4), (4, 3)]
    assert described.layers == ("1 dense", "2 dense", "3 dense")
    np.testing.assert_allclose(described.trunk[1].value(np.full((1, 5), -1.0), {}), -0.2)
    assert shapes(network_for(vocabulary.models.mlp([5, 4], "crelu"), (16,), [3])) == [(16, 5), (10, 4), (8, 3)]
    assert shapes(network_for(vocabulary.models.mlp([5]), (16,), [3, 1])) == [(16, 5), (5, 3), (5, 1)]
    assert shapes(network_for(vocabulary.models.neuron(), (16,), [3])) == [(16, 3)]
    assert parameter_count(network_for(vocabulary.models.mlp([4]), (16,), [1])) == 73
    bare = network_for(vocabulary.models.neuron(bias=False), (16,), [3, 1])
    assert (shapes(bare), parameter_count(bare), bare.layers) == ([(16, 3), (16, 1)], 64, ("1 dense", "2 dense"))


def test_backward_without_a_bias():
    rng = np.random.default_rng(9)
    network = network_for(vocabulary.models.neuron(bias=False), (3,), [2, 1])
    weights, x, upstream = initial_weights(network, None, rng), rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    z, kept = forward(network, weights, x)
    np.testing.assert_allclose(z, x @ np.concatenate([layer["weight"] for layer in weights], axis=-1))

    def outcome(changed):
        return np.sum(upstream * forward(network, changed, x)[0])

    gradients_agree(backward(network, kept, upstream), weights_by_differences(outcome, weights))


def test_accuracy_by_kind_of_target():
    z = np.array([[2.0, 1.0], [-1.0, 0.5]])
    accuracy = METRICS["accuracy"]
    labels = np.array([[1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(accuracy(z, special.expit(z), labels, "binary"), [1, 0])
    np.testing.assert_array_equal(accuracy(z, z, 2 * labels - 1, "sign"), [1, 0])
    np.testing.assert_array_equal(accuracy(z, z, np.eye(2), "classes"), [1, 1])
    nan = np.full((2, 2), np.nan)
    for truth, kind in [(labels, "binary"), (2 * labels - 1, "sign"), (np.eye(2), "classes")]:
        assert not accuracy(nan, nan, truth, kind).any()
    border = np.zeros((1, 1))  # y_hat = 1/2 exactly counts as label 0
    assert accuracy(border, special.expit(border), border, "binary").item() == 1


def test_within_and_squared_error():
    y_hat, y = np.array([[0.4, 1.0], [2.0, 0.5]]), np.array([[0.0, 1.0], [2.0, 0.0]])
    np.testing.assert_array_equal(METRICS["within"](y_hat, y_hat, y, "real"), [1, 0])
    np.testing.assert_array_equal(METRICS["within"](y_hat, y_hat, y, "real", tolerance=0.6), [1, 1])
    np.testing.assert_allclose(METRICS["squared_error"](y_hat, y_hat, y, "real"), [0.08, 0.125])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("loss", "output"), [("l2", None), ("mae", "tanh"), ("cross_entropy", None), ("hinge", None)])
def test_look_gives_the_gradient_of_the_reduced_loss(loss, output, reduction):
    """The whole moment: score, output, loss and reduction, differentiated by differences through `look` itself."""
    rng = np.random.default_rng(8)
    data = dataset(rng.standard_normal((6, 3)), rng.integers(0, 2, 6), "binary")
    spec = vocabulary_spec(loss=f"{loss}(reduction='{reduction}')", output=output)
    task = task_for(spec, data)
    weights = one_member(task.network, rng)
    context = look(task, weights, task.train)

    def outcome(changed):
        return look(task, changed, task.train).measured["train_loss"].item()

    gradients_agree(context.gradients, weights_by_differences(outcome, weights))


def vocabulary_spec(**changes):
    return Spec(data="point", model="mlp([4], 'tanh')", optimizer="sgd(0.1)", steps=1, **changes)
