"""The catalogue: one file per question, written with seedbed's public names only. No study knows another."""

from seedbed.studies import convolution_by_hand, four_settings, neuron_surfaces
from seedbed.study import Study

TABLE: dict[str, Study] = {one.study.name: one.study for one in (neuron_surfaces, four_settings, convolution_by_hand)}
