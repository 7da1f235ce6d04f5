"""The order of settings and what one run would have said: cases by hand, slow twins, ties."""

import itertools

import numpy as np
import pytest

from seedbed.errors import StatsError
from seedbed.stats import one_run, order

ABC = ("a", "b", "c")


def test_settings_far_apart_have_one_order(rng):
    values = rng.normal([20, 0, 10], 1, (40, 3))
    ours = order(values, ABC)
    assert ours.names == ("b", "c", "a")
    assert [(rank.estimate, rank.low, rank.high) for rank in ours.ranks] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert ours.orders == (("b < c < a", 1.0),)
    assert ours.groups == (("b",), ("c",), ("a",))
    assert order(values, ABC, "higher").names == ("a", "c", "b")
    assert [mean.estimate for mean in ours.means] == pytest.approx(values.mean(axis=0)[[1, 2, 0]].tolist())


def test_settings_that_are_alike_are_one_group(rng):
    values = rng.normal([0, 0, 5], 1, (40, 3))
    ours = order(values, ABC)
    assert set(ours.groups[0]) == {"a", "b"}
    assert ours.groups[1] == ("c",)
    assert {rank.high for rank in ours.ranks[:2]} == {2}
    shares = dict(ours.orders)
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) <= {"a < b < c", "b < a < c"}


def test_groups_overlap_where_only_the_ends_differ():
    """Steps of equal size: neighbours cannot be told apart, the ends can."""
    noise = np.tile([-1.0, 1.0, -1.0, 1.0, 0.5, -0.5], 5)[:, None] * [1, -1, 1]
    ours = order(noise + [0.0, 0.6, 1.2] + np.linspace(-0.01, 0.01, 30)[:, None] * [1, 2, 4], ABC)
    assert ours.groups == (("a", "b"), ("b", "c"))


def test_equal_settings_share_a_rank():
    values = np.c_[np.arange(8.0) / 8, np.full(8, 9.0), np.full(8, 9.0)]
    ours = order(values, ABC)
    assert [rank.estimate for rank in ours.ranks] == [1, 2, 2]
    assert ours.orders == (("a < b = c", 1.0),)
    assert ("b", "c") in ours.groups


def test_ranks_against_slow_resampling(rng):
    values = rng.exponential(1, (12, 3)) * [1, 1.2, 2]
    ours = order(values, ABC)
    generator = np.random.default_rng(7)
    drawn = np.array([values[generator.integers(0, 12, 12)].mean(axis=0).argsort().argsort() + 1 for _ in range(9_999)])
    share = np.mean((drawn == [1, 2, 3]).all(axis=1))
    assert dict(ours.orders)["a < b < c"] == pytest.approx(share, abs=4 * np.sqrt(2 * share * (1 - share) / 9_999))
    for name, rank in zip(ours.names, ours.ranks, strict=True):
        low, high = np.quantile(drawn[:, ABC.index(name)], [0.025, 0.975], method="inverted_cdf")
        assert (rank.low, rank.high) == (low, high)


def test_an_order_repeats_and_refuses(rng):
    values = rng.normal(size=(10, 3))
    assert order(values, ABC).orders == order(values, ABC).orders
    with pytest.raises(StatsError, match="at least two seeds"):
        order(values[:1], ABC)
    with pytest.raises(StatsError, match="at least two settings"):
        order(values[:, :1], ("a",))
    with pytest.raises(StatsError, match="must be finite"):
        order(np.where(values > 1, np.nan, values), ABC)


def test_one_run_by_hand():
    """a: 1 or 3, b: 2 or 4. Independent: of (1,2) (1,4) (3,2) (3,4) one contradicts. Same seed: none."""
    ours = one_run(np.array([[1.0, 2.0], [3.0, 4.0]]), ("a", "b"))
    assert ours.order == ("a", "b")
    assert (ours.independent.misleads.estimate, ours.independent.agrees, ours.independent.ties) == (0.25, 0.75, 0)
    assert (ours.same_seed.misleads.estimate, ours.same_seed.agrees) == (0, 1)


