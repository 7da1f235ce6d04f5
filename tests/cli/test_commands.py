"""Every command on the stub catalogue: what it prints, what it asks the rooms for, and nothing besides."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
import stub_catalogue

import seedbed as sb
from seedbed.cli.rows import KINDS
from seedbed.vocabulary import PLURALS, TABLES

ROOT = Path(__file__).parents[2]


def test_without_a_command_the_help_is_shown(seedbed):
    assert seedbed().stdout == seedbed("--help").stdout
    assert seedbed().exit_code == 0


def test_the_version_is_the_package_s(seedbed):
    assert seedbed("--version").stdout == f"seedbed {sb.__version__}\n"
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_has_rows_in_a_pipe_and_as_json(seedbed, kind):
    rows = json.loads(seedbed("list", kind, "--json").stdout)
    plain = seedbed("list", kind).stdout.splitlines()
    assert len(rows) == len(plain) > 0
    assert all(line.startswith(row["name"]) and row["says"] in line for row, line in zip(rows, plain, strict=True))


def test_lists_come_from_the_tables(seedbed):
    for kind, table in TABLES.items():
        assert [row["name"] for row in json.loads(seedbed("list", PLURALS[kind], "--json").stdout)] == list(table)


@pytest.mark.parametrize("kind", PLURALS.values())
def test_every_word_says_what_it_is_without_its_source_mixed_in(seedbed, kind):
    for row in json.loads(seedbed("list", kind, "--json").stdout):
        assert row["says"], row["name"]
        assert "Source:" not in row["says"] + row["source"]
        assert "Elsewhere:" not in row["says"] + row["source"]


def test_sources_and_options_are_read_from_the_words(seedbed):
    rows = {row["name"]: row for row in json.loads(seedbed("list", "optimizers", "--json").stdout)}
    assert rows["adam"]["source"] == "Kingma, Ba 2014, algorithm 1."
    assert rows["adam"]["options"] == "learning_rate=0.001, b1=0.9, b2=0.999, eps=1e-08, l2=None"
    assert rows["sgd"]["options"] == "learning_rate, l2=None"
    assert rows["sgd"]["source"] == ""


def test_list_alone_lists_the_studies(seedbed):
    assert [line.split()[0] for line in seedbed("list").stdout.splitlines()] == list(stub_catalogue.TABLE)


def test_claims_of_one_study_or_of_all(seedbed):
    expected = {
        "name": "coin-1",
        "says": "Relu is faster.",
        "study": "coin",
        "published": 0.75,
        "source": "A sheet, question 1",
        "verdict": "not run yet",
    }
    assert json.loads(seedbed("claims", "coin", "--json").stdout) == [expected]
    assert json.loads(seedbed("claims", "--json").stdout) == [expected]
    assert json.loads(seedbed("claims", "drawing", "--json").stdout) == []
    assert seedbed("claims").stdout.startswith("coin: 1 statement, none judged yet; run: seedbed run coin")


def test_claims_are_read_from_the_run_s_summary(seedbed, tmp_path):
    (tmp_path / "coin").mkdir()
    value = {"estimate": 0.9, "low": 0.8, "high": 0.95, "level": 0.95, "method": "Wilson", "n": 40, "unit": "share"}
    finding = {"statistic": "share", "variable": "hit_step", "q": None, "times": 1.0, "levels": {"loss": "l2"}, **value}
    judged = {"id": "coin-1", "verdict": "supported", "under": "supported", "differs": "", "contradicts": "", "n": 40,
              "reason": "", "findings": [finding], "effect": {**value, "kind": "value"}, "one_run": None,
              "source": "A sheet, question 1", "statement": "Relu is faster.",
              "check": "share(hit_step) > 0.5"}  # fmt: skip
    (tmp_path / "coin" / "summary.json").write_text(json.dumps({"claims": [judged]}))
    text = seedbed("claims", "coin", "--out", str(tmp_path)).stdout
    assert text.splitlines()[0] == "coin (40 networks of each setting): 1 supported"
    assert "supported      Relu is faster. (A sheet, question 1)" in text
    assert "arrived 90 % [80 %, 95 %]" in text
    assert json.loads(seedbed("claims", "coin", "--out", str(tmp_path), "--json").stdout)[0]["verdict"] == "supported"


PRICE = ["8", "2", "GFLOP", "1", "MB", "about", "3.0", "s", "1", "min"]


def test_show_tells_the_question_the_setup_and_the_size(seedbed):
    text = seedbed("show", "coin").stdout
    for part in (
        "coin: Four settings",
        "Which is faster?",
        "A sheet, part 1",
        "The bias is 0.1.",
        "curves",
        "relu, sigmoid",
        "truncated_normal(bias=0.1, std=0.1)",
        "train_accuracy at least 1, or after 1,000 steps",
        "coin-1",
        "smoke: 8 seeds, 500 steps.",
    ):
        assert part in text
    rows = {
        line.split()[0]: line.split()[1:]
        for line in text.splitlines()
        if line.startswith(("smoke ", "quick ", "full "))
    }
    assert rows == {
        "smoke": ["4", "8", *PRICE],
        "quick": ["4", "256", *PRICE],
        "full": ["4", "1024", *PRICE],
    }


def test_show_of_a_study_that_trains_nothing(seedbed):
    text = seedbed("show", "drawing").stdout
    assert "set-up" not in text
    assert "claims" not in text


def test_run_hands_everything_on(seedbed, tmp_path):
    (tmp_path / "mine").mkdir()
    result = seedbed(
        "run",
        "coin",
        "--profile",
        "smoke",
        "--seeds",
        "5:9",
        "--set",
        "learning_rate=0.1,1",
        "--set",
        "activation=relu,leaky_relu(slope=0.1)",
        "--data",
        "mine",
        "--out",
        "there",
        "--engine",
        "reference",
        "--until",
        "settled",
        "--margin",
        "0.2",
        "--sources",
        "8",
        "--keep-older",
    )
    assert result.exit_code == 0, result.output
    (call,) = stub_catalogue.calls
    command = call.pop("command")
    assert call == {
        "study": "coin",
        "profile": "smoke",
        "seeds": range(5, 9),
        "data": Path("mine"),
        "out": Path("there"),
        "changes": {"learning_rate": [0.1, 1], "activation": ["relu", "leaky_relu(slope=0.1)"]},
        "engine": "reference",
        "source": None,
        "settle_within": 0.2,
        "sources": 8,
        "keep_older": True,
    }
    assert command == (
        "seedbed run coin --profile smoke --seeds 5:9 --data mine --set learning_rate=0.1,1 "
        "--set 'activation=relu,leaky_relu(slope=0.1)' --out there --engine reference "
        "--until settled --margin 0.2 --sources 8 --keep-older"
    )


def test_run_at_its_defaults(seedbed):
    seedbed("run", "coin")
    assert stub_catalogue.calls[0] == {
        "study": "coin",
        "profile": "quick",
        "seeds": None,
        "source": None,
        "data": None,
        "changes": {},
        "out": Path("seedbed-runs"),
        "engine": "jax",
        "command": "seedbed run coin",
        "settle_within": None,
        "sources": None,
        "keep_older": False,
    }


def test_the_command_that_is_reported_asks_for_the_same_again(seedbed):
    seedbed("run", "coin", "--set", "activation=relu,elu(alpha=2.0)", "--seeds", "3")
    import shlex

    seedbed(*shlex.split(stub_catalogue.calls[0]["command"])[1:])
    assert stub_catalogue.calls[0] == stub_catalogue.calls[1]


def test_the_answer_is_on_standard_output_and_the_progress_is_not(seedbed):
    result = seedbed("run", "coin", "--profile", "smoke")
    lines = result.stdout.splitlines()
    cells = [re.split(r"\s{2,}", line) for line in lines]
    assert lines[0] == "Four settings (smoke, seeds 0:8, 7.2 s)"
    assert cells[2] == ["relu, learning_rate=0.1", "6 of 8", "41.0 to 93.0%", "1,234", "2", "1"]
    assert cells[3][3] == "> cap"
    assert lines[-2:] == ["seedbed-runs/coin/report.html", "seedbed-runs/coin/report.pdf"]
    assert "stored, 8 networks" in result.stderr
    assert "stored" not in result.stdout


def test_json_is_the_summary_and_nothing_else(seedbed, tmp_path):
    result = seedbed("run", "coin", "--json")
    assert result.stdout.strip() == (tmp_path / "seedbed-runs/coin/summary.json").read_text().strip()
    assert json.loads(result.stdout)["study"] == "coin"
    assert result.stderr == ""


def test_json_of_several_is_the_list_of_their_summaries(seedbed):
    summaries = json.loads(seedbed("run", "drawing", "coin", "drawing", "--json").stdout)
    assert [summary["study"] for summary in summaries] == ["drawing", "coin"]


def test_all_is_the_whole_catalogue(seedbed, monkeypatch):
    for name in ("slow", "broken", "crash", "misasked"):
        monkeypatch.delitem(stub_catalogue.TABLE, name)
    seedbed("run", "all")
    assert [call["study"] for call in stub_catalogue.calls] == ["coin", "drawing"]


def test_a_file_of_one_s_own_is_run(seedbed, tmp_path):
    (tmp_path / "my study.py").write_text("")
    seedbed("run", "my study.py")
    assert stub_catalogue.calls[0]["command"] == "seedbed run 'my study.py'"
    assert stub_catalogue.calls[0]["study"] == "my study"
    assert stub_catalogue.calls[0]["source"] == Path("my study.py")


def test_report_tells_again(seedbed, tmp_path):
    (tmp_path / "kept").mkdir()
    assert seedbed("report", "kept").stdout == "kept/report.html\n"
    assert stub_catalogue.calls == [Path("kept")]


def test_new_writes_a_short_study_that_is_valid_python(seedbed, tmp_path):
    result = seedbed("new", "my_study")
    text = (tmp_path / "my_study.py").read_text()
    assert "my_study.py" in result.stdout
    assert len(text.splitlines()) <= 25
    assert max(map(len, text.splitlines())) <= 120
    ast.parse(text)


def test_the_new_study_uses_public_names_and_asks_a_question(seedbed, tmp_path):
    seedbed("new", "my_study")
    space = {"__name__": "my_study"}
    exec((tmp_path / "my_study.py").read_text(), space)
    study = space["study"]
    assert study.name == "my_study"
    asked = {name: study.asked(study.profile(name)) for name in ("smoke", "quick")}
    assert [setting.levels["activation"] for setting in asked["quick"].settings()] == ["relu", "sigmoid", "ripple"]
    assert asked["smoke"].steps < asked["quick"].steps
    assert float(space["ripple"](0.0)) == 0.0


def test_data_list_says_what_is_here(seedbed, monkeypatch, tmp_path):
    from seedbed.datasets.downloads import DATASETS
    from seedbed.datasets.load import COURSE

    rows = json.loads(seedbed("data", "list", "--json").stdout)
    assert [row["name"] for row in rows] == [*DATASETS, *COURSE]
    mnist = DATASETS["mnist"]
    (tmp_path / "mnist").mkdir()
    for file in mnist.files:
        (tmp_path / "mnist" / file.name).touch()
    monkeypatch.setenv("SEEDBED_DATA", str(tmp_path))
    assert json.loads(seedbed("data", "list", "--json").stdout)[0]["here"] == str(tmp_path / "mnist")
    assert seedbed("data", "list").stdout.startswith("mnist")


def test_data_fetch_refuses_a_damaged_local_copy(seedbed, monkeypatch, tmp_path):
    from seedbed.datasets.downloads import DATASETS

    for file in DATASETS["mnist"].files:
        (tmp_path / file.name).touch()
    monkeypatch.setenv("SEEDBED_DATA", str(tmp_path))
    result = seedbed("data", "fetch", "mnist")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def kept(tmp_path):
    """A store two folders down with one block; returns the block's path."""
    import numpy as np

    from seedbed.record import Block
    from seedbed.spec import digest
    from seedbed.store import create_or_open

    identity = {"activation": "relu"}
    store = create_or_open(tmp_path / "seedbed-runs" / "coin" / "record")
    return store.save(digest(identity), identity, Block(np.arange(3), {"stop_step": np.arange(3.0)}))


