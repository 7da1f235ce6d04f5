"""seedbed: how neural networks learn, over thousands of seeds at once.

This module is the public face: `seedbed.__all__` lists every public name (docs/api.md says what each is for), and a
name is imported when it is first used. `import seedbed` alone loads neither numpy nor jax, so the command line starts
at once, and the reading side (records, statistics, figures, reports) works where jax is absent.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed import errors, figures, measures, report, stats
    from seedbed.catalogue import run_study
    from seedbed.datasets.points import CURVES as formulas  # noqa: N811 - read as sb.formulas["abs"]
    from seedbed.measures import after
    from seedbed.procedures.finding import find_rate
    from seedbed.procedures.finding_batch import find_batch_size
    from seedbed.procedures.live import live
    from seedbed.procedures.members import open_record as open  # noqa: A004 - read as sb.open, like xarray.open_dataset
    from seedbed.procedures.run import run
    from seedbed.record import derive, name_of, rows
    from seedbed.reference.replay import replay, replay_layers
    from seedbed.reference.variation import variation
    from seedbed.report import show
    from seedbed.report.context import Context
    from seedbed.report.page import Answer, Figure, Formula, Page, Prose, Reading, Section, Table
    from seedbed.spec import Spec, every, falls_to, reaches
    from seedbed.studies.own_activation import own_activation
    from seedbed.study import Claim, Profile, Study
    from seedbed.study import Score as score  # noqa: N813 - read as sb.score("hit_step")
    from seedbed.vocabulary import (
        activations,
        data,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        probes,
        schedules,
    )
    from seedbed.vocabulary.lengths import epochs
    from seedbed.vocabulary.part import Dial, Part, own

__version__ = "0.1.0"
__all__ = [
    "Answer", "Claim", "Context", "Dial", "Figure", "Formula", "Page", "Part", "Profile", "Prose", "Reading",
    "Section", "Spec", "Study", "Table", "__version__", "activations", "after", "data", "derive", "epochs", "errors",
    "every", "falls_to", "figures", "find_batch_size", "find_rate", "formulas", "initializers", "layers", "live",
    "losses", "measures", "metrics", "models", "name_of", "open", "optimizers", "own", "own_activation", "probes",
    "reaches", "replay", "replay_layers", "report", "rows", "run", "run_study", "schedules", "score", "show", "stats",
    "variation",
]  # fmt: skip

# Where each name lives: a module, or "module:name in it".
_HOMES = {
    **{name: f"seedbed.spec:{name}" for name in ("Spec", "every", "falls_to", "reaches")},
    **{name: f"seedbed.study:{name}" for name in ("Claim", "Profile", "Study")},
    **{name: f"seedbed.vocabulary.part:{name}" for name in ("Dial", "Part", "own")},
    **{
        name: f"seedbed.report.page:{name}"
        for name in ("Answer", "Figure", "Formula", "Page", "Prose", "Reading", "Section", "Table")
    },
    **{name: f"seedbed.{name}" for name in ("errors", "figures", "measures", "report", "stats")},
    **{name: f"seedbed.record:{name}" for name in ("derive", "name_of", "rows")},
    **{name: f"seedbed.reference.replay:{name}" for name in ("replay", "replay_layers")},
    "epochs": "seedbed.vocabulary.lengths:epochs",
    "variation": "seedbed.reference.variation:variation",
    "own_activation": "seedbed.studies.own_activation:own_activation",
    "formulas": "seedbed.datasets.points:CURVES",
    "show": "seedbed.report.show",
    "Context": "seedbed.report.context:Context",
    "score": "seedbed.study:Score",
    "after": "seedbed.measures:after",
    "run_study": "seedbed.catalogue:run_study",
    "find_batch_size": "seedbed.procedures.finding_batch:find_batch_size",
    "find_rate": "seedbed.procedures.finding:find_rate",
    "live": "seedbed.procedures.live:live",
    "run": "seedbed.procedures.run:run",
    "open": "seedbed.procedures.members:open_record",
}
_WORDS = (
    "activations", "data", "initializers", "layers", "losses", "metrics", "models", "optimizers", "probes", "schedules",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _WORDS:
        return import_module(f"seedbed.vocabulary.{name}")
    if name not in _HOMES:
        raise AttributeError(f'module "seedbed" has no public name "{name}" (seedbed.__all__ lists them)')
    home, _, inner = _HOMES[name].partition(":")
    module = import_module(home)
    return getattr(module, inner) if inner else module


def __dir__() -> list[str]:
    return sorted(__all__)
