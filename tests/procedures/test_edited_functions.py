"""A result belongs to the function that was asked about: what computes something else is trained anew, whatever kind of
edit made it so, and what computes the same is found again."""

import importlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import seedbed as sb
from seedbed.datasets.generators import generator
from seedbed.errors import DataError, PartError
from seedbed.procedures.executors import executor
from seedbed.procedures.identity import key_of

START = (
    "import dataclasses, enum, functools, os\nimport jax, jax.numpy as jnp, equinox as eqx, numpy as np\n"
    "from pathlib import Path\n"
)

# kind of edit: an activation `act`, and what is replaced in it by what
EDITS = {
    "body": ("def act(z): return 2.0 * z", "2.0", "3.0"),
    "default argument": ("def act(z, a=2.0): return a * z", "2.0", "3.0"),
    "global": ("A = 2.0\ndef act(z): return A * z", "2.0", "3.0"),
    "helper": ("def double(z): return 2.0 * z\ndef act(z): return double(z)", "2.0", "3.0"),
    "jitted": ("@jax.jit\ndef act(z): return 2.0 * z", "2.0", "3.0"),
    "jitted helper": ("@jax.jit\ndef double(z): return 2.0 * z\ndef act(z): return double(z)", "2.0", "3.0"),
    "filter_jit": ("@eqx.filter_jit\ndef act(z): return 2.0 * z", "2.0", "3.0"),
    "checkpoint": ("@jax.checkpoint\ndef act(z): return 2.0 * z", "2.0", "3.0"),
    "custom_jvp value": (
        "@jax.custom_jvp\ndef act(z): return 2.0 * z\n@act.defjvp\ndef _(x, t): return act(*x), 7.0 * t[0]",
        "2.0",
        "3.0",
    ),
    "custom_jvp rule": (
        "@jax.custom_jvp\ndef act(z): return 2.0 * z\n@act.defjvp\ndef _(x, t): return act(*x), 7.0 * t[0]",
        "7.0",
        "9.0",
    ),
    "custom_vjp rule": (
        "@jax.custom_vjp\ndef act(z): return 2.0 * z\ndef f(z): return act(z), None\ndef b(_, g): return (7.0 * g,)\n"
        "act.defvjp(f, b)",
        "7.0",
        "9.0",
    ),
    "closure": ("def make(a):\n    return lambda z: a * z\nact = make(2.0)", "2.0", "3.0"),
    "closure over a set": ("def make(a):\n    return lambda z: sum(a) * z\nact = make({2.0, 1.0})", "2.0", "3.0"),
    "closure over a range": ("def make(a):\n    return lambda z: float(len(a)) * z\nact = make(range(2))", "2", "3"),
    "slice": ("S = slice(0, 1)\nA = jnp.array([2.0, 3.0])\ndef act(z): return A[S].sum() * z", "0, 1", "1, 2"),
    "partial": ("def f(z, a): return a * z\nact = functools.partial(f, a=2.0)", "2.0", "3.0"),
    "shape of an array": ("A = np.ones(2)\ndef act(z): return A.sum() * z", "(2)", "(3)"),
    "dtype of an array": ("A = np.array([2.7]).astype(float)\ndef act(z): return A[0] * z", "(float)", "(int)"),
    "a number in a large array": ("A = np.ones(20000)\nA[777] = 2.0\ndef act(z): return z * A.mean()", "2.0", "3.0"),
    "method": ("class C:\n    def __call__(self, z): return 2.0 * z\nact = C()", "2.0", "3.0"),
    "static method": (
        "class C:\n    @staticmethod\n    def f(z): return 2.0 * z\n"
        "    def __call__(self, z): return self.f(z)\nact = C()",
        "2.0",
        "3.0",
    ),
    "class method": (
        "class C:\n    @classmethod\n    def f(cls, z): return 2.0 * z\nact = C.f",
        "2.0",
        "3.0",
    ),
    "property": (
        "class C:\n    @property\n    def a(self): return 2.0\n    def __call__(self, z): return self.a * z\nact = C()",
        "2.0",
        "3.0",
    ),
    "class attribute": ("class C:\n    a = 2.0\n    def __call__(self, z): return self.a * z\nact = C()", "2.0", "3.0"),
    "base class": (
        "class B:\n    def f(self, z): return 2.0 * z\n"
        "class C(B):\n    def __call__(self, z): return self.f(z)\nact = C()",
        "2.0",
        "3.0",
    ),
    "field default": (
        "@dataclasses.dataclass\nclass C:\n    a: float = 2.0\n    def __call__(self, z): return self.a * z\nact = C()",
        "2.0",
        "3.0",
    ),
    "slots": (
        "@dataclasses.dataclass(slots=True)\nclass C:\n    a: float\n    def __call__(self, z): return self.a * z\n"
        "act = C(2.0)",
        "2.0",
        "3.0",
    ),
    "module": (
        "class C(eqx.Module):\n    a: float = 2.0\n    def __call__(self, z): return self.a * z\nact = C()",
        "2.0",
        "3.0",
    ),
    "enum": ("class E(enum.Enum):\n    A = 2.0\ndef act(z): return E.A.value * z", "2.0", "3.0"),
    "cached helper": ("@functools.cache\ndef a(): return 2.0\ndef act(z): return a() * z", "2.0", "3.0"),
    "string": ('KIND = "tanh"\ndef act(z): return getattr(jnp, KIND)(z)', "tanh", "sinh"),
    "dictionary": ('T = {"a": 2.0}\ndef act(z): return T["a"] * z', "2.0", "3.0"),
    "other file": ("from other_file import A\ndef act(z): return A * z", None, None),
    "function of another file": ("from other_file import f\ndef act(z): return f(z)", None, None),
    "a file that is read": (
        'def act(z): return float(Path(__file__).with_name("number.txt").read_text()) * z',
        None,
        None,
    ),
    "environment": ('def act(z): return float(os.environ["NUMBER"]) * z', None, None),
}

