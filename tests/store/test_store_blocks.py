"""What is saved is what is loaded; what is damaged is named; what is missing is run."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seedbed import store
from seedbed.errors import StoreError
from seedbed.record import Block
from seedbed.spec import digest

IDENTITY = {"activation": "relu", "steps": 10}
KEY = digest(IDENTITY)
HERE = {"endianness": "="}  # joining turns numbers of a foreign byte order into native ones, of the same value
DTYPES = st.one_of(hnp.floating_dtypes(**HERE), hnp.integer_dtypes(**HERE), hnp.boolean_dtypes(),
                   hnp.complex_number_dtypes(**HERE), hnp.unicode_string_dtypes(max_len=5, **HERE),
                   hnp.byte_string_dtypes(max_len=5))  # fmt: skip
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)
LABELS = st.one_of(
    st.text(max_size=4), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)


def block(first: int, last: int, scale: float = 1.0) -> Block:
    """Seeds first..last with values that depend on the seed alone."""
    seeds = np.arange(first, last + 1)
    trace = scale * np.sin(seeds[:, None] + np.arange(5.0))
    return Block(seeds, {"train_loss": trace, "hit_step": seeds * 2.0}, {"train_loss": ("step",)},
                 {"step": [0, 1, 2, 4, 8]}, {"device": "cpu", "width": 4})  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return store.create_or_open(tmp_path / "runs")


def same(one: Block, other: Block) -> None:
    np.testing.assert_array_equal(one.seeds, other.seeds)
    assert set(one.arrays) == set(other.arrays)
    for name, array in one.arrays.items():
        assert array.dtype == other.arrays[name].dtype
        assert array.shape == other.arrays[name].shape
        assert array.tobytes() == other.arrays[name].tobytes()  # every bit, NaN payloads too
    assert {k: tuple(v) for k, v in one.dims.items()} == {k: tuple(v) for k, v in other.dims.items()}
    assert {k: list(v) for k, v in one.coords.items()} == {k: list(v) for k, v in other.coords.items()}
    assert dict(one.meta) == dict(other.meta)


@st.composite
def blocks(draw):
    first, n = draw(st.integers(0, 10**6)), draw(st.integers(1, 4))
    length = draw(st.integers(0, 3))
    arrays, dims = {}, {}
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        deep = draw(st.booleans())
        arrays[name] = draw(hnp.arrays(draw(DTYPES), (n, length) if deep else (n,)))
        if deep:
            dims[name] = ("layer",)
    coords = {"layer": draw(st.lists(LABELS, min_size=length, max_size=length))}
    meta = draw(st.dictionaries(NAMES, st.one_of(LABELS, st.none(), st.lists(LABELS, max_size=2)), max_size=3))
    return np.arange(first, first + n), arrays, dims, coords, meta  # no Block yet: beartype draws from random


@given(parts=blocks())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_loaded_block_is_the_saved_one(tmp_path_factory, parts):
    one = Block(*parts)
    home = store.create_or_open(tmp_path_factory.mktemp("property"))
    home.save(KEY, IDENTITY, one)
    same(home.load(KEY, one.seeds), one)
    assert home.verify() == []


def test_load_gives_exactly_the_seeds_asked_for_in_their_order(home):
    for first, last in ((8, 15), (0, 7), (16, 19)):
        home.save(KEY, IDENTITY, block(first, last))
    whole = block(0, 19)
    for seeds in (range(20), [3], [17, 2, 9], range(6, 18)):
        same(home.load(KEY, seeds), whole.select(np.array(seeds)))


def test_overlapping_blocks_are_the_same_seeds_once(home):
    home.save(KEY, IDENTITY, block(0, 7))
    home.save(KEY, IDENTITY, block(4, 11))
    assert home.seeds_of(KEY).tolist() == list(range(12))
    same(home.load(KEY, range(12)), block(0, 11))


def test_meta_says_where_blocks_were_made_differently(home):
    for first, device in ((0, "cpu"), (4, "gpu")):
        one = block(first, first + 3)
        meta = {"device": device, "width": 4, "wall_seconds": 1.5}
        home.save(KEY, IDENTITY, Block(one.seeds, one.arrays, one.dims, one.coords, meta))
    assert home.load(KEY, range(8)).meta == {"device": ["cpu", "gpu"], "width": 4, "wall_seconds": 3.0}


def test_missing_is_what_a_run_has_left_to_do(home):
    assert home.missing(KEY, range(4)) == [0, 1, 2, 3]
    home.save(KEY, IDENTITY, block(2, 5))
    assert home.missing(KEY, range(8)) == [0, 1, 6, 7]
    with pytest.raises(StoreError, match=r"seeds 0-1, 6-7 of the setting \w+ are not in .*; run them first"):
        home.load(KEY, range(8))
    home.save(KEY, IDENTITY, block(0, 1))
    home.save(KEY, IDENTITY, block(6, 7))
    assert home.missing(KEY, range(8)) == []
    same(home.load(KEY, range(8)), block(0, 7))
    assert home.missing(KEY, range(10)) == [8, 9]  # more seeds later


def test_equal_blocks_are_one_file(home):
    assert home.save(KEY, IDENTITY, block(0, 3)) == home.save(KEY, IDENTITY, block(0, 3))
    assert len(list((home.folder / "blocks" / KEY).iterdir())) == 1


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [truncate, empty, flip])
def test_a_damaged_block_is_named_discarded_and_run_again_alone(home, harm):
    home.save(KEY, IDENTITY, block(0, 3))
    path = home.save(KEY, IDENTITY, block(4, 7))
    harm(path)
    with pytest.raises(store.DamagedError, match=r"seeds 4-7 .*truncated or altered") as caught:
        home.load(KEY, range(8))
    same(home.load(KEY, range(4)), block(0, 3))
    (damage,) = home.verify()
    assert (damage,) == caught.value.damages
    assert damage.path == path
    assert not damage.harmless
    home.discard(damage)
    assert home.missing(KEY, range(8)) == [4, 5, 6, 7]
    home.save(KEY, IDENTITY, block(4, 7))
    assert home.verify() == []
    same(home.load(KEY, range(8)), block(0, 7))


def test_every_single_bit_counts(home):
    path = home.save(KEY, IDENTITY, block(0, 0))
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for bit in rng.integers(0, 8 * len(good), 40):
        data = bytearray(good)
        data[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(bytes(data))
        assert len(home.verify()) == 1
    path.write_bytes(good)
    assert home.verify() == []


def test_a_damaged_copy_does_not_hide_a_good_one(home):
    truncate(home.save(KEY, IDENTITY, block(0, 7)))
    home.save(KEY, IDENTITY, block(0, 3))
    home.save(KEY, IDENTITY, block(4, 7))
    same(home.load(KEY, range(8)), block(0, 7))
    assert len(home.verify()) == 1


def test_discard_spares_a_block_made_good_meanwhile(home):
    path = home.save(KEY, IDENTITY, block(0, 3))
    truncate(path)
    (damage,) = home.verify()
    home.save(KEY, IDENTITY, block(0, 3))
    home.discard(damage)
    assert path.exists()
    with pytest.raises(StoreError, match="not a block of the store"):
        home.discard(store.Damage(home.folder.parent / "elsewhere.npz", "wrong"))


def test_a_block_under_another_name_is_found_out(home):
    path = home.save(KEY, IDENTITY, block(0, 3))
    moved = path.with_name(path.name.replace("0-3.", "4-7."))
    path.rename(moved)
    (damage,) = home.verify()
    assert "other seeds than its name says" in damage.reason
    with pytest.raises(StoreError, match="other seeds"):
        home.load(KEY, range(4, 8))
    other = home.folder / "blocks" / "0123456789abcdef"
    other.mkdir()
    moved.rename(other / path.name)
    (damage,) = home.verify()
    assert f"a block of the setting {KEY}" in damage.reason
    (other / path.name).rename(other / "notes.txt")
    (damage,) = home.verify()
    assert "its name is not that of a block" in damage.reason


def test_a_changed_setting_is_found_out(home):
    home.save(KEY, IDENTITY, block(0, 3))
    path = home.folder / "settings" / f"{KEY}.json"
    assert json.loads(path.read_text()) == IDENTITY
    path.write_text(path.read_text().replace("relu", "tanh"))
    (damage,) = home.verify()
    assert damage.path == path
    home.describe(KEY, IDENTITY)
    assert home.verify() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Block(np.array([0, 2]), {}), "rising stretch"),
        (Block(np.array([], int), {}), "rising stretch"),
        (Block(np.array([1, 0]), {}), "rising stretch"),
        (Block(np.array([-1, 0]), {}), "rising stretch"),
        (Block(np.array([0.0, 1.0]), {}), "rising stretch"),
        (Block(np.arange(2), {"a": np.array([None, "x"], object)}), "type object"),
        (Block(np.arange(2), {"a": np.zeros(2, "V3")}), "never stored"),
        (Block(np.arange(2), {"a": np.zeros(3)}), r"should have shape \(2 seeds\), got \(3,\)"),
        (Block(np.arange(2), {"a": np.zeros((2, 3))}), "name its dims"),
        (Block(np.arange(2), {"a": np.zeros((2, 3))}, {"a": ("step",)}, {"step": [1]}), "3 entries, got 1 labels"),
        (Block(np.arange(2), {}, meta={"x": float("nan")}), "cannot be written as JSON"),
        (Block(np.arange(2), {}, meta={"x": object()}), "object is not plain data"),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(home, wrong, words):
    with pytest.raises(StoreError, match=words):
        home.save(KEY, IDENTITY, wrong)
    assert home.seeds_of(KEY).size == 0
    assert home.verify() == []


def test_a_key_must_be_the_digest_of_its_identity(home):
    with pytest.raises(StoreError, match="has the identity of"):
        home.save(KEY, {"activation": "tanh"}, block(0, 3))
    with pytest.raises(StoreError, match="cannot name a setting"):
        home.load("../elsewhere", range(3))
    with pytest.raises(StoreError, match="no seeds were asked for"):
        home.load(KEY, [])


def test_blocks_of_different_arrays_are_not_joined(home):
    home.save(KEY, IDENTITY, block(0, 3))
    home.save(KEY, IDENTITY, Block(np.arange(4, 8), {"hit_step": np.zeros(4)}))
    with pytest.raises(StoreError, match="differ in arrays or axes"):
        home.load(KEY, range(8))


def test_seed_ranges():
    assert store.seed_ranges([]) == []
    assert store.seed_ranges([4]) == [range(4, 5)]
    assert store.seed_ranges(range(3)) == [range(3)]
