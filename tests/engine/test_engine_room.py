"""What would not fit into memory is refused before it begins, with the figure, and what fits never is."""

import subprocess
import sys

import jax
import pytest

from seedbed import memory
from seedbed.datasets.load import load
from seedbed.engine import room
from seedbed.engine.lowered import Lowered
from seedbed.errors import DataError, PartError, SpecError
from seedbed.procedures.run import run
from seedbed.spec import Spec
from seedbed.vocabulary import data, initializers, models, optimizers


@pytest.fixture
def eight(monkeypatch):
    """A machine with 8 GB."""
    monkeypatch.setattr(memory, "available", lambda: 8_000_000_000)


def ask(**changes):
    return Spec(data=data.random_images(), model=models.mlp([4]), loss="l2", optimizer=optimizers.sgd(0.1),
                initializer=initializers.truncated_normal(0.1), steps=5).replace(**changes)  # fmt: skip


@pytest.mark.parametrize("rule", [optimizers.sgd(0.1), optimizers.adam(0.1)])
def test_a_model_that_does_not_fit_is_refused_with_the_figure(eight, rule):
    with pytest.raises(PartError, match=r"has 3,601,140,001 numbers, .* GB of memory, 8 GB are free; give it fewer or"):
        run(ask(model=models.mlp([60_000, 60_000]), optimizer=rule), 2)


def test_an_optimizer_with_a_memory_takes_more(eight):
    def needed(rule):
        spec = ask(model=models.mlp([60_000, 60_000]), optimizer=rule)
        with pytest.raises(PartError) as caught:
            Lowered.of(spec, load(spec.data))
        return float(str(caught.value).partition("takes about ")[2].split()[0])

    assert needed(optimizers.adam(0.1)) > 1.5 * needed(optimizers.sgd(0.1))


def test_outputs_of_layers_count_where_the_batch_is_large(eight):
    many = {"data": data.xor_blobs(n=1_000_000, test=0), "loss": "cross_entropy", "model": models.mlp([10_000])}
    with pytest.raises(PartError, match="or take a smaller batch"):
        run(ask(**many), 1)
    Lowered.of(ask(**many, batch_size=100), load(many["data"]))


def test_the_memory_of_a_device_is_its_own():
    class Device:
        def memory_stats(self):
            return {"bytes_limit": 10_000, "bytes_in_use": 4_000}

    assert room.free([Device(), Device()]) == 12_000
    assert room.free(jax.devices("cpu")) is None


@pytest.mark.parametrize(
    "part",
    [
        data.random_images(2 * 10**9, (8, 8)), data.random_images(4, (10**6, 10**6)), data.xor_blobs(n=2 * 10**9),
        data.xor_blobs(test=2 * 10**9), data.lines(64, 10**6), data.curve(n=2 * 10**9), data.eggholder(n=2 * 10**9),
    ],
    ids=lambda part: part.label()[:30],
)  # fmt: skip
def test_a_data_set_that_does_not_fit_is_refused(eight, part):
    with pytest.raises(DataError, match=r"takes about .* of memory, 8 GB are free; ask for fewer or smaller examples"):
        load(part)


def test_sets_of_every_seed_are_counted_together(eight):
    part = data.lines(1_000, 100, fresh=True)
    load(part, range(2))
    with pytest.raises(DataError, match="for 1,000 seeds takes about 80 GB"):
        load(part, range(1_000))


def test_different_images_are_counted_without_a_power_that_fills_the_memory():
    with pytest.raises(DataError, match="only 16 different images of 4 pixels"):
        load(data.random_images(17, (2, 2)))
    assert load(data.random_images(4, (300, 300))).examples == 4


def test_a_record_that_does_not_fit_is_refused(eight):
    with pytest.raises(SpecError, match=r"3 settings, 10,000,000 seeds and .* of memory, 8 GB are free; ask for fewer"):
        run(ask(steps=10**6).vary(learning_rate=[0.1, 0.2, 0.3]), 10**7)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 8,000 kB left, and no groups."""
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "resource", None)
    write(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n")
    return tmp_path


def test_what_is_available_is_the_least_of_all_limits(machine, monkeypatch):
    assert memory.available() == 8_192_000
    write(machine / "proc/self/cgroup", "0::/user/job\n")
    write(machine / "groups/user/memory.max", "5000\n")
    write(machine / "groups/user/memory.current", "1000\n")
    write(machine / "groups/user/job/memory.max", "max\n")
    assert memory.available() == 4_000
    write(machine / "groups/user/memory.stat", "anon 10\ninactive_file 500\n")
    assert memory.available() == 4_500
    write(machine / "proc/self/cgroup", "3:cpu,memory:/old\n2:cpuset:/\n")
    write(machine / "groups/memory/old/memory.limit_in_bytes", "3000\n")
    write(machine / "groups/memory/old/memory.usage_in_bytes", "2900\n")
    assert memory.available() == 100
    write(machine / "groups/memory/old/memory.limit_in_bytes", f"{2**63 - 4096}\n")
    assert memory.available() == 8_192_000


def test_where_nothing_is_said_nothing_is_refused(machine):
    (machine / "proc/meminfo").unlink()
    assert memory.available() is None
    memory.check(1e30, "all", "ask for less", SpecError)


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is read on Linux")
def test_a_limit_on_addresses_counts():
    program = (
        "import resource; from seedbed import memory; before = memory.available()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); print(0 < memory.available() < 2**30)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "True\n"
