"""How a command ends: every error becomes one sentence on standard error and an exit code.

0: done. 1: a run failed, or something unexpected happened. 2: the request was wrong. 130: interrupted with Ctrl-C.
A traceback is shown only with SEEDBED_DEBUG=1. What can go wrong and its wording is in `seedbed.errors`.
"""

import errno
import os
import re
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
PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
LONG = re.compile(r"\S{160,}")  # no reader wants a word of 5,000 letters back


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
        except SystemExit as end:  # by typer for a pipe without a reader, else by a function of a study file
            quiet = isinstance(end.__context__, BrokenPipeError)
            code = 1 if quiet else _say("a function of the study ends the program by exit(); take that out", 2)
        except OSError as error:
            code = _of_the_system(error)
        except MemoryError as error:  # what is too large is told beforehand, as far as it can be known
            code = _say(f"there is not enough memory for this ({_one_line(str(error)) or 'nothing is left'}); ask for "
                        "fewer seeds, smaller layers or fewer examples", 1)  # fmt: skip
        except Exception as error:  # the last door: nothing leaves as a bare traceback
            code = _say(_unexpected(error), 1)
        if code == INTERRUPTED:
            again = shlex.join(["seedbed", *words])
            _say(f"interrupted; what was finished is stored, and the same command goes on from there: {again}", code)
        sys.exit(code if isinstance(code, int) else 0)


def _say(sentence: str, code: int) -> int:
    if os.environ.get("SEEDBED_DEBUG") == "1" and sys.exc_info()[0] is not None:
        traceback.print_exc()
    typer.echo(LONG.sub(lambda word: f"{word[0][:60]}…{word[0][-20:]}", sentence), err=True)
    return code


def _of_the_system(error: OSError) -> int:
    """What the file system refused, outside of what the rooms explain themselves."""
    if error.errno in PATHS and error.filename is not None:
        path = error.filename if isinstance(error.filename, str) else repr(error.filename)
        return _say(f"{path} cannot be used: {error.strerror}; check the path and its permissions", 2)
    if error.errno != errno.ENOSPC or error.filename is not None:
        return _say(_unexpected(error), 1)
    # /dev/full, or a redirection to a full disk; files of ours are named where they are written
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _say(f"standard output cannot be written: {error.strerror}; make room for it", 2)


def _unexpected(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {_one_line(str(error))}{place}; set SEEDBED_DEBUG=1 to see the whole traceback"


def _one_line(text: str) -> str:
    return " ".join(text.replace("Value error, ", "").split())


def _help(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'seedbed'} --help"
