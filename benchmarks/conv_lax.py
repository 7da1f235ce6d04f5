"""The convolutional net as jax is usually written: `lax.conv`, batched over the members by vmap. No seedbed layers."""

from typing import Any

import numpy as np

from benchmarks.problem import RATE, lines, microseconds


def measure(kernel: int, size: int, members: int, steps: int) -> dict[str, Any]:
    """Time the whole loop as one program."""
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(array) for array in lines(size))
    side = size - 2 * (kernel - 1)
    shapes = {"w1": (16, 1, kernel, kernel), "b1": (16, 1, 1), "w2": (8, 16, kernel, kernel), "b2": (8, 1, 1),
              "w3": (8 * side * side, 1), "b3": (1,)}  # fmt: skip
    rng = np.random.default_rng(0)
    first = {name: rng.normal(0, 0.1, (members, *shape)).astype(np.float32) for name, shape in shapes.items()}

    def convolved(images: Any, w: Any) -> Any:
        return jax.lax.conv_general_dilated(images, w, (1, 1), "VALID")

    def objective(w: dict[str, Any]) -> Any:
        hidden = jax.nn.relu(convolved(x, w["w1"]) + w["b1"])
        hidden = jax.nn.relu(convolved(hidden, w["w2"]) + w["b2"])
        score = hidden.reshape(len(x), -1) @ w["w3"] + w["b3"]
        return jnp.mean(jnp.logaddexp(0, score) - y * score)

    def train(w: dict[str, Any]) -> Any:
        def step(w: dict[str, Any], _: Any) -> tuple[Any, None]:
            return jax.tree.map(lambda a, g: a - RATE * g, w, jax.grad(objective)(w)), None

        return jax.lax.scan(step, w, length=steps)

    run = jax.jit(jax.vmap(train))
    return microseconds(lambda: jax.block_until_ready(run(first)), steps * members, repeats=1)
