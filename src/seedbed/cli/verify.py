"""`seedbed verify`: is what is kept still what was measured? The checking itself is `seedbed.store`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from seedbed.errors import StoreError


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)] = Path("seedbed-runs"),
    discard: Annotated[
        bool, typer.Option("--discard", help="Remove what is damaged, so that it can run again.")
    ] = False,
) -> None:
    """Check what is stored, and name what is damaged or lost.

    Every stored file under DIR (by default seedbed-runs) is compared with its digest, and every record must have all
    that it needs. What is damaged is only named; with --discard it is removed as well, and the next run trains just
    that again.
    """
    from seedbed.store.files import readable

    removed = kept = lost = 0
    for place in _stores(folder):
        try:
            found = _checked(place)
        except StoreError as error:
            typer.echo(str(error))
            kept += 1
            continue
        for store, damage in found:
            typer.echo(f"{readable(damage.path)}: {damage.reason}")
            gone = _discarded(store, damage) if discard else False
            lost += damage.lost
            removed += gone and not damage.harmless and not damage.lost
            kept += not gone and not damage.harmless and not damage.lost
    if not removed and not kept and not lost:
        typer.echo(f"{folder}: nothing damaged")
        return
    typer.echo(_ending(folder, removed, kept, lost), err=True)
    if kept or (lost and not discard):
        raise typer.Exit(1)


def _checked(place: Path) -> list[tuple[Any, Any]]:
    """The damages of one store, each with its store."""
    from seedbed.store import open_existing

    store = open_existing(place)
    return [(store, damage) for damage in store.verify()]


def _discarded(store: Any, damage: Any) -> bool:
    """Whether a damage is removed; what cannot be is told."""
    try:
        store.discard(damage)
    except StoreError as error:
        typer.echo(str(error), err=True)
        return False
    return True


def _ending(folder: Path, removed: int, kept: int, lost: int) -> str:
    """What was found, in numbers, and what to do.

    >>> _ending(Path("runs"), 0, 2, 1)
    '2 damaged, 1 lost; remove with: seedbed verify runs --discard, and run again'
    >>> _ending(Path("runs"), 2, 0, 0)
    '2 removed; the same run trains only these again'
    >>> _ending(Path("runs"), 0, 0, 1)
    '1 lost; the same run makes only that again'
    """
    counted = ((removed, "removed"), (kept, "damaged"), (lost, "lost"))
    said = ", ".join(f"{count} {what}" for count, what in counted if count)
    if kept:
        return f"{said}; remove with: seedbed verify {folder} --discard, and run again"
    if removed:
        return f"{said}; the same run trains only these again"
    return f"{said}; the same run makes only {'that' if lost == 1 else 'these'} again"


def _stores(folder: Path) -> list[Path]:
    """Every folder that is a store, or has its folders and lacks its marker."""
    from seedbed.store.checks import BLOCKS, SETTINGS
    from seedbed.store.opening import MARKER

    bare = {path.parent for path in folder.rglob(BLOCKS) if path.is_dir() and (path.parent / SETTINGS).is_dir()}
    places = sorted({path.parent for path in folder.rglob(MARKER)} | bare)
    if not places:
        raise StoreError(f'nothing is stored under "{folder}"; name a folder that a run has left, such as seedbed-runs')
    return places
