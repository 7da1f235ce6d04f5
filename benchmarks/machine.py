"""What a measurement was made on."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.dense_floor import compiler
from benchmarks.problem import AbsentError

LIBRARIES = ("seedbed", "jax", "numpy", "torch")


def describe() -> dict[str, Any]:
    """Processor, cores, how busy it is, and versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(terse=True),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "compiler": _compiler(),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _compiler() -> str:
    try:
        said = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=True)
    except AbsentError:
        return "absent"
    return said.stdout.splitlines()[0]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
