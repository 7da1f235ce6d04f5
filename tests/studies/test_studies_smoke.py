"""Every study runs at smoke, with both engines where it can, and leaves its figures, answers and claims."""

import json
import re

import pytest

from seedbed.catalogue import TABLE, estimate, retell, run_study
from seedbed.catalogue.questions import asked_of, questions_of
from seedbed.catalogue.setups import COURSE
from seedbed.stats.checks import parse


@pytest.mark.parametrize("name", TABLE)
def test_study_leaves_a_report(smoke, name):
    folder = smoke(name)
    for file in ("report.html", "report.pdf", "summary.json"):
        assert (folder / file).stat().st_size > 1000, file
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["study"] == name
    assert summary["readings"]
    pictures = {path.stem for path in (folder / "figures").iterdir()}
    assert len(pictures) >= {"activation_derivatives": 2, "rate_range": 3, "reruns": 2}.get(name, 4), pictures


@pytest.mark.parametrize("name", TABLE)
def test_sentences_in_short_begin_with_a_capital_letter_or_a_quoted_name(smoke, name):
    short = json.loads((smoke(name) / "summary.json").read_text())["in_short"]
    told = [short["sentences"], *(one["answer"] for one in short["answers"])]
    sentences = [one for text in told for one in re.split(r"(?<=[.!?])\s+", text) if one]
    assert sentences
    assert [one for one in sentences if one[0].islower()] == []


@pytest.mark.parametrize("name", TABLE)
def test_telling_again_changes_no_byte(smoke, name):
    folder = smoke(name)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    retell(folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert before.keys() == after.keys()
    for file in before:
        assert before[file] == after[file], file


def test_claims_of_the_tables_are_stated(smoke):
    claims = json.loads((smoke("four_settings") / "summary.json").read_text())["claims"]
    tables = {claim["published"] for claim in claims if claim["source"].startswith(("Rybkin", "Zhang"))} - {None}
    assert tables == {917, 2095, 4680, 9623, 853, 2038, 4616, 2100}
    assert {claim["published"] for claim in claims} - tables == {None, 147, 138, 94, 77}


@pytest.mark.parametrize("study", TABLE.values(), ids=lambda study: study.name)
def test_every_claim_can_be_read_and_is_named_once(study):
    names = [claim.id for claim in study.claims]
    assert len(set(names)) == len(names)
    assert {claim.contradicts for claim in study.claims} <= {*names, ""}
    for claim in study.claims:
        parse(claim.check)
        assert claim.assumes in ("", COURSE), claim.id


def test_a_shorter_run_is_another_set_up(smoke):
    claims = json.loads((smoke("four_settings") / "summary.json").read_text())["claims"]
    order = next(claim for claim in claims if claim["id"] == "zhang-li-order")
    assert order["verdict"] == "set-up differs"
    assert order["differs"] == "watched for 200 steps instead of 10,000"
    number = next(claim for claim in claims if claim["published"] == 917)
    assert number["differs"].endswith("not the course's own, which `--data DIR` brings")
    assert number["sentence"].startswith("The set-up differs: watched for 200 steps instead of 10,000; another set")
    assert "Published statements, judged" in (smoke("four_settings") / "report.html").read_text()


def test_a_setting_that_a_run_leaves_out_is_named(smoke):
    claims = json.loads((smoke("depth_or_width") / "summary.json").read_text())["claims"]
    (one,) = (claim for claim in claims if claim["statement"].startswith("512 hidden units"))
    assert one["reason"] == "this run has no network 512"
    assert one["findings"] == []


@pytest.mark.parametrize("study", TABLE.values(), ids=lambda study: study.name)
def test_no_study_of_the_catalogue_keeps_its_questions_to_itself(study):
    """Otherwise its claims would be judged without looking at the set-up."""
    asked = questions_of(study)
    kinds = {getattr(one, "kind", "training") for one in asked_of(study, study.profile("full")).values()}
    assert asked or "training" not in kinds


@pytest.mark.parametrize("name", ["four_settings", "lines", "xor_plane"])
def test_what_a_study_asks_in_full_is_known_without_running_it(name):
    asked = questions_of(TABLE[name])
    assert asked
    assert {question.steps for question in asked.values()} <= {0, 10_000}  # 0: initial draws


def test_surfaces_obey_their_closed_forms(smoke):
    readings = json.loads((smoke("neuron_surfaces") / "summary.json").read_text())["readings"]
    assert readings["largest_l2"] <= 0.25
    assert readings["largest_l2_gradient"] <= 0.0963
    assert readings["largest_cross_entropy_gradient"] <= 0.5
    assert 5.9 < readings["largest_cross_entropy"] < 6.1
    assert readings["l2_gradient_at_5_5"] < 1e-3 < 0.4 < readings["cross_entropy_gradient_at_5_5"]


# Many small networks in plain NumPy: minutes. The parts they use are those of the others.
MANY = {"xor_plane", "xor_boundaries", "dying_relu", "leaky_rescue"}
OF_ONE_ENGINE = {"reruns"}  # asks how far jax drifts from itself, and draws by a function of its own


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] * (name in MANY)) for name in TABLE if name not in OF_ONE_ENGINE],
)
def test_reference_engine_runs_the_study(name, data_for, tmp_path, monkeypatch):
    """Measured and told; that a page becomes files is the same for both engines."""
    data_for(name)
    pages = []
    monkeypatch.setattr("seedbed.catalogue.reporting.write", lambda folder, study, page, **_: pages.append(page) or [])
    done = run_study(TABLE[name], profile="smoke", seeds=range(2), out=tmp_path, engine="reference", command="x")
    assert pages[0].sections
    assert done.summary["provenance"].get("engine", "reference") == "reference"


@pytest.mark.parametrize("name", TABLE)
def test_estimates_are_sentences(name):
    assert estimate(TABLE[name], "quick").split()[-1] in ("s", "seconds", "minutes", "hours")
