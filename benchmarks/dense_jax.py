"""jax as it is usually written, batch first: one network in `lax.scan`, or many under `vmap`. No seedbed."""

from typing import Any

from benchmarks.problem import RATE, images, microseconds, weights


def measure(steps: int, members: int) -> dict[str, Any]:
    """Time the whole loop as one program; `members` 1 means no vmap."""
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(array) for array in images())

    def objective(w: dict[str, Any]) -> tuple[Any, Any]:
        hidden = jax.nn.relu(x @ w["w1"].T + w["b1"])
        score = hidden @ w["w2"].T + w["b2"]
        loss = jnp.mean(jnp.maximum(score, 0) - y * score + jnp.log1p(jnp.exp(-jnp.abs(score))))
        return loss, jnp.mean((jax.nn.sigmoid(score) > 0.5) == (y > 0.5))

    def step(w: dict[str, Any], _: Any) -> tuple[Any, Any]:
        seen, gradient = jax.value_and_grad(objective, has_aux=True)(w)
        return jax.tree.map(lambda a, g: a - RATE * g, w, gradient), seen

    def train(w: dict[str, Any]) -> Any:
        return jax.lax.scan(step, w, length=steps)

    first = weights(members)
    if members == 1:
        first, run = {name: value[0] for name, value in first.items()}, jax.jit(train)
    else:
        run = jax.jit(jax.vmap(train))
    return microseconds(lambda: jax.block_until_ready(run(first)), steps * members)
