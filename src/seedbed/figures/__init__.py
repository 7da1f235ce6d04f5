"""Figures from records and plain arrays; nothing here trains, tests or estimates."""

from seedbed.figures.against import against
from seedbed.figures.agreement import agreement
from seedbed.figures.arrivals import arrivals, hit_distribution
from seedbed.figures.bands import bands
from seedbed.figures.confusions import confusions
from seedbed.figures.curves import curves, overlay
from seedbed.figures.depths import AcrossLayers, Spread, across_layers, violins
from seedbed.figures.diagrams import FlowStep, block_diagram
from seedbed.figures.effort import by_effort
from seedbed.figures.estimates import estimates
from seedbed.figures.fates import fates
from seedbed.figures.fits import Fit, fits
from seedbed.figures.functions import FunctionRow, function_and_derivative
from seedbed.figures.heat import Descent, heat
from seedbed.figures.histograms import histograms
from seedbed.figures.images import image_grid, image_rows, labelled_images
from seedbed.figures.kernels import kernel_grid
from seedbed.figures.layers import by_layer
from seedbed.figures.matrices import matrices, one_place
from seedbed.figures.planes import Plane, planes
from seedbed.figures.ranks import order, probabilities
from seedbed.figures.responses import responses
from seedbed.figures.share_curves import ShareCurve, shares
from seedbed.figures.share_maps import share_map
from seedbed.figures.squares import Square, separators, square_maps
from seedbed.figures.strips import strips
from seedbed.figures.style import save
from seedbed.figures.surfaces import Panel, interactive_surfaces, surfaces
from seedbed.figures.sweeps import sweep
from seedbed.figures.traces import drawn, drawn_words
from seedbed.figures.tradeoffs import TradeOff, trade_offs

__all__ = ["AcrossLayers", "Descent", "Fit", "FlowStep", "FunctionRow", "Panel", "Plane", "ShareCurve", "Spread",
           "Square", "TradeOff", "across_layers", "against", "agreement", "arrivals", "bands", "block_diagram",
           "by_effort", "by_layer", "confusions", "curves", "drawn", "drawn_words", "estimates", "fates", "fits",
           "function_and_derivative", "heat", "histograms", "hit_distribution", "image_grid", "image_rows",
           "interactive_surfaces", "kernel_grid", "labelled_images", "matrices", "one_place", "order", "overlay",
           "planes", "probabilities", "responses", "save", "separators", "share_map", "shares", "square_maps", "strips",
           "surfaces", "sweep", "trade_offs", "violins"]  # fmt: skip
