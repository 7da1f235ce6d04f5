"""Numbers, prose and sentences: what a reader reads."""

import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed import stats
from seedbed.report import numbers, prose, sentences
from seedbed.report.numbered import grid
from seedbed.report.page import Table

CAP = 10_000


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


def interval(estimate, low, high, n=40):
    return {"estimate": estimate, "low": low, "high": high, "level": 0.95, "method": "m", "n": n}


def entry(share, median, **more):
    return {
        "factors": {"activation": "relu", "loss": "l2"},
        "n": 40,
        "hit_share": share,
        "hit_step": {"median": median},
        **more,
    }


def test_a_share_is_told_with_count_n_and_interval():
    some = sentences.share_sentence(entry(interval(0.875, 0.74, 0.945), None, diverged=3, dead=0), CAP)
    assert plain(some) == (
        "Of 40 networks with relu and l2, 35 arrived within 10,000 steps: 88 % (95 % interval 74 % to 94 %). "
        "Of all 40, 3 diverged."
    )
    assert "never arrived: none of 40" in sentences.share_sentence(entry(interval(0.0, 0.0, 0.09), None), CAP)
    assert sentences.share_sentence(entry(interval(1.0, 0.91, 1.0), None), CAP).startswith("All 40 networks")


def test_a_median_is_told_or_said_not_to_exist():
    told = sentences.median_sentence(entry(None, interval(9623.0, 9400.0, None)), CAP)
    assert plain(told) == "The median network with relu and l2 took 9,623 steps (95 % interval from 9,400 on, n = 40)."
    none = sentences.median_sentence(entry(None, interval(None, None, None)), CAP)
    assert (
        plain(none)
        == "There is no median for relu and l2: fewer than half of its networks arrived within 10,000 steps (n = 40)."
    )


def comparison(**changes):
    base = {
        "a": {"loss": "l2"}, "b": {"loss": "cross_entropy"}, "difference": interval(1294.75, 515.1, 2479.1),
        "p": 0.0249,
        "a_beats_b": interval(0.325, 0.2, 0.48), "ties": 0, "both_never": 0,
        "one_run_misleads": interval(0.3706, 0.2578, 0.4996), "one_run_ties": 0.0,
    }  # fmt: skip
    return base | changes


def test_an_order_names_the_faster_one_whichever_way_it_was_asked():
    told = plain(sentences.order_sentence(comparison()))
    assert told.startswith(
        "With cross entropy, networks arrive sooner than with l2, on average by 1,295 steps "
        "(95 % interval 515 to 2,479, p = 0.025"
    )
    assert "cross entropy is first in 68 % of cases" in told
    turned = comparison(
        a={"loss": "cross_entropy"}, b={"loss": "l2"}, difference=interval(-1294.75, -2479.1, -515.1),
        a_beats_b=interval(0.675, 0.52, 0.8),
    )  # fmt: skip
    assert plain(sentences.order_sentence(turned)) == told


def test_what_cannot_be_told_apart_is_said_to_be_so():
    assert "cannot be told apart" in sentences.order_sentence(comparison(p=0.3))
    assert "cannot be told apart" in sentences.order_sentence(comparison(p=None))
    never = sentences.order_sentence(comparison(both_never=40))
    assert "never arrived" in never
    assert "cannot be told apart" in never


def test_one_run_is_told_with_its_chance_and_its_ties():
    assert "the opposite order in 37 %" in plain(sentences.one_run_sentence(comparison()))
    assert plain(sentences.one_run_sentence(comparison(one_run_ties=0.125))).endswith("and no order in 12 %.")
    assert "no order that one run could contradict" in sentences.one_run_sentence(
        comparison(one_run_misleads=interval(None, None, None))
    )


def test_sentences_take_what_stats_gives(records):
    record = records["main"].assign_coords(activation=["relu", "sigmoid"], seed=[0, 1])
    for found in stats.summarize(record):
        assert "10,000" in sentences.share_sentence(found, CAP)
        assert "n\u00a0=\u00a02" in sentences.median_sentence(found, CAP)
    for pair in stats.compare(record):
        assert "n\u00a0=\u00a02" in sentences.order_sentence(pair)
        assert sentences.one_run_sentence(pair).endswith(".")
    json.dumps(stats.compare(record), allow_nan=False)
