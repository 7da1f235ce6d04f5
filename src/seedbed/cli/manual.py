"""docs/cli.md, from the live commands: `make docs` writes it, and a test compares the two.

python -m seedbed.cli.manual > docs/cli.md
"""

import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from seedbed.cli.main import app

WIDTH = 96
TOP = """\
# The command line

Written by `make docs` from the commands themselves; a test compares the two. Standard output carries results only,
progress and errors go to standard error. A mistake in the request ends with exit code 2, a run that failed with 1,
Ctrl-C with 130; the same command then goes on from what is stored. `seedbed claims --expect supported` ends with 3
where a verdict is another one. `--json` writes valid JSON, also where one of several studies fails; its fields:
[summary.md](summary.md). `SEEDBED_DEBUG=1` shows tracebacks, `SEEDBED_DATA=DIR` uses local copies of data sets.
"""


def manual() -> str:
    """Every command's help as one page of Markdown."""
    pages = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps(get_command(app), "seedbed", None)]
    return "\n".join([TOP, *pages])


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    settings = command.context_settings | {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = typer.Context(command, info_name=name, parent=parent, **settings)
    yield context.command_path, command.get_help(context)
    for inner, found in getattr(command, "commands", {}).items():
        yield from _helps(found, inner, context)


if __name__ == "__main__":
    sys.stdout.write(manual())
