"""Published statements about LeNet-5, batch norm and dropout, and what their runs had otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import seedbed as sb

ACCURACY = "final_test_accuracy"
XP2030 = "xp2030, homework 2, problem 4"
WESLEY = "wesleycheong314, homework 2"
TA2642 = "ta2642, neuralnet-regularization"
TAU = "Tel Aviv University, 0510725502 homework 1"
CORNELL = "Cornell Tech CS5787 homework 1 (Priyanshiguptaaa)"
IOFFE = "Ioffe & Szegedy 2015, section 4.1 and figure 1"
GARBIN = "Garbin, Zhu & Marques 2020, tables of times"
LI = "Li, Chen, Hu & Yang 2018"
XP_SET_UP = "no padding (44,426 parameters), SGD with rate 0.1, batch 256, batch norm and ReLU on the logits too"
WESLEY_SET_UP = (
    "tanh, average pools, SGD with rate 0.01, grey values only divided by 255, batch norm behind the activation; the "
    "arm with more batch norm has it behind the first convolution, not on the input; dropout behind everything"
)
TA_SET_UP = "tanh, 3 × 3 kernels, one epoch"
RUNS = (  # id, source, arm, test accuracy, what was different there
    ("xp2030-norm", XP2030, "batch norm", 0.9880, XP_SET_UP),
    ("xp2030-input", XP2030, "batch norm of input too", 0.9888, XP_SET_UP),
    ("xp2030-dropout", f"{XP2030} (3_5.md)", "dropout", 0.8761, f"{XP_SET_UP}; drops half of the logits, 20 epochs"),
    ("xp2030-dropout-other", f"{XP2030} (3.md)", "dropout", 0.9822, f"{XP_SET_UP}; contradicts his own 87.61 %"),
    ("xp2030-both", XP2030, "both", 0.9892, f"{XP_SET_UP}; 20 epochs"),
    ("wesley-norm", WESLEY, "batch norm", 0.9815, WESLEY_SET_UP),
    ("wesley-input", WESLEY, "batch norm of input too", 0.9870, WESLEY_SET_UP),
    ("wesley-dropout", WESLEY, "dropout", 0.9167, WESLEY_SET_UP),
    ("wesley-both", WESLEY, "both", 0.9485, WESLEY_SET_UP),
    ("ta2642-plain", TA2642, "plain", 0.9472, TA_SET_UP),
    ("ta2642-norm", TA2642, "batch norm", 0.9378, TA_SET_UP),
    ("ta2642-input", TA2642, "batch norm of input too", 0.9644, TA_SET_UP),
    ("ta2642-dropout", TA2642, "dropout", 0.8925, TA_SET_UP),
    ("ta2642-both", TA2642, "both", 0.8187, TA_SET_UP),
)  # fmt: skip
TAU_SET_UP = "rate lowered on plateaus and the checkpoint with the best validation: a best epoch, not the last"
CORNELL_SET_UP = "plain and weight decay with ReLU in the dense layers, dropout and batch norm with tanh there"
ON_FASHION = (  # id, source, net, test accuracy, what was different there
    ("tau-plain", TAU, "plain", 0.8915, TAU_SET_UP), ("tau-norm", TAU, "batch norm", 0.9135, TAU_SET_UP),
    ("tau-dropout", TAU, "dropout", 0.8996, TAU_SET_UP), ("tau-decay", TAU, "weight decay", 0.8845, TAU_SET_UP),
    ("cornell-plain", CORNELL, "plain", 0.8850, CORNELL_SET_UP), ("cornell-norm", CORNELL, "batch norm", 0.9047, ""),
    ("cornell-dropout", CORNELL, "dropout", 0.8863, ""),
    ("cornell-decay", CORNELL, "weight decay", 0.8830, CORNELL_SET_UP),
)  # fmt: skip
STATEMENTS = (  # id, source, record, statement, check, what was different there
    ("input-norm-is-standardization", f"Dube homework 2, problem 4; {XP2030}", "inputs",
     "Batch norm on the input is no better than standardization (taken as: the same within 0.1 points)",
     f"mean({ACCURACY}, arm=batch norm of input too) = mean({ACCURACY}, arm=batch norm) within 0.001", ""),
    ("norm-over-dropout", f"{XP2030}; {WESLEY}; {TA2642}", "nets",
     "Batch norm alone gives a higher test accuracy than dropout alone",
     f"mean({ACCURACY}, arm=dropout) < mean({ACCURACY}, arm=batch norm)", ""),
    ("both-over-dropout", f"{XP2030}; {WESLEY}", "nets", "Both together give a higher test accuracy than dropout alone",
     f"mean({ACCURACY}, arm=dropout) < mean({ACCURACY}, arm=both)", ""),
    ("norm-over-both", WESLEY, "nets", "Batch norm alone gives a higher test accuracy than both together",
     f"mean({ACCURACY}, arm=both) < mean({ACCURACY}, arm=batch norm)", ""),
    ("fashion-norm-two-points", f"{TAU}; {CORNELL}", "fashion_gains",
     "On Fashion-MNIST batch norm is 2.0 to 2.2 points better than plain (taken as more than 1 point)",
     "mean(gain, net=batch norm) > 0.01", ""),
    ("fashion-dropout-little", f"{TAU}; {CORNELL}", "fashion_gains", "Dropout adds 0.1 to 0.8 points to plain",
     "mean(gain, net=dropout) = 0.0045 within 0.0035", ""),
    ("fashion-decay-loses", f"{TAU}; {CORNELL}", "fashion_gains", "Weight decay loses 0.2 to 0.7 points",
     "mean(gain, net=weight decay) = -0.0045 within 0.0025", ""),
    ("fashion-norm-gap", f"{TAU}; {CORNELL}", "fashion_gains", "Batch norm has a larger train-test gap than plain",
     "mean(gap, net=plain) < mean(gap, net=batch norm)", ""),
    ("cornell-gamma", f"{CORNELL}, saved weights", "fashion_scales",
     "With tanh the mean γ lies above its start 1 and grows with depth (1.455, 1.494, 1.569)",
     "1 < mean(scale, behind=conv 1) < mean(scale, behind=conv 2) < mean(scale, behind=dense 1)", ""),
    ("ioffe-accuracy", IOFFE, "sigmoids", "Batch norm ends one point higher (98.2 % against 97.2 %)",
     f"mean({ACCURACY}, net=plain) < mean({ACCURACY}, net=batch norm)", ""),
    ("ioffe-steps", IOFFE, "reached",
     "Batch norm needs a third of the steps to 96.5 % (about 7,500 against 22,000)",
     "2 * mean(steps, net=batch norm) < mean(steps, net=plain)", ""),
    ("garbin-time-norm", GARBIN, "step_seconds", "Batch norm takes 80 to 86 % more time",
     "mean(seconds, arm=batch norm) = 1.83 * mean(seconds, arm=plain) within 10 %", "an MLP in Keras on a P100"),
    ("garbin-time-dropout", GARBIN, "step_seconds", "Dropout takes 17 % more time",
     "mean(seconds, arm=dropout) = 1.17 * mean(seconds, arm=plain) within 10 %", "an MLP in Keras on a P100"),
    ("li-shift", f"{LI}, section 3", "shifts",
     "Dropout before batch norm: the running variance exceeds the variance in testing",
     "mean(shift, behind=dense 1) > 1.2", ""),
    ("li-anew", f"{LI}, table 3", "repair",
     "Estimating the statistics of batch norm anew without dropout recovers accuracy",
     "mean(gain) > 0", ""),
    ("one-epoch-mean", "tuomaso/train_mnist_fast", "one_epoch",
     "One epoch gives 99.041 % test accuracy (mean of 30 runs, deviation 0.066; taken as within 0.05 points)",
     f"mean({ACCURACY}) = 0.99041 within 0.0005", ""),
    ("one-epoch-99", "tuomaso/train_mnist_fast", "one_epoch_99", "One epoch gives 99 % (taken as: more often than not)",
     "share(reaches_99) > 50 %", ""),
)  # fmt: skip


def claims() -> Iterator[sb.Claim]:
    """Every statement that this study can judge."""
    for name, source, record, said, check, differs in STATEMENTS:
        yield sb.Claim(id=name, source=source, record=record, statement=said, check=check, differs=differs)
    for records, factor, table in (("nets", "arm", RUNS), ("fashion", "net", ON_FASHION)):
        for name, source, level, accuracy, differs in table:
            where = " on Fashion-MNIST" * (records == "fashion")
            yield sb.Claim(
                id=name,
                source=source,
                record=records,
                value=accuracy,
                differs=differs,
                statement=f"{level[:1].upper()}{level[1:]}{where}: {100 * accuracy:.2f} % test accuracy",
                check=f"one_run({ACCURACY}, {factor}={level}) = {accuracy}",
            )
