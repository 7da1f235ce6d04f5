"""Models as lists of layers: what is counted, what is read back, what is varied, and what does not fit."""

import json

import pytest

from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec, levels_of, read_back
from seedbed.vocabulary import find, layers, models
from seedbed.vocabulary.schedules import drops
from seedbed.vocabulary.walk import counted, flat, walk

LIST = [layers.conv(4, 3, padding=1), layers.batch_norm(), layers.activation(), layers.max_pool(2), layers.dropout(0.3),
        layers.parallel([layers.conv(2, 1), layers.activation("tanh")], [layers.conv(3, 3, padding="same")]),
        layers.residual([layers.conv(5, 3, padding="same", bias=False)]), layers.dense(6),
        layers.activation()]  # fmt: skip
SHEETS = {  # parameters on 28x28 images and ten classes, as the sheets, the report and the papers give them
    "lenet5": 61_706, "lenet5(padding=0)": 44_426, "mini_googlenet": 1_651_098,
    "ee449_mlp_1": 25_450, "ee449_mlp_2": 27_818, "ee449_cnn_3": 10_306, "ee449_cnn_4": 12_402, "ee449_cnn_5": 7_786,
    "ee449_mlp_1(edition='report')": 25_450, "ee449_mlp_2(edition='report')": 27_818,
    "ee449_cnn_3(edition='report')": 22_626, "ee449_cnn_4(edition='report')": 14_962,
    "ee449_cnn_5(edition='report')": 10_986,
    "ee449_mlp_1(edition=2022)": 50_890, "ee449_mlp_2(edition=2022)": 14_234, "ee449_cnn_3(edition=2022)": 11_106,
    "ee449_cnn_4(edition=2022)": 8_618, "ee449_cnn_5(edition=2022)": 7_426,
}  # fmt: skip
MULTIPLY_ADDS = {  # of one example forward, in millions
    "lenet5": 0.417, "lenet5(padding=0)": 0.282, "ee449_cnn_3(edition=2022)": 2.72, "ee449_cnn_4(edition=2022)": 1.99,
    "ee449_cnn_5(edition=2022)": 1.43, "ee449_cnn_3": 1.80, "ee449_cnn_4": 2.27, "ee449_cnn_5": 1.92,
    "ee449_cnn_3(edition='report')": 2.80, "ee449_cnn_4(edition='report')": 3.96, "ee449_cnn_5(edition='report')": 3.45,
}  # fmt: skip


def question(model=None, **fields):
    return Spec(**{"data": "random_images", "model": model or models.sequential(LIST), "loss": "cross_entropy",
                   "optimizer": "sgd(0.1)", "steps": 9} | fields)  # fmt: skip


@pytest.mark.parametrize("name", SHEETS)
def test_parameters_are_the_published_ones(name):
    assert sum(layer.parameters for layer in counted(find("model", name), (28, 28), [10])) == SHEETS[name]


@pytest.mark.parametrize("name", MULTIPLY_ADDS)
def test_multiply_adds_are_the_published_ones(name):
    found = sum(layer.multiply_adds for layer in counted(find("model", name), (28, 28), [10]))
    assert round(found / 1e6, 3 if "lenet" in name else 2) == pytest.approx(MULTIPLY_ADDS[name], abs=1e-9)


def test_mini_googlenet_halves_the_image_twice_and_scales_in_width():
    stages = walk(models.mini_googlenet(), (28, 28))
    assert [stage.gives for stage in stages if stage.kind == "parallel"] == [
        (64, 28, 28), (80, 28, 28), (160, 14, 14), (160, 14, 14), (160, 14, 14), (160, 14, 14), (144, 14, 14),
        (240, 7, 7), (336, 7, 7), (336, 7, 7)]  # fmt: skip
    assert stages[-1].gives == (336,)
    narrow = walk(models.mini_googlenet(0.25), (28, 28))
    assert narrow[-1].gives == (84,)
    rgb = sum(layer.parameters for layer in counted(models.mini_googlenet(), (3, 28, 28), [10]))
    assert rgb - SHEETS["mini_googlenet"] == 2 * 9 * 96


def test_shapes_go_through_a_list():
    stages = walk(models.sequential(LIST), (9, 8))
    assert [(stage.kind, stage.gives) for stage in stages] == [
        ("image", (1, 9, 8)), ("conv", (4, 9, 8)), ("batch_norm", (4, 9, 8)), ("activation", (4, 9, 8)),
        ("max_pool", (4, 4, 4)), ("dropout", (4, 4, 4)), ("parallel", (5, 4, 4)), ("residual", (5, 4, 4)),
        ("flatten", (80,)), ("dense", (6,)), ("activation", (6,))]  # fmt: skip
    assert [stage.kind for stage in flat(stages)].count("conv") == 4
    assert sum(stage.parameters for stage in stages) == 40 + 8 + 10 + 111 + 225 + 486
    doubled = walk(models.sequential(LIST, "crelu"), (9, 8))
    assert doubled[3].gives == (8, 9, 8)
    assert doubled[-1].gives == (12,)


def test_a_list_is_what_a_named_model_is():
    for name, inputs in (("lenet5", (28, 28)), ("mini_googlenet(0.5)", (28, 28)), ("mlp([8, 4], norm='batch')", (5,)),
                         ("cnn([4, 2], 3, pool='max', hidden=[6])", (9, 9)), ("neuron", (7,))):  # fmt: skip
        listed = models.sequential(models.list_of_layers(name, inputs))
        named = [
            (stage.kind, stage.takes, stage.gives, stage.parameters) for stage in walk(find("model", name), inputs)
        ]
        assert [(s.kind, s.takes, s.gives, s.parameters) for s in walk(listed, inputs)] == named


