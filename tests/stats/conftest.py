"""Small records like those that `record.assemble` makes, and a fixed random generator per test."""

import numpy as np
import pytest
import xarray as xr


@pytest.fixture
def rng():
    return np.random.default_rng(20_260)


@pytest.fixture
def make_record():
    """A record from an array of hit steps (factors ..., seed); NaN: never."""

    def make(hit_step, factors=None, cap=1000, **variables):
        hit_step = np.asarray(hit_step, dtype=np.float64)
        names = dict(factors or {})
        dims = (*names, "seed")
        stop_step = np.where(np.isnan(hit_step), cap, hit_step)
        arrays = {
            "hit_step": hit_step,
            "stop_step": stop_step,
            "diverged_step": np.full(hit_step.shape, np.nan),
            "final_train_loss": 1 / (1 + stop_step),
            **{name: np.asarray(array, dtype=np.float64) for name, array in variables.items()},
        }
        return xr.Dataset(
            {name: (dims, array) for name, array in arrays.items()},
            {**names, "seed": np.arange(hit_step.shape[-1])},
            {"cap": cap, "target": "train_accuracy at least 1"},
        )

    return make


@pytest.fixture
def draw_hits(rng):
    """Hits of skewed, tied or heavy-tailed members; `censored` is the share that never arrives before 1000."""
    laws = {
        "skewed": rng.exponential,
        "tied": rng.exponential,
        "heavy": lambda scale, size: rng.lognormal(0, scale, size),
    }
    grain = {"skewed": 0.001, "tied": 20, "heavy": 0.001}
    scales = {}

    def draw(law, censored, size):
        if (law, censored) not in scales:
            many = laws[law](1, 400_000)
            scales[law, censored] = 1000 / (np.quantile(many, 1 - censored) if censored else many.max())
        steps = np.ceil(laws[law](1, size) * scales[law, censored] / grain[law]) * grain[law]
        return np.where(steps < 1000, steps, np.nan)

    return draw
