"""Models as lists of layers, and one walk over such a list: shapes, parameters, multiply-adds, and what does not fit.

`layers_of` says which layers a model's name stands for, `walk` puts them on the shape of an example. Both engines build
from `walk`, and tables count by it: nothing else derives a shape. Pure Python, without arrays.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import seedbed.vocabulary.layers as words
from seedbed.errors import PartError
from seedbed.vocabulary.activations import LEARNS, WIDENS
from seedbed.vocabulary.networks import LISTS
from seedbed.vocabulary.part import Dial, Part

Shape = tuple[int, ...]
CHANNELS = (1, 3, 4)  # of an image: grey, colors, colors with transparency


@dataclass(frozen=True)
class Placed:
    """A layer in a model: `path` is where it stands in the question, `moved` where its options stand instead of there.

    `title` is what a sentence calls it, `inner` are the lists inside it.
    """

    part: Part
    path: str
    title: str
    moved: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[tuple["Placed", ...], ...] = ()

    def at(self, option: str) -> str:
        """The dotted path of an option, by which its dial is found."""
        return self.moved.get(option, f"{self.path}.{option}")


@dataclass(frozen=True)
class Stage:
    """A layer on its shapes: what it takes and gives for one example, its trained numbers, its multiply-adds forward.

    `weighted` says whether an initializer draws it; `inner` are the lists inside it.
    """

    placed: Placed
    kind: str
    takes: Shape
    gives: Shape
    parameters: int = 0
    multiply_adds: int = 0
    weighted: bool = False
    inner: tuple[tuple["Stage", ...], ...] = ()

    @property
    def part(self) -> Part:
        """The layer."""
        return self.placed.part


def walk(model: Part, inputs: Sequence[int]) -> list[Stage]:
    """The layers of a named model on examples of shape `inputs`, up to the layers of output width, which are not here.

    Layers that only change the form of an example stand in between where they are needed: "image" gives a channel to an
    image without one, "flatten" makes a row of it for a dense layer and at the end. Raises PartError for the first
    layer that does not fit what it is given.

    >>> from seedbed.vocabulary import models
    >>> sum(stage.parameters for stage in walk(models.mlp([4]), (4, 4)))
    68
    """
    placed, shape = layers_of(model, inputs), tuple(inputs)
    stages: list[Stage] = []
    first = placed[0].part.name if placed else "flatten"
    if first not in ("flatten", "dense") and len(shape) in (2, 3):
        _channel_first(model.name, shape)
        stages = [Stage(_made("image"), "image", shape, (1, *shape) if len(shape) == 2 else shape)]
    stages += _list(placed, features_shape(stages, shape), _activation_of(model), model.name)
    shape = features_shape(stages, shape)
    return stages if len(shape) == 1 else [*stages, _flatten(shape)]


@dataclass(frozen=True)
class Layer:
    """A layer with weights, and what belongs to it: the shape handed on, and multiply-adds for one example forward."""

    name: str
    shape: Shape
    parameters: int
    multiply_adds: int


def counted(model: Part, inputs: Sequence[int], units: Sequence[int] = (1,)) -> list[Layer]:
    """The layers with weights of a model on examples of shape `inputs`, with a linear layer for each head at the end.

    `units` are the outputs of each head. What is trained between two layers with weights (the scale and shift of batch
    norm, a learned slope) counts with the one in front, or with the first. Raises PartError as `walk` does.

    >>> from seedbed.vocabulary import models
    >>> [layer.parameters for layer in counted(models.cnn([16, 8], 7), (16, 16))]
    [800, 6280, 129]
    """
    stages = walk(model, inputs)
    found: list[Layer] = []
    early = 0
    for stage in flat(stages):
        if stage.weighted:
            name = {"conv": "conv2d"}.get(stage.kind, stage.kind)
            found.append(Layer(name, stage.gives, stage.parameters + early, stage.multiply_adds))
            early = 0
        elif found:
            last = found[-1]
            shape = last.shape if stage.kind in ("flatten", "image") else stage.gives
            found[-1] = replace(last, shape=shape, parameters=last.parameters + stage.parameters)
        else:
            early += stage.parameters
    into, bias = features_of(stages, inputs), dict(model.options).get("bias", True)
    for number, width in enumerate(units):
        own = early if number == 0 else 0
        found.append(Layer("dense", (width,), width * (into + bias) + own, into * width))
    return [replace(layer, name=f"{place} {layer.name}") for place, layer in enumerate(found, start=1)]


def features_shape(stages: Sequence[Stage], inputs: Shape) -> Shape:
    """The shape of an example behind these layers."""
    return stages[-1].gives if stages else inputs


def features_of(stages: Sequence[Stage], inputs: Sequence[int]) -> int:
    """How many features the layers of output width see."""
    return features_shape(stages, tuple(inputs))[0]


def flat(stages: Sequence[Stage]) -> list[Stage]:
    """All stages, those inside others after one another in the place of the outer one."""
    found: list[Stage] = []
    for stage in stages:
        found += [inner for branch in stage.inner for inner in flat(branch)] if stage.inner else [stage]
    return found


def layers_of(model: Part, inputs: Sequence[int]) -> list[Placed]:
    """The layers that a named model stands for; those of `cnn` depend on the shape of its images.

    Raises PartError for a model of a user's own, whose layers are not known.
    """
    if model.function is not None or model.name not in MODELS:
        raise PartError(
            f'the layers of model "{model.name}" are not known here; name one of {", ".join(MODELS)}, or write '
            "sequential([...])"
        )
    return MODELS[model.name](model, tuple(inputs))


def titled(layers: Sequence[Part], path: str, number: str = "") -> tuple[Placed, ...]:
    """Layers of a list that a user wrote, numbered from 1."""
    return tuple(_titled(layer, f"{path}.{place}", f"{number}{place}") for place, layer in enumerate(layers, start=1))


def places(length: int, side: int, stride: int, padding: str | int) -> int:
    """Where along a side of this length a window fits: with padding "same", length / stride, rounded up."""
    if padding == "same":
        return -(-length // stride)
    return (length + (0 if padding == "valid" else 2 * int(padding)) - side) // stride + 1


def _titled(layer: Part, path: str, number: str) -> Placed:
    lists = {"parallel": "branches", "residual": "layers"}.get(layer.name)
    inner: tuple[tuple[Placed, ...], ...] = ()
    if lists == "branches":
        branches = enumerate(layer["branches"], start=1)
        inner = tuple(titled(one, f"{path}.branches.{place}", f"{number}.{place}.") for place, one in branches)
    elif lists == "layers":
        inner = (titled(layer["layers"], f"{path}.layers", f"{number}."),)
    short = layer.name if lists else layer.label()
    return Placed(layer, path, f"layer {number}, {short}", inner=inner)


def _list(placed: Sequence[Placed], shape: Shape, model: Part | None, name: str) -> list[Stage]:
    stages: list[Stage] = []
    for one in placed:
        shape = features_shape(stages, shape)
        if one.part.name == "dense" and len(shape) > 1:
            stages.append(_flatten(shape))
            shape = stages[-1].gives
        if one.part.name in ON_IMAGES and len(shape) != 3:
            raise PartError(_no_image(one, shape, name))
        stages.append(STAGES[one.part.name](one, shape, model, name))
    return stages


def _channel_first(name: str, shape: Shape) -> None:
    if len(shape) == 3 and shape[2] in CHANNELS and min(shape[:2]) > max(CHANNELS):
        raise PartError(
            f"{name} needs images (channel, height, width), got {shape}, which look like (height, width, channel); "
            "put the channel first: np.moveaxis(images, -1, 1)"
        )


def _no_image(one: Placed, shape: Shape, name: str) -> str:
    if one.path == "model":
        return (
            f"{name} needs images (height, width) or (channel, height, width), got examples of shape {shape}; take "
            "mlp, or other data"
        )
    return (
        f"{one.title}: needs an image (channel, height, width), got an example of shape {shape}; put layers of images "
        "before those of rows"
    )


def _flatten(shape: Shape) -> Stage:
    return Stage(_made("flatten"), "flatten", shape, (math.prod(shape),))


def _made(kind: str) -> Placed:
    return Placed(Part("layer", kind), "", kind)


def _dense(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    units, bias = one.part["units"], dict(one.part.options).get("bias", True)
    return Stage(one, "dense", shape, (units,), units * (shape[0] + bias), units * shape[0], weighted=True)


def _conv(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    options = dict(one.part.options)
    size = _windows(one, shape, options["kernel"])
    weights = shape[0] * options["kernel"] ** 2 * options["channels"]
    biases = options["channels"] * options.get("bias", True)
    gives = (options["channels"], *size)
    return Stage(one, "conv", shape, gives, weights + biases, weights * math.prod(size), weighted=True)


def _pool(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    return Stage(one, one.part.name, shape, (shape[0], *_windows(one, shape, one.part["window"])))


def _windows(one: Placed, shape: Shape, side: int) -> tuple[int, ...]:
    stride, padding = one.part["stride"], dict(one.part.options).get("padding", "valid")
    size = tuple(places(length, side, stride, padding) for length in shape[1:])
    if min(size) < 1:
        what = "kernel" if one.part.name == "conv" else "window"
        raise PartError(
            f"{one.title}: a {what} of {side}x{side} does not fit the {shape[1]}x{shape[2]} image that it sees; take a "
            'smaller one, fewer layers, or padding="same"'
        )
    return size


def _activation(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:
    function = dict(one.part.options).get("function", model)
    if function is None:
        raise PartError(f"{one.title}: {name} has no activation of its own; name it, for instance activation('relu')")
    named = function.name if function.function is None else ""
    gives = (WIDENS.get(named, 1) * shape[0], *shape[1:])
    moved = one.moved if "function" in dict(one.part.options) or one.moved else {"function": "model.activation"}
    placed = replace(one, part=Part("layer", "activation", (("function", function),)), moved=moved)
    return Stage(placed, "activation", shape, gives, int(named in LEARNS))


def _norm(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    return Stage(one, "batch_norm", shape, shape, 2 * shape[0])


def _same(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    return Stage(one, one.part.name, shape, shape)


def _row(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    return Stage(one, "flatten", shape, (math.prod(shape),))


def _average(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:  # noqa: ARG001
    return Stage(one, one.part.name, shape, shape[:1])


def _parallel(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:
    branches = tuple(tuple(_list(branch, shape, model, name)) for branch in one.inner)
    given = [branch[-1].gives if branch else shape for branch in branches]
    if not given or len({gives[1:] for gives in given}) > 1:
        sizes = " and ".join("x".join(map(str, gives)) for gives in given) or "none"
        raise PartError(
            f"{one.title}: its branches must give images of one size, got {sizes}; pad them alike, or change a stride"
        )
    gives = (sum(gives[0] for gives in given), *given[0][1:])
    return _outer(one, shape, gives, branches)


def _residual(one: Placed, shape: Shape, model: Part | None, name: str) -> Stage:
    (placed,) = one.inner
    inner = tuple(_list(placed, shape, model, name))
    gives = inner[-1].gives if inner else shape
    if gives != shape:
        rows = f"end it with dense({math.prod(shape)})"
        remedy = 'keep the channels, and write padding="same"' if len(shape) > 1 else rows
        raise PartError(
            f"{one.title}: what its layers give must have the shape of what they take, got {gives} from "
            f"{shape}; {remedy}"
        )
    return _outer(one, shape, shape, (inner,))


def _outer(one: Placed, takes: Shape, gives: Shape, inner: tuple[tuple[Stage, ...], ...]) -> Stage:
    stages = [stage for branch in inner for stage in branch]
    return Stage(one, one.part.name, takes, gives, sum(stage.parameters for stage in stages),
                 sum(stage.multiply_adds for stage in stages), inner=inner)  # fmt: skip


def _activation_of(model: Part) -> Part | None:
    return dict(model.options).get("activation")


# Which layers a model's name stands for


def _neuron(model: Part, inputs: Shape) -> list[Placed]:  # noqa: ARG001
    return [_named(words.flatten())]


def _mlp(model: Part, inputs: Shape) -> list[Placed]:  # noqa: ARG001
    return [_named(words.flatten()), *_hidden(model)]


def _cnn(model: Part, inputs: Shape) -> list[Placed]:
    """Pooling stands behind an activation as long as the image is at least 2 wide."""
    chosen = zip(model["channels"], model["kernel"], model["stride"], strict=True)
    layers: list[Placed] = []
    size = inputs[-2:]
    for number, (width, side, stride) in enumerate(chosen, start=1):
        conv = words.conv(width, side, stride, model["padding"])
        layers += [Placed(conv, "model", f"layer {number}"), _active()]
        size = tuple(places(length, side, stride, model["padding"]) for length in size)
        if model["pool"] != "none" and min(size) >= 2:
            layers.append(_named(words.max_pool() if model["pool"] == "max" else words.average_pool()))
            size = tuple(length // 2 for length in size)
    return [*layers, _named(words.flatten()), *_hidden(model)]


def _sequential(model: Part, inputs: Shape) -> list[Placed]:  # noqa: ARG001
    return list(titled(model["layers"], "model.layers"))


def _hidden(model: Part) -> list[Placed]:
    options = dict(model.options)
    between = [_named(words.batch_norm())] if options.get("norm", "none") == "batch" else []
    between.append(_active())
    if "dropout" in options:
        rate = options["dropout"]
        layer = words.dropout(rate.value if isinstance(rate, Dial) else rate)
        between.append(Placed(layer, "model", "dropout", {"rate": "model.dropout"}))
    return [layer for width in options["hidden"] for layer in (_named(words.dense(width)), *between)]


def _active() -> Placed:
    return Placed(words.activation(), "model", "activation", {"function": "model.activation"})


def _named(layer: Part) -> Placed:
    return Placed(layer, "model", layer.name)


def _listed(model: Part, inputs: Shape) -> list[Placed]:  # noqa: ARG001
    """A network whose list follows from its options, all but the activation; its dropout is a dial of the model."""
    options = {name: value for name, value in model.options if name != "activation"}
    plain = {name: value.value if isinstance(value, Dial) else value for name, value in options.items()}
    layers = titled(LISTS[model.name](**plain), "model")
    return [replace(one, moved={"rate": "model.dropout"}) if one.part.name == "dropout" else one for one in layers]


ON_IMAGES = ("conv", "max_pool", "average_pool", "global_average_pool")
STAGES: Mapping[str, Callable[[Placed, Shape, Part | None, str], Stage]] = {
    "dense": _dense,
    "conv": _conv,
    "activation": _activation,
    "batch_norm": _norm,
    "dropout": _same,
    "max_pool": _pool,
    "average_pool": _pool,
    "global_average_pool": _average,
    "flatten": _row,
    "parallel": _parallel,
    "residual": _residual,
}
MODELS: Mapping[str, Callable[[Part, Shape], list[Placed]]] = {
    "neuron": _neuron,
    "mlp": _mlp,
    "cnn": _cnn,
    "sequential": _sequential,
    **dict.fromkeys(LISTS, _listed),
}
