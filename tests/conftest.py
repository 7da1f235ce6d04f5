"""Shapes and types are checked at run time, here and only here; jax is told to refuse silent broadcasting."""

import os

os.environ.pop("FORCE_COLOR", None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a worker on every core already
os.environ.setdefault("COLUMNS", "120")

from jaxtyping import install_import_hook

install_import_hook("seedbed", "typecheck.checked")


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
