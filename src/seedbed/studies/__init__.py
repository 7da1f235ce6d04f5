"""The catalogue: one file per question, written with seedbed's public names only. No study knows another."""

from seedbed.studies import (
    activation_derivatives,
    adaptive_methods,
    convolution_by_hand,
    depth_or_width,
    detection,
    dying_relu,
    fashion_summary,
    five_nets,
    four_settings,
    gradients_by_depth,
    leaky_rescue,
    lines,
    loss_scale,
    neuron_surfaces,
    normalize_or_drop,
    own_activation,
    perceptron_or_hinge,
    rate_drops,
    rate_levels,
    signal_by_layer,
    softmax_identities,
    xor_boundaries,
    xor_plane,
)
from seedbed.study import Study

TABLE: dict[str, Study] = {
    one.study.name: one.study
    for one in (
        neuron_surfaces,
        four_settings,
        lines,
        detection,
        own_activation,
        loss_scale,
        convolution_by_hand,
        activation_derivatives,
        perceptron_or_hinge,
        softmax_identities,
        normalize_or_drop,
        adaptive_methods,
        signal_by_layer,
        dying_relu,
        leaky_rescue,
        xor_plane,
        xor_boundaries,
        depth_or_width,
        fashion_summary,
        five_nets,
        gradients_by_depth,
        rate_levels,
        rate_drops,
    )
}
