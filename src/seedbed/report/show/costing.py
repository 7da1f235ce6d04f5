"""Blocks about cost: parameters, examples and operations until the median member arrived, networks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import seedbed as sb
from seedbed.errors import SpecError
from seedbed.record import name_of
from seedbed.report.context import Block, Context
from seedbed.report.page import Figure, Reading, Table

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.report.side_by_side import Cost
    from seedbed.stats.interval import Interval


def cost(
    networks: str, *, figure: str = "", reading: str = "costs", units: Mapping[str, Sequence[int]] | None = None
) -> Block:
    """What arriving cost each network of an outcome that `Study.together` names: parameters, steps, operations.

    `figure` names a figure of the shares arrived against steps and operations; none where it is empty. `units` are the
    outputs of each head, by network, where there is not a single one.
    """

    def items(context: Context) -> Iterator[Table | Figure | Reading]:
        hits, found = context.scored(networks).hits, costs(context, networks, units)
        if hits is None:
            return
        yield sb.pieces.cost_table(hits, found)
        if figure:
            yield sb.pieces.cost_figure(hits, found, figure)
        yield Reading(reading, cost_readings(found))

    return Block("What it cost", items)


def ratio(context: Context, networks: str, a: str, b: str) -> Interval:
    """How many times as many steps the median member of network `a` needs as that of `b`; NaN where half of either did
    not arrive. Where a network has several settings, its first is meant."""
    hits: Any = context.scored(networks).hits
    first, second = (next(one for one in hits.names if one == name or one.startswith(f"{name}, ")) for name in (a, b))
    return sb.pieces.ratio_of_medians(hits, first, second)


def times(value: Any) -> str:
    """A ratio with its interval in a sentence: `2.1 [1.9, 2.3] times`."""
    return f"{plain(value)} times"


def plain(value: Any) -> str:
    """A ratio with its interval: `2.1 [1.9, 2.3]`."""
    return f"{value.estimate:.3g} [{value.low:.3g}, {value.high:.3g}]"


def costs(context: Context, networks: str, units: Mapping[str, Sequence[int]] | None = None) -> dict[str, Cost]:
    """What a step costs each network, by the names it has in the outcome; no layers where they are not known."""
    found: dict[str, Cost] = {}
    for shown, name in context.study.together[networks].items():
        record, spec = context.record(name), context.spec(name)
        for setting in spec.settings() if spec is not None else [None]:
            levels = setting.levels if setting is not None else {}
            varied = {key: level for key, level in levels.items() if record.sizes[key] > 1}
            found[", ".join(filter(None, (shown, name_of(varied))))] = _cost(
                setting and setting.spec, record, (units or {}).get(shown, (1,))
            )
    return found


def cost_readings(found: Mapping[str, Cost]) -> dict[str, Any]:
    """Parameters and operations of a step, by network."""
    return {
        name: {
            "parameters": sb.pieces.parameter_count(one.layers),
            "operations_per_step": one.operations,
            "multiply_adds": [layer.multiply_adds for layer in one.layers],
        }
        for name, one in found.items()
        if one.layers
    }


def _cost(spec: Any, record: xr.Dataset, units: Sequence[int]) -> Cost:
    count, *shape = examples_of(record)
    if spec is None:
        return sb.pieces.Cost(count, ())
    try:
        return sb.pieces.Cost(spec.batch_size or count, sb.pieces.layers(spec.model, shape, units))
    except SpecError:
        return sb.pieces.Cost(spec.batch_size or count, ())


def examples_of(record: xr.Dataset) -> tuple[int, ...]:
    """The number of training examples and their shape: (64, 16, 16).

    Raises: SpecError where settings have examples of different shapes.
    """
    size = str(record.attrs.get("data_size", ""))
    if ";" in size or " of " not in size:
        raise SpecError(f"costs need examples of one shape, got “{size}”; ask for each data set as a record of its own")
    count, _, shape = size.partition(" of ")
    return (int(count), *map(int, shape.split("x")))
