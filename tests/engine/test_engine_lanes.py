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
    assert plan.lane_index(members, plan.Sizes(4, 2, 8), devices).tolist() == lanes


@pytest.mark.parametrize(
    ("taken", "products"),
    [([0, 1, 2, 3, 4, 5, 6, 7], 2), ([0, 1, 4, 5], 1), ([0, 2], 2), ([0, 4], 1), ([3], 1), ([], 0)],
)
def test_products_are_those_of_the_busiest_device(taken: list[int], products: int) -> None:
    assert plan.sequential_products(np.array(taken, int), plan.Sizes(4, 2, 8)) == products


@pytest.mark.parametrize("count", [1, 2, 5, 31])
def test_every_member_has_a_lane_of_its_own(count: int) -> None:
    for devices in (1, 2, 3, 4):
        found = plan.lane_index(count, plan.Sizes(32, 4, 32), devices)
        assert len(set(found.tolist())) == count
        assert found.max() < 32 * devices
        shares = np.bincount(found // 32, minlength=devices)
        assert shares.max() == -(-count // devices)


def convolution(question: Spec) -> Spec:
    return question.replace(
        model=models.cnn([16, 8], 3), data=data.lines(64, 8), steps=12, trace=1, stop=None, probes=()
    )


def test_a_lane_without_a_member_never_trains(question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    packs: list[tuple[list[np.ndarray], ensemble.Pack]] = []
    advance = ensemble._advance

    def watched(program: object, cohort: object, pack: ensemble.Pack, *rest: object) -> ensemble.Pack:
        before = [np.array(array) for array in pack.lanes.arrays]
        after = advance(program, cohort, pack, *rest)
        packs.append((before, after))
        return after

    monkeypatch.setattr(ensemble, "_advance", watched)
    train(convolution(question), range(3))
    assert packs
    for before, pack in packs:
        lanes = len(before[0])
        assert lanes > 3
        idle = np.setdiff1d(np.arange(lanes), pack.lane_index)
        for old, new in zip(before, pack.lanes.arrays, strict=True):
            np.testing.assert_array_equal(old[idle], np.asarray(new)[idle])
        assert any((old[pack.lane_index] != np.asarray(new)[pack.lane_index]).any()
                   for old, new in zip(before, pack.lanes.arrays, strict=True))  # fmt: skip


def test_members_that_go_on_are_packed_into_fewer_products(
    question: Spec, train: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the members begin at a rate at which they are broken at once; the others are seated anew."""
    monkeypatch.setattr(ensemble, "FIRST_STEPS", 3)
    packed: list[int] = []
    pack = ensemble._pack

    def watched(program: object, cohort: object, member_index: np.ndarray, states: object) -> list[ensemble.Pack]:
        packed.append(len(member_index))
        return pack(program, cohort, member_index, states)

    monkeypatch.setattr(ensemble, "_pack", watched)
    asked = convolution(question).vary(**{"optimizer.learning_rate": [1e30, 0.1]})
    broken, sound = train(asked, range(6))
    assert np.isfinite(broken.arrays["diverged_step"]).all()
    assert packed[0] == 6
    (alone,) = train(convolution(question).change("optimizer.learning_rate", 0.1), range(6))
    same(sound, alone)
