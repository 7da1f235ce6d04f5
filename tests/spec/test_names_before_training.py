"""What a study names and its records will not have is told before anything is trained."""

import subprocess
import sys

import pytest

import seedbed as sb
from seedbed.catalogue import TABLE
from seedbed.catalogue.claims import claimed
from seedbed.catalogue.names import _variables, check_names
from seedbed.catalogue.questions import asked_of
from seedbed.errors import SpecError, StatsError

QUESTION = sb.Spec(data=sb.data.random_images(16), model=sb.models.mlp([4], activation="relu"), loss="cross_entropy",
                   optimizer=sb.optimizers.sgd(0.1), steps=4, batch_size=8, probes=["weight_norm"])  # fmt: skip


def study(**parts):
    return sb.Study(name="named", title="Named", source="here", question="What?", ask=lambda _: QUESTION, **parts)


def claim(check, record=""):
    return sb.Claim(id="c", source="s", statement="t", check=check, record=record)


@pytest.mark.parametrize(("parts", "sentence"), [
    ({"score": sb.score("final_test_acuracy", "higher")},
     'the score names a variable .*"record" will not have, got "final_test_acuracy"'),
    ({"score": sb.score("hit_step", record="other")}, 'the score is about a record that is not .*, got "other"'),
    ({"page": [sb.show.curves("nothing")]}, 'the block "While they train" names a variable .*, got "nothing"'),
    ({"page": [sb.Section("Loss", [sb.show.curves("tain_loss")])]}, 'got "tain_loss"; did you mean "train_loss"'),
    ({"page": [sb.show.by_layer("gradient_norm")]}, 'got "gradient_norm"'),
    ({"claims": (claim("mean(final_train_los) < 1"),)},
     'the claim "c" names a variable .*, got "final_train_los"; did you mean "final_train_loss"'),
    ({"claims": (claim("mean(hit_step) < 1", "fisrt"),)}, 'the claim "c" is about a record .*, got "fisrt"'),
])  # fmt: skip
def test_a_name_that_no_record_will_have_is_refused(parts, sentence, tmp_path):
    with pytest.raises(SpecError, match=sentence):
        sb.run_study(study(**parts), profile="smoke", out=tmp_path)
    assert not list(tmp_path.rglob("*.npz"))


def test_a_claim_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(StatsError, match="a relation was expected"):
        sb.run_study(study(claims=(claim("mean(hit_step)"),)), profile="smoke", out=tmp_path)
    assert not list(tmp_path.rglob("*.npz"))


WRITTEN = """
import seedbed as sb

def study(**parts):
    return sb.Study(name="named", title="Named", source="here", question="What?", **parts)

claim = sb.Claim(id="c", source="s", statement="t", check="mean(hit_step) < 1")
for trial in (
    lambda: sb.score("hit_step", better="low"), lambda: sb.score(3), lambda: study(page="text"),
    lambda: study(page=["text"]), lambda: study(claims=claim), lambda: study(claims=["mean(hit_step) < 1"]),
    lambda: study(decided="as it is"),
):
    try:
        trial()
    except sb.errors.SpecError as error:
        print(error)
"""


def test_what_no_page_can_be_made_of_is_refused_when_it_is_written():
    """In a process of its own, where no checker of types looks first."""
    done = subprocess.run([sys.executable, "-c", WRITTEN], capture_output=True, text=True, check=True)
    assert [line.partition(", got ")[0] for line in done.stdout.splitlines()] == [
        'better, of a score, is "lower" or "higher"',
        "a score is a variable of the record",
        'page of study "named" is a list',
        "a page lists sections and blocks",
        'claims of study "named" is a list',
        "claims are a list of sb.Claim(...)",
        'decided of study "named" is a list',
    ]


@pytest.mark.parametrize("name", TABLE)
def test_studies_of_the_catalogue_name_what_their_records_have(name):
    known = TABLE[name]
    check_names(known, asked_of(known, known.profile("smoke")), claimed(known))


def test_every_name_of_a_record_is_known_before():
    """What is said to be there is what is there."""
    record = sb.run(QUESTION, seeds=2)
    assert {"train_loss", "final_batch_loss", "weight_norm", "hit_step"} <= _variables(QUESTION)
    assert _variables(QUESTION) == set(map(str, record.data_vars))
