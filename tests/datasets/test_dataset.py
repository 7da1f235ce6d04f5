"""What is a data set, and the sentence for everything that is not."""

import numpy as np
import pytest

from seedbed.datasets.dataset import dataset
from seedbed.errors import DataError

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 1, 0, 1, 0])


def test_shapes_and_types_are_what_an_engine_expects():
    one = dataset(X, Y, "binary")
    assert (one.inputs.dtype, one.targets.dtype, one.targets.shape) == (np.float32, np.float32, (6, 1))
    assert dataset(X.tolist(), Y == 1, "binary").sha256 == one.sha256
    assert dataset(X, Y[:, None], "binary").sha256 == one.sha256
    ten = dataset(X, Y, "classes", units=10)
    assert (ten.targets.dtype, ten.targets.shape, ten.units) == (np.int32, (6,), 10)
    assert dataset(X, 2 * Y - 1, "sign").units == 1
    assert dataset(X, np.stack([X.sum(1), X[:, 0]], axis=1), "real").units == 2
    fresh = dataset(X.reshape(2, 3, 2), Y.reshape(2, 3), "binary", fresh=True)
    assert (fresh.targets.shape, fresh.examples, fresh.shape) == ((2, 3, 1), 3, (2,))


def test_arrays_are_its_own_and_cannot_be_changed():
    mine = X.astype(np.float32)
    one = dataset(mine, Y, "binary")
    mine[0, 0] = 99
    assert one.inputs[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        one.inputs[0, 0] = 1


def test_the_hash_tells_contents_shape_and_kind_apart():
    base = dataset(X, Y, "binary")
    moved = X.copy()
    moved[5, 1] += 1
    others = [dataset(moved, Y, "binary"), dataset(X, 1 - Y, "binary"), dataset(X, Y, "real"), dataset(X, Y, "classes"),
              dataset(X.reshape(6, 1, 2), Y, "binary"), dataset(X, Y, "classes", units=3),
              dataset(X, Y, "binary", test_inputs=X, test_targets=Y)]  # fmt: skip
    assert len({one.sha256 for one in [base, *others]}) == 1 + len(others)
    assert dataset(X, Y, "binary", origin="another place").sha256 == base.sha256


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"inputs": np.where(X == 3, np.nan, X)}, r"inputs of here hold nan at index \(1, 1\) \(1 such\)"),
        ({"inputs": np.where(X == 3, 1e39, X)}, "give finite numbers of float32"),
        ({"targets": np.where(Y == 1, np.inf, Y), "target": "real"}, "targets of here hold inf"),
        ({"targets": Y + 0.5}, "labels of here must be 0 or 1, got 0.5"),
        ({"targets": 2 * Y}, "must be 0 or 1, got 2"),
        ({"targets": Y, "target": "sign"}, "must be -1 or 1, got 0"),
        ({"targets": Y - 1, "target": "classes"}, "whole numbers from 0, got -1"),
        ({"targets": Y / 2, "target": "classes"}, "whole numbers from 0, got 0.5"),
        ({"targets": Y[:5]}, r"inputs \(6, 2\) but targets \(5,\)"),
        ({"targets": np.zeros((6, 2, 2)), "target": "real"}, "one target for each example"),
        ({"targets": np.zeros((6, 2)), "target": "classes"}, "one target for each example"),
        ({"inputs": np.zeros((0, 2)), "targets": []}, "has no examples"),
        ({"inputs": np.zeros((6, 0))}, "has no examples"),
        ({"inputs": np.zeros(6)}, r"have shape \(6,\); give example, then features"),
        ({"inputs": X, "fresh": True}, "give member, example, then features"),
        ({"inputs": [["a", "b"]] * 6}, "not numbers"),
        ({"inputs": X + 1j}, "not numbers"),
        ({"inputs": [[1, 2], [3]]}, "not one array"),
        ({"targets": Y, "target": "classes", "units": 1}, "need 2 units, got units=1"),
        ({"targets": Y, "units": 2}, "need 1 units, got units=2"),
        ({"test_inputs": X}, "only one of test inputs and test targets"),
        ({"test_inputs": X[:, :1], "test_targets": Y}, "examples of one shape"),
        ({"test_inputs": X, "test_targets": np.zeros((6, 2)), "target": "real"}, "got units=1"),
        ({"target": "real", "soft": True}, "only binary targets can be probabilities"),
    ],
)
def test_what_is_not_a_data_set_is_one_sentence(arguments, words):
    with pytest.raises(DataError, match=words) as caught:
        dataset(**{"inputs": X, "targets": Y, "target": "binary", "origin": "here", **arguments})
    assert "\n" not in str(caught.value)


def test_soft_targets_are_asked_for():
    assert dataset(X, Y / 2, "binary", soft=True).targets.max() == 0.5
    with pytest.raises(DataError, match="must be 0 or 1"):
        dataset(X, Y * 2, "binary", soft=True)
