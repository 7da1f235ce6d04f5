"""A catalogue that trains nothing, to test the door by itself; as a script it is `seedbed` with that catalogue."""

import json
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

from seedbed.errors import RunError, UserError
from seedbed.progress import Progress
from seedbed.report.page import Section
from seedbed.spec import Spec, reaches
from seedbed.study import Claim, Study

QUESTION = Spec(
    data="random_images",
    model="mlp([4])",
    loss="l2",
    optimizer="sgd(0.1)",
    steps=1000,
    stop=reaches("train_accuracy", 1.0),
    initializer="truncated_normal(0.1, bias=0.1)",
).vary(activation=["relu", "sigmoid"], loss=["l2", "cross_entropy"])
CLAIM = Claim(id="coin-1", source="A sheet, question 1", statement="Relu is faster.", value=0.75)
SOURCE = "A sheet, part 1"
TABLE = {
    study.name: study
    for study in (
        Study(
            name="coin",
            title="Four settings",
            source=SOURCE,
            question="Which is faster?",
            ask=lambda _: QUESTION,
            profiles={"smoke": {"seeds": 8, "reduced": "8 seeds, 500 steps."}},
            claims=(CLAIM,),
            decided=("The bias is 0.1.", "A tie is a tie."),
            page=(Section("The curves", []), Section("The ranks", [])),
        ),
        Study(name="drawing", title="A surface", source=SOURCE, question="What does it look like?"),
        *(
            Study(name=name, title=name, source=SOURCE, question=name)
            for name in ("slow", "broken", "crash", "misasked")
        ),
    )
}
SETTING = {
    "n": 8,
    "hit_share": {"estimate": 0.75, "low": 0.41, "high": 0.93},
    "hit_step": {"median": {"estimate": 1234.0}},
    "dead": 2,
    "diverged": 1,
}
calls = []


def run_study(study, *, profile, seeds, changes, data, out, engine, listen, command, source, settle_within, sources,
            keep_older):  # fmt: skip
    if study.name == "broken":
        raise RunError("a worker was lost, exit status 9; run the same command again")
    if study.name == "crash":
        raise ValueError("boom\nin two lines")
    if study.name == "misasked":
        raise UserError("the factor was wrong, got x; write y")
    calls.append(
        {
            "study": study.name,
            "profile": profile,
            "seeds": seeds,
            "changes": changes,
            "data": data,
            "out": out,
            "engine": engine,
            "command": command,
            "source": source,
            "settle_within": settle_within,
            "sources": sources,
            "keep_older": keep_older,
        }
    )
    for step in range(0, 1000, 100 if study.name != "slow" else 1):
        listen(
            Progress("training" if step else "compiling", "relu, l2 [a label]", 1, 2, step, 1000, 7, 8, 1.5e6, 200.0)
        )
        if study.name == "slow":
            time.sleep(0.05)
    listen(Progress("stored", "relu, l2 [a label]", 1, 2, 1000, 1000, 0, 8))
    folder = Path(out) / study.name
    folder.mkdir(parents=True, exist_ok=True)
    settings = [
        {"factors": {"activation": "relu", "learning_rate": 0.1}, **SETTING},
        {
            "factors": {"activation": "sigmoid", "learning_rate": 0.1},
            **SETTING,
            "hit_step": {"median": {"estimate": None}},
        },
    ]
    summary = {
        "study": study.name,
        "profile": profile,
        "seeds": "0:8",
        "settings": settings if study.ask else [],
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1))
    written = [folder / "report.html", folder / "report.pdf", folder / "summary.json"]
    return SimpleNamespace(folder=folder, summary=summary, written=written, seconds=7.24)


def retell(folder):
    calls.append(folder)
    return SimpleNamespace(written=[folder / "report.html", folder / "summary.json"])


def modules():
    studies, catalogue = ModuleType("seedbed.studies"), ModuleType("seedbed.catalogue")
    studies.TABLE = TABLE
    catalogue.run_study, catalogue.retell, catalogue.estimate = (
        run_study,
        retell,
        lambda *_: "1 min",
    )
    catalogue.price = lambda *_: SimpleNamespace(networks=8, operations=2e9, memory=1e6, gpu_seconds=3.0)
    catalogue.questions_of = lambda study, profile: {"record": study.ask(profile)} if study.ask else {}
    catalogue.data_at_hand = lambda *_: None
    catalogue.from_file = lambda path: Study(name=path.stem, title="own", source="me", question="?")
    return {module.__name__: module for module in (studies, catalogue)}


if __name__ == "__main__":
    from seedbed.cli.main import app

    sys.modules.update(modules())
    app()
