"""Figures from records and plain arrays; nothing here trains, tests or estimates."""

from seedbed.figures.agreement import agreement
from seedbed.figures.arrivals import arrivals, hit_distribution
from seedbed.figures.curves import curves, overlay
from seedbed.figures.effort import by_effort
from seedbed.figures.fates import fates
from seedbed.figures.fits import Fit, fits
from seedbed.figures.functions import FunctionRow, function_and_derivative
from seedbed.figures.heat import Descent, heat
from seedbed.figures.images import image_grid, labelled_images
from seedbed.figures.kernels import kernel_grid
from seedbed.figures.layers import by_layer
from seedbed.figures.matrices import matrices, one_place
from seedbed.figures.ranks import order, probabilities
from seedbed.figures.responses import responses
from seedbed.figures.shares import ShareCurve, shares
from seedbed.figures.strips import strips
from seedbed.figures.style import save
from seedbed.figures.surfaces import Panel, interactive_surfaces, surfaces

__all__ = ["Descent", "Fit", "FunctionRow", "Panel", "ShareCurve", "agreement", "arrivals", "by_effort", "by_layer",
           "curves", "fates", "fits", "function_and_derivative", "heat", "hit_distribution", "image_grid",
           "interactive_surfaces", "kernel_grid", "labelled_images", "matrices", "one_place", "order", "overlay",
           "probabilities", "responses", "save", "shares", "strips", "surfaces"]  # fmt: skip
