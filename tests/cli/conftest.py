import sys

import pytest
import stub_catalogue
from typer.testing import CliRunner

from seedbed.cli.main import app


@pytest.fixture
def seedbed(monkeypatch, tmp_path):
    """The command line with the stub catalogue, in an empty folder; a call returns typer's result."""
    for name, module in stub_catalogue.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDBED_DEBUG", raising=False)
    stub_catalogue.calls.clear()
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])
