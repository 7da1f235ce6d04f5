"""The data card of a question as a record: what its data set is made of. Nothing is trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from seedbed.datasets.card import card_of
from seedbed.procedures.measure import measure
from seedbed.record import Block
from seedbed.spec import Spec
from seedbed.store import Store

DRAWN = 0x63617264  # the purpose "card", as the four letters spell it


def data_card(question: Spec, *, few: int = 6, store: Store | None = None, name: str = "card") -> xr.Dataset:
    """What the data of a question are made of (`datasets.card.card_of`), under seed 0; `few` images of every kind."""

    def shown(spec: Spec, dataset_of: Callable[..., Any], seeds: np.ndarray) -> Block:  # noqa: ARG001
        found = card_of(dataset_of(seeds), few, np.random.default_rng(np.random.SeedSequence([0, DRAWN])))
        arrays = {key: np.asarray(array)[None] for key, array in found.arrays.items()}
        return Block(np.asarray(seeds), arrays, found.dims, found.coords)

    return measure("data card", {"few": few}, question, shown, store=store, name=name, engine="", seeds=1)
