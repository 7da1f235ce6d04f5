"""Zeiler's tables as maps over rates, with the published numbers judged; and which settings die."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.adaptive_methods.methods import EPSILONS, RATES, RHOS, TABLE_1, TABLE_2

DEAD = 0.2  # test accuracy below which a network answers next to nothing


def zeiler_maps(context: sb.Context) -> Iterator[Any]:
    """Test error over methods and rates, and over epsilon and rho, with Zeiler's numbers in the table."""
    theirs = np.array(list(TABLE_1.values()))
    first = context.record("errors")
    yield from _map(first, "zeiler_rates", ("method", "learning_rate"), theirs, "learning rate")
    second = context.record("errors_adadelta")
    yield from _map(second, "zeiler_adadelta", ("eps", "decay"), np.array(TABLE_2), "ρ (rows: ε)")
    n = first.sizes["seed"]
    spans = {str(name): sb.stats.scores.mean(column) for name, column in _spans(context).items()}
    yield sb.Reading("zeiler_spans", spans)
    told = "; ".join(f"{name} {100 * one.estimate:.1f} points ({100 * one.low:.1f} to {100 * one.high:.1f})"
                     for name, one in spans.items())  # fmt: skip
    said = (
        f"From the best to the worst cell the test error spans {told} (mean, n = {n} seeds, 95 % intervals). Zeiler: "
        "55.8 points for SGD, 87.7 for momentum, 42.0 for AdaGrad, 0.8 for AdaDelta."
    )
    yield said
    yield sb.Answer(said)


def _map(record: Any, name: str, axes: tuple[str, str], theirs: np.ndarray, column: str) -> Iterator[Any]:
    """One table of Zeiler as a map, and both numbers side by side."""
    errors = record["error"].transpose(*axes, "seed")
    rows, columns = ([str(sb.name_of({axis: level})) if isinstance(level, str) else f"{level:g}"
                      for level in errors[axis].values.tolist()] for axis in axes)  # fmt: skip
    cells = [[sb.stats.scores.mean(one) for one in line] for line in errors.values]
    middle, low, high = (np.array([[getattr(one, part) for one in line] for line in cells])
                         for part in ("estimate", "low", "high"))  # fmt: skip
    n = record.sizes["seed"]
    yield sb.Figure(
        name,
        sb.figures.share_map(middle, rows, columns, row_label=axes[0].replace("eps", "ε"), column_label=column,
                             what="mean test error", low=low, high=high),
        f"Mean test error of n = {n} networks in each cell; below it the 95 % interval. A diverged network counts as "
        "always wrong but by chance, 90 %.",
        f"Map of the test error over {' and '.join(axes)}",
    )  # fmt: skip
    published = theirs.shape == middle.shape
    yield sb.Table(
        (axes[0].replace("eps", "ε"), *columns),
        [
            (row, *(f"{100 * one.estimate:.2f} [{100 * one.low:.2f}, {100 * one.high:.2f}]"
                    + (f" / {theirs[i, j]:.2f}" if published else "") for j, one in enumerate(line)))
            for i, (row, line) in enumerate(zip(rows, cells, strict=True))
        ],
        f"Test error in percent, mean of n = {n} with its 95 % interval{' / as published' if published else ''}. "
        f"Columns: {column}.",
    )  # fmt: skip


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Test errors of Zeiler's cells, how far they span, and which networks are dead."""
    found: dict[str, Any] = {}
    for name, source in (("errors", "rates"), ("errors_adadelta", "adadelta"), ("errors_tanh", "tanh")):
        if source in records:
            found[name] = sb.derive(records[source], lambda _, part: {"error": _error(part)}, of=source)
    if "rates" in records and "adadelta" in records:
        first, second = found["errors"]["error"], found["errors_adadelta"]["error"]
        spans = {name: _span(first.sel({"method": name})) for name in first["method"].values.tolist()}
        spans["AdaDelta"] = _span(second)
        found["spans"] = sb.derive(records["rates"], lambda levels, _: {"span": spans[levels["method"]]},
                                   axes={"method": list(spans)}, seeds=records["rates"]["seed"].values.tolist(),
                                   of="rates adadelta")  # fmt: skip
    if "deadly" in records:
        found["dead"] = sb.derive(
            records["deadly"],
            lambda _, part: {"dead": np.nan_to_num(part["final_test_accuracy"].values) < DEAD},
            of="deadly",
        )
    return found


def _error(part: Any) -> np.ndarray:
    """1 - test accuracy; of a diverged network 0.9."""
    accuracy = np.where(np.isfinite(part["diverged_step"].values), 0.1, part["final_test_accuracy"].values)
    return 1 - np.nan_to_num(accuracy, nan=0.1)


def _span(errors: Any) -> np.ndarray:
    values = errors.transpose("seed", ...).values.reshape(errors.sizes["seed"], -1)
    return np.ptp(values, axis=1)


def _spans(context: sb.Context) -> dict[str, np.ndarray]:
    spans = context.record("spans")["span"]
    return {name: spans.sel({"method": name}).values for name in spans["method"].values.tolist()}


def deaths(context: sb.Context) -> Iterator[Any]:
    """The share of networks that die, optimizer by optimizer."""
    dead = context.record("dead")["dead"]
    n = dead.sizes["seed"]
    found = {str(name): sb.stats.wilson(int(dead.sel(optimizer=name).sum()), n) for name in dead["optimizer"].values}
    yield sb.Reading("deaths", found)
    yield sb.Table(
        ("optimizer", "dead"),
        [(name, sb.show.share(one)) for name, one in found.items()],
        f"Share of n = {n} networks whose test accuracy ended below {100 * DEAD:.0f} %, with Wilson's 95 % interval.",
    )
    told = "; ".join(f"{name} {sb.show.share(one)}" for name, one in found.items())
    yield sb.Answer(f"Share of networks that die with dropout: {told} (n = {n} each, 95 % intervals).")


def cells() -> Iterator[sb.Claim]:
    """Zeiler's 27 cells, each a single run."""
    where = "Zeiler 2012 (1212.5701)"
    for method, row in TABLE_1.items():
        for rate, error in zip(RATES, row, strict=True):
            yield _cell(f"zeiler-{method.lower()}-{rate:g}", f"{where}, table 1", "errors", error,
                        f"{method} at {rate:g}", f"method={method}, learning_rate={rate:g}")  # fmt: skip
    for eps, row in zip(EPSILONS, TABLE_2, strict=True):
        for rho, error in zip(RHOS, row, strict=True):
            yield _cell(f"zeiler-adadelta-{eps:g}-{rho:g}", f"{where}, table 2", "errors_adadelta", error,
                        f"AdaDelta with ε {eps:g} and ρ {rho:g}", f"eps={eps:g}, decay={rho:g}")  # fmt: skip


def _cell(name: str, source: str, record: str, error: float, words: str, levels: str) -> sb.Claim:
    share = round(error / 100, 6)
    return sb.Claim(id=name, source=source, record=record, value=share,
                    statement=f"{words}: {error:.2f} % test error after six epochs",
                    check=f"one_run(error, {levels}) = {share}")  # fmt: skip
