"""A user's own functions: what each is given, what it must return, and a sentence that names it where it does not.

`guarded` stands wherever the engine calls one. It looks at a result while the program is traced, so a misfit is told
before anything is trained and costs no step. Activations are tried on values too (`activations_fit`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from seedbed.errors import PartError, SeedbedError
from seedbed.spec import Spec
from seedbed.vocabulary import Dial, Part
from seedbed.vocabulary.schedules import is_schedule, levels

CONTRACT: Mapping[str, str] = {
    "activation": "let it take one array and return one of the same shape",
    "initializer": "it is called as f(key, shape, dtype) and returns weights of that shape, or (weights, biases)",
    "loss": "it is called as f(score, target) for one example and returns one number",
    "metric": "it is called as f(score, prediction, target) for one example and returns one number",
    "model": "a model is a function of a key that returns an Equinox module",
    "optimizer": "it is called with its options and returns an optax.GradientTransformation",
    "probe": "it is called as f(context) and returns one number; a context has model, gradient, update, scores, loss, "
             "predictions and signals",
    "schedule": "it is called as f(step), a number counted from 0, and returns one number",
}  # fmt: skip
POINTS = (-3.0, -1.0, -0.1, -1e-30, 0.0, 1e-30, 0.1, 1.0, 3.0)
ORDINARY = 1e6  # a slope that is no pole, beside a point where there is none
WHERE = "jnp.where differentiates both of its branches, so make the input of each branch harmless too"


def guarded(part: Part) -> Callable[..., Any]:
    """A user's own function; what it raises, and a result of another form, is one sentence."""
    function: Any = part.function

    def call(*given: Any, **options: Any) -> Any:
        wrong = "cannot be built" if part.kind == "model" else "fails"
        result = tried(lambda: function(*given, **options), f"{_title(part)} {wrong}", CONTRACT[part.kind])
        return _RESULTS[part.kind](part, result, given)

    return call


def tried(attempt: Callable[[], Any], wrong: str, remedy: str) -> Any:
    """The result of an attempt; whatever a stranger's code raises becomes a sentence."""
    try:
        return attempt()
    except SeedbedError:
        raise
    except (Exception, SystemExit) as error:
        raise PartError(f"{wrong}: {_first_line(error)}; {remedy}") from error


def _one_number(part: Part, result: Any, _: tuple[Any, ...]) -> Any:
    if not _numeric(result):
        raise PartError(f"{_title(part)} must return one number, got {_what(result)}; {CONTRACT[part.kind]}")
    if jnp.shape(result) != ():
        raise PartError(
            f"{_title(part)} must return one number, got shape {jnp.shape(result)}; sum or average over its units"
        )
    return result if hasattr(result, "dtype") else jnp.asarray(result, jnp.float32)


def _weights(part: Part, result: Any, given: tuple[Any, ...]) -> Any:
    pair: tuple[Any, ...] = result if isinstance(result, tuple) else (result, None)
    weight, bias = pair if len(pair) == 2 else (pair, None)
    wanted = tuple(given[1])
    if not _numeric(weight) or jnp.shape(weight) != wanted:
        raise PartError(
            f"{_title(part)} must return weights of shape {wanted}, got {_what(weight)}; {CONTRACT[part.kind]}"
        )
    if bias is not None and (not _numeric(bias) or jnp.shape(bias) not in ((), wanted[-1:])):
        raise PartError(
            f"{_title(part)} must return one bias for each of {wanted[-1]} units, got {_what(bias)}; return biases of "
            f"shape {wanted[-1:]}"
        )
    return result


def _module(part: Part, result: Any, _: tuple[Any, ...]) -> Any:
    if not callable(result):
        raise PartError(f"{_title(part)} must return a module that can be called, got {_what(result)}; "
                        f"{CONTRACT['model']}")  # fmt: skip
    return result


