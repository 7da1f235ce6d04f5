"""Derivatives at given scores: two engines, every loss and output, kept in a store, and what is refused."""

import numpy as np
import pytest

from seedbed.errors import PartError, SpecError
from seedbed.procedures.derivatives import derivatives
from seedbed.procedures.examples import examples
from seedbed.store import create_or_open, open_record

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((7, 4)) * 2
CASES = {
    "softmax": {"loss": "cross_entropy", "kind": "classes"},
    "sigmoids": {"loss": "cross_entropy", "kind": "binary"},
    "l2 behind sigmoids": {"loss": "l2", "kind": "binary"},
    "l2 behind tanh": {"loss": "l2(reduction='sum')", "kind": "real", "output": "tanh"},
    "a slope": {"loss": "mse", "kind": "real", "output": "leaky_relu(slope=0.3)"},
    "hinge": {"loss": "hinge(0.5)", "kind": "sign"},
}


def targets_of(kind):
    whole = RNG.integers(0, 2, SCORES.shape)
    return {"classes": np.arange(7) % 4, "binary": whole, "sign": 2 * whole - 1, "real": RNG.standard_normal((7, 4))}[
        kind]  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_both_engines_agree(name):
    targets = targets_of(CASES[name]["kind"])
    ours, twin = (derivatives(SCORES, targets, engine=engine, **CASES[name]) for engine in ("jax", "reference"))
    assert ours["jacobian"].dims == ("seed", "point", "unit", "score")
    assert (ours["loss"].dtype, twin["loss"].dtype) == (np.float32, np.float64)
    for what in ("output", "jacobian", "loss", "gradient"):
        np.testing.assert_allclose(ours[what], twin[what], rtol=3e-5, atol=1e-6, err_msg=what)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_softmax_is_what_the_formulas_say(engine):
    labels = np.arange(7) % 4
    found = derivatives(SCORES, labels, engine=engine).isel(seed=0)
    z = SCORES.astype(np.float32).astype(float)
    o = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["output"], o, rtol=1e-5)
    np.testing.assert_allclose(found["gradient"], o - np.eye(4)[labels], atol=1e-6)
    np.testing.assert_allclose(found["jacobian"][2], np.diag(o[2]) - np.outer(o[2], o[2]), atol=1e-6)
    np.testing.assert_allclose(found["loss"], -np.log(o[np.arange(7), labels]), rtol=1e-5)


def test_points_are_taken_in_lots_and_none_is_lost(monkeypatch):
    from seedbed.engine import derivatives as engine

    whole = derivatives(SCORES, np.arange(7) % 4)
    monkeypatch.setattr(engine, "MOST", 3 * 16)
    parts = derivatives(SCORES, np.arange(7) % 4)
    for what in ("output", "jacobian", "loss", "gradient"):
        np.testing.assert_allclose(parts[what], whole[what], rtol=1e-6)


def test_kept_and_found_again(tmp_path):
    store = create_or_open(tmp_path)
    first = derivatives(SCORES, np.zeros(7, int), store=store, name="one")
    again = derivatives(SCORES, np.zeros(7, int), store=store, name="one")
    assert first.attrs["wall_seconds"] == again.attrs["wall_seconds"]
    other = derivatives(SCORES, np.ones(7, int), store=store, name="two")
    by_hand = derivatives(SCORES, np.zeros(7, int), store=store, name="three", engine="reference")
    assert not np.allclose(first["loss"], other["loss"])
    assert by_hand.attrs["engine"] == "reference"
    np.testing.assert_array_equal(open_record(tmp_path, "one")["jacobian"], first["jacobian"])
    np.testing.assert_array_equal(open_record(tmp_path, "two")["targets"], np.ones((1, 7)))


@pytest.mark.parametrize(
    ("scores", "targets", "how", "words"),
    [
        (SCORES[0], [0], {}, "point, unit"),
        (np.full((2, 3), np.inf), [0, 1], {}, "finite numbers"),
        (SCORES, np.full(7, 4), {}, "class of 0 to 3"),
        (SCORES, np.zeros(7), {}, "class of 0 to 3"),
        (SCORES, np.zeros(7), {"kind": "real"}, "shape of the scores"),
        (SCORES, np.zeros(7, int), {"kind": "several"}, "the kind of the targets is"),
        (SCORES, np.zeros(7, int), {"engine": "torch"}, "no engine"),
    ],
)
def test_what_does_not_fit_is_a_sentence(scores, targets, how, words):
    with pytest.raises(SpecError, match=words):
        derivatives(scores, np.asarray(targets), **how)


def halved(z):
    return z[: z.shape[0] // 2]


def test_an_output_of_ones_own_that_changes_the_shape_is_refused():
    with pytest.raises(PartError, match="keeps the shape"):
        derivatives(SCORES, targets_of("real"), kind="real", loss="l2", output=halved)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_an_output_that_changes_the_shape_is_refused(engine):
    with pytest.raises(PartError, match="doubles"):
        derivatives(SCORES, targets_of("real"), kind="real", loss="l2", output="crelu", engine=engine)


def test_examples_of_several_seeds():
    """A member's own sets differ; a set that all share stands there once for each."""
    import seedbed as sb

    def ask(fresh):
        data = sb.data.diagonal(5, 0, fresh=fresh)
        return sb.Spec(data=data, model="neuron", loss="hinge", optimizer="sgd(0.1)", steps=1)

    own, shared = (examples(ask(fresh), seeds=range(3)) for fresh in (True, False))
    for record in (own, shared):
        assert record["inputs"].shape == (3, 5, 2)
        assert record["target"].shape == (3, 5)
        np.testing.assert_array_equal(record["target"] > 0, record["inputs"][..., 0] > record["inputs"][..., 1])
    assert not np.array_equal(own["inputs"][0], own["inputs"][1])
    np.testing.assert_array_equal(shared["inputs"][0], shared["inputs"][2])


def test_an_own_loss_is_named_by_what_it_computes(tmp_path):
    """Two losses of one name, and the first one again."""
    store = create_or_open(tmp_path)

    def gradient(factor):
        def loss(score, target):
            return factor * ((score - target) ** 2).sum()

        found = derivatives([[0.5, 1.0]], [[0.0, 1.0]], loss=loss, kind="real", store=store)
        return found["gradient"].values.ravel().tolist()

    assert gradient(1.0) == [1.0, 0.0]
    assert gradient(3.0) == [3.0, 0.0]
    assert gradient(1.0) == [1.0, 0.0]


def test_what_other_sources_measured_is_measured_anew(tmp_path, monkeypatch):
    store = create_or_open(tmp_path)
    from seedbed.procedures import keeping

    for program in ("a" * 16, "b" * 16):
        monkeypatch.setattr(keeping, "sources", lambda program=program: program)
        derivatives([[0.5, 1.0]], [0], store=store)
    (key,) = store.read_question().keys
    assert [file.program for file in store.files(key)] == ["a" * 16, "b" * 16]
    assert store.record()["loss"].shape == (1, 1)
