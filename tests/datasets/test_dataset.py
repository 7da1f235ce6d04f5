"""What is a data set, and the sentence for everything that is not."""

import numpy as np
import pytest

from seedbed.datasets.dataset import Head, dataset
from seedbed.datasets.heads import by_head
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


W = np.linspace(1, 3, 6)
C = np.array([0, 2, 1, 0, 2, 1])
TWO = {"targets": {"label": Y, "width": W}, "target": {"label": "binary", "width": "real"}}


def test_one_head_is_listed_without_a_name():
    assert dataset(X, Y, "binary").heads == (Head("", "binary", 1),)
    assert dataset(X, C, "classes", units=4).heads == (Head("", "classes", 4),)
    assert dataset(X, X, "real").heads == (Head("", "real", 2),)


def test_several_heads_stand_side_by_side():
    kinds = {"width": "real", "label": "binary", "kind": "classes", "way": "sign", "place": "real"}
    values = {"kind": C, "label": Y, "way": 2 * Y - 1, "place": X, "width": W}  # the kinds give the order
    one = dataset(X, values, kinds, units={"kind": 4})
    assert one.heads == (Head("width", "real", 1), Head("label", "binary", 1), Head("kind", "classes", 4),
                         Head("way", "sign", 1), Head("place", "real", 2))  # fmt: skip
    assert (one.target, one.units, one.targets.dtype, one.targets.shape) == ("several", 9, np.float32, (6, 6))
    np.testing.assert_array_equal(one.targets, np.column_stack([W, Y, C, 2 * Y - 1, X]).astype(np.float32))
    assert not one.targets.flags.writeable
    assert [head.columns for head in one.heads] == [1, 1, 1, 1, 2]


def test_the_columns_of_a_head_come_back():
    one = dataset(X, **TWO)
    back = by_head(one.targets, one.heads)
    assert list(back) == ["label", "width"]
    np.testing.assert_array_equal(back["width"], W[:, None].astype(np.float32))
    assert dataset(X, back, TWO["target"]).sha256 == one.sha256
    alone = dataset(X, C, "classes")
    np.testing.assert_array_equal(by_head(alone.targets, alone.heads)[""], C)


def test_several_heads_with_a_test_split_and_with_members():
    one = dataset(X, **TWO, test_inputs=X[:2], test_targets={"width": W[:2], "label": Y[:2]})
    assert one.test_targets.tolist() == one.targets[:2].tolist()
    fresh = dataset(X.reshape(2, 3, 2), {"label": Y.reshape(2, 3), "kind": C.reshape(2, 3, 1)},
                    {"label": "binary", "kind": "classes"}, fresh=True)  # fmt: skip
    assert (fresh.targets.shape, fresh.units, fresh.examples) == ((2, 3, 2), 4, 3)
    np.testing.assert_array_equal(fresh.targets[1], np.column_stack([Y, C])[3:])


def test_the_hash_tells_heads_apart():
    def named(values, kinds, **more):
        return dataset(X, dict(zip("ab", values, strict=True)), dict(zip("ab", kinds, strict=True)), **more)

    base = named((Y, Y), ("binary", "binary"))
    others = [named((Y, Y), ("binary", "real")), named((Y, Y), ("binary", "classes")),
              named((Y, Y), ("binary", "classes"), units={"b": 3}), named((Y, W), ("binary", "real")),
              dataset(X, {"a": Y, "c": Y}, {"a": "binary", "c": "binary"}),
              dataset(X, np.column_stack([Y, Y]), "binary")]  # fmt: skip
    assert len({one.sha256 for one in [base, *others]}) == 1 + len(others)
    assert named((Y, Y), ("binary", "binary"), origin="another place").sha256 == base.sha256
    assert dataset(X, Y, "binary").sha256[:16] == "8698e4f8cae31cf6"  # as it was before there were heads


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"targets": Y}, "here has the heads label, width, but its targets are of type ndarray; give a mapping"),
        ({"targets": {"label": Y}}, "has the heads label, width, but targets for label; give one array for each"),
        ({"targets": {"label": Y, "size": W}}, "but targets for label, size; give"),
        ({"target": "binary"}, r"targets of here are named \(label, width\), their kind is not; give a kind for each"),
        ({"target": {"label": "binary"}}, "here has the kinds {'label': 'binary'} by name, fewer than two; one thing"),
        (
            {"target": {"label": "binary", "width": "length"}},
            "head .width. of here are of kind 'length'; write",
        ),
        ({"target": {"label": "binary", "my width": "real"}}, "a head called 'my width'; a name is a word"),
        ({"target": {"label": "binary", "class": "real"}}, "a head called 'class'; a name is a word"),
        ({"target": {"label": "binary", "net_weight": "real"}}, "a head called 'net_weight'; .* end in \"_weight\""),
        ({"target": {"label": "binary", "shared": "real"}}, "a head called 'shared'; a name is not \"shared\""),
        ({"targets": {"label": Y, "width": W[:5]}}, r'head "width" of here has inputs \(6, 2\) but targets \(5,\)'),
        ({"targets": {"label": Y, "width": W * np.nan}}, 'targets of head "width" of here hold nan at index'),
        ({"targets": {"label": W, "width": W}}, 'labels of head "label" of here must be 0 or 1, got 1.4'),
        ({"units": {"label": 2}}, 'targets of head "label" of here need 1 units, got units=2'),
        ({"units": 2}, "has the heads label, width, got units=2; give a mapping"),
        ({"units": {"size": 1}}, "has the heads label, width, got units={'size': 1}; give a mapping"),
        ({"targets": Y, "target": "binary", "units": {"label": 1}}, "has one head, got units=.*; give a whole number"),
        ({"test_inputs": X}, "only one of test inputs and test targets"),
        ({"test_inputs": X, "test_targets": W}, "the test split of here has the heads label, width, but its targets"),
        (
            {"test_inputs": X, "test_targets": {"label": Y, "width": W - np.inf}},
            '"width" of the test split of here hold',
        ),
        ({"target": {"label": "real", "width": "real"}, "soft": True}, "soft targets of the kinds real, real; only"),
    ],
)
def test_heads_that_will_not_do_are_one_sentence(arguments, words):
    with pytest.raises(DataError, match=words) as caught:
        dataset(**{"inputs": X, **TWO, "origin": "here", **arguments})
    assert "\n" not in str(caught.value)


def test_soft_targets_of_a_head():
    one = dataset(X, {"label": Y / 2, "way": 2 * Y - 1}, {"label": "binary", "way": "sign"}, soft=True)
    assert one.targets[1].tolist() == [0.5, 1]
    with pytest.raises(DataError, match='labels of head "way" of these data must be -1 or 1, got'):
        dataset(X, {"label": Y / 2, "way": Y / 2 + 0.5}, {"label": "binary", "way": "sign"}, soft=True)
