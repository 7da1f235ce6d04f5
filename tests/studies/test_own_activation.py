"""ReLU is always among the activations; a verdict says what was shown; ten lines of one's own end in a report."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue import from_file, perform, retell
from seedbed.errors import PartError, SpecError
from seedbed.studies import own_activation
from seedbed.studies.own_activation import LEAKY, RELU

FILE = '''\
"""Is a bump as good as a ramp?"""
import jax.numpy as jnp
import seedbed as sb


def bump(z):
    return z * jnp.exp(-(z**2) / 8)


study = sb.own_activation(bump)
'''


def record(*steps, names=(RELU, LEAKY), cap=1000):
    values = np.array(steps, dtype=float)
    return xr.Dataset(
        {"hit_step": (("activation", "seed"), values),
         "stop_step": (("activation", "seed"), np.nan_to_num(values, nan=cap))},
        {"activation": list(names), "seed": np.arange(values.shape[1])}, {"cap": cap, "target": "x"},
    )  # fmt: skip


def verdict_of(relu, other, **how):
    (found,) = own_activation.against_relu(record(relu, other, **how))
    return own_activation.verdict("lines", found)


@pytest.fixture
def spread(rng=None):
    rng = np.random.default_rng(3)
    return rng.uniform(90, 110, 40), rng.uniform(-8, 8, 40)


def test_the_same(spread):
    relu, noise = spread
    said = verdict_of(relu, relu + noise)
    assert "does the same as ReLU to within 20 %" in said
    assert "None was found" in said
    assert "n = 40" in said


def test_the_same_and_yet_not_equal(spread):
    relu, noise = spread
    said = verdict_of(relu, 1.1 * relu + noise / 8)
    assert "does the same" in said
    assert "A difference is there all the same" in said


def test_more_steps(spread):
    relu, noise = spread
    assert "takes more steps than ReLU" in verdict_of(relu, 2 * relu + noise)
    assert "takes fewer steps than ReLU" in verdict_of(relu, relu / 2 + noise)


def test_undecided_with_few_seeds(spread):
    relu, _ = spread
    said = verdict_of(relu[:4], relu[:4] * [0.5, 1.9, 1.2, 0.6])
    assert "undecided" in said
    assert "more seeds can decide it" in said


def test_no_verdict_where_the_cap_decides():
    """Both at the cap for nearly all seeds: equal means, and nothing known."""
    never = [np.nan] * 18 + [900.0, 950.0]
    assert "no verdict" in verdict_of(never, never)


def test_many_verdicts_are_grouped(spread):
    relu, noise = spread
    never = np.full(relu.size, np.nan)
    found = own_activation.against_relu(
        record(relu, relu + noise, 2 * relu + noise, relu / 2 + noise, never, names=(RELU, "a", "b", "c", "d"))
    )
    said = own_activation.grouped("lines", found)
    assert [line.rsplit(": ")[1] for line in said] == ["a.", "c.", "b.", "d."]


def test_another_factor_is_compared_level_by_level(spread):
    """Every activation is set against ReLU at the same level of whatever else is varied."""
    relu, noise = spread
    one, other = record(relu, 2 * relu + noise), record(3 * relu, 3 * relu + noise)
    both = xr.concat([one, other], xr.Variable("learning_rate", [0.1, 0.2])).assign_attrs(one.attrs)
    found = {row["activation"]: row for row in own_activation.against_relu(both)}
    assert found[f"learning_rate=0.1, {LEAKY}"]["equivalence"].estimate.estimate == pytest.approx(2, abs=0.05)
    assert found[f"learning_rate=0.2, {LEAKY}"]["equivalence"].estimate.estimate == pytest.approx(1, abs=0.05)


def test_relu_is_always_there():
    question = own_activation.lines("quick").set_levels("activation", ["elu", "gelu"])
    assert list(own_activation.parts_of(question)) == [RELU, "elu", "gelu"]
    kept = own_activation.parts_of(own_activation.lines("quick", ["gelu", RELU]))
    assert list(kept) == ["gelu", RELU]


def test_all_is_the_whole_table():
    levels = own_activation.parts_of(own_activation.lines("quick").set_levels("activation", ["all"]))
    assert list(levels) == list(sb.activations.TABLE)
    some = own_activation.lines("quick").set_levels("activation", [LEAKY, RELU, "all"])
    assert list(own_activation.parts_of(some))[:3] == [LEAKY, RELU, "identity"]
    assert len(own_activation.parts_of(some)) == 1 + len(sb.activations.TABLE)
    with pytest.raises(PartError, match="missing a required argument"):
        own_activation.lines("quick").set_levels("initializer", ["all"])


def test_a_study_of_one_s_own_function():
    def ring(z):
        return z

    study = sb.own_activation(ring)
    assert study.name == "own_activation_ring"
    assert study.ask("quick").factors[0].labels == (RELU, "ring")
    assert sb.own_activation(sb.own("activation", ring, width=2.0), name="mine").name == "mine"
    with pytest.raises(SpecError, match="takes at least one activation, got none"):
        sb.own_activation()
    with pytest.raises(PartError, match='no activation "relux"; did you mean "relu"'):
        sb.own_activation("relux")


@pytest.mark.slow
def test_ten_lines_of_one_s_own_end_in_a_report(tmp_path):
    path = tmp_path / "bump.py"
    path.write_text(FILE)
    assert len(FILE.splitlines()) <= 10
    done = perform(from_file(path), profile="smoke", seeds=range(2), out=tmp_path, source=path, command="x")
    pictures = {picture.stem for picture in (done.folder / "figures").iterdir()}
    six = {"lines_train_loss", "lines_train_accuracy", "detection_train_label_loss", "detection_train_label_accuracy",
           "detection_train_width_loss", "detection_train_width_within"}  # fmt: skip
    assert six | {"surfaces_relu", "surfaces_bump"} <= pictures
    summary = json.loads((done.folder / "summary.json").read_text())
    assert {one["activation"] for one in summary["readings"]["against_relu"]["lines"]} == {"bump"}
    before = (done.folder / "report.html").read_bytes()
    assert retell(done.folder).folder == Path(done.folder)
    assert (done.folder / "report.html").read_bytes() == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("jnp.log(z)", 'activation "mine" must be finite for every finite z, got nan at z = -3'),
        ("z[..., :1]", 'activation "mine" must keep the shape of its input'),
        ("(z > 0).astype(int)", 'activation "mine" must return floating point numbers, got int'),
    ],
)
def test_an_activation_that_does_not_fit_is_one_sentence(tmp_path, body, sentence):
    path = tmp_path / "mine.py"
    path.write_text(FILE.replace("z * jnp.exp(-(z**2) / 8)", body).replace("bump", "mine"))
    with pytest.raises(PartError, match=sentence) as caught:
        perform(from_file(path), profile="smoke", seeds=range(1), out=tmp_path, source=path, command="x")
    assert "\n" not in str(caught.value)
