"""PyTorch's eager loop for one network, as a student writes it."""

from typing import Any

from benchmarks.problem import RATE, images, on_best_threads, torch


def measure(steps: int) -> dict[str, Any]:
    """Time the loop."""
    th = torch()
    x, y = (th.from_numpy(array) for array in images())
    th.manual_seed(0)
    net = th.nn.Sequential(th.nn.Linear(16, 4), th.nn.ReLU(), th.nn.Linear(4, 1), th.nn.Sigmoid())
    criterion = th.nn.BCELoss()
    optimizer = th.optim.SGD(net.parameters(), lr=RATE)

    def train() -> tuple[float, float]:
        total = right = 0.0
        for _ in range(steps):
            prediction = net(x)
            loss = criterion(prediction, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, right = loss.item(), ((prediction > 0.5) == (y > 0.5)).float().mean().item()
        return total, right

    return on_best_threads(th, train, steps)
