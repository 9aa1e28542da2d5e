"""``zhizhu-fleet kiosk ...`` and ``code ...``: the list of machines, who is let in, codes and the slips they stand on."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning.fleet.authority import Authority, AuthorityError, RequestError
from provisioning.fleet.files import PRIVATE, write_new
from provisioning.fleet.registry import codes, identities, requests, serials, serials_file
from provisioning.fleet.registry.absence import absences
from provisioning.fleet.registry.acts import NotNowError, RegistryActs, Who
from provisioning.fleet.registry.decision import IdentityState, SerialState
from provisioning.fleet.registry.revoking import Revocations
from provisioning.fleet.registry.serials import Machine
from provisioning.fleet.registry.slip import Slip, as_html, as_png
from provisioning.fleet.signing import AUTHORITY
from provisioning.wire.enrolment import show_code
from provisioning.wire.identity import CertificateError, kiosk_of, subject_of
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.opened import Config, Opened, opened, refuse
from telemetry.fleet.reports.paper import PaperError, to_pdf
from telemetry.fleet.table_file import TableError
from telemetry.wire.topics import KioskId

kiosk_verbs = typer.Typer(no_args_is_help=True, help="Which machines belong to the bureau, and how they stand.")
code_verbs = typer.Typer(no_args_is_help=True, help="One-time codes that let a machine in.")

OURS = Who(person=COMMAND_LINE)
LONGEST_H = 168

Named = Annotated[str, typer.Argument(help="county/kiosk")]
Serial = Annotated[str, typer.Argument(help="as on the machine")]
Waiting = Annotated[int, typer.Argument(min=1, help="as list --waiting shows it")]
Reason = Annotated[str, typer.Option(help="why; for the audit")]
Hours = Annotated[int, typer.Option(min=1, max=LONGEST_H, help="hours the code may be used")]


@kiosk_verbs.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=f"CSV in UTF-8: {','.join(serials_file.COLUMNS)}")], config: Config
) -> None:
    """Import a list of serial numbers: whole, or not at all. A machine without a kiosk's name waits for a person to say it."""
    try:
        with opened(config) as place:
            rows = serials_file.read(file.read_bytes())
            with place.rows() as connection:
                done = serials.put(connection, rows, COMMAND_LINE, now=place.now)
    except TableError as error:
        refuse(*(f"{file}: {problem}" for problem in error.problems))
    typer.echo(f"{len(rows)} serials: {done.new} new, {done.changed} changed, {done.same} as they were")
    if done.unnamed:
        typer.echo(f"{done.unnamed} without a kiosk's name: they wait for a person when they ask to be let in")


@kiosk_verbs.command("list")
def list_(
    config: Config,
    *,
    state: Annotated[str, typer.Option(help="listed, enrolled, retired, active, quarantined")] = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="who waits for a person")] = False,
) -> None:
    """List machines, one a line: serial, kiosk, state, until when its certificate lasts, reason; parted by tabs."""
    with opened(config) as place, place.rows() as connection:
        if waiting:
            asking = requests.pending(connection)
            away = absences(connection, asking)
            for one in asking:
                why = one.why.value if one.why else ""
                line = f"{one.id}\t{one.serial}\t{one.county}/{one.kiosk or '?'}\t{why}\t{one.asked_at:%Y-%m-%dT%H:%M:%SZ}"
                typer.echo(f"{line}\tafter {away[one.id].days} days away" if one.id in away else line)
            return
        known = {one.kiosk: one for one in identities.every(connection)}
        current = identities.current(connection)
        for machine in serials.every(connection):
            becomes = machine.listed.becomes
            identity = known.get(becomes) if becomes else None
            mine = identity if identity and identity.serial == machine.listed.serial else None
            standing = machine.state.value if mine is None else mine.state.value
            if state not in ("", standing, machine.state.value):
                continue
            certificate = current.get(becomes) if becomes and mine else None
            until = f"{certificate.valid_until:%Y-%m-%d}" if certificate else "-"
            name = subject_of(becomes) if becomes else f"{machine.listed.county}/?"
            typer.echo(f"{machine.listed.serial}\t{name}\t{standing}\t{until}\t{mine.reason if mine else ''}")


