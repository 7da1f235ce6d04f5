"""Schedules: their laws, their twins in plain Python, and PyTorch's schedulers where the definitions agree."""

import inspect
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed.engine.schedules import Clock, at_step
from seedbed.errors import PartError
from seedbed.parts.schedules import SCHEDULES
from seedbed.reference import SCHEDULES as TWINS
from seedbed.reference.schedules import value_at
from seedbed.vocabulary import TABLES, schedules
from seedbed.vocabulary.schedules import levels

EPOCH = 7
SOME = {
    "constant": [schedules.constant(0.3)],
    "drops": [schedules.drops([0.1, 0.01, 0.001], at=[2, 5], unit="epoch"), schedules.drops([1, 3], at=[10])],
    "exponential": [
        schedules.exponential(0.5, 0.9, every=3), schedules.exponential(0.1, 1.002),
        schedules.exponential(0.5, 0.5, every=2, staircase=True, unit="epoch"),
    ],
    "cosine": [schedules.cosine(0.1, 40), schedules.cosine(0.1, 5, low=0.02, unit="epoch")],
    "warm_up": [
        schedules.warm_up(0.2, 5), schedules.warm_up(schedules.cosine(0.1, 4, unit="epoch"), 9, start=0.01),
        schedules.warm_up(schedules.warm_up(schedules.triangular(0, 1, 3), 2, unit="epoch"), 3),
    ],
    "one_cycle": [
        schedules.one_cycle(0.5, 50), schedules.one_cycle(0.5, 50, anneal="linear"),
        schedules.one_cycle(0.5, 8, pct_start=0.4, three_phase=True, unit="epoch"),
        schedules.one_cycle(0.5, 50, three_phase=True, anneal="linear", div_factor=10, final_div_factor=100),
    ],
    "triangular": [schedules.triangular(0.01, 0.1, 9), schedules.triangular(0.01, 0.1, 1.5, unit="epoch")],
    "triangular2": [schedules.triangular2(0.01, 0.1, 9), schedules.triangular2(0.01, 0.1, 1, unit="epoch")],
    "exp_range": [
        schedules.exp_range(0.01, 0.1, 9, gamma=0.98), schedules.exp_range(0.01, 0.1, 9, gamma=0.98, reading="bounds"),
        schedules.exp_range(0.01, 0.1, 1, gamma=0.7, unit="epoch"),
    ],
    "reciprocal": [
        schedules.reciprocal(schedules.triangular(1 / 512, 1 / 64, 9)), schedules.reciprocal(8),
        schedules.reciprocal(schedules.exp_range(1 / 512, 1 / 64, 1, gamma=0.7, unit="epoch")),
    ],
    "sweep": [schedules.sweep(1e-7, 1, 60), schedules.sweep(0, 1, 6, growth="linear", unit="epoch")],
}  # fmt: skip
EACH = [pytest.param(part, id=f"{name} {number}") for name, parts in SOME.items() for number, part in enumerate(parts)]


def traced(part, steps, epoch=EPOCH):
    """The values of a schedule at all steps, as the engine has them, in one trace."""
    dials = {f"optimizer.rate.{path}": jnp.asarray(value, jnp.result_type(float)) for path, value in part.dials()}

    def value(step):
        return at_step({"optimizer.rate": part}, dials, Clock(step, step, epoch))["optimizer.rate"]

    return np.asarray(jax.jit(jax.vmap(value))(jnp.arange(steps)))


def test_the_tables_have_the_same_names():
    assert set(SCHEDULES) == set(TWINS) == set(TABLES["schedule"]) == set(SOME)


@pytest.mark.parametrize("name", SOME)
def test_options_and_defaults_are_those_of_the_vocabulary(name):
    stated = {key: p.default for key, p in inspect.signature(TABLES["schedule"][name]).parameters.items()}
    stated.pop("unit", None)
    taken = {key: p.default for key, p in inspect.signature(SCHEDULES[name]).parameters.items()}
    assert {key: taken[key] for key in taken if key not in ("step", "unit")} == stated


@pytest.mark.parametrize("name", SOME)
def test_the_docstring_has_the_formula(name):
    text = inspect.getdoc(TABLES["schedule"][name])
    assert "=" in text
    assert name in ("constant", "exponential") or "Source:" in text


