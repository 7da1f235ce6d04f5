"""The plain telling of any records: what a study of one's own shows when it does not say how it wants to be told."""

from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from seedbed import figures, stats
from seedbed.report import pieces
from seedbed.report.page import Figure, Page, Section

NAMES = {"loss": "Loss", "accuracy": "Accuracy"}


def tell(records: Mapping[str, xr.Dataset]) -> Page:
    """A page with every trace, the arrivals, the order, and what one run would have said."""
    sections = [
        section for name, record in records.items() for section in _sections(name if len(records) > 1 else "", record)
    ]
    return Page(sections)


def _sections(name: str, record: xr.Dataset) -> Iterator[Section]:
    before = f"{name}: " if name else ""
    traces = [str(key) for key, array in record.data_vars.items() if "step" in array.dims]
    plain = [
        key
        for key in traces
        if "layer" not in record[key].dims and "parameter" not in record[key].dims and key != "dead"
        if f"train_{key.removeprefix('batch_')}" not in traces
        or not key.startswith("batch_")  # told of the whole split
    ]
    items: list[Any] = [pieces.fan(record, key, _words(key)) for key in plain]
    items += [_layers(record, key) for key in traces if "layer" in record[key].dims]
    yield Section(f"{before}While they train", items)
    yield Section(f"{before}How they ended", [pieces.fate_table(record)])
    if pieces.has_arrivals(record):
        yield Section(f"{before}Arrival", [pieces.arrival_table(stats.hits(record)), *pieces.arrival_figures(record)])
    if pieces.has_arrivals(record) and pieces.several(record):
        hits = stats.hits(record)
        yield Section(f"{before}The order of the settings", list(pieces.order_items(hits)))
        yield Section(f"{before}What one run would have said", list(pieces.single_run_items(hits)))


def _layers(record: xr.Dataset, key: str) -> Figure:
    figure = figures.by_layer(record, key)
    return Figure(key, figure, f"{_words(key)} by layer: {figure.get_label()}.", f"{_words(key)} by layer against step")


def _words(variable: str) -> str:
    split, _, quantity = variable.partition("_")
    if split in ("train", "test", "batch"):
        return f"{NAMES.get(quantity, quantity.replace('_', ' ').capitalize())} ({split})"
    return variable.replace("_", " ").capitalize()
