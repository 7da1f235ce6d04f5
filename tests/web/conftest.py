"""A lab that serves on a port of this machine for the length of the tests."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the lab is an extra: pip install 'seedbed[lab]'")
uvicorn = pytest.importorskip("uvicorn", reason="the lab is an extra: pip install 'seedbed[lab]'")


class Served:
    """A lab with its address; `ask` sends a request as its page does, and gives (status, answer)."""

    def __init__(self, lab: Any, port: int) -> None:
        self.lab, self.port = lab, port

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.lab.token}"

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        own = {"Content-Type": "application/json", "Cookie": f"seedbed-{self.port}={self.lab.token}", **headers}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, own)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def told(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        status, text = self.ask(path, body, **headers)
        return status, json.loads(text)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from seedbed.web.server import Lab, application

    lab = Lab(out=tmp_path_factory.mktemp("lab"))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(lab), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Served(lab, listening.getsockname()[1])
    for session in lab.sessions.values():
        session.close()
    server.should_exit = True
    thread.join(10)
