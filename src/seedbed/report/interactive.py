"""Figures that can be turned: plotly twins as data inside the page, and the script they need beside it.

The script alone is 4.8 MB, so a page loads it from its own folder, once; where it is missing, or WebGL is, or the
page is printed, the still picture stays. Drawing is `seedbed.figures`: here plotly is only asked through the
figure's own methods and never imported.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seedbed.errors import UserError
from seedbed.report.page import Figure

SCRIPT = "plotly.min.js"
MOST_SCENES = 8  # browsers drop the oldest of about 16 WebGL contexts, and weaker ones sooner
SPATIAL = {"cone", "isosurface", "mesh3d", "scatter3d", "streamtube", "surface", "volume"}


def payload(figure: Any) -> str:
    """A plotly figure as JSON that can stand inside a script element."""
    return json.dumps(_data(figure), separators=(",", ":"), sort_keys=True, allow_nan=False).replace("<", "\\u003c")


def script(figure: Any) -> bytes:
    """The plotly script that fits this figure's version."""
    with tempfile.TemporaryDirectory() as folder:
        figure.write_html(Path(folder) / "figure.html", include_plotlyjs="directory")
        return (Path(folder) / SCRIPT).read_bytes()


def check_scenes(figures: Sequence[Figure]) -> None:
    """Refuse a page with more WebGL scenes than a browser keeps alive.

    Raises: UserError.
    """
    scenes = sum(_scenes(figure.interactive) for figure in figures if figure.interactive is not None)
    if scenes > MOST_SCENES:
        raise UserError(
            f"a page holds at most {MOST_SCENES} interactive 3-D scenes, got {scenes}; leave some figures still"
        )


def _data(figure: Any) -> dict[str, Any]:
    return json.loads(figure.to_json())


def _scenes(figure: Any) -> int:
    """WebGL drawings in one figure: each 3-D scene, and one for flat traces drawn by WebGL."""
    traces = _data(figure)["data"]
    spatial = {trace.get("scene", "scene") for trace in traces if trace.get("type") in SPATIAL}
    return len(spatial) + any(str(trace.get("type", "")).endswith("gl") for trace in traces)
