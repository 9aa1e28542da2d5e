"""The command line of pretended kiosks: ``zhizhu-fleet simulate-enrolment`` and ``zhizhu-fleet simulate-clone``."""

import csv
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from provisioning.simulation.pretended_kiosk import PretendedError, PretendedKiosk
from provisioning.wire.enrolment import EnrolmentTold, Result

FOUND_WANTING = 1
MISUSED = 2
COPIES_BOARD = "copy"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Url = Annotated[str, typer.Option(help="of the kiosks' door")]
Folder = Annotated[Path, typer.Option("--dir", help="one folder a kiosk: key, certificate, CA")]


@app.command()
def simulate_enrolment(
    *,
    codes: Annotated[Path, typer.Option(help="CSV that code make wrote: serial,code,...")],
    folder: Folder,
    url: Url = "https://localhost:8443",
    only: Annotated[str, typer.Option(help="serial: only this one's code")] = "",
    says: Annotated[str, typer.Option(help="serial the machine claims to have, instead of its own")] = "",
    patience_s: Annotated[float, typer.Option(min=0, max=600, help="seconds the server may take to open its door")] = 30,
) -> None:
    """Let every machine of a list of codes enrol over HTTPS, and say how each fared."""
    try:
        rows = [(row["serial"], row["code"]) for row in csv.DictReader(codes.read_text("utf-8").splitlines())]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        _refuse(f"{codes}: {error}")
    found = Counter[str]()
    deadline_s = time.monotonic() + patience_s
    for serial, code in rows:
        if only not in ("", serial):
            continue
        machine = PretendedKiosk(serial=says or serial, url=url, folder=folder / (says or serial), board=says or serial)
        told = _patiently(machine, code, deadline_s)
        reason = told.reason.value if told.reason else ""
        found[told.result.value] += 1
        if told.result is not Result.ISSUED:
            typer.echo(f"{machine.serial}\t{told.result.value}\t{reason}")
    typer.echo(", ".join(f"{found[result.value]} {result.value}" for result in Result))
    if not found or found[Result.ISSUED.value] != sum(found.values()):
        raise typer.Exit(FOUND_WANTING)


@app.command()
def simulate_clone(
    serial: Annotated[str, typer.Argument(help="of a machine that simulate-enrolment let in")],
    *,
    folder: Folder,
    url: Url = "https://localhost:8443",
) -> None:
    """Copy a pretended kiosk's disk into another machine, let that one renew, and say which of the two still come in."""
    mine = PretendedKiosk(serial=serial, url=url, folder=folder / serial, board=serial)
    copy = PretendedKiosk(serial=serial, url=url, folder=folder / serial, board=COPIES_BOARD)
    try:
        told = copy.renew()
        typer.echo(f"copy\t{told.result.value}\t{told.reason.value if told.reason else ''}")
        for name, one in (("copy", copy), ("original", mine)):
            typer.echo(f"{name}\t{'comes in' if one.confirm() else 'shut out'}")
    except PretendedError as error:
        _refuse(str(error))


def _patiently(machine: PretendedKiosk, code: str, deadline_s: float) -> EnrolmentTold:
    """Enrol; a server that has not opened yet is waited for."""
    while True:
        try:
            return machine.enrol(code)
        except ValueError as error:
            _refuse(f"{machine.serial}: {error}")
        except PretendedError as error:
            if time.monotonic() > deadline_s:
                _refuse(str(error))
        time.sleep(0.2)


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(f"zhizhu-fleet: {why}\n")
    raise typer.Exit(MISUSED)
