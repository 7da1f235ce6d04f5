"""Figures of a block under other names, where a page shows the same block of several records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from seedbed.report.context import Block, Context
from seedbed.report.page import Figure


def renamed(pattern: str, block: Block) -> Block:
    """The same block, the names of its figures put into a pattern: `renamed("lines_{}", sb.show.curves(...))`."""

    def items(context: Context) -> Iterator[Any]:
        for item in block(context):
            yield replace(item, name=pattern.format(item.name)) if isinstance(item, Figure) else item

    return replace(block, items=items)
