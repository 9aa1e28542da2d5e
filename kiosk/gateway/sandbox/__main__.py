"""``python -m kiosk.gateway.sandbox``: serve the stand-in platform, or turn the switch of one that runs."""

import secrets
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from kiosk.gateway.sandbox.api import create_app
from kiosk.gateway.sandbox.disturbance import CuttableProtocol
from kiosk.gateway.sandbox.mode import BOUNDS, MEANINGS, Manner, Mode
from kiosk.gateway.sandbox.stocked import stocked

END_WITHIN_S = 2
"""Seconds that requests still open may take when the process is told to end."""


class _Server(uvicorn.Server):
    """Lets go of whoever hangs before it waits for open requests to end."""

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.switch.turn(Mode(manner=Manner.NORMAL))
        await super().shutdown(sockets)


cli = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@cli.command()
def serve(
    db: Annotated[Path, typer.Option(help="the platform's database; made when missing")],
    port: Annotated[int, typer.Option(help="0 chooses a free one", min=0, max=65535)] = 8802,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets phones reach the verification page")] = "127.0.0.1",
    public_url: Annotated[str | None, typer.Option(help="where phones reach this; goes into the QR codes")] = None,
    token_file: Annotated[Path | None, typer.Option(help="bearer token; default DB.token, made when missing")] = None,
) -> None:
    """Serve until told to end. Says `sandbox ready url=... token_file=...` once it listens."""
    token_path = token_file or db.with_name(f"{db.name}.token")
    db.parent.mkdir(parents=True, exist_ok=True)
    if not token_path.exists():
        token_path.touch(mode=0o600)
        token_path.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        _fail(f"cannot listen on {host}:{port}: {error.strerror}")
    own_url = f"http://{host}:{listening.getsockname()[1]}"
    registry = stocked(db, public_url=public_url or own_url)
    app = create_app(registry=registry, token=token_path.read_text(encoding="ascii").strip(), now=lambda: datetime.now(UTC))
    server = _Server(
        uvicorn.Config(app, http=CuttableProtocol, log_level="warning", access_log=False, timeout_graceful_shutdown=END_WITHIN_S)
    )
    # The socket listens already: whoever reads this line and connects is served as soon as the loop turns.
    typer.echo(f"sandbox ready url={own_url} token_file={token_path}")
    sys.stdout.flush()
    server.run(sockets=[listening])


@cli.command(help="Turn the switch:\n\n" + "\n\n".join(f"{manner}: {meaning}" for manner, meaning in MEANINGS.items()))
def mode(
    wanted: Annotated[str, typer.Argument(help=f"one of {', '.join(MEANINGS)}; {', '.join(BOUNDS)} take =NUMBER")],
    url: Annotated[str, typer.Option(help="where the sandbox listens")] = "http://127.0.0.1:8802",
    times: Annotated[int | None, typer.Option(help="for so many requests only, then back to normal", min=1)] = None,
) -> None:
    """Turn the switch."""
    try:
        answer = httpx.post(f"{url.rstrip('/')}/sandbox/mode", json={"mode": wanted, "times": times}, timeout=5, trust_env=False)
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        _fail(f"no sandbox at {url}: {type(error).__name__}")
    if answer.status_code != httpx.codes.OK:
        _fail(str(said.get("reason", said)))
    typer.echo(f"{said['mode']}: {said['meaning']}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"sandbox: {message}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli()
