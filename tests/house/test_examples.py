"""The examples in docstrings say what they say, with types checked as everywhere in the tests."""

import doctest
import importlib
import pkgutil

import pytest

import seedbed

MODULES = [
    module.name for module in pkgutil.walk_packages(seedbed.__path__, "seedbed.") if "__main__" not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    every = [one for name in MODULES for one in finder.find(importlib.import_module(name)) if one.examples]
    assert len(every) > 80
