"""A function of a user's own that does not fit is named in one sentence before anything is trained."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import seedbed as sb
from seedbed.engine.own_parts import CONTRACT
from seedbed.errors import PartError, SpecError


@pytest.fixture
def question():
    return sb.Spec(
        data=sb.data.random_images(16, (4, 4)), model=sb.models.mlp([4], activation="relu"), loss="cross_entropy",
        initializer="truncated_normal(0.1, bias=0.1)", optimizer=sb.optimizers.sgd(0.1), steps=2,
    )  # fmt: skip


def raising(*_: Any, **__: Any) -> Any:
    raise ValueError("no such thing\nand a second line")


def nothing(*_: Any, **__: Any) -> Any:
    return None


def leaving(*_: Any, **__: Any) -> Any:
    raise SystemExit("bye")


def vector(score: Any, *_: Any) -> Any:
    return jnp.ones(3)


def text(*_: Any, **__: Any) -> Any:
    return "a loss"


@pytest.mark.parametrize("kind", ["loss", "metric", "initializer", "optimizer", "probe", "model"])
@pytest.mark.parametrize("function", [raising, nothing, leaving, text])
def test_a_misfit_names_its_own_part(question, kind, function):
    field = {"metric": "metrics", "probe": "probes"}.get(kind, kind)
    part = sb.own(kind, function)
    with pytest.raises(PartError, match=f'{kind} "{function.__name__}"') as caught:
        sb.run(question.replace(**{field: [part] if kind in ("metric", "probe") else part}), seeds=2)
    sentence = str(caught.value)
    assert CONTRACT[kind] in sentence
    assert "\n" not in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize(("field", "function", "sentence"), [
    ("loss", vector, r'loss "vector" must return one number, got shape \(3,\); sum or average'),
    ("metrics", vector, r'metric "vector" must return one number, got shape \(3,\)'),
    ("probes", vector, r'probe "vector" must return one number, got shape \(3,\)'),
    ("initializer", lambda key, shape, dtype: jnp.ones(shape[::-1]),
     r"must return weights of shape \(16, 4\), got float32 of shape"),
    ("initializer", lambda key, shape, dtype: (jnp.ones(shape), jnp.ones(7)),
     r"one bias for each of 4 units, got float32 of"),
    ("initializer", lambda key, shape: jnp.ones(shape), r"takes 2 positional arguments but 3 were given"),
    ("loss", lambda score: score.sum(), r"takes 1 positional argument but 2 were given"),
    ("optimizer", lambda: optax.contrib.reduce_on_plateau(), r"needs more than a gradient \('value'\).*optax.adam"),
    ("optimizer", lambda: optax.lbfgs(0.1), r"needs more than a gradient \(.*value_fn"),
    ("optimizer", lambda: optax.chain(optax.sgd(0.1), optax.scale_by_backtracking_linesearch(3)), "more than a grad"),
    ("optimizer", lambda: optax.GradientTransformation(lambda p: (), lambda g, s, p: g), "return .updates, state."),
    ("optimizer", lambda: optax.GradientTransformation(lambda p: (), lambda g, s, p: (g, 0.0)), "must return a state"),
    ("model", lambda key: jnp.ones(3), r"must return a module that can be called, got float32 of shape \(3,\)"),
])  # fmt: skip
def test_what_stands_where_is_said(question, field, function, sentence):
    part = function if not field.endswith("s") or field == "loss" else [function]
    with pytest.raises(PartError, match=sentence):
        sb.run(question.replace(**{field: part}), seeds=2)


def test_rules_that_need_the_weights_are_fine(question):
    def free():
        return optax.contrib.schedule_free_sgd(0.1, weight_decay=0.01)

    record = sb.run(question.replace(optimizer=free), seeds=2)
    assert np.isfinite(record["final_train_loss"]).all()


class Noisy(eqx.Module):
    """A model that keeps a random key, or whose call cannot do without one."""

    layer: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    key: Any

    def __init__(self, key, kept):
        self.dropout = eqx.nn.Dropout(0.5)
        self.layer = eqx.nn.Linear(16, 1, key=key)
        self.key = {"new": jax.random.key(3), "old": jax.random.PRNGKey(3), "none": None}[kept]

    def __call__(self, x, key):
        return self.layer(self.dropout(x.reshape(-1), key=key))


@pytest.mark.parametrize(("kept", "sentence"), [
    ("new", r'model "Noisy" draws from the key of its call alone, got a random key in .key'),
    ("old", r"got a random key in .key, with the same numbers at every step; write __call__.self, x, key=None."),
    ("none", r'model "Noisy" cannot be judged without a key: .*; let its call take key=None'),
])  # fmt: skip
def test_a_model_draws_from_the_key_of_its_call_in_training_alone(question, kept, sentence):
    with pytest.raises(PartError, match=sentence):
        sb.run(question.replace(model=sb.own("model", Noisy, kept=kept), initializer=None), seeds=2)


class Shaken(eqx.Module):
    """A model that adds noise by itself, without any layer of Equinox that draws."""

    layer: eqx.nn.Linear
    width: int = eqx.field(static=True)

    def __init__(self, key, width):
        self.layer, self.width = eqx.nn.Linear(16, 1, key=key), width

    def __call__(self, x, key=None):
        x = x.reshape(-1)
        return self.layer(x if key is None else x + self.width * jax.random.normal(key, x.shape))


def test_a_call_that_reads_its_key_is_given_one_in_training(question):
    """It was never given any, so its noise never came; the split is judged without, so all begin alike."""
    asked = question.replace(initializer=None, steps=20)
    calm, shaken = (
        sb.run(asked.replace(model=sb.own("model", Shaken, width=width)), seeds=2)["train_loss"] for width in (0, 3)
    )
    np.testing.assert_allclose(calm.sel(step=0), shaken.sel(step=0), rtol=1e-6)
    assert (abs(calm.sel(step=20) - shaken.sel(step=20)) > 1e-3).all()


def test_a_rule_may_count_in_whole_numbers_without_sign(question):
    """Only pairs and fours of them look like random keys of the older form."""

    def counting():
        counts = optax.GradientTransformation(
            lambda weights: {"steps": jnp.zeros((), jnp.uint32), "signs": jnp.zeros((3,), jnp.uint32)},
            lambda updates, state, weights=None: (updates, jax.tree.map(lambda count: count + 1, state)),
        )
        return optax.chain(counts, optax.sgd(0.1))

    assert np.isfinite(sb.run(question.replace(optimizer=counting), seeds=2)["final_train_loss"]).all()


def test_what_looks_like_a_key_is_said(question):
    def masked():
        return optax.GradientTransformation(lambda _: jnp.zeros((3, 2), jnp.uint32), lambda g, s, _=None: (g, s))

    with pytest.raises(PartError, match=r"a random key \(or uint32 of shape \(3, 2\), as keys are; keep counts as"):
        sb.run(question.replace(optimizer=masked), seeds=2)


class Normed(eqx.Module):
    """Equinox's own batch norm, of features or of images."""

    layer: Any
    norm: eqx.nn.BatchNorm
    images: bool = eqx.field(static=True)

    def __init__(self, key, images):
        self.images = images
        self.layer = eqx.nn.Linear(16, 1, key=key)
        self.norm = eqx.nn.BatchNorm(1 if images else 16, axis_name="batch", mode="ema")

    def __call__(self, x, state):
        x, state = self.norm(x.reshape(1, 4, 4) if self.images else x.reshape(-1), state)
        return self.layer(x.reshape(-1)), state


