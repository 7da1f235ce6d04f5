"""Compiled programs of earlier processes: what was compiled once on a machine is not even traced again.

jax's own cache spares XLA's work, but it is asked with the text of a program, and to have that, everything must be
imported, assembled and traced: most of the way to the first step (LOG.md). Here a program is asked for by what it would
be traced from: the recipe, which holds what a user's own function computes, the shapes of the data, the sources of
seedbed, versions, settings and devices.

Entries are bound to this jaxlib and this processor. One that is damaged, or cannot be read for any other reason, is as
good as none. As they hold machine code, the folder is the user's own.

Two kinds of programs are never kept, because jaxlib 0.10 loads them without all that they need: those that jax itself
took from its cache (their functions are not found when they are called), and those that call a library's routines, such
as LAPACK's (which only tracing makes known to a process). They are traced again in each process.
"""

import hashlib
import os
import pickle
import tempfile
import threading
from pathlib import Path
from typing import Any

import jax

from seedbed.engine import devices, surroundings

SEAL = hashlib.sha256().digest_size
# Settings of jax that change what is traced or compiled.
SETTINGS = (
    "jax_enable_x64", "jax_default_matmul_precision", "jax_default_prng_impl", "jax_threefry_partitionable",
    "jax_numpy_dtype_promotion", "jax_debug_nans", "jax_debug_infs", "jax_disable_most_optimizations",
)  # fmt: skip
COMPILED_ANEW = "/jax/compilation_cache/cache_misses"
CALL = "custom-call"  # in the text of a compiled program: a routine of a library


def name_of(*asked: Any) -> str:
    """The name of the entry for what is asked for, in these surroundings."""
    settings = [getattr(jax.config, name, None) for name in SETTINGS]
    machine = [devices.abilities(), [(one.platform, one.device_kind, one.id) for one in jax.devices()]]
    told = repr((surroundings.state(), machine, os.environ.get("XLA_FLAGS"), settings, asked))
    return hashlib.sha256(told.encode()).hexdigest()


def recall(name: str) -> Any:
    """What was kept under that name, or None."""
    body = _read(name)
    try:
        return None if body is None else pickle.loads(body)  # noqa: S301  (see above: the folder is the user's own)
    except Exception:  # written by whatever: then it is made anew
        return None


def keep(name: str, thing: Any) -> None:
    """Keep something that pickle can write. A folder that cannot be written to costs time, and nothing else."""
    _write(name, pickle.dumps(thing))


def recall_program(name: str) -> Any:
    """The compiled program kept under that name, loaded onto the devices of this process, or None."""
    from jax.experimental import serialize_executable

    kept = recall(name)
    try:
        return None if kept is None else serialize_executable.deserialize_and_load(*kept)
    except Exception:  # whatever jaxlib has against it: then it is compiled anew
        return None


def keep_program(name: str, program: Any) -> None:
    """Keep a program that was compiled here and now, unless it is one that another process could not run."""
    from jax.experimental import serialize_executable

    if CALL in program.as_text():
        return
    try:
        kept = serialize_executable.serialize(program)
    except (ValueError, NotImplementedError):  # jax says so of programs with constants as hidden arguments
        return
    keep(name, kept)


class _Here(threading.local):
    """What happened in this thread."""

    compiled_anew = False


_here = _Here()


def _listen(event: str, **_: Any) -> None:
    if event == COMPILED_ANEW:
        _here.compiled_anew = True


jax.monitoring.register_event_listener(_listen)


def compiled(lowered: Any) -> tuple[Any, bool]:
    """The program, compiled in this thread; and whether it was, and not taken from jax's cache."""
    _here.compiled_anew = False
    return lowered.compile(), _here.compiled_anew


def _folder() -> Path | None:
    """Where programs are kept; None where none are: on a GPU this was not tried, and a user may want no cache."""
    wanted = jax.default_backend() == "cpu" and jax.config.jax_enable_compilation_cache  # pyright: ignore[reportAttributeAccessIssue]
    return surroundings.folder() / "programs" if wanted else None


def _read(name: str) -> bytes | None:
    folder = _folder()
    try:
        whole = b"" if folder is None else (folder / name).read_bytes()
    except OSError:
        return None
    seal, body = whole[:SEAL], whole[SEAL:]
    return body if seal == hashlib.sha256(body).digest() else None


def _write(name: str, body: bytes) -> None:
    folder = _folder()
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(hashlib.sha256(body).digest() + body)
        Path(file.name).replace(folder / name)
    except OSError:
        return


__all__ = ["compiled", "keep", "keep_program", "name_of", "recall", "recall_program"]
