"""A lab: everything that stays the same while a study measures - seeds, profile, data, engine, store, listener."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from seedbed.datasets.load import course_name
from seedbed.errors import SpecError
from seedbed.procedures.landscape import landscape
from seedbed.procedures.run import run
from seedbed.progress import Listener, silent
from seedbed.spec import Spec, read_seeds
from seedbed.store import Store
from seedbed.study import Profile
from seedbed.vocabulary import data as data_words


class Lab:
    """What a study measures with.

    `changes` are levels asked for from outside (`--set activation=relu,tanh`): they replace or add a factor in every
    question they fit; `unused` names those that fitted none so far.
    """

    def __init__(
        self, store: Store | None, seeds: int | str | range, *, profile: Profile = "quick", data: Path | None = None,
        engine: str = "jax", listen: Listener = silent, changes: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:  # fmt: skip
        self.store, self.seeds, self.profile = store, read_seeds(seeds), profile
        self.data, self.engine, self.listen = data, engine, listen
        self.changes = dict(changes or {})
        self.unused = set(self.changes)

    def ask(self, question: Spec) -> Spec:
        """The question with a user's own data and levels in place."""
        if self.data is not None and (name := course_name(question.data)):
            question = question.replace(data=data_words.files(str(self.data), name))
        for name, levels in self.changes.items():
            if question.fits(name):
                question = question.set_levels(name, levels)
                self.unused.discard(name)
        return question

    def run(
        self, question: Spec, name: str = "record", *, seeds: int | str | range | None = None, changeable: bool = True
    ) -> xr.Dataset:
        """Train a question and return its record, kept in the store under `name`; `changes` apply if `changeable`."""
        question = self.ask(question) if changeable else question
        return run(question, self.seeds if seeds is None else seeds, store=self.store, name=name,
                   engine=self.engine, listen=self.listen, notes={"profile": self.profile})  # fmt: skip

    def landscape(
        self, question: Spec, weight: np.ndarray, bias: np.ndarray, name: str = "landscape", *, changeable: bool = True
    ) -> xr.Dataset:
        """Output, loss and gradient of a single neuron over a grid of weights and biases."""
        question = self.ask(question) if changeable else question
        return landscape(question, weight, bias, store=self.store, name=name, engine=self.engine)

    def settled(self) -> None:
        """Raise if a level was asked for that fitted no question."""
        if self.unused:
            raise SpecError(f'no question of this study has a factor "{sorted(self.unused)[0]}"; see: seedbed show')
