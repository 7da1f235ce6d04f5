"""With hundreds of settings the work grows with their number, not with its square; with few nothing changes."""

import importlib
import itertools

import numpy as np
import pytest

from seedbed.stats import comparisons, hits
from seedbed.stats.comparisons import chosen_pairs
from seedbed.stats.luck import needed
from seedbed.stats.order import order as ordered


def grid(*lengths):
    names = "abcdef"
    return tuple(dict(zip(names, levels, strict=False)) for levels in itertools.product(*map(range, lengths)))


def one_factor(settings):
    pairs = itertools.combinations(range(len(settings)), 2)
    return [(i, j) for i, j in pairs if sum(settings[i][name] != settings[j][name] for name in settings[i]) == 1]


@pytest.mark.parametrize("lengths", [(2,), (8,), (2, 4), (9,), (21,), (24,), (4, 5), (3, 9), (6, 6), (2, 3, 4)])
def test_few_settings_are_compared_as_they_always_were(lengths):
    settings = grid(*lengths)
    every = list(itertools.combinations(range(len(settings)), 2))
    assert chosen_pairs(settings) == (every if len(settings) <= 8 else one_factor(settings))


@pytest.mark.parametrize("lengths", [(26,), (200,), (3, 32), (2_000,), (40, 50), (2, 2, 100)])
def test_many_settings_are_compared_with_the_first_level_all_else_equal(lengths):
    settings = grid(*lengths)
    pairs = chosen_pairs(settings)
    assert len(pairs) == len(set(pairs)) < len(lengths) * len(settings)
    for i, j in pairs:
        (differs,) = [name for name in settings[i] if settings[i][name] != settings[j][name]]
        assert settings[i][differs] == 0
    assert {j for _, j in pairs} == set(range(1, len(settings)))


def test_the_order_of_many_settings_is_asked_of_the_best_alone(rng, monkeypatch):
    asked, order = [], importlib.import_module("seedbed.stats.order")
    plain = order.sign_flip
    monkeypatch.setattr(order, "sign_flip", lambda a, b: asked.append(1) or plain(a, b))
    values = rng.normal(np.arange(60.0) // 2, 0.3, (40, 60))
    found = ordered(values, tuple(map(str, range(60))))
    assert len(asked) == 59
    assert found.groups == (tuple(name for name in found.names if name in ("0", "1")),)
    assert "each with the best" in found.method
    few = ordered(values[:, :24], tuple(map(str, range(24))))
    assert len(asked) == 59 + 24 * 23 // 2
    assert len(few.groups) == 12


def test_settings_that_are_alike_take_no_time_that_explodes(rng):
    """Sixty settings of which most cannot be told apart: all largest groups of these are more than can be listed."""
    values = rng.normal(np.linspace(0, 1, 60), 1.0, (40, 60))
    (group,) = ordered(values, tuple(map(str, range(60)))).groups
    assert 2 < len(group) < 60


def test_tests_of_a_record_grow_with_its_settings(make_record, rng, monkeypatch):
    asked = []
    plain = comparisons.sign_flip
    monkeypatch.setattr(comparisons, "sign_flip", lambda a, b: asked.append(1) or plain(a, b))
    for count in (100, 200):
        asked.clear()
        record = make_record(rng.integers(1, 900, (count, 8)), {"learning_rate": np.arange(float(count))})
        pairs = hits(record).pairs()
        assert len(asked) == len(pairs) == count - 1
        assert {pair.a["learning_rate"] for pair in pairs} == {0.0}
        assert pairs[0].family == f"Holm over {count - 1} tests"
        assert len(needed(hits(record).restricted())) == count - 1
