"""Numbers of NumPy and jax, labels and names: read as what they mean, or refused in a sentence before anything runs."""

import jax.numpy as jnp
import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError, SpecError, StoreError, UserError, one_of
from seedbed.spec import Spec
from seedbed.vocabulary.numbers import plain


@pytest.fixture
def question() -> Spec:
    return Spec(data=sb.data.random_images(16, (4, 4)), model=sb.models.mlp([4], activation="relu"), loss="l2",
                optimizer=sb.optimizers.sgd(0.5), steps=8)  # fmt: skip


def scaled(z, width, mode, twice, powers):
    return z


NUMPY = {
    "learning_rate": (np.array([0.1, 0.5], np.float32), [0.1, 0.5]),
    "steps": (np.arange(4, 6), [4, 5]),
    "batch_size": ([np.int64(4), jnp.int32(8)], [4, 8]),
    "hidden": (np.array([[4], [8]]), [[4], [8]]),
    "slope": (jnp.array([0.25, 0.5]), [0.25, 0.5]),
}


@pytest.mark.parametrize("name", NUMPY)
def test_levels_of_numpy_and_jax_are_those_of_python(question, name):
    given, plainly = NUMPY[name]
    question = question.change("model.activation", "leaky_relu(slope=0.1)")
    one, other = question.vary(**{name: given}), question.vary(**{name: plainly})
    assert one.hash() == other.hash()
    assert one.factors[0].labels == other.factors[0].labels


def test_numbers_of_numpy_fit_wherever_words_take_numbers():
    pairs = [
        (sb.optimizers.sgd(np.float32(0.1)), sb.optimizers.sgd(0.1)),
        (sb.models.mlp(np.array([4, 4]), dropout=jnp.float32(0.5)), sb.models.mlp([4, 4], dropout=0.5)),
        (sb.models.cnn(np.array([2, 2]), np.int64(3)), sb.models.cnn([2, 2], 3)),
        (sb.data.lines(np.int64(8), fresh=np.bool_(True)), sb.data.lines(8, fresh=True)),
        (sb.data.random_images(8, np.array([4, 4])), sb.data.random_images(8, (4, 4))),
        (sb.initializers.normal(np.float16(0.5)), sb.initializers.normal(0.5)),
        (sb.activations.elu(jnp.float32(1)), sb.activations.elu(1.0)),
        (sb.own("activation", scaled, width=np.float32(0.1), powers=np.arange(2)),
         sb.own("activation", scaled, width=0.1, powers=(0, 1))),
    ]  # fmt: skip
    for one, other in pairs:
        assert one == other
        assert one.canonical() == other.canonical()
    assert sb.reaches("train_accuracy", np.float32(0.9)) == sb.reaches("train_accuracy", 0.9)


def test_a_level_as_the_message_itself_advises_it(question):
    def square(z):
        return z * z

    with pytest.raises(SpecError, match="name the functions: activation="):
        question.vary(activation=[square, square])
    varied = question.vary(activation={"one": {"activation": square}, "two": {"model.activation": "tanh"}})
    names = [setting.spec.model["activation"].name for setting in varied.settings()]
    assert names == ["square", "tanh"]
    assert varied.hash()
    assert sb.run(varied.replace(steps=2), seeds=2)["activation"].values.tolist() == ["one", "two"]


REFUSED_LEVELS = {
    "NaN": ({float("nan"): {"steps": 3}}, "labelled by a finite number or a text"),
    "a tuple": ({(1, 2): {"steps": 3}}, "labelled by a finite number or a text"),
    "no changes": ({"one": 5}, "must say what it changes, got 5"),
    "a path that is none": ({"one": {3: 5}}, "changes something without a name, got 3"),
    "1 and its text": ({"1": {"steps": 3}, 1: {"steps": 4}}, "must differ, got 1, 1"),
    "no list": (0.5, "must be a list of at least one"),
    "a long label": ({"x" * 5_000: {"steps": 3}}, "at most 200 letters"),
}


@pytest.mark.parametrize("case", REFUSED_LEVELS)
def test_a_label_that_no_axis_can_hold(question, case):
    levels, sentence = REFUSED_LEVELS[case]
    with pytest.raises(SpecError, match=sentence) as caught:
        question.vary(shorter=levels)
    assert len(str(caught.value)) < 400


def test_labels_of_one_factor_are_all_texts_or_all_numbers(question):
    assert question.vary(batch_size=[None, 8]).factors[0].labels == ("None", "8")
    assert question.vary(x={"a": {"steps": 3}, 2: {"steps": 4}}).factors[0].labels == ("a", "2")
    assert question.vary(x={1: {"steps": 3}, 2: {"steps": 4}}).factors[0].labels == (1, 2)


def test_levels_that_single_precision_cannot_tell_apart(question):
    with pytest.raises(SpecError, match=r"must differ in single precision, got 0\.1 and 0\.1000000001"):
        question.vary(learning_rate=[0.1, 0.1000000001])


@pytest.mark.parametrize(
    "name", ["seed", "step", "layer", "hit_step", "stop_step", "train_loss", "final_x", "dead", "copy_of"]
)
def test_a_factor_named_like_an_axis_or_a_variable_of_a_record(question, name):
    with pytest.raises(SpecError, match=f'a factor cannot be named "{name}"'):
        question.vary(**{name: {"a": {"steps": 3}, "b": {"steps": 4}}})


