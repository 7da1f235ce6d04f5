"""Members that begin alike under different seeds are found, told and left out of every test."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import seedbed as sb
from seedbed.cli.main import app
from seedbed.report.cautions import cautions

BASE = sb.Spec(
    data=sb.data.random_images(8, (2, 2)), model="mlp([2])", initializer="he_normal", loss="cross_entropy",
    optimizer=sb.optimizers.sgd(0.1), steps=4, stop=sb.reaches("train_accuracy", 1.0),
)  # fmt: skip


HOT = BASE.replace(loss="l2", output="identity", stop=None, learning_rate=1e30)


class Deaf(eqx.Module):
    """A model that does not use its key."""

    layer: eqx.nn.Linear

    def __init__(self, key):
        self.layer = eqx.nn.Linear(4, 1, key=jax.random.key(7))

    def __call__(self, x):
        return self.layer(x.reshape(-1))


def outside(key, shape, dtype):
    return jnp.asarray(np.random.default_rng(3).normal(size=shape), dtype)


ALIKE = {
    "a model that ignores its key": (Deaf, None, {}),
    "the same with an order of its own": (Deaf, None, {"batch_size": 2}),
    "numbers from outside the key": ("mlp([2])", outside, {}),
    "constants with nothing else by chance": ("mlp([2])", "constant(0.5)", {}),
}
OWN = {
    "a draw": ("mlp([2])", "he_normal", {}),
    "the framework's own": ("mlp([2])", None, {}),
    "constants in another order": ("mlp([2])", "constant(0.5)", {"batch_size": 2}),
    "a common draw in another order": ("mlp([2])", "he_normal(draw=3)", {"batch_size": 2}),
    "a common draw with data of one's own": ("mlp([2])", "he_normal(draw=3)", {"fresh": True}),
    "zeros with dropout": ("mlp([2], dropout=0.5)", "zeros", {}),
}


@pytest.mark.parametrize("case", ALIKE)
def test_copies_are_found_told_and_left_out(case, tmp_path, capsys):
    model, initializer, further = ALIKE[case]
    question = BASE.replace(model=model, initializer=initializer, **further)
    record = sb.run(question, [5, 1, 2, 9], store=tmp_path / "store")
    told = "3 of 4 networks begin with the very arrays of another seed: copies, which no test counts"
    assert record.attrs["copies"].startswith(told)
    assert told in capsys.readouterr().err
    np.testing.assert_array_equal(record["copy_of"], [np.nan, 5, 5, 5])
    assert sb.stats.summarize(record)[0]["n"] == 1
    assert len(sb.stats.hits(record).members.seeds) == 1
    again = sb.open(tmp_path / "store")
    assert again.attrs["copies"] == record.attrs["copies"]
    assert "copies" in cautions({"record": again})[0]


@pytest.mark.parametrize("case", OWN)
def test_members_of_their_own_are_no_copies(case):
    model, initializer, further = OWN[case]
    record = sb.run(BASE.replace(model=model, initializer=initializer, **further), 4)
    assert "copy_of" not in record
    assert "copies" not in record.attrs
    assert "start" not in record
    assert sb.stats.summarize(record)[0]["n"] == 4


def test_a_setting_of_copies_makes_no_test_significant():
    """256 copies that are a little faster than another setting would be told apart with any p one likes."""
    varied = BASE.vary(initializer={"fixed": {"initializer": "constant(0.5)"}, "drawn": {"initializer": "he_normal"}})
    record = sb.run(varied, 32)
    assert record.attrs["copies"].startswith("31 of 32 networks of fixed begin")
    assert np.isfinite(record["copy_of"].sel(initializer="fixed")).sum() == 31
    assert np.isnan(record["copy_of"].sel(initializer="drawn")).all()
    assert not sb.stats.compare(record)


def test_copies_across_blocks_and_derived_records():
    record = sb.run(BASE.replace(model=Deaf, initializer=None), 300)
    assert record.attrs["copies"].startswith("299 of 300 networks")
    derived = sb.derive(record, lambda levels, part: {"late": part["stop_step"].values > 2})
    assert np.isfinite(derived["copy_of"]).sum() == 299


def test_a_run_in_which_every_network_is_lost_says_so(tmp_path):
    lost = sb.Study(name="lost", title="t", source="s", question="q",
                    ask=lambda _: HOT)  # fmt: skip
    outcome = sb.run_study(lost, profile="smoke", out=tmp_path)
    (sentence,) = outcome.summary["cautions"]
    assert sentence.startswith("Every network diverged, half of them by step")
    page = (outcome.folder / "report.html").read_text()
    assert "Every network diverged" in page.split('<section id="section-2"')[0]


def test_the_end_of_a_run_on_the_command_line(tmp_path, monkeypatch):
    file = tmp_path / "hot.py"
    file.write_text(
        'import seedbed as sb\nquestion = sb.Spec(data="random_images(8, (2, 2))", model="mlp([2])", loss="l2", '
        'initializer="he_normal", output="identity", optimizer="sgd(1e30)", steps=4)\n'
    )
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(app, ["run", str(file), "--profile", "smoke", "--seeds", "4"])
    assert answer.exit_code == 0
    assert "Every network diverged, half of them by step" in answer.stdout
