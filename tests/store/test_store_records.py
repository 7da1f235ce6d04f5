"""Questions, records, checkpoints, and the folder itself."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from seedbed import store
from seedbed.errors import StoreError
from seedbed.record import Block, assemble, select
from seedbed.spec import Spec, digest, reaches
from seedbed.store.blocks import DamagedError
from seedbed.vocabulary import data, models, optimizers

PROVENANCE = {"device": "cpu", "width": 8, "profile": "smoke", "compile_seconds": 0.25}


def question() -> Spec:
    spec = Spec(data=data.random_images(), model=models.mlp([4]), loss="cross_entropy", optimizer=optimizers.sgd(0.1),
                steps=8, stop=reaches("train_accuracy", 1.0))  # fmt: skip
    return spec.vary(activation=["relu", "sigmoid"], learning_rate=[0.1, 0.2, 0.4])


def measured(seeds: range, number: int) -> Block:
    values = np.asarray(seeds)[:, None] + 100.0 * number + np.arange(3) / 10
    arrays = {
        "train_loss": values,
        "hit_step": values[:, 0],
        "train_gradient_norm": np.stack([values, -values], axis=-1),
    }
    dims = {"train_loss": ("step",), "train_gradient_norm": ("step", "layer")}
    return Block(np.asarray(seeds), arrays, dims, {"step": [0, 1, 8], "layer": ["hidden", "output"]})


@pytest.fixture
def home(tmp_path):
    return store.create_or_open(tmp_path / "runs")


def fill(home, name="fc", seeds=range(6), **notes):
    asked = question()
    identities = [setting.spec.canonical() for setting in asked.settings()]
    for number, identity in enumerate(identities):
        for stretch in (seeds[: len(seeds) // 2], seeds[len(seeds) // 2 :]):
            home.save(digest(identity), identity, measured(stretch, number))
    home.write_question(name, asked, [digest(identity) for identity in identities], seeds, PROVENANCE | notes)
    return assemble(asked, [measured(seeds, number) for number in range(len(identities))], PROVENANCE)


def test_a_stored_record_is_the_one_assembled_in_memory(home):
    wanted = fill(home)
    xr.testing.assert_identical(store.open_record(home.folder), wanted)
    assert list(wanted.dims)[:3] == ["activation", "learning_rate", "seed"]
    assert float(wanted["hit_step"].sel(activation="sigmoid", learning_rate=0.2, seed=3)) == 403.0
    assert home.verify() == []


def test_a_question_grows_with_more_seeds(home):
    fill(home)
    wanted = fill(home, seeds=range(10))
    xr.testing.assert_identical(home.record("fc"), wanted)
    assert home.questions() == ["fc"]


def test_records_are_named(home):
    with pytest.raises(StoreError, match="holds no record yet"):
        home.record()
    fill(home)
    fill(home, "wide")
    with pytest.raises(StoreError, match="holds 2 records, fc, wide; name one"):
        home.record()
    with pytest.raises(StoreError, match=r'no record "wid" in .*did you mean "wide"'):
        home.record("wid")
    with pytest.raises(StoreError, match="6 settings, got 1 keys"):
        home.write_question("fc", question(), ["a"], range(3), {})
    with pytest.raises(StoreError, match="cannot name a question"):
        fill(home, "../fc")


def test_a_record_that_is_aside_needs_no_naming_of_the_other(home):
    wanted = fill(home)
    fill(home, "sources", aside=True)
    assert home.only() == "fc"
    xr.testing.assert_identical(home.record(), wanted)
    assert home.record("sources").attrs["aside"] is True


def test_a_record_with_a_lost_block_says_which_seeds(home):
    fill(home)
    path = next((home.folder / "blocks" / home.read_question().keys[2]).glob("3-5.*"))
    path.unlink()
    with pytest.raises(StoreError, match=r"seeds 3-5 of the setting \w+ are not in"):
        home.record()


def test_an_altered_question_is_found_out(home):
    fill(home)
    path = home.folder / "questions" / "fc.json"
    path.write_text(path.read_text().replace("sigmoid", "sigmoix", 1))
    with pytest.raises(store.DamagedError, match="another hash than it states"):
        home.record()
    (damage,) = home.verify()
    home.discard(damage)
    assert home.questions() == []
    assert home.verify() == []
    path.write_text("{}")
    assert [damage.reason for damage in home.verify()] == ["it is not a question"]


def test_an_altered_note_is_found_out(home):
    fill(home)
    home.write_note("request", {"study": "four_settings"})
    path = home.folder / "notes" / "request.json"
    path.write_text('{"study": "four')
    with pytest.raises(DamagedError, match=r"request.json is damaged: it is not JSON"):
        home.read_note("request")
    assert [damage.path for damage in home.verify()] == [path]


def test_settings_of_other_lengths_make_one_record(home):
    """Where steps are varied, the grid has the steps of all settings, NaN where one was not recorded, and one cap."""
    asked = question().vary(steps=[1, 8])
    settings = asked.settings()
    blocks = [measured(range(2), number) for number in range(len(settings))]
    for number, setting in enumerate(settings):
        if setting.spec.steps == 1:
            short = {name: array[:, :2] if array.ndim > 1 else array for name, array in blocks[number].arrays.items()}
            blocks[number] = replace(blocks[number], arrays=short, coords=blocks[number].coords | {"step": [0, 1]})
    record = assemble(asked, blocks, PROVENANCE)
    assert record["step"].values.tolist() == [0, 1, 8]
    assert (record.attrs["cap"], record.attrs["longest"]) == (1, 8)
    one, eight = (select(record, {"activation": "relu", "learning_rate": 0.1, "steps": steps}) for steps in (1.0, 8.0))
    assert (one.attrs["cap"], eight.attrs["cap"]) == (1, 8)
    assert np.isfinite(eight["train_loss"].values).all()
    assert np.isnan(one["train_loss"].values).tolist() == [[False, False, True]] * 2
    assert np.isnan(one["train_gradient_norm"].values)[:, 2].all()
    assert np.array_equal(one["train_loss"].values[:, :2], blocks[0].arrays["train_loss"])


def test_a_checkpoint_comes_back_until_it_is_dropped(home):
    assert home.load_checkpoint("group") is None
    state = {"weights/0": np.array([[np.nan, 1.0]], np.float32), "step": np.array(7), "file": np.array([True])}
    home.save_checkpoint("group", state, {"step": 7, "lanes": [0, 1]})
    arrays, meta = home.load_checkpoint("group")
    assert meta == {"step": 7, "lanes": [0, 1]}
    assert set(arrays) == set(state)
    for name, array in state.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    home.save_checkpoint("group", {"step": np.array(8)}, {})
    home.save_checkpoint("group.2", {"step": np.array(1)}, {})
    assert home.load_checkpoint("group")[0]["step"] == 8
    assert len(list((home.folder / "checkpoints").iterdir())) == 2
    home.drop_checkpoint("group")
    home.drop_checkpoint("group")
    assert home.load_checkpoint("group") is None
    assert home.load_checkpoint("group.2") is not None
    with pytest.raises(StoreError, match="type object"):
        home.save_checkpoint("group", {"x": np.array([{}], object)}, {})


def test_a_damaged_checkpoint_falls_back_to_the_one_before(home):
    home.save_checkpoint("group", {"step": np.array(1)}, {})
    (first,) = (home.folder / "checkpoints").iterdir()
    kept = first.read_bytes()
    home.save_checkpoint("group", {"step": np.array(2)}, {})
    (second,) = (home.folder / "checkpoints").iterdir()
    first.write_bytes(kept)  # killed before the previous one was removed
    assert home.load_checkpoint("group")[0]["step"] == 2
    second.write_bytes(second.read_bytes()[:50])
    assert home.load_checkpoint("group")[0]["step"] == 1
    assert [damage.path for damage in home.verify()] == [second]
    first.write_bytes(b"")
    assert home.load_checkpoint("group") is None
    first.rename(first.with_name("stray"))
    assert len(home.verify()) == 2


def test_a_store_is_made_once_and_opened_after(tmp_path):
    made = store.create_or_open(tmp_path / "deep" / "er" / "runs")
    assert store.create_or_open(made.folder) == store.open_existing(str(made.folder)) == made
    assert json.loads((made.folder / "seedbed-store.json").read_text()) == {"format": 1}


def test_what_is_not_a_store_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"not a store and not empty, it holds notes.txt; choose another folder"):
        store.create_or_open(tmp_path)
    with pytest.raises(StoreError, match="a file stands where a folder belongs"):
        store.create_or_open(tmp_path / "notes.txt")
    with pytest.raises(StoreError, match="a file stands where a folder belongs"):
        store.create_or_open(tmp_path / "notes.txt" / "runs")
    with pytest.raises(StoreError, match=r"no store at .*absent; give the folder that holds seedbed-store.json"):
        store.open_existing(tmp_path / "absent")
    store.create_or_open(tmp_path / "record")
    with pytest.raises(StoreError, match=r"there are some in its folders record"):
        store.open_record(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "record"]


def test_a_newer_or_damaged_store_is_refused(tmp_path):
    home = store.create_or_open(tmp_path)
    marker = home.folder / "seedbed-store.json"
    marker.write_text('{"format": 2, "more": "things"}')
    for door in (store.create_or_open, store.open_existing):
        with pytest.raises(StoreError, match="has format 2, this seedbed reads up to 1; upgrade seedbed"):
            door(tmp_path)
    for broken in ("", "[]", "{}", "{"):
        marker.write_text(broken)
        with pytest.raises(StoreError, match="is damaged; restore it"):
            store.create_or_open(tmp_path)
