"""A record as tables: every number of every network stands there once, under its setting and seed."""

import numpy as np
import pandas as pd
import pytest

import seedbed as sb
from seedbed.store.exporting import tables, write_csv


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    question = sb.Spec(
        data="random_images(8, (2, 2))",
        model="mlp([2])",
        loss="l2",
        optimizer="sgd(0.1)",
        steps=3,
        probes=["dead", "gradient_norm"],
    ).vary(learning_rate=[0.1, 1 / 3])
    return sb.run(question, seeds=[3, 5], store=tmp_path_factory.mktemp("runs") / "small")


def test_every_network_has_a_line_and_every_step_of_it_one(record):
    found = tables(record)
    assert len(found["members"]) == 4
    assert found["members"].index.names == ["learning_rate", "seed"]
    assert len(found["traces"]) == 4 * record.sizes["step"]
    assert {name for table in found.values() for name in table} == {
        name for name, variable in record.data_vars.items() if "seed" in variable.dims
    }


def test_files_hold_the_numbers_of_the_record(record, tmp_path):
    written = write_csv(record, tmp_path / "new" / "tables")
    assert {path.stem for path in written} == set(tables(record))
    table = pd.read_csv(tmp_path / "new" / "tables" / "members.csv").set_index(["learning_rate", "seed"])
    kept = record["final_train_loss"].values.ravel()
    assert np.array_equal(table["final_train_loss"].values.astype(np.float32), kept.astype(np.float32))
    assert table.index.to_frame()["seed"].tolist() == [3, 5, 3, 5]


def test_the_command_writes_beside_the_run(record, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from seedbed.cli.main import app

    sb.run(sb.Spec(data="corners", model="neuron", loss="l2", optimizer="sgd(0.1)", steps=2), 2, store=tmp_path / "run")
    answer = CliRunner().invoke(app, ["export", str(tmp_path / "run")])
    assert answer.exit_code == 0, answer.output
    assert str(tmp_path / "run" / "export" / "traces.csv") in answer.stdout
    assert len(pd.read_csv(tmp_path / "run" / "export" / "members.csv")) == 2
    assert CliRunner().invoke(app, ["export", str(tmp_path / "none")]).exit_code == 2
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "run")]).exit_code == 0
    assert sb.open(tmp_path / "run").sizes["seed"] == 2
