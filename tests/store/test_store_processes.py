"""Killed at any moment, two at once, on a full disk: what is visible is whole."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seedbed import store
from seedbed.errors import StoreError
from seedbed.record import Block
from seedbed.spec import digest
from seedbed.store import files

IDENTITY = {"activation": "relu"}
KEY = digest(IDENTITY)
WRITER = """
import os, sys
import numpy as np
from seedbed import store
from seedbed.record import Block
from seedbed.spec import digest

def value(seeds):
    return np.sin(seeds[:, None] * 0.1 + np.arange(20_000)).astype(np.float32)

def write(last):
    identity = {"activation": "relu"}
    key = digest(identity)
    for first in range(0, last, 8):
        if home.missing(key, range(first, first + 8)) or sys.argv[2:] == ["always"]:
            seeds = np.arange(first, first + 8)
            home.save(key, identity, Block(seeds, {"train_loss": value(seeds)}, {"train_loss": ("step",)}))
            home.save_checkpoint("group", {"first": np.array([first])}, {"first": first})

home = store.create_or_open(sys.argv[1])
for line in sys.stdin:  # one child for each line, so that what is killed need not be started from nothing
    child = os.fork()
    if child == 0:
        write(int(line))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def value(seeds):
    return np.sin(seeds[:, None] * 0.1 + np.arange(20_000)).astype(np.float32)


def writers(folder, *more):
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), *more], stdin=-1, stdout=-1, text=True)


