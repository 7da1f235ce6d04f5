"""What can be measured at a moment of training. Pure functions; none may change the training.

A `Moment` holds everything one member knows at a step; XLA drops what no probe asks for.
"""

from seedbed.probing.moment import Moment
from seedbed.probing.norms import gradient_norm, weight_norm
from seedbed.probing.path import first_kernels, largest_weight, parameters, predictions
from seedbed.probing.signal import dead

PROBES = {
    "dead": dead,
    "gradient_norm": gradient_norm,
    "weight_norm": weight_norm,
    "parameters": parameters,
    "largest_weight": largest_weight,
    "first_kernels": first_kernels,
    "predictions": predictions,
}
DIMS = {
    "dead": (),
    "gradient_norm": ("layer",),
    "weight_norm": ("layer",),
    "parameters": ("parameter",),
    "largest_weight": (),
    "first_kernels": ("kernel", "channel", "row", "column"),
    "predictions": ("output", "example"),
}

__all__ = ["DIMS", "PROBES", "Moment", "dead", "first_kernels", "gradient_norm", "largest_weight", "parameters",
           "predictions", "weight_norm"]  # fmt: skip