def test_one_run_with_ties_by_hand():
    """a: 1, 2, never (10); b: 2, never, never. Of nine pairs of runs b comes first in one, three tie."""
    ours = one_run(np.array([[1.0, 2.0], [2.0, 10.0], [10.0, 10.0]]), ("a", "b"))
    assert ours.independent.misleads.estimate == pytest.approx(1 / 9)
    assert ours.independent.ties == pytest.approx(3 / 9)
    assert ours.independent.agrees == pytest.approx(5 / 9)
    assert ours.same_seed.ties == pytest.approx(1 / 3)
    assert ours.same_seed.agrees == pytest.approx(2 / 3)


def test_a_mean_can_mislead_most_runs():
    """Rarely a disaster: a is better in nine runs of ten, its mean is worse."""
    values = np.c_[np.append(np.ones(9), 1000.0), np.full(10, 50.0)]
    ours = one_run(values, ("a", "b"))
    assert ours.order == ("b", "a")
    assert ours.independent.misleads.estimate == pytest.approx(0.9)
    assert ours.same_seed.misleads.estimate == pytest.approx(0.9)


@pytest.mark.parametrize(("n", "k"), [(4, 3), (3, 5)])
def test_one_run_counts_every_combination(rng, n, k):
    values = rng.integers(0, 6, (n, k)) + np.arange(k) * 1.03
    values = np.round(values)
    values[0] += np.arange(k) * 0.01  # keeps the means apart
    names = tuple("abcde"[:k])
    ours = one_run(values, names)
    best = np.argsort(values.mean(axis=0))
    runs = np.array(
        [[values[i, j] for i, j in zip(pick, best, strict=True)] for pick in itertools.product(range(n), repeat=k)]
    )
    steps = np.diff(runs, axis=1)
    assert ours.independent.misleads.estimate == pytest.approx((steps < 0).any(axis=1).mean())
    assert ours.independent.agrees == pytest.approx((steps > 0).all(axis=1).mean())
    total = ours.independent.misleads.estimate + ours.independent.agrees + ours.independent.ties
    assert total == pytest.approx(1)
    same = np.diff(values[:, best], axis=1)
    assert ours.same_seed.misleads.estimate == pytest.approx((same < 0).any(axis=1).mean())


def test_one_run_turns_with_better(rng):
    values = rng.normal([0, 0.5, 1], 1, (20, 3))
    one, other = one_run(values, ABC), one_run(-values, ABC, "higher")
    assert one == other


def test_settings_that_never_arrive_count_as_one():
    values = np.array([[1.0, 10.0, 10.0], [3.0, 10.0, 10.0]])
    ours = one_run(values, ABC)
    assert ours.independent.misleads.estimate == 0
    assert ours.independent.agrees == 1
    assert "2 equal settings count as one" in ours.independent.misleads.method


def test_an_ensemble_without_an_order_cannot_be_contradicted():
    for values in ([[10.0, 10.0], [10.0, 10.0]], [[1.0, 3.0], [3.0, 1.0]]):
        ours = one_run(np.array(values), ("a", "b"))
        assert np.isnan(ours.independent.misleads.estimate)
        assert "level" in ours.same_seed.misleads.method


def test_one_run_intervals_have_width_where_no_run_contradicts():
    values = np.c_[np.arange(30.0), np.arange(30.0) + 100]
    ours = one_run(values, ("a", "b"))
    assert ours.independent.misleads.low == 0
    assert 0.05 < ours.independent.misleads.high < 0.2


def test_one_run_refuses():
    with pytest.raises(StatsError, match="must be finite"):
        one_run(np.array([[1.0, np.nan]]), ("a", "b"))
    with pytest.raises(StatsError, match="at least two settings"):
        one_run(np.array([[1.0], [2.0]]), ("a",))


def test_means_that_differ_by_rounding_alone_are_level():
    values = np.array([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]])
    assert values[:, 0].mean() != values[:, 1].mean()
    assert np.isnan(one_run(values, ("a", "b")).independent.misleads.estimate)
    assert [rank.estimate for rank in order(values, ("a", "b")).ranks] == [1, 1]


def test_a_flat_table_has_no_order():
    with pytest.raises(StatsError, match=r"an order needs values \(seed, setting\), got the shape \(3,\)"):
        order.__wrapped__(np.arange(3.0), ("a",))  # without the checks of types, as for a user
