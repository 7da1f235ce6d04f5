"""Whether anything still flows through a network."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.parts.models import layers_of
from seedbed.probing.moment import Moment


def dead(moment: Moment) -> Float[Array, ""]:
    """1 where all examples get the same output and no gradient reaches the first layer, at a finite loss; else 0."""
    same = jnp.all(moment.scores == moment.scores[..., :1])
    reached = [layer for _, layer in layers_of(moment.gradient)][:1] or [moment.gradient]
    still = jnp.stack([jnp.all(array == 0) for array in jax.tree.leaves(reached)]).all()
    return jnp.where(same & still & jnp.isfinite(moment.loss), 1.0, 0.0)
