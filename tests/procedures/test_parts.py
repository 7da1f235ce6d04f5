"""A run in parts: shares of the seeds, merging in any order, what is refused, and the record of a single run."""

import shutil
from dataclasses import replace

import pytest

import seedbed as sb
from seedbed import store
from seedbed.catalogue import run_study
from seedbed.catalogue.parts import RunPart, merge_parts, read_part, run_part
from seedbed.errors import SpecError, StoreError, UserError

SEEDS = 5


def ask(profile):
    net = sb.Spec(data=sb.data.corners(), model=sb.models.mlp([2]), loss="cross_entropy",
                  optimizer=sb.optimizers.sgd(0.5), steps=profile.steps, stop=None)  # fmt: skip
    return {
        "nets": net.vary(activation=["relu", "tanh"]),
        "few": sb.measures.train(net, at_most=2),
        "later": sb.after("nets", lambda record: net.replace(steps=record.sizes["seed"])),
    }


def study(steps=4):
    return sb.Study(
        name="in_parts", title="t", source="s", question="q", ask=ask,
        profiles={name: {"seeds": SEEDS, "steps": steps, "takes": "1 s"} for name in ("smoke", "quick", "full")},
        score=sb.score("final_train_loss", record="nets"), page=[sb.show.scores()],
    )  # fmt: skip


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    for number in (1, 2, 3):
        run_part(study(), RunPart(number, 3), profile="smoke", out=folder / str(number), command="seedbed run in_parts")
    return [folder / str(number) for number in (1, 2, 3)]


def test_every_seed_is_in_one_part():
    for n, count in ((8, 3), (2, 5), (1000, 16), (7, 1)):
        shares = [RunPart(number, count).of(range(n)) for number in range(1, count + 1)]
        assert [seed for share in shares for seed in share] == list(range(n))
    assert RunPart(2, 2).of((42, 7, 3)) == (7, 3)


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/", "a/b", "-1/4", ""])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(UserError, match="from 1/16 to 16/16"):
        read_part(text)


def test_parts_in_any_order_and_one_twice_give_the_record_of_a_single_run(parts, tmp_path):
    first = merge_parts([parts[2], parts[0]], tmp_path / "merged")[0]
    assert first.missing == [2]
    second = merge_parts([parts[1], parts[0], parts[1]], tmp_path / "merged")[0]
    assert (second.missing, second.merged.there > 0) == ([], True)
    events = []
    run_study(study(), profile="smoke", out=tmp_path / "merged", listen=events.append)
    stored = [event for event in events if event.phase == "stored"]
    run_study(study(), profile="smoke", out=tmp_path / "whole")
    for name in ("nets", "few", "later"):
        both = [store.open_record(tmp_path / where / "in_parts" / "record", name) for where in ("merged", "whole")]
        assert both[0].equals(both[1])
    assert len(stored) == 1  # `later` alone, which needs the whole of `nets`


def test_a_part_tells_what_it_leaves_and_small_questions_are_shared_out_too(parts, tmp_path):
    done = run_part(study(), RunPart(1, 3), profile="smoke", out=parts[0])
    assert dict(done.seeds) == {"nets": 1}  # of two seeds the first part of three has none
    assert list(done.left) == ["later"]


def test_a_part_does_not_cut_short_what_a_whole_run_has_left(tmp_path):
    run_study(study(), profile="smoke", seeds=2, out=tmp_path)
    with pytest.raises(StoreError, match="give another --out"):
        run_part(study(), RunPart(1, 2), profile="smoke", out=tmp_path)


