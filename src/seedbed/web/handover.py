"""A question as Python that makes it again: for a notebook, or as a study file for `seedbed run`."""

import dataclasses
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.catalogue import run_study
from seedbed.catalogue.own import from_file
from seedbed.spec import Spec
from seedbed.stopping import Every, Target
from seedbed.vocabulary import PLURALS, TABLES, Dial, Part

PREFIX = "lab_"
MODULES = {kind: "data" if kind == "data" else plural for kind, plural in PLURALS.items()}


def as_python(question: Spec, seeds: Any) -> str:
    """A program that runs the question and tells of it."""
    told = "print(sb.stats.hits(record).compare())" if question.stop and question.factors else "print(record)"
    return (
        f"import seedbed as sb\n\nquestion = {_question(question)}\n\n"
        f'record = sb.run(question, seeds={_seeds(seeds)}, store="seedbed-runs/from_the_lab")\n{told}\n'
        'sb.figures.curves(record, "train_loss").savefig("loss.png")\n'
    )


def as_study(question: Spec, seeds: Any, name: str) -> str:
    """A study file: `seedbed run NAME.py --seeds ...` runs it and writes its report."""
    return (
        f'"""A question from the lab.  Run it: seedbed run {name}.py --seeds {_listed(seeds)}"""\n\n'
        f"import seedbed as sb\n\nquestion = {_question(question)}\n"
    )


def name_of(question: Spec) -> str:
    """What the study of a question is called: another question has another name."""
    return f"{PREFIX}{question.hash()[:8]}"


def report(question: Spec, seeds: Any, out: Path) -> str:
    """Run a question into the store and write its report, beside the study file that does the same; its name."""
    name = name_of(question)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.py"
    path.write_text(as_study(question, seeds, name), encoding="utf-8")
    run_study(
        from_file(path), seeds=seeds, out=out, source=path, command=f"seedbed run {path} --seeds {_listed(seeds)}"
    )
    return name


def _listed(seeds: Any) -> str:
    return f"{seeds.start}:{seeds.stop}" if isinstance(seeds, range) else ",".join(map(str, seeds))


def _question(question: Spec) -> str:
    usual = {field.name: field.default for field in dataclasses.fields(Spec)}
    lines = [f"    {name}={_value(getattr(question, name))}," for name in usual
             if name != "factors" and getattr(question, name) != _as_stored(name, usual[name])]  # fmt: skip
    levels = [
        f"    {factor.name}={{"
        + ", ".join(f"{label!r}: {_value(dict(change))}" for label, change in
                    zip(factor.labels, factor.changes, strict=True))
        + "}," for factor in question.factors
    ]  # fmt: skip
    varied = "" if not levels else ".vary(\n" + "\n".join(levels) + "\n)"
    return "sb.Spec(\n" + "\n".join(lines) + "\n)" + varied


def _as_stored(name: str, usual: Any) -> Any:
    """The usual value of a field as a question keeps it."""
    return (
        tuple(TABLES["probe"][one]() for one in usual)
        if name == "probes" and usual is not dataclasses.MISSING
        else usual
    )


def _value(value: Any) -> str:
    if isinstance(value, Part):
        return _part(value)
    if isinstance(value, Dial):
        return repr(value.value)
    if isinstance(value, Target):
        return f"sb.{'reaches' if value.direction == 'at least' else 'falls_to'}({value.metric!r}, {value.value!r})"
    if isinstance(value, Every):
        return f"sb.every({', '.join(map(_value, value.targets))})"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_value(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _part(part: Part) -> str:
    """A part as the call that makes it, options that are as usual left out."""
    word = TABLES[part.kind][part.name]
    usual = {name: one.default for name, one in inspect.signature(word).parameters.items()}
    plain = {name: value.value if isinstance(value, Dial) else value for name, value in part.options}
    given = {name: value for name, value in part.options if plain[name] != usual.get(name, inspect.Parameter.empty)}
    options = ", ".join(f"{name}={_value(given[name])}" for name in usual if name in given)
    return f"sb.{MODULES[part.kind]}.{part.name}({options})"


def _seeds(seeds: Any) -> str:
    if isinstance(seeds, range):
        return str(len(seeds)) if seeds.start == 0 else f"range({seeds.start}, {seeds.stop})"
    return repr(list(seeds))
