"""Who may ask the lab what, what it answers, and that what it hands over is what it showed."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from conftest import Served

import seedbed as sb

STATE = {"points": ["40"], "seeds": ["4"], "steps": ["30"], "layers": ["3"], "target": ["1"]}


@pytest.mark.parametrize(
    ("headers", "status", "part"),
    [
        ({"Cookie": ""}, 403, "the address that `seedbed lab` shows"),
        ({"Cookie": "seedbed-1=x"}, 403, "the address that `seedbed lab` shows"),
        ({"Origin": "http://example.com"}, 403, "the address that `seedbed lab` shows"),
        ({"Host": "example.com"}, 421, "the lab is at 127.0.0.1"),
    ],
)
def test_nobody_else_is_let_in(served: Served, headers: dict[str, str], status: int, part: str) -> None:
    before = set(served.lab.sessions)
    for path, body in (("/", None), ("/api/start", {"state": STATE})):
        code, text = served.ask(path, body, **headers)
        assert code == status
        assert part in text.decode()
    assert set(served.lab.sessions) == before


def test_a_wrong_token_opens_nothing(served: Served) -> None:
    assert served.ask("/?token=wrong", None, Cookie="")[0] == 403


@pytest.mark.parametrize("name", ["../server.py", "%2e%2e/server.py", "nothing.js", "index.py"])
def test_only_the_page_s_own_files_are_served(served: Served, name: str) -> None:
    assert served.ask(f"/page/{name}")[0] == 404


def test_the_page_asks_nobody_else(served: Served) -> None:
    for name in ("", "page/main.js", "page/style.css", "page/fields.js", "page/mosaic.js"):
        status, text = served.ask(f"/{name}")
        assert status == 200
        assert b"https://" not in text


WRONG = {
    "no number": ({"rate": ["much"]}, "rate", "number"),
    "code": ({"activation": ["__import__('os')"]}, "activation", ""),
    "too many": ({"seeds": ["100000"]}, "seeds", "at most"),
    "no accuracy": ({"target": ["95"]}, "target", "at most 1"),
    "a comma is a point": ({"rate": ["0,1x"]}, "rate", "number"),
    "levels alike": ({"rate": ["0.1", "0,1"]}, "rate", "differ"),
}


@pytest.mark.parametrize(("change", "field", "part"), WRONG.values(), ids=WRONG)
def test_a_wrong_entry_gets_its_sentence_beside_its_field(
    served: Served, change: dict[str, Any], field: str, part: str
) -> None:
    status, told = served.told("/api/start", {"state": {**STATE, **change}})
    assert (status, told["field"]) == (422, field)
    assert part in told["sentence"]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"x" * 20_000, b'{"id": 3, "do": "play"}', b'{"id": "a"}'])
def test_what_is_no_request_is_one_sentence(served: Served, body: bytes) -> None:
    for path in ("/api/start", "/api/do", "/api/twin", "/api/hand_over"):
        status, told = served.told(path, body)
        assert status == 422
        assert told["sentence"]


def test_what_it_hands_over_is_what_it_showed(served: Served) -> None:
    status, started = served.told("/api/start", {"state": STATE})
    assert status == 200
    session = served.lab.sessions[started["id"]]
    threading.Thread(target=served.ask, args=(f"/api/stream/{started['id']}",), daemon=True).start()  # someone looks
    until = time.monotonic() + 60
    while not (session.live is not None and session.live.running == 0):
        assert time.monotonic() < until
        time.sleep(0.05)
    (twins,) = session.live.frame().settings
    _, told = served.told("/api/hand_over", {"state": STATE, "as": "python"})
    space: dict[str, Any] = {}
    exec(told["text"].split("record = ")[0], space)
    record = sb.run(space["question"], seeds=4)
    np.testing.assert_array_equal(twins.hit_step, record["hit_step"].values)
    _, study = served.told("/api/hand_over", {"state": STATE, "as": "study"})
    compile(study["text"], study["name"], "exec")
    assert served.told("/api/twin", {"id": started["id"], "setting": 0, "seed": 2})[0] == 200
    assert served.told("/api/do", {"id": started["id"], "do": "rate", "value": "0,2"})[0] == 200
    assert served.told("/api/do", {"id": started["id"], "do": "end"})[0] == 200
