"""The devices of this machine, and how jax is prepared for them. Call `prepare` before anything else touches jax.

On a CPU each core becomes a device, and the member axis is sharded over them; on GPUs the same code shards over the
GPUs. A program that has already started jax runs on the devices it has.
"""

import contextlib
import os
import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import Mesh

from seedbed.engine import cache_dir
from seedbed.errors import SpecError

AXIS = "member"
FLAGS = {
    # Where a processor has vectors of 512 bits, XLA uses half of each unless told so (LOG.md, 2026-11-22).
    "xla_cpu_prefer_vector_width": "--xla_cpu_prefer_vector_width=512",
    "xla_cpu_multi_thread_eigen": "--xla_cpu_multi_thread_eigen=false",
    # A loop as small as the shuffle's becomes one function. Otherwise each round is handed to two threads, which takes
    # longer than the round (LOG.md, 2026-11-21).
    "xla_backend_extra_options": "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=100000",
}
# Settings of jax under which nothing can be trained as it is meant to be: the values that do not fit, the one to set
# instead, and why.
GUARDED = (("disallow", "disallow_explicit"), "allow", "members go to the devices and their results come back")
DIVERGES = ((True,), False, "a network that diverges is a result, and not an exception")
UNFIT: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "jax_enable_x64": ((True,), False, "networks are trained in single precision"),
    "jax_disable_jit": ((True,), False, "networks are trained by compiled programs"),
    "jax_debug_nans": DIVERGES,
    "jax_debug_infs": DIVERGES,
    "jax_numpy_rank_promotion": (("raise",), "allow", "arrays of other ranks are broadcast here"),
    "jax_transfer_guard": GUARDED,
    "jax_transfer_guard_host_to_device": GUARDED,
    "jax_transfer_guard_device_to_host": GUARDED,
    "jax_transfer_guard_device_to_device": GUARDED,
}


def prepare() -> None:
    """Set one host device per core and the persistent compilation cache, unless jax already runs.

    Raises SpecError for a setting of jax under which nothing can be trained, and where it finds no device.
    """
    for name, (values, fitting, why) in UNFIT.items():
        if (value := getattr(jax.config, name)) in values:
            variable = f"{name.upper()}={0 if fitting is False else fitting}"
            word = f'"{fitting}"' if isinstance(fitting, str) else fitting
            raise SpecError(
                f'{why}, got {name}={value}; write jax.config.update("{name}", {word}) first, or set {variable}'
            )
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = " ".join([flags, *(flag for name, flag in FLAGS.items() if name not in flags)]).strip()
    if "device_count" not in flags:
        # jax refuses this setting once it runs: then the program keeps the devices it has
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores())
    if not jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        place = cache_dir.prepared(" ".join((_processor(), platform.machine(), _cpuinfo("flags"))))
        jax.config.update("jax_compilation_cache_dir", None if place is None else str(place))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        jax.config.update("jax_persistent_cache_enable_xla_caches", "none")
    try:
        jax.devices()
    except (AssertionError, RuntimeError) as error:
        asked = os.environ.get("JAX_PLATFORMS", "")
        raise SpecError(
            f'jax finds no device, got JAX_PLATFORMS="{asked}"; unset it, or install what that device needs'
        ) from error
    if isinstance(jnp.asarray(0), Tracer):
        raise SpecError(
            "networks are trained by programs of their own, got a call while jax traces a function, as in jax.jit; "
            "call it outside of that function, and give the function its result"
        )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mesh(count: int | None = None) -> Mesh:
    """All devices in one row, or the first `count` of them."""
    return Mesh(np.array(jax.devices()[:count]), (AXIS,))


def describe() -> dict[str, str | int]:
    """What a record says of the machine."""
    device = jax.devices()[0]
    kind = _processor() if device.platform == "cpu" else device.device_kind
    return {"device": f"{device.platform}: {kind}", "devices": len(jax.devices()), "jax": jax.__version__}


def kind() -> str:
    """What the bits of a result depend on beside its program: versions, the kind of device, settings of XLA.

    Processors count as one kind where they compute in vectors of the same width.
    """
    device = jax.devices()[0]
    named = f"{platform.machine()} {_vectors()}" if device.platform == "cpu" else device.device_kind
    flags = sorted(flag for flag in os.environ.get("XLA_FLAGS", "").split() if "device_count" not in flag)
    return " ".join((jax.__version__, version("jaxlib"), device.platform, named, *flags))


def stamp(sources: str) -> str:
    """What a program follows from beside its question: these sources, the devices, and every setting of jax."""
    settings = repr(sorted(item for item in jax.config.values.items() if "cache" not in item[0]))
    return sha256(f"{sources} {kind()} {len(jax.devices())} {settings}".encode()).hexdigest()[:16]


def _vectors() -> str:
    """The widest vectors that the processor computes in."""
    abilities = set(_cpuinfo("flags").split())
    return next((name for name in ("avx512f", "avx2", "avx") if name in abilities), "")


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


@cache
def _cpuinfo(name: str) -> str:
    """What Linux says of the first core, "" elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = [line for line in info.read_text().splitlines() if line.startswith(name)] if info.exists() else []
    return lines[0].partition(":")[2].strip() if lines else ""
