"""The table of what is measured: a row says which module measures it, with which options, and what that is in words."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One row. `measure(**options)` of the module gives what `shows` names; a case measured once has `rounds` 1."""

    name: str
    suite: str
    words: str
    module: str
    options: dict[str, Any]
    shows: tuple[str, ...]
    rounds: int | None = None


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    members: int = 256
    scale: float = 1.0
    profile: str = "quick"
    seeds: tuple[int, ...] = (256, 1024, 8192)
    started: int = 5


FULL = Size()
QUICK = Size(seeds=(256, 1024))
TINY = Size(members=16, scale=0.01, profile="smoke", seeds=(4, 8), started=1)


def cases(size: Size) -> list[Case]:
    """All rows, in the order of the table."""
    return [*_dense(size), *_narrow(size), *_conv(size), *_pool(size), *_start(size), *_seeds(size), *_statistics(size)]


def _dense(size: Size) -> list[Case]:
    many = {"members": size.members}

    def row(name: str, words: str, module: str, steps: int, **options: Any) -> Case:
        chosen = {"steps": max(int(steps * size.scale), 2), **options}
        return Case(name, "dense", words, module, chosen, ("us",))

    return [
        row("seedbed", "seedbed", "dense_seedbed", 10_000, **many, activation="relu", loss="cross_entropy"),
        row("seedbed-l2", "seedbed, sigmoid + l2", "dense_seedbed", 10_000, **many, activation="sigmoid", loss="l2"),
        row("torch", "PyTorch eager, one network", "dense_torch", 500),
        row("torch-func", "torch.func vmap, eager", "dense_torch_func", 100, **many, compiled=False),
        row("torch-compile", "torch.func vmap, torch.compile", "dense_torch_func", 300, **many, compiled=True),
        row("numpy", "NumPy by hand, one network", "dense_numpy", 1_000),
        row("jax", "jax scan, one network", "dense_jax", 5_000, members=1),
        row("jax-vmap", "jax vmap of batch-first layers", "dense_jax", 500, **many),
        row("c++", "C++ SIMD loop, one core", "dense_floor", 1_000, **many, threads=1),
        row("c++2", "C++ SIMD loop, two cores", "dense_floor", 1_000, **many, threads=2),
    ]


def _narrow(size: Size) -> list[Case]:
    many = {"members": size.members, "steps": max(int(1_000 * size.scale), 2)}
    return [
        Case("seedbed-narrow", "narrow", "seedbed", "narrow_seedbed", many, ("us",)),
        Case("torch-narrow", "narrow", "PyTorch eager, one network", "narrow_torch",
             {"steps": max(int(300 * size.scale), 2)}, ("us",)),
    ]  # fmt: skip


def _conv(size: Size) -> list[Case]:
    rows: list[Case] = []
    for kernel, side, steps in ((7, 16, 60), (3, 8, 300)):
        net = f"{kernel}x{kernel} kernels on {side}x{side}"

        def row(name: str, words: str, steps: float, mark: str = f"{kernel}x{kernel}", net: str = net,
                kernel: int = kernel, side: int = side, **options: Any) -> Case:  # fmt: skip
            chosen = {"kernel": kernel, "size": side, "steps": max(int(steps * size.scale), 2), **options}
            return Case(f"{name}-{mark}", "conv", f"{words}, {net}", f"conv_{name}", chosen, ("us",))

        members = min(size.members, 64)
        rows += [
            row("seedbed", "seedbed", steps, members=members),
            row("torch", "PyTorch eager, one network", 2 * steps),
            row("lax", "lax.conv batched over members by vmap", 2, members=members),
        ]
    return rows


def _pool(size: Size) -> list[Case]:
    steps = max(int(200 * size.scale), 2)
    return [
        Case(f"pool-{layer}-{side}", "pool", f"{layer} on {side}x{side}", "pooling",
             {"layer": layer, "side": side, "steps": steps}, ("us",))
        for side in (6, 12) for layer in ("seedbed", "reduce_window", "nothing")
    ]  # fmt: skip


def _start(size: Size) -> list[Case]:
    run = {"profile": size.profile, "seeds": size.seeds[0]}
    return [
        Case("help", "start", "seedbed --help", "start", {"what": "help", "times": size.started}, ("seconds",), 1),
        Case("cold", "start", f"seedbed run four_settings --seeds {size.seeds[0]}, nothing compiled before", "start",
             {"what": "cold", **run}, ("seconds",), 1),
        Case("first-step", "start", "to the first training steps, compiled before", "start",
             {"what": "first_step", "times": size.started, **run}, ("seconds",), 1),
    ]  # fmt: skip


def _seeds(size: Size) -> list[Case]:
    shows = ("seconds", "seconds_per_seed", "peak_mib")

    def row(seeds: int) -> Case:
        options = {"seeds": seeds, "profile": size.profile}
        return Case(f"seeds-{seeds}", "seeds", f"four_settings, {seeds} seeds", "seeds", options, shows, 1)

    return [row(seeds) for seeds in size.seeds]


def _statistics(size: Size) -> list[Case]:
    seeds = max(int(10_000 * size.scale), 20)
    return [Case("statistics", "statistics", f"all statistics of a report, {seeds:,} seeds x 8 settings", "statistics",
                 {"seeds": seeds}, ("seconds",))]  # fmt: skip
