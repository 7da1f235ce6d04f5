"""Small questions and a quick way to train them, for the tests of the engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from seedbed.datasets.load import load
from seedbed.engine import devices, plan
from seedbed.record import Block, join
from seedbed.spec import Spec, reaches
from seedbed.vocabulary import data, initializers, models, optimizers

devices.prepare()


@pytest.fixture
def question() -> Spec:
    """The 16-4-1 net of the first sheet, capped early."""
    return Spec(
        data=data.random_images(64, (4, 4)), model=models.mlp([4], activation="relu"), loss="cross_entropy",
        initializer=initializers.truncated_normal(0.1, bias=0.1), optimizer=optimizers.sgd(0.5),
        stop=reaches("train_accuracy", 1.0), steps=300, probes=("dead", "gradient_norm"),
    )  # fmt: skip


class Trainer:
    """Trains settings in this process; `compiler` may be shared so that a test pays for a compile once."""

    def __init__(self) -> None:
        from seedbed.engine.compiler import Compiler

        self.compiler, self.own = Compiler(), {}

    def __call__(self, question: Spec, seeds: Sequence[int], **how: Any) -> list[Block]:
        from seedbed.engine.ensemble import first_data, train

        settings = question.settings()
        found: dict[int, list[Block]] = {}
        by_recipe: dict[str, list[plan.PlannedBlock]] = {}
        for index, setting in enumerate(settings):
            by_recipe.setdefault(setting.spec.recipe(), []).append(plan.PlannedBlock(index, setting.spec, tuple(seeds)))
        for planned_blocks in by_recipe.values():
            group = plan.Group(planned_blocks[0].spec, tuple(planned_blocks))
            source = group.spec.data

            def dataset_of(chosen: np.ndarray, source: Any = source) -> Any:
                return load(source, chosen) if dict(source.options).get("fresh") else load(source)

            pending = self.compiler.request(group.spec, first_data(group, dataset_of), self.own)
            for index, block in train(group, dataset_of, pending, **how):
                found.setdefault(index, []).append(block)
        return [join(found[index]) for index in range(len(settings))]


@pytest.fixture(scope="module")
def train() -> Trainer:
    """One trainer per test file: a program that several tests use is compiled once."""
    return Trainer()


def same(a: Block, b: Block, seeds: Sequence[int] | None = None) -> None:
    """Assert that two blocks hold the same bits for the same seeds."""
    chosen = list(a.seeds) if seeds is None else list(seeds)
    first, second = (block.select(np.array([list(block.seeds).index(seed) for seed in chosen])) for block in (a, b))
    for name in first.arrays:
        np.testing.assert_array_equal(first.arrays[name], second.arrays[name], err_msg=name)