@pytest.mark.parametrize("part", EACH)
def test_traced_values_are_the_twin_s(part, double):
    expected = [value_at(part, step, EPOCH) for step in range(120)]
    np.testing.assert_allclose(traced(part, 120), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("part", EACH)
def test_single_precision_is_enough(part):
    steps = 40_000
    expected = np.array([value_at(part, step, EPOCH) for step in range(0, steps, 997)], np.float32)
    np.testing.assert_allclose(traced(part, steps)[::997], expected, rtol=3e-3 if part.name.startswith("exp") else 1e-4,
                               atol=1e-7)  # fmt: skip


@pytest.mark.parametrize("part", EACH)
def test_values_stay_between_the_levels(part):
    known = list(levels(part))
    found = traced(part, 500)
    assert found.max() <= np.float32(max(known)) * (1 + 1e-6)
    least = 0.0 if part.name in ("exponential", "exp_range") else min(known)
    assert found.min() >= least * (1 - 1e-4) - 1e-12


def test_drops_fall_on_their_own_step():
    part = schedules.drops([3, 2, 1], at=[1, 2], unit="epoch")
    for epoch in (7, 468, 1200):
        found = traced(part, 2 * epoch + 1, epoch)
        assert found[epoch - 1] == 3
        assert found[epoch] == found[2 * epoch - 1] == 2
        assert found[2 * epoch] == 1


def test_end_points_and_periods():
    triangle = traced(schedules.triangular(1, 5, half_cycle=2, unit="epoch"), 8 * EPOCH + 1)
    assert triangle[0] == triangle[4 * EPOCH] == triangle[8 * EPOCH] == 1
    assert triangle[2 * EPOCH] == triangle[6 * EPOCH] == 5
    np.testing.assert_array_equal(triangle[: 4 * EPOCH], triangle[4 * EPOCH : 8 * EPOCH])
    halved = traced(schedules.triangular2(1, 5, half_cycle=2), 11)
    assert halved[[2, 6, 10]].tolist() == [5, 3, 2]
    lowered = traced(schedules.exp_range(1, 5, half_cycle=2, gamma=0.5), 7)
    np.testing.assert_allclose(lowered[[0, 2, 4, 6]], [1, 1 + 4 / 4, 1, 1 + 4 / 64])
    bounds = traced(schedules.exp_range(1, 5, half_cycle=2, gamma=0.5, reading="bounds"), 7)
    np.testing.assert_allclose(bounds[[0, 2, 4, 6]], [1, 5 / 4, 1 / 16, 5 / 64])
    swept = traced(schedules.sweep(1e-4, 1, 8), 12)
    np.testing.assert_allclose(swept[[0, 2, 4, 8, 11]], [1e-4, 1e-3, 1e-2, 1, 1], rtol=1e-5)
    np.testing.assert_allclose(np.diff(np.log(swept[:9])), math.log(1e4) / 8, rtol=1e-4)
    straight = traced(schedules.sweep(1, 9, 8, growth="linear"), 12)
    np.testing.assert_allclose(straight[[0, 1, 4, 8, 11]], [1, 2, 5, 9, 9])
    eased = traced(schedules.cosine(2, 10, low=1), 14)
    np.testing.assert_allclose(eased[[0, 5, 10, 13]], [2, 1.5, 1, 1], rtol=1e-6)
    warm = traced(schedules.warm_up(schedules.cosine(2, 10), 4), 15)
    np.testing.assert_allclose(warm[[0, 1, 2, 4, 9, 14]], [0, 0.5, 1, 2, 1, 0], atol=1e-6)
    cycle = traced(schedules.one_cycle(1, 100), 120)
    np.testing.assert_allclose(cycle[[0, 29, 99, 119]], [1 / 25, 1, 1 / 25e4, 1 / 25e4], rtol=1e-4, atol=1e-9)
    assert cycle.argmax() == 29


def test_other_numbers_do_not_compile_again():
    traces = []

    @jax.jit
    def values(dials):
        traces.append(0)
        return jax.vmap(lambda step: at_step({"rate": part}, dials, Clock(step, step, 1))["rate"])(jnp.arange(20))

    part = schedules.triangular(0.1, 1, half_cycle=3)
    first = values({f"rate.{path}": jnp.float32(value) for path, value in part.dials()})
    second = values({f"rate.{path}": jnp.float32(2 * value) for path, value in part.dials()})
    assert len(traces) == 1
    assert not np.array_equal(first, second)


def torch_s(build, steps, start=0.1):
    """The rates that a scheduler of PyTorch sets, step by step."""
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own: pip install 'seedbed[bench]'")
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=start, momentum=0.9)
    scheduler = build(torch.optim.lr_scheduler, rule)
    found = []
    for _ in range(steps):
        found.append(rule.param_groups[0]["lr"])
        rule.step()
        scheduler.step()
    return np.array(found)


