"""`find_batch_size`: a batch that grows over many seeds, and the size at which it is as large as the noise scale.

Unlike a rate, a batch size has no value at which the loss explodes: at a given rate larger batches only make the
gradient less noisy. So the batch is compared with the noise of the gradient, which is measured on the way. The noise
scale grows in training, and one seed's estimate of it is noisy, so that it is reached early: both are told by how far
the rules lie apart. The rate stays that of the question; for a batch of another size look for it with `find_rate`.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from seedbed import markup
from seedbed.errors import SpecError, shown
from seedbed.figures import sweeps
from seedbed.procedures.finding import interval_text, one_setting, smooth_for_the_eye
from seedbed.procedures.run import run
from seedbed.progress import Listener, silent
from seedbed.spec import Spec
from seedbed.stats import noise, ranges
from seedbed.stats.interval import Interval
from seedbed.stats.interval import shown as number_text
from seedbed.stats.ranges import Spread
from seedbed.vocabulary import probes, schedules

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

STRETCHES, PARTS, MOST = 12, 8, 20_000
GROWN, RATIO = "grown to the noise", "noise scale"


@dataclass(frozen=True)
class BatchRange:
    """The noise of the gradient while the batch grows, over many seeds.

    `sizes` are the examples of steps 0, 1, ...; `losses[i, t]` is the loss of seed i on the batch of step t, `squares`
    and `variances` its estimates of |G|^2 and tr(Sigma) there; NaN behind the step at which a network diverged.
    `spreads` has what each rule says, `noise` the noise scale over all seeds, and `record` everything measured.
    """

    question: Spec
    seeds: tuple[int, ...]
    sizes: Float[np.ndarray, " step"]
    losses: Float[np.ndarray, "seed step"]
    squares: Float[np.ndarray, "seed step"]
    variances: Float[np.ndarray, "seed step"]
    record: "xr.Dataset"

    @cached_property
    def noise(self) -> Interval:
        """tr(Sigma) / |G|^2 over the second half of the steps: the ratio of means over seeds, with its interval."""
        return self._ratio(slice(len(self.sizes) // 2, None))

    @cached_property
    def stretches(self) -> tuple[tuple[float, Interval], ...]:
        """The mean size and the noise scale in up to twelve stretches of the steps."""
        edges = np.unique(np.linspace(0, len(self.sizes), STRETCHES + 1).astype(int))
        parts = [slice(int(first), int(end)) for first, end in pairwise(edges)]
        return tuple((float(self.sizes[part].mean()), self._ratio(part)) for part in parts)

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        """What each rule says for every seed: the size at which the batch reaches the noise, and the noise scale."""
        grown = noise.grown_until_noise(self.sizes, self.squares, self.variances)
        late = slice(len(self.sizes) // 2, None)
        single = [self._ratio(late, [place]).estimate for place in range(len(self.seeds))]
        return ranges.spread(GROWN, grown), ranges.spread(RATIO, np.array(single))

    def rows(self) -> list[dict[str, Any]]:
        """A row for each rule: the median size, its 95 % interval, a quarter and four times it, spread, and n."""
        return [
            {"rule": spread.rule, "size": spread.median.estimate, "low": spread.median.low, "high": spread.median.high,
             "b_min": spread.median.estimate / 4, "b_max": spread.median.estimate * 4, "decades": spread.decades,
             "without": spread.without, "n": len(self.seeds)}
            for spread in self.spreads
        ]  # fmt: skip

    def sentence(self) -> str:
        """What the growing batch says, with n and interval."""
        n, (grown, _) = len(self.seeds), self.spreads
        last = f"{self.sizes[-1]:,.0f}"
        scale = (
            f"tr(Sigma) / |G|^2 over its second half is {number_text(self.noise.estimate)}{_ends(self.noise)} examples"
        )
        if not math.isfinite(self.noise.estimate):
            scale = "the gradient cannot be told from noise over its second half"
        if grown.without == n:
            return (
                f"No batch of {n} seeds is as large as its noise scale up to {last} examples; {scale}. Let the batch "
                "grow further, or take more steps."
            )
        size = grown.median.estimate
        return (
            f"The growing batch is first as large as the noise scale at {number_text(size)} examples"
            f"{interval_text(grown)}, median of {n} seeds (without an answer up to {last}: {grown.without}); "
            f"{scale}. From {number_text(size / 4)} to {number_text(4 * size)} examples neither updates nor examples "
            "should cost more than about five times their least."
        )

    def figure(self) -> "Figure":
        """The loss and the noise scale against the size of the batch, and each rule's answers."""
        smooth = np.stack([smooth_for_the_eye(losses) for losses in self.losses])
        asked = np.geomspace(self.sizes[0], self.sizes[-1], len(self.sizes))  # the batch goes in steps of `low`
        at = np.array([size for size, _ in self.stretches])
        middle, low, high = (np.array([getattr(one, name) for _, one in self.stretches])
                             for name in ("estimate", "low", "high"))  # fmt: skip
        answers = {spread.rule: spread.rates for spread in self.spreads}
        return sweeps.sweep(asked, smooth, answers, x_label="examples in a batch", noise=(at, middle, low, high))

    def __repr__(self) -> str:
        return f"<BatchRange: {self.sentence()}>"

    def _repr_html_(self) -> str:
        rows = [
            [row["rule"], number_text(row["size"]), f"{number_text(row['low'])} to {number_text(row['high'])}",
             f"{number_text(row['b_min'])} to {number_text(row['b_max'])}", number_text(row["decades"]),
             str(row["without"])]
            for row in self.rows()
        ]  # fmt: skip
        head = ("rule", "median size", "95 % interval", "b_min to b_max", "decades", "seeds without")
        return markup.table(head, rows, self.sentence())

    def _ratio(self, steps: slice, seeds: Any = slice(None)) -> Interval:
        """The noise scale over some steps of some seeds; a seed counts with the steps it has."""
        tables = [np.where(np.isfinite(self.squares + self.variances), table, np.nan)[seeds, steps]
                  for table in (self.squares, self.variances)]  # fmt: skip
        there = np.isfinite(tables[0]).any(axis=1)
        if not there.any():
            return Interval(np.nan, np.nan, np.nan, 0.95, "every network diverged", 0)
        square, variance = (np.nanmean(table[there], axis=1, keepdims=True) for table in tables)
        return noise.noise_scale(square, variance)[0]


