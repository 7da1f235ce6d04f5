"""From the words of one setting to the functions of one member. Nothing here knows of lanes, devices or blocks.

`assemble` builds a `Member`: `start` draws it, `objective` says how it does on a batch. Dials arrive as scalars by
dotted path and may be traced; everything else is fixed by the recipe.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from seedbed.engine import check, own_parts
from seedbed.engine.chance import Purpose, purpose_key, seed_key
from seedbed.engine.judging import Judging, Sums
from seedbed.engine.noise import variance_of_parts
from seedbed.engine.options import Dials, options
from seedbed.engine.schedules import START, Schedules, at_step, dials_of, scheduled
from seedbed.engine.signals import signals
from seedbed.engine.splits import Network, Split
from seedbed.parts import threefry
from seedbed.parts.activations import ACTIVATIONS
from seedbed.parts.initializers import INITIALIZERS
from seedbed.parts.layers import Activation, Fixed, LearnedSlope, RandomSlope
from seedbed.parts.models import estimating, hidden_of, layers_of, of_heads, split
from seedbed.parts.networks import build
from seedbed.parts.optimizers import OPTIMIZERS
from seedbed.parts.redraw import initialize
from seedbed.probing import PROBES, ProbeContext, Signals
from seedbed.resolve import Resolved, Shape, resolve
from seedbed.spec import Spec
from seedbed.vocabulary import Dial, Part
from seedbed.vocabulary.losses import WEIGHT, head_names
from seedbed.vocabulary.probes import DIMS
from seedbed.vocabulary.schedules import is_schedule
from seedbed.vocabulary.walk import features_of, walk


class StepTrace(NamedTuple):
    """What a step was made from: the network before it, its batch and its key; and what the step made of them.

    Where the step adds up micro-batches, `micro_batches` is their number, and its batch is the first of them.
    """

    network: Network
    inputs: Array
    targets: Array
    key: Array | None
    scores: Array
    loss: Array
    gradient: Any
    update: Any
    micro_batches: Array | None = None


class Accumulation(NamedTuple):
    """The optimizer's state where steps add up micro-batches, and how many of these all updates so far have taken."""

    optimizer: Any
    taken: Array


@dataclass(frozen=True)
class Member:
    """The functions of one member of a recipe.

    `start(key, dials) -> (Network, opt_state)`; `objective(trained, network, inputs, targets, key, dials) ->
    (loss, (scores, metrics, state))` with the batch in the last axis. `part_of_objective(..., dials, of)` is what these
    examples add to the loss of `of` examples, with the sums that `finished` makes loss and metrics of.
    `scale_head_gradients(gradient,
    dials)` is the gradient with each head's own rate; `optimizer(dials)` is an optax transformation;
    `probe(step_trace, dials)` measures on the batch of a step, `split` (see `splits`) on whole splits. `layers` labels
    the layers that hold weights, `hidden` the activations between them. `example_bytes` is about what judging one
    example leaves in intermediate results. All dials are those that `schedules.at_step` gives, but for `start`, which
    takes the question's own.
    """

    resolved: Resolved
    start: Callable[..., Any]
    objective: Callable[..., Any]
    part_of_objective: Callable[..., Any]
    finished: Callable[..., tuple[Array, dict[str, Array]]]
    scale_head_gradients: Callable[[Any, Dials], Any]
    optimizer: Callable[[Dials], optax.GradientTransformation]
    split: Split
    probe: Callable[..., dict[str, Array]]
    probes: Mapping[str, tuple[str, ...]]
    layers: tuple[str, ...]
    hidden: tuple[str, ...]
    draws: bool  # whether the model draws at random while it trains
    schedules: Schedules
    example_bytes: int


