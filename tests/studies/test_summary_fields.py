"""docs/summary.md says what stands in `summary.json`, and a run's file has that and nothing else."""

import json
import re
from pathlib import Path

import pytest

from seedbed.report.summary import SCHEMA

PAGE = (Path(__file__).parents[2] / "docs" / "summary.md").read_text(encoding="utf-8")
FORMS = {
    title: {row[0]: (row[1], "may be absent" in row[2]) for row in re.findall(r"\| `(\w+)` \| (.+?) \| (.+) \|", body)}
    for title, body in re.findall(r"## (\w+)\n(.*?)(?=\n## |\Z)", PAGE, re.DOTALL)
}
PLAIN = {"text": str, "object": dict, "list": list, "whole": int, "number": (int, float), "null": type(None)}


def problems(value, said, where):
    """What of a value is not as its type on the page says."""
    if said in FORMS:
        if not isinstance(value, dict):
            return [f"{where} is {type(value).__name__}, not {said}"]
        form = FORMS[said]
        lacking = [
            f"{where}.{name} is lacking" for name, (_, absent) in form.items() if not absent and name not in value
        ]
        unknown = [f"{where}.{name} is not described" for name in value if name not in form]
        inside = [
            one for name in value if name in form for one in problems(value[name], form[name][0], f"{where}.{name}")
        ]
        return lacking + unknown + inside
    if " or " in said:
        every = [problems(value, word, where) for word in said.split(" or ")]
        return min(every, key=len)
    outer, _, inner = said.partition(" of ")
    if not isinstance(value, PLAIN[outer]) or isinstance(value, bool):
        return [f"{where} is {type(value).__name__}, not {said}"]
    if not inner:
        return []
    items = enumerate(value) if isinstance(value, list) else value.items()
    return [one for at, item in items for one in problems(item, inner, f"{where}[{at}]")]


@pytest.mark.parametrize("name", ["four_settings", "perceptron_or_hinge"])
def test_a_run_s_summary_has_the_fields_of_its_page(smoke, name):
    found = json.loads((smoke(name) / "summary.json").read_text())
    assert found["schema"] == SCHEMA
    assert problems(found, "Summary", "summary") == []


def test_the_check_finds_what_is_wrong():
    whole = {"estimate": 1.0, "low": None, "high": 2, "level": 0.95, "method": "Wilson", "n": 8}
    assert problems(whole, "Interval", "x") == []
    assert problems(whole | {"n": "8"}, "Interval", "x") == ["x.n is str, not whole"]
    assert problems(whole | {"more": 1}, "Interval", "x") == ["x.more is not described"]
    assert problems({}, "Interval", "x")[0] == "x.estimate is lacking"
