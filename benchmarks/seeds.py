"""How time and memory grow with the number of seeds: the run of four_settings in a process of its own, with a store."""

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.start import first_step


def measure(seeds: int, profile: str) -> dict[str, Any]:
    """Time a run whose programs have been compiled before, as they are after any earlier run."""
    first_step(seeds, profile)
    from seedbed.procedures.run import run
    from seedbed.store import create_or_open
    from seedbed.studies import four_settings

    question = four_settings.ask(four_settings.study.profile(profile))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run(question, seeds, store=create_or_open(Path(folder) / "record"))
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"seconds": seconds, "seconds_per_seed": seconds / seeds, "peak_mib": peak}