@kiosk_verbs.command()
def show(kiosk: Named, config: Config) -> None:
    """Show one kiosk: how it stands, and every certificate it has had, newest first."""
    named = _named(kiosk)
    with opened(config) as place, place.rows() as connection:
        identity = identities.standing(connection, named)
        if identity is None:
            refuse(f"{kiosk}: was never let in")
        typer.echo(f"{kiosk}\t{identity.state.value}\tsince {identity.state_since:%Y-%m-%dT%H:%M:%SZ}\t{identity.reason}")
        typer.echo(f"serial\t{identity.serial}")
        typer.echo(f"board\t{identity.hardware[:16] or 'not told'}")
        for one in identities.of_kiosk(connection, named):
            ended = f"ended {one.revoked_at:%Y-%m-%d} ({one.revoked_why})" if one.revoked_at else "counts"
            typer.echo(
                f"certificate\t{one.number[:16]}\tissued {one.issued_at:%Y-%m-%d}\tuntil {one.valid_until:%Y-%m-%d}\t{ended}"
            )


@kiosk_verbs.command()
def approve(
    number: Waiting,
    config: Config,
    kiosk: Annotated[str, typer.Option(help="county/kiosk it becomes, unless the list says it")] = "",
) -> None:
    """Let in who waits; whatever else was this kiosk until now is ended."""
    with _acts(config) as (place, acts):
        becomes = acts.approve(OURS, number, _named(kiosk) if kiosk else None, now=place.now)
    typer.echo(f"{number}: let in as {subject_of(becomes)}")


@kiosk_verbs.command("refuse")
def turn_down(number: Waiting, config: Config) -> None:
    """Say no to who waits; its code is used up, and a kiosk that came back needs one."""
    with _acts(config) as (place, acts):
        acts.turn_down(OURS, number, now=place.now)
    typer.echo(f"{number}: refused")


@kiosk_verbs.command()
def quarantine(kiosk: Named, config: Config, reason: Reason = "by hand") -> None:
    """Shut a kiosk out until somebody lets it in again."""
    with _acts(config) as (place, acts):
        acts.shut_out(OURS, _named(kiosk), reason, now=place.now)
    typer.echo(f"{kiosk}: {IdentityState.QUARANTINED.value}")


@kiosk_verbs.command()
def readmit(kiosk: Named, config: Config) -> None:
    """Let a kiosk in again that was shut out, with the certificate it has; allow a retired one's machine a code again."""
    with _acts(config) as (place, acts):
        acts.readmit(OURS, _named(kiosk), now=place.now)
    typer.echo(f"{kiosk}: let in again")


@kiosk_verbs.command()
def retire(kiosk: Named, config: Config, reason: Reason = "given up") -> None:
    """Give a kiosk up: its certificates end, its machine is let in no more."""
    with _acts(config) as (place, acts):
        ended = acts.retire(OURS, _named(kiosk), reason, now=place.now)
    typer.echo(f"{kiosk}: retired, {ended} certificates ended")


@code_verbs.command()
def make(
    config: Config,
    serial: Annotated[str | None, typer.Argument(help="as on the machine; or --all")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="one for every machine that was never let in")] = False,
    file: Annotated[Path | None, typer.Option(help="new CSV, for your eyes alone: serial,code,expires_at")] = None,
    lasts_h: Hours = 24,
) -> None:
    """Make a machine's code; shown this once. One made before and not used is worth nothing then."""
    made = _make(config, serial, everyone=everyone, lasts_h=lasts_h)
    lines = [(slip.serial, show_code(slip.code), f"{slip.expires_at:%Y-%m-%dT%H:%M:%SZ}") for slip in made]
    if file is None:
        for line in lines:
            typer.echo("\t".join(line))
        return
    text = io.StringIO()
    csv.writer(text).writerows([("serial", "code", "expires_at"), *lines])
    _keep(file, text.getvalue().encode())
    typer.echo(f"{file}: {len(lines)} codes")


