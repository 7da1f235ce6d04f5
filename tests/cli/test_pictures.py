"""Schedules as a line of a terminal: which have a picture, on which scale, and what stands beside it."""

import pytest

import seedbed as sb
from seedbed.cli.pictures import WIDTH, picture, pictures
from seedbed.vocabulary import schedules
from seedbed.vocabulary.lengths import Epochs


def test_a_drop_lies_where_it_is_and_the_ends_are_named():
    shown = picture(schedules.drops([0.1, 0.01], at=[25]), 100)
    bars, _, told = shown.partition("  ")
    assert abs(bars.count("█") - WIDTH // 4) <= 1
    assert bars == "█" * bars.count("█") + "▁" * bars.count("▁")
    assert told == "0.1 to 0.01 in 100 steps"


def test_a_cycle_goes_up_and_down_over_its_epochs():
    bars = picture(schedules.triangular(0.1, 0.5, half_cycle=2, unit="epoch"), Epochs(4)).partition("  ")[0]
    assert bars[WIDTH // 2] == max(bars) == "█"
    assert (bars[0], bars[-1]) == ("▁", "▁")


def test_a_span_of_decades_is_logarithmic():
    bars = picture(schedules.sweep(1e-6, 1.0, length=480), 480).partition("  ")[0]
    assert abs(bars.count("▁") - bars.count("▄")) < WIDTH // 6  # on a linear scale nearly all would be lowest


@pytest.mark.parametrize("length", [100, Epochs(4)])
def test_units_that_do_not_fit_the_length_have_no_picture(length):
    other = "epoch" if length == 100 else "step"
    assert picture(schedules.cosine(0.1, length=2, unit=other), length) == ""


def test_each_setting_with_a_schedule_has_a_line():
    net = sb.Spec(data=sb.data.corners(), model=sb.models.mlp([2]), loss="cross_entropy", steps=40, stop=None,
                  optimizer=sb.optimizers.sgd(sb.schedules.drops([0.1, 0.01], at=[20])))  # fmt: skip
    assert [name for name, _ in pictures(net)] == ["learning rate"]
    assert pictures(net.replace(optimizer=sb.optimizers.sgd(0.1))) == []
