"""What a run tells while it trains."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.progress import Progress


def test_progress_tells_the_epoch_and_the_loss_so_far() -> None:
    seen: list[Progress] = []
    asked = sb.Spec(data=sb.data.xor_blobs(n=64), model=sb.models.mlp([2]), loss="cross_entropy", batch_size=16,
                    optimizer=sb.optimizers.sgd(0.1), steps=sb.epochs(5))  # fmt: skip
    record = sb.run(asked, 3, listen=seen.append)
    last = [event for event in seen if event.phase == "training"][-1]
    assert (last.epoch, last.cap, last.stops_early) == (4, 20, False)
    assert last.loss == pytest.approx(float(np.median(record["final_batch_loss"])))
    sb.run(asked.replace(stop=sb.reaches("train_accuracy", 1.0)), 3, listen=seen.append)
    assert seen[-2].stops_early
