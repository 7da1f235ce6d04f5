"""How Python runs while jax is loaded and while it traces. What is set here is set for the process, and set back.

Loading and tracing make hundreds of thousands of objects that stay, and the garbage collector walks over all of them
again and again. And a thread that traces gives Python's lock away only every 5 ms, while the thread that trains needs
it for moments, many times in each chunk. Together they cost half a second on the way to the first step.
"""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager

SHORT = 0.0005  # seconds until a thread gives the lock away


@contextmanager
def unswept() -> Generator[None]:
    """No garbage is collected within."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


@contextmanager
def sharing() -> Generator[None]:
    """Other threads get the lock soon after they ask for it."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, SHORT))
    try:
        yield
    finally:
        if usual > SHORT:
            sys.setswitchinterval(usual)
