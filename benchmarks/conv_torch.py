"""PyTorch's eager loop for one convolutional network, as a student writes it."""

from typing import Any

from benchmarks.problem import RATE, lines, on_best_threads, torch


def measure(kernel: int, size: int, steps: int) -> dict[str, Any]:
    """Time the loop."""
    th = torch()
    x, y = (th.from_numpy(array) for array in lines(size))
    th.manual_seed(0)
    side = size - 2 * (kernel - 1)
    net = th.nn.Sequential(
        th.nn.Conv2d(1, 16, kernel), th.nn.ReLU(), th.nn.Conv2d(16, 8, kernel), th.nn.ReLU(), th.nn.Flatten(),
        th.nn.Linear(8 * side * side, 1), th.nn.Sigmoid(),
    )  # fmt: skip
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
