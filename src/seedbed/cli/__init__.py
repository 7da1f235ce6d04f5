"""The door at the command line: words in, words out, no arithmetic.

Standard output carries results only; progress and errors go to standard error. Each command imports what it needs
when it is called, so that `seedbed --help` starts without numpy or jax.
"""
