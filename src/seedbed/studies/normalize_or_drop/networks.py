"""The networks: LeNet-5 with batch norm and dropout where the sheet puts them, and those of published runs."""

from __future__ import annotations

from typing import Any

import seedbed as sb

PLAIN, NORM, INPUT, DROP, BOTH = "plain", "batch norm", "batch norm of input too", "dropout", "both"
ARMS = (PLAIN, NORM, INPUT, DROP, BOTH)
HIDDEN = ("conv 1", "conv 2", "dense 1", "dense 2")  # the layers of LeNet-5 that have an activation
SMALL = ("unit_inputs", "unit_correlation")
LEARNED = ("norm_parameters", "norm_inputs")


def lenet(norm: str = "", *, on_input: bool = False, drop: bool = False, until: float = 0) -> Any:
    """LeNet-5, with batch norm "before" or "after" every activation, or none; with batch norm and dropout on the input.

    Dropout 0.2 stands on the input and 0.5 behind every hidden layer, behind the pool where there is one; with `until`
    only for so many epochs.
    """
    layers = sb.layers

    def rate(share: float) -> Any:
        return sb.schedules.drops([share, 0.0], at=[until], unit="epoch") if until else share

    first = [layers.batch_norm()] * on_input + [layers.dropout(rate(0.2))] * drop
    pooled = [layers.max_pool(2)]
    found = list(first)
    for made, pool in (
        (layers.conv(6, 5, padding=2), pooled),
        (layers.conv(16, 5), pooled),
        (layers.dense(120), []),
        (layers.dense(84), []),
    ):
        before, after = ([layers.batch_norm()] * (norm == where) for where in ("before", "after"))
        found += [made, *before, layers.activation(), *after, *pool, *[layers.dropout(rate(0.5))] * drop]
    return sb.models.sequential(found, activation="relu")


def arms() -> dict[str, dict[str, Any]]:
    """The sheet's arms: what each changes in the plain network."""
    return {
        PLAIN: {"model": lenet()},
        NORM: {"model": lenet("before"), "probes": (*SMALL, *LEARNED)},
        INPUT: {"model": lenet("before", on_input=True), "standardize": "none", "probes": (*SMALL, *LEARNED)},
        DROP: {"model": lenet(drop=True)},
        BOTH: {"model": lenet("before", drop=True), "probes": (*SMALL, *LEARNED)},
    }


def places() -> dict[str, dict[str, Any]]:
    """Batch norm before the activation, which is the sheet's second arm, and after it."""
    return {
        "before": {"model": lenet("before"), "probes": (*SMALL, *LEARNED)},
        "after": {"model": lenet("after"), "probes": (*SMALL, *LEARNED)},
    }


def fashion() -> dict[str, dict[str, Any]]:
    """The Cornell Tech exercise on Fashion-MNIST: tanh, average pools, batch norm before three activations."""

    def net(norm: bool = False, drop: bool = False) -> Any:
        layers = sb.layers
        extra = [layers.batch_norm()] * norm
        convolutions = [layers.conv(6, 5, padding=2), *extra, layers.activation(), layers.average_pool(2),
                        layers.conv(16, 5), *extra, layers.activation(), layers.average_pool(2)]  # fmt: skip
        dense = [layers.dense(120), *extra, layers.activation(), layers.dense(84), layers.activation()]
        return sb.models.sequential([*convolutions, *dense, *[layers.dropout(0.3)] * drop], activation="tanh")

    return {
        PLAIN: {"model": net()},
        NORM: {"model": net(norm=True), "probes": ("norm_parameters",)},
        DROP: {"model": net(drop=True)},
        "weight decay": {"model": net(), "l2": 1e-5},
    }


def one_epoch(images: int, steps: int) -> sb.Spec:
    """A convolutional network of 215,194 parameters that is trained for one epoch (tuomaso/train_mnist_fast)."""
    layers = sb.layers
    stack = [layers.conv(24, 5), layers.max_pool(2), layers.activation(), layers.conv(32, 3), layers.max_pool(2),
             layers.activation(), layers.dense(256), layers.activation()]  # fmt: skip
    rate = sb.schedules.one_cycle(0.01, length=steps)
    return sb.Spec(
        data=sb.data.mnist(train=images, test=min(images, 10_000), standardize="scalar"),
        model=sb.models.sequential(stack, activation="relu"),
        loss="cross_entropy",
        optimizer=sb.optimizers.adam(rate, b1=0.7, b2=0.9),
        batch_size=min(256, images // 2),
        steps=steps,
        trace=steps,
        splits=("test",),
        probes=(),
    )


def three_sigmoids(images: int, steps: int) -> sb.Spec:
    """Three layers of 100 sigmoid units with and without batch norm (Ioffe, Szegedy 2015, section 4.1)."""
    layers = sb.layers

    def net(norm: bool) -> Any:
        hidden = [layers.dense(100), *[layers.batch_norm()] * norm, layers.activation()]
        return sb.models.sequential([layers.flatten(), *hidden * 3], activation="sigmoid")

    question = sb.Spec(
        data=sb.data.mnist(train=images, test=min(images, 10_000)),
        model=net(False),
        loss="cross_entropy",
        initializer=sb.initializers.normal(0.1),
        optimizer=sb.optimizers.sgd(0.1),
        batch_size=60,
        steps=steps,
        trace=max(steps // 40, 1),
        splits=("test",),
        probes=("unit_inputs",),
    )
    return question.vary(net={PLAIN: {"model": net(False)}, NORM: {"model": net(True)}})
