"""Options with few words take these and nothing else, also where nobody checks the types of a call."""

import subprocess
import sys

PROGRAM = """
import numpy as np
import seedbed as sb
from seedbed.errors import UserError
from seedbed.figures.share_curves import ShareCurve
from seedbed.procedures.derivatives import derivatives
from seedbed.stats import curves, luck, pairs, sequential, single_run, two_sample
from seedbed.stats.order import order
from seedbed.stats.comparisons import pairwise
from seedbed.stats.members import Members

rng = np.random.default_rng(0)
x, y = rng.normal(size=(2, 8))
members = Members(({"a": 1}, {"a": 2}), np.arange(8), np.stack([x, y], axis=1))
one, other = (Members((levels,), members.seeds, members.values[:, [j]]) for j, levels in enumerate(members.settings))
QUESTION = sb.Spec(data="corners", model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=3)
STUDY = sb.Study(name="corners", title="t", source="s", question="q", ask=lambda profile: QUESTION)
record = sb.run(QUESTION, seeds=3)
TRIALS = {
    "superiority": lambda word: pairs.superiority(x, y, better=word),
    "order": lambda word: order(members.values, ("a", "b"), better=word),
    "one_run": lambda word: single_run.one_run(members.values, ("a", "b"), better=word),
    "best_of": lambda word: luck.best_of(x, 2, better=word),
    "gain": lambda word: luck.gain(x, 2, better=word),
    "seed_luck": lambda word: luck.seed_luck(members, better=word),
    "pairwise": lambda word: pairwise(members, better=word),
    "two_sample": lambda word: two_sample.compare(one, other, better=word),
    "independent": lambda word: two_sample.independent_superiority(x, y, better=word),
    "settle": lambda word: sequential.group_sequential(members, (4, 8), better=word),
    "by_area": lambda word: curves.by_area(record.merge(record).expand_dims(a=[1, 2]), "train_loss", better=word),
}
for name, trial in TRIALS.items():
    for word in ("hihger", "low", None, True, 1):
        try:
            trial(word)
        except UserError as error:
            assert str(error).startswith('better is "lower" or "higher", got '), (name, error)
            assert word != "hihger" or 'did you mean "higher"?' in str(error)
        else:
            raise AssertionError((name, word))
OTHERS = {
    "the statistic is": lambda: curves.bands(record, "train_loss", statistic="mode"),
    "the statistic is ": lambda: pairs.difference(x, y, statistic="mode"),
    "a step axis is": lambda: sb.figures.curves(record, "train_loss", step="logg"),
    "the profile is": lambda: sb.run_study(STUDY, profile="quik"),
    "the kind of the targets": lambda: derivatives(np.ones((2, 2)), np.ones(2, int), kind="klasses"),
    'no engine "jaxx"': lambda: sb.run(QUESTION, seeds=2, engine="jaxx"),
    "the reduction of l2 is": lambda: sb.losses.l2(reduction="max"),
    "the norm of mlp is": lambda: sb.models.mlp([2], norm="layer"),
    "the pool of cnn is": lambda: sb.models.cnn(pool="sum"),
    "the kind of files is": lambda: sb.data.files("here", "line", kind="class"),
    "labels of random_images is": lambda: sb.data.random_images(labels="fair"),
}
for begins, trial in OTHERS.items():
    try:
        trial()
    except UserError as error:
        assert str(error).startswith(begins.strip()), error
    else:
        raise AssertionError(begins)
"""


def test_a_wrong_word_is_a_sentence_with_the_nearest():
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr[-2000:]
