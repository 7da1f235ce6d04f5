"""Carrying out a study: measure, keep, tell. What every door (command line, later a page) calls."""

from seedbed.catalogue.estimate import estimate
from seedbed.catalogue.own import from_file
from seedbed.catalogue.perform import Outcome, outcomes_of, perform, retell, verdict_of
from seedbed.catalogue.questions import data_at_hand, questions_of
from seedbed.studies import TABLE

__all__ = [
    "TABLE", "Outcome", "data_at_hand", "estimate", "from_file", "outcomes_of", "perform", "questions_of", "retell",
    "verdict_of",
]  # fmt: skip
