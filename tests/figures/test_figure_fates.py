"""How members ended: the bars are the shares, numbers stand where there is room, and what is refused."""

import pytest

from seedbed import figures
from seedbed.errors import SpecError

SETTINGS = [
    ("as the sheet", {"arrived": 64, "dead": 0, "not finite": 0}),
    ("summed", {"arrived": 1, "dead": 60, "not finite": 3}),
]


def bars(axes):
    """(row, left end, width) of every bar that has a width."""
    found = [(round(bar.get_y() + bar.get_height() / 2), bar.get_x(), bar.get_width()) for bar in axes.patches]
    return [bar for bar in found if bar[2] > 0]


def test_bars_are_shares_that_fill_the_row():
    (axes,) = figures.fates(SETTINGS).axes
    assert bars(axes) == [(0, 0, 1), (1, 0, 1 / 64), (1, 1 / 64, 60 / 64), (1, 61 / 64, 3 / 64)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as the sheet", "summed"]


def test_numbers_stand_where_there_is_room():
    (axes,) = figures.fates(SETTINGS).axes
    assert [text.get_text() for text in axes.texts] == ["64", "60", "3"]


def test_the_legend_names_every_fate_also_those_nobody_had():
    (legend,) = figures.fates(SETTINGS).legends
    assert [text.get_text() for text in legend.get_texts()] == ["arrived", "dead", "not finite"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "at least one setting"),
        ([("a", dict.fromkeys("uvwxyz", 1))], "one to 5 fates"),
        ([("a", {"arrived": 1}), ("b", {"dead": 1})], '"b" needs members that had the fates'),
        ([("a", {"arrived": 0})], '"a" needs members'),
    ],
)
def test_what_is_refused(settings, sentence):
    with pytest.raises(SpecError, match=sentence):
        figures.fates(settings)
