"""`find_rate`: a learning-rate range test over many seeds, and what the well-known finders read from it.

A finder of other tools trains one network while its rate grows, and names a rate. Another seed would have named
another one; here the same sweep is made with many seeds, so that the spread is seen.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from seedbed import markup
from seedbed.errors import SpecError, shown
from seedbed.figures import sweeps
from seedbed.procedures.run import run
from seedbed.progress import Listener, silent
from seedbed.spec import Spec
from seedbed.stats import ranges
from seedbed.stats.interval import shown as number_text
from seedbed.stats.ranges import RULES, Spread
from seedbed.vocabulary import Part, schedules

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

PER_DECADE = 64  # steps: smoothing then lags by 0.8 decades in the tools that average over 50 steps
MOST = 20_000


@dataclass(frozen=True)
class RateRange:
    """The losses of a sweep of the learning rate over many seeds.

    `rates` are those of steps 0, 1, ...; `losses[i, t]` is the loss of seed i on the batch of step t, before the update
    with `rates[t]`, NaN behind the step at which the network diverged. `spreads` has what each rule reads, and `record`
    everything that was measured.
    """

    question: Spec
    seeds: tuple[int, ...]
    rates: Float[np.ndarray, " step"]
    losses: Float[np.ndarray, "seed step"]
    record: "xr.Dataset"

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        """What each rule reads from each seed's curve."""
        return tuple(ranges.over_seeds(self.rates, self.losses))

    def rule(self, name: str) -> Spread:
        """What one rule reads; `sb.stats.ranges.RULES` has their names."""
        found = {spread.rule: spread for spread in self.spreads}
        if name not in found:
            raise SpecError(f"no rule {shown(name)}; choose from {', '.join(found)}")
        return found[name]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each rule: median and its 95 % interval, middle 90 % of seeds in decades, seeds without a rate."""
        return [
            {"rule": spread.rule, "rate": spread.median.estimate, "low": spread.median.low, "high": spread.median.high,
             "decades": spread.decades, "without": spread.without, "n": len(self.seeds),
             "lower end": float(np.nanmedian(spread.lows)) if np.isfinite(spread.lows).any() else math.nan}
            for spread in self.spreads
        ]  # fmt: skip

    def sentence(self) -> str:
        """What the sweep says, with n and interval."""
        usable = [spread for spread in self.spreads if spread.without < len(self.seeds)]
        if not usable:
            why = next(RULES[spread.rule](self.rates, self.losses[0]).reason for spread in self.spreads)
            return f"No rule names a rate on any of {len(self.seeds)} curves: {why}. Try another range or more steps."
        chosen = next((spread for spread in usable if spread.rule == "fastai valley"), usable[0])
        medians = [spread.median.estimate for spread in usable]
        widest = max(usable, key=lambda spread: spread.decades)
        return (
            f"Read by {chosen.rule}, the learning rate is {number_text(chosen.median.estimate)}{interval_text(chosen)} "
            f"(median of {len(self.seeds)} seeds). The answers of nine in ten single sweeps lie within "
            f"{chosen.decades:.1f} decades of each other; read by {widest.rule}, within {widest.decades:.1f}. The "
            f"medians of {len(usable)} rules lie between {number_text(min(medians))} and {number_text(max(medians))}."
        )

    def figure(self) -> "Figure":
        """The loss against the rate as a fan over seeds, and each rule's answers."""
        smooth = np.stack([smooth_for_the_eye(losses) for losses in self.losses])
        return sweeps.sweep(self.rates, smooth, {spread.rule: spread.rates for spread in self.spreads})

    def __repr__(self) -> str:
        return f"<RateRange: {self.sentence()}>"

    def _repr_html_(self) -> str:
        rows = [
            [row["rule"], number_text(row["rate"]), f"{number_text(row['low'])} to {number_text(row['high'])}",
             number_text(row["decades"]), str(row["without"])]
            for row in self.rows()
        ]  # fmt: skip
        head = ("rule", "median rate", "95 % interval", "decades", "seeds without")
        return markup.table(head, rows, self.sentence())


def find_rate(
    question: Any,
    seeds: Any = 32,
    *,
    low: Any = 1e-7,
    high: Any = 10.0,
    steps: Any = None,
    growth: str = "exponential",
    store: Any = None,
    listen: Listener = silent,
) -> RateRange:
    """Train the question's networks anew while their rate grows from `low` to `high`, and read the loss.

    The rate at step t is low (high / low)^(t / (steps - 1)), or grows by equal amounts with `growth="linear"`. `steps`
    is 64 for each decade unless said otherwise. Networks of the sweep are used for nothing else: what is trained
    later starts from its own draw. `seeds` and `store` are those of `sb.run`.

    Raises: SpecError for a question with factors, an optimizer without a learning rate, or a range that does not grow.

    >>> import seedbed as sb
    >>> question = sb.Spec(data=sb.data.xor_blobs(), model=sb.models.mlp([8]), loss="cross_entropy",
    ...                    optimizer=sb.optimizers.adam(1e-3), batch_size=32, steps=500)
    >>> found = sb.find_rate(question, seeds=4, steps=60)
    >>> found.losses.shape
    (4, 60)
    """
    asked = sweep_of(question, low, high, steps, growth)
    record = run(asked, seeds, store=store, name="rate_range", listen=listen)
    rates, losses = ranges.swept(record)
    return RateRange(question, tuple(record["seed"].values.tolist()), rates, losses, record)


def sweep_of(question: Any, low: Any = 1e-7, high: Any = 10.0, steps: Any = None, growth: str = "exponential") -> Spec:
    """The question whose rate grows from step to step, with a trace of every batch and of nothing else."""
    question = one_setting(question, "find_rate")
    if not (isinstance(low, int | float) and isinstance(high, int | float) and 0 < low < high < math.inf):
        raise SpecError(
            f"a sweep grows from a rate above 0, got low={shown(low)} and high={shown(high)}; turn them round"
        )
    count = math.ceil(PER_DECADE * math.log10(high / low)) if steps is None else steps
    if not isinstance(count, int) or isinstance(count, bool) or not 3 <= count <= MOST:
        raise SpecError(f"a sweep has 3 to {MOST:,} steps, got {shown(count)}; give steps=512")
    sweep: Part = schedules.sweep(low, high, length=count - 1, growth=growth)
    plain = question.replace(stop=None, steps=count, trace=1, probes=(), metrics=(), splits=(), judge="auto")
    try:
        return plain.replace(learning_rate=sweep)
    except SpecError:
        raise SpecError(
            f"a sweep changes the learning rate, and {question.optimizer.label()} has none; take an optimizer with one"
        ) from None


def one_setting(question: Any, finder: str) -> Spec:
    """A question without factors; raises SpecError for anything else."""
    if not isinstance(question, Spec):
        raise SpecError(f"{finder} takes a question, sb.Spec(...), got {shown(question)}; give one")
    if question.factors:
        names = ", ".join(factor.name for factor in question.factors)
        raise SpecError(f"a sweep takes one setting, got a question that varies {names}; take one of its settings()")
    return question


def smooth_for_the_eye(losses: np.ndarray) -> np.ndarray:
    """For the eye: a lag of ten steps, where the tools' own smoothing lags by fifty."""
    return ranges.corrected(losses, 0.9)


def interval_text(spread: Spread) -> str:
    """The interval of a rule's median in brackets, or nothing where there is none."""
    low, high = spread.median.low, spread.median.high
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f" (95 % interval {number_text(low)} to {number_text(high)})"
