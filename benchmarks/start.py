"""How long until something happens: the help, a first run, the first steps of a later one. Wall seconds."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

SEEDBED = (sys.executable, "-c", "from seedbed.cli.main import app; app()")


def measure(what: str, times: int = 1, profile: str = "quick", seeds: int = 256) -> dict[str, Any]:
    """Time one of the three."""
    if what == "help":
        return _several([_seconds(*SEEDBED, "--help") for _ in range(times)])
    with tempfile.TemporaryDirectory() as folder:
        # only ever this folder: a cache that the user has would make a cold start warm
        cache = {"SEEDBED_CACHE": f"{folder}/cache"}
        if what == "cold":
            words = f"run four_settings --profile {profile} --seeds {seeds} --yes --out".split()
            return _several([_seconds(*SEEDBED, *words, f"{folder}/out", **cache)])
        first, *later = [first_step(seeds, profile, **cache) for _ in range(times + 1)]
        return {**_several(later), "cold_seconds": first}


def first_step(seeds: int, profile: str, **environment: str) -> float:
    """Seconds from the start of a new process to its first message that it trains; it goes on to compile everything."""
    command = (sys.executable, "-m", "benchmarks.first_step", json.dumps({"seeds": seeds, "profile": profile}))
    began = time.perf_counter()
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True) as child:
        said = child.stdout.readline() if child.stdout else ""
        seconds = time.perf_counter() - began
    if child.returncode or said.strip() != "training":
        raise ChildProcessError(f"the process ended with {child.returncode} before its first training step")
    return seconds


def _seconds(*command: str, **environment: str) -> float:
    """Wall seconds of a command."""
    began = time.perf_counter()
    subprocess.run(command, env=os.environ | environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _several(seconds: list[float]) -> dict[str, Any]:
    return {"seconds": statistics.median(seconds), "all": [round(one, 3) for one in seconds]}
