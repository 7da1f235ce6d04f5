"""Numbers, prose and settings in words: what a reader reads."""

import math
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.report import numbers, prose
from seedbed.report.numbered import grid
from seedbed.report.page import Table
from seedbed.report.verdicts import setting_words


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (917, "917"), (917.0, "917"), (4680, "4,680"), (4680.4, "4,680"), (0.27, "0.27"), (0.2748, "0.275"),
        (12.34, "12.3"), (True, "yes"), (np.float32(0.1), "0.1"), (np.int64(12345), "12,345"),
        (0.9996, "1"), (-0.5, "−0.5"), (0.0, "0"), (-0.0, "0"), (-0.00004, "−4 × 10⁻⁵"), (1.5e20, "1.5 × 10²⁰"),
        (None, "—"), (math.nan, "—"), (-math.inf, "−∞"),
    ],
)  # fmt: skip
def test_a_number_is_shown_as_a_reader_wants_it(value, shown):
    assert numbers.number(value) == shown


@given(st.floats(-1e300, 1e300))
def test_a_shown_number_is_within_its_last_digit(value):
    shown = numbers.number(value).replace(",", "").replace("−", "-")
    factor, _, exponent = shown.partition(" × 10")
    power = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) if exponent else 0
    assert math.isclose(float(f"{factor}e{power}"), value, rel_tol=0.0051, abs_tol=5e-324)


def test_only_all_is_a_hundred_percent_and_only_none_is_zero():
    assert plain(numbers.percent(1.0)) == "100 %"
    assert plain(numbers.percent(0.0)) == "0 %"
    for share in (1e-3, 0.004, 255 / 256, 0.99999):
        assert plain(numbers.percent(share)) not in ("0 %", "100 %")


@given(
    st.lists(
        st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=False, width=32), st.integers(-9999, 9999)),
        min_size=1,
    )
)
def test_decimal_points_of_a_column_stand_below_one_another(values):
    column = numbers.column(values)
    assert column.numeric
    ends = {len((cell.text + cell.tail).partition(".")[2]) for cell in column.cells if "×" not in cell.text}
    assert len(ends) <= 1


def test_text_columns_are_left_alone_and_missing_cells_are_dashes():
    table = grid(Table(["name", "x"], [["a", None], ["", float("nan")], ["b", 0.5]], "t"))
    assert table.right == (False, True)
    assert [[cell.text for cell in row] for row in table.rows] == [["a", "—"], ["—", "—"], ["b", "0.5"]]


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.tags = "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def leaves(nodes) -> str:
    inner = (leaves(node.get("body", [])) + "".join(map(leaves, node.get("items", []))) for node in nodes)
    return "".join(node.get("text", "") + below for node, below in zip(nodes, inner, strict=True))


@given(st.text(max_size=200))
def test_both_formats_hold_the_same_words(text):
    page = Words()
    page.feed(prose.to_html(text))
    page.close()
    assert "".join(page.text.split()) == "".join(leaves(prose.to_nodes(text)).split())
    assert not {"script", "img", "style", "iframe"} & set(page.tags)


def test_markdown_beyond_the_contract_is_text():
    html = prose.to_html("# not a heading\n\n![x](http://host/x.png) <b>bold</b>\n\n    indented\n\n> quoted")
    assert "<h1" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "<pre" not in html
    assert "&gt; quoted" in html


def test_a_script_link_is_not_a_link():
    assert "href" not in prose.to_html("[x](javascript:alert(1))")


@given(st.text(alphabet="ab`\n ", max_size=30))
def test_a_listing_shows_any_text_as_it_is(text):
    [node] = prose.to_nodes(prose.listing(f"x{text}x"))
    assert node == {"kind": "listing", "text": f"x{text}x"}


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({}, "the only setting"),
        ({"loss": "cross_entropy"}, "cross entropy"),
        ({"activation": "relu", "loss": "l2", "learning_rate": 0.1}, "relu, l2 and learning rate 0.1"),
    ],
)
def test_a_setting_in_words(levels, words):
    assert setting_words(levels) == words
