"""What the page on depth and width counts, averages and concludes, and one network beside an independent NumPy one."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr

from seedbed import rows, run
from seedbed.datasets.load import load
from seedbed.stats import scores
from seedbed.studies import depth_or_width as page
from seedbed.studies.depth_or_width import networks as study
from seedbed.studies.depth_or_width.tried import lines, winner_words


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("depth_or_width") / "summary.json").read_text())["readings"]


def one(hidden, errors, **more):
    """A reading as the study makes it, and its RMSE over seeds."""
    name = study.name(hidden)
    parameters = 3 * hidden[0] + sum(a * b + b for a, b in itertools.pairwise(hidden)) + hidden[-1] + 1
    given = {"setting": name, "hidden": hidden, "layers": len(hidden), "total": sum(hidden), "others": {},
             "group": study.WORDS[len(hidden)], "parameters": parameters, "n": len(errors), "alone": parameters * 1e-6,
             "rmse": scores.mean(errors)}  # fmt: skip
    return {**given, **more}, {name: np.asarray(errors, float)}


def several(*told):
    return [reading for reading, _ in told], {name: values for _, errors in told for name, values in errors.items()}


NOISE = np.random.default_rng(5).normal(0, 1, (4, 12))
FOUND, ERRORS = several(
    one((128,), 280 + NOISE[0]), one((64, 64), 150 + NOISE[1]), one((32, 96), 170 + NOISE[2]),
    one((32, 64, 32), 120 + NOISE[3]),
)  # fmt: skip


def test_the_sheets_networks_are_all_within_the_budget():
    depths = np.bincount([len(hidden) for hidden in study.SHEET]).tolist()
    assert depths == [0, 6, 25, 112]
    assert max(map(sum, study.SHEET)) == study.BUDGET
    assert len(set(study.SHEET)) == len(study.SHEET)
    assert set(page.PROFILES["quick"]["networks"]) <= set(study.SHEET)
    for numbers in page.PROFILES.values():
        assert set(numbers["controls"]) <= set(numbers["networks"])


def test_full_is_the_sheet():
    question = page.nets(page.study.profile("full"), [(16,), (16, 16)], "sheet")
    assert (question.steps, question.batch_size) == (160_000, 1000)
    assert dict(question.data.options)["n"] == 80_000
    norms = [dict(setting.spec.model.options).get("norm", "none") for setting in question.settings()]
    assert norms == ["none", "batch"]


def test_networks_of_one_total_are_averaged_seed_by_seed():
    cells = study.at_totals(FOUND, ERRORS)
    np.testing.assert_allclose(cells["two layers", 128][1], (ERRORS["64-64"] + ERRORS["32-96"]) / 2)
    drawn = lines(FOUND, ERRORS, "parameters", {})
    two = [reading["parameters"] for reading in FOUND if reading["layers"] == 2]
    assert drawn["two layers"].x.tolist() == [np.mean(two)]
    assert sorted(drawn["two layers"].single[0]) == sorted(two)
    assert drawn["one layer"].single is None


def test_depth_is_judged_by_pairs_and_can_lose_too():
    told = {(pair["deep"], pair["shallow"]): pair for pair in study.at_equal_units(FOUND, ERRORS)}
    assert len(told) == 3
    assert {pair["verdict"] for pair in told.values()} == {"better"}
    assert told["two layers", "one layer"]["difference"].estimate == pytest.approx(-120, abs=2)
    turned = {name: -values for name, values in ERRORS.items()}
    assert {pair["verdict"] for pair in study.at_equal_units(FOUND, turned)} == {"worse"}
    same = dict.fromkeys(ERRORS, ERRORS["128"])
    assert {pair["verdict"] for pair in study.at_equal_units(FOUND, same)} == {"not told apart"}


def test_the_smallest_winner_is_the_smallest_that_wins():
    wins = {(won["best"]["layers"], won["deeper"]): won for won in study.smallest_winners(FOUND, ERRORS, "parameters")}
    two = wins[1, "two layers"]
    assert two["winner"]["setting"] == min(("64-64", "32-96"), key=lambda name: next(
        reading["parameters"] for reading in FOUND if reading["setting"] == name))  # fmt: skip
    assert two["ratio"] == two["winner"]["parameters"] / FOUND[0]["parameters"]
    assert wins[2, "three layers"]["best"]["setting"] == "64-64"
    lost = study.smallest_winners(FOUND, {**ERRORS, "64-64": ERRORS["128"] + 9, "32-96": ERRORS["128"] + 9}, "alone")
    assert lost[0]["winner"] is None
    assert "None of the 2 networks of two layers is shown" in winner_words(lost, "alone", lambda _: "x")
    single = [{**lost[0], "tried": 1}]
    assert "The one network of two layers is not shown to be better." in winner_words(single, "alone", lambda _: "x")


def test_one_seed_compares_nothing_and_says_so():
    found, errors = several(one((128,), [280.0]), one((64, 64), [150.0]), one((32, 64, 32), [120.0]))
    assert study.at_equal_units(found, errors) == study.smallest_winners(found, errors, "alone") == []
    assert "one seed" in page.equal_words([])
    assert "one seed" in winner_words([], "alone", str)
    assert study.order_at_128(errors) is None


def test_the_published_order_is_judged_both_ways():
    assert study.order_at_128(ERRORS)["verdict"] == "holds"
    assert study.order_at_128({**ERRORS, "32-64-32": ERRORS["64-64"] + 9})["verdict"] == "does not hold"
    assert study.order_at_128({**ERRORS, "32-64-32": ERRORS["64-64"]})["verdict"] == "is not decided"
    assert study.order_at_128({name: ERRORS[name] for name in ("128", "64-64")}) is None


def test_a_network_that_diverged_counts_as_a_constant():
    part = xr.Dataset({"final_test_squared_error": ("seed", [0.25, np.nan, 0.25, np.inf]),
                       "diverged_step": ("seed", [np.nan, 3.0, 7.0, np.nan])})  # fmt: skip
    np.testing.assert_allclose(study.rmse(part, {}), [150, *[study.BASELINE] * 3])
    np.testing.assert_allclose(study.rmse(part, {"scale": 2.0})[0], 1.0)


def test_seconds_of_a_timing_that_diverged_are_none():
    times = {way: (("seed", "repeat"), [[1.0, values, 3.0]]) for way, values in (("alone", 2.0), ("wave", np.nan))}
    found = study.seconds_of(xr.Dataset({**times, "lanes": ("seed", [16])}))
    assert (found["alone"], found["alone_range"], found["lanes"]) == (2.0, (1.0, 3.0), 16)
    assert np.isnan(found["wave"])


def test_the_answer_counts_the_totals_at_which_depth_pays():
    versus = study.at_equal_units(FOUND, ERRORS)
    assert page.verdicts(versus)["two layers", "one layer"] == "better at 128"
    same = study.at_equal_units(FOUND, dict.fromkeys(ERRORS, ERRORS["128"]))
    assert page.verdicts([*versus, {**same[0], "total": 256}])["two layers", "one layer"] == (
        "better at 128; not told apart at 256"
    )


def test_the_networks_stand_first_and_the_questions_are_answered(smoke):
    told = json.loads((smoke("depth_or_width") / "summary.json").read_text())["in_short"]
    assert told["sentences"].startswith("The mean test RMSE of 4 networks each is ")
    answers = {one["section"]: one["answer"] for one in told["answers"]}
    assert answers["RMSE against hidden units"].startswith("Best of one layer: 16, RMSE ")
    assert set(answers) == {"RMSE against hidden units", "RMSE against parameters", "Training time"}
    assert all("n = 4" in answer for answer in answers.values())


def test_both_engines_are_asked_the_same():
    ours, theirs = (page.ask(page.study.profile("smoke", engine)) for engine in ("jax", "reference"))
    assert ours == theirs
    assert [dict(one.spec.model.options).get("norm", "none") for one in theirs["networks"].settings()] == [
        "none", "batch", "batch",
    ]  # fmt: skip


def test_smoke_counts_and_controls(readings):
    networks = {one["setting"]: one for one in readings["networks"]}
    assert networks["16"]["parameters"] == 2 * 16 + 16 + 17
    assert networks["8-8"]["parameters"] == 24 + 72 + 9 + 2 * 16
    assert networks["8-8"]["operations"] == 100 * (4 * 16 + 6 * (64 + 8))
    assert all(one["alone"] > 0 < one["wave"] for one in networks.values())
    assert {control["sheet"]: control["with"] for control in readings["controls"]} == {"16": True, "8-8": False}


def forward(x, weights, shift=None):
    """Batch norm in front of each of the hidden activations, by hand; with `shift` the running averages are used."""
    (w1, b1, g1, s1), (w2, b2) = weights
    z = x @ w1 + b1
    mean, variance = shift or (z.mean(0), z.var(0))
    hat = (z - mean) / np.sqrt(variance + 1e-5)
    h = g1 * hat + s1
    return z, hat, h, np.maximum(h, 0) @ w2 + b2


def by_hand(data, seed, steps, batch, rate=0.05, momentum=0.9, width=8):
    """One hidden layer with batch norm, trained in NumPy with gradients by hand; test RMSE in the function's units."""
    rng = np.random.default_rng(seed)
    x, y = data.inputs.astype(float), data.targets.astype(float)
    r1, r2 = np.sqrt(6 / (2 + width)), np.sqrt(6 / (width + 1))
    weights = [[rng.uniform(-r1, r1, (2, width)), np.zeros(width), np.ones(width), np.zeros(width)],
               [rng.uniform(-r2, r2, (width, 1)), np.zeros(1)]]  # fmt: skip
    velocity = [[np.zeros_like(array) for array in layer] for layer in weights]
    average, spread = np.zeros(width), np.ones(width)
    for step in range(steps):
        if step % (len(x) // batch) == 0:
            order = rng.permutation(len(x))
        at = order[step % (len(x) // batch) * batch :][:batch]
        z, hat, h, out = forward(x[at], weights)
        average += 0.1 * (z.mean(0) - average)
        spread += 0.1 * (z.var(0, ddof=1) - spread)
        slope = 2 * (out - y[at]) / batch
        dh = slope @ weights[1][0].T * (h > 0)
        dhat = dh * weights[0][2]
        dz = (dhat - dhat.mean(0) - hat * (dhat * hat).mean(0)) / np.sqrt(z.var(0) + 1e-5)
        gradient = [[x[at].T @ dz, dz.sum(0), (dh * hat).sum(0), dh.sum(0)],
                    [np.maximum(h, 0).T @ slope, slope.sum(0)]]  # fmt: skip
        for layer, moving, its in zip(weights, velocity, gradient, strict=True):
            for number, g in enumerate(its):
                moving[number] = momentum * moving[number] + g
                layer[number] = layer[number] - rate * (g + momentum * moving[number])
    out = forward(data.test_inputs.astype(float), weights, (average, spread))[-1]
    return study.SCALE * np.sqrt(np.mean((out - data.test_targets) ** 2))


def test_one_network_agrees_with_an_independent_implementation():
    """Means over seeds, within four standard errors of their difference: initial draws and orders are others."""
    question = page.nets(page.study.profile("smoke"), [(8,)], "turned")
    question = question.replace(steps=120, trace=120)
    ((levels, part),) = rows(run(question, 24))
    ours = study.rmse(part, levels)
    theirs = np.array([by_hand(load(question.data), seed, 120, 100) for seed in range(24)])
    error = np.hypot(ours.std(ddof=1), theirs.std(ddof=1)) / np.sqrt(24)
    assert abs(ours.mean() - theirs.mean()) < 4 * error
    assert error < 3  # else the comparison would say nothing
