"""Whatever a record needs is listed and hashed, and whatever stands in a store that does not belong there is named."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from seedbed import store
from seedbed.errors import StoreError
from seedbed.record import Block
from seedbed.spec import Spec, digest
from seedbed.store import files, questions
from seedbed.store.blocks import pack
from seedbed.vocabulary import data, models, optimizers


def question(**changes) -> Spec:
    spec = Spec(data=data.random_images(), model=models.mlp([4]), loss="cross_entropy", optimizer=optimizers.sgd(0.1),
                steps=8)  # fmt: skip
    return spec.replace(**changes).vary(activation=["relu", "sigmoid"])


def block(first: int, last: int) -> Block:
    seeds = np.arange(first, last + 1)
    return Block(seeds, {"hit_step": seeds * 2.0}, meta={"device": "cpu"})


def fill(home, name="fc", **changes):
    """A record of two settings with seeds 0 to 7 in two blocks each, and a note."""
    asked = question(**changes)
    identities = [setting.spec.canonical() for setting in asked.settings()]
    keys = [digest(identity) for identity in identities]
    for key, identity in zip(keys, identities, strict=True):
        for first in (0, 4):
            home.save(key, identity, block(first, first + 3))
    home.write_question(name, asked, keys, range(8), {})
    home.write_note("request", {"study": "mine", "seeds": [0, 8]})
    home.write_note("other", {"study": "other", "seeds": [0, 4]})
    return keys


@pytest.fixture
def home(tmp_path):
    return store.create_or_open(tmp_path / "runs")


def only(home):
    (damage,) = home.verify()
    return damage


def exchange(one, other):
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def test_a_whole_record_is_sound(home):
    fill(home)
    fill(home, "wide", steps=9)
    assert home.verify() == []


def test_a_deleted_block_is_missed_until_it_is_there_again(home):
    keys = fill(home)
    path = next((home.folder / "blocks" / keys[1]).glob("4-7.*"))
    path.unlink()
    damage = only(home)
    assert damage.lost
    assert damage.reason == 'what was trained with seeds 4-7 of the record "fc" is gone; the same run makes it again'
    home.discard(damage)  # there is nothing to remove, and what is whole stays
    assert home.missing(keys[1], range(8)) == [4, 5, 6, 7]
    assert home.missing(keys[0], range(8)) == []
    home.save(keys[1], question().settings()[1].spec.canonical(), block(4, 7))
    assert home.verify() == []


@pytest.mark.parametrize("seeds", [[0, 10**18], [0, 10**30], [5, 5], "all", [[0]]])
def test_a_question_of_absurd_seeds_is_named(home, seeds):
    fill(home)
    path = home.folder / "questions" / "fc.json"
    content = json.loads(path.read_text())["question"] | {"seeds": seeds}
    path.write_bytes(questions.sealed("question", content))
    assert only(home).reason == "it is not a question"


def test_a_deleted_folder_of_blocks_is_missed(home):
    key = fill(home)[0]
    for path in (home.folder / "blocks" / key).iterdir():
        path.unlink()
    (home.folder / "blocks" / key).rmdir()
    assert "seeds 0-7" in only(home).reason


def test_a_damaged_block_is_told_once(home):
    key = fill(home)[0]
    next((home.folder / "blocks" / key).glob("0-3.*")).write_bytes(b"")
    assert not only(home).lost


def test_a_deleted_question_is_missed_until_it_is_given_up(home):
    fill(home)
    (home.folder / "questions" / "fc.json").unlink()
    damage = only(home)
    assert damage.lost
    assert damage.reason == 'the question of the record "fc" is gone; the same run makes it again'
    home.discard(damage)
    assert home.verify() == []


def test_a_deleted_description_is_missed_and_comes_back(home):
    keys = fill(home)
    (home.folder / "settings" / f"{keys[0]}.json").unlink()
    assert only(home).lost
    assert 'the description of a setting of the record "fc" is gone' in only(home).reason
    home.describe(keys[0], question().settings()[0].spec.canonical())
    assert home.verify() == []


@pytest.mark.parametrize("folder", ["questions", "notes", "settings"])
def test_two_exchanged_files_are_found_out(home, folder):
    fill(home)
    fill(home, "wide", steps=9)
    one, other = sorted((home.folder / folder).iterdir())[:2]
    exchange(one, other)
    assert {damage.path for damage in home.verify()} == {one, other}
    if folder == "questions":
        with pytest.raises(store.DamagedError, match='it is the question "wide"'):
            home.record("fc")
    if folder == "notes":
        with pytest.raises(store.DamagedError, match="it is the note"):
            home.read_note("request")


def test_exchanged_blocks_and_checkpoints_are_found_out(home):
    keys = fill(home)
    paths = [next((home.folder / "blocks" / key).glob("0-3.*")) for key in keys]
    moved = [paths[1].with_name(paths[0].name), paths[0].with_name(paths[1].name)]
    assert moved[0] != paths[0]
    for path, place in zip(paths, moved, strict=True):
        path.rename(place)
    assert {damage.path for damage in home.verify()} == set(moved)
    for path, place in zip(paths, moved, strict=True):
        place.rename(path)
    for name in ("one", "two"):
        home.save_checkpoint(name, {"step": np.array(1)}, {"name": name})
    exchange(*(home.folder / "checkpoints").iterdir())
    assert len(home.verify()) == 2
    assert home.load_checkpoint("one") is None


@pytest.mark.parametrize(
    ("was", "is_now"), [("[0,8]", "[0,4]"), ('"mine"', '"four_settings"'), ("request", "requests")]
)
def test_a_changed_note_is_not_believed(home, was, is_now):
    fill(home)
    path = home.folder / "notes" / "request.json"
    assert path.read_text().count(was) == 1
    path.write_text(path.read_text().replace(was, is_now))
    assert only(home).path == path
    with pytest.raises(store.DamagedError, match="another hash"):
        home.read_note("request")


def test_a_note_that_was_written_by_hand_is_not_believed(home):
    path = home.folder / "notes" / "request.json"
    path.parent.mkdir()
    path.write_text('{"study": "mine", "seeds": [0, 4]}')
    assert only(home).reason == "it is not a note"


# What does not belong


def pipe(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()


def circle(path):
    path.symlink_to(path.name)


def device(path):
    path.symlink_to("/dev/zero")


def deep(path):
    path.write_text("[" * 100_000 + "]" * 100_000)


def sparse(path):
    with path.open("wb") as file:
        file.truncate(2**40)


ODD = [pipe, folder, circle, device, deep, sparse]
PLACES = ["questions", "notes", "settings", "blocks", "checkpoints", "listed"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links among files are a POSIX thing")
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_odd_things_are_named_and_removed_without_a_hang(home, place, odd):
    key = fill(home)[0]
    home.save_checkpoint("group", {"step": np.array(1)}, {})
    inside = home.folder / place / key if place == "blocks" else home.folder / place
    victim = sorted(inside.iterdir())[0]
    victim.unlink()
    try:
        odd(victim)
    except OSError as error:
        pytest.skip(f"this file system refuses such a thing: {error}")
    damage = only(home)
    assert damage.path == victim
    assert damage.reason
    if place == "blocks":
        with pytest.raises(store.DamagedError):
            home.load(key, range(8))
    if place == "questions":
        with pytest.raises(store.DamagedError):
            home.record("fc")
    if place == "checkpoints":
        assert home.load_checkpoint("group") is None
    home.discard(damage)
    assert not os.path.lexists(victim)


@pytest.mark.parametrize("name", ["0-99999999999999999999.", "9-0.", "x" * 200, "0-3.", "\udcff", "a\nb"])
def test_absurd_names_in_place_of_a_block_are_named(home, name):
    key = fill(home)[0]
    ending = "0" * 64 + ".npz" if name.endswith(".") else ""
    (home.folder / "blocks" / key / (name + ending)).write_bytes(b"")
    assert home.missing(key, range(8)) == []
    damage = only(home)
    assert files.readable(damage.path).isprintable()
    home.discard(damage)
    assert home.verify() == []


def test_a_folder_that_holds_something_is_left_to_its_owner(home):
    key = fill(home)[0]
    place = home.folder / "blocks" / key / "mine"
    place.mkdir()
    (place / "thesis.txt").write_text("precious")
    with pytest.raises(StoreError, match="look into it, and move it elsewhere"):
        home.discard(only(home))
    assert (place / "thesis.txt").read_text() == "precious"


@pytest.mark.skipif(sys.platform == "win32", reason="links take a privilege there")
def test_nothing_is_removed_through_a_link(home):
    fill(home)
    link = home.folder / "blocks" / "0123456789abcdef"
    link.symlink_to("../settings")
    damage = only(home)
    assert damage.path == link
    home.discard(damage)
    assert not link.is_symlink()
    assert len(list((home.folder / "settings").iterdir())) == 2


def test_a_file_in_place_of_a_folder_is_named(home):
    fill(home)
    for path in (home.folder / "notes").iterdir():
        path.unlink()
    (home.folder / "notes").rmdir()
    (home.folder / "notes").write_text("x")
    assert only(home).reason == "it is not a folder"
    home.discard(only(home))
    assert home.verify() == []


def named_by_its_hash(home, data: bytes):
    key = digest({})
    home.describe(key, {})
    path = home.folder / "blocks" / key / f"0-0.{files.sha256(data)}.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return key, path


def test_a_compressed_block_is_never_unfolded(home, tmp_path):
    """A file of 64 kB that would take 64 MB of memory, under the right hash."""
    with zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("seeds.npy", "w") as entry:
        np.lib.format.write_array_header_1_0(entry, {"descr": "<i8", "fortran_order": False, "shape": (2**23,)})
        for _ in range(2**6):
            entry.write(bytes(2**20))
    key, path = named_by_its_hash(home, (tmp_path / "bomb").read_bytes())
    assert only(home).path == path
    with pytest.raises(store.DamagedError, match="not a file of this format"):
        home.load(key, [0])


def test_a_block_whose_arrays_claim_more_than_there_is_is_named(home):
    good = pack({"seeds": np.zeros(1, np.int64)}, {"key": digest({}), "dims": {}, "coords": {}, "meta": {}})
    evil = good.replace(b"'shape': (1,), }          ", b"'shape': (999999999999,), }"[:26], 1)
    assert evil != good
    _, path = named_by_its_hash(home, evil)
    assert only(home).path == path


@pytest.mark.parametrize("content", ["[" * 100_000, '{"format": true}', '{"format": 0}', '{"format": "1"}'])
def test_an_odd_marker_is_one_sentence(home, content):
    (home.folder / "seedbed-store.json").write_text(content)
    with pytest.raises(StoreError, match="is damaged; restore it as"):
        store.create_or_open(home.folder)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes among files are a POSIX thing")
@pytest.mark.parametrize("odd", [pipe, folder, device])
def test_something_else_than_a_marker_is_one_sentence(home, odd):
    (home.folder / "seedbed-store.json").unlink()
    odd(home.folder / "seedbed-store.json")
    with pytest.raises(StoreError, match="is damaged; restore it as"):
        store.open_existing(home.folder)


def test_a_store_without_its_marker_says_so(home):
    fill(home)
    (home.folder / "seedbed-store.json").unlink()
    for door in (store.create_or_open, store.open_existing):
        with pytest.raises(StoreError, match=r"holds the folders of a store, but no seedbed-store\.json; restore it"):
            door(home.folder)


@pytest.mark.parametrize("path", ["a" * 5_000, "x/" * 3_000])
def test_a_path_that_is_too_long_is_one_sentence(path, tmp_path):
    with pytest.raises(StoreError, match="too long"):
        store.create_or_open(tmp_path / path)
    with pytest.raises(StoreError, match="too long"):
        store.open_existing(tmp_path / path)


# A checkpoint only saves time


def test_a_checkpoint_that_cannot_be_written_is_told_once_and_ends_nothing(home, monkeypatch, capsys):
    tried = []

    def full(*_):
        tried.append(1)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", full)
        for count in range(3):
            home.save_checkpoint("group", {"step": np.array(count)}, {})
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the disk is full" in said
    assert "the run goes on" in said
    assert tried == [1]
    assert home.load_checkpoint("group") is None
    with pytest.raises(StoreError, match="type object"):  # a fault of the caller is no refusal of the disk
        store.open_existing(home.folder).save_checkpoint("group", {"x": np.array([{}], object)}, {})


def test_something_in_place_of_the_checkpoints_ends_nothing(home, capsys):
    (home.folder / "checkpoints").write_text("x")
    home.save_checkpoint("group", {"step": np.array(1)}, {})
    home.drop_checkpoint("group")
    assert "a file stands where a folder belongs" in capsys.readouterr().err


def test_what_a_killed_run_left_half_written_goes_when_the_store_is_opened_to_write(home):
    fill(home)
    left = [home.folder / "blocks" / ".0-3.1.abcd.partial", home.folder / ".seedbed-store.json.1.ab.partial"]
    for path in left:
        path.write_bytes(b"half")
    assert len(home.verify()) == 2
    store.open_existing(home.folder)  # to read
    assert left[0].exists()
    assert store.create_or_open(home.folder).verify() == []


FULL = """
import numpy as np, resource, sys
from seedbed import store
from seedbed.record import Block
from seedbed.spec import digest
home = store.create_or_open(sys.argv[1])
home.save(digest({}), {}, Block(np.arange(4), {"a": np.zeros(4)}))
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
home.save_checkpoint("group", {"a": np.zeros(10_000)}, {})
print("goes on")
home.save(digest({}), {}, Block(np.arange(4, 8), {"a": np.zeros(4)}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are a POSIX thing")
def test_a_real_limit_stops_checkpoints_and_no_blocks(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "goes on\n"), done.stderr
    assert done.stderr.count("\n") == 1
    home = store.open_existing(tmp_path)
    assert home.verify() == []
    assert home.seeds_of(digest({})).tolist() == list(range(8))
    assert json.loads((tmp_path / "seedbed-store.json").read_text()) == {"format": 1}


# What has held, and shall


class Evil:
    """What runs a program when it is unpickled."""

    def __reduce__(self):
        return (exit, ("unpickled",))


def test_a_pickled_array_is_never_opened_even_under_the_right_hash(home, tmp_path):
    np.savez(tmp_path / "evil.npz", seeds=np.array([Evil()], object), allow_pickle=True)
    key, path = named_by_its_hash(home, (tmp_path / "evil.npz").read_bytes())
    assert only(home).reason == "it is not a file of this format"
    with pytest.raises(store.DamagedError):
        home.load(key, [0])
    assert path.exists()


class KilledError(BaseException):
    """Stands for a process that ends at once: no handler of the store catches it."""


CALLS = ("replace", "fsync", "open", "close")


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_killed_around_any_call_of_the_file_system_nothing_is_torn(tmp_path, monkeypatch, call):
    """Before and after every single call, of every kind, of a whole save of two blocks, a checkpoint and a question."""
    plain = getattr(files.os, call)
    for number in range(200):
        for after in (False, True):
            left = [number]

            def killed(*arguments, left=left, after=after, **named):
                left[0] -= 1
                if left[0] == -1 and not after:
                    raise KilledError
                found = plain(*arguments, **named)
                if left[0] == -1:
                    raise KilledError
                return found

            folder = tmp_path / f"{number}-{after}"
            home = store.create_or_open(folder)
            with monkeypatch.context() as patch:
                patch.setattr(files.os, call, killed)
                try:
                    fill(home)
                    home.save_checkpoint("group", {"step": np.array(1)}, {})
                except KilledError:
                    pass
            whole = left[0] >= 0  # it was never reached: all calls have been tried
            home = store.create_or_open(folder)
            assert [damage for damage in home.verify() if not damage.harmless and not damage.lost] == []
            fill(home)
            assert home.verify() == []
            assert home.record("fc")["hit_step"].sum() == 4 * sum(range(8))
            if whole:
                return
    pytest.fail("a save made more than 200 calls")


VERIFIER = """
import sys
from seedbed import store
home = store.open_existing(sys.argv[1])
while not sys.stdin.closed and sys.argv[2:] != ["once"]:
    for damage in home.verify():
        home.discard(damage)
    print("looked", flush=True)
    if not sys.stdin.readline():
        break
"""


def test_discarding_beside_a_run_removes_nothing_that_is_good(home):
    keys = fill(home)
    identity = question().settings()[0].spec.canonical()
    with subprocess.Popen(
        [sys.executable, "-c", VERIFIER, str(home.folder)], stdin=-1, stdout=-1, text=True
    ) as process:
        for first in range(8, 80, 4):
            home.save(keys[0], identity, block(first, first + 3))
            home.save_checkpoint("group", {"step": np.array(first)}, {})
            if first % 16 == 8:
                process.stdin.write("again\n")
                process.stdin.flush()
        assert process.stdout.readline() == "looked\n"
        process.stdin.close()
        process.stdout.read()
    assert home.verify() == []
    assert home.missing(keys[0], range(80)) == []
    assert home.load_checkpoint("group")[0]["step"] == 76
