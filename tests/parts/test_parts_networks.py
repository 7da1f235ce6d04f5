"""Networks of layers: the NumPy twin on the same weights, gradients three ways, and laws of single layers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed import reference
from seedbed.engine.assemble import activation_layer
from seedbed.parts.convolution import AvgPool2d, Conv2d, MaxPool2d
from seedbed.parts.layers import Dense, GlobalAverage
from seedbed.parts.models import Chain, Concatenate, Residual
from seedbed.parts.networks import LAYERS, build
from seedbed.parts.regularizers import BatchNorm, Dropout
from seedbed.reference.network import carried, draws
from seedbed.vocabulary import TABLES, layers, models
from seedbed.vocabulary.walk import features_of, walk

dense, conv, activation, norm = layers.dense, layers.conv, layers.activation, layers.batch_norm
parallel, residual, max_pool = layers.parallel, layers.residual, layers.max_pool
SPLIT = [parallel([conv(1, 1)], [residual([conv(2, 3, padding=1)]), conv(1, 1), norm()])]
NETS = {
    "dense": ([dense(4), activation(), dense(3, bias=False), activation()], (5,)),
    "conv": ([conv(2, 3), activation(), conv(3, 2, stride=2, padding="same")], (7, 6)),
    "conv without bias": ([conv(2, 3, padding=1, bias=False), activation()], (2, 5, 5)),
    "batch norm of rows": ([norm(), dense(4), norm(0.3), activation()], (3,)),
    "batch norm of images": ([norm(), conv(3, 2), norm(), activation()], (2, 4, 4)),
    "max pool": ([conv(2, 2), max_pool(3, 2, padding="same"), activation()], (6, 6)),
    "max pool, bordered": ([conv(2, 2, padding=1), max_pool(2, 1, padding=1)], (4, 4)),
    "average pool": ([conv(2, 2), layers.average_pool(2), layers.average_pool(2, 1)], (8, 8)),
    "global average": ([conv(4, 3), activation(), layers.global_average_pool()], (5, 5)),
    "parallel": ([parallel([conv(2, 1), norm(), activation()], [conv(1, 3, padding="same")],
                           [max_pool(3, 1, padding="same")])], (4, 4)),
    "parallel rows": ([dense(4), parallel([dense(3), activation()], [])], (5,)),
    "residual": ([dense(4), residual([dense(6), activation(), dense(4)])], (5,)),
    "nested": ([conv(2, 1), residual(SPLIT), layers.global_average_pool()], (4, 4)),
    "own activations": ([dense(4), activation("prelu"), dense(4), activation("crelu")], (5,)),
    "dropout": ([dense(30), layers.dropout(0.4)], (5,)),
    "flatten": ([conv(2, 2), layers.flatten(), dense(3), activation()], (4, 4)),
}  # fmt: skip
EXAMPLES = 6


def made(name, activation="tanh"):
    """A model in both engines with the same weights: (jax model, state, network, weights)."""
    listed, inputs = NETS[name]
    part = models.sequential(listed, activation)
    stages = walk(part, inputs)
    numbers = {f"model.{path}": jnp.asarray(value) for path, value in part.dials()}
    active = lambda function, path: activation_layer(numbers, function, path)  # noqa: E731
    heads = {"": 2}
    model, state = eqx.nn.make_with_state(build)(
        jax.random.key(3), stages, features_of(stages, inputs), heads, numbers, active
    )
    network = reference.network_for(part, inputs, [2])
    named = [step for layer in model.layers if (step := weights_of(layer, state)) is not None]
    weights = [dict(step) for step in reference.initial_weights(network, None, np.random.default_rng(0))]
    assert [set(step) for step in weights if step] == [set(step) for step in named if step]
    rest = iter([step for step in named if step])
    return model, state, network, [next(rest) if step else {} for step in weights]


def weights_of(layer, state):
    """The arrays of a layer, under the names that the reference engine has for them; none where it has no step."""
    if isinstance(layer, Chain | Concatenate | Residual):
        inner = (
            layer.layers
            if isinstance(layer, Chain)
            else [layer.inner]
            if isinstance(layer, Residual)
            else layer.branches
        )
        parts = [weights_of(one, state) for one in inner]
        return {f"{n}.{name}": array for n, part in enumerate(parts) for name, array in (part or {}).items()}
    found = {}
    if isinstance(layer, Dense):
        found = {"weight": np.asarray(layer.weight).T, "bias": layer.bias}
    elif isinstance(layer, Conv2d):
        found = {"weight": layer.weight, "bias": layer.bias}
    elif isinstance(layer, BatchNorm):
        mean, variance = state.get(layer.running)
        found = {"scale": layer.scale, "shift": layer.shift, "running_mean": mean, "running_variance": variance}
    elif hasattr(layer, "slope"):
        found = {"slope": np.asarray(layer.slope).reshape(1)}
    return {name: np.asarray(array) for name, array in found.items() if array is not None}


def forward(model, state, inputs, key=None):
    """Scores `(example, unit)`, and the state after the batch."""
    state = jax.tree.map(lambda array: array, state)  # Equinox lets a state be used once
    keys = None if key is None else jax.random.split(key, EXAMPLES)

    def one(x, k):
        return model(x, state, key=k)

    axes = (-1, None if keys is None else 0)
    out, after = jax.vmap(one, in_axes=axes, out_axes=(-1, None), axis_name="batch")(inputs, keys)
    return out.T, after


def data_for(network, inputs):
    x = np.random.default_rng(7).standard_normal((EXAMPLES, *inputs))
    return x.reshape(EXAMPLES, *network.sees), jnp.moveaxis(jnp.asarray(x), 0, -1)


def test_the_tables_have_the_same_names():
    assert set(reference.LAYERS) == set(TABLES["layer"]) == set(LAYERS) - {"image"}


@pytest.mark.parametrize("name", sorted(set(NETS) - {"dropout"}))
def test_both_engines_compute_the_same_and_differentiate_alike(name, double):
    """Scores, the gradient of every weight by jax and by hand, and the running averages after the batch."""
    model, state, network, weights = made(name)
    x, inputs = data_for(network, NETS[name][1])
    drawn = draws(network, EXAMPLES, np.random.default_rng(1))
    scores, kept = reference.forward(network, weights, x, drawn)
    upstream = np.random.default_rng(2).standard_normal(scores.shape)
    ours, after = forward(model, state, inputs)
    np.testing.assert_allclose(ours, scores, rtol=1e-9, atol=1e-11)
    by_hand = reference.backward(network, kept, upstream)

    def outcome(model):
        return jnp.sum(forward(model, state, inputs)[0] * upstream)

    traced = eqx.filter_grad(outcome)(model)
    by_jax = [step for layer in traced.layers if (step := weights_of(layer, state))]
    for one, other in zip(by_jax, [step for step in by_hand if step], strict=True):
        for part in other:
            np.testing.assert_allclose(one[part], other[part], rtol=1e-7, atol=1e-9, err_msg=part)
    moved = [step for step in carried(network, kept) if step]
    states = [weights_of(layer, after) for layer in model.layers]
    running = [{part: step[part] for part in step if "running" in part} for step in states]
    for one, other in zip([step for step in running if step], moved, strict=True):
        for part in other:
            np.testing.assert_allclose(one[part], other[part], rtol=1e-9, err_msg=part)


@pytest.mark.parametrize("name", NETS)
def test_gradients_by_hand_are_central_differences(name):
    """In training, with what is drawn held fixed."""
    listed, inputs = NETS[name]
    network = reference.network_for(models.sequential(listed, "tanh"), inputs, [2])
    weights = reference.initial_weights(network, None, np.random.default_rng(4))
    x, drawn = (
        np.random.default_rng(5).standard_normal((EXAMPLES, *network.sees)),
        draws(network, EXAMPLES, np.random.default_rng(6)),
    )
    scores, kept = reference.forward(network, weights, x, drawn)
    upstream = np.random.default_rng(2).standard_normal(scores.shape)
    gradients = reference.backward(network, kept, upstream)
    rng = np.random.default_rng(8)
    for n, layer in enumerate(gradients):
        for part, gradient in layer.items():
            along = rng.standard_normal(gradient.shape)

            def outcome(t, n=n, part=part, along=along):
                moved = [{**own, part: own[part] + t * along} if k == n else own for k, own in enumerate(weights)]
                return np.sum(reference.forward(network, moved, x, drawn)[0] * upstream)

            slope = (outcome(1e-5) - outcome(-1e-5)) / 2e-5
            np.testing.assert_allclose(np.sum(gradient * along), slope, rtol=1e-6, atol=1e-8, err_msg=part)


@pytest.mark.parametrize("name", ["batch norm of rows", "batch norm of images", "parallel", "nested", "dropout"])
def test_both_engines_infer_alike(name, double):
    """Running averages in the place of the batch's, nothing dropped."""
    model, state, network, weights = made(name)
    x, inputs = data_for(network, NETS[name][1])
    _, after = forward(model, state, inputs, jax.random.key(0))
    steps = iter([step for layer in model.layers if (step := weights_of(layer, after))])
    weights = [next(steps) if step else {} for step in weights]
    ours, _ = forward(eqx.nn.inference_mode(model), after, inputs)
    np.testing.assert_allclose(ours, reference.forward(network, weights, x)[0], rtol=1e-9, atol=1e-11)