def test_parts_of_another_run_or_question_are_refused_before_anything_is_copied(parts, tmp_path):
    run_part(study(), RunPart(1, 4), profile="smoke", out=tmp_path / "four")
    with pytest.raises(StoreError, match=r"part of another run .* parts"):
        merge_parts([parts[0], tmp_path / "four"], tmp_path / "out")
    run_part(study(steps=6), RunPart(2, 3), profile="smoke", out=tmp_path / "longer")
    with pytest.raises(StoreError, match=r"of another question .*\(nets\)"):
        merge_parts([parts[0], tmp_path / "longer"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_killed_part_counts_as_missing_and_gives_what_it_has(parts, tmp_path):
    def killed(event):
        if event.phase == "stored":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_part(study(), RunPart(2, 3), profile="smoke", out=tmp_path / "killed", listen=killed)
    one = merge_parts([parts[0], tmp_path / "killed", parts[2]], tmp_path / "out")[0]
    assert one.missing == [2]
    assert one.merged.copied > merge_parts([parts[0], parts[2]], tmp_path / "two")[0].merged.copied
    assert merge_parts([parts[1]], tmp_path / "out")[0].missing == []
    assert merge_parts([tmp_path / "killed"], tmp_path / "out")[0].missing == []  # what is done stays done


def test_programs_are_compared_also_where_the_first_part_trained_nothing(parts, tmp_path):
    for number in (0, 1):
        shutil.copytree(parts[number], tmp_path / str(number))
    empty = store.open_existing(tmp_path / "0" / "in_parts" / "record")
    empty.write_note("part-1-of-3", {**empty.read_note("part-1-of-3"), "settings": {}, "programs": {}})
    other = store.open_existing(tmp_path / "1" / "in_parts" / "record")
    note = other.read_note("part-2-of-3")
    other.write_note("part-2-of-3", {**note, "programs": {**note["programs"], "nets": "0" * 16}})
    with pytest.raises(StoreError, match="another program"):
        merge_parts([tmp_path / "0", tmp_path / "1", parts[2]], tmp_path / "out")


def test_parts_of_another_program_are_refused(parts, tmp_path):
    shutil.copytree(parts[1], tmp_path / "other")
    kept = store.open_existing(tmp_path / "other" / "in_parts" / "record")
    note = kept.read_note("part-2-of-3")
    kept.write_note("part-2-of-3", {**note, "programs": {**note["programs"], "nets": "0" * 16}})
    with pytest.raises(StoreError, match="another program or kind of device"):
        merge_parts([parts[0], tmp_path / "other"], tmp_path / "out")


def test_a_damaged_block_is_left_behind_and_a_sound_copy_replaces_it(parts, tmp_path):
    shutil.copytree(parts[0], tmp_path / "bad")
    block = next((tmp_path / "bad").rglob("*.npz"))
    block.write_bytes(block.read_bytes()[:-1] + b"x")
    one = merge_parts([tmp_path / "bad"], tmp_path / "out")[0]
    assert [damage.path.name for damage in one.merged.damaged] == [block.name]
    place = next((tmp_path / "out").rglob("blocks")) / block.parent.name
    place.mkdir(exist_ok=True)
    shutil.copy(block, place / block.name)
    merge_parts([parts[0]], tmp_path / "out")
    assert store.open_existing(tmp_path / "out" / "in_parts" / "record").verify() == []


def test_a_name_that_no_record_will_have_is_told_before_a_part_trains(tmp_path):
    wrong = replace(study(), score=sb.score("final_train_los", record="nets", better="lower"))
    with pytest.raises(SpecError, match="final_train_los"):
        run_part(wrong, RunPart(1, 2), profile="smoke", out=tmp_path)
    assert not list(tmp_path.rglob("*.npz"))


def test_no_part_there_and_nothing_to_part_are_told(tmp_path):
    with pytest.raises(StoreError, match="no part lies"):
        merge_parts([tmp_path], tmp_path / "out")
    with pytest.raises(StoreError, match="no folder"):
        merge_parts([tmp_path / "absent"], tmp_path / "out")
    untrained = sb.Study(name="plain", title="t", source="s", question="q", profiles=study().profiles, page=[],
                         ask=lambda profile: {"pictures": sb.measures.examples(ask(profile)["nets"])})  # fmt: skip
    with pytest.raises(SpecError, match="leave out --part"):
        run_part(untrained, RunPart(1, 2), profile="smoke", out=tmp_path)