def find_batch_size(
    question: Any,
    seeds: Any = 32,
    *,
    low: Any = 16,
    high: Any = 1024,
    steps: Any = 128,
    store: Any = None,
    listen: Listener = silent,
) -> BatchRange:
    """Train the question's networks anew while their batch grows from `low` to `high` examples, and measure the noise.

    The batch of step t has low (high / low)^(t / (steps - 1)) examples, to the nearest multiple of `low`; it is added
    up from micro-batches of `low`. The rate is the question's own. Each step gives estimates of |G|^2 and tr(Sigma)
    (`sb.probes.gradient_noise`), and the size at which the batch is first as large as their ratio is read for every
    seed. Networks of the sweep are used for nothing else. `seeds` and `store` are those of `sb.run`.

    Raises: SpecError for a question with factors, or sizes that do not grow; PartError for a loss that is a sum.
    Source: McCandlish, Kaplan, Amodei 2018, An empirical model of large-batch training.

    >>> import seedbed as sb
    >>> question = sb.Spec(data=sb.data.xor_blobs(), model=sb.models.mlp([8]), loss="cross_entropy",
    ...                    optimizer=sb.optimizers.adam(1e-2), batch_size=32, steps=500)
    >>> found = sb.find_batch_size(question, seeds=4, low=8, high=256, steps=40)
    >>> found.losses.shape
    (4, 40)
    """
    asked = growth_of(question, low, high, steps)
    record = run(asked, seeds, store=store, name="batch_range", listen=listen)
    squares, variances = record["gradient_noise"].transpose("estimate", "seed", "step").values[:, :, :-1].astype(float)
    losses = record["batch_loss"].transpose("seed", "step").values[:, :-1].astype(float)
    sizes = np.nanmax(record["batch_examples"].transpose("seed", "step").values[:, :-1], axis=0).astype(float)
    return BatchRange(question, tuple(record["seed"].values.tolist()), sizes, losses, squares, variances, record)


def growth_of(question: Any, low: Any = 16, high: Any = 1024, steps: Any = 128) -> Spec:
    """The question whose batch grows from step to step, with a trace of every batch and of its noise."""
    question = one_setting(question, "find_batch_size")
    if not (_is_whole(low) and _is_whole(high) and 2 <= low < high):
        raise SpecError(
            f"a batch grows from at least 2 examples, got low={shown(low)} and high={shown(high)}; give for instance "
            "low=16, high=1024"
        )
    if not (_is_whole(steps) and 3 <= steps <= MOST):
        raise SpecError(f"a sweep has 3 to {MOST:,} steps, got {shown(steps)}; give steps=128")
    parts = next((number for number in range(PARTS, 1, -1) if low % number == 0), low)
    return question.replace(
        stop=None, steps=steps, trace=1, metrics=(), splits=(), judge="auto", evaluate="traced",
        probes=(probes.gradient_noise(parts),), micro_batch=low,
        batch_size=schedules.sweep(low, high, length=steps - 1),
    )  # fmt: skip


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ends(found: Interval) -> str:
    if not math.isfinite(found.low):
        return ""
    high = number_text(found.high) if math.isfinite(found.high) else "no bound"
    return f" (95 % interval {number_text(found.low)} to {high})"
