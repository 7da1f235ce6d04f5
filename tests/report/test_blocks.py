"""Blocks, the page they make, and what stands first on it, from records made here."""

import re
import sys

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue.reporting import comparisons
from seedbed.report import glossary
from seedbed.report.compose import compose
from seedbed.report.context import Context
from seedbed.report.frame import text_of
from seedbed.report.in_short import in_short, spoken
from seedbed.report.page import Figure, Prose, Table
from seedbed.report.verdicts import TITLE, statements
from seedbed.study import Profile

SEEDS = 30


def arrivals(values, cap=1_000, **factors):
    """A record of arrivals, (setting..., seed)."""
    steps = np.asarray(values, float)
    dims = [*factors, "seed"]
    made = {
        "hit_step": (dims, np.where(steps < cap, steps, np.nan)),
        "stop_step": (dims, np.minimum(steps, cap)),
        "diverged_step": (dims, np.full(steps.shape, np.nan)),
    }
    coords = {**factors, "seed": np.arange(steps.shape[-1])}
    return xr.Dataset(made, coords, {"cap": cap, "target": "train_accuracy at least 1", "factors": " ".join(factors)})


def losses(values, **factors):
    """A record of last test losses, (setting..., seed)."""
    found = np.asarray(values, float)
    dims = [*factors, "seed"]
    made = {"final_test_loss": (dims, found), "stop_step": (dims, np.full(found.shape, 10.0))}
    return xr.Dataset(
        made, {**factors, "seed": np.arange(found.shape[-1])}, {"factors": " ".join(factors), "target": ""}
    )


def context(record, page=(), claims=(), **study):
    made = sb.Study(name="tried", title="t", source="s", question="q", page=page, **study)
    return Context(made, Profile("smoke", SEEDS), {"record": record}, claims=claims)


@pytest.fixture
def three():
    """Arrivals of three networks: b after twice as many steps as a, c hardly later than b."""
    rng = np.random.default_rng(1)
    base = rng.normal(100, 10, SEEDS)
    return arrivals([base, 2 * base, 2 * base + rng.normal(0, 5, SEEDS)], net=["a", "b", "c"])


def test_a_block_gives_items_readings_and_an_answer_from_one_computation(three):
    calls = []

    def own(seen):
        calls.append(seen)
        yield "Words, **and** more."
        yield sb.Table(("a",), [(1,)], "Numbers")
        yield sb.Reading("found", 7)
        yield sb.Answer("It is seven.")

    page = compose(context(three, [sb.Section("Mine", [own], asks="How many?"), sb.show.arrivals()]))
    assert len(calls) == 1
    assert [type(one) for one in page.sections[0].items] == [Prose, Table]
    assert page.readings == {"found": 7}
    assert page.short.answers == [("How many?", "It is seven.", "Mine")]
    assert [section.title for section in page.sections] == ["Mine", "When they arrive"]


def test_sections_without_anything_to_show_or_without_their_record_are_left_out(three):
    single = three.isel(net=[0])
    page = [
        sb.Section("Compared", [sb.show.compare()]),
        sb.Section("Padded", ["Words."], needs="padded"),
        sb.Section("Words", ["Here."]),
    ]
    assert [section.title for section in compose(context(single, page)).sections] == ["Words"]


def test_a_block_alone_may_yield_sections(three):
    def each(seen):
        for name in seen.score.names:
            yield sb.Section(f"Network {name}", [f"This is {name}."])

    assert [section.title for section in compose(context(three, [each])).sections] == [
        "Network a",
        "Network b",
        "Network c",
    ]


@pytest.mark.parametrize("page", [["a text"], [sb.Section("Mine", [lambda seen: [3]])]])
def test_what_is_no_item_of_a_page_is_refused(three, page):
    with pytest.raises(sb.errors.SpecError, match=r"sb\.Section|wrap it in one"):
        compose(context(three, page))


