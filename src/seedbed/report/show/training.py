"""Blocks about training itself: how a quantity develops, by layer, at named steps, and how members ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.record import SEED, factors, looked_at, name_of, rows
from seedbed.report.context import Block, Context, settings_vary
from seedbed.report.numbers import SPACE, number, p_value
from seedbed.report.page import Answer, Figure, Prose, Table
from seedbed.report.show.arriving import up_to_last

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.figures.share_curves import ShareCurve

SPLITS = {"train": "Training", "valid": "Validation", "test": "Test"}


def curves(
    *variables: str,
    record: str = "",
    until_last: bool = False,
    of: str = "",
    suffix: str = "",
    says: Mapping[str, str] | None = None,
) -> Block:
    """Traces against step, a panel per setting: every member faint, bands, the median, and one single run.

    Without `variables` every trace of a split. `until_last` ends the axis where the last member arrived. Where a page
    shows the same trace of several records, `of` says in captions which, and `suffix` keeps the figures' names apart.
    `says` gives a variable other words than its name: `{"train_width_loss": "L2 loss of the width"}`.
    """

    def items(context: Context) -> Iterator[Figure]:
        shown = context.record(record)
        if until_last:
            shown = up_to_last(shown)
        short = until_last and shown.attrs["cap"] <= 200
        for variable in variables or traces(shown):
            figure = sb.figures.curves(shown, variable, step="linear") if short else sb.figures.curves(shown, variable)
            note = str(figure.get_label() or "")
            what = (says or {}).get(variable) or words(variable)
            caption = (
                f"{what}{' ' * bool(of)}{of} against step, a panel per setting: every member faint, "
                f"bands 25–75 % and 5–95 % of n = {shown.sizes[SEED]} members, the median, and one single run. "
                f"{note[:1].upper()}{note[1:]}{'.' * bool(note)}"
            )
            name = f"{variable}_{suffix}" if suffix else variable
            yield Figure(name, figure, caption, f"{what} against step")

    return Block("While they train", items, variables, record)


def by_layer(variable: str, *, steps: Sequence[int] = (), record: str = "") -> Block:
    """A probe by layer against step, and its median and middle half at named steps in a table."""

    def items(context: Context) -> Iterator[Figure | Table]:
        shown, what = context.record(record), words(variable)
        n = shown.sizes[SEED]
        yield Figure(
            variable,
            sb.figures.by_layer(shown, variable),
            f"{what} by layer against step: median, 25–75 % and 5–95 % of n = {n} members; a member that "
            "stopped keeps its last value.",
            f"{what} of every layer against step, a panel per setting",
        )
        named = [step for step in steps if step <= shown.attrs["cap"]]
        if named:
            cells = [
                (name_of(levels), layer, *(_middle_half(part[variable].sel(layer=layer), step) for step in named))
                for levels, part in rows(shown)
                for layer in shown["layer"].values.tolist()
            ]
            yield Table(
                ("setting", "layer", *(f"step {number(step)}" for step in named)),
                cells,
                f"Median {what.lower()} over n = {n} members (25–75 % of members in brackets).",
            )

    return Block(words(variable), items, (variable,), record)


def over_time(variable: str, *, steps: Sequence[int], record: str = "", what: str = "") -> Block:
    """Mean curves of a share that grows as settings learn, then every pair at `steps` and by the area between curves.

    `steps` are named before anything is looked at; the recorded step next to each is taken, those beyond the cap are
    left out. Settings that lost members are not compared, and the reason is given. `what` is the share in words.
    """

    def items(context: Context) -> Iterator[Figure | Table | Prose | Answer]:
        shown = context.record(record)
        if shown.sizes[SEED] > 1 and settings_vary(shown):
            yield from over_time_items(shown, variable, what or words(variable).lower(), steps)

    return Block(f"{words(variable)} at the same step", items, (variable,), record)


def over_time_items(
    record: xr.Dataset, variable: str, what: str, steps: Sequence[int]
) -> Iterator[Figure | Table | Prose | Answer]:
    """The items of `over_time`."""
    record = looked_at(record, variable)
    curves = sb.stats.curves
    found = curves.bands(record, variable, simultaneous=True)
    shown = [
        sb.figures.ShareCurve(name, band.step, band.estimate, np.clip(band.low, 0, 1), np.clip(band.high, 0, 1))
        for name, band in found.items()
    ]
    n, some = record.sizes[SEED], sb.figures.drawn_words(record)
    if some:
        names = {name_of(levels) for levels in sb.figures.drawn(record)}
        shown = [curve for curve in shown if curve.name in names]
    yield Figure(
        f"mean_{variable}",
        sb.figures.shares(shown, f"mean {what}", step="log"),
        f"Mean {what} against step, n = {n} members per setting. The bands hold at all steps together: each "
        "contains the whole true curve with a chance of 95 % (largest deviation over steps, seeds resampled). "
        f"A member that stopped counts with its last value.{f' {some}.' if some else ''}",
        f"Curves of the mean {what} with simultaneous bands, one per setting",
    )
    known = record[variable]["step"].values
    named = sorted({int(known[np.abs(known - step).argmin()]) for step in steps if step <= known[-1]})
    if named:
        yield Answer(_at_step(found, what, named[-1], n))
    try:
        compared = curves.at_steps(record, variable, named, better="higher") if named else {}
        areas = curves.by_area(record, variable, better="higher")
    except sb.errors.StatsError as error:
        yield Prose(f"The settings are not compared step by step: {error}.")
        return
    cells = [
        (" − ".join(area.names()), *(_difference(compared[step][k]) for step in named), _difference(area))
        for k, area in enumerate(areas)
    ]
    columns = ("pair (a − b)", *(f"at step {number(step)}" for step in named), "over all steps")
    yield Table(
        columns,
        cells,
        f"Differences of mean {what} in percentage points, paired by seed, with 95 % bootstrap intervals, n = "
        f"{n} seeds; p in parentheses, from sign flips or paired t. Steps are named in advance, and p is "
        "Holm-adjusted over all pairs at all of them. Over all steps: the area between the two curves up to "
        f"step {number(int(known[-1]))}, divided by the steps, Holm-adjusted over the pairs.",
    )


def _at_step(found: Mapping[str, Any], what: str, step: int, n: int) -> str:
    """The settings with the highest and the lowest mean at a step."""
    at = {
        name: [
            float(line[np.searchsorted(band.step, step, side="right") - 1])
            for line in (band.estimate, np.clip(band.low, 0, 1), np.clip(band.high, 0, 1))
        ]
        for name, band in found.items()
    }
    ranked = sorted(at.items(), key=lambda one: -one[1][0])
    told = " to ".join(
        f"{_tenths(middle)} with {name.replace('_', ' ')} (95 % band {_tenths(low)} to {_tenths(high)})"
        for name, (middle, low, high) in (ranked[0], ranked[-1])
    )
    return f"At step {number(step)} the mean {what} runs from {told}, n = {n} each."


def _tenths(share: float) -> str:
    return f"{100 * share:.1f}{SPACE}%"


def _difference(one: Any) -> str:
    gap = one.difference
    low, middle, high = (_points(bound) for bound in (gap.low, gap.estimate, gap.high))
    return f"{middle}{SPACE}[{low},{SPACE}{high}] ({p_value(one.p).replace(' ', SPACE)})"  # one place to break it


def _points(share: float) -> str:
    """A difference of shares in percentage points, signed; what rounds to nothing has no sign.

    >>> _points(0.0123), _points(-0.3), _points(-0.0001)
    ('+1.2', '−30.0', '0.0')
    """
    shown = f"{100 * share:+.1f}".replace("-", "−")
    return shown.lstrip("+−") if float(shown.lstrip("+−")) == 0 else shown


def fates(*, record: str = "") -> Block:
    """How members ended: arrived, still training at the cap, diverged, dead."""
    return Block("How they ended", lambda context: [fate_table(context.record(record))])


def fate_table(record: Any) -> Table:
    """How members ended, a row per setting."""
    table: list[Sequence[Any]] = []
    for levels, part in rows(record):
        arrived = np.isfinite(part["hit_step"].values)
        diverged = np.isfinite(part["diverged_step"].values)
        dead = part["final_dead"].values == 1 if "final_dead" in part else np.zeros_like(arrived)
        slow = ~arrived & ~diverged & ~dead
        name = ", ".join(map(str, levels.values())) or "the only setting"
        table.append(
            (name, arrived.size, *(int(mask.sum()) for mask in (arrived, slow, dead & ~diverged & ~arrived, diverged)))
        )
    columns = ("setting", "members", "arrived", "still training at the cap", "dead", "diverged")
    caption = (
        "How the members ended, in numbers of members. Dead: finite weights, the same output for every example, no "
        "gradient. Diverged: a number that is not finite. All stay in every denominator."
    )
    return Table(columns, table, caption)


def share_curve(name: str, steps: Sequence[int], counts: Sequence[int], n: int) -> ShareCurve:
    """The share of `n` members at each step, from their number, with Wilson's interval: for `figures.shares`."""
    known = {count: sb.stats.wilson(count, n) for count in set(counts)}
    bounds = np.array([(known[count].estimate, known[count].low, known[count].high) for count in counts])
    return sb.figures.ShareCurve(name, np.asarray(steps), *bounds.T)


def traces(record: Any) -> list[str]:
    """The traces of a record with one number per member and step."""
    plain = {*factors(record), SEED, "step"}
    return [
        str(key)
        for key, array in record.data_vars.items()
        if "step" in array.dims and set(array.dims) <= plain and key != "dead"
    ]


def words(variable: str) -> str:
    """A variable in words: `Training loss`, `Gradient norm`."""
    split, _, quantity = variable.removeprefix("final_").partition("_")
    if split in SPLITS:
        return f"{SPLITS[split]} {quantity.replace('_', ' ')}"
    return variable.replace("_", " ").capitalize()


def _middle_half(trace: Any, step: int) -> str:
    """Median with its middle half at a step, of the members still training."""
    values = trace.sel(step=step, method="nearest").values
    values = values[np.isfinite(values)]
    if not values.size:
        return "—"
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.2g} [{low:.2g}, {high:.2g}]"
