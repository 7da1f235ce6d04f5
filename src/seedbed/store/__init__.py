"""What was run, kept in a folder: saved whole, found again, resumed, verified."""

from seedbed.store.blocks import BlockFile, Damage, DamagedError
from seedbed.store.folder import Store
from seedbed.store.gather import absent, seed_ranges
from seedbed.store.opening import create_or_open, open_existing, open_record
from seedbed.store.questions import Question

__all__ = [
    "BlockFile",
    "Damage",
    "DamagedError",
    "Question",
    "Store",
    "absent",
    "create_or_open",
    "open_existing",
    "open_record",
    "seed_ranges",
]
