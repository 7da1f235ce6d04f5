"""Carrying out a study: measure, keep, tell. What every door (command line, later a page) calls."""

from seedbed.catalogue.own import from_file
from seedbed.catalogue.price import estimate, price
from seedbed.catalogue.questions import data_at_hand, questions_of
from seedbed.catalogue.run_study import Outcome, outcomes_of, retell, run_study, verdict_of
from seedbed.studies import TABLE

__all__ = [
    "TABLE",
    "Outcome",
    "data_at_hand",
    "estimate",
    "from_file",
    "outcomes_of",
    "price",
    "questions_of",
    "retell",
    "run_study",
    "verdict_of",
]  # fmt: skip
