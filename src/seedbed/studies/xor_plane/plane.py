"""Four points in the plane of the inputs and in that of two hidden units, and what divides them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)
XOR = np.array([0, 1, 1, 0])
INPUTS = (-0.6, 1.6)
MOMENTS = (0.0, 0.25, 0.5, 0.75, 0.9)  # of the way to the hit, then the hit itself
HIDDEN = """
    A hidden unit is h = f(w · x + b), so the two hidden units carry the four points into a plane of their own, and the
    last layer is a line there: v₁ h₁ + v₂ h₂ + c = 0. Learning means moving the images of the points until a line can
    divide them. They can; whether gradient descent finds such a line is a matter of the seed, which one picture of one
    run that worked does not show."""


def best_lines() -> tuple[int, float, list[tuple[float, float, float]]]:
    """Labelings of the corners by a line swept in all directions: their number, the largest share of points that are
    right, and a line (a, b, c) for each labeling that reaches it, a x + b y + c > 0 where the label is 1."""
    found: dict[tuple[int, ...], tuple[float, float, float]] = {}
    for angle in np.deg2rad(np.arange(0, 360, 1) + 0.5):  # never along an edge or a diagonal: no two points tie
        along = CORNERS @ np.array([np.cos(angle), np.sin(angle)])
        ordered = np.sort(along)
        for cut in [ordered[0] - 1, *((ordered[:-1] + ordered[1:]) / 2), ordered[-1] + 1]:
            labels = tuple((along > cut).astype(int).tolist())
            middle = abs((angle % (np.pi / 2)) - np.pi / 4)  # of all lines that label alike, one nearest a diagonal
            if labels not in found or middle < found[labels][0]:
                found[labels] = (float(middle), float(angle), float(cut))
    right = {labels: float(np.mean(np.array(labels) == XOR)) for labels in found}
    best = max(right.values())
    chosen = [one for labels, one in sorted(found.items()) if right[labels] == best]
    return len(found), best, [(np.cos(angle), np.sin(angle), -cut) for _, angle, cut in chosen]


def hidden_planes(context: sb.Context) -> Iterator[sb.Section]:
    """Every setting with a curved activation: one member on its way, in the hidden plane and in that of the inputs."""
    asks = "How does a network with two hidden tanh units come to divide the four points by a line?"
    hits: Any = context.scored("two_layers").hits
    for (levels, part), share in zip(sb.rows(context.record("two_layers")), hits.shares().values(), strict=True):
        if levels["activation"] == "identity":
            continue
        name, n = sb.name_of(levels), hits.never.shape[0]
        answer = f"""The hidden layer moves the images of the points until the line of the last layer divides them. With
            {name} {sb.show.share(share)} of n = {n} networks get there within {hits.cap:,.0f} steps (95 % interval)."""
        items = [*plane_items(name, levels, part), sb.Answer(" ".join(answer.split()))]
        yield sb.Section(f"The hidden plane: {name}", items, asks)
        asks = ""


def plane_items(name: str, levels: Mapping[str, Any], part: xr.Dataset) -> Iterator[Any]:
    """The images of the points with the line that divides them, and the answer in the plane of the inputs."""
    seed, rule = chosen(part)
    steps, rows = moments(part.sel(seed=seed))
    model = sb.models.mlp([2], activation=levels["activation"])
    try:
        images, _ = sb.replay_layers(model, rows, CORNERS)
    except sb.errors.PartError as error:
        yield f"The hidden plane of {name} cannot be drawn: {error}."
        return
    reach = max(1.0, float(np.abs(images).max())) * 1.15
    last = "the step of arrival" if np.isfinite(part["hit_step"].sel(seed=seed)) else "the last step"
    yield sb.Prose(f"{HIDDEN}\n    Shown is seed {seed}, {rule}.")
    yield sb.Figure(
        f"hidden_plane_{sb.show.file_name(name)}",
        sb.figures.planes(panels(steps, images, rows), "h₁", "h₂", limits=(-reach, reach), columns=3),
        f"Images of the four points in the (h₁, h₂) plane and the line of the last layer, {name}, at several steps of "
        f"one member (seed {seed}, {rule}; n = 1). The last panel is {last}.",
        "Four points wander in the plane of two hidden units until a line divides them",
    )
    axis = np.linspace(*INPUTS, 111)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    fields = sb.replay(model, rows, grid, output="sigmoid").reshape(len(steps), axis.size, axis.size)
    answers = [
        sb.figures.Plane(f"step {step:,}", CORNERS, XOR, x=axis, y=axis, z=field)
        for step, field in zip(steps, fields, strict=True)
    ]
    yield sb.Figure(
        f"input_plane_{sb.show.file_name(name)}",
        sb.figures.planes(answers, "x₁", "x₂", limits=INPUTS, columns=3, z_label="answer ŷ"),
        "The same moments of the same member in the plane of the inputs: its answer ŷ, and where it is 1/2 "
        f"({name}, seed {seed}; n = 1).",
        "The answer over the plane of the inputs",
        dense=True,
    )


def flat_plane(name: str, part: xr.Dataset) -> sb.Figure:
    """The images of the points of one member without an activation, at its first and last step."""
    seed, rule = chosen(part)
    steps, rows = moments(part.sel(seed=seed))
    steps, rows = [steps[0], steps[-1]], rows[[0, -1]]
    images, _ = sb.replay_layers(sb.models.mlp([2], activation="identity"), rows, CORNERS)
    middle, reach = float((images.max() + images.min()) / 2), float(np.ptp(images)) * 0.62 + 1e-6
    return sb.Figure(
        f"hidden_plane_{sb.show.file_name(name)}",
        sb.figures.planes(panels(steps, images, rows), "h₁", "h₂", limits=(middle - reach, middle + reach)),
        f"The images of the four points without an activation, first and last step (seed {seed}, {rule}; n = 1): a "
        "parallelogram both times, which may be flat. The line is that of the last layer, where it crosses the panel.",
        "Two parallelograms with opposite labels at neighboring corners",
    )


def panels(steps: Sequence[int], images: np.ndarray, rows: np.ndarray) -> list[Any]:
    """The images of the points in the hidden plane with the line of the last layer, at some steps of a member."""
    found = zip(steps, images, rows, strict=True)
    return [sb.figures.Plane(f"step {step:,}", at, XOR, [last_layer(row)]) for step, at, row in found]


def chosen(part: xr.Dataset) -> tuple[int, str]:
    """A member by a rule: the median step of arrival, or where none arrives, the median final loss."""
    hit, loss, seeds = part["hit_step"].values, part["final_train_loss"].values, part["seed"].values
    count, n = int(np.isfinite(hit).sum()), hit.size
    order = np.argsort(np.nan_to_num(hit, nan=np.inf) if count else loss, kind="stable")
    seed = int(seeds[order[((count or n) - 1) // 2]])
    if not count:
        return seed, f"the member with the median final loss of {n}; none arrived"
    return seed, f"the member with the median step of arrival among the {count} of {n} that arrived"


def moments(member: xr.Dataset) -> tuple[list[int], np.ndarray]:
    """Traced steps near fixed parts of a member's way and where it stopped, and its parameters there."""
    steps, stop = member["step"].values, int(member["stop_step"].values)
    rows = member["parameters"].transpose("step", "parameter").values
    traced = np.flatnonzero(np.isfinite(rows).all(axis=1) & (steps < stop))
    near = {int(traced[np.abs(steps[traced] - share * stop).argmin()]) for share in MOMENTS} if traced.size else set()
    at = sorted(near)
    return [*steps[at].tolist(), stop], np.vstack([rows[at], member["final_parameters"].values])


def last_layer(row: np.ndarray) -> tuple[float, float, float]:
    """(v1, v2, c) of a row of parameters: four weights and two biases of the first layer stand before them."""
    v1, v2, c = row[6:9].tolist()
    return v1, v2, c