def assemble(spec: Spec, shape: Shape) -> Member:
    """The functions of one member of the recipe of `spec`; every misfit is an error here, before anything runs."""
    resolve(spec, shape)  # what does not fit is told before a model is built
    build = partial(_build_model, spec, shape)
    example_dials = dials_of(spec)
    own_parts.activations_fit(spec)
    structure = check.built(spec, lambda: eqx.filter_eval_shape(build, threefry.key(0), example_dials))
    model_structure, state_structure = structure
    _, _, plain = split_structure(model_structure)
    draws = has_chance(model_structure) or _uses_key(spec, structure, shape)
    resolved = resolve(spec, shape, changes_in_training=draws or _has_state(state_structure))
    judge, optimizer = Judging(resolved.goals), partial(_optimizer, spec.optimizer)
    apart = {*resolved.on_split, *resolved.by_class}

    schedules = scheduled(spec)

    def start(key: Array, dials: Dials) -> tuple[Network, Any]:
        dials = at_step(schedules, dials, START)
        model, state = build(key, dials)
        trained, fixed, _ = split(model)
        network = Network(trained, fixed, eqx.filter(state, eqx.is_array))
        return network, _empty(spec, optimizer(dials).init(trained))

    state_plain = eqx.filter(state_structure, _is_array_like, inverse=True)

    def forward(network: Network, inputs: Array, key: Array | None, inference: bool) -> tuple[Any, Any]:
        model = eqx.combine(network.trained, network.fixed, plain)
        model = eqx.nn.inference_mode(model) if inference and draws else model
        state = eqx.combine(network.state, state_plain)
        return _over_examples(model, state, inputs, key if draws and not inference else None)

    def objective(
        trained: Any, network: Network, inputs: Array, targets: Array, key: Array | None, dials: Dials
    ) -> tuple[Array, tuple[Array, dict[str, Array], Any]]:
        scores, state = forward(network._replace(trained=trained), inputs, key, inference=False)
        value, metrics = judge(scores, targets, dials)
        return value, (scores, metrics, eqx.filter(state, eqx.is_array))

    def judged_scores(network: Network, inputs: Array) -> Array:
        return forward(network, inputs, None, inference=True)[0]

    def judged_hidden(network: Network, inputs: Array) -> tuple[Array, ...]:
        model = eqx.nn.inference_mode(eqx.combine(network.trained, network.fixed, plain))
        state = eqx.combine(network.state, state_plain)
        return signals(model, state, inputs, None, jnp.sum).forward

    def probe(step_trace: StepTrace, dials: Dials) -> dict[str, Array]:
        network, inputs, targets, key = step_trace.network, step_trace.inputs, step_trace.targets, step_trace.key

        @cache
        def passed() -> Signals:
            model = eqx.combine(network.trained, network.fixed, plain)
            state = eqx.combine(network.state, state_plain)
            return signals(
                model, state, inputs, key if draws else None, lambda scores: judge(scores, targets, dials)[0]
            )

        context = ProbeContext(
            eqx.combine(network.trained, plain), step_trace.gradient, step_trace.update, step_trace.scores,
            step_trace.loss, judge.predictions(step_trace.scores, dials), passed,
            eqx.combine(network.state, state_plain),
            partial(_estimated, network, plain, state_plain, inputs), partial(judged_hidden, network, inputs),
            variance=partial(variance_of_parts, partial(_gradient_of, spec, objective), step_trace, dials),
            examples=inputs.shape[-1] * (1 if step_trace.micro_batches is None else step_trace.micro_batches),
        )  # fmt: skip
        return {part.name: _probe(part)(context) for part in spec.probes if part.name not in apart}

    def scores_of(network: Network, inputs: Array) -> Any:
        return forward(network, inputs, trial_key, inference=False)[0]

    def loss_of(scores: Array, targets: Array) -> Array:
        return judge(scores, targets, example_dials)[0]

    trial_key = threefry.key(0)
    check.trainable(spec, model_structure)
    check.norms_fit(spec, shape, structure, partial(_over_examples, key=trial_key if draws else None))
    network, _ = jax.eval_shape(start, trial_key, example_dials)
    trace = partial(jax.make_jaxpr(scores_of, return_shape=True), network)
    example_bytes = check.outputs_fit(spec, shape, trace, partial(jax.eval_shape, loss_of))
    check.judged_without_key(spec, shape, draws, partial(jax.eval_shape, judged_scores, network))
    split_of = Split(resolved, judge, judged_scores, judged_hidden, partial(_scale_head_gradients, spec))
    return Member(resolved, start, objective, _part_of_objective(forward, judge), judge.finished,
                  partial(_scale_head_gradients, spec), optimizer, split_of, probe,
                  {part.name: DIMS.get(part.name, ()) for part in spec.probes} | resolved.class_dims,
                  tuple(label for label, _ in layers_of(model_structure)), tuple(hidden_of(model_structure)),
                  draws, schedules, example_bytes)  # fmt: skip