def test_members_side_by_side_compute_what_each_computes_alone():
    """In the reference engine, of a network with every kind of layer inside another."""
    for name in ("parallel", "nested", "batch norm of images", "residual"):
        listed, inputs = NETS[name]
        network = reference.network_for(models.sequential(listed, "tanh"), inputs, [2])
        alone = [reference.initial_weights(network, None, np.random.default_rng(seed)) for seed in range(3)]
        crowd = [
            {part: np.stack([one[n][part] for one in alone]) for part in layer} for n, layer in enumerate(alone[0])
        ]
        x, drawn = (
            np.random.default_rng(5).standard_normal((EXAMPLES, *network.sees)),
            draws(network, EXAMPLES, np.random.default_rng(6)),
        )
        many = [{part: np.stack([array] * 3) for part, array in step.items()} for step in drawn]
        scores, kept = reference.forward(network, crowd, x, many)
        gradients = reference.backward(network, kept, np.ones_like(scores))
        for member, own in enumerate(alone):
            one, own_kept = reference.forward(network, own, x, drawn)
            np.testing.assert_allclose(scores[member], one, rtol=1e-10, atol=1e-12)
            for many_layer, layer in zip(
                gradients, reference.backward(network, own_kept, np.ones_like(one)), strict=True
            ):
                for part in layer:
                    np.testing.assert_allclose(many_layer[part][member], layer[part], rtol=1e-9, atol=1e-11)


