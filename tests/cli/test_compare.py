"""seedbed compare: two settings, two records, what cannot be compared; records are written straight into a store."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.record import Block
from seedbed.spec import digest
from seedbed.stats import pairs
from seedbed.store import create_or_open

A, B = "activation=relu,loss=l2", "activation=leaky_relu(slope=0.1),loss=l2"


@pytest.fixture
def keep(tmp_path):
    """A stored record of two activations by two losses; relu arrives `gain` steps sooner."""

    def make(name, seeds=range(24), gain=300.0, target=True, rate=0.1, activations=("relu", "leaky_relu(slope=0.1)")):
        question = sb.Spec(
            data=sb.data.random_images(64, (4, 4)), model=sb.models.mlp([4]), loss="l2",
            initializer=sb.initializers.he_normal(), optimizer=sb.optimizers.sgd(rate),
            stop=sb.reaches("train_accuracy", 1.0) if target else None, steps=1000,
        ).vary(activation=list(activations), loss=["l2", "cross_entropy"])  # fmt: skip
        kept, rng = create_or_open(tmp_path / name / "record"), np.random.default_rng(len(seeds))
        identities = [setting.spec.canonical() for setting in question.settings()]
        for setting, identity in zip(question.settings(), identities, strict=True):
            hit = np.round(rng.normal(700 - gain * (setting.levels["activation"] == "relu"), 40, len(seeds)))
            hit[0] = np.nan
            stop = np.where(np.isnan(hit), 1000, hit)
            arrays = {"hit_step": hit, "stop_step": stop, "diverged_step": np.full(len(seeds), np.nan),
                      "final_train_loss": stop / 1e4, "final_train_accuracy": 1 - stop / 1e5}  # fmt: skip
            kept.save(digest(identity), identity, Block(np.asarray(seeds), arrays))
        kept.write_question("record", question, [digest(one) for one in identities], seeds, {"engine": "jax"})
        return name

    return make


def test_two_settings_of_one_record_are_paired(seedbed, keep):
    said = seedbed("compare", keep("one"), A, B)
    assert said.exit_code == 0, said.output
    first, *lines = said.stdout.splitlines()
    assert first.startswith("relu, l2 arrives sooner than leaky_relu(slope=0.1), l2, on average by ")
    assert first.endswith("24 seeds each, paired), counted up to step 1,000.")
    for start in ("A  relu, l2", "B  leaky_relu", "mean of A - mean of B", "P(A beats B)", "one run", "seeds needed"):
        assert any(line.startswith(start) for line in lines), start
    assert lines[-4:-2] == ["Paired by seed.", "means: paired t"]
    assert max(map(len, lines)) <= 120


def test_json_has_the_same_numbers_as_the_statistics(seedbed, keep):
    told = json.loads(seedbed("compare", f"{keep('one')}/record", A, B, "--json").stdout)
    (found,) = told["comparisons"]
    record = sb.open("one/record")
    a, b = (record["hit_step"].sel(activation=name, loss="l2") for name in ("relu", "leaky_relu(slope=0.1)"))
    ours = pairs.difference(a, b, cap=1000)
    assert found["difference"] == ours.plain()
    assert found["paired"]
    assert found["a"]["arrived"]["estimate"] == pytest.approx(23 / 24)


def test_another_quantity_and_which_way_is_better(seedbed, keep):
    keep("one")
    loss = json.loads(seedbed("compare", "one", A, B, "--of", "final_train_loss", "--json").stdout)["comparisons"][0]
    accuracy = json.loads(seedbed("compare", "one", A, B, "--of", "final_train_accuracy", "--json").stdout)
    assert loss["sentence"].startswith("relu, l2 has a lower mean final_train_loss than")
    assert accuracy["comparisons"][0]["sentence"].startswith("relu, l2 has a higher mean final_train_accuracy than")
    turned = seedbed("compare", "one", A, B, "--of", "final_train_loss", "--better", "higher").stdout
    assert turned.startswith("leaky_relu(slope=0.1), l2 has a higher mean final_train_loss than relu, l2")


def test_two_records_are_compared_setting_by_setting_and_what_differs_is_named(seedbed, keep):
    keep("slow"), keep("fast", rate=0.3, gain=350.0)
    said = seedbed("compare", "slow", "fast").stdout
    head = said.splitlines()[0]
    assert head.startswith("Their questions differ (A and B): optimizer")
    assert "learning_rate: 0.1 and 0.3" in head
    told = json.loads(seedbed("compare", "slow", "fast", "--json").stdout)
    assert len(told["comparisons"]) == 4
    assert "Holm over 4 tests" in told["comparisons"][0]["test"]
    assert told["comparisons"][0]["a"]["name"] == "slow (relu, l2)"


def test_other_seeds_are_compared_without_pairing_and_it_is_said(seedbed, keep):
    keep("one"), keep("more", seeds=range(100, 140))
    said = seedbed("compare", "one", "more").stdout
    assert said.startswith("Both ask the same question.")
    assert "24 and 40 seeds, unpaired" in said
    assert "The seeds differ: members taken as independent." in said
    assert "course of arrival" in said


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (["nowhere", A, B], "no store at nowhere"),
        (["one", A], "two settings are compared, got only"),
        (
            ["one", "activation=relu", B],
            "leaves loss open, which has l2, cross_entropy; name one: activation=relu,loss",
        ),
        (["one", "activation=rely,loss=l2", B], 'no level "rely" of activation'),
        (["one", "activatio=relu,loss=l2", B], 'no factor "activatio"'),
        (["one", A, B, "--of", "final_train_los"], 'did you mean "final_train_loss"?'),
        (["one", A, B, "--record", "other"], "other"),
        (["one", "two", "three"], "got a third word"),
        (["one", "apart"], "no setting in common"),
        (["aimless", A, B], "say what to compare: --of final_train_loss, final_train_accuracy"),
        (["few", A, B], "at least two seeds"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(seedbed, keep, words, mistake):
    keep("one"), keep("two"), keep("few", seeds=range(1)), keep("aimless", target=False)
    keep("apart", activations=["tanh", "sigmoid"])
    said = seedbed("compare", *words)
    assert said.exit_code == 2
    assert mistake in said.output
    assert len(said.output.strip().splitlines()) == 1


def test_which_way_is_better_is_asked_where_it_is_not_known():
    from seedbed.cli.compare import _usual
    from seedbed.errors import UserError

    assert [_usual(of) for of in (None, "hit_step", "final_test_loss", "final_test_accuracy")] == [
        "lower",
        "lower",
        "lower",
        "higher",
    ]
    with pytest.raises(UserError, match="--of final_train_f1; add --better lower or higher"):
        _usual("final_train_f1")
