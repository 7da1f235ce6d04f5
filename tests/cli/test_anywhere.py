"""The command line where things are missing: no home, a read-only one, a closed pipe, warnings as errors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

QUESTION = """import seedbed as sb
question = sb.Spec(data=sb.data.random_images(), model=sb.models.mlp([2]), loss="l2", optimizer=sb.optimizers.sgd(0.1),
                   initializer=sb.initializers.truncated_normal(0.1), stop=sb.reaches("train_accuracy", 1.0), steps=2)
"""
NO_FOLDER = "/proc/seedbed"  # where not even the superuser can make one


def seedbed(*words, folder, options=(), **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "SEEDBED_CACHE", "XLA_FLAGS")}
    return subprocess.run(
        [sys.executable, *options, "-m", "seedbed", *words], cwd=folder, env=kept | environment, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("home", [{}, {"HOME": NO_FOLDER}], ids=["none", "read-only"])
def test_a_run_needs_no_home_and_warns_of_nothing(tmp_path, home):
    (tmp_path / "mine.py").write_text(QUESTION)
    cache = {} if home else {"SEEDBED_CACHE": str(tmp_path / "cache")}
    done = seedbed("run", "mine.py", "--seeds", "2", folder=tmp_path, options=("-W", "error"), **home, **cache)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "seedbed-runs" / "mine" / "report.pdf").is_file()
    assert "Traceback" not in done.stderr
    assert not [path for path in tmp_path.iterdir() if "~" in path.name]


def test_the_module_is_the_command(tmp_path):
    done = seedbed("--version", folder=tmp_path)
    assert done.stdout.startswith("seedbed ")
    (tmp_path / "typer.py").write_text("raise SystemExit('the file of a user in the place of a module')")
    assert seedbed("--version", folder=tmp_path).stdout == done.stdout


@pytest.mark.parametrize("words", [["list", "activations"], ["show", "four_settings"], ["--help"]])
def test_a_reader_that_takes_one_line_ends_it_quietly(tmp_path, words):
    kept = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    command = [sys.executable, "-W", "error", "-m", "seedbed", *words]
    with subprocess.Popen(command, cwd=tmp_path, env=kept, stdout=-1, stderr=-1, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=120) in (0, 1)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no such place elsewhere")
def test_results_in_a_place_that_cannot_be_are_one_sentence(tmp_path):
    (tmp_path / "mine.py").write_text(QUESTION)
    done = seedbed("run", "mine.py", "--out", NO_FOLDER, "--engine", "reference", folder=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert NO_FOLDER in done.stderr