def start(process, last):
    """Let a child write the seeds below `last`; its process id."""
    process.stdin.write(f"{last}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def wait_for_blocks(folder, number):
    """Until so many blocks are visible, however slow this machine is just now."""
    while number and len(list(folder.glob("*.npz"))) < number:
        time.sleep(0.002)


def end(process):
    """How the child ended: 0, or the signal that killed it."""
    return int(process.stdout.readline())


def holder(folder, what):
    program = (
        "import sys; from seedbed import store; from seedbed.store.locks import hold, writing\n"
        "home = store.open_existing(sys.argv[1])\n"
        f"with {what}: print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def small(first, n=4):
    return Block(np.arange(first, first + n), {"hit_step": np.arange(n) + 0.5})


def test_killed_at_random_moments_nothing_is_torn_and_the_run_ends_the_same(tmp_path):
    rng = random.Random(1)
    last = 100_000  # more than any writer reaches
    kept = []
    with writers(tmp_path / "runs") as process:
        for _ in range(22):
            child = start(process, last)
            wait_for_blocks(tmp_path / "runs" / "blocks" / KEY, sum(kept[-1:]) // 8 + rng.choice([0, 0, 1, 2]))
            time.sleep(rng.uniform(0, 0.06))  # any moment of the next write
            os.kill(child, signal.SIGKILL)
            assert end(process) == signal.SIGKILL
            home = store.open_existing(tmp_path / "runs")
            assert all(damage.harmless for damage in home.verify())
            seeds = home.seeds_of(KEY)
            kept.append(int(seeds.size))
            if seeds.size:
                block = home.load(KEY, seeds)
                np.testing.assert_array_equal(block.arrays["train_loss"], value(block.seeds))
            checkpoint = home.load_checkpoint("group")
            assert checkpoint is None or checkpoint[0]["first"][0] == checkpoint[1]["first"]
        assert kept == sorted(kept)
        assert kept[-1] > 0  # the writers did get somewhere, else this test shows nothing
        home.sweep()
        assert home.verify() == []
        start(process, kept[-1] + 16)
        assert end(process) == 0
    wanted = np.arange(kept[-1] + 16)
    np.testing.assert_array_equal(home.load(KEY, wanted).arrays["train_loss"], value(wanted))


def test_killed_while_creating_a_store_leaves_one_that_can_be_created(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / ".seedbed-store.json.1.abcd.partial").write_bytes(b"{")
    assert store.create_or_open(tmp_path / "runs").verify() == []  # and what was left is swept
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.is_file()] == ["seedbed-store.json"]


def test_leftovers_are_named_harmless_and_swept(tmp_path):
    home = store.create_or_open(tmp_path)
    path = home.save(KEY, IDENTITY, small(0))
    leftover = path.with_name(".0-3.123.abcd.partial")
    leftover.write_bytes(b"half")
    (damage,) = home.verify()
    assert damage.harmless
    assert damage.path == leftover
    home.discard(damage)
    assert not leftover.exists()
    assert home.load(KEY, range(4)).seeds.size == 4


def test_sweeping_waits_for_no_writer_and_harms_none(tmp_path):
    home = store.create_or_open(tmp_path)
    path = home.save(KEY, IDENTITY, small(0))
    path.with_name(".x.partial").write_bytes(b"being written")
    with holder(tmp_path, "hold(writing(home.folder), shared=True)") as process:
        assert home.sweep() == []
        home.save(KEY, IDENTITY, small(4))  # writers share
        process.communicate("")
    assert len(home.sweep()) == 1


def test_two_processes_write_the_same_blocks_without_harm(tmp_path):
    store.create_or_open(tmp_path)
    with writers(tmp_path, "always") as one, writers(tmp_path, "always") as other:
        for process in (one, other):
            start(process, 80)
        assert [end(one), end(other)] == [0, 0]
    home = store.open_existing(tmp_path)
    assert home.verify() == []
    np.testing.assert_array_equal(home.load(KEY, range(80)).arrays["train_loss"], value(np.arange(80)))
    assert len(os.listdir(tmp_path / "blocks" / KEY)) == 10


def test_a_claim_belongs_to_one_process_and_ends_with_it(tmp_path):
    home = store.create_or_open(tmp_path)
    with holder(tmp_path, "home.claim('group')") as process:
        with home.claim("group", wait=False) as ours:
            assert not ours
        with home.claim("another", wait=False) as ours:
            assert ours
        process.kill()
    with home.claim("group", wait=False) as ours:
        assert ours
        with home.claim("group", wait=False) as twice:  # not re-entrant, as stated
            assert not twice
    with pytest.raises(OSError, match="of the work"), home.claim("group"):
        raise OSError("an error of the work, not of the lock")
    with home.claim("group", wait=False) as ours:
        assert ours
    with pytest.raises(StoreError, match="cannot name a claim"):
        home.claim("../x")


def test_without_fcntl_every_claim_is_granted(tmp_path, monkeypatch):
    monkeypatch.setattr("seedbed.store.locks.fcntl", None)
    home = store.create_or_open(tmp_path)
    with home.claim("a") as one, home.claim("a", wait=False) as two:
        assert one
        assert two
    home.save(KEY, IDENTITY, small(0))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EROFS, "read-only; choose another folder"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "put that right and run again"),
    ],
)
def test_a_refused_write_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, number, words):
    home = store.create_or_open(tmp_path)
    home.save(KEY, IDENTITY, small(0))

    def refuse(_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", refuse)
        with pytest.raises(StoreError, match=words) as caught:
            home.save(KEY, IDENTITY, small(4))
        assert "\n" not in str(caught.value)
    assert home.verify() == []  # not even a leftover
    assert home.seeds_of(KEY).tolist() == [0, 1, 2, 3]
    home.save(KEY, IDENTITY, small(4))
    assert home.seeds_of(KEY).size == 8


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are a POSIX thing")
def test_a_real_limit_on_file_size_leaves_nothing_half_written(tmp_path):
    program = (
        "import resource, sys; from seedbed import store; home = store.create_or_open(sys.argv[1])\n"
        "import numpy as np; from seedbed.record import Block; from seedbed.spec import digest\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "try: home.save(digest({}), {}, Block(np.arange(1000), {'a': np.zeros(1000)}))\n"
        "except store.folder.StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "would exceed the size this system allows" in done.stdout
    home = store.open_existing(tmp_path)
    assert home.verify() == []
    assert home.seeds_of(digest({})).size == 0


@pytest.mark.skipif(sys.platform == "win32", reason="these permissions are a POSIX thing")
def test_a_read_only_folder_can_be_read_and_says_why_it_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a relative path needs no permission on the folders above
    home = store.create_or_open("runs")
    home.save(KEY, IDENTITY, small(0))
    changed = [Path(), home.folder, *home.folder.rglob("*")]
    for path in changed:
        path.chmod(0o555 if path.is_dir() else 0o444)
    superuser = os.geteuid() == 0  # permissions do not bind it, so be somebody else for a moment
    if superuser:
        os.seteuid(65534)
    try:
        assert home.load(KEY, range(4)).seeds.size == 4
        assert home.verify() == []
        with pytest.raises(StoreError, match=r"cannot write .* permission denied; change the folder's permissions"):
            home.save(KEY, IDENTITY, small(4))
        with pytest.raises(StoreError, match=r"cannot lock .* permission denied"), home.claim("group"):
            pass
        with pytest.raises(StoreError, match=r"cannot make a store in .* permission denied"):
            store.create_or_open("other")
    finally:
        if superuser:
            os.seteuid(0)
        for path in changed:
            path.chmod(0o755)
