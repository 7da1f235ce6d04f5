"""A compiled program knows the shapes of data, not the data: questions that differ in nothing else share it."""

import numpy as np
import pytest
from conftest_engine import Trainer, same

import seedbed as sb
from seedbed.datasets.load import load
from seedbed.engine.compiler import Compiler


def question(formula="abs", n=8, **changes):
    return sb.Spec(data=sb.data.curve(formula, n=n, fresh=True), model=sb.models.mlp([2]), loss="l2",
                   optimizer=sb.optimizers.sgd(0.1), steps=2, **changes)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "shared"),
    [(question("x_sin_5x"), True), (question(n=9), False), (question(batch_size=4), False),
     (question().replace(loss="mae"), False)],
)  # fmt: skip
def test_programs_are_shared_by_shape(other, shared):
    compiler = Compiler()
    ours, theirs = (compiler.request(spec, load(spec.data, np.arange(1)), {}, False) for spec in (question(), other))
    assert (ours is theirs) is shared
    assert (ours.names() == theirs.names()) is shared


def test_programs_of_one_text_are_compiled_once(monkeypatch):
    """Initializers change how lanes are drawn, not how they are trained; losses the other way round."""
    import jax

    compiled = []
    plain = jax.stages.Lowered.compile
    monkeypatch.setattr(jax.stages.Lowered, "compile", lambda lowered: compiled.append(1) or plain(lowered))
    compiler, normal, uniform = Compiler(), sb.initializers.normal(0.1), sb.initializers.uniform(0.1)
    for loss in ("l2", "mae"):
        for initializer in (normal, uniform):
            spec = question(initializer=initializer).replace(loss=loss)
            compiler.request(spec, load(spec.data, np.arange(1)), {}).program()
    assert len(compiled) == 4


def test_members_of_a_shared_program_see_their_own_data():
    together = sb.run(question().vary(formula=["abs", "x_sin_5x"]), seeds=2)
    alone = sb.run(question("x_sin_5x"), seeds=2)
    np.testing.assert_array_equal(together["train_loss"].sel(formula="x_sin_5x"), alone["train_loss"])


@pytest.fixture
def cache(tmp_path):
    """An empty cache of jax's."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    usual = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "cache"))
    compilation_cache.reset_cache()
    yield tmp_path / "cache"
    jax.config.update("jax_compilation_cache_dir", usual)
    compilation_cache.reset_cache()


def test_exchanged_entries_of_the_cache_are_passed_over(cache):
    """Two files of the cache have changed places: each program is still the one that was asked for."""

    both = question().vary(activation=["relu", "tanh"])
    before = Trainer()(both, (0, 1))
    entries = sorted(cache.glob("program_*-cache"))
    contents = [entry.read_bytes() for entry in entries]
    assert len(entries) == 3  # two groups, drawn by one program
    for turned in (contents[1:] + contents[:1], contents[2:] + contents[:2]):
        for entry, content in zip(entries, turned, strict=True):
            entry.write_bytes(content)
        for block, was in zip(Trainer()(both, (0, 1)), before, strict=True):
            same(block, was)
