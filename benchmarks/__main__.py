"""`python -m benchmarks [SUITE or CASE ...] [--rounds 3] [--quick]`: print a table, append it to results.jsonl."""

import argparse
import sys
from pathlib import Path

from benchmarks import cases, machine, runner, table

RESULTS = Path(__file__).with_name("results.jsonl")


def main() -> int:
    told = parser().parse_args()
    size = cases.TINY if told.tiny else cases.QUICK if told.quick else cases.FULL
    rows = cases.cases(size)
    known = {word for row in rows for word in (row.suite, row.name)}
    if unknown := sorted(set(told.what) - known):
        print(f'no case "{unknown[0]}"; choose from {", ".join(sorted(known))}', file=sys.stderr)
        return 2
    chosen = [row for row in rows if not told.what or {row.suite, row.name} & set(told.what)]
    here = machine.describe()
    found = runner.run(chosen, told.rounds, lambda line: print(line, file=sys.stderr, flush=True))
    print(table.text(found, here))
    table.keep(told.results, found, here, told.rounds)
    return 1 if any("failed" in row for row in found) else 0


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    words.add_argument(
        "what",
        nargs="*",
        help="suites (dense, narrow, conv, pool, start, seeds, statistics) or cases; all, if none is named",
    )
    words.add_argument("--rounds", type=int, default=3, help="how often the dense cases are measured, in turn")
    words.add_argument("--quick", action="store_true", help="leave out 8192 seeds")
    words.add_argument("--tiny", action="store_true", help="only to see that all of it works: the numbers mean nothing")
    words.add_argument("--results", type=Path, default=RESULTS, help="file that a dated line is appended to")
    return words


if __name__ == "__main__":
    sys.exit(main())
