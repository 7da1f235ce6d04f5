"""A record as `record.assemble` makes it, with traces that fall and members that arrive, made from a formula."""

import numpy as np
import pytest

from seedbed import Spec, reaches
from seedbed.record import Block, assemble
from seedbed.spec import trace_steps

CAP = 10_000
HITS = np.array([900, 2_000, 4_700, 9_600])


def _block(hits, members, layers, diverged):
    steps = trace_steps(CAP, "log")
    hit = hits * (1 + 0.3 * np.sin(np.arange(members)))
    hit = np.where(hit > CAP, np.nan, np.round(hit))
    stop = np.where(np.isnan(hit), CAP, hit)
    gone = np.full(members, np.nan)
    gone[:diverged], stop[:diverged], hit[:diverged] = 50, 50, np.nan
    running = steps[None] <= stop[:, None]
    scale = 0.7 + 0.01 * np.cos(np.arange(members))[:, None]
    loss = scale * np.exp(-3 * steps[None] / hits)
    accuracy = np.minimum(0.5 + 0.5 * steps[None] / stop[:, None], 1.0)
    final = scale[:, 0] * np.exp(-3 * stop / hits)
    final[:diverged] = np.inf
    arrays = {
        "hit_step": hit,
        "diverged_step": gone,
        "stop_step": stop,
        "train_loss": np.where(running, loss, np.nan),
        "train_accuracy": np.where(running, accuracy, np.nan),
        "final_train_loss": final,
        "final_train_accuracy": np.where(np.isnan(hit), 0.75, 1.0),
        "gradient_norm": np.where(running, loss, np.nan)[..., None] * 0.1 ** np.arange(layers),
    }
    dims = {"train_loss": ("step",), "train_accuracy": ("step",), "gradient_norm": ("step", "layer")}
    coords = {"step": steps.tolist(), "layer": list(range(1, layers + 1))}
    return Block(np.arange(members), arrays, dims, coords)


@pytest.fixture
def make_record():
    """Build a record: levels per factor, members per setting, layers of the probe, diverged members, hit medians."""

    def make(levels=None, members=32, layers=3, diverged=0, hits=None):
        levels = {"activation": ["relu", "sigmoid"], "loss": ["cross_entropy", "l2"]} if levels is None else levels
        question = Spec(
            data="random_images(64, (4, 4))",
            model="mlp([4])",
            loss="l2",
            optimizer="sgd(0.1)",
            steps=CAP,
            stop=reaches("train_accuracy", 1.0),
        ).vary(**levels)
        count = len(question.settings())
        medians = hits if hits is not None else np.resize(HITS, count)
        record = assemble(question, [_block(median, members, layers, diverged) for median in medians], {})
        record["train_loss"].attrs["units"] = "nats"
        return record

    return make
