"""A study from a file of one's own: the file defines `study`, or just `question`."""

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from seedbed.errors import SeedbedError, SpecError
from seedbed.spec import Spec
from seedbed.study import Study


def from_file(path: Path) -> Study:
    """The study that a Python file defines.

    `study = sb.Study(...)` is taken as it is; `question = sb.Spec(...)` becomes a study that tells every result in the
    plain way. The module is registered under the file's name, so that its functions can be pickled and looked up.
    """
    module = _module(path)
    study = getattr(module, "study", None)
    if isinstance(study, Study):
        return study
    question = getattr(module, "question", None)
    if not isinstance(question, Spec):
        raise SpecError(f"{path} defines neither study = sb.Study(...) nor question = sb.Spec(...); add one of them")
    words = (module.__doc__ or "").strip()
    title = words.splitlines()[0] if words else path.stem.replace("_", " ")
    return Study(name=path.stem, title=title, source=path.name, question=words or title, ask=lambda _: question)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SpecError(f"{path} is not a Python file; give one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        with redirect_stdout(sys.stderr):  # standard output is for results
            spec.loader.exec_module(module)
    except SeedbedError:
        raise
    except SystemExit:
        raise SpecError(f"{path} ends the program by sys.exit(); take that out and run again") from None
    except Exception as error:
        raise SpecError(f"{path} cannot be run: {type(error).__name__}: {error}; mend it and run again") from error
    return module
