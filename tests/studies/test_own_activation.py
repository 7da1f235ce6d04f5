"""ReLU is always among the activations; a verdict says what was shown; ten lines of one's own end in a report."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue import from_file, retell, run_study
from seedbed.catalogue.questions import Changes, asked_of
from seedbed.errors import PartError, SpecError
from seedbed.report.context import Context
from seedbed.studies import own_activation
from seedbed.studies.own_activation import LEAKY, RELU
from seedbed.studies.own_activation.against import against_relu, grouped, verdict

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
    (found,) = against_relu(sb.stats.hits(record(relu, other, **how)))
    return verdict("lines", found)


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
    steps = record(relu, relu + noise, 2 * relu + noise, relu / 2 + noise, never, names=(RELU, "a", "b", "c", "d"))
    said = grouped("lines", against_relu(sb.stats.hits(steps)))
    assert [line.rsplit(": ")[1] for line in said] == ["a.", "c.", "b.", "d."]


def test_another_factor_is_compared_level_by_level(spread):
    """Every activation is set against ReLU at the same level of whatever else is varied."""
    relu, noise = spread
    one, other = record(relu, 2 * relu + noise), record(3 * relu, 3 * relu + noise)
    both = xr.concat([one, other], xr.Variable("learning_rate", [0.1, 0.2])).assign_attrs(one.attrs)
    found = {one.activation: one for one in against_relu(sb.stats.hits(both))}
    assert found[f"learning_rate=0.1, {LEAKY}"].equivalence.estimate.estimate == pytest.approx(2, abs=0.05)
    assert found[f"learning_rate=0.2, {LEAKY}"].equivalence.estimate.estimate == pytest.approx(1, abs=0.05)


def asked(*levels, profile="quick", study=own_activation.study):
    """What is asked for with some activations set from outside."""
    return asked_of(study, study.profile(profile), Changes({"activation": levels} if levels else {}))


def test_relu_is_always_there():
    for name in ("lines", "detection"):
        assert asked("elu", "gelu")[name].spec.factors[0].labels == (RELU, "elu", "gelu")
        assert asked("gelu", RELU)[name].spec.factors[0].labels == ("gelu", RELU)
    assert asked("elu")["neuron"].spec.factors[0].labels == (RELU, "elu")


def test_a_sweep_does_with_less():
    found = asked("elu", "gelu", "tanh", "sigmoid")
    assert {name: one.at_most for name, one in found.items()} == {"lines": 64}
    full = asked("elu", "gelu", "tanh", "sigmoid", profile="full")
    assert {name: one.at_most for name, one in full.items()} == {"lines": None, "detection": 256}
    few = asked("elu")
    assert {name: (one.kind, one.at_most) for name, one in few.items()} == {
        "lines": ("training", None), "detection": ("training", 32), "neuron": ("landscape", None)}  # fmt: skip


def test_what_a_sweep_leaves_out_is_said():
    study = own_activation.study
    names = ("relu", "elu", "gelu", "tanh", "sigmoid")
    steps = record(*np.full((5, 6), 20.0), names=names)
    context = Context(study, study.profile("smoke"), {"lines": steps})
    for block in (own_activation.surfaces, own_activation.trained("lines", "train_accuracy", "accuracy", (10,))[1]):
        (answer,) = (one.text for one in block(context) if isinstance(one, sb.Answer))
        assert answer.startswith(("With more than 4", "More than 4"))


def test_what_has_two_outputs_is_no_neuron():
    assert asked("crelu")["neuron"].spec.factors[0].labels == (RELU,)


def test_all_is_the_whole_table():
    assert list(asked("all")["lines"].spec.factors[0].labels) == list(sb.activations.TABLE)
    some = asked(LEAKY, RELU, "all")["lines"].spec.factors[0].labels
    assert some[:3] == (LEAKY, RELU, "identity")
    assert len(some) == 1 + len(sb.activations.TABLE)
    with pytest.raises(PartError, match="missing a required argument"):
        asked()["lines"].spec.set_levels("initializer", ["all"])


def test_a_study_of_one_s_own_function():
    def ring(z):
        return z

    study = sb.own_activation(ring)
    assert study.name == "own_activation_ring"
    assert asked(study=study)["lines"].spec.factors[0].labels == (RELU, "ring")
    assert study.title == "Does ring do what ReLU does?"
    assert sb.own_activation(sb.own("activation", ring, width=2.0), name="mine").name == "mine"
    with pytest.raises(SpecError, match="takes at least one activation, got none"):
        sb.own_activation()
    with pytest.raises(PartError, match='no activation "relux"; did you mean "relu"'):
        sb.own_activation("relux")


def test_the_answers_have_members_and_intervals(smoke):
    told = json.loads((smoke("own_activation") / "summary.json").read_text())["in_short"]["answers"]
    assert [one["question"] for one in told] == [
        "How do output, loss and gradient look?", "How do the figures of part 3 look?",
        "Does it learn faster or slower than ReLU, or more or less the same?", "Why?"]  # fmt: skip
    assert "n = 625 exact values" in told[0]["answer"]
    for one in told[1:]:
        assert "n = 4" in one["answer"]
        assert re.search(r"9[05] % (band|interval)", one["answer"]), one


@pytest.mark.slow
def test_ten_lines_of_one_s_own_end_in_a_report(tmp_path):
    path = tmp_path / "bump.py"
    path.write_text(FILE)
    assert len(FILE.splitlines()) <= 10
    done = run_study(from_file(path), profile="smoke", seeds=range(2), out=tmp_path, source=path, command="x")
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
        run_study(from_file(path), profile="smoke", seeds=range(1), out=tmp_path, source=path, command="x")
    assert "\n" not in str(caught.value)
