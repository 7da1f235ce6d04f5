"""Checked downloads: several public mirrors, one known SHA-256 per file, a cache of the user's own.

The only module of the package that opens a connection, and only when asked to by name.
"""

from pathlib import Path

import pooch

from seedbed.datasets.downloads import Download, File, available, cache, find
from seedbed.datasets.idx import read_checked
from seedbed.errors import DataError


def fetch(name: str) -> Path:
    """Download a data set unless it is there already and sound; returns its folder.

    Raises DataError where no mirror gives a file with the right SHA-256, or a local copy is damaged.
    """
    download = find(name)
    here = available(name)
    if here is not None and here != cache(download):
        for file in download.files:
            read_checked(here, file)
        return here
    for file in download.files:
        _fetch_file(download, file)
    return cache(download)


def _fetch_file(download: Download, file: File) -> None:
    refusals: list[str] = []
    for mirror in download.mirrors:
        try:
            # pooch keeps a cached file whose hash is right, and replaces one whose hash is wrong
            pooch.retrieve(mirror + file.name, f"sha256:{file.sha256}", fname=file.name, path=cache(download))
            return
        except (OSError, ValueError) as error:  # requests raises OSError; a wrong hash is a ValueError
            refusals.append(f"{mirror}: {str(error).splitlines()[0][:160]}")
    raise DataError(
        f"no mirror gave {file.name} of {download.name} ({'; '.join(refusals)}); "
        "check the connection, or put the files in a folder and set SEEDBED_DATA to it"
    )
