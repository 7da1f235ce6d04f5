"""What was measured, in text and as a line of JSON."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEADINGS = {
    "dense": "16-4-1 net, full batch of 64: microseconds per network and step (median of rounds; smallest-largest)",
    "narrow": "Nine hidden layers of 2, Adam, batches of 64 of 3,000 own points: microseconds per network and step",
    "conv": "Convolutions with 16 and 8 kernels, full batch of 64: microseconds per network and step",
    "pool": "2x2 max pooling of 16 channels and 64 examples, forward and backward, one core: microseconds",
    "start": "Start: wall seconds (median)",
    "seeds": "four_settings, compiled before: wall seconds; seconds per seed; peak memory of the process in MiB",
}
UNITS = {"us": "us", "seconds": "s", "seconds_per_seed": "s/seed", "peak_mib": "MiB"}
RATIOS = (
    ("torch", "seedbed"), ("torch-compile", "seedbed"), ("seedbed", "c++2"), ("torch-narrow", "seedbed-narrow"),
    ("torch-7x7", "seedbed-7x7"), ("lax-7x7", "seedbed-7x7"), ("torch-3x3", "seedbed-3x3"), ("lax-3x3", "seedbed-3x3"),
)  # fmt: skip
POOLS = (6, 12)


def text(results: Sequence[dict[str, Any]], machine: dict[str, Any]) -> str:
    """The table as a person reads it."""
    lines = ["", *(f"{name:<10} {value}" for name, value in machine.items())]
    for suite, heading in HEADINGS.items():
        rows = [row for row in results if row["suite"] == suite]
        if rows:
            lines += ["", heading, *(f"  {row['words']:<62} {_value(row)}" for row in rows)]
    found = ratios(results)
    if found:
        lines += ["", "Ratios of medians", *(f"  {name:<48} {value:10.3g}" for name, value in found.items())]
    return "\n".join(lines)


def ratios(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """How many times slower the first is than the second, where both were measured."""
    speed = {row["name"]: row["us"] for row in results if "us" in row}
    found = {f"{slow} / {fast}": speed[slow] / speed[fast] for slow, fast in RATIOS if slow in speed and fast in speed}
    for side in POOLS:
        names = [f"pool-{layer}-{side}" for layer in ("reduce_window", "seedbed", "nothing")]
        if all(name in speed for name in names):
            slow, fast, loop = (speed[name] for name in names)
            found[f"{names[0]} / {names[1]}, the loop taken off"] = (slow - loop) / (fast - loop)
    return found


def keep(path: Path, results: Sequence[dict[str, Any]], machine: dict[str, Any], rounds: int) -> None:
    """Append a dated line."""
    date = datetime.now(UTC).isoformat(timespec="seconds")
    line = {"date": date, "rounds": rounds, "machine": machine, "ratios": ratios(results), "results": list(results)}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def _value(row: dict[str, Any]) -> str:
    if "skipped" in row or "failed" in row:
        return f"left out: {row['skipped']}" if "skipped" in row else f"FAILED: {row['failed']}"
    return "  ".join(_number(row, name, unit) for name, unit in UNITS.items() if name in row)


def _number(row: dict[str, Any], name: str, unit: str) -> str:
    spread = row.get(f"{name}_range")
    return f"{row[name]:10.4g} {unit}" + (f"  ({spread[0]:.4g}-{spread[1]:.4g})" if spread else "")
