"""torch.func: many networks in one vmapped step with a hand-written update, eager or under torch.compile."""

from typing import Any

from benchmarks.problem import RATE, AbsentError, images, on_best_threads, torch, weights

NAMES = {"w1": "0.weight", "b1": "0.bias", "w2": "2.weight", "b2": "2.bias"}


def measure(steps: int, members: int, compiled: bool) -> dict[str, Any]:
    """Time the loop."""
    th = torch()
    x, y = (th.from_numpy(array) for array in images())
    net = th.nn.Sequential(th.nn.Linear(16, 4), th.nn.ReLU(), th.nn.Linear(4, 1))
    first = {NAMES[name]: th.from_numpy(value) for name, value in weights(members).items()}

    def objective(w: dict[str, Any]) -> tuple[Any, Any]:
        score = th.func.functional_call(net, w, (x,))
        loss = th.nn.functional.binary_cross_entropy_with_logits(score, y)
        return loss, ((score > 0) == (y > 0.5)).float().mean()

    gradients_of = th.func.vmap(th.func.grad_and_value(objective, has_aux=True))

    def step(w: dict[str, Any]) -> tuple[dict[str, Any], Any, Any]:
        gradients, (loss, accuracy) = gradients_of(w)
        return {name: value - RATE * gradients[name] for name, value in w.items()}, loss, accuracy

    advance = _compiled(th, step, first) if compiled else step

    def train() -> Any:
        w = first
        for _ in range(steps):
            w, _, _ = advance(w)
        return w

    with th.no_grad():
        return on_best_threads(th, train, steps * members)


def _compiled(th: Any, step: Any, first: Any) -> Any:
    """The step under torch.compile, tried once; it needs a C++ compiler."""
    made = th.compile(step)
    try:
        with th.no_grad():
            made(first)
    except Exception as error:  # whatever torch raises: the case is left out with its words
        raise AbsentError(f"torch.compile fails here: {str(error).strip().splitlines()[0][:120]}") from error
    return made