@pytest.mark.parametrize(
    "asked",
    [
        question(),
        question(models.sequential([layers.dropout(drops([0.5, 0.1], at=[5])), layers.dense(3, bias=False)])),
        question(models.sequential([layers.batch_norm(0.01), layers.activation("leaky_relu(slope=0.3)")], "prelu")),
        question().vary(activation=["relu", "tanh"], model__layers__5__rate=[0.1, 0.5]),
        question().vary(model=["lenet5", "ee449_cnn_3(edition='report')", models.mini_googlenet(0.5, dropout=0.2)]),
    ],
)
def test_a_question_is_read_back_as_it_was_written(asked):
    again = read_back(json.loads(json.dumps(asked.canonical())), json.loads(json.dumps(levels_of(asked))))
    assert again == asked
    assert again.hash() == asked.hash()


def test_a_label_can_be_written_on_the_command_line():
    text = (
        "sequential([conv(4, 3, padding=same), batch_norm, activation, parallel([conv(2, 1)], [conv(3, 3, padding=1)]),"
        " dropout(cosine(0.5, 30)), dense(6), activation(tanh)], activation=leaky_relu(slope=0.2))"
    )
    part = find("model", text)
    assert part["layers"][3]["branches"][1][0] == layers.conv(3, 3, padding=1)
    assert part["layers"][4]["rate"]["length"].value == 30
    assert part["activation"]["slope"].value == 0.2
    assert find("model", "sequential(['dense(4)', 'activation']) ") == models.sequential(["dense(4)", "activation()"])


def test_numbers_of_a_layer_are_dials_by_their_place():
    asked = question()
    assert asked.dials()["model.layers.5.rate"] == 0.3
    assert asked.replace(rate=0.6).dials()["model.layers.5.rate"] == 0.6
    assert asked.recipe() == asked.replace(rate=0.6).recipe()
    varied = question(models.sequential([layers.dropout(0.1), layers.dropout(0.2)]))
    with pytest.raises(SpecError, match=r"fits 2 places: model\.layers\.1\.rate, model\.layers\.2\.rate"):
        varied.replace(rate=0.5)
    second = varied.replace(model__layers__2__rate=0.5)
    assert [layer["rate"].value for layer in second.model["layers"]] == [0.1, 0.5]
    channels = question().vary(model__layers__1__channels=[2, 8]).settings()
    assert [setting.spec.model["layers"][0]["channels"] for setting in channels] == [2, 8]


@pytest.mark.parametrize(
    ("layer_list", "inputs", "says"),
    [
        ([layers.conv(3, 5), layers.conv(3, 5)], (8, 8), r"layer 2, conv\(.*\): a kernel of 5x5 does not fit the 4x4"),
        ([layers.max_pool(3)], (2, 9), r"layer 1, max_pool\(.*\): a window of 3x3 does not fit the 2x9 image"),
        ([layers.dense(4), layers.conv(3, 3)], (8, 8), r"layer 2, conv\(.*\): needs an image .* got an example"),
        ([layers.parallel([layers.conv(3, 3)], [layers.conv(3, 1)])], (8, 8), "layer 1, parallel: .* 3x6x6 and 3x8x8"),
        ([layers.parallel()], (8, 8), "layer 1, parallel: .*, got none"),
        ([layers.dense(3), layers.residual([layers.dense(4)])], (8,), r"2, residual: .*\(4,\).*; end it with dense"),
        ([layers.residual([layers.conv(1, 3)])], (8, 8), r"layer 1, residual: .* got \(1, 6, 6\) from \(1, 8, 8\)"),
        ([layers.parallel([layers.conv(2, 1), layers.conv(2, 9)])], (8, 8), r"layer 1\.1\.2, conv.*: a kernel of 9x9"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_its_layer(layer_list, inputs, says):
    with pytest.raises(PartError, match=says):
        walk(models.sequential(layer_list), inputs)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: models.sequential(layers.dense(4)), "sequential takes lists of layers, got dense"),
        (lambda: models.sequential("dense(4)"), "sequential takes lists of layers"),
        (lambda: models.sequential([models.mlp([4])]), 'is of kind "model", where a part of kind "layer" belongs'),
        (lambda: find("layer", "con(4)"), 'no layer "con"; did you mean "conv"'),
        (lambda: models.sequential(["relu"]), r'got the activation "relu"; write activation\("relu"\)'),
        (lambda: layers.residual(["leaky_relu(0.1)"]), r'write activation\("leaky_relu"\)'),
        (lambda: find("layer", "conv(0)"), "channels of conv must be a whole number from 1, got 0"),
        (lambda: find("layer", "conv(3, padding=full)"), 'padding of conv is "valid", "same" or a whole number'),
        (lambda: layers.dropout(1.0), "rate of dropout is a share from 0 to below 1, got 1"),
        (lambda: layers.dropout(drops([0.5, 1.5], at=[3])), "rate of dropout is a share from 0 to below 1, got 1.5"),
        (lambda: find("model", "lenet5(pool=min)"), 'pool of lenet5 is "max" or "average"'),
        (lambda: models.ee449_cnn_3("2023"), 'edition of ee449_cnn_3 is "2024", "2022" or "report"'),
        (lambda: models.mini_googlenet(0.0), "width of mini_googlenet is a number above 0"),
        (lambda: counted(models.neuron().__class__("model", "net"), (4,)), 'layers of model "net" are not known here'),
    ],
)
def test_nonsense_is_refused_in_a_sentence(make, says):
    with pytest.raises(PartError, match=says):
        make()
