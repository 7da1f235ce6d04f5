"""The public face: every name is listed, documented, resolves, and costs nothing until it is used."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import seedbed as sb
from seedbed import vocabulary

ROOT = Path(__file__).parents[2]


def test_the_listed_names_are_the_documented_ones():
    documented = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert sorted(documented) == sorted(sb.__all__) == dir(sb)


@pytest.mark.parametrize("name", sb.__all__)
def test_every_name_resolves_and_says_what_it_is(name):
    thing = getattr(sb, name)
    assert name == "__version__" or (thing.__doc__ or "").strip(), name
    assert name == "__version__" or sb.__getattr__(name) is thing  # as when nothing has loaded its module yet


@pytest.mark.parametrize("name", ["data", "probes", "models"])
def test_words_stay_words_after_packages_of_their_name_are_imported(name):
    importlib.import_module("seedbed.datasets.generators")
    importlib.import_module("seedbed.probing.context")
    assert getattr(sb, name) is importlib.import_module(f"seedbed.vocabulary.{name}")


def test_every_table_of_words_is_public():
    modules = {module.__name__ for name in sb.__all__ if isinstance(module := getattr(sb, name), ModuleType)}
    tables = {table[next(iter(table))].__module__ for table in vocabulary.TABLES.values()}
    assert tables <= modules


def test_an_unknown_name_is_an_attribute_error_that_says_where_to_look():
    with pytest.raises(AttributeError, match="__all__"):
        sb.trainer  # noqa: B018
    assert not hasattr(sb, "numpy")


@pytest.mark.parametrize(
    ("use", "absent"),
    [
        ("", ("numpy", "jax", "xarray", "rich")),
        ("sb.Study; sb.models.mlp([4]); sb.errors", ("numpy", "jax", "xarray")),
        ("sb.Spec; sb.stats; sb.figures; sb.report; sb.open", ("jax", "equinox", "optax")),
    ],
)
def test_what_is_not_used_is_not_loaded(use, absent):
    code = f"import sys, seedbed as sb\n{use}\nprint([name for name in {absent!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert answer.stdout == "[]\n", answer.stderr
