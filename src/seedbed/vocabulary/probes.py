"""Probes by name: what can be measured at the steps of a trace without changing the training.

Those in `BY_CLASS` speak of every split that is judged, as in inference, and have its name in front. Those in
`ON_SPLIT` speak of the whole training split, judged as in inference (dropout off, batch norm with its running
averages); all others of the batch of the step, as it is trained on.
A *hidden layer* is here what an activation inside a model makes of its input z: a = f(z), of every unit and example.
Its signal backward is dL/dz, L being the loss of the batch.
"""

from collections.abc import Mapping, Sequence

from seedbed.vocabulary.numbers import Whole, whole
from seedbed.vocabulary.part import Part, part


def dead() -> Part:
    """1 when every example of the training split gets the same output and no gradient reaches the first layer; else 0.

    Exactly zero, at a finite loss: told apart from *diverged* (a number that is not finite) and from *slow* (a small
    gradient). A dead network may still move the constant it answers with. Weights drawn as exactly zero look dead too,
    as long as they are.
    """
    return part("probe", "dead")


def gradient_norm() -> Part:
    """Euclidean norm of the gradient of the batch's loss with respect to the weights and biases of each layer."""
    return part("probe", "gradient_norm")


def gradient_moments() -> Part:
    """Mean and standard deviation of the gradient of the batch's loss over the weights of each layer, without biases.

    Of n weights the Euclidean norm of their gradient is sqrt(n (mean^2 + std^2)), which under SGD without momentum is
    also ||w' - w|| / rate of the step. The mean is signed: gradients of either sign cancel in it.
    """
    return part("probe", "gradient_moments")


def gradient_noise(parts: Whole = 8) -> Part:
    """Unbiased estimates of |G|^2 and tr(Sigma), from the gradients of as many equal parts of the step's batch.

    G is the gradient of the loss over the population that the examples are drawn from, Sigma the covariance of the
    gradient of one example. With g_k the gradient of part k of n, each of b examples, m the mean of these, and g the
    gradient of the step, which has B examples,

        tr(Sigma) = b / (n - 1) sum_k |g_k - m|^2        |G|^2 = |g|^2 - tr(Sigma) / B

    over all that is trained. The examples of a batch are cut in the order in which they come; of a step made of
    micro-batches the first of these is cut. With as many parts as examples every g_k is that of one example, which says
    most; the probe costs one more pass over what is cut, which is slow in small parts. Dropout draws anew for each
    part, and batch norm sees each part by itself. An estimate of |G|^2 may be negative, so the noise scale
    tr(Sigma) / |G|^2 is the ratio of two means over steps or seeds, `sb.stats.noise.of_record`.

    Raises: PartError where the parts do not divide the batch, or the loss is a sum over examples.
    Source: McCandlish, Kaplan, Amodei 2018, An empirical model of large-batch training, appendix A.
    """
    return part("probe", "gradient_noise", parts=whole(parts, "the parts of gradient_noise", least=2))


def weight_norm() -> Part:
    """Euclidean norm of the weights and biases of each layer."""
    return part("probe", "weight_norm")


def parameters() -> Part:
    """Every weight and bias in a row: layer after layer, the weight (outputs x inputs, row by row), then the bias.

    For small networks: a trace of it is the path of the descent.
    """
    return part("probe", "parameters")


def largest_weight() -> Part:
    """Largest absolute value among all weights and biases."""
    return part("probe", "largest_weight")


def first_kernels() -> Part:
    """Weights of the first convolution (kernel, channel, row, column), kept where a member stops only."""
    return part("probe", "first_kernels")


def first_weights() -> Part:
    """Weights of the first layer (unit, input), kept where a member stops only; of a convolution, kernel by kernel.

    Unlike `first_kernels` of any layer, also of a dense one. The weights of a kernel stand channel by channel, row by
    row. Where settings differ in their first layers, NaN fills up the smaller ones.
    """
    return part("probe", "first_weights")


def predictions() -> Part:
    """Answers to the training split (output, example), all heads in a row, kept where a member stops only."""
    return part("probe", "predictions")


def update_ratio() -> Part:
    """Norm of the update that the batch makes to a layer's weights and biases, divided by their norm; 0 for none."""
    return part("probe", "update_ratio")


def activation_moments() -> Part:
    """Mean and standard deviation of a over all units and examples of the batch, for each hidden layer."""
    return part("probe", "activation_moments")


def activation_quantiles() -> Part:
    """A hundred evenly spaced quantiles of a over all units and examples of the batch, for each hidden layer.

    Order statistics: of n numbers the one in place floor(q n) from 0, at q = 0.005, 0.015, ..., 0.995.
    """
    return part("probe", "activation_quantiles")


def backward_moments() -> Part:
    """Mean and standard deviation of dL/dz over all units and examples of the batch, for each hidden layer."""
    return part("probe", "backward_moments")


