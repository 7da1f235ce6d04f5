"""One case in this process: `python -m benchmarks.one MODULE OPTIONS` prints one line of JSON, the last it prints."""

import importlib
import json
import sys

from benchmarks.problem import AbsentError


def main() -> None:
    module, options = sys.argv[1], json.loads(sys.argv[2])
    try:
        found = importlib.import_module(f"benchmarks.{module}").measure(**options)
    except AbsentError as missing:
        found = {"skipped": str(missing)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
