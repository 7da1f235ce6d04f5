"""An interrupted run goes on where it stopped and ends with the same bits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from conftest_engine import Trainer, same

from seedbed.engine import ensemble, plan
from seedbed.progress import Progress
from seedbed.spec import Spec
from seedbed.vocabulary import layers, models, optimizers, schedules

pytestmark = pytest.mark.optimized
SEEDS = tuple(range(40))


class Memory:
    """Checkpoints in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.saves = 0

    def load_checkpoint(self, name: str) -> Any:
        return self.kept.get(name)

    def save_checkpoint(self, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
        self.kept[name] = ({key: np.array(value) for key, value in arrays.items()}, dict(meta))
        self.saves += 1

    def drop_checkpoint(self, name: str) -> None:
        self.kept.pop(name, None)


class Always(Memory):
    """Checkpoints in memory that answer every question with the same one."""

    def __init__(self, saved: Any) -> None:
        super().__init__()
        self.saved = saved

    def load_checkpoint(self, name: str) -> Any:
        return self.saved


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("own_data", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd(0.5)", "adam(0.01)"])
def test_resumed_equals_undisturbed(
    question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch, optimizer: str, own_data: bool
) -> None:
    monkeypatch.setattr(plan, "MAX_WIDTH", 8)
    monkeypatch.setattr(ensemble, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(ensemble, "CHUNK_SECONDS", 1e-6)
    question = question.replace(optimizer=optimizer).change("data.fresh", own_data)
    (whole,) = train(question, SEEDS)
    keep, resumes = Memory(), 0
    while True:
        messages: list[object] = []

        def stop_soon(progress: object, messages: list[object] = messages) -> None:
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


def test_resumed_inside_an_epoch_with_batch_norm_dropout_and_a_schedule(
    train: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order of the examples, noise, running averages and the rate all go on where they were."""
    monkeypatch.setattr(ensemble, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(ensemble, "CHUNK_SECONDS", 1e-6)
    monkeypatch.setattr(ensemble, "FIRST_STEPS", 1)
    rate = schedules.cosine(0.1, length=4, unit="epoch")
    net = models.sequential([layers.dense(6), layers.batch_norm(), layers.activation(), layers.dropout(0.3)])
    asked = Spec(
        data="random_images(32)", model=net, loss="cross_entropy", optimizer=optimizers.adam(rate), batch_size=8,
        steps=14, trace=5, probes=("dead", "class_accuracy"),
    )  # fmt: skip
    (whole,) = train(asked, SEEDS)
    keep, reached = Memory(), list[int]()
    for _ in range(100):
        heard: list[int] = []

        def stop_soon(progress: Progress, heard: list[int] = heard) -> None:
            heard.append(progress.step)
            if len(heard) > 8:
                raise Interrupted

        try:
            (block,) = train(asked, SEEDS, keep=keep, mark="m", listen=stop_soon)
        except Interrupted:
            reached.append(next(iter(keep.kept.values()))[1]["at"])
            continue
        assert any(at % 4 for at in reached)  # an epoch has four steps: some checkpoint lies inside one
        same(whole, block)
        return
    pytest.fail("never finished")


def test_a_checkpoint_of_other_members_is_not_taken_up(
    question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble, "CHECKPOINT_SECONDS", 0.0)
    keep = Memory()

    def stop(progress: object) -> None:
        if keep.saves:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(question, SEEDS, keep=keep, mark="m", listen=stop)
    (saved,) = keep.kept.values()
    (expected,) = train(question, range(200, 240))
    other = Always(saved)
    (block,) = train(question, range(200, 240), keep=other, mark="m")
    same(block, expected)
