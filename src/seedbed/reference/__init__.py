"""Every part once more in plain NumPy, with hand-derived gradients, and a training engine without any framework.

The oracle in tests and the explanation for learners. Read in this order: `twin`, `activations`, `losses`, `layers`,
`windows`, `convolution`, `pooling`, `regularizers`, `steps`, `composed`, `network`, `models`, `evaluation`,
`optimizers`, `schedules`, `train`. Examples are rows, dense weights are `(fan_in, fan_out)`, a layer is x @ w + b.
`replay` and `variation` run networks again that were trained elsewhere.
"""

from seedbed.reference.activations import ACTIVATIONS, OUTPUTS
from seedbed.reference.evaluation import ProbeContext, look
from seedbed.reference.initializers import INITIALIZERS
from seedbed.reference.losses import LOSSES, Loss, loss_for
from seedbed.reference.metrics import METRICS
from seedbed.reference.models import LAYERS, cnn, mlp, network_for, neuron
from seedbed.reference.network import Network, backward, forward, initial_weights
from seedbed.reference.optimizers import OPTIMIZERS, Optimizer
from seedbed.reference.probes import PROBES
from seedbed.reference.replay import replay, replay_layers
from seedbed.reference.schedules import SCHEDULES
from seedbed.reference.task import Batch, Task, task_for
from seedbed.reference.train import train
from seedbed.reference.twin import Twin
from seedbed.reference.variation import Variation, variation

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "OUTPUTS",
    "PROBES",
    "SCHEDULES",
    "Batch",
    "Loss",
    "Network",
    "Optimizer",
    "ProbeContext",
    "Task",
    "Twin",
    "Variation",
    "backward",
    "cnn",
    "forward",
    "initial_weights",
    "look",
    "loss_for",
    "mlp",
    "network_for",
    "neuron",
    "replay",
    "replay_layers",
    "task_for",
    "train",
    "variation",
]
