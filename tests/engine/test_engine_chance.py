"""A member depends on its seed, its setting and the width, and on nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from conftest_engine import Trainer, same

from seedbed.engine import ensemble, plan
from seedbed.spec import Spec, reaches
from seedbed.vocabulary import data, losses, models

pytestmark = pytest.mark.optimized
SEEDS = tuple(range(24))
NETS: Mapping[str, Mapping[str, Any]] = {
    "dense": {}, "sigmoid": {"model.activation": "sigmoid"}, "learned slope": {"model.activation": "prelu"},
    "random slope": {"model.activation": "rrelu"}, "doubling": {"model.activation": "crelu"},
    "adam": {"optimizer": "adam"}, "minibatch": {"batch_size": 16},
    "convolution": {"model": models.cnn([4, 2], 2)},
    "convolution, one lane in a product": {"model": models.cnn([16, 8], 3), "data": data.lines(64, 8)},
    "pooling": {"model": models.cnn([4], 2, padding="same", pool="max", activation="sigmoid")},
    "two heads": {
        "model": models.cnn([4], 3), "data": data.detection(32, 8), "stop": reaches("train_label_accuracy", 1.0),
        "loss": losses.heads(label="cross_entropy", width="l2", width_weight=0.1, shared="sum"),
    },
}  # fmt: skip


def changed(question: Spec, changes: Mapping[str, Any]) -> Spec:
    for path, value in changes.items():
        question = question.change(path, value)
    return question


@pytest.mark.parametrize("net", NETS)
def test_order_and_company_change_no_bit(question: Spec, train: Trainer, net: str) -> None:
    asked = changed(question.replace(steps=60), NETS[net])
    (together,) = train(asked, SEEDS)
    (turned,) = train(asked, SEEDS[::-1])
    (alone,) = train(asked, SEEDS[5:9])
    same(together, turned)
    same(alone, together, SEEDS[5:9])


def test_members_differ(question: Spec, train: Trainer) -> None:
    (block,) = train(question.replace(steps=60), SEEDS)
    assert len(np.unique(block.arrays["final_train_loss"])) == len(SEEDS)


def test_chunks_and_packing_change_no_bit(question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_WIDTH", 4)
    (packed,) = Trainer()(question, SEEDS)
    monkeypatch.setattr(ensemble, "FIRST_STEPS", 3)
    monkeypatch.setattr(ensemble, "CHUNK_SECONDS", 1e-6)
    (crumbs,) = Trainer()(question, SEEDS)
    same(packed, crumbs)


def test_cohorts_change_no_bit(question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = train(question, SEEDS)

    def one_by_one(group: plan.Group, size: int) -> Iterator[tuple[plan.PlannedBlock]]:
        return ((planned,) for planned in group.planned_blocks)

    monkeypatch.setattr(plan, "cohorts", one_by_one)
    halves = [train(question, SEEDS[:12])[0], train(question, SEEDS[12:])[0]]
    same(halves[0], whole, SEEDS[:12])
    same(halves[1], whole, SEEDS[12:])


def test_seeds_are_paired_across_settings(question: Spec, train: Trainer) -> None:
    varied = question.replace(steps=1, trace=1, probes=("parameters",)).vary(activation=["relu", "sigmoid", "tanh"])
    first = [block.arrays["parameters"][:, 0] for block in train(varied, SEEDS)]
    for other in first[1:]:
        np.testing.assert_array_equal(first[0], other)


def test_own_data_of_each_member(question: Spec, train: Trainer) -> None:
    fresh = question.replace(steps=40).change("data.fresh", value=True)
    (together,) = train(fresh, SEEDS)
    (alone,) = train(fresh, SEEDS[3:5])
    same(alone, together, SEEDS[3:5])
    (common,) = train(question.replace(steps=40), SEEDS)
    assert not np.array_equal(common.arrays["final_train_loss"], together.arrays["final_train_loss"])
