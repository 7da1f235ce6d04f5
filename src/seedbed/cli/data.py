"""`seedbed data`: which data sets can be had, and fetching one. Mirrors and digests are `seedbed.datasets`."""

from typing import Annotated

import typer

from seedbed.cli.screen import write_json, write_rows

app = typer.Typer(rich_markup_mode=None, help="List data sets, or fetch one.")


@app.command("list")
def list_sets(as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False) -> None:
    """List the data sets that can be fetched, and those that are drawn.

    Each is shown with whether it is here already. SEEDBED_DATA=DIR uses local copies.
    """
    from seedbed.datasets.downloads import DATASETS, available
    from seedbed.datasets.load import COURSE
    from seedbed.datasets.npy import whereabouts
    from seedbed.vocabulary.data import TABLE

    rows = [
        {"name": name, "says": download.title, "size": f"{download.size / 1e6:.1f} MB", "licence": download.licence,
         "source": download.source, "here": str(available(name) or "no")}
        for name, download in DATASETS.items()
    ]  # fmt: skip
    for name, own in COURSE.items():
        says = (TABLE[name].__doc__ or "").splitlines()[0].replace("`", "").rstrip(".")
        folder = whereabouts(own)
        here = f"drawn; the course's own files in {folder}" if folder else "drawn"
        rows.append(
            {"name": name, "says": says, "size": "", "licence": "", "source": "CIS680 assignment 1", "here": here}
        )
    if as_json:
        write_json(rows)
    else:
        write_rows(rows)


@app.command("fetch")
def fetch_set(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Fetch a data set, and print its folder.

    A set that is here already is only checked against its digest.
    """
    from seedbed.datasets.downloads import find

    find(name)  # an unknown name is refused before anything is loaded
    from seedbed.datasets.fetch import fetch

    typer.echo(fetch(name))
