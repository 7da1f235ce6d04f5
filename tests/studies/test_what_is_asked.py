"""What a study asks under a profile, and what a user changes about it; nothing is trained here but in the last test."""

import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue import estimate, price, run_study
from seedbed.catalogue.questions import Changes, asked_of, carried_out, questions_of
from seedbed.measures import Asked

NET = sb.Spec(
    data=sb.data.lines(8, 8),
    model=sb.models.mlp([2], activation="relu"),
    initializer=sb.initializers.truncated_normal(0.1),
    loss="cross_entropy",
    optimizer=sb.optimizers.sgd(0.1),
    stop=sb.reaches("train_accuracy", 1.0),
    steps=20,
)


def study_of(ask, **more):
    return sb.Study(name="tried", title="t", source="s", question="q", ask=ask, **more)


def asked(ask, **changes):
    study = study_of(ask)
    return asked_of(study, study.profile("smoke"), Changes(changes))


def test_a_single_question_is_kept_as_record():
    assert list(asked(lambda profile: NET)) == ["record"]
    assert questions_of(study_of(lambda profile: NET))["record"] == NET


def test_the_numbers_of_a_profile_are_read_by_name():
    profiles = {"smoke": {"seeds": 2, "steps": 5, "reduced": "shorter"}, "full": {"seeds": 9, "steps": 50}}
    study = study_of(lambda profile: NET.replace(steps=profile.steps), profiles=profiles)
    assert [questions_of(study, name)["record"].steps for name in ("smoke", "full")] == [5, 50]
    assert (study.profile("smoke").seeds, study.profile("smoke").reduced) == (2, "shorter")
    assert study.profile("quick").seeds == 256
    with pytest.raises(AttributeError, match=r'no number "step".*"steps"'):
        _ = study.profile("smoke").step


def test_a_profile_without_seeds_is_refused():
    with pytest.raises(sb.errors.SpecError, match="has no seeds"):
        study_of(lambda profile: NET, profiles={"smoke": {"steps": 5}}).profile("smoke")


def test_what_a_user_sets_reaches_every_open_question_and_no_fixed_one():
    found = asked(
        lambda profile: {
            "open": NET,
            "fixed": sb.measures.train(NET, fixed=True),
            "but_rate": sb.measures.train(NET, fixed=("learning_rate",)),
            "examples": sb.measures.examples(NET),
        },
        learning_rate=[0.5],
        activation=["tanh"],
    )
    varied = {name: [factor.name for factor in one.spec.factors] for name, one in found.items()}
    both = ["learning_rate", "activation"]
    assert varied == {"open": both, "fixed": [], "but_rate": ["activation"], "examples": both}


def test_questions_are_left_out_where_they_would_repeat_another_or_lack_data():
    def ask(profile):
        return {
            "narrow": NET,
            "wide": sb.measures.train(NET.vary(hidden=[[4]]), unless=("hidden",)),
            "sheet": sb.measures.filtered(),
        }

    assert list(asked(ask)) == ["narrow", "wide"]
    assert list(asked(ask, hidden=[[3]])) == ["narrow"]


def test_the_question_as_changed_can_be_finished():
    def with_relu(spec):
        (factor,) = spec.factors
        return spec.set_levels("activation", ["relu", *(label for label in factor.labels if label != "relu")])

    found = asked(lambda profile: sb.measures.train(NET.vary(activation=["relu"]), then=with_relu), activation=["tanh"])
    assert found["record"].spec.factors[0].labels == ("relu", "tanh")
    left_out = asked(lambda profile: {"a": NET, "b": sb.measures.train(NET, then=lambda spec: None)})
    assert list(left_out) == ["a"]


def test_a_level_that_fits_nothing_is_refused_before_anything_runs():
    with pytest.raises(sb.errors.SpecError, match="learning_rate"):
        asked(lambda profile: NET, learning_rat=[0.5])
    with pytest.raises(sb.errors.SpecError, match='no question of this study has a factor "momentum"'):
        asked(lambda profile: {"a": NET, "b": NET}, momentum=[0.5])


@pytest.mark.parametrize(
    ("how", "seeds"), [({}, range(4, 12)), ({"at_most": 3}, range(4, 7)), ({"seeds": 20}, range(4, 24))]
)
def test_seeds_of_a_question(how, seeds):
    assert Asked(spec=NET, **how).over(range(4, 12)) == seeds


def test_a_question_after_a_record_is_made_of_that_record():
    seen = []

    def measure(one, name):
        seen.append((name, one.spec.steps))
        return xr.Dataset(attrs={"steps": 7})

    ask = {"first": NET, "second": sb.after("first", lambda record: NET.replace(steps=record.attrs["steps"]))}
    study = study_of(lambda profile: ask)
    found = asked_of(study, study.profile("smoke"), Changes({"steps": [30]}))
    carried_out(found, Changes(), measure)
    assert seen == [("first", 20), ("second", 7)]
    assert list(questions_of(study)) == ["first"]


def test_a_price_counts_products_of_steps_and_of_looks():
    """8 x 8 images, 2 units, 1 output: 130 multiply-adds; 64 examples in a step and in the split; 20 and 21 times."""
    question = NET.replace(data=sb.data.random_images(64, (8, 8)), stop=None, trace=1)
    found = price(study_of(lambda profile: question.vary(activation=["relu", "tanh"])), "smoke")
    seeds = study_of(lambda profile: question).profile("smoke").seeds
    steps, looks = 6 * 20 * 64, 2 * 21 * 64
    assert (found.networks, found.operations) == (2 * seeds, 2 * seeds * 130 * (steps + looks))
    halved = question.replace(batch_size=8, splits=())
    assert price(study_of(lambda profile: halved), "smoke").operations == seeds * 130 * 6 * 20 * 8
    assert found.programs == 2
    assert found.gpu_seconds < found.seconds + 1


def test_the_estimate_counts_every_training():
    ask = {
        "a": NET.vary(activation=["relu", "tanh"]),
        "b": sb.measures.train(NET, at_most=2),
        "c": sb.measures.examples(NET),
    }
    study = study_of(lambda profile: ask, profiles={"smoke": {"seeds": 5}})
    assert estimate(study, "smoke").startswith("12 networks")


def test_a_study_in_the_new_form_runs_to_its_report(tmp_path):
    def left(context):
        yield sb.Reading("mean_loss", float(context.record("nets")["final_train_loss"].mean()))

    study = study_of(
        lambda profile: {
            "nets": NET.vary(activation=["relu", "sigmoid"]),
            "again": sb.after("nets", lambda record: NET.replace(steps=int(record.attrs["cap"]) // 2)),
        },
        profiles={"smoke": {"seeds": 3, "reduced": "fewer seeds"}},
        claims=(sb.Claim(id="x", source="s", statement="t", check="mean(final_train_loss) > 0", record="again"),),
        page=[sb.Section("Curves", [sb.show.curves("train_loss"), left]), sb.show.arrivals()],
    )
    done = run_study(study, profile="smoke", out=tmp_path)
    assert {one["record"] for one in done.summary["settings"]} == {"nets", "again"}
    assert done.summary["readings"]["mean_loss"] > 0
    assert done.summary["in_short"]["sentences"]
    (claim,) = done.summary["claims"]  # what "again" asks in full is not known, so what the profile reduces is named
    assert (claim["verdict"], claim["differs"]) == ("set-up differs", "fewer seeds")
    page = (done.folder / "report.html").read_text()
    assert (
        page.index("In short")
        < page.index("The set-up")
        < page.index(">Curves</h2>")
        < page.index("When they arrive</h2>")
    )
