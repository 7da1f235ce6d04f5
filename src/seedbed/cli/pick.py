"""Which study a word on the command line means: a name of the catalogue, `all`, or a Python file of one's own."""

from collections.abc import Sequence
from pathlib import Path

from seedbed.errors import UserError, nearest
from seedbed.study import Study


def pick(words: Sequence[str]) -> dict[str, Study]:
    """The studies that `words` name, by word, each once, in the order named; `all` stands for the whole catalogue.

    Raises: UserError for a name that is not in the catalogue, or a file that is not there.
    """
    from seedbed.studies import TABLE

    names = [name for word in words for name in (TABLE if word == "all" else [word])]
    return {name: _one(name) for name in names}


def _one(name: str) -> Study:
    from seedbed.studies import TABLE

    if name in TABLE:
        return TABLE[name]
    if not name.endswith(".py"):
        raise UserError(f'no study "{name}"{nearest(name, TABLE)} (seedbed list studies, or give a file: {name}.py)')
    if not Path(name).is_file():
        raise UserError(f'no file "{name}" here; check the path, or begin one with: seedbed new {Path(name).stem}')
    from seedbed.catalogue import from_file

    return from_file(Path(name))
