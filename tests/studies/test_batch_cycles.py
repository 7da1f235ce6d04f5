"""Cyclical batch sizes: the policies are mirror images of cycles of the rate, and what the page says of them."""

import json

import pytest

from seedbed.reference.schedules import value_at
from seedbed.studies import batch_cycles as study

FOUND = study.policies((1e-3, 0.1), (64, 512, 4096), 2.0)


def sizes(name):
    part = FOUND[name]["batch_size"]
    return [part] * 13 if isinstance(part, int) else [value_at(part, epoch, 1) for epoch in range(13)]


def test_where_the_rate_is_high_the_batch_is_small():
    rate = FOUND[study.RATE]["optimizer.learning_rate"]
    assert [value_at(rate, epoch, 1) for epoch in (0, 2, 4)] == pytest.approx([1e-3, 1e-3 + 0.099 / 2**0.5, 1e-3])
    steady, growing, shrinking = (sizes(name) for name in (study.STEADY, study.GROWING, study.SHRINKING))
    assert steady[:5:2] == pytest.approx([512, 64, 512])
    assert growing[0] == pytest.approx(512)
    assert growing[2] < growing[6] < growing[10] < growing[12] == pytest.approx(512)
    assert shrinking[2] > shrinking[6] > shrinking[10] > shrinking[12] == pytest.approx(64)
    assert all(63.9 < size < 512.1 for size in (*steady, *growing, *shrinking))


def test_rates_fall_by_as_much_as_batches_grow():
    for (by_rate, by_batch), factor in zip(study.PAIRS, (8, 64), strict=True):
        rate, size = FOUND[by_rate]["optimizer.learning_rate"], FOUND[by_batch]["batch_size"]
        for epoch in (0, 5, 12):
            noise = [value_at(rate, epoch, 1) / 64, 0.1 / value_at(size, epoch, 1)]
            assert noise[0] == pytest.approx(noise[1])
        assert noise[0] == pytest.approx(0.1 / 64 / factor)


def test_the_page_answers_with_n_and_judges_every_statement(smoke):
    summary = json.loads((smoke("batch_cycles") / "summary.json").read_text())
    answers = {one["question"]: one["answer"] for one in summary["in_short"]["answers"]}
    assert len(answers) == 4
    assert all("n = 4" in answer for answer in answers.values())
    updates = summary["readings"]["updates"]
    assert updates[study.SMALL] > updates[study.SHRINKING] > updates[study.GROWING] > updates[study.LARGE]
    assert updates[study.DECAY] > updates[study.GROWTH] > updates[study.BEYOND]
    assert {one["id"] for one in summary["claims"]} == {name for name, *_ in study.CLAIMS}
