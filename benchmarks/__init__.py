"""Side by side on this machine: `python -m benchmarks`. Nothing here is installed, and no test asserts a second.

`cases.py` is the table of what is measured; a case is one file with a function `measure`, run in a process of its own.
"""
