"""The walls between packages stand, and each of them would catch a wrong import."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(root):
    """import-linter's verdict over a tree that has `src/seedbed` and `pyproject.toml`."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())",
         "--no-cache", "--no-logo"],
        cwd=root, env={"PYTHONPATH": str(root / "src"), "PATH": "", "COLUMNS": "120"}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_walls_stand():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout
    assert "4 kept, 0 broken" in result.stdout


WRONG = [
    ("stats/__init__.py", "import seedbed.figures", "A package imports only packages below it"),
    ("vocabulary/losses.py", "import seedbed.spec", "A package imports only packages below it"),
    ("parts/__init__.py", "import seedbed.engine", "A package imports only packages below it"),
    ("helpers/__init__.py", "", "A package imports only packages below it"),
    ("record.py", "import jax", "The reading tier works without jax"),
    ("stats/__init__.py", "import optax", "The reading tier works without jax"),
    ("report/page.py", "def late():\n    import seedbed.procedures.run", "The reading tier works without jax"),
    ("report/page.py", "import matplotlib", "Only figures draws"),
    ("studies/four_settings.py", "import seedbed.studies.neuron_surfaces", "No study knows another"),
]


@pytest.mark.parametrize(("path", "text", "contract"), WRONG)
def test_a_wrong_import_is_caught(copy, path, text, contract):
    file = copy / "src" / "seedbed" / path
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\n{text}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(line.startswith(contract) and line.endswith("BROKEN") for line in result.stdout.splitlines()), (
        result.stdout
    )


def test_every_package_is_under_the_wall_of_its_kind():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers, reading, drawing, _ = contracts
    named = {word for layer in layers["layers"] for word in layer.replace("|", " ").replace(":", " ").split()}
    bare = {name.removeprefix("seedbed.") for name in reading["source_modules"]}
    assert bare == named - {
        "__main__",
        "cli",
        "web",
        "catalogue",
        "studies",
        "procedures",
        "engine",
        "probing",
        "parts",
    }
    assert {name.removeprefix("seedbed.") for name in drawing["source_modules"]} == named - {"__main__", "figures"}
