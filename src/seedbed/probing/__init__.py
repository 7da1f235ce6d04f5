"""What can be measured at a moment of training. Pure functions; none may change the training.

A `Moment` holds everything one member knows at a step; XLA drops what no probe asks for.
"""

from seedbed.probing.moment import Moment
from seedbed.probing.norms import gradient_norm, weight_norm
from seedbed.probing.path import parameters
from seedbed.probing.signal import dead

PROBES = {"dead": dead, "gradient_norm": gradient_norm, "weight_norm": weight_norm, "parameters": parameters}
DIMS = {"dead": (), "gradient_norm": ("layer",), "weight_norm": ("layer",), "parameters": ("parameter",)}

__all__ = ["DIMS", "PROBES", "Moment", "dead", "gradient_norm", "parameters", "weight_norm"]
