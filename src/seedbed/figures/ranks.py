"""How settings rank, as `seedbed.stats` computed it: rank intervals, and the chance that one beats another."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import INK, PALETTE, WIDTH, applied, single

DIVERGING = "RdBu"  # blue wins, red loses; told apart under the common forms of color blindness


def order(ranks: Sequence[Mapping[str, Any]]) -> Figure:
    """Ranks with their intervals, best on top; each row a mapping with `label`, `rank`, `low`, `high`.

    Raises: SpecError for an empty list or a row without these keys.
    """
    _rows(ranks, ("label", "rank", "low", "high"), "order")
    rows = sorted(ranks, key=lambda row: (row["rank"], row["low"], row["high"]))
    with applied():
        figure, axes = single(0.62 * len(rows) + 1.9, width=12)
        places = np.arange(len(rows))
        for place, row in zip(places, rows, strict=True):
            axes.plot(
                [row["low"], row["high"]],
                [place, place],
                color=PALETTE[0],
                linewidth=2.4,
                alpha=0.45,
                solid_capstyle="butt",
            )
        axes.plot([row["rank"] for row in rows], places, "o", color=PALETTE[0], markersize=5)
        axes.set_yticks(places, [wrapped(str(row["label"]), 4.5) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0.6, max(len(rows), *(row["high"] for row in rows)) + 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("rank (1 = best) with its interval")
    return figure


def probabilities(pairs: Sequence[Mapping[str, Any]]) -> Figure:
    """A matrix of P(row beats column); each pair a mapping with `row`, `column`, `probability`.

    A pair that is not given stays empty: where ties are possible, P(B beats A) is not 1 - P(A beats B).

    Raises: SpecError for an empty list, a pair without these keys, or a probability outside 0 to 1.
    """
    _rows(pairs, ("row", "column", "probability"), "probabilities")
    for pair in pairs:
        if not 0 <= pair["probability"] <= 1:
            raise SpecError(
                f"a probability lies between 0 and 1, got {pair['probability']} for {pair['row']}; give a share"
            )
    names = list(dict.fromkeys(name for pair in pairs for name in (pair["row"], pair["column"])))
    table = np.full((len(names), len(names)), np.nan)
    for pair in pairs:
        table[names.index(pair["row"]), names.index(pair["column"])] = pair["probability"]
    with applied():
        cell = min(1.5, 11 / len(names))
        figure, axes = single(cell * len(names) + 3, width=min(cell * len(names) + 6.5, WIDTH))
        image = axes.imshow(table, cmap=DIVERGING, vmin=0, vmax=1, alpha=0.85)
        for row, column in np.argwhere(np.isfinite(table)):
            value = table[row, column]
            ink = "white" if abs(value - 0.5) > 0.38 else INK
            axes.text(
                column, row, _text(float(value)), ha="center", va="center", fontsize=8 if cell > 1 else 6.5, color=ink
            )
        turn = 35 if len(names) <= 6 else 90
        below = [wrapped(str(name), 3.2) if turn == 35 else str(name) for name in names]
        axes.set_yticks(range(len(names)), [wrapped(str(name), 3.2) for name in names])
        axes.set_xticks(
            range(len(names)),
            below,
            rotation=turn,
            ha="right",
            va="top" if turn == 35 else "center",
            rotation_mode="anchor",
        )
        axes.set_ylabel("this one …")
        axes.set_xlabel("… beats this one")
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, ticks=[0, 0.25, 0.5, 0.75, 1], label="P(row beats column)")
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _text(probability: float) -> str:
    """Two digits that say 0 or 1 only where it is exactly so.

    >>> _text(0.999), _text(1.0), _text(0.25)
    ('>.99', '1.00', '0.25')
    """
    if 0 < probability < 0.005:
        return "<.01"
    return ">.99" if 0.995 <= probability < 1 else f"{probability:.2f}"


def _rows(rows: Sequence[Mapping[str, Any]], keys: tuple[str, ...], figure: str) -> None:
    if not rows:
        raise SpecError(f"{figure} needs at least one row, got none; give a list of mappings with {', '.join(keys)}")
    for row in rows:
        missing = [key for key in keys if key not in row]
        if missing:
            raise SpecError(f"{figure} needs {', '.join(keys)} in each row, got {dict(row)}; add {', '.join(missing)}")
