"""How long a study will take on this machine, roughly: network-steps times the cost of a step of that size."""

import itertools

from seedbed.catalogue.questions import asked_of
from seedbed.measures import Asked
from seedbed.reference.schedules import in_steps
from seedbed.spec import Spec
from seedbed.study import ProfileName, Study

SECONDS_PER_MULTIPLY = 5e-11  # both cores; forward and backward, small dense nets, batch last
COMPILE_SECONDS = 3.0


def estimate(study: Study, profile: ProfileName) -> str:
    """A phrase such as "1,024 networks, at most about 20 s"; an upper bound, as if no member stopped before the cap.

    >>> from seedbed.studies import TABLE
    >>> estimate(TABLE["four_settings"], "smoke").split(",")[0]
    '32 networks'
    """
    how = study.profile(profile)
    if how.takes:
        return f"about {how.takes}"
    asked = asked_of(study, how).values() if study.ask else ()
    trained = [one for one in asked if isinstance(one, Asked) and one.kind == "training" and one.spec]
    if not trained:
        return "seconds"
    networks, seconds, recipes = 0, 0.0, set[str]()
    for one in trained:
        settings, seeds = one.spec.settings(), len(one.over(range(how.seeds)))  # pyright: ignore[reportOptionalMemberAccess]
        networks += len(settings) * seeds
        seconds += sum(seeds * _steps(setting.spec) * _step(setting.spec) for setting in settings)
        recipes |= {setting.spec.recipe() for setting in settings}
    return f"{networks:,} networks, at most about {_duration(seconds + COMPILE_SECONDS * len(recipes))}"


def _steps(spec: Spec) -> int:
    """The cap in steps; epochs are those of the data's own number of examples, or of sixty thousand."""
    resolved = in_steps(spec, dict(spec.data.options).get("n") or 60_000)
    return resolved.steps if isinstance(resolved.steps, int) else 0


def _step(spec: Spec) -> float:
    """Seconds of one step of one network, from the products of its layers."""
    widths = dict(spec.model.options).get("hidden", ())
    pixels = 1
    for length in dict(spec.data.options).get("shape", (1,)):
        pixels *= length
    layers = [pixels, *widths, 1]
    multiplies = sum(into * out for into, out in itertools.pairwise(layers))
    batch = spec.usual_batch or dict(spec.data.options).get("n", 64)
    return max(3 * multiplies * batch * SECONDS_PER_MULTIPLY, 1e-7)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