def _rule(part: Part, result: Any, _: tuple[Any, ...]) -> optax.GradientTransformation:
    """The rule with both of its functions guarded."""
    init, update = getattr(result, "init", None), getattr(result, "update", None)
    if not callable(init) or not callable(update):
        raise PartError(f"{_title(part)} must return an update rule, got {_what(result)}; {CONTRACT['optimizer']}")

    def begin(params: Any) -> Any:
        state = tried(lambda: init(params), f"{_title(part)} cannot begin", "its init takes the weights")
        keys = [leaf for leaf in jax.tree.leaves(state) if is_key(leaf)]
        if keys:
            like = f" (or {_what(keys[0])}, as keys are; keep counts as int32)" if keys[0].dtype == jnp.uint32 else ""
            raise PartError(
                f"{_title(part)} must draw nothing, got a state with a random key{like}, which would give the networks "
                "of all seeds the same noise; take a rule of gradient, state and weights alone, for instance optax.adam"
            )
        return state

    def change(updates: Any, state: Any, params: Any = None) -> Any:
        remedy = "its update takes gradient, state and weights, and returns (updates, state)"
        made = _tried_update(part, lambda: update(updates, state, params), remedy)
        if not isinstance(made, tuple) or len(made) != 2:
            raise PartError(f"{_title(part)} must return (updates, state), got {_what(made)}; {remedy}")
        for what, before, after in (("updates", updates, made[0]), ("a state", state, made[1])):
            if _form(before) != _form(after):
                raise PartError(
                    f"{_title(part)} must return {what} of the shapes it was given, got others; keep every array's "
                    "shape and type from step to step"
                )
        return made

    return optax.GradientTransformation(begin, change)


def _tried_update(part: Part, attempt: Callable[[], Any], remedy: str) -> Any:
    def or_says_more() -> Any:
        try:
            return attempt()
        except TypeError as error:
            missing = re.search(r"missing \d+ required keyword-only arguments?: (.+)", str(error))
            if missing is None:
                raise
            raise PartError(
                f"{_title(part)} needs more than a gradient ({missing[1]}), as line searches and rules that watch the "
                "loss do; take a rule of gradient, state and weights alone, for instance optax.adam"
            ) from error

    return tried(or_says_more, f"{_title(part)} cannot make a step", remedy)


_RESULTS: Mapping[str, Callable[[Part, Any, tuple[Any, ...]], Any]] = {
    "initializer": _weights, "loss": _one_number, "metric": _one_number, "model": _module, "optimizer": _rule,
    "probe": _one_number, "schedule": _one_number,
}  # fmt: skip


def _form(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]


def is_key(leaf: Any) -> bool:
    """Whether an array is a random key of jax, or looks like one of the older form: pairs (rbg: fours) of uint32."""
    kind = getattr(leaf, "dtype", None)
    if kind is None:
        return False
    return jnp.issubdtype(kind, jax.dtypes.prng_key) or (kind == jnp.uint32 and leaf.shape[-1:] in ((2,), (4,)))


def _numeric(value: Any) -> TypeGuard[Array]:
    if isinstance(value, bool | int | float):
        return True
    kind = getattr(value, "dtype", None)
    return kind is not None and any(jnp.issubdtype(kind, one) for one in (jnp.floating, jnp.integer, jnp.bool_))


def _what(value: Any) -> str:
    """A result in a few words; arrays are never dumped."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} of shape {tuple(value.shape)}"
    return "None" if value is None else type(value).__name__


def _title(part: Part) -> str:
    return f'{part.kind} "{part.name}"'


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def activations_fit(spec: Spec) -> None:
    """Every own activation keeps the shape and kind of its input, and has a gradient."""
    for part in own_activations(spec):
        _activation_fits(part)


def own_activations(spec: Spec) -> Iterator[Part]:
    """The activations of a question that are a user's own functions, that of the output last."""
    for part in (*_all_inside(spec.model), spec.output):
        if part is not None and part.kind == "activation" and part.function is not None:
            yield part


def _all_inside(part: Part) -> Iterator[Part]:
    for inner in part.parts():
        yield inner
        yield from _all_inside(inner)


def fixed_options(part: Part) -> dict[str, Any]:
    """The options of an activation as the question has them, its dials as numbers."""
    return {
        name: next(levels(value), 1.0) if isinstance(value, Dial) or is_schedule(value) else value
        for name, value in part.options
    }


