"""PyTorch's eager loop for one narrow, deep network with minibatches, as a student writes it."""

from typing import Any

import numpy as np

import seedbed as sb
from benchmarks.problem import on_best_threads, torch
from seedbed.datasets.load import load

BATCH = 64


def measure(steps: int) -> dict[str, Any]:
    """Time the loop on |x|: nine hidden layers of two units, He initialization, Adam, an order drawn every epoch."""
    th = torch()
    data = load(sb.data.curve("abs", fresh=True), np.arange(1))
    x, y = (th.from_numpy(array[0].reshape(-1, 1).astype(np.float32)) for array in (data.inputs, data.targets))
    th.manual_seed(0)
    layers: list[Any] = [th.nn.Linear(1, 2), th.nn.ReLU()]
    for _ in range(8):
        layers += [th.nn.Linear(2, 2), th.nn.ReLU()]
    net = th.nn.Sequential(*layers, th.nn.Linear(2, 1))
    for layer in net:
        if isinstance(layer, th.nn.Linear):
            th.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            th.nn.init.zeros_(layer.bias)
    criterion, optimizer = th.nn.MSELoss(), th.optim.Adam(net.parameters())
    per_epoch = len(x) // BATCH

    def train() -> float:
        order, last = th.randperm(len(x)), 0.0
        for step in range(steps):
            place = step % per_epoch
            if place == 0:
                order = th.randperm(len(x))
            chosen = order[place * BATCH : (place + 1) * BATCH]
            loss = criterion(net(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            last = loss.item()
        return last

    return on_best_threads(th, train, steps)
