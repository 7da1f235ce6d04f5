"""Every study is run at smoke once for all tests, whichever worker asks first."""

import fcntl
import os

import pytest

from seedbed.catalogue import TABLE, perform


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """The folder of a study that was run at smoke, by its name."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smoke"
    root.mkdir(exist_ok=True)

    def folder_of(name):
        done = root / f"{name}.done"
        with open(root / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                perform(TABLE[name], profile="smoke", out=root, command=f"seedbed run {name}")
                done.touch()
        return root / name

    return folder_of
