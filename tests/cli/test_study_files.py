"""A study file is a stranger's code: whatever it does ends in one sentence, and its name stands in nobody's place."""

import importlib
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seedbed.catalogue import from_file, run_study
from seedbed.cli.main import app
from seedbed.errors import SpecError, StoreError
from seedbed.study import Study

QUESTION = """import seedbed as sb
question = sb.Spec(data=sb.data.random_images(), model=sb.models.mlp([4]), loss="l2", optimizer=sb.optimizers.sgd(0.1),
                   initializer=sb.initializers.truncated_normal(0.1), steps=2)
PROFILES = {name: {"seeds": 2} for name in ("smoke", "quick", "full")}
"""
STUDY = 'sb.Study(name={name!r}, title="t", source="s", question="q", ask={ask}, profiles=PROFILES)\n'


def study(name="mine", ask="lambda profile: question", before="", after=""):
    return f"{QUESTION}{before}study = {STUDY.format(name=name, ask=ask)}{after}"


SECOND = STUDY.format(name="b", ask="lambda profile: question")
WRONG = {
    "ask raises": (study(ask="lambda profile: 1 / 0"), "cannot be run: ZeroDivisionError: division by zero"),
    "ask gives None": (study(ask="lambda profile: None"), "must return a question, got None"),
    "ask gives a number": (study(ask="lambda profile: 5"), "must return a question, got a value of type int"),
    "ask ends": (study(ask="lambda profile: exit(0)"), "ends the program by exit()"),
    "the file ends": (study(before="exit(0)\n"), "mine.py ends the program by exit()"),
    "the file raises": (study(before='raise ValueError("a\\nb")\n'), "cannot be run: ValueError: a; mend it"),
    "the file raises anything": (study(before="raise BaseException\n"), "cannot be run: BaseException"),
    "no Python": ("def (", "cannot be run: SyntaxError"),
    "bytes": ("\0", "cannot be run: "),
    "nothing": ("x = 1\n", "defines neither study = sb.Study(...) nor question"),
    "a function": ("study = lambda: 1\n", "(study is a value of type function)"),
    "None": ("study = None\nquestion = None\n", "defines neither study"),
    "two studies": (study(after=f"other = {SECOND}"), "defines 2 studies (study, other); keep one"),
    "one study twice": (study(after=f"study = {SECOND}"), "defines 2 studies"),
    "another name": (study().replace("study = ", "mine = "), "names its study mine; write study = sb.Study(...)"),
    "of the catalogue": (study("lines"), 'is named "lines", as a study of the catalogue is'),
    **{name: (study(name), "a study is named by letters") for name in ("../x", "a/b", "/tmp/x", "..", "", "a" * 5000)},
}  # fmt: skip


def seedbed(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("command", ["show", "run"])
@pytest.mark.parametrize(("text", "part"), WRONG.values(), ids=[name[:20] for name in WRONG])
def test_what_is_wrong_with_a_file_is_one_sentence(tmp_path, monkeypatch, command, text, part):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(text)
    result = seedbed(command, "mine.py")
    assert result.exit_code == 2
    assert part in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(result.stderr) < 1_000
    assert set(os.listdir(tmp_path)) - {"__pycache__"} == {"mine.py"}
    assert not (tmp_path.parent / "x").exists()


@pytest.mark.parametrize("name", ["random", "types", "json", "numpy", "scipy", "typst", "jax", "seedbed"])
def test_a_file_named_like_a_module_stands_in_nobody_s_place(tmp_path, name):
    """A module that is not loaded yet must still be the real one, when it is."""
    path = tmp_path / f"{name}.py"
    path.write_text(QUESTION)
    before = dict(sys.modules)
    assert from_file(path).name == name
    changed = {known for known, module in before.items() if sys.modules.get(known) is not module}
    assert not {known for known in changed if not known.startswith("own_study_")}
    assert Path(str(importlib.import_module(name).__file__ or "")) != path


def test_a_function_of_the_study_that_ends_the_program_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(study(ask="lambda profile: question, page=[lambda context: exit(0)]"))
    result = seedbed("run", "mine.py", "--seeds", "2", "--engine", "reference")
    assert result.exit_code == 2
    assert "a function of the study ends the program by exit()" in result.stderr
    assert result.stdout == ""


def test_what_a_file_prints_is_no_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(study(ask="lambda profile: print('in ask') or question", before="print('at the top')\n"))
    result = seedbed("show", "mine.py")
    assert result.exit_code == 0
    assert "in ask" not in result.stdout
    assert "at the top" not in result.stdout
    assert "in ask" in result.stderr


def test_two_files_of_one_name_are_not_run_into_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("one", "two"):
        Path(folder).mkdir()
        Path(folder, "mine.py").write_text(QUESTION)
    result = seedbed("run", "one/mine.py", "two/mine.py")
    assert result.exit_code == 2
    assert 'one/mine.py and two/mine.py are both named "mine"; rename one of them' in result.stderr


def run(path, out):
    return run_study(from_file(path), profile="smoke", seeds=range(1), out=out, engine="reference", source=path)


def test_a_file_never_writes_over_what_another_one_of_its_name_has_left(tmp_path):
    one, two = (tmp_path / folder / "mine.py" for folder in ("one", "two"))
    for path in (one, two):
        path.parent.mkdir()
        path.write_text(QUESTION)
    report = run(one, tmp_path / "out").folder / "report.html"
    was = report.read_bytes()
    with pytest.raises(StoreError, match=r"holds what .*one.mine\.py has left, .* rename one of them"):
        run(two, tmp_path / "out")
    assert report.read_bytes() == was
    one.unlink()  # a file that was moved goes on with its own results
    run(two, tmp_path / "out")


def test_perform_refuses_a_name_that_leads_elsewhere(tmp_path):
    with pytest.raises(SpecError, match="a study is named by letters"):
        run_study(Study(name="../x", title="t", source="s", question="q"), out=tmp_path / "out")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("words", [("run", "a" * 5000), ("run", "a" * 5000 + ".py"), ("new", "a" * 5000),
                                   ("verify", "a" * 5000), ("report", "a" * 5000), ("compare", "a" * 5000),
                                   ("run", "lines", "--data", "a" * 5000), ("list", "a" * 5000)])  # fmt: skip
def test_names_of_5000_letters_are_one_sentence(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    result = seedbed(*words)
    assert result.exit_code == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(result.stderr) < 1_000


@pytest.mark.skipif(sys.platform == "win32", reason="these permissions are a POSIX thing")
@pytest.mark.parametrize("words", [("new", "mine"), ("run", "four_settings", "--engine", "reference")])
def test_an_unwritable_folder_is_one_sentence(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o555)
    superuser = os.geteuid() == 0  # permissions do not bind it, so be somebody else for a moment
    if superuser:
        os.seteuid(65534)
    try:
        result = seedbed(*words)
    finally:
        if superuser:
            os.seteuid(0)
        tmp_path.chmod(0o755)
    assert result.exit_code == 2, result.stderr
    assert "ermission denied" in result.stderr
    assert len(result.stderr.splitlines()) == 1
