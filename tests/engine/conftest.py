"""Fixtures of the engine's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest_engine import question, train

__all__ = ["question", "train"]
