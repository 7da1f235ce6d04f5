"""Lanes that no member takes cost nothing, and few members share the devices."""

import numpy as np
import pytest
from conftest_engine import Trainer, same

from seedbed.engine import ensemble, plan
from seedbed.spec import Spec
from seedbed.vocabulary import data, models


@pytest.mark.parametrize(
    ("members", "devices", "lanes"),
    [(8, 2, [0, 1, 2, 3, 4, 5, 6, 7]), (3, 2, [0, 1, 4]), (1, 2, [0]), (4, 1, [0, 1, 2, 3]), (0, 2, []),
     (5, 4, [0, 1, 4, 5, 8])],
)  # fmt: skip
def test_members_are_spread_over_the_devices(members: int, devices: int, lanes: list[int]) -> None:
    assert plan.seats(members, plan.Sizes(4, 2, 8), devices).tolist() == lanes


@pytest.mark.parametrize(
    ("taken", "rounds"), [([0, 1, 2, 3, 4, 5, 6, 7], 2), ([0, 1, 4, 5], 1), ([0, 2], 2), ([0, 4], 1), ([3], 1), ([], 0)]
)
def test_rounds_are_those_of_the_busiest_device(taken: list[int], rounds: int) -> None:
    assert plan.rounds(np.array(taken, int), plan.Sizes(4, 2, 8)) == rounds


@pytest.mark.parametrize("count", [1, 2, 5, 31])
def test_every_member_has_a_seat_of_its_own(count: int) -> None:
    for devices in (1, 2, 3, 4):
        found = plan.seats(count, plan.Sizes(32, 4, 32), devices)
        assert len(set(found.tolist())) == count
        assert found.max() < 32 * devices
        shares = np.bincount(found // 32, minlength=devices)
        assert shares.max() == -(-count // devices)


def convolution(question: Spec) -> Spec:
    return question.replace(
        model=models.cnn([16, 8], 3), data=data.lines(64, 8), steps=12, trace=1, stop=None, probes=()
    )


def test_a_lane_without_a_member_never_trains(question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    waves: list[tuple[list[np.ndarray], ensemble.Wave]] = []
    advance = ensemble._advance

    def watched(program: object, cohort: object, wave: ensemble.Wave, *rest: object) -> ensemble.Wave:
        before = [np.array(array) for array in wave.lanes.arrays]
        after = advance(program, cohort, wave, *rest)
        waves.append((before, after))
        return after

    monkeypatch.setattr(ensemble, "_advance", watched)
    train(convolution(question), range(3))
    assert waves
    for before, wave in waves:
        lanes = len(before[0])
        assert lanes > 3
        idle = np.setdiff1d(np.arange(lanes), wave.seats)
        for old, new in zip(before, wave.lanes.arrays, strict=True):
            np.testing.assert_array_equal(old[idle], np.asarray(new)[idle])
        assert any((old[wave.seats] != np.asarray(new)[wave.seats]).any()
                   for old, new in zip(before, wave.lanes.arrays, strict=True))  # fmt: skip


def test_members_that_go_on_are_packed_into_fewer_products(
    question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the members begin at a rate at which they are broken at once; the others are seated anew."""
    monkeypatch.setattr(ensemble, "FIRST_STEPS", 3)
    packed: list[int] = []
    pack = ensemble._pack

    def watched(program: object, cohort: object, places: np.ndarray, states: object) -> list[ensemble.Wave]:
        packed.append(len(places))
        return pack(program, cohort, places, states)

    monkeypatch.setattr(ensemble, "_pack", watched)
    asked = convolution(question).vary(**{"optimizer.learning_rate": [1e30, 0.1]})
    broken, sound = train(asked, range(6))
    assert np.isfinite(broken.arrays["diverged_step"]).all()
    assert packed[0] == 6
    (alone,) = train(convolution(question).change("optimizer.learning_rate", 0.1), range(6))
    same(sound, alone)
