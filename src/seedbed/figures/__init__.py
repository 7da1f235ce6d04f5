"""Figures from records and plain arrays; nothing here trains, tests or estimates."""

from seedbed.figures.arrivals import arrivals, hit_distribution
from seedbed.figures.curves import curves, overlay
from seedbed.figures.functions import FunctionRow, function_and_derivative
from seedbed.figures.heat import Descent, heat
from seedbed.figures.images import image_grid, labelled_images
from seedbed.figures.layers import by_layer
from seedbed.figures.ranks import order, probabilities
from seedbed.figures.style import save
from seedbed.figures.surfaces import Panel, interactive_surfaces, surfaces

__all__ = ["Descent", "FunctionRow", "Panel", "arrivals", "by_layer", "curves", "function_and_derivative", "heat",
           "hit_distribution", "image_grid", "interactive_surfaces", "labelled_images", "order", "overlay",
           "probabilities", "save", "surfaces"]  # fmt: skip
