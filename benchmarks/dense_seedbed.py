"""The dense net of the study four_settings in the engine."""

import dataclasses
from typing import Any

from benchmarks.engine import OUT_OF_REACH, timed
from seedbed.studies import four_settings


def measure(activation: str, loss: str, members: int, steps: int) -> dict[str, Any]:
    """Time one setting of the study, with a target that no member reaches."""
    question = dataclasses.replace(
        four_settings.ask(four_settings.study.profile("quick")), steps=steps, stop=OUT_OF_REACH
    )
    (spec,) = (one.spec for one in question.settings() if one.levels == {"activation": activation, "loss": loss})
    return timed(spec, members)
