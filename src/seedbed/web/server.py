"""Who may ask the lab what. Only this machine: the address is loopback, Host and Origin are checked, and a token made
at the start, which the first visit puts into a cookie, is needed for everything. No code comes from the browser: a
request is words of the vocabulary and numbers.
"""

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from seedbed import __version__
from seedbed.errors import SeedbedError, UserError, shown
from seedbed.figures.style import PALETTE
from seedbed.web import fields, handover
from seedbed.web.session import Session

MOST_BYTES = 16_384  # of a request
MOST_SESSIONS = 6  # tabs whose twins are kept; the oldest gives way
SLOW = 10.0  # seconds in which a page has to take a message
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; "
    "frame-ancestors 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
CLOSED = "this page is opened by the address that `seedbed lab` shows in its terminal; open that one"


@dataclass
class Lab:
    """The sessions of a start: its token, and where reports are kept."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    out: Path = Path("seedbed-runs")
    sessions: dict[str, Session] = field(default_factory=dict)

    def start(self, session: Session) -> str:
        """Keep a session under a name of its own; the oldest gives way where there are too many."""
        name = secrets.token_hex(8)
        self.sessions[name] = session
        while len(self.sessions) > MOST_SESSIONS:
            oldest = next(iter(self.sessions))
            old = self.sessions.pop(oldest)
            old.say(
                "error", {"sentence": f"only {MOST_SESSIONS} pages train at once, and this is the oldest; restart it"}
            )
            old.close()
        return name

    def session(self, name: Any) -> Session:
        """A session by its name. Raises UserError."""
        if name not in self.sessions:
            raise UserError(f"no training {shown(name)} in this lab; restart it")
        return self.sessions[name]


def application(lab: Lab) -> Starlette:
    """The lab as a web application."""

    def on(path: str, answer: Callable[[Lab, Any], Any], slow: bool = False) -> Route:
        async def handle(request: Request) -> Response:
            try:
                body = await _body(request)
                found = answer(lab, body) if not slow else await run_in_threadpool(answer, lab, body)
                return JSONResponse(await found if asyncio.iscoroutine(found) else found)
            except fields.FieldError as error:
                return JSONResponse({"field": error.field, "sentence": str(error)}, 422)
            except SeedbedError as error:
                return JSONResponse({"field": "", "sentence": str(error)}, 422)

        return Route(path, handle, methods=["POST"])

    async def page(request: Request) -> Response:
        return _file(request.path_params.get("name", "index.html"))

    async def words(_: Request) -> Response:
        return JSONResponse(_words())

    async def report(request: Request) -> Response:
        path = lab.out / request.path_params["name"] / "report.html"
        there = request.path_params["name"].startswith(handover.PREFIX) and path.is_file()
        return FileResponse(path) if there else PlainTextResponse("no such report; make it again", 404)

    routes = [
        Route("/", page), Route("/page/{name}", page), Route("/api/words", words), Route("/report/{name}", report),
        Route("/api/stream/{name}", _Stream(lab)),
        on("/api/start", _start), on("/api/do", _do), on("/api/twin", _twin, slow=True),
        on("/api/hand_over", _hand_over), on("/api/report", _report, slow=True),
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(_Guard, lab=lab)])


class _Guard:
    """Lets nobody in but the pages of this start."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app, self.lab = app, lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        host, _, port = request.headers.get("host", "").partition(":")
        if host not in ("127.0.0.1", "localhost") or not port.isdigit():
            return await PlainTextResponse(f"the lab is at 127.0.0.1; {CLOSED}", 421)(scope, receive, send)
        cookie = f"seedbed-{port}"
        if request.url.path == "/" and _equal(request.query_params.get("token"), self.lab.token):
            welcome = RedirectResponse("/", 303, HEADERS)
            welcome.set_cookie(cookie, self.lab.token, httponly=True, samesite="strict")
            return await welcome(scope, receive, send)
        origin = request.headers.get("origin")
        known = _equal(request.cookies.get(cookie), self.lab.token)
        if not known or origin not in (None, f"http://{host}:{port}"):
            return await PlainTextResponse(CLOSED, 403, HEADERS)(scope, receive, send)

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start" and not request.url.path.startswith("/report/"):
                message["headers"] = [
                    *message["headers"],
                    *((k.lower().encode(), v.encode()) for k, v in HEADERS.items()),
                ]
            await send(message)

        return await self.app(scope, receive, with_headers)