def test_equinox_s_batch_norm_of_one_example_is_refused(question):
    def of(images):
        return lambda key: Normed(key, images)

    with pytest.raises(SpecError, match="batch norm needs more than one example in a batch, got 1: the values of one"):
        sb.run(question.replace(model=of(False), batch_size=1), seeds=2)
    assert sb.run(question.replace(model=of(True), batch_size=1), seeds=2).sizes["seed"] == 2
    assert sb.run(question.replace(model=of(False), batch_size=2), seeds=2).sizes["seed"] == 2


@pytest.mark.parametrize("key", [jax.random.key(0), 0])
def test_a_rule_with_noise_of_its_own_is_refused(question, key):
    """Its noise would be the same for all seeds."""

    def noisy():
        return optax.chain(optax.add_noise(0.1, 0.5, key=key), optax.sgd(0.1))

    with pytest.raises(PartError, match=r'optimizer "noisy" must draw nothing, got a state with a random key'):
        sb.run(question.replace(optimizer=noisy), seeds=2)


def test_an_activation_with_arrays_of_its_own_is_refused(question):
    """Nothing would train them."""
    with pytest.raises(PartError, match=r'activation "PReLU" is a module with arrays of its own.*sb.own'):
        sb.run(question.change("activation", eqx.nn.PReLU()), seeds=2)


