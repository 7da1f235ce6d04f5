"""`seedbed lab`: a page on which many twins train live. What it does is `seedbed.web`; here it is opened and ended."""

import contextlib
import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from seedbed.errors import UserError

USUAL = range(8765, 8785)


def lab(
    port: Annotated[int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Where to serve it.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where reports are kept.")] = Path("seedbed-runs"),
) -> None:
    """Watch many networks train at once, in a browser.

    A page is served to this machine only, until Ctrl-C. The address it prints holds the key to it.
    """
    try:
        import uvicorn

        from seedbed.web.server import Lab, application
    except ModuleNotFoundError as error:
        raise UserError(f"the lab needs {error.name}, which is not installed; pip install 'seedbed[lab]'") from None
    served = Lab(out=out)
    listening = _listening(port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/?token={served.token}"
    typer.echo(f"the lab is at {address}\nEnd it with Ctrl-C.")
    sys.stdout.flush()
    threading.Thread(target=_warm, name="load the engine", daemon=True).start()
    if browser and (sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ)):
        threading.Timer(0.5, webbrowser.open, (address,)).start()
    config = uvicorn.Config(application(served), log_level="error", timeout_graceful_shutdown=1, lifespan="off")
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listening])


def _listening(port: int | None) -> socket.socket:
    """A socket of this machine alone, at the port asked for, else at the first that is free."""
    for one in USUAL if port is None else (port,):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", one))
        except OSError:
            listening.close()
            continue
        return listening
    asked = f"port {port}" if port is not None else f"ports {USUAL.start} to {USUAL.stop - 1}"
    raise UserError(f"the lab cannot listen at {asked}, which is taken or not allowed; give another: --port 9000")


def _warm() -> None:
    """Load the engine while the page opens."""
    from seedbed.procedures import engines

    engines.module("jax", "live")
