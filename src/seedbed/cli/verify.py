"""`seedbed verify`: is what is kept still what was measured? The checking itself is `seedbed.store`."""

from pathlib import Path
from typing import Annotated

import typer

from seedbed.errors import StoreError


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)] = Path("seedbed-runs"),
    discard: Annotated[
        bool, typer.Option("--discard", help="Remove what is damaged, so that it can run again.")
    ] = False,
) -> None:
    """Check what is stored, and name what is damaged.

    Every stored file under DIR (by default seedbed-runs) is compared with its digest. What is damaged is only named;
    with --discard it is removed as well, and the next run trains just that again.
    """
    from seedbed.store import Damage, Store, open_existing

    found: list[tuple[Store, Damage]] = []
    for place in _stores(folder):
        store = open_existing(place)
        found += [(store, damage) for damage in store.verify()]
    for store, damage in found:
        typer.echo(f"{damage.path}: {damage.reason}")
        if discard:
            store.discard(damage)
    lost = [damage for _, damage in found if not damage.harmless]
    if not lost:
        typer.echo(f"{folder}: nothing damaged")
    elif discard:
        typer.echo(f"{len(lost)} removed; the same run trains only these again", err=True)
    else:
        typer.echo(f"{len(lost)} damaged; remove with: seedbed verify {folder} --discard, and run again", err=True)
        raise typer.Exit(1)


def _stores(folder: Path) -> list[Path]:
    from seedbed.store.opening import MARKER

    places = sorted(path.parent for path in folder.rglob(MARKER))
    if not places:
        raise StoreError(f'nothing is stored under "{folder}"; name a folder that a run has left, such as seedbed-runs')
    return places
