"""2x2 max pooling, forward and backward, of 16 channels and 64 examples: the layer beside jax's `reduce_window`."""

from typing import Any

import numpy as np

from benchmarks.problem import microseconds


def measure(layer: str, side: int, steps: int) -> dict[str, Any]:
    """Time a loop of poolings on one core; "nothing" is the loop itself, to be taken off the others."""
    import os

    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    import jax
    import jax.numpy as jnp

    from seedbed.parts.convolution import MaxPool2d

    def windowed(x: Any) -> Any:
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2), (1, 2, 2), "VALID")

    one = {"seedbed": MaxPool2d(2, 2), "reduce_window": windowed}.get(layer)
    rng = np.random.default_rng(0)
    x = jnp.maximum(jnp.asarray(rng.normal(size=(16, side, side, 64)), jnp.float32), 0)
    g = jnp.asarray(rng.normal(size=(16, side // 2, side // 2, 64)), jnp.float32)

    def step(_: Any, now: Any) -> Any:
        x, g = now
        if one is None:
            return x * 0.999, g * 0.999
        y, back = jax.vjp(jax.vmap(one, in_axes=-1, out_axes=-1), x)
        return x * 0.999 + back(g)[0] * 1e-6, g * 0.999 + y * 1e-6

    run = jax.jit(lambda x, g: jax.lax.fori_loop(0, steps, step, (x, g)))
    return microseconds(lambda: jax.block_until_ready(run(x, g)), steps)