def masked_log(z):
    return jnp.where(z > 0, jnp.log(z), 0)


def entropy(z):
    return jnp.where(z > 0, z * jnp.log(jnp.abs(z)), 0)


def rooted(z):
    return jnp.sqrt(jnp.abs(z))


def naive_softplus(z):
    return jnp.log(1 + jnp.exp(z))


@pytest.mark.parametrize("function", [masked_log, entropy])
def test_the_trap_of_where_is_refused(question, function):
    """The slope is NaN at z = 0 alone; there jnp.where has multiplied an infinite slope by 0."""
    with pytest.raises(PartError, match=r"have a finite slope .* got nan at z = 0; jnp.where .*its value there is 0"):
        sb.run(question.change("activation", function), seeds=2)


def test_a_slope_that_is_infinite_at_0_is_refused_where_a_question_meets_0(question):
    assert np.isfinite(sb.run(question.change("activation", rooted), seeds=2)["final_train_loss"]).all()
    blank = question.replace(data=sb.data.generator(with_a_blank_image), initializer="he_normal")
    with pytest.raises(
        PartError,
        match=r'"rooted" has the value 0 and the slope inf at z = 0, which seed 0 of',
    ):
        sb.run(blank.change("activation", rooted), seeds=2)


def with_a_blank_image(rng):
    images = rng.random((8, 4, 4))
    images[3] = 0
    return images, np.arange(8) % 2


def test_values_that_only_these_data_give_are_looked_at(question):
    large = question.replace(data=sb.data.generator(of_pixels), initializer="he_normal")
    with pytest.raises(PartError, match=r'"naive_softplus" has the value inf and the slope nan at z = \d'):
        sb.run(large.change("activation", naive_softplus), seeds=2)
    assert np.isfinite(sb.run(question.change("activation", naive_softplus), seeds=2)["final_train_loss"]).all()


def of_pixels(rng):
    return 255.0 * rng.random((8, 4, 4)), np.arange(8) % 2


def test_every_group_is_tried_before_the_first_is_trained(question):
    """The second activation is a group of its own, which would be trained after the first."""
    heard: list[str] = []
    varied = question.vary(activation=["relu", masked_log])
    with pytest.raises(PartError, match="masked_log"):
        sb.run(varied, seeds=2, listen=lambda event: heard.append(event.phase))
    assert not heard


def powered(z, power, kind, sharp, coefficients):
    assert isinstance(power, int)
    assert isinstance(kind, str)
    assert sharp is True
    return z * sum(coefficients) if kind == "linear" else z**power


def test_options_that_are_no_floats_arrive_as_they_are(question):
    part = sb.own("activation", powered, power=2, kind="linear", sharp=True, coefficients=np.array([0.5, 0.5]))
    (mine,) = (sb.run(question.change("activation", part), seeds=2)["final_train_loss"].values,)
    np.testing.assert_allclose(mine, sb.run(question.change("activation", "identity"), seeds=2)["final_train_loss"])
    varied = question.change("activation", part).vary(kind=["linear", "squared"])
    assert sb.run(varied, seeds=2)["final_train_loss"].shape == (2, 2)


def test_a_metric_with_an_option(question):
    def near(score, prediction, target, tolerance):
        return (jnp.abs(prediction - target) < tolerance).all()

    asked = question.replace(metrics=[sb.own("metric", near, tolerance=1)])
    assert (sb.run(asked, seeds=2)["final_train_near"] == 1).all()


def test_a_model_that_cannot_take_the_data_says_so(question):
    class Wide(eqx.Module):
        layer: eqx.nn.Linear

        def __init__(self, key):
            self.layer = eqx.nn.Linear(99, 1, key=key)

        def __call__(self, x):
            return self.layer(x.reshape(-1))

    with pytest.raises(PartError, match=r'"Wide" does not take inputs of shape \(4, 4\): .*let it turn one example'):
        sb.run(question.replace(model=Wide), seeds=2)
