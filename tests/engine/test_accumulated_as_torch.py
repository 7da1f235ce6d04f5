"""Gradients added up from micro-batches: fifty steps are those of a loop in PyTorch that accumulates them."""

from typing import Any

import numpy as np
import pytest

import seedbed as sb

N, MICRO, STEPS = 32, 8, 50
RNG = np.random.default_rng(1)
X = RNG.normal(size=(N, 3)).astype(np.float32)
Y = np.arange(N) % 3
OPTIMIZERS = {
    "SGD": (sb.optimizers.momentum(sb.schedules.triangular(0.01, 0.2, half_cycle=10), 0.9), {"lr": 0.01,
                                                                                             "momentum": 0.9}),
    "Adam": (sb.optimizers.adam(sb.schedules.triangular(0.001, 0.02, half_cycle=10)), {"lr": 0.001}),
}  # fmt: skip
HIGH = {"SGD": 0.2, "Adam": 0.02}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_of_accumulated_gradients_are_torch_s(name: str) -> None:
    """All examples make a step, so that the order in which they are drawn says nothing but what rounding says."""
    torch = pytest.importorskip("torch", reason="PyTorch is an extra of its own: pip install 'seedbed[bench]'")
    optimizer, options = OPTIMIZERS[name]
    record = sb.run(
        sb.Spec(data=sb.data.generator(lambda rng: {"inputs": X, "targets": Y, "target": "classes"}),
                model=sb.models.mlp([5], "tanh"), loss="cross_entropy", optimizer=optimizer, batch_size=N,
                micro_batch=MICRO, steps=STEPS, trace=1, probes=["parameters"], splits=()), 1,
    )  # fmt: skip
    ours = record["parameters"].values[0]
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    torch.nn.utils.vector_to_parameters(torch.tensor(ours[0], dtype=torch.float32), net.parameters())
    rule = getattr(torch.optim, name)(net.parameters(), **options)
    cycle: Any = torch.optim.lr_scheduler.CyclicLR(rule, options["lr"], HIGH[name], 10, cycle_momentum=False)
    for step in range(STEPS):
        theirs = torch.nn.utils.parameters_to_vector(net.parameters()).detach().numpy()
        np.testing.assert_allclose(ours[step], theirs, atol=1e-5, err_msg=f"step {step}")
        rule.zero_grad()
        for first in range(0, N, MICRO):
            part = slice(first, first + MICRO)
            scores = net(torch.tensor(X[part]))
            (torch.nn.functional.cross_entropy(scores, torch.tensor(Y[part])) * MICRO / N).backward()
        rule.step()
        cycle.step()
    assert np.abs(ours[STEPS] - ours[0]).max() > 0.1