def test_verify_finds_stores_below_and_names_what_is_damaged(seedbed, kept):
    good = kept.read_bytes()
    assert seedbed("verify").stdout == "seedbed-runs: nothing damaged\n"
    kept.write_bytes(good[:-1])
    result = seedbed("verify", "seedbed-runs/coin")
    assert result.exit_code == 1
    assert kept.name in result.stdout
    assert kept.exists()
    assert "seedbed verify seedbed-runs/coin --discard" in result.stderr


def test_verify_discards_only_when_asked(seedbed, kept):
    kept.write_bytes(b"")
    result = seedbed("verify", "--discard")
    assert result.exit_code == 0
    assert not kept.exists()
    assert "1 removed" in result.stderr
    assert seedbed("verify").exit_code == 0


def test_verify_names_what_is_lost_and_what_it_cannot_remove(seedbed, kept):
    (kept.parent / "mine").mkdir()
    (kept.parent / "mine" / "thesis.txt").write_text("precious")
    (kept.parent / "a\nb").write_bytes(b"")
    result = seedbed("verify", "--discard")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert "a\\nb" in result.stdout
    assert "look into it, and move it elsewhere" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("1 removed, 1 damaged; ")
    assert (kept.parent / "mine" / "thesis.txt").read_text() == "precious"


def test_verify_names_a_store_without_its_marker(seedbed, kept):
    record = kept.parents[2]
    (record / "seedbed-store.json").unlink()
    result = seedbed("verify")
    assert result.exit_code == 1
    assert f"{record.relative_to(record.parents[2])} holds the folders of a store" in result.stdout
    (record / "seedbed-store.json").mkdir()
    assert "is damaged; restore it as" in seedbed("verify").stdout
