"""The two engines by name. A module of theirs is loaded when it is asked for: jax takes a second to load, and the
reference runs where jax is absent."""

from importlib import import_module
from typing import Any

from seedbed.errors import SpecError, nearest

PACKAGES = {"jax": "seedbed.engine", "reference": "seedbed.reference"}


def module(engine: str, name: str) -> Any:
    """A module of an engine; jax is prepared before anything loads it. Raises SpecError for an unknown engine."""
    known(engine)
    if engine == "jax":
        import_module("seedbed.engine.devices").prepare()
    return import_module(f"{PACKAGES[engine]}.{name}")


def known(engine: str) -> None:
    """Raise SpecError for an unknown engine."""
    if engine not in PACKAGES:
        raise SpecError(f'no engine "{engine}"{nearest(engine, PACKAGES)}; use jax or reference')
