"""Tables too long to be read: the page shows their first rows, and a file beside it has all of them.

Without this, the time to set a page and its size would grow without bound with the number of settings.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from seedbed.report.numbers import SPACE, text
from seedbed.report.page import Page, Section, Table
from seedbed.report.prose import plain

FOLDER = "tables"
MOST_ROWS, SHOWN = 100, 40


def shortened(page: Page) -> tuple[Page, Mapping[str, bytes]]:
    """The page with long tables cut, and these as CSV by the names of their files.

    A file has the number that its table has on the page.
    """
    files: dict[str, bytes] = {}
    sections: list[Section] = []
    number = 0
    for section in page.sections:
        items = list(section.items)
        for place, item in enumerate(items):
            if not isinstance(item, Table):
                continue
            number += 1
            if len(item.rows) > MOST_ROWS:
                name = f"{FOLDER}/table-{number}.csv"
                files[name] = as_csv(item)
                told = f"{item.caption} The first {SHOWN} of {len(item.rows):,} rows; all are in {name}."
                items[place] = replace(item, rows=item.rows[:SHOWN], caption=told)
        sections.append(replace(section, items=items))
    return (replace(page, sections=sections), files) if files else (page, files)


def as_csv(table: Table) -> bytes:
    """A table as comma-separated values; numbers keep all their digits.

    >>> as_csv(Table(("setting", "share"), [("relu, l2", 0.25)], "")).decode()
    'setting,share\\r\\n"relu, l2",0.25\\r\\n'
    """
    said = io.StringIO()
    writer = csv.writer(said)
    writer.writerow([plain(name) for name in table.columns])
    for row in table.rows:
        writer.writerow([value if isinstance(value, int | float) else _cell(value) for value in row])
    return said.getvalue().encode()


def _cell(value: object) -> str:
    return plain(text(value)).replace(SPACE, " ")
