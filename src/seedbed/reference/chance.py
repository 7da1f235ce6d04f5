"""Random numbers as functions of what they are for: no stream is shared, and none is carried along.

A generator depends on the member's seed, the purpose, and (for draws made again and again) the epoch or step. So a
member draws the same numbers in any company, and the same seed draws the same in every setting where shapes agree.
"""

import numpy as np

# No purpose is 0: a seed sequence cannot tell a trailing zero from nothing.
PURPOSES = {"init": 1, "order": 2, "activation": 3}


def generator(seed: int, purpose: str, step: int | None = None) -> np.random.Generator:
    """The generator of one member for one purpose, at one epoch or step where there are several.

    >>> generator(7, "init").random() == generator(7, "init").random()
    True
    """
    key = () if step is None else (step,)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, PURPOSES[purpose]], spawn_key=key)))


def orders(seeds: np.ndarray, epoch: int, examples: int) -> np.ndarray:
    """A fresh permutation of the examples for each member, `(member, example)`."""
    return np.stack([generator(int(seed), "order", epoch).permutation(examples) for seed in seeds])
