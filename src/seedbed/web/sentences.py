"""What is said while twins train: who has arrived, which setting is ahead, how sure that is, what one run would say.

Every number is one of `seedbed.stats`, with n and interval. A twin that has not arrived counts with the present step.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seedbed.procedures.live import Frame, Twins
from seedbed.record import name_of
from seedbed.stats import Hits, Members, one_run, scores, wilson
from seedbed.stats.interval import Interval
from seedbed.stats.two_sample import compare

PEEKING = (
    "Looked at while it runs, a difference that is none passes for one more often than the 5 % of a single look; "
    "the numbers of the last step are the ones to keep."
)


def said(frame: Frame, aimed: bool) -> dict[str, Any]:
    """The running sentences, and a row for each setting: n, arrived with its interval, dead, diverged."""
    rows = [_row(twins, aimed) for twins in frame.settings]
    sentences = [_lost(rows)]
    if frame.step > 0:
        sentences = [_alone(frame, rows[0], aimed) if len(rows) == 1 else _ahead(frame, aimed), *sentences]
    note = PEEKING if frame.running and len(rows) > 1 and frame.step > 0 else ""
    return {"step": frame.step, "sentences": [one for one in sentences if one], "rows": rows, "note": note}


def _row(twins: Twins, aimed: bool) -> dict[str, Any]:
    n, arrived = twins.hit_step.size, int(np.isfinite(twins.hit_step).sum())
    row: dict[str, Any] = {"name": name_of(twins.levels) or "all twins", "n": n,
                           "diverged": int(np.isfinite(twins.diverged_step).sum()),
                           "dead": int(np.sum(last(twins, "dead") > 0))}  # fmt: skip
    return row | ({"arrived": arrived, "share": _percent(wilson(arrived, n))} if aimed else {})


def last(twins: Twins, name: str) -> np.ndarray:
    """The last known value of each twin, NaN where there is none."""
    known = twins.held(name) if name in twins.traces else np.zeros((twins.hit_step.size, 0))
    return known[:, -1] if known.shape[1] else np.full(len(known), np.nan)


def _alone(frame: Frame, row: dict[str, Any], aimed: bool) -> str:
    if aimed:
        return f"By step {frame.step:,}, {row['arrived']} of {row['n']} twins have arrived: {row['share']}."
    values = _losses(frame)[:, 0]
    if not np.isfinite(values).all() or len(values) < 2:
        return ""
    return f"At step {frame.step:,} the median training loss is {_shown(scores.median(values))}, n = {len(values)}."


def _ahead(frame: Frame, aimed: bool) -> str:
    """Which setting is ahead of which, and how often one run of each would say otherwise."""
    names = tuple(name_of(twins.levels) for twins in frame.settings)
    settings, seeds = tuple(twins.levels for twins in frame.settings), np.arange(frame.settings[0].hit_step.size)
    if len(seeds) < 2:
        return "A comparison needs at least two seeds."
    values = np.stack([twins.hit_step for twins in frame.settings], axis=1) if aimed else _losses(frame)
    if not aimed and not np.isfinite(values).all():
        return "Training losses are not compared, because some twins diverged and have none."
    counted = Hits(Members(settings, seeds, values), float(frame.step)).restricted().values if aimed else values
    first, second = np.argsort(counted.mean(axis=0), kind="stable")[:2].tolist()
    sides = [Members((settings[at],), seeds, values[:, [at]]) for at in (first, second)]
    both = [Hits(side, float(frame.step)) for side in sides] if aimed else sides
    sentence = compare(both[0], both[1], (names[first], names[second]), "lower", "mean training loss").sentence()
    misleads = one_run(counted, names).independent.misleads
    if np.isnan(misleads.estimate):
        return f"By step {frame.step:,}: {sentence}"
    return (
        f"By step {frame.step:,}: {sentence} One run of each setting would give another order in "
        f"{_percent(misleads)} of cases."
    )


def _losses(frame: Frame) -> np.ndarray:
    """The last training loss of every twin, (seed, setting)."""
    return np.stack([last(twins, "train_loss") for twins in frame.settings], axis=1).astype(float)


def _lost(rows: Sequence[dict[str, Any]]) -> str:
    told = [f"{sum(row[end] for row in rows)} {end}" for end in ("diverged", "dead") if any(row[end] for row in rows)]
    return f"Of {sum(row['n'] for row in rows):,} twins: {', '.join(told)}." if told else ""


def _percent(share: Interval) -> str:
    return f"{100 * share.estimate:.0f} % (95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %)"


def _shown(value: Interval) -> str:
    return f"{value.estimate:.3g} (95 % interval {value.low:.3g} to {value.high:.3g})"
