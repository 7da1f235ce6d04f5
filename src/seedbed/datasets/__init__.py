"""Data sets as arrays: generators of a stated law, a user's own files, checked downloads. `load.load` is the door."""
