"""All statistics of a report, without jax: members drawn at random, as many seeds as no one has patience to train."""

import sys
import time
from typing import Any

import numpy as np
import xarray as xr


def measure(seeds: int, settings: int = 8) -> dict[str, Any]:
    """Seconds of a report's statistics, what they are imported with apart."""
    from seedbed import stats

    record = members(seeds, settings)
    began = time.perf_counter()
    counts = tell(stats, record)
    seconds = time.perf_counter() - began
    if "jax" in sys.modules:
        raise AssertionError("the statistics have loaded jax")
    return {"seconds": seconds, **counts}


def members(seeds: int, settings: int) -> xr.Dataset:
    """Skewed hits, up to a third of which never come, a final loss, and a trace of 60 steps."""
    rng = np.random.default_rng(0)
    hit = np.ceil(rng.exponential(100.0 * np.arange(2, settings + 2)[:, None], (settings, seeds)))
    hit = np.where(hit <= 1000, hit, np.nan)
    stop = np.where(np.isnan(hit), 1000.0, hit)
    arrays = {"hit_step": hit, "stop_step": stop, "final_train_loss": rng.lognormal(size=hit.shape)}
    steps = np.linspace(0, 1000, 60).astype(int)
    axes = {"setting": [f"s{j}" for j in range(settings)], "seed": np.arange(seeds), "step": steps}
    trace = 1 - np.exp(-steps / rng.exponential(100.0, (settings, seeds, 1)))
    return xr.Dataset(
        {"train_accuracy": (("setting", "seed", "step"), trace)}
        | {name: (("setting", "seed"), array) for name, array in arrays.items()},
        axes,
        {"cap": 1000, "target": "train_accuracy at least 1"},
    )


def tell(stats: Any, record: xr.Dataset) -> dict[str, int]:
    """Everything that a report says of its members, and how many things that are."""
    hits = stats.hits(record)
    parts = [
        stats.summarize(record),
        stats.compare(record),
        hits.order().names,
        [hits.one_run()],
        stats.luck.seed_luck(hits.restricted()),
        stats.luck.needed(hits.restricted()),
        hits.running_times(),
        stats.curves.bands(record, "train_accuracy", simultaneous=True),
        stats.curves.by_area(record, "train_accuracy", better="higher"),
    ]
    return {"settings": len(parts[0]), "pairs": len(parts[1]), "needed": len(parts[5]), "answers": sum(map(len, parts))}
