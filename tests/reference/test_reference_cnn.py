"""The small convolutional net as a whole: its gradients against differences, its sizes, and its training."""

import numpy as np
import pytest
from central_differences import slopes_agree
from small_questions import SEEDS, ask, line, one_head, one_member, parameter_count, pictures

from seedbed.datasets.dataset import dataset
from seedbed.errors import PartError
from seedbed.reference import cnn, forward, initial_weights, look, network_for, task_for, train
from seedbed.vocabulary import models, optimizers

KINDS = {
    "valid": models.cnn([2, 3], 3, "tanh"),
    "same": models.cnn([2, 2], [3, 2], "tanh", padding="same", stride=[1, 2]),
    "number": models.cnn([2], 4, "tanh", padding=1, stride=2),
    "max": models.cnn([2, 2], [3, 2], "tanh", pool="max"),
    "average": models.cnn([2, 2], [3, 2], "tanh", pool="average", padding="same"),
    "crelu": models.cnn([2, 2], [3, 2], "crelu", pool="max"),
    "prelu": models.cnn([2, 2], 3, "prelu", hidden=[2]),
    "hidden": models.cnn([2], 3, "sigmoid", hidden=[2, 2]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_gradient_of_the_whole_net(kind, channels):
    asked = ask(model=KINDS[kind], loss="cross_entropy")
    task = task_for(asked, one_head(channels=channels))
    weights = one_member(task.network, np.random.default_rng(0))

    def outcome(changed):
        return look(task, changed, task.train).measured["train_loss"].item()

    gradients = look(task, weights, task.train).gradients
    slopes_agree(gradients, outcome, weights)
    assert all(np.abs(gradient).max() > 1e-6 for layer in gradients for gradient in layer.values())


@pytest.mark.parametrize("name", ["relu", "crelu", "prelu", "rrelu"])
def test_a_member_does_not_depend_on_its_company(name):
    """Members share no array with one another, pool and draw included."""
    asked = ask(model=models.cnn([2, 2], [3, 2], name, pool="max"), batch_size=3, probes=("parameters",))
    crowd = train(asked, one_head(), np.array([5, 9]))
    for place, seed in enumerate([5, 9]):
        alone = train(asked, one_head(), np.array([seed]))
        np.testing.assert_allclose(crowd.arrays["parameters"][place], alone.arrays["parameters"][0], rtol=1e-10)


def test_counts_of_parameters():
    """The net of the course on 16 x 16 images: 800 + 6280 + 129, and 129 more for a second head."""
    asked = models.cnn([16, 8], 7)
    assert parameter_count(network_for(asked, (16, 16), [1])) == 7209
    assert parameter_count(network_for(asked, (16, 16), [1, 1])) == 7338
    assert parameter_count(network_for(models.cnn([16, 8], 7, "crelu"), (16, 16), [1])) == 800 + 12552 + 257


def test_layers_are_numbered_in_order():
    described = network_for(models.cnn([2, 3], 3, pool="max", hidden=[4]), (3, 12, 12), [1, 2])
    assert described.layers == ("1 conv2d", "2 conv2d", "3 dense", "4 dense", "5 dense")
    assert [step.kind for step in described.trunk] == [
        "conv2d", "activation", "max_pool", "conv2d", "activation", "max_pool", "flatten", "dense", "activation",
    ]  # fmt: skip


def test_pooling_ends_where_the_image_is_one_wide():
    """6 x 6, convolved 4 x 4, pooled 2 x 2, convolved 1 x 1: nothing left to pool."""
    described = cnn((1, 6, 6), [1], [2, 2], [3, 2], [1, 1], pool="average")
    assert [step.kind for step in described.trunk].count("average_pool") == 1
    weights = initial_weights(described, None, np.random.default_rng(0))
    assert forward(described, weights, np.ones((5, 1, 6, 6)))[0].shape == (5, 1)


def test_crelu_doubles_the_channels():
    described = cnn((1, 5, 5), [1], [2], [3], [1], activation="crelu")
    weights = initial_weights(described, None, np.random.default_rng(0))
    _, kept = forward(described, weights, np.random.default_rng(1).standard_normal((4, 1, 5, 5)))
    z, image = kept[1].x, kept[2].x
    np.testing.assert_array_equal(image, np.concatenate([np.maximum(z, 0), np.maximum(-z, 0)], axis=1))


@pytest.mark.parametrize("pool", ["none", "max"])
def test_training_lowers_the_loss(pool):
    asked = ask(
        model=models.cnn([4, 3], [3, 2], pool=pool), loss="cross_entropy", optimizer=optimizers.sgd(0.1), steps=8
    )
    block = train(asked.replace(probes=("first_kernels", "weight_norm")), one_head(n=16), SEEDS)
    loss = block.arrays["train_loss"]
    assert (np.diff(loss) < 0).all()
    assert block.arrays["final_first_kernels"].shape == (3, 4, 1, 3, 3)
    assert block.dims["final_first_kernels"] == ("kernel", "channel", "row", "column")
    assert list(block.coords["layer"]) == ["1 conv2d", "2 conv2d", "3 dense"]
    kernels = block.arrays["final_first_kernels"]
    assert (np.linalg.norm(kernels.reshape(3, -1), axis=1) < block.arrays["final_weight_norm"][:, 0]).all()


def test_images_with_and_without_a_channel_axis_train_alike():
    x, targets = pictures()
    asked = ask(model=models.cnn([2], 3))
    plain = train(asked, dataset(x, targets["side"], "binary"), SEEDS)
    channel = train(asked, dataset(x[:, None], targets["side"], "binary"), SEEDS)
    np.testing.assert_array_equal(plain.arrays["train_loss"], channel.arrays["train_loss"])


def test_what_a_cnn_cannot_see_is_said():
    with pytest.raises(PartError, match=r"got examples of shape \(2,\)"):
        train(ask(model=models.cnn([2], 3)), line(), SEEDS)
    with pytest.raises(PartError, match="a kernel of 7x7 does not fit the 6x6 image that it sees"):
        train(ask(model=models.cnn([2], 7)), one_head(), SEEDS)
    with pytest.raises(PartError, match='layers of model "loop" are not known'):
        network_for(models.cnn([2], 3).__class__("model", "loop"), (6, 6), [1])
