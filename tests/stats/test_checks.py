# ruff: noqa: E501 - sentences stand as they are told
"""The language of claims: what it reads, what it refuses and in which words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import StatsError
from seedbed.stats.checks import RELATIONS, STATISTICS, Check, Term, parse

NAMES = st.from_regex(r"[a-z]\w{0,8}", fullmatch=True).filter(str.isascii)
LEVELS = st.text("abz019 .-_+(,=%'", min_size=1, max_size=12).map(str.strip).filter(bool) | st.sampled_from(
    ["relu", "leaky_relu(slope=0.1)", "32-64-32", "9 hidden", "elu(alpha=1, beta=2)", "1e-05"]
)  # fmt: skip
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(float)
POSITIVE = st.floats(1e-6, 99, allow_nan=False)


@st.composite
def terms(draw):
    statistic = draw(st.sampled_from(STATISTICS[:-1]))
    q = draw(st.floats(0.01, 0.99)) if statistic == "quantile" else None
    times = draw(st.one_of(st.just(1.0), POSITIVE))
    return Term(statistic, draw(NAMES), draw(st.dictionaries(NAMES, LEVELS, max_size=3)), q, times)


@settings(max_examples=40, deadline=None)
@given(st.lists(terms() | NUMBERS, min_size=1, max_size=3), terms(), st.data())
def test_what_is_written_is_read_back(others, one, data):
    sides = (*others, one)
    relations = tuple(data.draw(st.sampled_from(RELATIONS[:4])) for _ in others)
    check = Check(sides, relations)
    assert parse(str(check)) == check


@settings(max_examples=40, deadline=None)
@given(terms(), terms() | NUMBERS, POSITIVE, st.booleans())
def test_equality_is_read_back_with_its_margin(one, other, margin, relative):
    check = Check((one, other), ("=",), margin, relative)
    assert parse(str(check)) == check


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("share(x)>90%", "share(x) > 0.9"),
        ("  mean( x , a = relu )<=1_000 ", "mean(x, a=relu) <= 1000"),
        ("quantile(hit_step, 90 %) < 2*median(hit_step)", "quantile(hit_step, 0.9) < 2.0 * median(hit_step)"),
        ('mean(x, a="relu") < 3', "mean(x, a=relu) < 3"),
        ("800 < median(x) < 1e3", "800.0 < median(x) < 1000.0"),
    ],
)
def test_ways_to_write_the_same(line, same):
    assert parse(line) == parse(same)


BAD = {
    "medain(hit_step) < 3": 'at "medain(hit_step) < 3" (character 1): there is no statistic "medain"; did you mean "median"?; '
    "use one of mean, median, iqm, quantile, share, one_run",
    "median(hit_step) <": "at its end: a statistic or a number was expected; "
    "use one of mean, median, iqm, quantile, share, one_run",
    "median(hit_step < 3": 'at "< 3" (character 17): the bracket of "median" is not closed; write ")" here',
    "median(hit_step) == 3": 'at "== 3" (character 18): there is no relation "=="; use <= >= < > =',
    "mean(x) within 3": 'at its end: a relation was expected; compare with a number or another term, such as "< 1000"',
    "mean(x, 0.3) < 2": 'at "0.3) < 2" (character 9): "mean" takes no number; only quantile does: quantile(hit_step, 0.9)',
    "quantile(x) < 2": 'at "< 2" (character 13): quantile needs its q; write quantile(hit_step, 0.9)',
    "quantile(x, 3) < 2": 'at "3) < 2" (character 13): the q of a quantile lies between 0 and 1, got 3; write 0.9 or 90 %',
    "mean(x) < 3 foo": 'at "foo" (character 13): nothing more was expected; join terms by <= >= < > =, or take the rest away',
    "mean(x, a=1, a=2) < 3": 'at "a=2) < 3" (character 14): a is given twice; name one level of it',
    "mean(x, a=) < 3": 'at ") < 3" (character 11): a level of a was expected; write a=level',
    "mean(x, a) < 3": 'at ") < 3" (character 10): after the factor "a" its level was expected; write "=" here',
    'mean(x, a="b) < 3': 'at ""b) < 3" (character 11): the quotation mark is not closed; close it',
    "mean(x) = 3 within -2": 'at "-2" (character 20): "within" takes a positive number; write "within 10 %" or "within 5"',
    "mean(x) = 3 within 200 %": 'at "200 %" (character 20): a margin in percent lies below 100; write "within 10 %"',
    "-2 * mean(x) < 3": 'at "mean(x) < 3" (character 6): a factor before a statistic must be positive, got -2; '
    "turn the relation around instead",
    "mean x < 3": 'at "x < 3" (character 6): "mean" takes a variable in brackets; write "(" here',
    "": "at its end: a statistic or a number was expected; use one of mean, median, iqm, quantile, share, one_run",
}
IDLE = {
    "median(x) = 3": '"=" needs a margin, got "median(x) = 3"; add for instance "within 10 %"',
    "3 < 4": 'a check says something of a record, got "3 < 4" with numbers alone; write median(hit_step)',
    "one_run(x) < 3": 'one_run(...) is compared as "one_run(hit_step) = 917", got "one_run(x) < 3"; write it so',
    "2 * one_run(x) = 3": 'one_run(...) takes no factor, got "2 * one_run(x) = 3"; divide the number instead',
    "mean(x) < 3 within 2": '"within" belongs to "=", got "mean(x) < 3 within 2"; leave it out, or write "="',
    "3 = mean(x) within 1": 'a number stands right of "=", got "3 = mean(x) within 1"; turn the two sides around',
    "mean(x) = 1 < 2 within 1": '"=" stands alone in a check, got "mean(x) = 1 < 2 within 1"; '
    "state each equality as a check of its own",
}


@pytest.mark.parametrize("line", BAD)
def test_what_cannot_be_read_is_one_sentence_with_its_place(line):
    with pytest.raises(StatsError) as caught:
        parse(line)
    assert str(caught.value) == f'the check "{line}" cannot be read {BAD[line]}'


@pytest.mark.parametrize("line", IDLE)
def test_what_says_nothing_is_refused(line):
    with pytest.raises(StatsError) as caught:
        parse(line)
    assert str(caught.value) == IDLE[line]


@settings(max_examples=40, deadline=None)
@given(st.text('mean()hit_stp,=<> 0.9*%"within', max_size=30))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        check = parse(text)
    except StatsError:
        return  # in words, as the type says; anything else fails here
    assert parse(str(check)) == check
