"""The commands find-rate and find-batch-size, on a question of the catalogue or of a file of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seedbed.cli.levels import changes
from seedbed.cli.pick import pick
from seedbed.cli.progress import watching
from seedbed.cli.screen import write_json, write_table
from seedbed.errors import UserError
from seedbed.study import ProfileName, Study

if TYPE_CHECKING:
    from seedbed.spec import Spec

SIZES = ("rule", "median size", "95 % interval", "b_min to b_max", "spread (decades)", "seeds without")
COLUMNS = ("rule", "median rate", "95 % interval", "spread (decades)", "seeds without")

# What both commands take.
Named = Annotated[str, typer.Argument(metavar="STUDY", show_default=False, help="A name, or FILE.py.")]
Chosen = Annotated[ProfileName, typer.Option(help="The profile whose question is taken.")]
Question = Annotated[str | None, typer.Option(metavar="NAME", help="Which of its questions, if it has several.")]
Seeds = Annotated[str, typer.Option(metavar="32|0:100|42,7", help="How many seeds, or which.")]
Levels = Annotated[
    list[str] | None, typer.Option("--set", metavar="FACTOR=LEVEL", help="Take this setting (repeatable).")
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where results are kept.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]


def find_rate(
    study: Named,
    profile: Chosen = "quick",
    record: Question = None,
    seeds: Seeds = "32",
    low: Annotated[float, typer.Option(help="The rate of the first step.")] = 1e-7,
    high: Annotated[float, typer.Option(help="The rate of the last step.")] = 10.0,
    steps: Annotated[int | None, typer.Option(help="Steps of the sweep; 64 a decade unless given.")] = None,
    growth: Annotated[Literal["exponential", "linear"], typer.Option(help="How the rate grows.")] = "exponential",
    levels: Levels = None,
    out: Out = Path("seedbed-runs"),
    as_json: Json = False,
) -> None:
    """Find a learning rate by a range test over many seeds.

    Trains the question's networks anew while the rate grows from step to step, and tells what eight finders read from
    the loss, seed by seed. The figure is kept in DIR/STUDY-find-rate/.
    """
    from seedbed.figures.style import save
    from seedbed.procedures.finding import find_rate as sweep
    from seedbed.spec import read_seeds
    from seedbed.stats.interval import shown

    ((_, chosen),) = pick([study]).items()
    question = _setting(chosen, profile, record, levels or [])
    folder = out / f"{chosen.name}-find-rate"
    with watching(quiet=as_json) as listen:
        found = sweep(question, read_seeds(seeds), low=low, high=high, steps=steps, growth=growth, listen=listen,
                      store=folder / "record")  # fmt: skip
    rows = found.rows()
    files = save(found.figure(), folder / "rate_range")
    if as_json:
        plain = [{name: None if value != value else value for name, value in row.items()} for row in rows]
        write_json({"sentence": found.sentence(), "rules": plain, "figure": str(files[-1])})
        return
    typer.echo(f"{found.sentence()}\n")
    body = [[row["rule"], shown(row["rate"]), f"{shown(row['low'])} to {shown(row['high'])}", f"{row['decades']:.2f}",
             str(row["without"])] for row in rows]  # fmt: skip
    write_table(COLUMNS, body)
    typer.echo(f"\n{files[-1]}")


def find_batch_size(
    study: Named,
    profile: Chosen = "quick",
    record: Question = None,
    seeds: Seeds = "32",
    low: Annotated[int, typer.Option(help="The examples of the first batch.")] = 16,
    high: Annotated[int, typer.Option(help="The examples of the last batch.")] = 1024,
    steps: Annotated[int, typer.Option(help="Steps of the sweep.")] = 128,
    levels: Levels = None,
    out: Out = Path("seedbed-runs"),
    as_json: Json = False,
) -> None:
    """Find a batch size by the noise of the gradient over many seeds.

    Trains the question's networks anew at their own rate while the batch grows, measures the noise scale on the way,
    and tells where the batch is as large. The figure is kept in DIR/STUDY-find-batch-size/.
    """
    from seedbed.figures.style import save
    from seedbed.procedures.finding_batch import find_batch_size as grow
    from seedbed.spec import read_seeds
    from seedbed.stats.interval import shown

    ((_, chosen),) = pick([study]).items()
    question = _setting(chosen, profile, record, levels or [])
    folder = out / f"{chosen.name}-find-batch-size"
    with watching(quiet=as_json) as listen:
        found = grow(question, read_seeds(seeds), low=low, high=high, steps=steps, listen=listen,
                     store=folder / "record")  # fmt: skip
    rows, files = found.rows(), save(found.figure(), folder / "batch_range")
    if as_json:
        plain = [{name: None if value != value else value for name, value in row.items()} for row in rows]
        write_json({"sentence": found.sentence(), "noise_scale": found.noise.plain(), "rules": plain,
                    "figure": str(files[-1])})  # fmt: skip
        return
    typer.echo(f"{found.sentence()}\n")
    body = [[row["rule"], shown(row["size"]), f"{shown(row['low'])} to {shown(row['high'])}",
             f"{shown(row['b_min'])} to {shown(row['b_max'])}", f"{row['decades']:.2f}", str(row["without"])]
            for row in rows]  # fmt: skip
    write_table(SIZES, body)
    typer.echo(f"\n{files[-1]}")


def _setting(study: Study, profile: ProfileName, record: str | None, levels: list[str]) -> "Spec":
    """The one setting of a study's question that is swept."""
    from seedbed.catalogue import questions_of

    asked = questions_of(study, profile)
    if not asked:
        raise UserError(f"{study.name} trains no networks, so there is nothing to find; name another study")
    name = next(iter(asked)) if record is None else record
    if name not in asked:
        raise UserError(f'{study.name} has no question "{name}"; choose from {", ".join(asked)}')
    question = asked[name]
    for factor, values in changes(levels).items():
        if len(values) != 1:
            raise UserError(f"one setting is swept, got {len(values)} levels of {factor}; give one")
        question = question.set_levels(factor, values)
    settings = question.settings()
    if len(settings) > 1:
        factors = [factor for factor in question.factors if len(factor.labels) > 1]
        words = " ".join(f"--set {factor.name}={factor.labels[0]}" for factor in factors)
        raise UserError(f"one setting is swept, and {study.name} has {len(settings)}; choose one, for instance {words}")
    return settings[0].spec
