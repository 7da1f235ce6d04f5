"""The confusion matrix and the accuracy of each class, on every split, in both engines."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError

RNG = np.random.default_rng(3)


def blobs(rng):
    """Three classes of 40, 24 and 16 training points; the test split has none of the last."""
    labels = np.repeat([0, 1, 2], [40, 24, 16])
    x = rng.normal(size=(80, 2)) + np.stack([labels, labels == 1], axis=1)
    return {"inputs": x, "targets": labels, "target": "classes", "units": 3, "valid_inputs": x[::2],
            "valid_targets": labels[::2], "test_inputs": x[:60], "test_targets": labels[:60]}  # fmt: skip


def halves(rng):
    x = rng.normal(size=(30, 2))
    return x, (x[:, 0] + 0.5 * rng.normal(size=30) > 0).astype(int)


def signs(rng):
    x, y = halves(rng)
    return x, 2 * y - 1, "sign"


def question(data=blobs, loss="cross_entropy", **changes):
    return sb.Spec(
        data=sb.data.generator(data), model=sb.models.mlp([5]), loss=loss, optimizer=sb.optimizers.sgd(0.3), steps=20,
        trace=10, probes=["dead", "confusion", "class_accuracy", "predictions"], **changes,
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["jax", "reference"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_matrix_is_what_the_predictions_say(engine, batch_size):
    record = sb.run(question(batch_size=batch_size), seeds=3, engine=engine)
    table = record["final_train_confusion"]
    assert (table.dims, record["true"].values.tolist()) == (("seed", "true", "predicted"), [0, 1, 2])
    given = record["final_predictions"].values.argmax(axis=1)  # (seed, example)
    true = np.repeat([0, 1, 2], [40, 24, 16])
    expected = np.array([[[(own[true == a] == b).sum() for b in range(3)] for a in range(3)] for own in given])
    np.testing.assert_array_equal(table.values, expected)
    right = np.trace(record["final_test_confusion"].values, axis1=1, axis2=2) / 60
    np.testing.assert_allclose(right, record["final_test_accuracy"], atol=1e-6)
    shares = record["final_valid_class_accuracy"]
    assert shares.dims == ("seed", "class")
    rows = record["final_valid_confusion"].values
    np.testing.assert_allclose(shares, np.diagonal(rows, axis1=1, axis2=2) / [20, 12, 8], atol=1e-6)
    assert np.isnan(record["final_test_class_accuracy"].values[:, 2]).all()  # no such example in this split
    assert record["test_class_accuracy"].dims == ("seed", "step", "class")
    np.testing.assert_array_equal(record["valid_confusion"].sum("predicted").values, [[[20, 12, 8]] * 3] * 3)


@pytest.mark.parametrize("engine", ["jax", "reference"])
@pytest.mark.parametrize(("data", "loss"), [(halves, "cross_entropy"), (signs, "hinge")])
def test_two_labels_are_two_classes(engine, data, loss):
    record = sb.run(question(data, loss), seeds=2, engine=engine)
    _x, y, *_ = data(np.random.default_rng(np.random.SeedSequence([0, 0x64617461])))
    labels = [0, 1] if data is halves else [-1, 1]
    assert record["class"].values.tolist() == labels
    score = record["final_predictions"].values[:, 0]
    said = np.where(score > (0.5 if data is halves else 0), labels[1], labels[0])
    expected = [[[(own[y == a] == b).sum() for b in labels] for a in labels] for own in said]
    np.testing.assert_array_equal(record["final_train_confusion"], expected)


def test_only_judged_splits_have_one_and_traces_agree_with_the_end():
    record = sb.run(question(batch_size=16, splits=("test",)), seeds=2)
    assert "test_confusion" in record
    assert not {"train_confusion", "valid_confusion"} & set(record)
    np.testing.assert_array_equal(record["test_confusion"].sel(step=20), record["final_test_confusion"])


def test_a_network_that_diverged_gives_no_class():
    wild = question(batch_size=None).replace(learning_rate=1e30, steps=3, trace=1)
    record = sb.run(wild.replace(model=sb.models.mlp([5], "identity")), seeds=2)
    assert (record["final_train_confusion"].sum(("true", "predicted")) <= 80).all()
    assert np.isfinite(record["diverged_step"]).all()


def test_the_only_head_with_labels_counts():
    shapes = sb.Spec(
        data=sb.data.detection(16, 8), model=sb.models.cnn([2], 3), loss="heads(label=cross_entropy, width=l2)",
        optimizer="sgd(0.01)", steps=2, probes=["confusion"],
    )  # fmt: skip
    record = sb.run(shapes, seeds=2)
    np.testing.assert_array_equal(record["final_train_label_confusion"].sum("predicted").values, [[8, 8], [8, 8]])


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_numbers_have_no_classes(engine):
    curve = sb.Spec(data=sb.data.curve(n=20), model=sb.models.mlp([3]), loss="l2", optimizer="sgd(0.1)", steps=2)
    with pytest.raises(PartError, match="the probe confusion needs one head of classes, got targets of kind"):
        sb.run(curve.replace(probes=["confusion"]), seeds=2, engine=engine)
