"""What is changed of the interpreter for a while is as before afterwards, also after an error and when nested."""

import gc
import sys

import pytest

from seedbed.engine.interpreter import SHORT, sharing, unswept


def test_the_collector_and_the_lock_are_as_before_afterwards() -> None:
    usual = sys.getswitchinterval()
    with unswept(), sharing():
        with pytest.raises(ZeroDivisionError), unswept(), sharing():
            _ = 1 / 0
        assert not gc.isenabled()
        assert sys.getswitchinterval() == pytest.approx(SHORT)
    assert gc.isenabled()
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with unswept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
