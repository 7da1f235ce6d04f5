"""How a command ends: every error becomes one sentence on standard error and an exit code.

0: done. 1: a run failed, or something unexpected happened. 2: the request was wrong. 130: interrupted with Ctrl-C.
A traceback is shown only with SEEDBED_DEBUG=1. What can go wrong and its wording is in `seedbed.errors`.
"""

import errno
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from seedbed.errors import SeedbedError

INTERRUPTED = 130


class Door(TyperGroup):
    """The group of all commands, which turns whatever they raise into a sentence and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002 - see below
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run the command that `args` (by default the process's own) name, and exit."""
        words = list(sys.argv[1:] if args is None else args) or ["--help"]
        try:  # never in typer's standalone mode, which answers errors by itself, over several lines
            code = super().main(words, prog_name or "seedbed", complete_var, False, windows_expand_args, **extra)
            sys.stdout.flush()
        except typer.Abort:
            code = _say("nothing was run", 1)
        except TyperException as error:
            code = _say(f"{_one_line(error.format_message())} ({_help(error)})", error.exit_code)
        except SeedbedError as error:
            code = _say(f"{type(error).__name__}: {error}", error.exit_code)
        except BrokenPipeError:  # the reader of a pipe went away, as in `seedbed list | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except OSError as error:
            if error.errno != errno.ENOSPC or error.filename is not None:
                code = _say(_unexpected(error), 1)
            else:  # /dev/full, or a redirection to a full disk; files of ours are named where they are written
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = _say(f"standard output cannot be written: {error.strerror}; make room for it", 2)
        except Exception as error:  # the last door: nothing leaves as a bare traceback
            code = _say(_unexpected(error), 1)
        if code == INTERRUPTED:
            again = shlex.join(["seedbed", *words])
            _say(f"interrupted; what was finished is stored, and the same command goes on from there: {again}", code)
        sys.exit(code if isinstance(code, int) else 0)


def _say(sentence: str, code: int) -> int:
    if os.environ.get("SEEDBED_DEBUG") == "1" and sys.exc_info()[0] is not None:
        traceback.print_exc()
    typer.echo(sentence, err=True)
    return code


def _unexpected(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {_one_line(str(error))}{place}; set SEEDBED_DEBUG=1 to see the whole traceback"


def _one_line(text: str) -> str:
    return " ".join(text.replace("Value error, ", "").split())


def _help(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'seedbed'} --help"
