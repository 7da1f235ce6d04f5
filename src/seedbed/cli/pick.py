"""Which study a word on the command line means: a name of the catalogue, `all`, or a Python file of one's own."""

from collections.abc import Sequence
from pathlib import Path

from seedbed.errors import UserError, nearest
from seedbed.study import Study


def pick(words: Sequence[str]) -> dict[str, Study]:
    """The studies that `words` name, by word, each once, in the order named; `all` stands for the whole catalogue.

    Raises: UserError for a name that is not in the catalogue, a file that is not there, or two of one name.
    """
    from seedbed.studies import TABLE

    names = [name for word in words for name in (TABLE if word == "all" else [word])]
    chosen = {name: _one(name) for name in names}
    by_name: dict[str, str] = {}
    for word, study in chosen.items():
        if by_name.setdefault(study.name, word) != word:
            raise UserError(f'{by_name[study.name]} and {word} are both named "{study.name}"; rename one of them')
    return chosen


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
