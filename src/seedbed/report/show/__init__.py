"""Blocks of a page: words that a study lists, each a function of the context that yields items.

curves, by_layer, over_time   how quantities develop while members train
arrivals, fates               when members arrive, and how they end
scores, compare, interaction  the study's one number per member: a table, pairs or a baseline, two factors together
single_runs                   what one run would have said, and how many seeds are needed
best_of, by_epoch_table       what the best of several runs adds; means epoch by epoch, of an outcome of `by_epoch`
cost                          parameters, examples and operations of networks side by side
generalization                accuracy and loss on both splits, and the gap between them
step_times                    milliseconds of a training step
sweep, spreads_of             the loss against a rate that grows, and what each finder reads (as a block, as data)
confusion                     which class is taken for which, and the accuracy of each class
published                     published single runs beside the distribution, from the claims
images, kernels               what a network sees, and what its first layer learned
renamed                       a block with other names for its figures, where a page shows it of several records

For blocks of one's own, numbers as text: `percent`, `hundredths` (a share with two decimals), `number`, `p_value`,
`interval` (an estimate with its interval in any form), `share` and `tenths` (shares with intervals), `times` and
`plain` (ratios); `file_name` names a figure; `arrival_figures` are those of `arrivals`; `layers`, `parameter_count`,
`training_operations` count what a model costs.

Nothing heavy is imported here: statistics and figures are loaded when a block is shown.
"""

from seedbed.report.numbers import file_name, hundredths, interval, number, p_value, percent, share, tenths
from seedbed.report.operations import layers, parameter_count, training_operations
from seedbed.report.show.arriving import arrival_figures, arrivals
from seedbed.report.show.classes import confusion
from seedbed.report.show.comparing import compare, interaction, scores, single_runs
from seedbed.report.show.costing import cost, costs, plain, ratio, times
from seedbed.report.show.epochs import best_of, by_epoch, by_epoch_table, steps_in_epoch
from seedbed.report.show.generalizing import generalization
from seedbed.report.show.published import published
from seedbed.report.show.renaming import renamed
from seedbed.report.show.seeing import images, images_of, kernels
from seedbed.report.show.sweeping import spreads_of, sweep
from seedbed.report.show.timing import step_times
from seedbed.report.show.training import by_layer, curves, fates, over_time, share_curve

__all__ = [
    "arrival_figures",
    "arrivals",
    "best_of",
    "by_epoch",
    "by_epoch_table",
    "by_layer",
    "compare",
    "confusion",
    "cost",
    "costs",
    "curves",
    "fates",
    "file_name",
    "generalization",
    "hundredths",
    "images",
    "images_of",
    "interaction",
    "interval",
    "kernels",
    "layers",
    "number",
    "over_time",
    "p_value",
    "parameter_count",
    "percent",
    "plain",
    "published",
    "ratio",
    "renamed",
    "scores",
    "share",
    "share_curve",
    "single_runs",
    "spreads_of",
    "step_times",
    "steps_in_epoch",
    "sweep",
    "tenths",
    "times",
    "training_operations",
]