def test_hidden_is_a_factor_unless_a_probe_has_that_axis(question):
    assert question.vary(hidden=[[4], [8]]).factors[0].labels == ("[4]", "[8]")
    with pytest.raises(SpecError, match='a factor cannot be named "hidden"'):
        question.replace(probes=["dead_units"]).vary(hidden=[[4], [8]])


def loss(score, prediction, target):
    return 0.0


def train_loss(context):
    return 0.0


def dead(context):
    return 0.0


def seed(context):
    return 0.0


def parameter(context):
    return 0.0


def copy_of(context):
    return 0.0


@pytest.mark.parametrize(("field", "value", "sentence"), [
    ("probes", seed, 'a probe of your own is named "seed".*for instance my_seed'),
    ("probes", parameter, 'a probe of your own is named "parameter"'),
    ("probes", copy_of, 'a probe of your own is named "copy_of"'),
    ("learning_rate", lambda step: 0.1, r'must be a number, got .*; give a number, or a schedule of your own: sb.own'),
    ("metrics", loss, 'a metric of your own is named "loss".*for instance my_loss'),
    ("probes", train_loss, 'a probe of your own is named "train_loss".*rename'),
    ("probes", dead, 'a probe of your own is named "dead"'),
    ("metrics", [lambda s, p, t: 0.0, lambda s, p, t: 1.0], 'two metrics are named "<lambda>".*def, not lambda'),
    ("probes", ["dead", "dead"], 'two probes are named "dead"'),
    ("metrics", None, "metrics must be a list of names or functions, got None"),
    ("probes", 1, "probes must be a list of names or functions, got 1"),
    ("metrics", {"accuracy": 1}, "metrics must be a list"),
    ("stop", 5, "stop must be a target, got 5"),
    pytest.param("steps", 10**400, "steps must be at most", id="huge"),
    ("steps", 2**31, "steps must be at most"),
    ("trace", None, "trace must be a whole number"),
    ("evaluate", 0, "evaluate must be a whole number of at least 1"),
    pytest.param("learning_rate", 10**400, "must be a number below 1e308, got 1000", id="large"),
    pytest.param("learning_rate", 10**9000, "got a whole number of thousands of digits", id="larger"),
    ("learning_rate", 1e300, "must be a number of single precision, got 1e.300, which is infinite there"),
    ("learning_rate", 1e-60, "which is 0 there"),
    ("learning_rate", True, "must be a number, got True"),
    ("learning_rate", "fast", "must be a number, got 'fast'"),
    ("data", "lines(fresh='no')", "fresh of lines is True or False, got 'no'"),
    ("data", "lines(draw=1.5)", "draw of lines must be a whole number"),
    pytest.param("model", "x" * 5_000, 'no model "x+" ', id="long"),
    ("optimizer", 5, '"optimizer" takes a name, a part or a function, got 5'),
])  # fmt: skip
def test_what_cannot_be_read_is_one_short_sentence(question, field, value, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        question.replace(**{field: value})
    assert len(str(caught.value)) < 400


def test_options_of_own_functions_keep_their_type(question):
    part = sb.own("activation", scaled, width=2.0, mode="fast", twice=False, powers=[1, 2])
    assert dict(part.options) == {"width": sb.Dial(2.0), "mode": "fast", "twice": False, "powers": (1, 2)}
    varied = question.change("model.activation", part)
    assert varied.change("twice", np.bool_(True)).model["activation"]["twice"] is True
    assert varied.change("mode", "slow").model["activation"]["mode"] == "slow"
    for name, value in (("twice", "no"), ("twice", 1), ("mode", 3), ("width", "wide")):
        with pytest.raises(SpecError, match=name):
            varied.change(name, value)


def test_a_long_name_of_a_function():
    def short(z):
        return z

    short.__name__ = "f" * 5_000
    with pytest.raises(PartError, match="the name of a function has at most 200 letters"):
        sb.own("activation", short)


def test_own_takes_a_kind_and_a_function():
    with pytest.raises(PartError, match=r'the kind of a part is .*got .activatoin.; did you mean "activation"'):
        sb.own("activatoin", scaled)
    with pytest.raises(PartError, match="activation of your own is a function, got 5"):
        sb.own("activation", 5)


def test_a_store_is_a_folder(question):
    with pytest.raises(StoreError, match="a store is a folder, got 5"):
        sb.run(question, seeds=2, store=5)
    with pytest.raises(StoreError, match="a record is opened by its folder, got None"):
        sb.open(None)


def test_one_of_a_few_words():
    assert one_of("lower", ("lower", "higher"), "better") == "lower"
    with pytest.raises(SpecError, match=r'better is "lower" or "higher", got .hihger.; did you mean "higher"'):
        one_of("hihger", ("lower", "higher"), "better")


def test_plain_leaves_other_things_alone():
    assert plain(np.float32) is np.float32
    assert plain({"a": 1}) == {"a": 1}
    assert plain(np.array(["relu", "tanh"])) == ["relu", "tanh"]
    assert isinstance(plain(np.float64(0.1)), float)
