"""Seeds until settled, and sources crossed, of a small study of one's own: records, summary, page, told again."""

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue import TABLE, retell, run_study
from seedbed.catalogue.until import Until, compared_by, settled
from seedbed.errors import SpecError, StatsError


def ask(profile):
    net = sb.Spec(
        data=sb.data.random_images(16, (2, 2)), model=sb.models.mlp([3], activation="relu"), loss="cross_entropy",
        initializer=sb.initializers.normal(0.5), optimizer=sb.optimizers.sgd(0.5), steps=60, trace=20,
        stop=sb.falls_to("train_loss", 0.5), batch_size=8,
    )  # fmt: skip
    return net.vary(learning_rate=[0.02, 0.08, 0.08001])


STUDY = sb.Study(name="rates", title="Rates", source="here", question="Which rate?", ask=ask,
                 profiles={"smoke": {"seeds": 64}})  # fmt: skip


def test_seeds_stop_when_all_is_settled_and_sources_are_told(tmp_path, monkeypatch):
    """One run for all of it: a run ends in a report, which takes most of the time."""
    ran = run_study(STUDY, profile="smoke", out=tmp_path, settle_within=0.3, sources=3, engine="reference", command="x")
    told = ran.summary["until"]
    assert told["looks"] == [32, 64]
    assert told["n"] == len(sb.open(ran.folder / "record")["seed"])
    states = {tuple(pair[side]["learning_rate"] for side in "ab"): pair["state"] for pair in told["pairs"]}
    assert states[0.02, 0.08] == states[0.02, 0.08001] == "b faster"
    assert states[0.08, 0.08001] == "equivalent"
    assert told["all_settled"]
    for one in ran.summary["sources"]:
        shares = [share["estimate"] for share in one["shares"].values()] + [one["together"]["estimate"]]
        assert list(one["shares"]) == ["initial weights", "data", "order of examples"]
        assert sum(shares) == pytest.approx(1)
    monkeypatch.setitem(TABLE, "rates", STUDY)
    before = (ran.folder / "summary.json").read_bytes()
    retell(ran.folder)
    assert (ran.folder / "summary.json").read_bytes() == before
    page = (ran.folder / "report.html").read_text()
    assert "When it was settled" in page
    assert "told apart by the mean of steps to the target" in page
    assert told["of"] == "steps to the target"
    assert "Where the variation comes from" in page


def test_a_page_of_nothing_trained_cannot_be_settled():
    with pytest.raises(StatsError, match="nothing here is trained"):
        settled({"landscape": xr.Dataset()}, Until(64))


def test_sources_of_nothing_trained_are_refused_before_anything_is_measured(tmp_path):
    grid = np.linspace(-1, 1, 3)
    neuron = sb.Spec(data=sb.data.point(), model="neuron", loss="l2", optimizer=sb.optimizers.sgd(0.1), steps=1)
    drawn = sb.Study(name="drawn", title="", source="", question="",
                     ask=lambda profile: {"surface": sb.measures.landscape(neuron, grid, grid)})  # fmt: skip
    with pytest.raises(SpecError, match="nothing is trained here"):
        run_study(drawn, profile="smoke", out=tmp_path, sources=3, engine="reference", command="x")
    assert not list(tmp_path.iterdir())


def test_looks_are_gone_through_in_order():
    """Told apart at the first look stays so, whatever the later seeds say."""
    rng = np.random.default_rng(5)
    values = np.vstack([rng.normal([0, 3], 1, (32, 2)), rng.normal([6, 0], 1, (32, 2))])
    record = xr.Dataset(
        {"final_train_loss": (("seed", "rate"), values), "stop_step": (("seed", "rate"), np.full((64, 2), 9.0))},
        {"seed": np.arange(64), "rate": ["a", "b"]}, {"target": ""},
    )  # fmt: skip
    (pair,) = settled({"record": record}, Until(64)).decisions
    assert (pair.state, pair.n) == ("a better", 32)


def test_what_cannot_be_crossed_is_said_before_anything_is_trained(tmp_path):
    whole = sb.Study(name="whole", title="", source="", question="", profiles={"smoke": {"seeds": 2}},
                     ask=lambda profile: ask(profile).replace(batch_size=None, initializer=None))  # fmt: skip
    with pytest.raises(SpecError, match="framework's own"):
        run_study(whole, profile="smoke", out=tmp_path, sources=3, engine="reference", command="x")
    assert not list(tmp_path.rglob("*.npz"))


def test_pairs_are_compared_by_the_study_s_score():
    """Accuracies say b, losses say a; the score decides which is looked at, and its direction who is better."""
    rng = np.random.default_rng(7)
    rows = {"final_test_loss": [0.0, 3.0], "final_test_accuracy": [0.2, 0.9]}
    arrays = {name: (("seed", "rate"), rng.normal(middles, 0.1, (32, 2))) for name, middles in rows.items()}
    stopped = {"stop_step": (("seed", "rate"), np.full((32, 2), 9.0))}
    records = {"record": xr.Dataset(arrays | stopped, {"seed": np.arange(32), "rate": ["a", "b"]}, {"target": ""})}
    by_score = Until(32, variable="final_test_accuracy", better="higher")
    assert compared_by(records, by_score) == "final test accuracy"
    assert settled(records, by_score).decisions[0].difference.estimate == pytest.approx(-0.7, abs=0.1)
    assert settled(records, by_score).decisions[0].state == "b better"
    assert compared_by(records, Until(32)) == "final test loss"
    assert settled(records, Until(32)).decisions[0].state == "a better"
    assert compared_by(records, Until(32, variable="hit_step")) == "final test loss"  # there is no target
