"""An interrupted run goes on where it stopped and ends with the same bits."""

import numpy as np
import pytest
from conftest_engine import same

from seedbed.engine import ensemble, plan

SEEDS = tuple(range(40))


class Memory:
    """Checkpoints in memory."""

    def __init__(self):
        self.kept, self.saves = {}, 0

    def load_checkpoint(self, name):
        return self.kept.get(name)

    def save_checkpoint(self, name, arrays, meta):
        self.kept[name] = ({key: np.array(value) for key, value in arrays.items()}, dict(meta))
        self.saves += 1

    def drop_checkpoint(self, name):
        self.kept.pop(name, None)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("own_data", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd(0.5)", "adam(0.01)"])
def test_resumed_equals_undisturbed(question, train, monkeypatch, optimizer, own_data):
    monkeypatch.setattr(plan, "MAX_WIDTH", 8)
    monkeypatch.setattr(ensemble, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(ensemble, "CHUNK_SECONDS", 1e-6)
    question = question.replace(optimizer=optimizer).change("data.fresh", own_data)
    (whole,) = train(question, SEEDS)
    keep, resumes = Memory(), 0
    while True:
        messages = []

        def stop_soon(progress, messages=messages):
            messages.append(progress)
            if len(messages) > 12:
                raise Interrupted

        try:
            (block,) = train(question, SEEDS, keep=keep, mark="m", listen=stop_soon)
        except Interrupted:
            resumes += 1
            assert resumes < 500
            continue
        break
    assert resumes > 2
    same(whole, block)
    assert not keep.kept


def test_a_checkpoint_of_other_members_is_not_taken_up(question, train, monkeypatch):
    monkeypatch.setattr(ensemble, "CHECKPOINT_SECONDS", 0.0)
    keep = Memory()

    def stop(progress):
        if keep.saves:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(question, SEEDS, keep=keep, mark="m", listen=stop)
    (saved,) = keep.kept.values()
    (expected,) = train(question, range(200, 240))
    other = Memory()
    other.load_checkpoint = lambda name: saved
    (block,) = train(question, range(200, 240), keep=other, mark="m")
    same(block, expected)
