"""A lab: everything that stays the same while a study measures - seeds, profile, data, engine, store, listener."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.datasets.kernels import read_kernels
from seedbed.datasets.load import course_name
from seedbed.datasets.pictures import pictures
from seedbed.errors import LETTERS, DataError, SpecError, one_of
from seedbed.procedures.crossing import crossing
from seedbed.procedures.landscape import landscape
from seedbed.procedures.run import run
from seedbed.procedures.timing import timed
from seedbed.progress import Listener, silent
from seedbed.spec import Spec, read_seeds
from seedbed.store import Store
from seedbed.study import PROFILES, ProfileName
from seedbed.vocabulary import data as data_words

if TYPE_CHECKING:
    import xarray as xr


class Lab:
    """What a study measures with.

    `changes` are levels asked for from outside (`--set activation=relu,tanh`): they replace or add a factor in every
    question they fit; `unused` names those that fitted none so far.
    """

    def __init__(
        self, store: Store | None, seeds: Any, *, profile: ProfileName = "quick", data: Path | None = None,
        engine: str = "jax", listen: Listener = silent, changes: Mapping[str, Sequence[Any]] | None = None,
        keep_older: bool = False,
    ) -> None:  # fmt: skip
        one_of(profile, PROFILES, "the profile")
        self.store, self.seeds, self.profile = store, read_seeds(seeds), profile
        self.data, self.engine, self.listen = data, engine, listen
        self.keep_older = keep_older
        self.changes = dict(changes or {})
        self.unused = set(self.changes)
        self.asked: list[Spec] = []

    def ask(self, question: Spec) -> Spec:
        """The question with a user's own data and levels in place."""
        question = self._on_own_data(question)
        for name, levels in self.changes.items():
            if question.fits(name):
                question = question.set_levels(name, levels)
                self.unused.discard(name)
        return question

    def run(
        self, question: Spec, name: str = "record", *, seeds: Any = None, changeable: bool = True,
        aside: bool = False,
    ) -> xr.Dataset:  # fmt: skip
        """Train a question and return its record, kept in the store under `name`.

        `changes` apply if `changeable`. What is not is only compared with: it takes a user's own data where there are.
        What is `aside` helps to tell a page, and appears in no list of settings.
        """
        question = self.ask(question) if changeable else self._on_own_data(question, needed=False)
        self.asked.append(question)
        notes = {"profile": self.profile, **({"aside": True} if aside else {})}
        return run(question, self.seeds if seeds is None else seeds, store=self.store, name=name,
                   engine=self.engine, listen=self.listen, notes=notes, keep_older=self.keep_older)  # fmt: skip

    def crossed(self, levels: int, name: str = "sources") -> xr.Dataset:
        """The first question that was run once more, with initial weights, data and order numbered apart and crossed.

        Raises: SpecError where nothing was run, or `procedures.crossing` has nothing to cross.
        """
        if not self.asked:
            raise SpecError("nothing was trained here, so there are no sources of chance to cross; leave out --sources")
        found = crossing(self.asked[0], levels)
        notes = {"profile": self.profile, "aside": True, "not_crossed": list(found.missing)}
        return run(found.question, found.seeds, store=self.store, name=name, engine=self.engine, listen=self.listen,
                   notes=notes, keep_older=self.keep_older)  # fmt: skip

    def timed(
        self, question: Spec, name: str = "times", *, repeats: int = 5, least: float = 0.3, changeable: bool = True
    ) -> xr.Dataset:  # fmt: skip
        """Seconds of a training step of every setting, `repeats` times over at least `least` seconds each.

        For one network alone and for one among as many as the engine trains side by side; nothing but steps is in it.
        """
        question = self.ask(question) if changeable else self._on_own_data(question, needed=False)
        return timed(question, repeats=repeats, least=least, store=self.store, name=name, engine=self.engine,
                     listen=self.listen)  # fmt: skip

    def landscape(
        self, question: Spec, weight: np.ndarray, bias: np.ndarray, name: str = "landscape", *,
        changeable: bool = True, engine: str | None = None,
    ) -> xr.Dataset:  # fmt: skip
        """Output, loss and gradient of a single neuron over a grid of weights and biases.

        `engine` names another one than the lab's: a page may set derivatives by hand beside those of the engine.
        """
        question = self.ask(question) if changeable else question
        return landscape(question, weight, bias, store=self.store, name=name, engine=engine or self.engine)

    def derivatives(
        self, scores: np.ndarray, targets: np.ndarray, name: str = "derivatives", *, loss: Any = "cross_entropy",
        output: Any = None, kind: str = "classes", engine: str | None = None,
    ) -> xr.Dataset:  # fmt: skip
        """Jacobian of an output activation and gradient of a loss at scores (point, unit); nothing is trained.

        `engine` names another one than the lab's: a page may set derivatives by hand beside those of the engine.
        """
        from seedbed.procedures.derivatives import derivatives  # late: it needs xarray

        return derivatives(scores, targets, loss=loss, output=output, kind=kind, store=self.store, name=name,
                           engine=engine or self.engine)  # fmt: skip

    def examples(
        self, question: Spec, name: str = "examples", *, seeds: Any = 1, changeable: bool = True
    ) -> xr.Dataset:
        """What a question trains on, its first setting where several are varied; one set for each of the `seeds`."""
        from seedbed.procedures.examples import examples  # late: it needs xarray, and a run trains before that

        question = self.ask(question) if changeable else question
        return examples(question.settings()[0].spec, seeds=seeds, store=self.store, name=name)

    def filtered(
        self, kernels: Mapping[str, Any] | None = None, name: str = "filtered", *,
        kinds: int = 5, each: int = 5, timed: int = 5, repeats: int = 5,
    ) -> xr.Dataset:  # fmt: skip
        """Gray images under kernels, by hand, by the engine and by a library: outputs, seconds, laws.

        `kernels` are named matrices, or None for `kernel.npy` in the folder of a user's data. The images are the first
        `each` of `kinds` kinds: `samples_*.npy` in that folder, else MNIST's test images, else drawn shapes.
        """
        from seedbed.procedures.filtering import filtered  # late: it needs scipy.signal, which no other study waits for

        if kernels is None:
            if self.data is None:
                raise DataError("kernel.npy is read from a user's own folder, got none; give --data DIR")
            kernels = {f"kernel {at}": matrix for at, matrix in enumerate(read_kernels(self.data))}
        return filtered(pictures(self.data, kinds=kinds, each=each), kernels, timed=timed, repeats=repeats,
                        store=self.store, name=name, engine=self.engine)  # fmt: skip

    def _on_own_data(self, question: Spec, needed: bool = True) -> Spec:
        name = course_name(question.data)
        if self.data is None or name is None or not (needed or (self.data / f"{name}_imgs.npy").exists()):
            return question
        return question.replace(data=data_words.files(str(self.data), name))

    def settled(self) -> None:
        """Raise if a level was asked for that fitted no question."""
        if self.unused:
            name = sorted(self.unused)[0]
            raise SpecError(f'no question of this study has a factor "{name[:LETTERS]}"; see: seedbed show STUDY')
