"""How narrow networks ended: which layer went dead at which step, what they answer, and how far that is from learned.

Arrays over members; the words and figures are in the study. A network is dead where some layer has slope exactly 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import seedbed as sb

REACH = 7**0.5
NAMES = {
    "abs": "|x|",
    "x_sin_5x": "x sin 5x",
    "step_sin_5x": "1[x > 0] + 0.2 sin 5x",
    "l2": "mean squared error",
    "mae": "mean absolute error",
}
LAW = REACH * ((2 * np.arange(100_000) + 1) / 100_000 - 1)  # the middles of so many equal parts of the interval
FINE, COARSE = np.linspace(-REACH, REACH, 1_025), np.linspace(-REACH, REACH, 129)
CLOSE = 0.05  # of the constant of a dead network to what it should tend to
FATES = ("alive", "alive again", "died in training", "born dead", "not finite")
DRAWN, NUMBER = 200_000, 1903  # networks per depth drawn here, and the number of their generator


@dataclass(frozen=True, eq=False)
class Ends:
    """One setting: its `reading` for `summary.json`, and arrays over members.

    `gap` is the answer of a dead network less what it should tend to.
    """

    reading: dict[str, Any]
    seed: np.ndarray
    dead: np.ndarray
    broken: np.ndarray
    answers: np.ndarray
    error: np.ndarray
    gap: np.ndarray

    def __getitem__(self, name: str) -> Any:
        """A number of the reading."""
        return self.reading[name]

    @property
    def alive(self) -> np.ndarray:
        """Which members ended neither dead nor with numbers that are not finite."""
        return ~self.dead & ~self.broken


def fate_of(levels: Mapping[str, Any], part: Any) -> dict[str, np.ndarray]:
    """Yes or no for every member; `nearer_to_mean` is NaN where the member did not collapse."""
    last = part["final_parameters"].transpose("seed", ...).values
    first = part["parameters"].transpose("seed", "step", ...).values[:, 0]
    model = sb.models.mlp([2] * hidden_of(last))
    end = sb.variation(model, last, FINE)
    lost = end.still & ~np.isfinite(part["diverged_step"].values)
    law = sb.formulas[levels["formula"]](LAW)
    nearer = np.abs(end.lowest - np.mean(law)) < np.abs(end.lowest - np.median(law))
    born = sb.variation(model, first, COARSE, dtype=np.float32).still
    return {"collapsed": lost, "born_dead": born, "nearer_to_mean": np.where(lost, nearer, np.nan)}


def hidden_of(parameters: np.ndarray) -> int:
    """The number of hidden layers of two units: h of them have 4 + 6 (h - 1) + 3 weights and biases."""
    return (parameters.shape[-1] - 1) // 6


def end_of(levels: Mapping[str, Any], part: Any, early: Any = None) -> Ends:
    """What became of the members of one setting. `early` is the same setting over its first epoch, step by step."""
    (steps, rows), last = traced(part, early), part["final_parameters"].transpose("seed", ...).values
    hidden, n = hidden_of(last), len(last)
    model = sb.models.mlp([2] * hidden)
    path = sb.variation(model, rows, COARSE, dtype=np.float32)
    end, single = sb.variation(model, last, FINE), sb.variation(model, last, FINE, dtype=np.float32)
    broken, born, dead = np.isfinite(part["diverged_step"].values), path.still[:, 0], end.still
    died, ever = ~broken & dead & ~born, path.still.any(axis=1)
    masks = (~broken & ~dead & ~ever, ~broken & ~dead & ever, died, ~broken & dead & born, broken)
    answers = sb.replay(model, last, FINE[:, None])[..., 0]
    error = np.mean((answers - sb.formulas[levels["formula"]](FINE)) ** 2, axis=1)
    since = np.where(path.still[:, -1], last_change(path.still), len(steps))  # the first step of lasting death
    law = sb.formulas[levels["formula"]](LAW)
    target = float((np.median if levels.get("loss") == "mae" else np.mean)(law))
    gap, ended = end.lowest - target, dead & ~broken
    drawn, layers = path.first_still[:, 0][born & dead], end.first_still[died]
    reading = {
        "setting": sb.name_of({key: NAMES.get(str(value), value) for key, value in levels.items()}),
        "levels": dict(levels),
        "n": n,
        "hidden": hidden,
        "counts": {fate: int(mask.sum()) for fate, mask in zip(FATES, masks, strict=True)},
        "collapsed": sb.stats.wilson(int(ended.sum()), n),
        "born": sb.stats.wilson(int(born.sum()), n),
        "still_by_step": {"step": steps.tolist(), "count": path.still.sum(axis=0).tolist()},
        "layers": {
            kind: np.bincount(those, minlength=hidden + 2)[1:].tolist()
            for kind, those in (("born dead", drawn), ("died in training", layers))
        },
        "died_at": sb.stats.scores.spread(steps[since[died & (since < len(steps))]]),
        "tends_to": target,
        "constant": sb.stats.scores.spread(gap[ended]),
        "close": close(path, steps, target),
        "nearer": nearer(end.lowest[ended], law, levels),
        "error": {
            "dead": sb.stats.scores.spread(error[ended]),
            "alive": sb.stats.scores.spread(error[~dead & ~broken]),
        },
        "spread_of_targets": float(np.var(law)),
        "learned": sb.stats.wilson(int((error[~broken] < 0.1 * np.var(law)).sum()), n),
        "precision": {
            "constant in single precision, not dead": int((single.constant & ~dead).sum()),
            "constant in double precision, not dead": int((end.constant & ~dead).sum()),
            "dead, not constant in double precision": int((~end.constant & dead).sum()),
            "the training's own verdict on its 3,000 points differs": int(
                ((part["final_dead"].values == 1) != dead).sum()
            ),
            "still on the coarse grid only": int((path.still[:, -1] & ~dead).sum()),
        },
    }
    return Ends(reading, part["seed"].values, ended, broken, answers, error, gap)


def traced(part: Any, early: Any) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and parameters `(seed, step, parameter)`: those of the first epoch, where given, before the others."""
    steps, rows = part["step"].values, part["parameters"].transpose("seed", "step", ...).values
    if early is None:
        return steps, rows
    first, later = early["step"].values, steps > early["step"].values[-1]
    begin = early["parameters"].transpose("seed", "step", ...).values
    return np.concatenate([first, steps[later]]), np.concatenate([begin, rows[:, later]], axis=1)


