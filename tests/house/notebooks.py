"""The notebooks in docs/, executed: `python -m tests.house.notebooks` writes their outputs again.

A cell is run as Jupyter runs it: its last line is shown, as a picture or a table where the value has one, else as text.
Magic commands are not known.
"""

import ast
import base64
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.ipynb"))


def outputs(page):
    """The outputs of every cell of code, in order, in the form in which a notebook keeps them."""
    names = {"__name__": "__main__"}
    return [_run("".join(cell["source"]), names) for cell in page["cells"] if cell["cell_type"] == "code"]


def _run(source, names):
    lines = ast.parse(source).body
    last = lines.pop() if lines and isinstance(lines[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(lines, []), "cell", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    streams = [{"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())}]
    shown = [] if value is None else [{"output_type": "display_data", "metadata": {}, "data": _data(value)}]
    return (streams if printed.getvalue() else []) + shown


def _data(value):
    data = {"text/plain": _lines(repr(value))}
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None  # None of matplotlib's figures
    if html is not None:
        data["text/html"] = _lines(html)
    if hasattr(value, "_repr_png_"):
        data["image/png"] = base64.b64encode(value._repr_png_()).decode()
    return data


def _lines(text):
    return text.splitlines(keepends=True)


def main():
    """Run every notebook in a folder of its own and write its outputs into it."""
    for path in PAGES:
        page = json.loads(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            found = iter(outputs(page))
        for number, cell in enumerate((cell for cell in page["cells"] if cell["cell_type"] == "code"), start=1):
            cell["outputs"], cell["execution_count"] = next(found), number
        path.write_text(json.dumps(page, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    main()
