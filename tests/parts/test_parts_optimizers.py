"""Update rules against plain loops written from the vocabulary's formulas, with every dial traced."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from seedbed import vocabulary
from seedbed.parts.optimizers import OPTIMIZERS

STEPS, MEMBERS = 20, 4


def by_hand(name, w, gradient, d):
    """`STEPS` steps of the rule `name` from weight `w` with the dials `d`, one formula after the other."""
    v, s, m, u2 = (np.zeros_like(w) for _ in range(4))
    rate = d["learning_rate"]
    for t in range(1, STEPS + 1):
        g = gradient(w, t) + d.get("l2", 0) * w
        if name == "sgd":
            w = w - rate * g
        elif name == "momentum":
            v = d["momentum"] * v + g
            w = w - rate * v
        elif name == "nesterov":
            v = d["momentum"] * v + g
            w = w - rate * (g + d["momentum"] * v)
        elif name == "adagrad":
            s = s + g**2
            w = w - rate * g / (np.sqrt(s) + d["eps"])
        elif name == "rmsprop":
            s = d["decay"] * s + (1 - d["decay"]) * g**2
            w = w - rate * g / (np.sqrt(s) + d["eps"])
        elif name == "rmsprop_nesterov":
            s = d["decay"] * s + (1 - d["decay"]) * g**2
            u = g / (np.sqrt(s) + d["eps"])
            v = d["momentum"] * v + u
            w = w - rate * (u + d["momentum"] * v)
        elif name == "adadelta":
            s = d["decay"] * s + (1 - d["decay"]) * g**2
            u = g * np.sqrt(u2 + d["eps"]) / np.sqrt(s + d["eps"])
            u2 = d["decay"] * u2 + (1 - d["decay"]) * u**2
            w = w - rate * u
        elif name in ("adam", "adamw"):
            m = d["b1"] * m + (1 - d["b1"]) * g
            s = d["b2"] * s + (1 - d["b2"]) * g**2
            w = w - rate * d.get("weight_decay", 0) * w
            w = w - rate * (m / (1 - d["b1"] ** t)) / (np.sqrt(s / (1 - d["b2"] ** t)) + d["eps"])
        else:
            raise NotImplementedError(f"write the formula of {name} here")
    return w


def slope(w, t):
    """The gradient of a double well that is pushed about: changes sign, grows and vanishes."""
    return w**3 - w + np.cos(t)


def train(rule, weights, gradient):
    """`STEPS` steps of an optax transformation on a tree of weights, as one compiled loop."""

    def one(carry, t):
        weights, opt_state = carry
        change, opt_state = rule.update(jax.tree.map(lambda w: gradient(w, t), weights), opt_state, weights)
        return (optax.apply_updates(weights, change), opt_state), None

    return jax.lax.scan(one, (weights, rule.init(weights)), jnp.arange(1, STEPS + 1))[0][0]


def traced_slope(w, t):
    return w**3 - w + jnp.cos(t.astype(w.dtype))


@pytest.fixture(params=sorted(OPTIMIZERS))
def name(request):
    return request.param


def drawn_dials(defaults, seed=0):
    """Dials of each member's own; eps large enough to see where it stands."""
    rng = np.random.default_rng(seed)
    laws = {"learning_rate": (0.01, 0.1), "eps": (1e-3, 1e-1)}
    return {key: rng.uniform(*laws.get(key, (0.5, 0.99)), MEMBERS) for key in defaults}


def start():
    rng = np.random.default_rng(1)
    return {"w": rng.normal(size=(MEMBERS, 3, 2)), "b": rng.normal(size=(MEMBERS, 2))}


def test_names_are_those_of_the_vocabulary():
    assert set(OPTIMIZERS) == set(vocabulary.TABLES["optimizer"])


def test_dials_and_defaults_are_those_of_the_vocabulary(name):
    stated = inspect.signature(vocabulary.TABLES["optimizer"][name]).parameters
    taken = inspect.signature(OPTIMIZERS[name]).parameters
    assert {key: p.default for key, p in taken.items()} == {key: p.default for key, p in stated.items()}


def test_twenty_steps_are_those_of_the_formula(name, defaults, double):
    dials = drawn_dials(defaults("optimizer", name))
    crowd = jax.jit(jax.vmap(lambda weights, dials: train(OPTIMIZERS[name](**dials), weights, traced_slope)))
    ended = crowd(jax.tree.map(jnp.asarray, start()), {key: jnp.asarray(value) for key, value in dials.items()})
    for part, first in start().items():
        for member in range(MEMBERS):
            own = {key: value[member] for key, value in dials.items()}
            np.testing.assert_allclose(
                ended[part][member], by_hand(name, first[member], slope, own), rtol=0, atol=1e-12
            )


def test_twenty_steps_with_l2_are_those_of_the_formula(name, defaults, double):
    """Coupled decay: g + l2 w in the place of g, before the rule, for the weight and the bias alike."""
    dials = drawn_dials(defaults("optimizer", name)) | {"l2": np.linspace(0.01, 0.3, MEMBERS)}
    crowd = jax.jit(jax.vmap(lambda weights, dials: train(OPTIMIZERS[name](**dials), weights, traced_slope)))
    ended = crowd(jax.tree.map(jnp.asarray, start()), {key: jnp.asarray(value) for key, value in dials.items()})
    for part, first in start().items():
        for member in range(MEMBERS):
            own = {key: value[member] for key, value in dials.items()}
            expected = by_hand(name, first[member], slope, own)
            np.testing.assert_allclose(ended[part][member], expected, rtol=0, atol=1e-12)
            assert np.abs(expected - by_hand(name, first[member], slope, own | {"l2": 0})).max() > 1e-4


