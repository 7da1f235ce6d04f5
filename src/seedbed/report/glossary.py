"""The words of a report, each in a sentence or two for a student who meets it for the first time.

A report explains those that it uses, so it needs no network and no other page; docs/glossary.md lists all of them.
"""

import re
import sys
from collections.abc import Mapping

HEADING = "Words used here"
# term -> (the pattern by which it is found in a text, what it means)
TERMS: Mapping[str, tuple[str, str]] = {
    "95 % interval": (
        r"95\s?% (bootstrap |Wilson |pointwise |Brookmeyer–Crowley )*interval|95\s?% band",
        "a range made from the runs at hand such that, if the experiment were repeated many times with other seeds, 95 "
        "of 100 such ranges would contain the true value; narrow where many runs agree",
    ),
    "n": (r"\bn\s=\s\d|\bn\s=\s", "the number of networks, or of seeds, behind a number"),
    "seed": (
        r"\bseeds?\b",
        "the number from which all chance in one network is drawn: initial weights, order of examples, and data where "
        "each network has its own",
    ),
    "setting": (r"\bsettings?\b", "one combination of what is varied, such as ReLU with cross-entropy"),
    "member": (r"\bmembers?\b", "one network: one setting under one seed"),
    "step": (r"\bsteps?\b", "one update of the weights; step 0 is the initial draw"),
    "epoch": (r"\bepochs?\b", "one pass over the training set"),
    "cap": (r"\bcap\b", "the last step that was run; a member that has not arrived by then is known only to be later"),
    "arrived": (r"\barriv", "the target was reached, for the first time, at or before the cap"),
    "dead": (
        r"\bdead\b",
        "finite weights, the same output for every example, and no gradient: such a network cannot learn any more",
    ),
    "diverged": (r"\bdiverged\b", "a loss or a weight is no finite number any more"),
    "median": (r"\bmedians?\b", "the value that half of the members lie below"),
    "restricted mean": (
        r"restricted means?",
        "the mean of the steps taken, a member that never arrived counting with the cap; unlike a mean of those that "
        "arrived, it does not leave the slow ones out",
    ),
    "paired by seed": (
        r"paired by seed",
        "settings are compared seed by seed, so that what a seed does to all of them alike is taken out",
    ),
    "told apart": (
        r"told apart",
        "the difference is larger than chance explains, at 5 %: where there is none, one experiment in 20 would say so",
    ),
    "Holm-adjusted": (
        r"Holm",
        "p values made larger where many are looked at together, so that the chance of any false alarm among them is "
        "5 %",
    ),
    "p": (
        r"\bp\s?[=<(]|p values?|\bp from",
        "how often chance alone would give a difference at least as large as the one seen",
    ),
    "one run misleads": (
        r"[Oo]ne run",
        "how often one network of each setting, each with its own seed, gives another order than all together",
    ),
    "bootstrap": (
        r"bootstrap|resampled",
        "an interval made by drawing the seeds again and again with replacement, the number computed each time; BCa "
        "corrects it for skew",
    ),
    "noise scale": (
        r"noise scale",
        "how many examples a batch needs for its gradient to be as much signal as noise: the variance of one example's "
        "gradient by the square of the mean gradient",
    ),
    "B_crit": (
        r"B_crit|critical batch",
        "the batch size at which updates and examples to a target are both twice the least that any size needs",
    ),
    "Wilson": (r"\bWilson", "an interval of a share that is right also where all or none of the members are counted"),
    "Kaplan–Meier": (
        r"Kaplan–Meier|Brookmeyer–Crowley",
        "estimates of when members arrive that use those which had not arrived by the cap; Brookmeyer and Crowley's is "
        "the interval of a median made from them",
    ),
    "power": (r"\bpower\b", "the chance to see a difference that is there"),
    "set-up differs": (
        r"set-up differs|another set-up",
        "the published run, or this one, was set up otherwise than the statement assumes, so it is not judged",
    ),
    "simultaneous band": (
        r"bands hold at all steps",
        "a band that contains the whole true curve with the chance named",
    ),
    "gradient": (r"\bgradients?\b", "how the loss changes with each weight; training goes a step against it"),
}


def used(text: str) -> dict[str, str]:
    """The terms that occur in a text, with what they mean, in the order of the table.

    >>> list(used("Two members arrived."))
    ['member', 'arrived']
    """
    return {term: meaning for term, (pattern, meaning) in TERMS.items() if re.search(pattern, text)}


def listed(terms: Mapping[str, str]) -> str:
    """Terms with their meanings as a Markdown list."""
    return "\n".join(f"- **{term}**: {meaning}" for term, meaning in terms.items())


def page() -> str:
    """docs/glossary.md: every term."""
    every = {term: meaning for term, (_, meaning) in TERMS.items()}
    return f"# Words of a report\n\nEvery report explains those that it uses.\n\n{listed(every)}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
