"""The devices of this machine, and how jax is prepared for them. Call `prepare` before anything else touches jax.

On a CPU each core becomes a device, and the member axis is sharded over them; on GPUs the same code shards over the
GPUs. A program that has already started jax runs on the devices it has.
"""

import contextlib
import os
import platform
from functools import cache
from pathlib import Path

import jax
import numpy as np
import platformdirs
from jax.sharding import Mesh

AXIS = "member"
FLAGS = {
    "xla_cpu_multi_thread_eigen": "--xla_cpu_multi_thread_eigen=false",
    # A loop as small as the shuffle's becomes one function. Otherwise each round is handed to two threads, which takes
    # longer than the round (LOG.md, 2026-11-21).
    "xla_backend_extra_options": "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=100000",
}


def prepare() -> None:
    """Set one host device per core and the persistent compilation cache, unless jax already runs."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = " ".join([flags, *(flag for name, flag in FLAGS.items() if name not in flags)]).strip()
    if "device_count" not in flags:
        # jax refuses this setting once it runs: then the program keeps the devices it has
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores())
    if not jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        folder = Path(os.environ.get("SEEDBED_CACHE", platformdirs.user_cache_dir("seedbed"))) / "compiled"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        jax.config.update("jax_persistent_cache_enable_xla_caches", "none")


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


@cache
def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
