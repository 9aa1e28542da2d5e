"""``zhizhu-rig``: serve simulated devices, or give faults to those of a rig that runs."""

import asyncio
import socket
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
import uvicorn

from drivers.rig.api import BenchSays, DeviceSays, create_app
from drivers.rig.equipment import Choice, PrinterCable, build
from drivers.rig.tenancy import FolderHeldError, Tenancy, find

ANSWER_S = 10.0
"""Seconds a running rig may take for a command; it answers in milliseconds."""
END_WITHIN_S = 1
"""Seconds that requests still open may take when the rig is told to end."""

cli = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
card = typer.Typer(help="Lay a sample card on the reader, or lift it. 放卡、取卡", no_args_is_help=True)
cli.add_typer(card, name="card")

Dir = Annotated[Path, typer.Option("--dir", envvar="DEMO_DIR", help="the rig's folder")]


@cli.command()
def serve(
    folder: Dir,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="of the page; 0 takes a free one")] = 0,
    host: Annotated[str, typer.Option(help="address the page listens on")] = "127.0.0.1",
    printer: Annotated[PrinterCable, typer.Option(help="how the receipt printer is connected")] = PrinterCable.SERIAL,
    smart_cards: Annotated[bool, typer.Option(help="whether there is a smart-card reader, with a pcscd of its own")] = True,
    printer_port: Annotated[int, typer.Option(min=0, max=65535, help="with --printer tcp; 0 takes a free one")] = 0,
) -> None:
    """Host the simulated devices until told to end. Says `rig ready url=... dir=...` once they can be reached."""
    folder = folder.resolve()
    try:
        with Tenancy(folder) as tenancy:
            choice = Choice(printer_cable=printer, printer_port=printer_port, has_smart_cards=smart_cards)
            _serve(tenancy, folder, choice, host=host, port=port)
    except FolderHeldError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{folder} 用不了 (cannot use the folder): {error.strerror or error}")


@cli.command(name="list")
def list_devices(folder: Dir) -> None:
    """设备一览: devices, their ports, their state and the faults each can be given."""
    for device in _bench(folder).devices:
        state = ("插着 plugged" + ("，终端在用 in use" if device.is_held else "")) if device.is_plugged else "已拔下 unplugged"
        typer.echo(f"{device.device}  {device.title}  {state}")
        typer.echo(f"  port     {device.port}")
        if device.samples:
            laid = f"  laid={device.laid}" if device.laid else ""
            typer.echo(f"  samples  {' '.join(device.samples)}{laid}")
        typer.echo("  holding  " + "  ".join(f"{label}={value}" for label, value in device.holding.items()))
        width = max(len(fault.name) for fault in device.faults)
        title_width = max(_columns(fault.title) for fault in device.faults)
        for fault in device.faults:
            mark = "*" if fault.is_given else " "
            title = fault.title + " " * (title_width - _columns(fault.title))
            typer.echo(f"  {mark} {fault.name:<{width}}  {title}  {fault.summary}")
            for option, meaning in fault.options.items():
                typer.echo(f"    {'':<{width}}  {option}=  {meaning}")
        typer.echo("")


@cli.command()
def give(
    folder: Dir,
    device: str,
    fault: str,
    options: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
) -> None:
    """给出故障: give a device a fault."""
    chosen: dict[str, str] = {}
    for option in options or []:
        key, has_value, value = option.partition("=")
        if not (key and has_value):
            _fail(f"{option!r} 不是 key=value (options are written key=value)")
        chosen[key] = value
    _say(_ask(folder, "PUT", f"/api/devices/{device}/faults/{fault}", {"options": chosen}))


@cli.command()
def clear(folder: Dir, device: str, fault: Annotated[str | None, typer.Argument()] = None) -> None:
    """恢复: end one fault of a device, or all of them."""
    _say(_ask(folder, "DELETE", f"/api/devices/{device}/faults" + (f"/{fault}" if fault else "")))


@cli.command()
def unplug(folder: Dir, device: str) -> None:
    """拔线: pull a device's cable."""
    _say(_ask(folder, "PUT", f"/api/devices/{device}/plug", {"is_plugged": False}))


