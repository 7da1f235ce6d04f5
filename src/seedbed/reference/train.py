"""The whole training engine without any framework: one setting, many seeds, plain NumPy.

Members that train in step with one another share every array, in a leading member axis; a member that stops is taken
out of the arrays. It is slow beside `seedbed.engine`, and meant to be: it is what that engine is compared with.
Step s means after s updates. At every step the members are evaluated first and updated afterwards. Whole splits are
judged on the steps of `evaluate`, at a member's last step, and wherever a target needs them.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seedbed import copies
from seedbed.errors import DataError, SpecError
from seedbed.progress import Listener, Progress, silent
from seedbed.record import Block
from seedbed.reference.chance import generator, orders
from seedbed.reference.evaluation import ProbeContext, all_finite, look
from seedbed.reference.ledger import Ledger
from seedbed.reference.network import Draws, Weights, draws, initial_weights
from seedbed.reference.optimizers import OptState
from seedbed.reference.options import numbers
from seedbed.reference.probes import PROBES
from seedbed.reference.schedules import micro_batches
from seedbed.reference.splits import by_class, probed, split_values
from seedbed.reference.task import Batch, Dataset, Task, task_at, task_for
from seedbed.reference.twin import Array
from seedbed.resolve import judged_steps
from seedbed.spec import EXAMPLES, Spec, Stop, recorded_steps

TELL_EVERY = 256  # steps between two messages of progress

OptStates = Sequence[Mapping[str, OptState]]


@dataclass(frozen=True)
class Members:
    """The members still training: their rows in the block, their seeds, and all they carry from step to step.

    `order` is each member's permutation of the examples in this epoch, None in full-batch training.
    """

    rows: np.ndarray
    seeds: np.ndarray
    weights: Weights
    opt_state: OptStates
    order: np.ndarray | None = None


def train(spec: Spec, dataset: Dataset, seeds: np.ndarray, listen: Listener = silent) -> Block:
    """Train one setting under the given seeds, and return what was measured, seed axis first.

    A member stops at the first step at which its loss is not finite (diverged), else the target holds (hit), else
    the cap is reached; or where an update would make a weight not finite: it keeps its old weights then, and the
    next step is marked as the one that diverged.

    Raises: SpecError, PartError or DataError where the question cannot be trained here; see `task.task_for`.
    """
    started = time.perf_counter()
    task = task_for(spec, dataset)
    grid, judged = recorded_steps(spec), judged_steps(spec, task.resolved)
    ledger = Ledger(seeds, grid, judged, task.network, task.resolved)
    members = begin(spec, task, seeds)
    if copies.start_decides(spec, task.train.own, task.examples):
        ledger.begun(members.weights)
    done = 0
    for step, (taken, count) in zip(range(spec.steps + 1), micro_batches(spec, task.examples), strict=False):
        done += len(members.rows)
        # A diverging network overflows on its way out; that is a result, not a warning.
        with np.errstate(all="ignore"):
            now = task_at(task, spec, dataset, step, taken)
            members = advance(spec, now, ledger, members, step, range(taken, taken + count))
        running = len(members.rows)
        if step % TELL_EVERY == 0 or running == 0:
            listen(message(spec, step, running, len(seeds), done, time.perf_counter() - started))
        if running == 0:
            break
    seconds = time.perf_counter() - started
    meta = {"engine": "reference", "device": "cpu", "dtype": "float64", "numpy": np.__version__, "width": len(seeds)}
    meta |= {"judged": task.resolved.judged} if task.resolved.judged else {}
    return ledger.block({**meta, "compile_seconds": 0.0, "wall_seconds": seconds}, task.resolved.scheduled)


def begin(spec: Spec, task: Task, seeds: np.ndarray) -> Members:
    """Every member at step 0: its own initial draw, an empty memory."""
    if len(seeds) == 0:
        raise SpecError("at least one seed is needed to train, got none; give some, such as seeds=8")
    if task.train.own and len(task.train.x) != len(seeds):
        raise DataError(
            f"fresh data needs one set per seed, got {len(task.train.x)} for {len(seeds)} seeds; draw as many"
        )
    common = numbers(spec.initializer).get("draw") if spec.initializer else None
    starts = seeds if common is None else np.full(len(seeds), common)
    drawn = [initial_weights(task.network, spec.initializer, generator(int(start), "init")) for start in starts]
    weights = [{name: np.stack([own[n][name] for own in drawn]) for name in layer} for n, layer in enumerate(drawn[0])]
    trained = [step.weights for step in task.network.steps]
    opt_state = [
        {name: task.optimizer.start(layer[name]) for name in names}
        for layer, names in zip(weights, trained, strict=True)
    ]
    return Members(np.arange(len(seeds)), seeds, weights, opt_state)


def advance(spec: Spec, task: Task, ledger: Ledger, members: Members, step: int, parts: range) -> Members:
    """One step: evaluate, write down, update; returns the members that go on. `parts` numbers its micro-batches."""
    members, batch = batch_of(task, members, parts)
    context = look(task, members.weights, batch, drawn_for(task, members, batch, step))
    weights, opt_state = updated(task, members, context, step)

    resolved, everyone = task.resolved, np.ones(len(members.rows), bool)
    looked, judged = ledger.wants(step), not resolved.scheduled or ledger.judges(step)
    known = {**context.measured, **split_values(task, members.weights, members.rows, resolved.at_steps)}
    if resolved.accumulates:
        counts = (batch.examples, batch.examples // len(parts) * parts.start)
        known |= {name: np.full(len(members.rows), float(n)) for name, n in zip(EXAMPLES, counts, strict=True)}
    seen = at_rows(task, members, everyone) if ledger.judges(step) else {}

    broken = ~np.isfinite(context.measured[f"{resolved.step}_loss"])
    hit = ~broken & holds(spec.stop, {**known, **seen}) if judged else np.zeros_like(broken)
    going = ~broken & ~hit & (step < spec.steps)
    burst = going & ~all_finite(weights)
    stopped = ~going | burst

    ledger.mark("hit_step", step, members.rows[hit])
    ledger.mark("diverged_step", step, members.rows[broken])
    ledger.mark("diverged_step", step + 1, members.rows[burst])
    if looked or stopped.any():
        updates, at_once = differences(weights, members.weights), batch.examples // len(parts)
        context = replace(context, updates=updates, at_once=at_once)
        apart = {*resolved.on_split, *resolved.by_class}
        probes = {
            part.name: PROBES[part.name](context, **dict(part.options))
            for part in spec.probes
            if part.name not in apart
        }
        ledger.trace(step, members.rows, {**known, **seen, **probes})
        last = pick(seen, stopped) if seen else at_rows(task, members, stopped)
        ledger.close(step, members.rows[stopped], {**pick({**known, **probes}, stopped), **last})
    return kept(Members(members.rows, members.seeds, weights, opt_state, members.order), ~stopped)


def at_rows(task: Task, members: Members, chosen: np.ndarray) -> dict[str, Array]:
    """What is looked at where traces are kept, of the chosen members: splits, and the probes of the training split."""
    if not chosen.any():
        return {}
    weights, rows = [pick(layer, chosen) for layer in members.weights], members.rows[chosen]
    resolved = task.resolved
    split_probes = probed(task, weights, rows, resolved.on_split) | by_class(task, weights, rows)
    return {**split_values(task, weights, rows, resolved.at_rows), **split_probes}


def updated(task: Task, members: Members, context: ProbeContext, step: int) -> tuple[Weights, OptStates]:
    """The weights after one update, and what the rule remembers of it. The rule counts its steps from 1."""
    weights: list[Mapping[str, Array]] = []
    opt_state: list[Mapping[str, OptState]] = []
    steps_on = zip(members.weights, context.gradients, members.opt_state, context.carried, strict=True)
    for layer, gradient, past, state in steps_on:
        steps = {
            name: task.optimizer.step(layer[name], gradient[name], past[name], step + 1, **task.dials) for name in past
        }
        weights.append({**{name: layer[name] + steps[name][0] for name in steps}, **state})
        opt_state.append({name: steps[name][1] for name in steps})
    return weights, opt_state


def differences(after: Weights, before: Weights) -> Weights:
    """What an update adds to each weight."""
    return [{name: layer[name] - past[name] for name in layer} for layer, past in zip(after, before, strict=True)]


def batch_of(task: Task, members: Members, parts: range) -> tuple[Members, Batch]:
    """The examples of a step: all of them, or the member's own next (micro-)batches, by their numbers.

    An epoch has n // batch_size of these; where one begins, the members get a new order of the examples.
    """
    if task.batch_size is None:
        return members, task.train.chosen((members.rows,) if task.train.own else ())
    own: list[np.ndarray] = []
    for number in parts:
        epoch, place = divmod(number, task.examples // task.batch_size)
        order = members.order
        if place == 0 or order is None:
            order = orders(members.seeds, epoch, task.examples)
            members = replace(members, order=order)
        own.append(order[:, place * task.batch_size : (place + 1) * task.batch_size])
    chosen = np.concatenate(own, axis=1)
    return members, task.train.chosen((members.rows[:, np.newaxis], chosen) if task.train.own else (chosen,))


def drawn_for(task: Task, members: Members, batch: Batch, step: int) -> Draws:
    """What each member's activations draw at this step, stacked over members; nothing for most activations."""
    first = draws(task.network, batch.examples, generator(0, "activation", step))
    if not any(first):
        return ()
    each = [draws(task.network, batch.examples, generator(int(seed), "activation", step)) for seed in members.seeds]
    return [{name: np.stack([own[n][name] for own in each]) for name in layer} for n, layer in enumerate(first)]


