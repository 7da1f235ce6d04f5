"""What reports say of the five networks: single runs, bests of ten, means by epoch, and the orders they state."""

from collections.abc import Iterator

import seedbed as sb

NETS = ("mlp_1", "mlp_2", "cnn_3", "cnn_4", "cnn_5")
EPOCHS = (1, 2, 5, 10, 15)
AKMAN, IPEK, AYDIN = (
    "Akman, EE449 (2024), question 3",
    "Ipek, EE449 (2022), question 3",
    "Aydin, EE449 (2022), question 3",
)
AS_AKMAN = "batches of 96, four fifths of the training images, not stratified, grey values in [0, 1]"
AS_IPEK = "the networks of 2022 and Adam at 0.01 (`--set edition=2022 --set learning_rate=0.01`)"
AS_AYDIN = "the networks of 2022, and a network that goes on training from repeat to repeat"
TESTED = (  # who, network, test accuracy: a single run of Akman, the best of ten of Ipek
    ("akman", "mlp_1", 0.8605), ("akman", "mlp_2", 0.8675), ("akman", "cnn_3", 0.90505), ("akman", "cnn_4", 0.91046),
    ("akman", "cnn_5", 0.90915), ("ipek", "mlp_1", 0.8426), ("ipek", "mlp_2", 0.8402), ("ipek", "cnn_3", 0.8615),
    ("ipek", "cnn_4", 0.8719), ("ipek", "cnn_5", 0.8518),
)  # fmt: skip
VALID = {  # network: mean validation accuracy of the last epoch (Ipek), best validation accuracy (Aydin)
    "mlp_1": (0.8446, 0.877), "mlp_2": (0.8309, 0.856), "cnn_3": (0.8516, 0.884), "cnn_4": (0.8537, 0.893),
    "cnn_5": (0.8401, 0.900),
}  # fmt: skip
LOSSES = {  # network: mean training loss of epochs 1, 2, 5, 10, 15 (Akman); of 1, 5, 10, 15 (Ipek, mean of ten runs)
    "mlp_1": ((0.728, 0.483, 0.376, 0.352, 0.326), (0.540, 0.434, 0.403, 0.396)),
    "mlp_2": ((0.687, 0.470, 0.380, 0.333, 0.291), (0.606, 0.469, 0.451, 0.432)),
    "cnn_3": ((0.623, 0.403, 0.284, 0.243, 0.197), (0.530, 0.391, 0.387, 0.376)),
    "cnn_4": ((0.657, 0.370, 0.278, 0.211, 0.164), (0.555, 0.395, 0.382, 0.376)),
    "cnn_5": ((0.768, 0.407, 0.287, 0.236, 0.204), (0.654, 0.450, 0.427, 0.407)),
}  # fmt: skip
TRAINED = {  # network: mean training accuracy of epochs 1, 2, 5, 10, 15 (Akman)
    "mlp_1": (0.756, 0.840, 0.865, 0.875, 0.882), "mlp_2": (0.767, 0.835, 0.868, 0.883, 0.895),
    "cnn_3": (0.773, 0.853, 0.898, 0.911, 0.928), "cnn_4": (0.758, 0.865, 0.898, 0.925, 0.940),
    "cnn_5": (0.714, 0.853, 0.893, 0.914, 0.925),
}  # fmt: skip


def order(*names: str) -> str:
    """A check that the mean test accuracy rises along these networks."""
    return " < ".join(f"mean(final_test_accuracy, network={name})" for name in names)


