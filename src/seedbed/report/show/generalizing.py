"""How well settings do on what they learned from and on what they have never seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.record import name_of, rows
from seedbed.report.context import Block, Context
from seedbed.report.numbers import hundredths, interval, number
from seedbed.report.page import Answer, Reading, Table


def generalization(*, record: str = "") -> Block:
    """Training and test accuracy and loss of every setting at its last step, and the gap between the accuracies.

    All are judged with nothing dropped. Seeds whose accuracy is no number count for nothing; their number is told.
    """

    def items(context: Context) -> Iterator[Table | Reading | Answer]:
        found = {
            name_of(levels) or "the only setting": _of_setting(part) for levels, part in rows(context.record(record))
        }
        cells = [
            (
                name,
                *(interval(one[key], hundredths) for key in ("train_accuracy", "test_accuracy", "gap")),
                *(interval(one[key], number) for key in ("train_loss", "test_loss")),
            )
            for name, one in found.items()
        ]
        n = sorted({one["gap"].n for one in found.values()})
        yield Table(
            ("setting", "training accuracy", "test accuracy", "gap", "training loss", "test loss"),
            cells,
            f"Means over n = {' to '.join(map(str, dict.fromkeys((n[0], n[-1]))))} members of each setting at the last "
            "step, with 95 % BCa bootstrap intervals. Both splits are judged as a trained network is used: nothing is "
            "dropped, batch norm uses its running averages. Gap: training minus test accuracy, member by member, in "
            "percentage points.",
        )
        yield Reading(f"generalization{'_' * bool(record)}{record}", found)
        if len(found) > 1:
            ranked = sorted(found.items(), key=lambda one: -np.nan_to_num(one[1]["gap"].estimate, nan=-np.inf))
            told = " and the smallest ".join(
                f"{name} ({interval(one['gap'], hundredths)})" for name, one in (ranked[0], ranked[-1])
            )
            yield Answer(f"The largest gap between training and test accuracy has {told}; n = {n[0]}, 95 % intervals.")

    return Block("Training and test", items)


def _of_setting(part: Any) -> dict[str, Any]:
    """The means of one setting, by name."""
    names = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
    columns = {name: np.asarray(part[f"final_{name}"].values, float) for name in names}
    known = np.isfinite(np.stack(list(columns.values()))).all(axis=0)
    columns["gap"] = columns["train_accuracy"] - columns["test_accuracy"]
    return {name: sb.stats.scores.mean(column[known]) for name, column in columns.items()}
