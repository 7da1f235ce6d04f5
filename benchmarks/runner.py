"""Runs cases, each in a process of its own, round after round, so that drift of the machine hits all alike."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.cases import Case

Found = dict[str, Any]
LONGEST = 1_800  # seconds until a case counts as stuck


def run(chosen: Sequence[Case], rounds: int, say: Callable[[str], None]) -> list[Found]:
    """One result per case: the median over rounds of every quantity, smallest and largest beside it."""
    seen: dict[str, list[Found]] = {case.name: [] for case in chosen}
    with tempfile.TemporaryDirectory() as cache:
        for number in range(1, rounds + 1):
            for case in chosen:
                if number <= (case.rounds or rounds) and not _given_up(seen[case.name]):
                    seen[case.name].append(_measure(case, cache))
                    say(f"round {number} of {rounds}: {case.name}: {_short(case, seen[case.name][-1])}")
    return [_summary(case, seen[case.name]) for case in chosen]


def _measure(case: Case, cache: str) -> Found:
    """One measurement. Compiled programs are kept for this run only, so that what a user has changes nothing."""
    command = (sys.executable, "-m", "benchmarks.one", case.module, json.dumps(case.options))
    environment = os.environ | {"SEEDBED_CACHE": cache}
    try:
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer within {LONGEST} s"}
    if child.returncode:
        return {"failed": (child.stderr.strip().splitlines() or ["no words"])[-1]}
    return json.loads(child.stdout.strip().splitlines()[-1])


def _given_up(results: list[Found]) -> bool:
    return bool(results) and ("skipped" in results[-1] or "failed" in results[-1])


def _summary(case: Case, results: list[Found]) -> Found:
    row: Found = {"name": case.name, "suite": case.suite, "words": case.words}
    sound = [one for one in results if not _given_up([one])]
    if not sound:
        return row | results[-1]
    row |= {name: value for name, value in sound[-1].items() if name not in case.shows}
    for name in case.shows:
        values = [one[name] for one in sound]
        row[name] = statistics.median(values)
        if len(values) > 1:
            row[f"{name}_range"] = [min(values), max(values)]
    return row


def _short(case: Case, found: Found) -> str:
    return found.get("skipped") or found.get("failed") or ", ".join(f"{found[name]:.4g} {name}" for name in case.shows)
