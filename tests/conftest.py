"""Shapes and types are checked at run time, here and only here; jax is told to refuse silent broadcasting."""

import os

os.environ.pop("FORCE_COLOR", None)
os.environ.setdefault("COLUMNS", "120")

from jaxtyping import install_import_hook

install_import_hook("seedbed", "typecheck.checked")