THEIRS = {
    "MultiStepLR": (schedules.drops([0.1, 0.02, 0.004], at=[10, 25]), lambda s, r: s.MultiStepLR(r, [10, 25], 0.2)),
    "ExponentialLR": (schedules.exponential(0.1, 0.97), lambda s, r: s.ExponentialLR(r, 0.97)),
    "StepLR": (schedules.exponential(0.1, 0.5, every=7, staircase=True), lambda s, r: s.StepLR(r, 7, 0.5)),
    "CosineAnnealingLR": (
        schedules.cosine(0.1, 40, low=0.01), lambda s, r: s.CosineAnnealingLR(r, 40, eta_min=0.01)),
    "LinearLR": (
        schedules.warm_up(0.1, 10, start=0.1 / 3), lambda s, r: s.LinearLR(r, total_iters=10)),
    "CyclicLR triangular": (schedules.triangular(0.01, 0.2, 6), lambda s, r: s.CyclicLR(r, 0.01, 0.2, 6)),
    "CyclicLR triangular2": (
        schedules.triangular2(0.01, 0.2, 6), lambda s, r: s.CyclicLR(r, 0.01, 0.2, 6, mode="triangular2")),
    "CyclicLR exp_range": (
        schedules.exp_range(0.01, 0.2, 6, gamma=0.97),
        lambda s, r: s.CyclicLR(r, 0.01, 0.2, 6, mode="exp_range", gamma=0.97)),
    "OneCycleLR": (schedules.one_cycle(0.2, 41), lambda s, r: s.OneCycleLR(r, 0.2, total_steps=41)),
    "OneCycleLR linear": (
        schedules.one_cycle(0.2, 41, anneal="linear"),
        lambda s, r: s.OneCycleLR(r, 0.2, total_steps=41, anneal_strategy="linear")),
    "OneCycleLR three phases": (
        schedules.one_cycle(0.2, 41, pct_start=0.4, div_factor=10, final_div_factor=100, three_phase=True),
        lambda s, r: s.OneCycleLR(r, 0.2, total_steps=41, pct_start=0.4, div_factor=10, final_div_factor=100,
                                  three_phase=True)),
}  # fmt: skip


@pytest.mark.parametrize("name", THEIRS)
def test_values_are_torch_s(name):
    part, build = THEIRS[name]
    np.testing.assert_allclose(traced(part, 40), torch_s(build, 40), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: schedules.triangular(0.1, 1, half_cycle=0), "half_cycle of triangular must be above 0, got 0"),
        (lambda: schedules.triangular(0.1, 1, 3, unit="epochs"), 'unit of triangular is "step" or "epoch"'),
        (lambda: schedules.drops([1, 2], at=[3, 4]), "one value more than there are drops, got 2 values and 2 drops"),
        (lambda: schedules.drops([1, 2, 3], at=[4, 4]), "rising times above 0"),
        (lambda: schedules.drops([1, 2], at=[0]), "rising times above 0"),
        (lambda: schedules.drops([1, math.nan], at=[5]), "must be finite"),
        (lambda: schedules.drops("12", at=[5]), "are a list of numbers"),
        (lambda: schedules.one_cycle(1, 10, pct_start=1), "pct_start of one_cycle is a share below 1"),
        (lambda: schedules.one_cycle(1, 10, pct_start=0.5, three_phase=True), "below 1/2 with three phases"),
        (lambda: schedules.one_cycle(1, 10, anneal="cos"), 'anneal of one_cycle is "cosine" or "linear"'),
        (lambda: schedules.sweep(0, 1, 10), "low of sweep must be above 0"),
        (lambda: schedules.exp_range(0, 1, 3, 0.9, reading="both"), '"amplitude" or "bounds"'),
        (lambda: schedules.warm_up("relu", 3), "must be a number"),
        (lambda: schedules.exponential(1, 0), "factor of exponential must be above 0"),
        (lambda: schedules.exponential(1, 0.5, staircase=1), "staircase of exponential is True or False"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(make, says):
    with pytest.raises(PartError, match=says.replace("(", r"\(")):
        make()