@cli.command()
def replug(folder: Dir, device: str) -> None:
    """插线: put a device's cable back in."""
    _say(_ask(folder, "PUT", f"/api/devices/{device}/plug", {"is_plugged": True}))


@card.command()
def insert(folder: Dir, sample: str) -> None:
    """放卡: lay a sample card on the reader it belongs to."""
    _say(_ask(folder, "PUT", "/api/card", {"sample": sample}))


@card.command()
def remove(folder: Dir) -> None:
    """取卡: lift the card from whichever reader it is on."""
    _ask(folder, "DELETE", "/api/card")


@cli.command()
def lay(folder: Dir, device: str, sample: str) -> None:
    """放东西: lay a sample before a device: a card, a phone's code, a face, a sheet of paper."""
    _say(_ask(folder, "PUT", f"/api/devices/{device}/laid", {"sample": sample}))


@cli.command()
def take(folder: Dir, device: str) -> None:
    """取走: take away what lies before a device."""
    _say(_ask(folder, "DELETE", f"/api/devices/{device}/laid"))


@cli.command()
def paper(folder: Dir) -> None:
    """凭条: every receipt that came out, oldest first; number, time, picture, text."""
    for kept in _bench(folder).papers:
        typer.echo(f"{kept.number}\t{kept.at.isoformat(timespec='seconds')}\t{kept.png}\t{kept.txt}")


@cli.command()
def sheets(folder: Dir) -> None:
    """A4 纸: every sheet that came out, oldest first; number, time, job, page, file."""
    for kept in _bench(folder).sheets:
        typer.echo(f"{kept.number}\t{kept.at.isoformat(timespec='seconds')}\t{kept.job}\t{kept.page}\t{kept.pdf}")


def main() -> None:
    """Console script."""
    cli()


def _serve(tenancy: Tenancy, folder: Path, choice: Choice, *, host: str, port: int) -> None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(64)
    except OSError as error:
        listening.close()
        _fail(f"端口 {host}:{port} 用不了 (cannot listen): {error.strerror}")
    url = f"http://{host}:{listening.getsockname()[1]}"

    async def live() -> None:
        bench = build(folder, choice, now=lambda: datetime.now(UTC))
        app = create_app(bench, host=host, when_ready=lambda: _announce(tenancy, url, folder), when_over=tenancy.withdraw)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=END_WITHIN_S)
        await uvicorn.Server(config).serve(sockets=[listening])

    asyncio.run(live())


def _announce(tenancy: Tenancy, url: str, folder: Path) -> None:
    tenancy.announce(url)
    typer.echo(f"rig ready url={url} dir={folder}")
    sys.stdout.flush()


def _ask(folder: Path, method: str, path: str, body: object = None) -> httpx.Response:
    address = find(folder)
    if address is None:
        _fail(f"{folder} 里没有设备台在运行；先执行 zhizhu-rig serve --dir {folder} (no rig is running there)")
    try:
        answer = httpx.request(method, f"{address.url}{path}", json=body, timeout=ANSWER_S, trust_env=False)
    except httpx.HTTPError as error:
        _fail(f"设备台 {address.url} 没有回答 (the rig does not answer): {type(error).__name__}")
    if answer.status_code != httpx.codes.OK:
        try:
            reason = str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            reason = f"HTTP {answer.status_code}"
        _fail(reason)
    return answer


def _bench(folder: Path) -> BenchSays:
    return BenchSays.model_validate_json(_ask(folder, "GET", "/api/bench").content)


def _say(answer: httpx.Response) -> None:
    device = DeviceSays.model_validate_json(answer.content)
    given = "、".join(f"{fault.name} {fault.title}" for fault in device.faults if fault.is_given) or "无 (none)"
    state = "插着 plugged" if device.is_plugged else "已拔下 unplugged"
    typer.echo(f"{device.device} {device.title}: {state}; 故障 faults: {given}")


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _fail(message: str) -> NoReturn:
    typer.echo(f"zhizhu-rig: {message}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    main()
