"""A range test over seeds: the sweep is what it says, and what is wrong is told before anything is trained."""

from typing import Any

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import SpecError
from seedbed.procedures.finding import sweep_of


def ask(**changes: Any) -> sb.Spec:
    return sb.Spec(
        **{"data": sb.data.xor_blobs(), "model": sb.models.mlp([4]), "loss": "cross_entropy", "batch_size": 16,
           "optimizer": sb.optimizers.adam(1e-3), "steps": 50, "stop": sb.reaches("train_accuracy", 1.0), **changes}
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Any:
    return sb.find_rate(ask(), seeds=6, low=1e-4, high=1.0, steps=80)


def test_a_sweep_traces_every_batch_and_judges_no_split(found: Any) -> None:
    assert found.losses.shape == (6, 80)
    assert np.isfinite(found.losses).all()
    assert not [name for name in found.record if str(name).startswith(("train_", "dead"))]
    assert found.rates[[0, -1]] == pytest.approx([1e-4, 1.0])
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e4) / 79, rtol=1e-9)


def test_the_rate_of_a_step_is_the_rate_that_is_told(found: Any) -> None:
    """Two steps of plain descent at the rates told, from the reference engine's draw, end at the same loss."""
    question = ask(optimizer=sb.optimizers.sgd(0.1), stop=None)
    swept = sb.find_rate(question, seeds=3, low=1e-2, high=1.0, steps=3)
    by_drops = sb.schedules.drops(list(map(float, swept.rates)), at=[1, 2])
    other = sb.run(question.replace(steps=3, trace=1, learning_rate=by_drops), seeds=3)
    np.testing.assert_allclose(swept.losses, other.batch_loss.values[:, :3], rtol=1e-4)


def test_linear_growth(found: Any) -> None:
    rates = sb.find_rate(ask(), seeds=2, low=0.1, high=1.0, steps=10, growth="linear").rates
    np.testing.assert_allclose(np.diff(rates), 0.1)


def test_what_it_says_has_n_and_an_interval(found: Any) -> None:
    assert "6 seeds" in found.sentence()
    assert {row["rule"] for row in found.rows()} == set(sb.stats.ranges.RULES)
    assert found.sentence() in repr(found)
    assert "<table>" in found._repr_html_()
    assert found.rule("Lightning").rates.shape == (6,)
    assert len(found.figure().axes) == 2
    with pytest.raises(SpecError, match="no rule 'x'; choose from Smith"):
        found.rule("x")


def test_a_curve_that_never_falls_is_told_so() -> None:
    flat = sb.find_rate(ask(), seeds=2, low=1e-12, high=1e-11, steps=30)
    assert "No rule names a rate" in flat.sentence() or "seeds" in flat.sentence()
    assert len(flat.figure().axes) == 2


@pytest.mark.parametrize(
    ("question", "options", "part"),
    [
        ("lines", {}, "takes a question"),
        (ask().vary(activation=["relu", "tanh"]), {}, "varies activation"),
        (ask(), {"low": 1.0, "high": 0.1}, "grows from a rate above 0"),
        (ask(), {"low": "a"}, "grows from a rate above 0"),
        (ask(), {"steps": 2}, "3 to 20,000 steps"),
        (ask(), {"growth": "round"}, "growth of sweep"),
    ],
)
def test_what_is_no_sweep_is_refused(question: Any, options: dict[str, Any], part: str) -> None:
    with pytest.raises(Exception, match=part) as caught:
        sweep_of(question, **options)
    assert isinstance(caught.value, sb.errors.SeedbedError)
