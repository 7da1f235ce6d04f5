"""Whether anything still flows through a network."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.probing.moment import Moment


def dead(moment: Moment) -> Float[Array, ""]:
    """1 where all examples get the same output and the gradient is exactly zero, at a finite loss; else 0."""
    same = jnp.all(moment.scores == moment.scores[..., :1])
    still = jnp.stack([jnp.all(array == 0) for array in jax.tree.leaves(moment.gradient)]).all()
    return jnp.where(same & still & jnp.isfinite(moment.loss), 1.0, 0.0)