def last_change(still: np.ndarray) -> np.ndarray:
    """The first index from which on a row is true to its end; its length where the last is false."""
    return still.shape[1] - np.argmin(np.column_stack([still[:, ::-1], np.zeros(len(still), bool)]), axis=1)


def nearer(constants: np.ndarray, law: np.ndarray, levels: Mapping[str, Any]) -> dict[str, Any]:
    """How many constants lie nearer to the mean of the targets than to their median."""
    mean, (low, high) = float(np.mean(law)), (float(np.quantile(law, 0.5, method=side)) for side in ("lower", "higher"))
    median = (low + high) / 2
    return {
        "loss": str(levels.get("loss", "l2")),
        "mean": mean,
        "median": median,
        "medians": [low, high],
        "n": len(constants),
        "nearer_to_mean": int((np.abs(constants - mean) < np.abs(constants - median)).sum()),
        "middle": float(np.median(constants)) if len(constants) else float("nan"),
    }


def close(path: Any, steps: np.ndarray, target: float) -> dict[str, Any]:
    """Of the members dead at the last traced step: how many then answer what they should tend to, and since when."""
    near = path.still & (np.abs(path.lowest - target) <= CLOSE)
    dead = path.still[:, -1]
    there = dead & near[:, -1]
    since = sb.stats.scores.spread(steps[last_change(near)[there]])
    return {"dead": int(dead.sum()), "near": int(there.sum()), "since": since}


def born_dead(layers: int) -> sb.stats.Interval:
    """The share of networks with so many hidden layers that are dead as drawn, from `DRAWN` draws of their own."""
    rng, signs = np.random.default_rng(NUMBER), np.array([[1.0], [-1.0]])
    h = np.maximum(signs * rng.standard_normal((DRAWN, 1, 2)), 0)
    for _ in range(layers - 1):
        h = np.maximum(h @ rng.standard_normal((DRAWN, 2, 2)), 0)
    return sb.stats.wilson(int((h == 0).all(axis=(1, 2)).sum()), DRAWN)