ORDERS = (  # id, source, statement, check, what was different there, the claim it contradicts, the record
    ("fewer-parameters", f"{AKMAN}; Ipek; Aydin",
     "The convolutional networks beat the dense ones although they have fewer parameters (cnn_5 over mlp_2)",
     order("mlp_2", "cnn_5"), "", "", ""),
    ("akman-order", AKMAN, "Test accuracy rises from mlp_1 over mlp_2, cnn_3 and cnn_5 to cnn_4",
     order("mlp_1", "mlp_2", "cnn_3", "cnn_5", "cnn_4"), AS_AKMAN, "", ""),
    ("ipek-order", IPEK, "Test accuracy rises from mlp_2 over mlp_1, cnn_5 and cnn_3 to cnn_4",
     order("mlp_2", "mlp_1", "cnn_5", "cnn_3", "cnn_4"), AS_IPEK, "", ""),
    ("cnn-4-best", f"{AKMAN}; Ipek", "cnn_4 is better than cnn_5", order("cnn_5", "cnn_4"), "", "cnn-5-best", ""),
    ("cnn-5-best", AYDIN, "cnn_5 is better than cnn_4", order("cnn_4", "cnn_5"), AS_AYDIN, "cnn-4-best", ""),
    ("cnn-5-better-than-in-training", AKMAN, "cnn_5 is better on the test split than in training",
     "mean(gap_accuracy, network=cnn_5) < 0", AS_AKMAN, "", "ends"),
    ("mlp-1-gap", AKMAN, "The dense networks are worse on the test split than in training (mlp_1)",
     "mean(gap_accuracy, network=mlp_1) > 0", AS_AKMAN, "", "ends"),
    *((f"rate-costs-{net}", "Ipek (2022) against Akman (2024)",
       f"{net}: Adam at 0.01 costs at least 2 points against 0.001", f"mean(lost_accuracy, network={net}) > 0.02",
       "compared across two editions there", "", "rate") for net in NETS),
)  # fmt: skip


def claims() -> Iterator[sb.Claim]:
    """Every published number, and the orders that reports state."""
    for who, net, value in TESTED:
        best = who == "ipek"
        yield sb.Claim(
            id=f"{who}-{net}",
            source=IPEK if best else AKMAN,
            value=value,
            differs=AS_IPEK if best else AS_AKMAN,
            statement=f"{net}: {100 * value:.2f} % of the test images, {'the best of ten runs' if best else 'one run'}",
            check=f"quantile(final_test_accuracy, 0.933, network={net}) = {value} within 0.01"
            if best
            else f"one_run(final_test_accuracy, network={net}) = {value}",
        )
    for net, found in VALID.items():
        for who, value in zip(("ipek", "aydin"), found, strict=True):
            ten = who == "ipek"
            yield sb.Claim(
                id=f"{who}-valid-{net}",
                source=IPEK if ten else AYDIN,
                value=value,
                differs=AS_IPEK if ten else AS_AYDIN,
                statement=f"{net}: {100 * value:.2f} % of the validation images, "
                f"{'last epoch, mean of ten runs' if ten else 'the best epoch'}",
                check=f"mean(final_valid_accuracy, network={net}) = {value} within 0.01",
            )
    yield from by_epoch()
    for name, source, said, check, differs, other, record in ORDERS:
        yield sb.Claim(
            id=name, source=source, statement=said, check=check, differs=differs, contradicts=other, record=record
        )


def by_epoch() -> Iterator[sb.Claim]:
    """Means over the batches of an epoch."""
    for net, (akman, ipek) in LOSSES.items():
        listed = [
            ("akman", "loss", dict(zip(EPOCHS, akman, strict=True))),
            ("akman", "accuracy", dict(zip(EPOCHS, TRAINED[net], strict=True))),
            ("ipek", "loss", dict(zip((1, 5, 10, 15), ipek, strict=True))),
        ]
        for who, what, values in listed:
            for epoch, value in values.items():
                term = f"(batch_{what}, network={net}, epoch=epoch {epoch}) = {value}"
                yield sb.Claim(
                    id=f"{who}-{what}-{net}-{epoch}",
                    source=AKMAN if who == "akman" else IPEK,
                    value=value,
                    differs=AS_AKMAN if who == "akman" else AS_IPEK,
                    record="by_epoch",
                    statement=f"{net}: mean training {what} {value} in epoch {epoch}, "
                    f"{'one run' if who == 'akman' else 'mean of ten runs'}",
                    check=f"one_run{term}" if who == "akman" else f"mean{term} within 5 %",
                )
