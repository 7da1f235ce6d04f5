"""Programs are kept for other processes: recalled without tracing, bit for bit the same, and made anew when damaged."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from conftest_engine import Trainer, same

from seedbed.engine import plan, program_cache, surroundings
from seedbed.engine.draft import Draft
from seedbed.spec import Spec
from seedbed.vocabulary import data, initializers, models, optimizers

SEEDS = (0, 1, 2)
GROUP, PROGRAMS = 1, 2  # entries of one group: what it is made of; what draws and what trains


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of jax's and of ours, where programs will be kept."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path))
    usual = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(surroundings.folder()))
    compilation_cache.reset_cache()
    yield surroundings.folder() / "programs"
    jax.config.update("jax_compilation_cache_dir", usual)
    compilation_cache.reset_cache()


@pytest.fixture
def small() -> Spec:
    """What is compiled in no time."""
    return Spec(data=data.point(1.0, 0.5), model=models.mlp([2]), loss="l2", optimizer=optimizers.sgd(0.1), steps=3,
                initializer=initializers.constant(0.1, bias=0.4))  # fmt: skip


def kept(trainer: Trainer) -> None:
    """Wait until everything has been kept."""
    vars(trainer.compiler)["_keeping"].shutdown(wait=True)


def trained(question: Spec) -> object:
    """A block of a compiler that has nothing in memory."""
    trainer = Trainer()
    (block,) = trainer(question, SEEDS)
    kept(trainer)
    return block


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """Every recipe that is traced from now on."""
    found: list[Spec] = []
    plain = Draft.of

    def noted(spec: Spec, dataset: object) -> Draft:
        found.append(spec)
        return plain(spec, dataset)

    monkeypatch.setattr(Draft, "of", noted)
    return found


def test_a_recipe_is_traced_once(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    first = trained(small)
    assert len(list(folder.iterdir())) == GROUP + PROGRAMS
    assert len(untraced) == 1
    same(first, trained(small))
    assert len(untraced) == 1


@pytest.mark.parametrize("change", [{"loss": "mae"}, {"batch_size": 1}, {"model": models.mlp([2], activation="tanh")},
                                    {"trace": 2}])  # fmt: skip
def test_another_recipe_is_traced(folder: Path, small: Spec, untraced: list[Spec], change: dict[str, object]) -> None:
    trained(small)
    trained(small.replace(**change))
    assert len(untraced) == 2


def test_dials_are_not_part_of_a_program(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    trained(small)
    trained(small.replace(optimizer=optimizers.sgd(0.2)))
    assert len(untraced) == 1


def test_own_functions_are_told_apart_by_what_they_compute(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    def bent(factor: float) -> Spec:
        return small.replace(model=models.mlp([2], activation=lambda z: jnp.tanh(factor * z)))

    one = trained(bent(1.0))
    other = trained(bent(0.5))
    assert not np.array_equal(one.arrays["final_train_loss"], other.arrays["final_train_loss"])
    same(one, trained(bent(1.0)))
    assert len(untraced) == 2


@pytest.mark.parametrize("harm", [lambda body: body[:100], lambda body: b"", lambda body: body[:-1] + b"\x00\x01"])
def test_what_is_damaged_is_traced_again(folder: Path, small: Spec, untraced: list[Spec], harm) -> None:
    first = trained(small)
    for path in folder.iterdir():
        path.write_bytes(harm(path.read_bytes()))
    same(first, trained(small))
    assert len(untraced) == 2


def test_a_program_that_is_gone_is_made_anew(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    first = trained(small)
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    largest.unlink()
    for path in folder.parent.glob("*-cache"):  # jax's
        path.unlink()
    same(first, trained(small))
    assert len(untraced) == 2
    assert largest.exists()


def test_what_no_jaxlib_can_load_is_made_anew(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    first = trained(small)
    for path in folder.iterdir():
        if path.stat().st_size > 10_000:
            program_cache.keep(path.name, (b"no program", None, None))
    same(first, trained(small))
    assert len(untraced) == 2


def test_a_program_that_jax_had_kept_is_not_kept_here(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    """Loaded from what jax keeps and written again, it would lack functions when it is called."""
    first = trained(small)
    for path in folder.iterdir():
        path.unlink()
    same(first, trained(small))
    assert [path for path in folder.iterdir() if path.stat().st_size > 10_000] == []
    same(first, trained(small))
    assert len(untraced) == 3


def test_a_program_that_calls_lapack_is_not_kept(folder: Path, small: Spec) -> None:
    trained(small.replace(initializer=initializers.orthogonal()))
    large = [path for path in folder.iterdir() if path.stat().st_size > 10_000]
    assert len(large) == 1  # what trains, not what draws


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path, small: Spec, monkeypatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path / "file"))
    assert np.isfinite(trained(small).arrays["final_train_loss"]).all()


def test_names_follow_the_surroundings(monkeypatch: pytest.MonkeyPatch, double: None) -> None:
    import jax

    wide = program_cache.name_of("a")
    with jax.enable_x64(False):
        narrow = program_cache.name_of("a")
        monkeypatch.setenv("XLA_FLAGS", "--xla_of_another_kind")
        flagged = program_cache.name_of("a")
    assert len({wide, narrow, flagged}) == 3


def test_names_and_folders_follow_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = program_cache.name_of("a"), surroundings.folder()
    surroundings.state.cache_clear()
    (tmp_path / "one.py").write_text("changed = True")
    monkeypatch.setattr(surroundings, "_sources", lambda: iter([tmp_path / "one.py"]))
    after = program_cache.name_of("a"), surroundings.folder()
    monkeypatch.undo()
    surroundings.state.cache_clear()
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert before == (program_cache.name_of("a"), surroundings.folder())


def test_folders_of_older_sources_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path))
    for age in range(10):
        old = tmp_path / "compiled" / f"old{age}"
        old.mkdir(parents=True)
        os.utime(old, (1000 - age, 1000 - age))
    surroundings.tidy()
    left = {path.name for path in (tmp_path / "compiled").iterdir()}
    assert left == {"old0", "old1", "old2", surroundings.folder().name}


def test_a_folder_in_use_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path))
    surroundings.tidy()
    os.utime(surroundings.folder(), (1, 1))
    for name in ("a", "b", "c", "d"):
        (tmp_path / "compiled" / name).mkdir()
    surroundings.tidy()
    assert surroundings.folder().exists()
    assert len(list((tmp_path / "compiled").iterdir())) == 4


def test_all_that_tracing_imports_is_part_of_the_digest() -> None:
    script = (
        "import sys, seedbed.engine.draft\n"
        "print(*(one.__file__ for name, one in sys.modules.items() if name.split('.')[0] == 'seedbed'))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = {Path(name).resolve() for name in done.stdout.split()}
    assert len(imported) > 40
    assert imported <= {path.resolve() for path in surroundings._sources()}


def test_limits_of_the_plan_are_part_of_a_name(folder: Path, small: Spec, untraced: list[Spec], monkeypatch) -> None:
    trained(small)
    monkeypatch.setattr(plan, "MAX_WIDTH", 8)
    trained(small)
    assert len(untraced) == 2


def test_another_process_needs_nothing_that_traces(tmp_path: Path) -> None:
    """Nor anything that only tracing imports."""
    script = (
        "import sys, seedbed as sb\n"
        "question = sb.Spec(data=sb.data.random_images(16, (2, 2)), model=sb.models.mlp([2]), loss='l2',"
        " optimizer=sb.optimizers.sgd(0.5), steps=3)\n"
        "print(float(sb.run(question, seeds=2)['train_loss'].sum()))\n"
        "print([name for name in ('equinox', 'optax', 'seedbed.engine.draft') if name in sys.modules])\n"
    )
    environment = {"SEEDBED_CACHE": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}

    def output() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    first, second = output(), output()
    assert first[0] == second[0]
    assert first[1] == "['equinox', 'optax', 'seedbed.engine.draft']"
    assert second[1] == "[]"


def test_a_user_who_wants_no_cache_has_none(folder: Path, small: Spec, untraced: list[Spec]) -> None:
    import jax

    jax.config.update("jax_enable_compilation_cache", False)
    try:
        trained(small)
        trained(small)
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
    assert len(untraced) == 2
    assert not folder.exists()
