"""One tab of a browser: its twins in training on a thread of their own, and the messages that its page is sent.

A message is four bytes of length, a header in JSON of that length, and the arrays that the header names, in a row.
What a page has not read yet is replaced by what is newer, so a slow page sees fewer frames and holds nothing up.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.errors import SeedbedError
from seedbed.procedures.live import Frame, Live, Points, live
from seedbed.record import name_of
from seedbed.web.fields import Asked, FieldError, number
from seedbed.web.sentences import last, said

TURN = threading.Lock()  # tabs train one after the other, a chunk each, so that none starves the others
FRAMES = 25  # updates of a page in a second, at most
MOST_STEPS = 5_000  # of a chunk
CURVES_EVERY, SAID_EVERY = 0.2, 1.0  # seconds
BANDS = (5, 25, 50, 75, 95)
MOST_DOTS = 500  # examples that are drawn
LEVELS = 254  # of a map; 255 stands for what is no number


class Session:
    """Twins of one question, trained while someone looks. `pace` is steps a second, None for as fast as it goes."""

    def __init__(self, asked: Asked, loop: asyncio.AbstractEventLoop, pace: float | None, playing: bool) -> None:
        self.asked, self.pace, self.playing = asked, pace, playing
        self.live: Live | None = None
        self.changed, self.closed, self.watchers = False, False, 0
        self._loop, self._news, self._go = loop, asyncio.Event(), threading.Event()
        self._single, self._known, self._said = 0, -1, 0.0
        self._latest: dict[str, tuple[int, bytes]] = {}
        self._rows: list[list[list[Any]]] = []
        self._ranges: list[tuple[float, float]] = []
        self._version = 0
        self._thread = threading.Thread(target=self._work, name="lab", daemon=True)
        self._thread.start()

    def play(self, on: bool) -> None:
        """Train on, or wait."""
        self.playing = on
        self._go.set()

    def single(self, steps: int) -> None:
        """Wait, and train so many steps only."""
        self.playing, self._single = False, self._single + steps
        self._go.set()

    def change(self, text: str) -> None:
        """Train on with another learning rate. Raises FieldError."""
        rate = number(text)
        if rate is None or not 0 <= rate <= 1e6:
            raise FieldError("rate", f"a learning rate is a number from 0, got {text!r}; write 0.1")
        if self.live is None:
            return
        try:
            with TURN:
                self.live.change(learning_rate=rate)
        except SeedbedError as error:
            raise FieldError("rate", str(error)) from error
        self.changed = True

    def close(self) -> None:
        """End the training."""
        self.closed = True
        self._go.set()
        self._wake()

    def twin(self, setting: int, seed: int) -> dict[str, Any]:
        """One twin from inside. Raises SpecError for one that is not here."""
        if self.live is None:
            return {}
        with TURN:
            layers = self.live.layers(seed, setting)
            twins = self.live.frame().settings[setting]
        at = list(self.live.seeds).index(seed)
        names = [name for name in twins.traces if name.startswith("train_")]
        flat = [array for name, array in layers.weights.items() if name.endswith("weight") and array.ndim == 2]
        return {
            "seed": seed, "setting": setting, "steps": twins.steps.tolist(),
            "traces": {name: _plain(twins.traces[name][at]) for name in names},
            "map": _bytes(layers.answers[0], *self._ranges[setting]).tolist(),
            "hidden": [[_bytes(unit, *_spread(layer)).tolist() for unit in layer] for layer in layers.hidden],
            "weights": [array.tolist() for array in flat],
        }  # fmt: skip

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended, and nobody looks any more
            self._loop.call_soon_threadsafe(self._news.set)

    async def next(self, seen: dict[str, int]) -> list[bytes]:
        """The messages that a page has not seen, waited for; an empty list at the end or after a second of silence."""
        fresh = [(kind, version, message) for kind, (version, message) in self._latest.items()
                 if version > seen.get(kind, 0)]  # fmt: skip
        if not fresh and not self.closed:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), 1.0)
            except TimeoutError:
                return []
            return await self.next(seen)
        seen.update({kind: version for kind, version, _ in fresh})
        return [message for _, _, message in sorted(fresh, key=lambda one: one[1])]

    def say(self, kind: str, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Put a message in the place of the last of its kind."""
        self._version += 1
        self._latest[kind] = (self._version, packed({"kind": kind, **header}, arrays or {}))
        self._wake()

    def _work(self) -> None:
        try:
            self.live = live(self.asked.question, self.asked.seeds, maps=_cells(self.asked))
            self._begin(self.live)
            self._train(self.live)
        except SeedbedError as error:
            self.say("error", {"sentence": str(error)})
        except Exception as error:  # the thread's last door: a page is told, and never waits for nothing
            self.say("error", {"sentence": f"training ended: {type(error).__name__}: {str(error)[:200]}"})

    def _train(self, twins: Live) -> None:
        steps, owed, last = 1, 0.0, time.perf_counter()
        while not self.closed and twins.running:
            if not self._wanted():
                self._go.wait(0.5)
                self._go.clear()
                last, owed = time.perf_counter(), 0.0
                continue
            began = time.perf_counter()
            if self._single:
                count, self._single = self._single, 0
            elif self.pace is None:
                count = steps
            else:
                owed, last = owed + (began - last) * self.pace, began
                count = min(int(owed), 4 * steps)
                owed = min(owed - count, self.pace)
            if count:
                with TURN:
                    frame = twins.advance(min(count, MOST_STEPS))
                took = max(time.perf_counter() - began, 1e-4)
                if count >= steps:  # as many as fill the time of a frame, approached by doubling
                    steps = int(np.clip(steps * min(1 / FRAMES / took, 2.0), 1, MOST_STEPS))
                self._show(frame)
            time.sleep(max(1 / FRAMES - (time.perf_counter() - began), 0.001))
        if not self.closed:
            self._show(twins.frame(), end=True)

    def _wanted(self) -> bool:
        return bool(self._single) or (self.playing and self.watchers > 0)

    def _begin(self, twins: Live) -> None:
        self._ranges = [_range(one) for one in twins.data]
        told = zip(twins.data, twins.points, self._ranges, strict=True)
        data = [_told(one, at, ends) for one, at, ends in told if at is not None]
        names = [name_of(setting.levels) for setting in self.asked.question.settings()]
        self._rows = [[] for _ in names]
        self.say("begin", {"settings": names, "seeds": list(twins.seeds), "cap": twins.cap, "data": data,
                           "aimed": self.asked.question.stop is not None,
                           "target": str(self.asked.question.stop or "")})  # fmt: skip
        self._show(twins.frame())

    def _show(self, frame: Frame, end: bool = False) -> None:
        shown = zip(frame.settings, self._ranges, strict=True)
        maps = [_bytes(one.maps[:, 0], *ends).ravel() for one, ends in shown if one.maps is not None]
        fates = {name: np.concatenate([_whole(getattr(one, f"{name}_step")) for one in frame.settings])
                 for name in ("hit", "diverged", "stop")}  # fmt: skip
        dead, loss = (np.concatenate([last(one, name) for one in frame.settings]) for name in ("dead", "train_loss"))
        arrays = {**fates, "dead": (dead > 0).astype(np.uint8), "loss": loss.astype(np.float32),
                  "maps": np.concatenate(maps)}  # fmt: skip
        self.say("frame", {"step": frame.step, "running": frame.running, "ended": not frame.running}, arrays)
        now = time.perf_counter()
        if now - self._known > CURVES_EVERY or end:
            self._known = now
            self._curves(frame)
        if now - self._said > SAID_EVERY or end:
            self._said = now
            told = said(frame, self.asked.question.stop is not None)
            self.say("said", {**told, "changed": self.changed})

    def _curves(self, frame: Frame) -> None:
        """Quantiles of the traces at every step known; those of earlier steps do not change."""
        for rows, twins in zip(self._rows, frame.settings, strict=True):
            names = [name for name in ("train_loss", "train_accuracy") if name in twins.traces]
            full = {name: twins.held(name) for name in names}
            for at in range(len(rows), twins.steps.size):
                rows.append([int(twins.steps[at]), *(_quantiles(full[name][:, at]) for name in names)])
        self.say("curves", {"rows": self._rows})


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """A message as bytes: the length of what follows, the length of the header, the header, the arrays."""
    layout = [[name, str(array.dtype), int(array.size)] for name, array in arrays.items()]
    text = json.dumps({**header, "arrays": layout}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(np.ascontiguousarray(array).tobytes() + b"\0" * (-array.nbytes % 8) for array in arrays.values())
    sizes = np.array([len(text) + len(body), len(text)], "<u4").tobytes()
    return sizes + text + body


def _told(data: Dataset, points: Points, ends: tuple[float, float]) -> dict[str, Any]:
    """What a page needs to know of the data of a setting and of the places at which its twins are asked."""
    drawn = data.inputs.reshape(-1, *data.shape)[:MOST_DOTS].round(4).tolist() if points.bounds else []
    targets = data.targets.reshape(-1)[:MOST_DOTS].round(4).tolist()
    return {"points": drawn, "targets": targets, "target": data.target, "shape": points.shape, "bounds": points.bounds,
            "range": ends}  # fmt: skip


def _range(data: Dataset) -> tuple[float, float]:
    """The answers between which the colors of a map lie."""
    if data.target == "binary":
        return 0.0, 1.0
    most = float(np.abs(data.targets).max()) or 1.0
    return -most, most


def _cells(asked: Asked) -> int:
    """Cells per side of a twin's map: the more twins, the smaller."""
    twins = len(asked.seeds) * len(asked.question.settings())
    return next(cells for most, cells in ((16, 40), (100, 28), (300, 20), (1024, 14)) if twins <= most)


def _bytes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    scaled = np.clip((values - low) / (high - low), 0, 1) * LEVELS
    return np.where(np.isfinite(scaled), np.rint(np.nan_to_num(scaled)), 255).astype(np.uint8)


def _spread(layer: np.ndarray) -> tuple[float, float]:
    most = float(np.nanmax(np.abs(layer), initial=1e-9))
    return -most, most


def _whole(steps: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(steps), -1, steps).astype(np.int32)


def _quantiles(values: np.ndarray) -> list[float] | None:
    finite = values[np.isfinite(values)]
    return [float(f"{one:.5g}") for one in np.percentile(finite, BANDS)] if finite.size else None


def _plain(trace: np.ndarray) -> list[float | None]:
    return [float(f"{one:.5g}") if np.isfinite(one) else None for one in trace]


__all__ = ["Session", "packed"]