TORCH = {
    "sgd": ("SGD", {"lr": 0.05}), "momentum": ("SGD", {"lr": 0.05, "momentum": 0.8}),
    "nesterov": ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    "adagrad": ("Adagrad", {"lr": 0.05, "eps": 1e-3}), "rmsprop": ("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-3}),
    "adadelta": ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3}),
    "adam": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    "adamw": ("AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
}  # fmt: skip
OURS = {"lr": "learning_rate", "alpha": "decay", "rho": "decay", "eps": "eps", "momentum": "momentum"}


@pytest.mark.parametrize("decay", [0, 0.1])
@pytest.mark.parametrize("rule", TORCH)
def test_twenty_steps_are_torch_s(rule, decay, double):
    """With and without its weight_decay, which is our `l2`, and AdamW's own our `weight_decay`."""
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own: pip install 'seedbed[bench]'")
    kind, options = TORCH[rule]
    first = start()["w"][0]
    theirs = torch.nn.Parameter(torch.tensor(first))
    optimizer = getattr(torch.optim, kind)([theirs], weight_decay=decay, **options)
    for t in range(1, STEPS + 1):
        theirs.grad = torch.tensor(slope(theirs.detach().numpy(), t))
        optimizer.step()
    dials = {OURS[key]: value for key, value in options.items() if key in OURS}
    dials |= dict(zip(("b1", "b2"), options["betas"], strict=True)) if "betas" in options else {}
    dials |= {"weight_decay" if rule == "adamw" else "l2": decay} if decay or rule == "adamw" else {}
    ended = train(OPTIMIZERS[rule](**dials), jnp.asarray(first), traced_slope)
    np.testing.assert_allclose(ended, theirs.detach().numpy(), rtol=0, atol=1e-9)


def test_twenty_steps_with_the_default_dials(name, defaults, double):
    """The defaults as Python numbers, with eps as small as it is used."""
    dials = defaults("optimizer", name) | {"learning_rate": 0.05}
    first = start()["w"][0]
    ended = train(OPTIMIZERS[name](**dials), jnp.asarray(first), traced_slope)
    np.testing.assert_allclose(ended, by_hand(name, first, slope, dials), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "library"),
    [("adagrad", optax.adagrad(0.05, 0.0, 1e-3)), ("rmsprop", optax.rmsprop(0.05, 0.9, 1e-3, eps_in_sqrt=True))],
)
def test_the_comparison_sees_where_eps_stands(name, library, double):
    """With eps inside the root, as the library has it, the same test fails by a wide margin."""
    first = start()["w"][0]
    dials = {"learning_rate": 0.05, "eps": 1e-3, "decay": 0.9}
    ended = train(library, jnp.asarray(first), traced_slope)
    assert np.abs(ended - by_hand(name, first, slope, dials)).max() > 1e-6


def test_other_dials_do_not_compile_again(name, defaults):
    traces = []

    @jax.jit
    def crowd(weights, dials):
        traces.append(name)
        return jax.vmap(lambda weights, dials: train(OPTIMIZERS[name](**dials), weights, traced_slope))(weights, dials)

    ends = []
    for seed in (0, 1):
        dials = {k: jnp.asarray(v, jnp.float32) for k, v in drawn_dials(defaults("optimizer", name), seed).items()}
        ends.append(crowd(jax.tree.map(lambda w: jnp.asarray(w, jnp.float32), start()), dials))
    assert len(traces) == 1
    assert not jnp.array_equal(ends[0]["w"], ends[1]["w"])


def test_weights_and_memory_keep_their_dtype_and_shape(name, defaults):
    dials = {key: jnp.float32(value) for key, value in defaults("optimizer", name).items()}
    rule, weights = OPTIMIZERS[name](**dials), {"w": jnp.ones((3, 2)), "b": jnp.ones(2)}
    opt_state = rule.init(weights)
    change, after = rule.update(weights, opt_state, weights)

    def described(tree):
        return jax.tree.map(lambda a: (a.shape, a.dtype), tree)

    assert described(change) == described(weights)
    assert described(after) == described(opt_state)


def test_no_gradient_moves_no_weight_at_the_start(name, defaults):
    dials = {key: jnp.float32(value) for key, value in defaults("optimizer", name).items()}
    ended = train(OPTIMIZERS[name](**dials), jnp.ones((3, 2)), lambda w, t: jnp.zeros_like(w))
    decays = dials.get("learning_rate", 0) * dials.get("weight_decay", 0)  # which needs no gradient
    np.testing.assert_allclose(ended, (1 - decays) ** STEPS, rtol=1e-6)
    assert decays > 0 or (ended == 1).all()


def test_large_and_small_gradients_stay_finite(name, defaults):
    dials = {key: jnp.float32(value) for key, value in defaults("optimizer", name).items()}
    for size in (1e-30, 1e-12, 1e12):
        ended = train(OPTIMIZERS[name](**dials), jnp.ones(3), lambda w, t, size=size: jnp.full_like(w, size))
        assert jnp.isfinite(ended).all()
