"""Reruns: the last bit of one weight, doubling times, and that the same program gives the same bits."""

import json

import numpy as np
import pytest

from seedbed.studies.reruns import nudged
from seedbed.studies.reruns.drifting import AGAIN, ONE, SEED, doubling


def drawn(shape=(5, 5, 1, 6), **moved):
    import jax

    return np.asarray(nudged(jax.random.key(0), shape, **moved))


def test_one_weight_moves_by_its_last_bit_and_no_other():
    plain, moved = drawn(), drawn(one=1.0)
    changed = np.argwhere(plain != moved)
    assert changed.tolist() == [[2, 2, 0, 0]]
    assert moved[2, 2, 0, 0] == np.nextafter(plain[2, 2, 0, 0], np.float32(np.inf))


def test_all_weights_move_by_their_last_bits_and_a_share_is_one_of_the_weight():
    plain = drawn()
    assert np.array_equal(drawn(every=1.0), np.nextafter(plain, np.float32(np.inf)))
    assert drawn(share=0.01)[2, 2, 0, 0] == pytest.approx(1.01 * plain[2, 2, 0, 0])
    assert np.array_equal(drawn((300, 10)), drawn((300, 10), one=1.0))  # only the first kernel has one channel


def test_doubling_is_read_while_the_drift_grows():
    steps = np.arange(0, 200, 10)
    growing = np.minimum(1e-8 * 2 ** (steps / 5), 1.0)
    found = doubling(steps, np.stack([growing, np.full(len(steps), 1e-9)]))
    assert found[0] == pytest.approx(5)
    assert np.isnan(found[1])


def test_the_same_program_gives_the_same_bits_in_other_company(smoke):
    summary = json.loads((smoke("reruns") / "summary.json").read_text())
    assert summary["readings"]["networks_that_differ"][AGAIN]["estimate"] == 0
    drift = {name: one["estimate"] for name, one in summary["readings"]["drift_at_the_end"].items()}
    assert drift[f"{AGAIN}, 0.1"] == 0
    assert 0 < drift[f"{ONE}, 0.1"] < drift[f"{SEED}, 0.1"]
