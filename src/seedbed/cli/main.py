"""The command `seedbed`: which commands there are. What each does stands in the file it is imported from."""

from typing import Annotated

import typer

from seedbed import __version__
from seedbed.cli import compare, data, export, find, judge, lab, look, new, parts, run, verify
from seedbed.cli.door import Door

app = typer.Typer(
    cls=Door,
    rich_markup_mode=None,  # plain help: the same in a terminal, in a pipe and in docs/cli.md
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> bool:
    if asked:
        typer.echo(f"seedbed {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def seedbed(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """How neural networks learn, over thousands of seeds at once.

    A question is trained over hundreds of random seeds in one compiled program, and answered with a distribution
    where one run would give one number. Begin with: seedbed run four_settings
    """


app.command("list")(look.list_words)
app.command()(look.show)
app.command()(run.run)
app.command()(run.report)
app.command()(parts.merge)
app.command()(judge.claims)
app.command()(compare.compare)
app.command()(export.export)
app.command()(find.find_rate)
app.command()(find.find_batch_size)
app.add_typer(data.app, name="data")
app.command()(lab.lab)
app.command()(verify.verify)
app.command()(new.new)
