"""Every study is run at smoke once for all tests, whichever worker asks first."""

import fcntl
import os
from functools import cache

import pytest

from seedbed.catalogue import TABLE, run_study
from seedbed.datasets.fetch import fetch
from seedbed.errors import DataError

FASHION = (
    "batch_cycles",
    "batch_range",
    "fashion_summary",
    "five_nets",
    "gradients_by_depth",
    "rate_cycles",
    "rate_drops",
    "rate_levels",
    "rate_range",
    "reruns",
)
MNIST = ("adaptive_methods", "normalize_or_drop", "signal_by_layer")
NEEDS = {**dict.fromkeys(MNIST, "mnist"), **dict.fromkeys(FASHION, "fashion_mnist")}


@cache
def lacking(dataset):
    """Why a public data set cannot be had here, or nothing."""
    try:
        fetch(dataset)
    except DataError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def data_for():
    """`data_for(study)` skips the test where the study's data neither lie here nor can be downloaded."""

    def check(name):
        if name in NEEDS and (why := lacking(NEEDS[name])):
            pytest.skip(why)

    return check


@pytest.fixture(scope="session")
def smoke(tmp_path_factory, data_for):
    """The folder of a study that was run at smoke, by its name."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smoke"
    root.mkdir(exist_ok=True)

    def folder_of(name):
        data_for(name)
        done = root / f"{name}.done"
        with open(root / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                run_study(TABLE[name], profile="smoke", out=root, command=f"seedbed run {name}")
                done.touch()
        return root / name

    return folder_of
