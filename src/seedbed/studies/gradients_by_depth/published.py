"""What two reports measured of loss and first-layer gradient under ReLU and sigmoid, network by network."""

from collections.abc import Iterable, Iterator

import seedbed as sb

NETS = ("mlp_1", "mlp_2", "cnn_3", "cnn_4", "cnn_5")
EPOCHS = (1, 5, 10, 15)
AKMAN, IPEK = "Akman, EE449 (2024), question 4", "Ipek, EE449 (2022), question 4"
AS_AKMAN = "four fifths of the training images, not stratified, grey values in [0, 1]"
AS_IPEK = "the networks of 2022 (`--set edition=2022`)"
LOSSES = {  # network: mean training loss of epochs 1, 5, 10, 15: ReLU, sigmoid of Akman; ReLU, sigmoid of Ipek
    "mlp_1": ((1.155, 0.504, 0.418, 0.409), (2.016, 0.884, 0.658, 0.552),
              (0.786, 0.421, 0.379, 0.324), (1.520, 0.599, 0.489, 0.454)),
    "mlp_2": ((1.251, 0.474, 0.436, 0.393), (2.054, 0.742, 0.552, 0.473),
              (0.847, 0.441, 0.382, 0.360), (1.601, 0.552, 0.455, 0.423)),
    "cnn_3": ((0.932, 0.392, 0.332, 0.316), (2.067, 0.618, 0.503, 0.427),
              (0.839, 0.402, 0.330, 0.295), (1.943, 0.716, 0.569, 0.530)),
    "cnn_4": ((1.047, 0.358, 0.314, 0.266), (2.304, 2.302, 0.685, 0.611),
              (1.060, 0.443, 0.374, 0.337), (2.305, 2.303, 2.276, 0.970)),
    "cnn_5": ((2.302, 0.495, 0.349, 0.330), (2.308, 2.304, 2.303, 2.304),
              (2.301, 0.526, 0.413, 0.369), (2.305, 2.304, 2.305, 2.305)),
}  # fmt: skip
NORMS = {  # network: norm of the first layer's gradient in epochs 1, 5, 15 (Ipek): ReLU, sigmoid
    "mlp_1": ((1.36, 1.63, 1.73), (0.472, 0.528, 0.691)), "mlp_2": ((1.33, 2.04, 2.29), (0.388, 0.859, 1.32)),
    "cnn_3": ((0.160, 0.190, 0.378), (0.084, 0.139, 0.119)), "cnn_4": ((0.160, 0.302, 0.671), (1.6e-4, 4.2e-4, 0.097)),
    "cnn_5": ((0.0025, 0.665, 1.08), (2.2e-6, 2.1e-6, 1.9e-6)),
}  # fmt: skip
SIGNED = {  # network: mean |mean of the first layer's gradient| over the run (Akman): ReLU, sigmoid
    "mlp_1": (4.4e-4, 1.4e-4), "mlp_2": (4.4e-4, 2.2e-4), "cnn_3": (5.1e-3, 1.2e-3), "cnn_4": (3.5e-3, 5.5e-4),
    "cnn_5": (4.8e-3, 4.4e-8),
}  # fmt: skip
RATIOS = {"mlp_1": 2.8, "mlp_2": 2.0, "cnn_3": 2.3, "cnn_4": 14.5, "cnn_5": 3.5e5}  # ReLU over sigmoid (Ipek)
BOTH = f"{AKMAN}; Ipek (2022)"
ORDERS = (  # id, source, statement, check, record
    ("sigmoid-cnn-5-never", BOTH, "cnn_5 with sigmoid never leaves ln 10 in 15 epochs",
     "share(hit_step, network=cnn_5, activation=sigmoid) < 5 %", "leaving"),
    ("sigmoid-cnn-4-late", BOTH, "cnn_4 with sigmoid leaves ln 10 late, between epochs 5 and 10 or at 10",
     "5400 < median(hit_step, network=cnn_4, activation=sigmoid)", "leaving"),
    ("relu-cnn-5-first-epoch", BOTH, "cnn_5 with ReLU sits at ln 10 through the first epoch",
     "median(hit_step, network=cnn_5, activation=relu) > 1080", "leaving"),
    ("sigmoid-smaller", BOTH, "The gradient of the first layer is smaller with sigmoid (cnn_3)",
     "mean(batch_gradient, network=cnn_3, activation=sigmoid) < mean(batch_gradient, network=cnn_3, activation=relu)",
     "over_run"),
    ("depth-shrinks-sigmoid", AKMAN, "With sigmoid it shrinks from cnn_3 over cnn_4 to cnn_5",
     "mean(batch_gradient, network=cnn_5, activation=sigmoid) < mean(batch_gradient, network=cnn_4, activation=sigmoid)"
     " < mean(batch_gradient, network=cnn_3, activation=sigmoid)", "over_run"),
    *((f"grows-{net}", IPEK, f"{net} with ReLU: the norm of the first layer's gradient grows while it learns",
       f"mean(growth, network={net}, activation=relu) > 1", "over_run") for net in NETS),
)  # fmt: skip


def claims() -> Iterator[sb.Claim]:
    """Every published number, and what the reports say in words."""
    for name, source, said, check, record in ORDERS:
        yield sb.Claim(id=name, source=source, statement=said, check=check, record=record)
    for net in NETS:
        akman_relu, akman_sigmoid, ipek_relu, ipek_sigmoid = LOSSES[net]
        for who, pair in (("akman", (akman_relu, akman_sigmoid)), ("ipek", (ipek_relu, ipek_sigmoid))):
            for activation, values in zip(("relu", "sigmoid"), pair, strict=True):
                yield from of_epochs(
                    who, net, activation, "batch_loss", "training loss", zip(EPOCHS, values, strict=True)
                )
        for activation, norms, signed in zip(("relu", "sigmoid"), NORMS[net], SIGNED[net], strict=True):
            listed = zip((1, 5, 15), norms, strict=True)
            yield from of_epochs(
                "ipek", net, activation, "batch_gradient", "norm of the first layer's gradient", listed
            )
            yield sb.Claim(
                id=f"akman-signed-{net}-{activation}", source=AKMAN, value=signed, differs=AS_AKMAN, record="over_run",
                statement=f"{net} with {activation}: the mean of the first layer's gradient is {signed:g} in size, "
                          f"one run",
                check=f"one_run(batch_signed, network={net}, activation={activation}) = {signed}",
            )  # fmt: skip
        yield sb.Claim(
            id=f"ipek-ratio-{net}", source=IPEK, value=RATIOS[net], differs=AS_IPEK, record="ratios",
            statement=f"{net}: the norm with ReLU is {RATIOS[net]:g} times that with sigmoid, means over the run, "
                      f"one run each",
            check=f"median(ratio, network={net}) = {RATIOS[net]} within 25 %",
        )  # fmt: skip


def of_epochs(
    who: str, net: str, activation: str, variable: str, what: str, values: Iterable[tuple[int, float]]
) -> Iterator[sb.Claim]:
    """Single runs, epoch by epoch."""
    for epoch, value in values:
        yield sb.Claim(
            id=f"{who}-{variable.removeprefix('batch_')}-{net}-{activation}-{epoch}",
            source=AKMAN if who == "akman" else IPEK,
            value=value,
            differs=AS_AKMAN if who == "akman" else AS_IPEK,
            record="by_epoch",
            statement=f"{net} with {activation}: mean {what} {value:g} in epoch {epoch}, one run",
            check=f"one_run({variable}, network={net}, activation={activation}, epoch=epoch {epoch}) = {value}",
        )