class _Stream:
    """The messages of a session, one after the other, to a page that takes them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self.lab.sessions.get(scope["path_params"]["name"])
        if session is None:
            return await PlainTextResponse("no such training; restart it", 404)(scope, receive, send)
        gone = asyncio.create_task(_gone(receive))
        session.watchers += 1
        seen: dict[str, int] = {}
        try:
            await send({"type": "http.response.start", "status": 200,
                        "headers": [(b"content-type", b"application/octet-stream")]})  # fmt: skip
            while not gone.done() and not (session.closed and not await session.next(dict(seen))):
                body = b"".join(await session.next(seen)) or b"\0\0\0\0"  # an empty message: still there
                await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": True}), SLOW)
            await send({"type": "http.response.body", "body": b""})
        except (TimeoutError, OSError):
            return None  # a page that went away, or takes nothing
        finally:
            session.watchers -= 1
            gone.cancel()
        return None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise UserError("a request is JSON, got another type; reload the page")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise UserError(f"a request has at most {MOST_BYTES:,} bytes, got more; shorten the fields")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise UserError("a request is JSON, got something else; reload the page") from None
    if not isinstance(found, dict):
        raise UserError("a request maps names to values, got something else; reload the page")
    return found


async def _start(lab: Lab, body: dict[str, Any]) -> dict[str, Any]:
    asked = fields.asked(body.get("state"))
    loop, before = asyncio.get_running_loop(), lab.sessions.pop(str(body.get("instead")), None)
    if before is not None:
        before.close()
    session = Session(asked, loop, _pace(body.get("pace")), bool(body.get("playing", True)))
    return {"id": lab.start(session)}


def _do(lab: Lab, body: dict[str, Any]) -> dict[str, Any]:
    session, what, value = lab.session(body.get("id")), body.get("do"), body.get("value")
    if what == "play":
        session.play(bool(value))
    elif what == "step":
        session.single(1)
    elif what == "pace":
        session.pace = _pace(value)
    elif what == "rate":
        session.change(fields.read({"rate": [value]})["rate"][0])
    elif what == "end":
        session.close()
    else:
        raise UserError(f"a session can play, step, pace, rate and end, got {shown(what)}; reload the page")
    return {}


def _twin(lab: Lab, body: dict[str, Any]) -> dict[str, Any]:
    setting, seed = body.get("setting"), body.get("seed")
    if not isinstance(setting, int) or not isinstance(seed, int):
        raise UserError("a twin is named by the numbers of its setting and its seed; click one")
    return lab.session(body.get("id")).twin(setting, seed)


def _hand_over(_: Lab, body: dict[str, Any]) -> dict[str, Any]:
    asked = fields.asked(body.get("state"))
    if body.get("as") == "study":
        name = handover.name_of(asked.question)
        return {"name": f"{name}.py", "text": handover.as_study(asked.question, asked.seeds, name)}
    return {"name": "from_the_lab.py", "text": handover.as_python(asked.question, asked.seeds)}


def _report(lab: Lab, body: dict[str, Any]) -> dict[str, Any]:
    asked = fields.asked(body.get("state"))
    name = handover.report(asked.question, asked.seeds, lab.out)
    return {"url": f"/report/{name}", "folder": str(lab.out / name)}


def _pace(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and 0 < value <= 1e6):
        return value
    raise UserError(f"a pace is steps in a second, got {shown(value)}; take one of the list")


def _words() -> dict[str, Any]:
    listed = [
        {"name": one.name, "label": one.label, "usual": one.usual, "words": one.words, "hint": one.hint,
         "several": one.several, "live": one.live} for one in fields.FIELDS
    ]  # fmt: skip
    kinds = {name: kind for name, (kind, _) in fields.DATA.items()}
    return {"version": __version__, "fields": listed, "kinds": kinds, "losses": fields.LOSSES, "palette": PALETTE,
            "most_levels": fields.MOST_LEVELS, "most_twins": fields.MOST_TWINS}  # fmt: skip


def _file(name: str) -> Response:
    path = files("seedbed.web").joinpath("page", name)
    suffix = name[name.rfind(".") :]
    if "/" in name or suffix not in KINDS or not path.is_file():
        return PlainTextResponse("no such file", 404)
    return Response(path.read_bytes(), media_type=KINDS[suffix])


def _equal(one: str | None, other: str) -> bool:
    return one is not None and hmac.compare_digest(one.encode(), other.encode())
