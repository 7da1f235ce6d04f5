"""Statistics of records: every number with its n, its interval and the method, from NumPy, SciPy and statsmodels.

    hits(record)            when members arrived: shares, survival, order, pairs, what one run would have said
    summarize, compare      the same as JSON-ready lists, for summary.json
    scores                  mean, interquartile mean and quantiles of finite numbers
    pairs                   two settings under the same seeds
    equivalence             whether two settings are equally fast, to within a stated margin
    wilson, holm, logrank   a share, a family of tests, groups of survival curves
    proportions             two shares of different seeds, a share against a published one
    propagation             what infinite width predicts of the signal in a net of random weights
    crossed                 two sources of chance, such as data and initial draws, and the share of each
    sequential              seeds added in blocks until every comparison is settled, valid under peeking
    judge, parse            whether a record supports a statement, in one line of text (`checks`, `verdicts`)
    luck                    what the best of k seeds gains, where seeds 0, 42 and 3407 fall, how many seeds are needed
    curves                  traces: bands at each and at all steps, settings at named steps and by area
    two_sample              two settings or two records: paired where seeds are shared, independent where they are not
    sources                 three or more sources of chance, crossed: the share of the variance that each one is
    noise                   the gradient noise scale, from gradients of batches of two sizes
    ranges                  what eight learning-rate finders read from the loss of a sweep, over seeds
    maps                    how alike the outputs of several kernels on several images are

Nothing is drawn here (`seedbed.figures`), and nothing here knows how a member was trained.
"""

from seedbed.stats import (
    checks,
    curves,
    equivalence,
    luck,
    maps,
    noise,
    pairs,
    proportions,
    ranges,
    scores,
    sequential,
    terms,
    two_sample,
)
from seedbed.stats.checks import Check, Term, parse
from seedbed.stats.comparisons import Comparison, pairwise
from seedbed.stats.crossed import Crossed, crossed
from seedbed.stats.curves import Band
from seedbed.stats.families import Family, holm
from seedbed.stats.hits import Hits, hits
from seedbed.stats.interval import Interval, Significance
from seedbed.stats.luck import Luck, Needed
from seedbed.stats.members import Members, read
from seedbed.stats.order import Order, order
from seedbed.stats.propagation import Propagation, propagation
from seedbed.stats.proportions import wilson
from seedbed.stats.sequential import Decision, Settled
from seedbed.stats.single_run import Chance, OneRun, one_run
from seedbed.stats.sources import Sources, sources
from seedbed.stats.summary import compare, summarize
from seedbed.stats.survival import Curve, Survival, logrank
from seedbed.stats.two_sample import TwoSample
from seedbed.stats.verdicts import Finding, Link, Verdict, judge
from seedbed.stats.words import Overview

__all__ = [
    "Band", "Chance", "Check", "Comparison", "Crossed", "Curve", "Decision", "Family", "Finding", "Hits",
    "Interval", "Link", "Luck", "Members", "Needed", "OneRun", "Order", "Overview", "Propagation", "Settled",
    "Significance", "Sources", "Survival", "Term", "TwoSample", "Verdict", "checks", "compare", "crossed", "curves",
    "equivalence", "hits", "holm", "judge", "logrank", "luck", "maps", "noise", "one_run", "order", "pairs", "pairwise",
    "parse", "propagation", "proportions", "ranges", "read", "scores", "sequential", "sources", "summarize", "terms",
    "two_sample", "wilson",
]  # fmt: skip