def _part_of_objective(forward: Callable[..., Any], judge: Judging) -> Callable[..., Any]:
    """What some of a batch's examples add to its loss, see `Member`."""

    def part(
        trained: Any, network: Network, inputs: Array, targets: Array, key: Array | None, dials: Dials, of: Array
    ) -> tuple[Array, tuple[Array, Sums, Any]]:
        scores, state = forward(network._replace(trained=trained), inputs, key, inference=False)
        sums = judge.sums(scores, targets, dials)
        return judge.finished(sums, of, dials)[0], (scores, sums, eqx.filter(state, eqx.is_array))

    return part


def _empty(spec: Spec, opt_state: Any) -> Any:
    """What a member carries beside its network, before the first update."""
    return Accumulation(opt_state, jnp.int32(0)) if spec.accumulates else opt_state


def network_of(spec: Spec, shape: Shape, arrays: Sequence[Any]) -> tuple[Network, Any]:
    """The network and the optimizer's state that the arrays of a member, all in a row, make up."""
    dials = dials_of(spec)
    drawn = jax.eval_shape(assemble(spec, shape).start, threefry.key(0), dials)
    return jax.tree.unflatten(jax.tree.structure(drawn), arrays)


def structure_of(spec: Spec, shape: Shape) -> tuple[Any, Any]:
    """What of a model and of its state is no array."""
    dials = dials_of(spec)
    model, state = eqx.filter_eval_shape(partial(_build_model, spec, shape), threefry.key(0), dials)
    return split_structure(model)[2], eqx.filter(state, _is_array_like, inverse=True)


def has_chance(model: Any) -> bool:
    """Whether some layer behaves otherwise in training than in inference (Equinox's `inference` field)."""
    nodes = jax.tree.leaves(model, is_leaf=lambda node: hasattr(node, "inference"))
    return any(hasattr(node, "inference") for node in nodes)


def _uses_key(spec: Spec, structure: Any, shape: Shape) -> bool:
    """Whether the call of a user's own model reads its `key`, as one that adds noise by itself does."""
    model, state = structure
    if spec.model.function is None or "key" not in inspect.signature(type(model).__call__).parameters:
        return False
    parts, fixed = eqx.partition((model, state), _is_array_like)
    stateful = bool(jax.tree.leaves(state))

    def answer(key: Array, x: Array, arrays: Any) -> Any:
        own, own_state = eqx.combine(arrays, fixed)
        given = (x, own_state) if stateful else (x,)
        call = jax.vmap(partial(own, key=key), in_axes=None, axis_name="batch", axis_size=1)
        return eqx.filter(call(*given), eqx.is_array)

    try:
        traced = jax.make_jaxpr(answer)(threefry.key(0), jax.ShapeDtypeStruct(shape.inputs, jnp.float32), parts).jaxpr
    except (Exception, SystemExit):  # what a call raises is told where its outputs are looked at
        return False
    return any(place is traced.invars[0] for step in traced.eqns for place in step.invars)


def split_structure(model: Any) -> tuple[Any, Any, Any]:
    """The parts of a model known by shape only: (array-like, nothing, plain)."""
    arrays, plain = eqx.partition(model, _is_array_like)
    return arrays, None, plain


def _has_state(state: Any) -> bool:
    return bool(jax.tree.leaves(eqx.filter(state, _is_array_like)))


def _is_array_like(leaf: Any) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def _build_model(spec: Spec, shape: Shape, key: Array, dials: Dials) -> tuple[Any, eqx.nn.State]:
    model_key = purpose_key(key, Purpose.MODEL)
    model, state = eqx.nn.make_with_state(partial(_construct, spec, shape, dials))(model_key)
    if spec.initializer is not None:
        draw, bias = _initializer(spec.initializer, dials)
        common = dials.get("initializer.draw") if spec.initializer.function is None else None
        key = key if common is None else seed_key(common.astype(jnp.uint32))
        model = initialize(model, draw, bias, purpose_key(key, Purpose.INIT))
    return model, state


def _construct(spec: Spec, shape: Shape, dials: Dials, key: Array) -> Any:
    part = spec.model
    if part.function is not None:
        return own_parts.guarded(part)(key, **options(part, "model", dials))
    stages, heads = walk(part, shape.inputs), {head.name: head.units for head in shape.heads}
    numbers = {path: jnp.asarray(value) for path, value in dials.items() if path.startswith("model.")}
    bias = dict(part.options).get("bias", True)
    return build(key, stages, features_of(stages, shape.inputs), heads, numbers, partial(activation_layer, dials), bias)


