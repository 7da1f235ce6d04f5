"""The networks with batch norm, for the question whether large batches fail or their evaluation does."""

from typing import Any

import seedbed as sb


def with_norm() -> list[Any]:
    """LeNet-5 with batch norm before every activation."""
    layers = sb.layers
    hidden = [layers.batch_norm(), layers.activation()]
    return [layers.conv(6, 5, padding=2), *hidden, layers.max_pool(2), layers.conv(16, 5), *hidden, layers.max_pool(2),
            layers.dense(120), *hidden, layers.dense(84), *hidden]  # fmt: skip


def small_with_norm() -> list[Any]:
    """A layer of eight units with batch norm."""
    return [sb.layers.flatten(), sb.layers.dense(8), sb.layers.batch_norm(), sb.layers.activation()]


NORMED = {"lenet5": ("A LeNet-5", with_norm), "small": ("A layer of eight units", small_with_norm)}
