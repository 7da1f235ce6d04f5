"""Begin to run four_settings, say `training` when the engine does, leave when all is compiled."""

import json
import sys

from seedbed.procedures.run import run
from seedbed.progress import Progress
from seedbed.studies import four_settings


class Told(Exception):  # noqa: N818 - a way out, not an error
    """It was said."""


def listen(message: Progress) -> None:
    """Say it, and leave: the interpreter waits at its exit for the programs that are still compiling."""
    if message.phase == "training":
        print("training", flush=True)
        raise Told


def main() -> None:
    options = json.loads(sys.argv[1])
    try:
        run(four_settings.ask(four_settings.study.profile(options["profile"])), options["seeds"], listen=listen)
    except Told:
        return


if __name__ == "__main__":
    main()