def activation_layer(dials: Dials, part: Part, path: str) -> eqx.Module:
    """The layer that an activation's name stands for."""
    chosen = options(part, path, dials)
    if part.name == "prelu" and part.function is None:
        return LearnedSlope(jnp.asarray(chosen["slope"], jnp.float32))
    if part.name == "rrelu" and part.function is None:
        lower, upper = (Fixed(jnp.asarray(chosen[name]), f"{path}.{name}") for name in ("lower", "upper"))
        return RandomSlope(lower, upper)
    dialled = {name for name, value in part.options if isinstance(value, Dial) or is_schedule(value)}
    words = tuple((name, value) for name, value in chosen.items() if name not in dialled)
    arrays = {name: Fixed(jnp.asarray(value), f"{path}.{name}") for name, value in chosen.items() if name in dialled}
    return Activation(part.function or ACTIVATIONS[part.name], arrays, words)


def _initializer(part: Part, dials: Dials) -> tuple[Callable[..., Any], Any]:
    chosen = options(part, "initializer", dials)
    bias = chosen.pop("bias", 0.0)
    if part.function is None:
        chosen.pop("draw", None)
    return partial(own_parts.guarded(part) if part.function else INITIALIZERS[part.name], **chosen), bias


def _scale_head_gradients(spec: Spec, gradient: Any, dials: Dials) -> Any:
    """The gradient with the layers of each head at the head's own rate, where the question asks for that."""
    if not head_names(spec.loss) or spec.loss["shared"] == "weighted":
        return gradient

    def own_rate(name: str, branch: Any) -> Any:
        return jax.tree.map(partial(jnp.multiply, dials[f"loss.{name}{WEIGHT}"]), branch)

    return of_heads(gradient, own_rate)


def _gradient_of(
    spec: Spec, objective: Callable[..., Any], network: Network, inputs: Array, targets: Array, key: Array | None,
    dials: Dials,
) -> Any:  # fmt: skip
    """The gradient that an update is made from, of any examples."""
    gradient, _ = jax.grad(objective, has_aux=True)(network.trained, network, inputs, targets, key, dials)
    return _scale_head_gradients(spec, gradient, dials)


def _optimizer(part: Part, dials: Dials) -> optax.GradientTransformation:
    chosen = options(part, "optimizer", dials)
    return own_parts.guarded(part)(**chosen) if part.function is not None else OPTIMIZERS[part.name](**chosen)


def _probe(part: Part) -> Callable[[ProbeContext], Array]:
    return own_parts.guarded(part) if part.function else partial(PROBES[part.name], **dict(part.options))


def _estimated(network: Network, plain: Any, state_plain: Any, inputs: Array) -> Any:
    """The state as one batch alone gives it: nothing is drawn, and every batch norm uses the batch."""
    model = estimating(eqx.combine(network.trained, network.fixed, plain))
    return _over_examples(model, eqx.combine(network.state, state_plain), inputs, None)[1]


def _takes_key(model: Any) -> bool:
    """Whether a model's call has a place for a key; one of Equinox's batch norm alone needs none."""
    try:
        known = inspect.signature(model).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(one.name == "key" or one.kind is one.VAR_KEYWORD for one in known)


def _over_examples(model: Any, state: Any, inputs: Array, key: Array | None) -> tuple[Any, Any]:
    """Apply a model for one example to a batch in the last axis; layers may talk over the axis named "batch".

    What it returns is a stranger's, and `check.outputs_fit` looks at it.
    """
    stateful = bool(jax.tree.leaves(state))
    keys = None if key is None or not _takes_key(model) else jax.random.split(key, inputs.shape[-1])

    def one(x: Array, k: Array | None) -> tuple[Any, Any]:
        chance = {} if k is None else {"key": k}
        return model(x, state, **chance) if stateful else (model(x, **chance), None)

    axes = (-1, None if keys is None else 0)
    outputs, after = jax.vmap(one, in_axes=axes, out_axes=(-1, None), axis_name="batch")(inputs, keys)
    return outputs, after if stateful else state
