"""What `--set` means, and what a listener writes into a log."""

import dataclasses
import io
import os
import pty
import subprocess
import sys

import pytest
import stub_catalogue
from hypothesis import given
from hypothesis import strategies as st

from seedbed.cli import answer, progress
from seedbed.cli.levels import changes
from seedbed.errors import UserError
from seedbed.progress import Progress, short

EVENT = Progress("training", "relu, l2", 1, 4, 300, 10_000, 37, 256, 1_234_567.0, 95.0)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("a=relu", ["relu"]),
        ("a=0.1,1,1e-3,-2", [0.1, 1, 1e-3, -2]),
        (
            "a=leaky_relu(slope=0.1),mlp([4, 4], activation='tanh')",
            ["leaky_relu(slope=0.1)", "mlp([4, 4], activation='tanh')"],
        ),
        ("a=[4],[8, 8]", [[4], [8, 8]]),
        ("a = relu , tanh ", ["relu", "tanh"]),
        ("a=1x", ["1x"]),
        ("a=x=y", ["x=y"]),
    ],
)
def test_levels_are_split_outside_brackets_and_numbers_are_numbers(text, levels):
    found = changes([text])["a"]
    assert found == levels
    assert list(map(type, found)) == list(map(type, levels))


@given(st.lists(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_numbers_written_by_python_come_back(numbers):
    assert changes(["x=" + ",".join(map(repr, numbers))]) == {"x": numbers}


def test_levels_of_several_factors_keep_their_order():
    assert list(changes(["b=1", "a=2"])) == ["b", "a"]
    with pytest.raises(UserError, match="twice"):
        changes(["b=1", " b=2"])


def test_a_log_gets_a_line_at_most_every_few_seconds_but_every_group_s_end():
    now, written = [0.0], []
    listen = progress.lines(written.append, clock=lambda: now[0])
    for second in range(21):
        now[0] = float(second)
        listen(EVENT)
        listen(EVENT)
    assert len(written) == 5
    for _ in range(3):
        listen(dataclasses.replace(EVENT, phase="stored"))
    assert len(written) == 8


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            dataclasses.replace(EVENT, epoch=120, cap=600, loss=0.4321, stops_early=True, rate=0.0),
            "[1/4] relu, l2: epoch 2.5 of 5, loss 0.432, 37 of 256 still training, at most 1 min 35 s left",
        ),
        (
            EVENT,
            "[1/4] relu, l2: step 300 of 10,000, 37 of 256 still training, 1.23 M network-steps/s, 1 min 35 s left",
        ),
        (
            dataclasses.replace(EVENT, rate=0.0, left=None),
            "[1/4] relu, l2: step 300 of 10,000, 37 of 256 still training",
        ),
        (dataclasses.replace(EVENT, phase="compiling"), "[1/4] relu, l2: compiling"),
        (dataclasses.replace(EVENT, phase="stored"), "[1/4] relu, l2: stored, 256 networks"),
    ],
)
def test_an_event_as_a_line(event, expected):
    assert progress.line(event) == expected


def test_durations_and_counts_in_words():
    assert [answer.duration(seconds) for seconds in (0.04, 59.94, 60.0, 3599.6, 86_400.0)] == [
        "0.0 s",
        "59.9 s",
        "1 min 0 s",
        "1 h 0 min",
        "24 h 0 min",
    ]
    assert [short(count) for count in (0.5, 999.0, 1000.0, 2.5e9)] == ["0.5", "999", "1 k", "2.5 G"]


def on_a_terminal(*words, cwd, **environment):
    """What a command writes on a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, stub_catalogue.__file__, *words],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", **environment},
    )
    os.close(theirs)
    heard = io.BytesIO()
    while chunk := _read(ours):
        heard.write(chunk)
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return heard.getvalue().decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_a_person_at_a_terminal_sees_a_bar_and_tables(tmp_path):
    seen = on_a_terminal("run", "coin", cwd=tmp_path, CI="")
    assert "\x1b" in seen
    assert "[1/2] relu, l2 [a label]" in seen
    assert "still training" not in seen


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_a_dumb_terminal_and_a_ci_log_get_lines(tmp_path, environment):
    seen = on_a_terminal("run", "coin", cwd=tmp_path, **environment)
    assert "stored, 8 networks" in seen
    assert environment == {"CI": "true"} or "\x1b" not in seen


def test_a_full_run_asks_first_at_a_terminal_and_stops_on_no(tmp_path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, stub_catalogue.__file__, "run", "coin", "--profile", "full"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
    )
    os.write(ours, b"n\n")
    out, _ = process.communicate(timeout=60)
    os.close(theirs)
    heard = os.read(ours, 4096).decode()
    os.close(ours)
    assert "1 min" in heard
    assert "nothing was run" in heard
    assert (process.returncode, out) == (1, b"")
    assert not (tmp_path / "seedbed-runs").exists()


def test_a_full_run_asks_nothing_with_yes_or_without_a_person(seedbed, tmp_path):
    assert seedbed("run", "coin", "--profile", "full").exit_code == 0
    assert "coin" in on_a_terminal("run", "coin", "--profile", "full", "--yes", cwd=tmp_path)


def test_a_record_without_a_target_beside_one_that_has_one():
    share = {"estimate": 0.5, "low": 0.2, "high": 0.8}
    common = {"factors": {}, "n": 8, "diverged": 0}
    settings = [
        {**common, "record": "open", "hit_share": None, "hit_step": None},
        {**common, "record": "stops", "hit_share": share, "hit_step": {"median": {"estimate": 12.0}}},
    ]
    _, body = answer.table(settings)
    assert body == [["open", "-", "-", "-", "0"], ["stops", "4 of 8", "20.0 to 80.0%", "12", "0"]]