# what computes the same: an activation, and what is replaced in it by what
SAME = {
    "comment": ("def act(z):\n    return 2.0 * z", "return", "# twice\n    return"),
    "docstring": ("def act(z):\n    return 2.0 * z", "return", "'''Twice.'''\n    return"),
    "formatting": ("def act(z): return 2.0 * z", "2.0 * z", "(2.0   *\n  z)"),
    "name of a helper": ("@jax.jit\ndef double(z): return 2.0 * z\ndef act(z): return double(z)", "double", "twice"),
    "name of a variable": ("def act(z):\n    a = 2.0\n    return a * z", "a ", "b "),
    "order of a set": ("S = {'x', 'y'}\ndef act(z): return 2.0 * z if 'x' in S else z", "'x', 'y'", "'y', 'x'"),
    "what is not called": ("def other(z): return 5.0 * z\ndef act(z): return 2.0 * z", "5.0", "6.0"),
}


class Files:
    """A module of a user's, and what it reads, in a folder; written and imported anew."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the files change faster than their dates

    def __call__(self, source: str, number: str = "2.0"):
        self.monkeypatch.setenv("NUMBER", number)
        for name, text in (("other_file.py", f"A = {number}\ndef f(z): return A * z\n"), ("number.txt", number),
                           ("users_file.py", START + source + "\n")):  # fmt: skip
            (self.folder / name).write_text(text)
        for name in ("users_file", "other_file"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module("users_file").act


@pytest.fixture
def files(tmp_path, monkeypatch):
    folder = tmp_path / "user"
    folder.mkdir()
    yield Files(folder, monkeypatch)
    for name in ("users_file", "other_file"):
        sys.modules.pop(name, None)


def ask(activation="relu", **changes):
    model, draw = sb.models.mlp([2], activation=activation), sb.initializers.constant(0.3)
    question = sb.Spec(data=sb.data.point(1.0, 0.5), model=model, loss="l2", optimizer=sb.optimizers.sgd(0.1), steps=2,
                       initializer=draw)  # fmt: skip
    return question.replace(**changes)


def changed(source, old, new):
    """The source and the number that its files hold, before and after an edit."""
    return ((source, "2.0"), (source, "3.0")) if old is None else ((source, "2.0"), (source.replace(old, new), "2.0"))


def name(question):
    (setting,) = question.settings()
    return key_of(setting)


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_trains_anew(kind, files, tmp_path):
    before, after = changed(*EDITS[kind])
    first = sb.run(ask(files(*before)), seeds=1, store=tmp_path / "store")
    second = sb.run(ask(files(*after)), seeds=1, store=tmp_path / "store")
    assert not np.array_equal(first["train_loss"], second["train_loss"])
    back = sb.run(ask(files(*before)), seeds=1, store=tmp_path / "store")
    np.testing.assert_array_equal(first["train_loss"], back["train_loss"])


@pytest.mark.parametrize("kind", SAME)
def test_what_computes_the_same_has_the_same_name(kind, files):
    before, after = changed(*SAME[kind])
    assert before != after
    assert name(ask(files(*before))) == name(ask(files(*after)))


def test_two_functions_of_one_question_are_not_one():
    """Of one factory, jitted, with one name: the losses are those of each alone."""

    def make(w):
        import jax

        @jax.jit
        def act(z):
            return w * z

        return act

    both = ask().vary(activation={"one": {"model.activation": sb.own("activation", make(1.0))},
                                  "three": {"model.activation": sb.own("activation", make(3.0))}})  # fmt: skip
    together = sb.run(both, seeds=1)
    for label, w in (("one", 1.0), ("three", 3.0)):
        alone = sb.run(ask(make(w)), seeds=1)
        np.testing.assert_array_equal(together["train_loss"].sel(activation=label), alone["train_loss"])


def test_a_global_that_changes_between_two_runs(tmp_path):
    import jax

    slope = [2.0]

    @jax.jit
    def act(z):
        return slope[0] * z

    first = sb.run(ask(act), seeds=1, store=tmp_path)
    slope[0] = 3.0
    second = sb.run(ask(act), seeds=1, store=tmp_path)
    assert not np.array_equal(first["train_loss"], second["train_loss"])


PARTS = {
    "loss": ("lambda score, target: A * ((score - target) ** 2).sum()", "loss"),
    "metric": ("def act(score, prediction, target): return A * prediction[0]", "metrics"),
    "initializer": ("def act(key, shape, dtype=float): return jnp.full(shape, 0.1 * A)", "initializer"),
    "optimizer": ("import optax\ndef act(): return optax.sgd(0.1 * A)", "optimizer"),
    "probe": ("def act(moment): return A * moment.loss", "probes"),
    "model": (
        "def act(key): return eqx.nn.Sequential([eqx.nn.Linear(1, 1, key=key), eqx.nn.Lambda(lambda x: A * x)])",
        "model",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PARTS)
def test_every_kind_of_part_is_named_by_what_it_computes(kind, files):
    source, field = PARTS[kind]
    source = f"A = 2.0\n{source if 'def act' in source else 'act = ' + source}"
    names = [name(ask(**{field: files(text)})) for text in (source, source, source.replace("A = 2.0", "A = 3.0"))]
    assert names[0] == names[1] != names[2]


def test_generators_are_named_by_their_arrays(files, tmp_path):
    source = "def act(rng):\n    x = rng.normal(size=(4, 2))\n    return x, (x[:, 0] > 0.0).astype(float)"
    for fresh in (False, True):
        store = tmp_path / str(fresh)
        runs = [sb.run(ask(data=sb.own("data", files(text), fresh=fresh)), seeds=2, store=store)
                for text in (source, source.replace("> 0.0", "> 0.5"), source.replace("4, 2", "4,  2"))]  # fmt: skip
        assert not np.array_equal(runs[0]["train_loss"], runs[1]["train_loss"])
        np.testing.assert_array_equal(runs[0]["train_loss"], runs[2]["train_loss"])


def test_data_of_a_late_seed_are_looked_at_too(files, tmp_path):
    """The sets of the first seeds are the same after the edit; one of a later seed is not."""
    largest = max(generator(seed).normal(size=(4, 2))[0, 0] for seed in range(4))
    source = f"def act(rng):\n    x = rng.normal(size=(4, 2))\n    return x + (x[0, 0] > {largest}) * 0.0, np.ones(4)"

    def drawn(text):
        return sb.run(ask(data=sb.own("data", files(text), fresh=True)), seeds=64, store=tmp_path / "store")

    first, second = drawn(source), drawn(source.replace("* 0.0", "* 5.0"))
    differ = (first["train_loss"].values != second["train_loss"].values).any(axis=-1)
    assert not differ[:4].any()
    assert differ.any()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_generator_that_is_not_the_same_twice_is_refused(fresh):
    def noise(rng):
        return np.random.default_rng().normal(size=(4, 2)), np.ones(4)

    with pytest.raises(DataError, match="other arrays on a second call"):
        sb.run(ask(data=sb.own("data", noise, fresh=fresh)), seeds=1)


@pytest.mark.parametrize("call", ["pure_callback", "io_callback", "debug"])
def test_callbacks_are_refused(call):
    import jax
    from jax.experimental import io_callback

    @jax.custom_jvp
    def act(z):
        if call == "debug":
            jax.debug.print("{}", z)
            return z
        shape = jax.ShapeDtypeStruct(z.shape, z.dtype)
        if call == "io_callback":
            return io_callback(np.tanh, shape, z)
        return jax.pure_callback(np.tanh, shape, z, vmap_method="expand_dims")

    act.defjvp(lambda x, t: (act(*x), t[0]))
    with pytest.raises(PartError, match=r"act calls Python while it trains \(.*\), .*; write it with jax.numpy alone"):
        sb.run(ask(act), seeds=1)


def test_a_function_that_changes_from_trace_to_trace_is_refused():
    def act(z):
        return np.random.default_rng().normal() * z

    with pytest.raises(PartError, match="act becomes another program each time it is traced"):
        sb.run(ask(act), seeds=1)


NAMES = """
    import numpy as np, jax, jax.numpy as jnp, seedbed as sb
    from seedbed.procedures.identity import key_of
    NAMES, BY = {"relu", "tanh", "elu", "gelu"}, {jnp.tanh: 2.0, np.sin: 3.0, object(): 4.0}
    ARRAY, VECTOR, SLOPE = np.array([object(), 1.0], object), np.vectorize(float), jax.grad(lambda x: 2.0 * x)
    REMAT = jax.checkpoint(jnp.tanh)
    def act(z):
        assert "relu" in NAMES
        return REMAT(BY[jnp.tanh] * ARRAY[1] * VECTOR(1.0) * SLOPE(1.0) * z)
    question = sb.Spec(data=sb.data.point(1.0, 0.5), model=sb.models.mlp([2], activation=act), loss="l2",
                       optimizer=sb.optimizers.sgd(0.1), steps=2)
    print(key_of(question.settings()[0]))
"""


@pytest.mark.slow
def test_names_are_the_same_in_every_process():
    def told(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", textwrap.dedent(NAMES)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert told("1") == told("2") != ""


@pytest.mark.parametrize("setting", [("jax_default_matmul_precision", "highest"), ("jax_random_seed_offset", 1)])
def test_settings_of_jax_are_part_of_the_program(setting):
    import jax

    jax_name, value = setting
    question, usual = ask(), getattr(jax.config, jax_name)

    def program():
        from seedbed.datasets.load import load

        return executor("jax").names(question, load(question.data))[1]

    before = program()
    jax.config.update(jax_name, value)
    try:
        assert program() != before
    finally:
        jax.config.update(jax_name, usual)
    assert program() == before