def holds(stop: Stop | None, measured: Mapping[str, Array]) -> np.ndarray:
    """Which members have reached the target; where there are several, all of them at this same step."""
    reached = np.full(len(next(iter(measured.values()))), stop is not None)
    for target in stop.targets if stop else ():
        value = measured[target.metric]
        reached &= value >= target.value if target.direction == "at least" else value <= target.value
    return reached


def kept(members: Members, keep: np.ndarray) -> Members:
    """The members that `keep` marks, with everything that is theirs."""
    if keep.all():
        return members
    weights = [pick(layer, keep) for layer in members.weights]
    opt_state = [{name: pick(past, keep) for name, past in layer.items()} for layer in members.opt_state]
    order = None if members.order is None else members.order[keep]
    return Members(members.rows[keep], members.seeds[keep], weights, opt_state, order)


def pick(arrays: Mapping[str, Array], keep: np.ndarray) -> dict[str, Array]:
    """The rows that `keep` marks, of each array."""
    return {name: array[keep] for name, array in arrays.items()}


def message(spec: Spec, step: int, running: int, members: int, done: int, seconds: float) -> Progress:
    """How far the run is; the time left supposes that nobody else stops before the cap."""
    rate = done / seconds
    left = running * (spec.steps - step) / rate
    return Progress(
        "training", f"{spec.model.label()}, {spec.loss.name}", 1, 1, step, spec.steps, running, members, rate, left
    )