def test_laws_of_pools_and_parts(double):
    x = jnp.asarray(np.random.default_rng(0).standard_normal((3, 6, 6)))
    np.testing.assert_allclose(GlobalAverage()(x), x.mean(axis=(1, 2)))
    np.testing.assert_allclose(AvgPool2d(6, 6)(x)[:, 0, 0], GlobalAverage()(x))
    padded = MaxPool2d(3, 2, "same")(x)
    assert padded.shape == (3, 3, 3)
    assert jnp.isfinite(padded).all()
    assert (MaxPool2d(3, 2, "same")(-jnp.abs(x)) < 0).all(), "a border is no maximum, not even among negative numbers"
    np.testing.assert_array_equal(MaxPool2d(1, 1)(x), x)
    inner = Chain((Dense(4, 4, jax.random.key(0)),))
    zero = eqx.tree_at(
        lambda chain: (chain.layers[0].weight, chain.layers[0].bias), inner, (jnp.zeros((4, 4)), jnp.zeros(4))
    )
    np.testing.assert_array_equal(Residual(zero)(x[0, 0, :4]), x[0, 0, :4])
    np.testing.assert_array_equal(Concatenate((Chain(()), Chain(())), ())(x), jnp.concatenate([x, x]))


def test_dropout_in_a_list_reads_its_own_dial():
    model, *_ = made("dropout")
    (layer,) = [layer for layer in model.layers if isinstance(layer, Dropout)]
    assert layer.rate.path == "model.layers.2.rate"
    np.testing.assert_allclose(layer.rate.value, 0.4)


def test_torch_s_layers():
    """Convolution without bias, bordered max pool, average pool and batch norm of images, in one network."""
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own: pip install 'seedbed[bench]'")
    rng = np.random.default_rng(3)
    x, w = (
        rng.standard_normal((EXAMPLES, 2, 8, 8)).astype(np.float32),
        rng.standard_normal((3, 2, 3, 3)).astype(np.float32),
    )
    conv = Conv2d(2, 3, 3, jax.random.key(0), 1, 1, bias=False)
    conv = eqx.tree_at(lambda layer: layer.weight, conv, jnp.asarray(w))
    norm, state = eqx.nn.make_with_state(BatchNorm)(3)
    pool = MaxPool2d(3, 2, 1)
    ours, _ = jax.vmap(lambda one: norm(conv(one), state), -1, (-1, None))(jnp.moveaxis(jnp.asarray(x), 0, -1))
    ours = jax.vmap(lambda one: AvgPool2d(2, 2)(pool(one)), -1, -1)(ours)
    y = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), padding=1)
    y = torch.nn.functional.max_pool2d(torch.nn.BatchNorm2d(3)(y), 3, 2, padding=1)
    theirs = torch.nn.functional.avg_pool2d(y, 2).detach().numpy()
    np.testing.assert_allclose(jnp.moveaxis(ours, -1, 0), theirs, rtol=1e-4, atol=1e-5)