def backward_quantiles() -> Part:
    """A hundred evenly spaced quantiles of dL/dz over the batch, as for `activation_quantiles`."""
    return part("probe", "backward_quantiles")


def dead_units() -> Part:
    """Share of units of each hidden layer that answer all of the training split alike; of images, in every place.

    A ReLU unit that is 0 for the whole split counts, and so does a sigmoid unit that single precision rounds to 1.
    """
    return part("probe", "dead_units")


def norm_parameters() -> Part:
    """What every batch norm has learned, unit by unit: scale and shift (gamma, beta), running mean and variance.

    The layers stand in the order of the model; a layer with fewer units than the widest has NaN in the places left
    over. Scale and shift are trained by the gradient, the running averages follow the batches.
    """
    return part("probe", "norm_parameters")


def norm_inputs() -> Part:
    """Mean and variance (dividing by n - 1) of what reaches every batch norm, unit by unit, with dropout off.

    Of the batch of the step, which goes through once more with nothing dropped while every batch norm uses the
    statistics of this batch: what the running averages of `norm_parameters` would be if they were estimated anew. The
    ratio of the two variances is the *variance shift*.

    Source: Li, Chen, Hu, Yang 2018, Understanding the disharmony between dropout and batch normalization.
    """
    return part("probe", "norm_inputs")


def unit_inputs() -> Part:
    """The 15th, 50th and 85th percentile of the input z of the first unit of each hidden layer, over the batch.

    Of images the first channel, in all places. Order statistics: of n numbers the one in place floor(q n) from 0.

    Source: Ioffe, Szegedy 2015, Batch normalization, figure 1.
    """
    return part("probe", "unit_inputs")


def unit_correlation() -> Part:
    """Mean |correlation| of two units of each hidden layer, over all pairs, as the network is judged (dropout off).

    Over the examples of the batch; of images between channels, over examples and places. Units that answer all alike
    are left out; NaN where fewer than two are left.
    """
    return part("probe", "unit_correlation")


def confusion() -> Part:
    """How many examples of each class (true) are given each class (predicted), of every split that is judged.

    The record has it as `test_confusion`, `train_confusion` and so on, judged as in inference. A binary label and a
    sign are two classes; of several heads, the only one with labels counts. An example whose scores are not finite is
    given no class.
    """
    return part("probe", "confusion")


def class_accuracy() -> Part:
    """Share of the examples of each class that are given it, TP / P, of every split that is judged.

    The record has it as `test_class_accuracy` and so on; NaN for a class without examples in the split.
    """
    return part("probe", "class_accuracy")


DIMS: Mapping[str, tuple[str, ...]] = {
    "dead": (),
    "gradient_norm": ("layer",),
    "gradient_moments": ("layer", "moment"),
    "gradient_noise": ("estimate",),
    "weight_norm": ("layer",),
    "update_ratio": ("layer",),
    "parameters": ("parameter",),
    "largest_weight": (),
    "first_kernels": ("kernel", "channel", "row", "column"),
    "first_weights": ("first_unit", "first_input"),
    "predictions": ("output", "example"),
    "activation_moments": ("hidden", "moment"),
    "activation_quantiles": ("hidden", "quantile"),
    "backward_moments": ("hidden", "moment"),
    "backward_quantiles": ("hidden", "quantile"),
    "dead_units": ("hidden",),
    "norm_parameters": ("norm", "unit", "learned"),
    "norm_inputs": ("norm", "unit", "statistic"),
    "unit_inputs": ("hidden", "percentile"),
    "unit_correlation": ("hidden",),
    "confusion": ("true", "predicted"),
    "class_accuracy": ("class",),
}
QUANTILES = tuple(round((place + 0.5) / 100, 3) for place in range(100))
PERCENTILES = (15, 50, 85)
LABELS: Mapping[str, Sequence[str | float]] = {
    "quantile": QUANTILES,
    "moment": ("mean", "std"),
    "estimate": ("squared gradient", "variance"),
    "learned": ("scale", "shift", "running mean", "running variance"),
    "statistic": ("mean", "variance"),
    "percentile": PERCENTILES,
}
ON_SPLIT = frozenset({"dead", "dead_units", "predictions"})
BY_CLASS = frozenset({"confusion", "class_accuracy"})  # of each judged split, as <split>_<probe>
AT_THE_END = frozenset({"first_kernels", "first_weights", "predictions"})  # too large for a trace
WORDS = (dead, gradient_norm, gradient_moments, gradient_noise, weight_norm, update_ratio, parameters, largest_weight,
         first_kernels, first_weights, predictions, activation_moments, activation_quantiles, backward_moments,
         backward_quantiles, dead_units, norm_parameters, norm_inputs, unit_inputs, unit_correlation, confusion,
         class_accuracy)  # fmt: skip
TABLE = {word.__name__: word for word in WORDS}
