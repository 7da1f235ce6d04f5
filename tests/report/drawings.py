"""Drawings of the sample page: four from matplotlib, one from plotly that turns."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure as Drawing

from seedbed.figures import style


def drawing(kind: str) -> Drawing:
    random = np.random.default_rng(7)
    with style.applied():
        figure, axes = style.single(7.0)
        steps = np.unique(np.geomspace(1, 10_000, 160).astype(int))
        if kind == "curves":
            for _ in range(60):
                axes.plot(
                    steps, 1 / (1 + (steps / random.lognormal(6.5, 0.6)) ** 1.2), lw=0.5, alpha=0.3, color="#0072B2"
                )
            axes.set(xscale="log", xlabel="steps", ylabel="train loss (nats)", title="relu, cross entropy")
        elif kind == "share":
            axes.step(steps, 1 - np.exp(-steps / 2000), label="relu")
            axes.step(steps, 0.7 * (1 - np.exp(-steps / 4000)), label="sigmoid", ls="--")
            axes.set(xlabel="steps", ylabel="share arrived")
            axes.legend()
        elif kind == "cloud":
            axes.scatter(*random.normal(size=(2, 6000)), s=2, alpha=0.3)
            axes.set(xlabel="first weight", ylabel="second weight")
        else:
            grid = np.linspace(-2, 2, 61)
            axes.contourf(grid, grid, np.sin(grid[:, None] * 2) + grid**2, levels=12)
            axes.set(xlabel="direction 1", ylabel="direction 2")
    return figure


def surface(scenes: int = 1) -> go.Figure:
    grid = np.linspace(-2, 2, 61, dtype=np.float32)
    height = np.sin(grid[:, None] * 2) + grid**2
    traces = [
        go.Surface(x=grid, y=grid, z=height, scene=f"scene{i or ''}", showscale=False, colorscale="Viridis")
        for i in [0, *range(2, scenes + 1)]
    ]
    figure = go.Figure(traces)
    figure.update_scenes(camera={"eye": {"x": 1.7, "y": 1.7, "z": 1.2}}, aspectmode="cube")
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 10, "b": 0})
