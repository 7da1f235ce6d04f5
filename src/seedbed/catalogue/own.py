"""A study from a file of one's own: the file defines `study`, or just `question`.

The file's own code is a stranger's: whatever it raises, prints or returns becomes a sentence, and its name can be that
of any module without standing in that module's place.
"""

import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from seedbed.errors import SeedbedError, SpecError
from seedbed.measures import Asked
from seedbed.spec import Spec
from seedbed.studies import TABLE
from seedbed.study import Profile, Study

PREFIX = "own_study_"  # of the names under which modules of study files are registered
NAME = re.compile(r"\w[\w .+-]{0,99}")
LONGEST = 200  # bytes; file systems take 255


def from_file(path: Path) -> Study:
    """The study that a Python file defines.

    `study = sb.Study(...)` is taken as it is; `question = sb.Spec(...)` becomes a study whose page has the
    usual blocks. The module is registered as `own_study_<file name>`, so that its functions can be looked up.

    Raises: SpecError for a file that cannot be run, defines several studies or none, or takes the name of another one.
    """
    module = _module(path)
    study = getattr(module, "study", None)
    others = {id(value): name for name, value in vars(module).items() if isinstance(value, Study) and not _known(value)}
    if len(others) > 1 or _assigned(path, "study") > 1:
        raise SpecError(
            f"{path} defines {max(len(others), 2)} studies ({', '.join(others.values())}); keep one study in a file"
        )
    if not isinstance(study, Study):
        if others:
            raise SpecError(f"{path} names its study {next(iter(others.values()))}; write study = sb.Study(...)")
        study = _of_question(path, module, study)
    if study.name in TABLE:
        raise SpecError(
            f'{path} is named "{study.name}", as a study of the catalogue is, and their results would mix; choose '
            "another name"
        )
    checked_name(study)
    return replace(study, ask=_guarded(path, study.ask)) if study.ask is not None else study


def checked_name(study: Study) -> str:
    """The name of a study, which names its folder: one plain word that leads nowhere else. Raises SpecError."""
    name: Any = study.name
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name.encode()) > LONGEST:
        raise SpecError(
            f"a study is named by letters, digits and _ - . (at most 100, the first no - or .), got {name!r}; "
            "choose another name"
        )
    return name


def _of_question(path: Path, module: ModuleType, study: Any) -> Study:
    question = getattr(module, "question", None)
    if not isinstance(question, Spec):
        got = f" (study is {_kind(study)})" if study is not None else ""
        got = got or (f" (question is {_kind(question)})" if question is not None else "")
        raise SpecError(
            f"{path} defines neither study = sb.Study(...) nor question = sb.Spec(...){got}; add one of them"
        )
    words = (module.__doc__ or "").strip()
    title = words.splitlines()[0] if words else path.stem.replace("_", " ")
    return Study(name=path.stem, title=title, source=path.name, question=words or title, ask=lambda _: question)


def _guarded(path: Path, ask: Callable[[Profile], Any]) -> Callable[[Profile], Any]:
    """The `ask` of a file; whatever it raises, prints or returns instead of a question becomes a sentence."""

    def asked(profile: Profile) -> Any:
        what = f"ask({profile.name!r}) of {path}"
        with redirect_stdout(sys.stderr):
            found = _tried(what, lambda: ask(profile))
        if not isinstance(found, Spec | Asked | Mapping) or not found:
            raise SpecError(f"{what} must return a question, got {_kind(found)}; return sb.Spec(...)")
        return found

    return asked


def _module(path: Path) -> ModuleType:
    name = f"{PREFIX}{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SpecError(f"{path} is not a Python file; give one that ends in .py")
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[name] = module
    with redirect_stdout(sys.stderr):  # standard output is for results
        _tried(str(path), lambda: loader.exec_module(module))
    return module


def _tried(what: str, attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except (SeedbedError, KeyboardInterrupt):
        raise
    except SystemExit:
        raise SpecError(f"{what} ends the program by exit(); take that out and run again") from None
    except BaseException as error:
        said = (str(error).strip().splitlines() or [""])[0][:200]
        raise SpecError(f"{what} cannot be run: {type(error).__name__}: {said}; mend it and run again") from error


def _assigned(path: Path, name: str) -> int:
    """How often a file assigns a name at its top level."""
    body = ast.parse(path.read_bytes()).body
    return sum(
        isinstance(target, ast.Name) and target.id == name
        for line in body
        if isinstance(line, ast.Assign)
        for target in line.targets
    )


def _known(study: Study) -> bool:
    """Whether a study is one of the catalogue, which a file may import."""
    return any(study is one for one in TABLE.values())


def _kind(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
