"""`python -m seedbed` is the command `seedbed`."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the current folder: a study file there named like a module would stand in its place

from seedbed.cli.main import app

if __name__ == "__main__":
    app()
