"""Images under kernels as they were measured, and every number that the answers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

LAWS = ("linear_error", "shift_error", "turned_error")


@dataclass(frozen=True, eq=False)
class Outputs:
    """One record of `measures.filtered`: its images, kernels and outputs (image, kernel, row, column)."""

    record: xr.Dataset

    @cached_property
    def maps(self) -> np.ndarray:
        """The outputs of the nested loops."""
        return self.record["outputs"].sel(way="loops").values

    def names(self, axis: str) -> list[str]:
        """The names along an axis: of images, kernels or ways."""
        return self.record[axis].values.tolist()

    @property
    def of(self) -> Mapping[Any, int]:
        """The length of every axis."""
        return self.record.sizes

    def of_each(self, variable: str) -> dict[str, float]:
        """A number of every kernel, by its name."""
        return dict(zip(self.names("kernel"), self.record[variable].values.tolist(), strict=True))

    @cached_property
    def apart(self) -> dict[str, float]:
        """The largest difference of each way from the loops, relative to the largest output."""
        largest, outputs = abs(self.maps).max(), self.record["outputs"]
        ways = [way for way in self.names("way") if way != "loops"]
        return {way: float(abs(outputs.sel(way=way).values - self.maps).max() / largest) for way in ways}

    @property
    def first_kind(self) -> str:
        """The kind of the first image."""
        return self.names("kind")[0]

    @property
    def of_first_kind(self) -> np.ndarray:
        """The outputs of all images of that kind."""
        return self.maps[self.record["kind"].values == self.first_kind]

    @property
    def one_of_each(self) -> list[int]:
        """The first image of each kind."""
        kinds = self.names("kind")
        return [kinds.index(kind) for kind in dict.fromkeys(kinds)]

    @cached_property
    def loudness(self) -> np.ndarray:
        """The root mean square of every output, (image, kernel)."""
        return np.sqrt((self.maps**2).mean(axis=(2, 3)))

    @cached_property
    def pairs(self) -> Any:
        """Every pair of two outputs, a `stats.maps.Pairs`."""
        return sb.stats.maps.pairs(self.maps)

    @cached_property
    def nearest(self) -> Mapping[str, Any]:
        """What the most similar other output of each shares with it."""
        return sb.stats.maps.nearest(self.maps)

    @cached_property
    def likeness(self) -> dict[str, dict[str, dict[str, float]]]:
        """Median and 5-95 % of pairs by what they share, with their number: of correlations and of distances."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for measure in ("correlation", "distance"):
            groups = self.pairs.groups(getattr(self.pairs, measure))
            found[measure] = {
                name: dict(zip(("q05", "median", "q95"), np.quantile(some, (0.05, 0.5, 0.95)), strict=True))
                | {"n": some.size}
                for name, some in groups.items()
                if some.size
            }
        return found

    @cached_property
    def variance_shares(self) -> dict[str, dict[str, float]]:
        """How much of the variance of an output's properties is due to the kernel and to the image."""
        size = np.log(np.maximum(self.loudness, 1e-12))
        below = (self.maps < 0).mean(axis=(2, 3))
        properties = {"mean": self.maps.mean(axis=(2, 3)), "size (logarithm of RMS)": size, "share below 0": below}
        return {name: sb.stats.maps.variance_shares(values) for name, values in properties.items()}

    @cached_property
    def views(self) -> tuple[np.ndarray, np.ndarray]:
        """How bright and how uneven what the window sees is, (image, place) each."""
        shape = (self.of["kernel_row"], self.of["kernel_column"])
        return sb.stats.maps.windows(self.record["images"].values, shape)

    @cached_property
    def dark(self) -> tuple[float, float]:
        """How often the window sees nothing but black, and the largest output there."""
        black = self.views[0] == 0
        answers = abs(self.maps).max(axis=1).reshape(len(black), -1)[black]
        return float(black.mean()), float(answers.max()) if answers.size else 0.0

    @cached_property
    def follows(self) -> dict[str, tuple[float, float]]:
        """Each kernel's correlations of its outputs with how bright and with how uneven the window's view is."""
        found: dict[str, tuple[float, float]] = {}
        for at, name in enumerate(self.names("kernel")):
            bright, uneven = (np.corrcoef(self.maps[:, at].ravel(), view.ravel())[0, 1] for view in self.views)
            found[name] = float(bright), float(uneven)
        return found

    @cached_property
    def foretold(self) -> float:
        """How well the kernels alone foretell how alike two outputs of one image are."""
        return sb.stats.maps.foretold(self.record["kernels"].values, self.maps)

    def seconds(self) -> dict[str, np.ndarray]:
        """The seconds of every pass, by way."""
        return {way: self.record["seconds"].sel(way=way).values for way in self.names("way")}

    def plain(self) -> dict[str, Any]:
        """The numbers for `summary.json`."""
        maps, first, (black, answer) = self.maps, self.of_first_kind, self.dark
        loud = self.loudness.mean(axis=0)
        return {
            "images": self.of["image"],
            "kernels": self.of["kernel"],
            "pairs": len(self.pairs.distance),
            "largest_difference_from_loops": self.apart,
            "range": [maps.min(), maps.max()],
            "range_of_first_kind": [first.min(), first.max()],
            "images_of_first_kind": len(first),
            "first_kind": self.first_kind,
            "share_below_0": (maps < 0).mean(),
            "share_outside_0_to_1": ((maps < 0) | (maps > 1)).mean(),
            "seconds": {
                way: {"median": np.median(one), "least": one.min(), "greatest": one.max(), "n": one.size}
                for way, one in self.seconds().items()
            },
            **self.likeness,
            "nearest": self.nearest,
            "variance_shares": self.variance_shares,
            "rms_by_kernel": dict(zip(self.names("kernel"), loud, strict=True)),
            "row_likeness_foretold": self.foretold,
            "dark": {"share_of_places": black, "largest_output": answer},
            **{law: self.of_each(law) for law in LAWS},
            "channel_error": self.record["channel_error"].item(),
        }


def outputs_of(context: sb.Context, name: str = "") -> Outputs:
    """The outputs of a record; by default those of the sheet's kernels, where they were given, else the named ones."""
    name = name or ("sheet" if context.has("sheet") else "bank")
    key = ("outputs", name)
    if key not in context.kept:
        context.kept[key] = Outputs(context.record(name).sel(seed=0))
    return context.kept[key]
