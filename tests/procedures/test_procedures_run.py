"""`run` trains only what a store lacks, mends what is damaged, and gives the same record however it got there."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from seedbed import store
from seedbed.errors import SpecError, StoreError
from seedbed.procedures.executors import executor
from seedbed.procedures.run import run
from seedbed.spec import Spec, reaches
from seedbed.vocabulary import data, initializers, losses, models, optimizers


def ask(**changes):
    question = Spec(
        data=data.random_images(64, (4, 4)), model=models.mlp([4], activation="relu"), loss="cross_entropy",
        initializer=initializers.truncated_normal(0.1, bias=0.1), optimizer=optimizers.sgd(0.5),
        stop=reaches("train_accuracy", 1.0), steps=120,
    )  # fmt: skip
    return question.replace(**changes).vary(learning_rate=[0.2, 0.5])


class Counting:
    """An executor that says what it was asked to train."""

    def __init__(self, engine="reference"):
        self.train, self.asked = executor(engine), []

    def __call__(self, group, dataset_of, **how):
        self.asked += [(planned.setting, seed) for planned in group.planned_blocks for seed in planned.seeds]
        return self.train(group, dataset_of, **how)


def same_numbers(a, b):
    xr.testing.assert_equal(a.drop_attrs(), b.drop_attrs())


@pytest.fixture
def kept(tmp_path):
    return store.create_or_open(tmp_path / "record")


def test_only_what_is_missing_is_trained(kept):
    counting = Counting()
    first = run(ask(), 4, store=kept, train=counting)
    assert len(counting.asked) == 8
    run(ask(), 4, store=kept, train=counting)
    assert len(counting.asked) == 8
    more = run(ask(), "2:6", store=kept, train=counting)
    assert sorted(counting.asked[8:]) == [(0, 4), (0, 5), (1, 4), (1, 5)]
    same_numbers(more.sel(seed=[2, 3]), first.sel(seed=[2, 3]))


def test_with_and_without_a_store(kept):
    same_numbers(run(ask(), 4, store=kept, engine="reference"), run(ask(), 4, engine="reference"))


def test_a_record_opens_as_it_was(kept):
    made = run(ask(), 4, store=kept, engine="reference", notes={"profile": "quick"})
    opened = store.open_record(kept.folder)
    xr.testing.assert_identical(opened, made)


@pytest.mark.parametrize("harm", ["truncate", "flip"])
def test_a_damaged_block_alone_is_trained_again(kept, harm):
    whole = run(ask(), 4, store=kept, engine="reference")
    victim = sorted((kept.folder / "blocks").rglob("*.npz"))[0]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content[: len(content) // 2] if harm == "truncate" else content)
    assert len(kept.verify()) == 1
    counting = Counting()
    same_numbers(run(ask(), 4, store=kept, engine="reference", train=counting), whole)
    assert len(counting.asked) == 4
    assert len({setting for setting, _ in counting.asked}) == 1
    assert not kept.verify()


def test_engines_do_not_share_blocks(kept):
    run(ask(), 2, store=kept, engine="reference")
    counting = Counting("jax")
    run(ask(), 2, store=kept, train=counting)
    assert len(counting.asked) == 4


def test_what_is_no_question_is_refused():
    with pytest.raises(SpecError, match=r"run takes a question, sb.Spec\(...\), got 'four_settings'"):
        run.__wrapped__("four_settings", 2)  # without the checks of types, as for a user


def test_unknown_engine():
    with pytest.raises(SpecError, match='no engine "torch"; use jax or reference'):
        run(ask(), 2, engine="torch")


@pytest.mark.parametrize(
    "levels",
    [
        {"loss": ["l2", "cross_entropy"], "activation": ["sigmoid", "relu", "tanh", "crelu", "elu"]},
        {"loss": ["l2", "hinge"]},
    ],
    ids=["losses and activations", "a loss with a dial"],
)  # fmt: skip
def test_jax_and_reference_agree_from_equal_weights(levels):
    """Both engines, from constant weights, follow one path: the twin test of the whole chain."""
    question = ask(initializer=initializers.constant(0.05, bias=0.1), steps=40, stop=None, trace=1).vary(**levels)
    ours, twin = (run(question, 1, engine=engine) for engine in ("jax", "reference"))
    for name in ("train_loss", "train_accuracy"):
        np.testing.assert_allclose(ours[name].values, twin[name].values, rtol=2e-4, atol=2e-6, err_msg=name)
    assert set(ours.data_vars) == set(twin.data_vars)
    for name in ours.data_vars:
        assert ours[name].dims == twin[name].dims


NETS = {
    "valid": {"model": models.cnn([3, 2], 3)},
    "same, stride, max pooling": {"model": models.cnn([3, 2], 3, stride=[1, 2], padding="same", pool="max")},
    "average pooling, doubling": {"model": models.cnn([2], 2, pool="average", activation="crelu", hidden=[3])},
}
LOSSES = {
    "one head": {"data": data.lines(12, 8), "loss": "cross_entropy"},
    "two heads": {
        "data": data.detection(12, 8), "metrics": ("accuracy", "within"),
        "loss": losses.heads(label="cross_entropy", width="l2", width_weight=0.05),
    },
    "two rates": {
        "data": data.detection(12, 8),
        "loss": losses.heads(label="cross_entropy", width="l2", width_weight=0.05, shared="sum"),
    },
}  # fmt: skip


@pytest.mark.parametrize(("net", "loss"), [*((net, "one head") for net in NETS), ("valid", "two heads"),
                                           ("average pooling, doubling", "two rates")])  # fmt: skip
def test_convolutional_twins_follow_one_path(net, loss):
    question = ask(initializer=initializers.constant(0.05, bias=0.1), steps=15, stop=None, trace=1,
                   probes=("dead", "gradient_norm", "largest_weight", "first_kernels", "predictions"),
                   optimizer=optimizers.sgd(0.05), **NETS[net], **LOSSES[loss])  # fmt: skip
    ours, twin = (run(question, 1, engine=engine) for engine in ("jax", "reference"))
    assert set(ours.data_vars) == set(twin.data_vars)
    for name in ours.data_vars:
        assert ours[name].dims == twin[name].dims, name
        np.testing.assert_allclose(ours[name].values, twin[name].values, rtol=5e-4, atol=1e-5, err_msg=name)


def test_reference_works_without_jax():
    """The reference engine, the store, the statistics and the words never reach jax."""
    program = (
        "import sys; sys.modules['jax'] = sys.modules['equinox'] = sys.modules['optax'] = None\n"
        "import seedbed as sb\n"
        "question = sb.Spec(data=sb.data.random_images(), model=sb.models.mlp([4]), loss='l2',\n"
        "                   optimizer=sb.optimizers.sgd(0.1), stop=sb.reaches('train_accuracy', 0.9), steps=20)\n"
        "record = sb.run(question.vary(activation=['relu', 'tanh']), seeds=3, engine='reference')\n"
        "print(sb.stats.hits(record).compare())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "tanh" in done.stdout


def test_a_run_is_ready_to_train_without_the_libraries_of_its_report():
    heavy = ("xarray", "pandas", "scipy", "matplotlib", "statsmodels", "typst")
    code = (
        "import sys, seedbed.catalogue\n"
        "from seedbed.procedures.executors import executor\n"
        f"executor('jax')\nprint([name for name in {heavy} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_settings_with_other_numbers_in_their_data_have_data_of_their_own():
    """A float option of one's own generator is a dial; its levels share a program, never a data set."""

    def shifted(rng, by):
        x = rng.normal(size=(16, 2))
        return x, x[:, 0] + by, "real"

    asked = Spec(data=data.generator(shifted, by=0.0), model="neuron", loss="mse", optimizer="sgd(0.1)",
                    initializer="zeros", steps=1, trace=1)  # fmt: skip
    seen = run(asked.vary(by=[0.0, 100.0]), 2)["train_loss"].sel(step=0)
    assert seen.sel(by=0.0).max() < 10
    assert seen.sel(by=100.0).min() > 5_000


def test_what_a_record_lacks_comes_back_by_the_same_run(kept):
    whole = run(ask(), 4, store=kept, engine="reference")
    for path in (next((kept.folder / "settings").iterdir()), kept.folder / "questions" / "record.json"):
        path.unlink()
    next((kept.folder / "blocks").rglob("*.npz")).unlink()
    assert kept.verify()
    assert all(damage.lost for damage in kept.verify())
    counting = Counting()
    same_numbers(run(ask(), 4, store=kept, engine="reference", train=counting), whole)
    assert len(counting.asked) == 4
    assert kept.verify() == []


def test_a_name_that_leads_out_of_the_store_is_refused_before_training(kept):
    counting = Counting()
    for name in ("../x", "a/b", "/tmp/x", "a" * 5_000):
        with pytest.raises(StoreError, match="cannot name a record"):
            run(ask(), 2, store=kept, name=name, train=counting)
    assert not counting.asked
