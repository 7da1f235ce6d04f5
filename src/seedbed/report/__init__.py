"""The page from a record: HTML and PDF from one source, `summary.json`, and results told in sentences.

write                                           leave a report in a folder
summary, to_json                                the numbers of a report for programs
Page, Section, Prose, Formula, Table, Figure    what a study writes
share_sentence, median_sentence, ...            results in words
number, percent, steps                          numbers as a reader wants them
"""

from seedbed.report.numbers import number, percent, steps
from seedbed.report.page import Figure, Formula, Page, Prose, Section, Table
from seedbed.report.sentences import (
    interval_words,
    median_sentence,
    one_run_sentence,
    order_sentence,
    setting_words,
    share_sentence,
)
from seedbed.report.summary import summary, to_json
from seedbed.report.write import write

__all__ = [
    "Figure", "Formula", "Page", "Prose", "Section", "Table", "interval_words", "median_sentence", "number",
    "one_run_sentence", "order_sentence", "percent", "setting_words", "share_sentence", "steps", "summary", "to_json",
    "write",
]  # fmt: skip