@code_verbs.command()
def slip(
    config: Config,
    file: Annotated[Path, typer.Option(help="new file: .html or .pdf to print, .png for the QR code of one machine")],
    serial: Annotated[str | None, typer.Argument(help="as on the machine; or --all")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="one for every machine that was never let in")] = False,
    lasts_h: Hours = 24,
) -> None:
    """Make a machine's code and the slip it stands on, as letters and as QR, one sheet of A6 a machine."""
    if file.suffix not in {".html", ".pdf", ".png"} or (everyone and file.suffix == ".png"):
        refuse(f"{file}: must end in .html or .pdf, or in .png for one machine")
    if file.exists():
        refuse(f"{file}: is there already")
    made = _make(config, serial, everyone=everyone, lasts_h=lasts_h)
    try:
        match file.suffix:
            case ".png":
                content = as_png(made[0])
            case ".pdf":
                content = to_pdf(as_html(made))
            case _:
                content = as_html(made).encode()
    except PaperError as error:
        refuse(f"{file}: {error}; take .html")
    _keep(file, content)
    typer.echo(f"{file}: {len(made)} slips")


@code_verbs.command()
def withdraw(serial: Serial, config: Config) -> None:
    """Make a machine's unused code worth nothing."""
    with _acts(config) as (place, acts):
        acts.withdraw_code(OURS, _serial(serial), now=place.now)
    typer.echo(f"{serial}: code withdrawn")


@code_verbs.command("list")
def outstanding(config: Config) -> None:
    """List codes that may still be used, never the codes themselves: serial, until when, made by; parted by tabs."""
    with opened(config) as place, place.rows() as connection:
        for one in codes.outstanding(connection, now=place.now):
            typer.echo(f"{one.serial}\t{one.expires_at:%Y-%m-%dT%H:%M:%SZ}\t{one.made_by}")


def _make(config: Path, serial: str | None, *, everyone: bool, lasts_h: int) -> tuple[Slip, ...]:
    if everyone == (serial is not None):
        refuse("say one serial number, or --all")
    with _acts(config) as (place, acts):
        with place.rows() as connection:
            wanted = None if serial is None else _serial(serial)
            machines = tuple(
                one
                for one in serials.every(connection)
                if one.listed.serial == wanted or (wanted is None and one.state is SerialState.LISTED)
            )
        if not machines:
            refuse(f"{serial or 'the list'}: no such machine; import it first")
        return tuple(_slip(place, acts, machine, timedelta(hours=lasts_h)) for machine in machines)


def _slip(place: Opened, acts: RegistryActs, machine: Machine, lasts: timedelta) -> Slip:
    listed = machine.listed
    return Slip(
        serial=listed.serial,
        kiosk=subject_of(listed.becomes) if listed.becomes else listed.county,
        village=listed.village,
        url=place.settings.kiosk_door.url,
        code=acts.make_code(OURS, listed.serial, now=place.now, lasts=lasts),
        expires_at=place.now + lasts,
    )


@contextmanager
def _acts(config: Path) -> Iterator[tuple[Opened, RegistryActs]]:
    with opened(config, AuthorityError, NotNowError, RequestError) as place:
        authority = Authority.open(place.folder / AUTHORITY)
        yield place, RegistryActs(place.engine, authority, Revocations(place.engine, authority, place.folder / AUTHORITY))


def _keep(file: Path, content: bytes) -> None:
    """Write a file with codes: nobody else reads it."""
    try:
        write_new(file, content, mode=PRIVATE)
    except OSError as error:
        refuse(f"{file}: {error.strerror or 'is there already'}")


def _named(kiosk: str) -> KioskId:
    try:
        return kiosk_of(kiosk)
    except CertificateError:
        refuse(f"{kiosk}: must be county/kiosk")


def _serial(typed: str) -> str:
    try:
        return serials_file.plain_serial(typed)
    except ValueError as error:
        refuse(str(error))
