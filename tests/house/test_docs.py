"""What is written about seedbed is what seedbed does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.cli.manual import manual
from seedbed.report import glossary

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "LOG.md", *(ROOT / "docs").glob("*.md")]


def test_the_command_line_s_page_is_the_live_help():
    assert (ROOT / "docs" / "cli.md").read_text() == manual(), "run: make docs"


def test_the_glossary_is_what_reports_explain():
    assert (ROOT / "docs" / "glossary.md").read_text() == glossary.page(), "run: make docs"


def test_the_tree_in_the_readme_is_the_tree():
    named = set(re.findall(r"^  (\w+)(?:\.py|/)", README.split("src/seedbed/")[1].split("```")[0], re.MULTILINE))
    there = {
        path.stem
        for path in (ROOT / "src" / "seedbed").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert named == there - {"__init__"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_project_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        if not link.endswith((".png", ".svg")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_on_a_page_asks_a_valid_question(page, tmp_path, monkeypatch):
    """Everything but the training is executed: a block is cut at the line that runs it."""
    monkeypatch.chdir(tmp_path)
    program = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    compile(program, page.name, "exec", dont_inherit=True)
    exec(program.split("record = sb.run(")[0], {"__name__": "page"})


@pytest.mark.slow
def test_the_page_on_own_questions_runs_to_its_end(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "your_own_question.md").read_text()
    monkeypatch.chdir(tmp_path)
    program = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    checks = (
        "\nassert again.sizes['seed'] == 256 and record.sizes['seed'] == 64\nassert outcome.folder.name == 'ring'\n"
    )
    checks += "parts = sb.run(mine, seeds=2)\nassert float(parts['final_train_far_off'].max()) <= 1\n"
    checks += "assert sb.run(models, seeds=4)['hit_step'].sizes['model'] == 2\n"
    (tmp_path / "page.py").write_text(program + checks)
    optimized = os.environ | {"XLA_FLAGS": "--xla_backend_optimization_level=1"}  # it trains long enough for that
    subprocess.run([sys.executable, "page.py"], check=True, cwd=tmp_path, timeout=600, env=optimized)
    assert (tmp_path / "seedbed-runs" / "ring" / "report.pdf").exists()
    assert (tmp_path / "loss.svg").exists()


def test_commands_on_the_front_page_are_commands():
    words = set(re.findall(r"^(?:\$ )?seedbed (\w+)", README, re.MULTILINE))
    known = set(re.findall(r"^## seedbed (\w+)", (ROOT / "docs" / "cli.md").read_text(), re.MULTILINE))
    assert words
    assert words <= known


def test_make_has_the_five_words_and_torch_is_in_none_of_them():
    makefile = (ROOT / "Makefile").read_text()
    assert set(re.findall(r"^(\w+):", makefile, re.MULTILINE)) >= {"run", "test", "check", "bench", "docs"}
    assert "torch" not in makefile
    pins = (ROOT / "constraints.txt").read_text()
    assert "torch" not in pins
    assert "://" not in pins
    assert all("==" in line for line in pins.splitlines())


def test_every_dependency_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        re.split(r"[^\w-]", name)[0] for name in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert wanted <= pinned


def test_the_module_runs_as_the_manual_says():
    answer = subprocess.run([sys.executable, "-m", "seedbed.cli.manual"], capture_output=True, text=True, timeout=60)
    assert answer.stdout == manual()


def test_what_a_process_is_changed_in_is_told():
    """Every flag that is set stands in the table of docs/trust.md, and no other."""
    from seedbed.engine.devices import FLAGS

    told = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(--xla_[^`]*)`", told)) == set(FLAGS.values())
