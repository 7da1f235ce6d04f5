"""When members reach their target: the share that has arrived against the step, and hit steps per setting.

A member that has not arrived at the cap never leaves the denominator, diverged or not. Intervals and survival
statistics are computed by `seedbed.stats` and handed in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from seedbed import record as records
from seedbed.errors import SpecError, nearest
from seedbed.figures.axes import STEP, LineEnd, Scale, label_ends, share_axis, step_axis, wrapped
from seedbed.figures.style import GREY, INK, TICKS, Look, applied, blank, darker, legend_below, single
from seedbed.figures.traces import chosen, drawn_words, looks, members_text, need, thinned

Mark = tuple[str, float | int, str]  # setting, step, who
Band = tuple[np.ndarray, np.ndarray, np.ndarray]  # steps, low, high
FIXED = "\xa0"  # a space at which no line breaks
WHO_MARKERS = ("D", "^", "s", "v", "P", "X")

PUBLISHED: dict[str, Any] = {"color": INK, "markeredgecolor": "white", "markeredgewidth": 0.6, "markersize": 5.5,
                             "zorder": 6, "clip_on": False}  # fmt: skip


def arrivals(
    record: xr.Dataset,
    marks: Sequence[Mark] | None = None,
    *,
    bands: Mapping[str, Band] | None = None,
    step: Scale = "log",
) -> Figure:
    """Share of members with hit_step <= step, one curve per setting, labelled at its end.

    `marks` are published values (setting, step, who), drawn as ticks in a row per source above the curves. `bands`
    gives pointwise intervals per setting as (steps, low, high), for instance Wilson's at 95 %.

    Raises: SpecError where the record has no hit_step, or a mark or band names an unknown setting.
    """
    need(record, "hit_step", (), "arrivals")
    marks, bands = list(marks or ()), dict(bands or {})
    look_of, hits, cap = looks(record), _hits(record), _cap(record)
    _known([name for name, _, _ in marks] + list(bands), look_of)
    who = list(dict.fromkeys(source for _, _, source in marks))
    with applied():
        height = max(8.0, 0.85 * len(hits) + 2)
        figure, axes, strip = _with_strip(height, len(who))
        first = _first(hits, marks, step)
        step_axis(axes, _end_of_axis(cap, marks), step, first)
        share_axis(axes.yaxis)
        for name, steps in hits.items():
            its = look_of[name]
            if name in bands:
                at, low, high = bands[name]
                axes.fill_between(at, low, high, step="post", color=its.color, alpha=0.15, linewidth=0)
            axes.step(*_share_arrived(steps, cap), where="post", color=its.color, linestyle=its.dash)
        axes.set_xlabel(STEP)
        axes.set_ylabel(f"share of {members_text(record.sizes[records.SEED])} that arrived")
        if strip is not None:
            _draw_strip(strip, marks, who, look_of)
        ends = [_end(name, steps, cap, look_of[name], bool(marks)) for name, steps in hits.items()]
        label_ends(axes, ends, height - 1.3 - 0.5 * len(who))
        some = drawn_words(record)
        figure.set_label(
            f"{some}{'; ' * bool(some)}target: {record.attrs.get('target', '')}; members that diverged or never "
            "arrived count as not arrived"
        )
    return figure


def hit_distribution(record: xr.Dataset, marks: Sequence[Mark] | None = None) -> Figure:
    """Hit steps per setting on a log axis: every member, box (25-75 %, median) and whiskers (5-95 %) over ALL members.

    A quantile beyond the cap is not drawn: the box or whisker stays open at the cap. The share that never arrived
    stands at the right, published values (setting, step, who) as marks under the box.

    Raises: SpecError where the record has no hit_step, or a mark names an unknown setting.
    """
    need(record, "hit_step", (), "hit_distribution")
    marks = list(marks or ())
    look_of, hits, cap = looks(record), _hits(record), _cap(record)
    _known([name for name, _, _ in marks], look_of)
    who = list(dict.fromkeys(source for _, _, source in marks))
    marker_of = {source: WHO_MARKERS[index % len(WHO_MARKERS)] for index, source in enumerate(who)}
    with applied():
        figure, axes = single(max(1.15 * len(hits), 1.6) + 2.4)
        step_axis(axes, _end_of_axis(cap, marks), "log", _first(hits, marks, "log"))
        axes.set_ylim(len(hits) - 0.4, -0.6)
        axes.set_yticks(range(len(hits)), [wrapped(name, 3.6) for name in hits])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        for row, (name, steps) in enumerate(hits.items()):
            _strip_and_box(axes, row, steps, cap, look_of[name].color)
            axes.annotate(
                _never_text(steps), (1.015, row), xycoords=("axes fraction", "data"), va="center", fontsize=7.5
            )
            for _, step, source in (mark for mark in marks if mark[0] == name):
                axes.plot(step, row + 0.38, marker_of[source], **PUBLISHED)
        axes.set_xlabel("first step at the target (updates)")
        legend_below(figure, _box_legend(marker_of), 3)
        some = drawn_words(record)
        figure.set_label(
            f"{some}{'; ' * bool(some)}target: {record.attrs.get('target', '')}; quantiles are over all members, "
            "arrived or not"
        )
    return figure


def _hits(record: xr.Dataset) -> dict[str, np.ndarray]:
    return {name: np.asarray(part["hit_step"].values, dtype=float) for name, part in chosen(record, None)}


def _cap(record: xr.Dataset) -> float:
    if "cap" not in record.attrs:
        raise SpecError(
            "arrivals need the cap of the record, got a record without it; set record.attrs['cap'] to its steps"
        )
    return float(record.attrs["cap"])


def _known(names: Sequence[str], settings: Mapping[str, Look]) -> None:
    for name in names:
        if name not in settings:
            known = " | ".join(settings)
            raise SpecError(f'no setting "{name}" in this record{nearest(name, settings)} (it has: {known})')


def _first(hits: Mapping[str, np.ndarray], marks: Sequence[Mark], step: Scale) -> float:
    """Where the step axis begins: a little before the first arrival, on a round number; 0 on a linear axis."""
    known = np.concatenate([*hits.values(), [float(mark[1]) for mark in marks]])
    known = known[np.isfinite(known)]
    if step == "linear" or not len(known) or known.min() < 2:
        return 0.0
    power = 10.0 ** np.floor(np.log10(known.min() * 0.95))
    return float(power * max(part for part in (1, 2, 5) if part * power <= known.min() * 0.95))


def _end_of_axis(cap: float, marks: Sequence[Mark]) -> float:
    """The cap, or a little beyond a published value that lies past it."""
    latest = max((float(mark[1]) for mark in marks), default=0.0)
    return cap if latest <= cap else 1.1 * latest


def _share_arrived(steps: np.ndarray, cap: float) -> tuple[np.ndarray, np.ndarray]:
    """The empirical curve: (steps, share arrived by then), from 0 to the cap."""
    times, counts = np.unique(steps[np.isfinite(steps)], return_counts=True)
    shares = np.cumsum(counts) / len(steps)
    return np.concatenate([[0], times, [cap]]), np.concatenate([[0], shares, shares[-1:] if len(shares) else [0]])


def _arrived(steps: np.ndarray) -> float:
    return float(np.isfinite(steps).mean())


def _end(name: str, steps: np.ndarray, cap: float, its: Look, marked: bool) -> LineEnd:
    share = _percent(_arrived(steps))
    return LineEnd(cap, _arrived(steps), f"{name}: {share}" if name else share, its.color, its.marker if marked else "")


def _never_text(steps: np.ndarray) -> str:
    never = int((~np.isfinite(steps)).sum())
    return "all arrived" if not never else f"{_percent(never / len(steps))} never\n({never:,} of {len(steps):,})"


def _percent(share: float) -> str:
    """A share in percent that says 0 or 100 only where it is exactly so.

    >>> _percent(0.9996), _percent(1.0), _percent(0.124)
    ('>\xa099\xa0%', '100\xa0%', '12\xa0%')
    """
    if 0 < share < 0.01:
        return f"<{FIXED}1{FIXED}%"
    if 0.99 < share < 1:
        return f">{FIXED}99{FIXED}%"
    return f"{100 * share:.0f}{FIXED}%"


def _with_strip(height: float, rows: int) -> tuple[Figure, Axes, Axes | None]:
    """A figure with a panel, and above it a low one for published values where there are any."""
    if not rows:
        figure, axes = single(height)
        return figure, axes, None
    figure = blank(height + 0.5 * rows)
    strip, axes = figure.subplots(2, 1, sharex=True, height_ratios=[0.5 * rows, height - 1.3])
    for panel in (strip, axes):
        panel.tick_params(which="both", **TICKS)
    return figure, axes, strip


def _draw_strip(strip: Axes, marks: Sequence[Mark], who: Sequence[str], look_of: Mapping[str, Look]) -> None:
    strip.set_ylim(len(who) - 0.5, -0.5)
    strip.set_yticks(range(len(who)), [wrapped(source, 3.2) for source in who])
    strip.tick_params(which="both", length=0, labelbottom=False)
    strip.spines[["left", "bottom"]].set_visible(False)
    strip.grid(visible=False)
    strip.set_title("published single runs", fontsize=7.5, color=GREY)
    for row in range(len(who)):
        strip.axhline(row, color="#D0D0D0", linewidth=0.5, zorder=1)
    for name, step, source in marks:
        its, row = look_of[name], who.index(source)
        strip.plot([step, step], [row - 0.45, row + 0.45], color=its.color, linewidth=1.2, clip_on=False)
        strip.plot(step, row, its.marker, color=its.color, markersize=5.5, clip_on=False)


def _strip_and_box(axes: Axes, row: int, steps: np.ndarray, cap: float, color: str) -> None:
    """Every member as a faint dot above, box and whiskers below; open at the cap where a quantile lies beyond it."""
    shown = np.sort(steps)[thinned(len(steps))]
    lift = np.modf(np.arange(len(shown)) * 0.6180339887)[0]  # golden-ratio jitter: even, and the same in every run
    axes.plot(
        shown,
        row - 0.42 + 0.34 * lift,
        ".",
        color=color,
        markersize=2.4,
        alpha=0.35,
        rasterized=True,
        markeredgewidth=0,
        clip_on=False,
    )
    beyond = np.where(np.isfinite(steps), steps, np.inf)
    low, lower, middle, upper, high = np.quantile(beyond, (0.05, 0.25, 0.5, 0.75, 0.95), method="inverted_cdf")
    y, half = row + 0.12, 0.13
    if np.isfinite(low):
        axes.plot([low, min(high, cap)], [y, y], color=color, linewidth=1, solid_capstyle="butt", zorder=3)
    if np.isfinite(lower):
        right = min(upper, cap)
        axes.fill_between([lower, right], y - half, y + half, facecolor="white", linewidth=0, zorder=3.5)
        axes.fill_between([lower, right], y - half, y + half, facecolor=color, alpha=0.3, linewidth=0, zorder=4)
        outline = [(right, y - half), (lower, y - half), (lower, y + half), (right, y + half)]
        closed = [*outline, outline[0]] if np.isfinite(upper) else outline
        axes.plot(*zip(*closed, strict=True), color=darker(color), linewidth=0.8, zorder=4.5)
    if np.isfinite(middle):
        axes.plot(
            [middle, middle], [y - half, y + half], color=darker(color), linewidth=2.2, solid_capstyle="butt", zorder=5
        )


def _box_legend(marker_of: Mapping[str, str]) -> list[Any]:
    dot: dict[str, Any] = {"color": GREY, "linestyle": "none"}
    published = [
        Line2D([], [], marker=marker, color=INK, linestyle="none", label=who) for who, marker in marker_of.items()
    ]
    return [
        Line2D([], [], marker=".", markersize=4, **dot, label="a member"),
        Patch(facecolor="#D5D5D5", edgecolor=INK, linewidth=0.8, label="25–75 %, median"),
        Line2D([], [], color=INK, linewidth=1, label="5–95 % of all members"),
        *published,
    ]
