"""Seconds of a step: what is counted, what is kept, what costs nothing, and what is refused. No test asks how many."""

import jax
import numpy as np
import pytest

from seedbed.engine import timing
from seedbed.errors import SpecError
from seedbed.procedures.timing import timed
from seedbed.spec import Spec
from seedbed.store import create_or_open
from seedbed.vocabulary import data, models, optimizers


def question(rate=0.05, **more):
    return Spec(
        data=data.eggholder(60, 20, scale=300.0), model=models.mlp([3]), loss="mse", batch_size=10, steps=40,
        optimizer=optimizers.nesterov(rate), initializer="glorot_uniform", **more,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_seconds_are_positive_and_counts_belong_to_them(engine):
    record = timed(question().vary(hidden=[(3,), (4,)]), repeats=3, least=0.005, engine=engine)
    assert record["alone"].dims == record["wave"].dims == ("hidden", "seed", "repeat")
    assert record["alone"].shape == (2, 1, 3)
    assert (record["lanes"].values > 1).all()
    assert (record["alone_steps"].values >= 2).all()
    assert (record["wave_steps"].values >= 2).all()
    for way in ("alone", "wave"):
        assert np.isfinite(record[way].values).all()
        assert np.median(record[way].values) > 0
    assert record.attrs["aside"]
    assert "core" in record.attrs["device"]


def test_one_network_alone_is_one_lane_on_one_device(monkeypatch):
    """And it has no test set; a wave has as many lanes as the record says, on every device."""
    calls = []
    watch = timing._watch

    def watched(program, spec, dataset, least):
        calls.append((program.lanes, program.mesh.size, dataset.test_inputs is None))
        return watch(program, spec, dataset, least)

    monkeypatch.setattr(timing, "_watch", watched)
    record = timed(question(), repeats=1, least=0.001)
    (alone, wave) = calls
    assert alone == (1, 1, True)
    assert wave[:2] == (record["lanes"].values.item(), len(jax.devices()))


def test_more_steps_for_more_time():
    few, many = (timed(question(), repeats=1, least=least)["alone_steps"].values.item() for least in (1e-6, 0.05))
    assert few == timing.LEAST_STEPS < many


def test_settings_that_differ_in_dials_are_timed_once(monkeypatch):
    counted = []
    seconds = timing.seconds
    monkeypatch.setattr(timing, "seconds", lambda *given, **how: counted.append(1) or seconds(*given, **how))
    record = timed(question().vary(learning_rate=[0.01, 0.05]), repeats=2, least=0.001)
    assert len(counted) == 1
    np.testing.assert_array_equal(record["alone"][0], record["alone"][1])


def test_kept_seconds_are_not_measured_again(tmp_path, monkeypatch):
    store = create_or_open(tmp_path)
    first = timed(question(), repeats=2, least=0.001, store=store)
    monkeypatch.setattr(timing, "seconds", lambda *_, **__: pytest.fail("measured again"))
    again = timed(question(), repeats=2, least=0.001, store=store)
    np.testing.assert_array_equal(first["alone"], again["alone"])


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_a_network_that_diverges_has_no_seconds(engine):
    record = timed(question(rate=1e30), repeats=2, least=0.001, engine=engine)
    assert np.isnan(record["alone"].values).all()
    assert np.isnan(record["wave"].values).all()


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_data_of_each_members_own_can_be_timed(engine):
    fresh = question().replace(data=data.eggholder(60, 20, scale=300.0, fresh=True))
    record = timed(fresh, repeats=1, least=0.001, engine=engine)
    assert np.isfinite(record["wave"].values).all()


def test_a_stop_rule_does_not_end_a_timing():
    from seedbed.stopping import falls_to

    record = timed(question(stop=falls_to("train_loss", 1e9)), repeats=1, least=0.001)
    assert np.isfinite(record["alone"].values).all()


@pytest.mark.parametrize("wrong", [{"repeats": 0}, {"least": 0.0}, {"least": float("nan")}])
def test_no_time_is_refused(wrong):
    with pytest.raises(SpecError, match="at least one repeat of more than 0 seconds"):
        timed(question(), **wrong)
