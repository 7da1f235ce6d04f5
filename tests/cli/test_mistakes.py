"""Every mistake a user can make at the command line ends in one sentence on standard error and the right exit code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import stub_catalogue

STUB = Path(stub_catalogue.__file__)
MISTAKES = [
    (("run", "coyn"), 'no study "coyn"; did you mean "coin"?'),
    (("show", "coyn"), 'no study "coyn"; did you mean "coin"?'),
    (("claims", "zzz"), 'no study "zzz" ('),
    (("run", "absent.py"), 'no file "absent.py" here'),
    (("run", "misasked"), "the factor was wrong"),
    (("run", "coin", "--seeds", "many"), 'got "many"; write 256, or 0:1000'),
    (("run", "coin", "--seeds", "9:3"), 'got "9:3"'),
    (("run", "coin", "--set", "activation"), 'got "activation"; write for instance'),
    (("run", "coin", "--set", "=relu"), 'got "=relu"'),
    (("run", "coin", "--set", "activation="), 'got "activation="'),
    (("run", "coin", "--set", "activation=relu,,tanh"), 'got "activation=relu,,tanh"'),
    (("run", "coin", "--set", "a=1", "--set", "a=2"), "names a twice"),
    (("run", "coin", "--data", "absent"), 'got "absent"'),
    (("run", "coin", "--profile", "huge"), "'huge' is not one of 'smoke', 'quick', 'full'"),
    (("run", "coin", "--engine", "torch"), "'torch' is not one of"),
    (("run", "coin", "--sed", "3"), "No such option: --sed"),
    (("run",), "Missing argument 'STUDY'"),
    (("ran", "coin"), "No such command 'ran'"),
    (("data",), "Missing command"),
    (("list", "activation"), 'no list "activation"; did you mean "activations"?'),
    (("data", "fetch", "mnits"), 'no data set "mnits"'),
    (("report", "absent"), 'no folder "absent" here'),
    (("verify", "absent"), 'nothing is stored under "absent"'),
    (("new", "two words"), 'got "two words"'),
    (("new", "class"), 'got "class"'),
    (("new", "json"), '"json" is a module of Python'),
    (("new", "numpy"), '"numpy" is a module that is installed'),
    (("run", "coin", "--seeds", "99999999999"), "seeds are at most 10,000,000 at once"),
    (("new", "coin"), '"coin" is already a study of the catalogue'),
]


@pytest.mark.parametrize(
    ("words", "part"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_a_mistake_is_one_sentence_and_exit_code_2(seedbed, words, part):
    result = seedbed(*words)
    assert result.exit_code == 2
    assert part in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_new_never_overwrites(seedbed, tmp_path):
    (tmp_path / "mine.py").write_text("precious")
    result = seedbed("new", "mine")
    assert result.exit_code == 2
    assert "left as it is" in result.stderr
    assert (tmp_path / "mine.py").read_text() == "precious"


def test_a_failed_run_is_exit_code_1(seedbed):
    result = seedbed("run", "broken")
    assert result.exit_code == 1
    assert result.stderr == "RunError: a worker was lost, exit status 9; run the same command again\n"


def test_the_unexpected_is_one_line_with_its_place(seedbed):
    result = seedbed("run", "crash")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("ValueError: boom in two lines (at ")
    assert "stub_catalogue.py:" in line
    assert "SEEDBED_DEBUG=1" in line


@pytest.mark.parametrize("study", ["crash", "broken"])
def test_a_traceback_is_shown_when_asked_for(seedbed, monkeypatch, study):
    monkeypatch.setenv("SEEDBED_DEBUG", "1")
    result = seedbed("run", study)
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def start(*words, cwd, **environment):
    return subprocess.Popen(
        [sys.executable, STUB, *words],
        cwd=cwd,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(tmp_path):
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell starts what runs in its background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start("run", "slow", "--seeds", "0:7", cwd=tmp_path)
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, rest = process.communicate(timeout=60)
    assert "compiling" in first
    assert process.returncode == 130
    assert rest.splitlines()[-1].endswith("the same command goes on from there: seedbed run slow --seeds 0:7")
    assert "Traceback" not in rest
    assert out == ""


@pytest.mark.parametrize(
    "words", [("run", "coin"), ("show", "coin"), ("list", "losses"), ("claims",), ("run", "--help")]
)
def test_a_pipe_sees_no_control_codes_even_under_force_color(tmp_path, words):
    process = start(*words, cwd=tmp_path, FORCE_COLOR="1", TTY_COMPATIBLE="1", TERM="xterm-256color")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out
    assert "\x1b" not in out + err
    assert "\r" not in out + err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_standard_output_without_room_is_one_sentence(tmp_path):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, STUB, "list", "activations"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 2
    assert ended.stderr == "standard output cannot be written: No space left on device; make room for it\n"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    process = start("list", "activations", cwd=tmp_path)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1
    process.stderr.close()


HEAVY = ("jax", "numpy", "scipy", "xarray", "matplotlib", "plotly", "rich", "pooch")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["list", "activations"], ["--version"]])
def test_help_and_word_lists_load_nothing_heavy(words):
    code = f"""
import sys
from seedbed.cli.main import app
try:
    app({words!r})
except SystemExit as end:
    assert end.code == 0, end.code
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert answer.stdout.splitlines()[-1] == "LOADED []", answer