def _activation_fits(part: Part) -> None:
    function: Any = part.function
    if any(eqx.is_inexact_array(leaf) for leaf in jax.tree.leaves(function)):  # a module is a tree, a function a leaf
        raise PartError(
            f"{_title(part)} is a module with arrays of its own, which no activation trains, got {_what(function)}; "
            'give its numbers as options, sb.own("activation", function, slope=0.25), or take the activation "prelu"'
        )
    chosen = fixed_options(part)
    probe, out = jax.ShapeDtypeStruct((4,), jnp.float32), None
    try:
        out = jax.eval_shape(lambda z: function(z, **chosen), probe)
        shaped = getattr(out, "shape", None) == (4,)
        floating = shaped and jnp.issubdtype(out.dtype, jnp.floating)
        if floating:
            jax.eval_shape(jax.grad(lambda z: function(z, **chosen).sum()), probe)
    except (Exception, SystemExit) as error:  # whatever a stranger's function raises becomes a sentence
        wrong, remedy = "fails", CONTRACT["activation"]
        if isinstance(error, jax.errors.JAXTypeError) or out is not None:
            wrong, remedy = "cannot be differentiated by jax", "write it with jax.numpy"
        raise PartError(f"{_title(part)} {wrong}: {_first_line(error)}; {remedy}") from error
    if not shaped:
        got = getattr(out, "shape", type(out).__name__)
        raise PartError(
            f'activation "{part.name}" must keep the shape of its input, got {got} from (4,); return one value for each'
        )
    if not floating:
        raise PartError(
            f'activation "{part.name}" must return floating point numbers, got {out.dtype}; return a float array'
        )
    _activation_is_finite(part)


def _activation_is_finite(part: Part) -> None:
    """Values and slopes are numbers on both sides of 0, and at 0 too where one side has an ordinary slope.

    A slope that grows without limit on both sides, as that of sqrt |z|, is accepted: only a z of exactly 0 meets it,
    which `activations_fit_values` looks for.
    """
    points = np.array(POINTS, np.float32)
    values, slopes = values_and_slopes(part, points)
    zero = int(np.flatnonzero(points == 0)[0])
    pole = bool((np.abs(slopes[[zero - 1, zero + 1]]) > ORDINARY).all())
    judged = np.where((np.abs(points) < 1e-20) & pole, 0, slopes)
    for what, found, remedy in (
        ("be finite", values, "return a number there too"), ("have a finite slope", judged, WHERE),
    ):  # fmt: skip
        if not np.isfinite(found).all():
            at = int(np.flatnonzero(~np.isfinite(found))[0])
            raise PartError(
                f"{_title(part)} must {what} for every finite z, got {found[at]:g} at z = {points[at]:g}; {remedy} "
                f"(its value there is {values[at]:g}, its slope {slopes[at]:g})"
            )


def activations_fit_values(part: Part, z: np.ndarray, whence: str) -> None:
    """Value and slope of an own activation are numbers at every z `(unit, ..., example)` that a question gives it.

    Infinite ones too at exactly 0, where a network meets them again and again. Elsewhere they are what the function is:
    a member that they ruin has diverged. `whence` says where the values come from.
    """
    values, slopes = values_and_slopes(part, z)
    lost = np.isfinite(z) & (np.isnan(values) | np.isnan(slopes) | ((z == 0) & ~(np.isfinite(values + slopes))))
    if lost.any():
        at = tuple(np.argwhere(lost)[0])
        raise PartError(
            f"{_title(part)} has the value {values[at]:g} and the slope {slopes[at]:g} at z = {z[at]:g}, which "
            f"{whence} gives it; {WHERE if np.isnan(slopes[at]) else 'make it finite there'}"
        )


def values_and_slopes(part: Part, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What an own activation makes of an array, and the derivative of its sum by each z.

    Examples are in the last axis; without one, the array is a single example.
    """
    function: Any = part.function
    chosen = fixed_options(part)

    def of_one(one: Any) -> Any:
        return function(one, **chosen)

    many = of_one if z.ndim == 1 else jax.vmap(of_one, in_axes=-1, out_axes=-1)
    values, pull = jax.vjp(many, jnp.asarray(z, jnp.float32))
    return np.asarray(values), np.asarray(pull(jnp.ones_like(values))[0])


__all__ = ["CONTRACT", "activations_fit", "activations_fit_values", "guarded", "is_key", "own_activations", "tried"]
