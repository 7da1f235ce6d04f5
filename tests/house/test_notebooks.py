"""The notebooks in docs/ run, and show today what they show on the page."""

import json

import pytest
from notebooks import PAGES, outputs


def kinds(cells):
    return [[output.get("name") or sorted(output["data"]) for output in cell] for cell in cells]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_shows(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = json.loads(path.read_text(encoding="utf-8"))
    kept = [cell["outputs"] for cell in page["cells"] if cell["cell_type"] == "code"]
    assert kinds(outputs(page)) == kinds(kept)
    assert any("image/png" in output.get("data", {}) for cell in kept for output in cell)
    assert any("text/html" in output.get("data", {}) for cell in kept for output in cell)


def test_there_is_one_for_each_kind_of_reader():
    assert [path.stem for path in PAGES] == ["notebook_researcher", "notebook_student", "notebook_teacher"]
    for path in PAGES:
        page = json.loads(path.read_text(encoding="utf-8"))
        assert (page["nbformat"], page["nbformat_minor"]) == (4, 5)
        assert len({cell["id"] for cell in page["cells"]}) == len(page["cells"])
