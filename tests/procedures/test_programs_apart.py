"""Blocks carry what made them, and those of different programs never make up one record in silence."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.engine import devices
from seedbed.store import open_existing


@pytest.fixture
def question():
    return sb.Spec(data=sb.data.point(1.0, 0.5), model=sb.models.mlp([2]), loss="l2", optimizer=sb.optimizers.sgd(0.1),
                   steps=2).vary(loss=["l2", "mae"])  # fmt: skip


@pytest.fixture
def elsewhere(monkeypatch):
    """What follows is done on another kind of device."""

    def go():
        monkeypatch.setattr(devices, "kind", lambda: "another kind of device")

    return go


def programs(folder):
    store = open_existing(folder)
    return [sorted({file.program for file in store.files(key)}) for key in store.read_question().keys]


def test_one_program_is_not_trained_twice(question, tmp_path):
    first = sb.run(question, 4, store=tmp_path)
    told = []
    again = sb.run(question, 6, store=tmp_path, listen=told.append)
    assert sum(event.members for event in told if event.phase == "compiling") == 4  # two seeds of two settings
    assert again.attrs["programs"] == 1
    np.testing.assert_array_equal(first["train_loss"], again["train_loss"].sel(seed=slice(0, 3)))


def test_another_program_trains_anew_and_says_so(question, tmp_path, elsewhere):
    sb.run(question, 4, store=tmp_path)
    elsewhere()
    told = []
    record = sb.run(question, 6, store=tmp_path, listen=told.append)
    (note,) = [event.label for event in told if event.phase == "note"]
    assert note.startswith("l2 and 1 more: what is stored was trained by another program")
    assert note.endswith("keep_older=True (--keep-older) keeps it")
    assert sum(event.members for event in told if event.phase == "compiling") == 12  # all six seeds of two settings
    assert record.attrs["programs"] == 1
    assert all(len(names) == 2 for names in programs(tmp_path))


def test_without_a_listener_it_is_a_warning(question, tmp_path, elsewhere):
    sb.run(question, 2, store=tmp_path)
    elsewhere()
    with pytest.warns(UserWarning, match="trained by another program"):
        sb.run(question, 2, store=tmp_path)
    sb.run(question, 2, store=tmp_path)  # once is enough


def test_older_blocks_are_kept_on_request(question, tmp_path, elsewhere):
    first = sb.run(question, 4, store=tmp_path)
    elsewhere()
    told = []
    record = sb.run(question, 6, store=tmp_path, listen=told.append, keep_older=True)
    assert not [event for event in told if event.phase == "note"]
    assert sum(event.members for event in told if event.phase == "compiling") == 4
    assert record.attrs["programs"] == 2
    np.testing.assert_array_equal(first["train_loss"], record["train_loss"].sel(seed=slice(0, 3)))


def test_a_stored_record_is_made_of_the_blocks_that_its_run_used(question, tmp_path, monkeypatch):
    """Blocks of another program for the same seeds lie beside them, with other numbers."""
    sb.run(question, 2, store=tmp_path)
    store = open_existing(tmp_path)
    key, *_ = store.read_question().keys
    (file,) = store.files(key)
    block = store.load(key, [0, 1])
    import dataclasses
    import json

    other = dataclasses.replace(block, arrays={**block.arrays, "train_loss": block.arrays["train_loss"] + 1},
                                meta={**block.meta, "program": "0" * 16, "made_by": "0" * 16})  # fmt: skip
    identity = json.loads((tmp_path / "settings" / f"{key}.json").read_bytes())
    store.save(key, identity, other)
    assert len(store.files(key)) == 2
    np.testing.assert_array_equal(store.record()["train_loss"][0], block.arrays["train_loss"])
    assert file.program != "0" * 16


def test_checkpoints_of_another_program_are_not_taken_up(question, tmp_path, elsewhere):
    """The name of a checkpoint holds the program, so a run killed elsewhere begins again."""
    from seedbed.datasets.load import load
    from seedbed.engine import ensemble, plan
    from seedbed.engine.compiler import Compiler

    class Keep:
        def __init__(self):
            self.names = []

        def load_checkpoint(self, name):
            self.names.append(name)

        def save_checkpoint(self, name, arrays, meta): ...

        def drop_checkpoint(self, name): ...

    spec = question.settings()[0].spec
    group, data, keep = plan.Group(spec, (plan.PlannedBlock(0, spec, (0, 1)),)), load(spec.data), Keep()
    for step in (None, elsewhere):
        if step:
            step()
        pending = Compiler().request(spec, data, {})
        list(ensemble.train(group, lambda _: data, pending, keep=keep, mark="group"))
    assert len(set(keep.names)) == 2


def test_what_is_stored_under_the_same_stamp_is_not_traced(question, tmp_path, monkeypatch):
    from seedbed.engine.lowered import Lowered

    sb.run(question, 2, store=tmp_path)
    monkeypatch.setattr(Lowered, "of", lambda *_: pytest.fail("it was traced"))
    assert sb.run(question, 2, store=tmp_path).attrs["programs"] == 1


def test_another_setting_of_jax_is_another_stamp(question, tmp_path):
    import jax

    sb.run(question, 2, store=tmp_path)
    jax.config.update("jax_random_seed_offset", 1)
    try:
        with pytest.warns(UserWarning, match="trained by another program"):
            sb.run(question, 2, store=tmp_path)
    finally:
        jax.config.update("jax_random_seed_offset", 0)
