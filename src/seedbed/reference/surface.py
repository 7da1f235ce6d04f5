"""A single neuron at many weights and biases at once, in NumPy: each point of the grid stands as a member."""

import numpy as np

from seedbed.reference.evaluation import look
from seedbed.reference.task import Dataset, task_for
from seedbed.spec import Spec


def surface(spec: Spec, dataset: Dataset, weight: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Output, loss and gradient of a neuron with one input, at points (weight[i], bias[i]); averages over examples."""
    task = task_for(spec, dataset)
    points = np.asarray(weight, np.float64), np.asarray(bias, np.float64)
    weights = [{"weight": points[0][:, None, None], "bias": points[1][:, None]}]
    context = look(task, weights, task.train)
    gradient = context.gradients[0]
    return {
        "prediction": context.prediction.mean(axis=(-1, -2)),
        "objective": np.asarray(context.measured[f"{task.resolved.step}_loss"]),
        "gradient_weight": gradient["weight"][:, 0, 0],
        "gradient_bias": gradient["bias"][:, 0],
    }
