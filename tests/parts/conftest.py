"""Parts are tested with silent broadcasting refused, and with the options that the vocabulary gives them."""

import inspect

import jax
import pytest

from seedbed.vocabulary import TABLES, Dial


@pytest.fixture(autouse=True)
def no_silent_broadcasting():
    with jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture
def defaults():
    """`defaults(kind, name)`: the options of a part as plain values; numbers without a default become 1/2."""

    def options(kind, name):
        word = TABLES[kind][name]
        needed = [p.name for p in inspect.signature(word).parameters.values() if p.default is p.empty]
        part = word(**dict.fromkeys(needed, 0.5))
        return {key: value.value if isinstance(value, Dial) else value for key, value in part.options}

    return options
