"""What can be measured at a step of training. Pure functions; none may change the training.

A `ProbeContext` holds everything one member knows at a step; XLA drops what no probe asks for.
"""

from seedbed.probing.context import ProbeContext, Signals
from seedbed.probing.normalization import norm_inputs, norm_parameters, unit_correlation, unit_inputs
from seedbed.probing.norms import gradient_moments, gradient_noise, gradient_norm, update_ratio, weight_norm
from seedbed.probing.path import first_kernels, first_weights, largest_weight, parameters, predictions
from seedbed.probing.signal import (
    activation_moments,
    activation_quantiles,
    backward_moments,
    backward_quantiles,
    dead,
    dead_units,
)

PROBES = {
    "dead": dead,
    "gradient_norm": gradient_norm,
    "gradient_moments": gradient_moments,
    "gradient_noise": gradient_noise,
    "weight_norm": weight_norm,
    "update_ratio": update_ratio,
    "parameters": parameters,
    "largest_weight": largest_weight,
    "first_kernels": first_kernels,
    "first_weights": first_weights,
    "predictions": predictions,
    "activation_moments": activation_moments,
    "activation_quantiles": activation_quantiles,
    "backward_moments": backward_moments,
    "backward_quantiles": backward_quantiles,
    "dead_units": dead_units,
    "norm_parameters": norm_parameters,
    "norm_inputs": norm_inputs,
    "unit_inputs": unit_inputs,
    "unit_correlation": unit_correlation,
}

__all__ = ["PROBES", "ProbeContext", "Signals"]