def test_texts_take_the_score_of_settings_that_were_run(three):
    page = [sb.Section("Said", ["With a it is {score[a]}.", "With d it is {score[d]}."])]
    (section,) = compose(context(three, page)).sections
    (prose,) = section.items
    mean = three["hit_step"].sel(net="a").mean().item()
    assert prose.text.startswith(f"With a it is {mean:.0f} [")


def test_without_a_page_every_result_is_told(three):
    page = compose(context(three))
    assert [section.title for section in page.sections] == [
        "How they ended", "Arrival", "The order of the settings", "What one run would have said",
    ]  # fmt: skip


def test_in_short_tells_medians_with_intervals_and_what_cannot_be_told_apart(three):
    told = spoken(in_short(context(three), [], []))["sentences"]
    middle = float(np.sort(three["hit_step"].sel(net="a").values)[SEEDS // 2 - 1])
    assert (
        f"Of {SEEDS} networks each, half reached the target (training accuracy at least 1) after {middle:.0f} steps"
        in told
    )
    assert "95 % interval" in told
    assert re.search(r"(b and c|c and b) cannot be told apart at 5 %", told)
    assert ". The settings " in told
    assert "One run of each would have given another order in" in told


def test_in_short_says_when_nothing_can_be_told():
    never = arrivals(np.full((2, SEEDS), 2_000.0), net=["a", "b"])
    told = spoken(in_short(context(never), [], []))["sentences"]
    assert told.startswith("Nothing can be told about arrival: none of 60 networks")
    assert "more steps are needed, not more seeds" in told
    rng = np.random.default_rng(2)
    alike = losses(rng.normal(1, 0.5, (2, SEEDS)), net=["a", "b"])
    told = spoken(in_short(context(alike), [], []))["sentences"]
    pair = sb.stats.luck.needed(context(alike).score.members)[0]
    assert f"No two settings can be told apart with {SEEDS} seeds" in told
    assert f"needs about {pair.expected[0.8]:,} (power 80 %)" in told


def test_one_network_has_no_interval():
    record = losses([[0.5], [0.25]], net=["a", "b"])
    told = spoken(in_short(context(record), [], []))["sentences"]
    assert "of 1 network each is 0.25 with b and 0.5 with a. One network gives no interval: run more seeds." in told
    assert "no bound" not in told
    arrived = arrivals([[100.0]], net=["a"])
    assert "no interval" in spoken(in_short(context(arrived), [], []))["sentences"]


def test_n_of_1_is_of_one_network():
    shown = compose(
        context(losses([[0.5], [0.25]], net=["a", "b"]), [sb.Section("All", [sb.show.scores(), "Of n = 1 members."])])
    )
    texts = [getattr(item, name, "") for section in shown.sections for item in section.items
             for name in ("text", "caption")]  # fmt: skip
    assert any("n = 1 member" in text for text in texts)
    assert not any("n = 1 members" in text for text in texts)


def test_in_short_draws_the_best_setting_on_top():
    rng = np.random.default_rng(3)
    record = losses(rng.normal([[0.5], [0.9], [0.2]], 0.01, (3, SEEDS)), net=["a", "b", "c"])
    lower, higher = (
        in_short(context(record, score=sb.score("final_test_loss", better=better)), [], [])
        for better in ("lower", "higher")
    )
    names = [[label.get_text() for label in one.figure.figure.axes[0].get_yticklabels()] for one in (lower, higher)]
    assert names == [["c", "a", "b"], ["b", "a", "c"]]
    assert isinstance(lower.figure, Figure)


def test_in_short_counts_statements_and_their_verdicts_as_run_here(three):
    claims = [
        {"verdict": "supported", "under": "supported"},
        {"verdict": "set-up differs", "under": "refuted"},
        {"verdict": "set-up differs", "under": "supported"},
    ]
    told = spoken(in_short(context(three, claims=claims), [], []))["sentences"]
    assert "Of 3 published statements, 1 is supported; 2 had another set-up than this run" in told
    assert "as run here 1 of these would be supported, 1 refuted" in told


def test_without_a_score_statements_come_after_the_answers():
    claims, grid = [{"verdict": "cannot be told", "under": ""}], xr.Dataset({"value": ("place", [1.0])})
    section = sb.Section("Mine", [Prose("x")], asks="How much?")
    short = in_short(context(grid, claims=claims), [section], [(section, "So much.")])
    assert short.sentences == ""
    assert short.answers == [
        ("How much?", "So much.", "Mine"),
        ("What becomes of the published statements?", "Of 1 published statement, 1 cannot be told.", TITLE),
    ]
    assert in_short(context(grid, claims=claims), [], []).sentences == "Of 1 published statement, 1 cannot be told."


def test_one_network_is_no_networks(three):
    one = context(three.isel(seed=slice(1)))
    assert spoken(in_short(one, [], []))["sentences"].startswith("Of 1 network each, half reached the target")
    alone = context(three.isel(seed=slice(1), net=[0]))
    answers = [item.text for item in sb.show.arrivals()(alone) if isinstance(item, sb.Answer)]
    assert answers[0].startswith("Of 1 network, half arrived after")
    lost = spoken(in_short(context(losses(np.ones((2, 1)), net=["a", "b"])), [], []))["sentences"]
    assert lost.startswith("The mean test loss of 1 network each is 1 with a and 1 with b. One")


def test_each_setting_against_a_baseline(three):
    items = list(sb.show.compare(to="b")(context(three)))
    (table,) = (one for one in items if isinstance(one, Table))
    assert [(row[0], row[-1]) for row in table.rows] == [("a", "better"), ("c", "not told apart")]
    (reading,) = (one for one in items if isinstance(one, sb.Reading))
    gap = (three["hit_step"].sel(net="a") - three["hit_step"].sel(net="b")).mean().item()
    assert reading.value[0]["difference"]["estimate"] == pytest.approx(gap)
    (answer,) = (one for one in items if isinstance(one, sb.Answer))
    assert answer.text.startswith("Against b, by mean steps: better: a (")
    (missing,) = sb.show.compare(to="d")(context(three))
    assert "no setting d" in missing.text


def test_higher_is_better_where_the_score_says_so():
    rng = np.random.default_rng(4)
    record = losses(rng.normal([[0.5], [0.9]], 0.01, (2, SEEDS)), net=["a", "b"])
    seen = context(record, score=sb.score("final_test_loss", better="higher"))
    (table, *_) = sb.show.compare(to="a")(seen)
    assert table.rows[0][-1] == "better"
    assert seen.score.order.names == ("b", "a")


def test_seeds_without_a_score_are_left_out_and_counted():
    values = np.random.default_rng(5).normal(1, 0.1, (2, SEEDS))
    values[1, 3] = np.nan
    score = context(losses(values, net=["a", "b"])).score
    assert (score.n, score.lost) == (SEEDS - 1, 1)
    assert score.means[0].estimate == pytest.approx(np.delete(values[0], 3).mean())


def test_two_factors_together():
    rng = np.random.default_rng(6)
    base = rng.normal(0, 0.01, SEEDS)
    values = np.array(
        [[base, base + 1.0], [base + 2.0, base + 5.0]]
    )  # a adds 2 under the first b and 4 under the second
    seen = context(losses(values, a=["a1", "a2"], b=["b1", "b2"]))
    items = list(sb.show.interaction("a", "b")(seen))
    (reading,) = (one for one in items if isinstance(one, sb.Reading))
    assert reading.value["estimate"] == pytest.approx(2.0)
    assert "do not simply add up" in next(one for one in items if isinstance(one, Prose)).text
    assert list(sb.show.interaction("a", "b")(context(losses(values[:1], a=["a1"], b=["b1", "b2"])))) == []


def test_a_score_is_computed_once_for_all_blocks(three, monkeypatch):
    seen, calls = context(three), []
    once = sb.stats.pairwise
    monkeypatch.setattr(sys.modules["seedbed.stats.hits"], "pairwise", lambda *how: calls.append(1) or once(*how))
    list(sb.show.compare()(seen))
    list(sb.show.compare(record="record", ranks=False)(seen))
    assert comparisons(seen, seen.records) == [pair.plain() for pair in seen.score.pairs]
    assert len(calls) == 1


def test_a_report_explains_the_terms_it_uses_and_no_others(three):
    page = compose(context(three, [sb.Section("Mine", ["The restricted mean is paired by seed."])]))
    assert "restricted mean" in glossary.used(text_of(page))
    assert "dead" not in glossary.used(text_of(page))
    assert page.short.notes.startswith("*95 % interval*: ")


def yes_or_no(counts, **factors):
    """A record in which so many of the members of each setting collapsed."""
    found = np.arange(SEEDS) < np.asarray(counts)[:, None]
    return losses(np.zeros(found.shape), **factors).assign(collapsed=([*factors, "seed"], found))


def test_a_score_that_is_yes_or_no_is_told_as_a_share_with_its_interval():
    asked = context(
        yes_or_no([27, 3], net=["a", "b"]), [sb.show.scores()], score=sb.score("collapsed", words="collapsed")
    )
    share = sb.stats.wilson(3, SEEDS)
    assert asked.score.means[1] == share
    words = spoken(in_short(asked, [], []))["sentences"]
    bounds = f"{100 * share.low:.1f} % to {100 * share.high:.1f} %"
    assert f"Of 30 networks each, 10.0 % (95 % interval {bounds}) with b and 90.0 %" in words
    assert "collapsed. Every pair can be told apart" in words
    (table,) = (one for one in compose(asked).sections[0].items if isinstance(one, Table))
    assert table.columns == ("setting", "collapsed")
    assert [row[0] for row in table.rows] == ["a", "b"]


def test_a_share_by_step_has_wilson_s_interval_at_every_step():
    curve = sb.show.share_curve("a", [0, 10, 20], [0, 5, 5], 20)
    share = sb.stats.wilson(5, 20)
    assert (curve.share[1], curve.low[2], curve.high[1]) == (share.estimate, share.low, share.high)
    assert curve.steps.tolist() == [0, 10, 20]


def test_curves_say_a_variable_in_words_of_ones_own_and_figures_are_renamed():
    steps = np.arange(5)
    made = losses(np.ones((2, SEEDS)), net=["a", "b"]).assign_coords(step=steps)
    made["largest_weight"] = (("net", "seed", "step"), np.ones((2, SEEDS, 5)))
    made.attrs["cap"] = 4
    block = sb.show.renamed("lines_{}", sb.show.curves("largest_weight", says={"largest_weight": "Largest of all"}))
    (figure,) = block(context(made))
    assert figure.name == "lines_largest_weight"
    assert figure.caption.startswith("Largest of all against step")
    assert figure.words == "Largest of all against step"


def test_times_of_a_step_are_a_row_per_setting_however_often_they_were_repeated():
    took = np.array([[[1e-3, 2e-3, 3e-3]], [[2e-3, 4e-3, 6e-3]]])
    times = xr.Dataset(
        {"alone": (("arm", "seed", "repeat"), took), "wave": (("arm", "seed", "repeat"), took / 2)},
        {"arm": ["plain", "both"], "seed": [0]},
        {"device": "a processor"},
    )
    seen = context(times)
    found = list(sb.show.step_times(record="record", to="plain").items(seen))
    assert [row[0] for row in found[0].rows] == ["plain", "both"]
    assert found[0].rows[1][3] == "2"
    assert "both 2 (2 to 2)" in found[2].text
    assert "n = 3" in found[2].text


def test_what_differs_is_told_once_and_named_by_its_number(three):
    other = "batches of 32 instead of 64"
    found = {
        "statement": "a is faster than b", "source": "S", "check": "", "verdict": "set-up differs",
        "under": "supported", "differs": other, "contradicts": "", "findings": [], "effect": None, "one_run": None,
        "n": 30, "reason": "r",
    }  # fmt: skip
    section = statements([{**found, "id": "one"}, {**found, "id": "two"}])
    table, notes = section.items[1:]
    assert [row[2].startswith("The set-up differs (difference 1).") for row in table.rows] == [True, True]
    assert notes.text.count(other) == 1
