"""``zhizhu-kiosk``: arguments, nothing else."""

import asyncio
import os
import signal
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
import typer

from drivers.transport.heap import keep_few_heaps
from drivers.transport.usb_topology import UdevTopology
from kiosk.clock import SystemClock
from kiosk.compose import Core
from kiosk.compose.bureau import Bureau, Line
from kiosk.compose.desired_settings import FOLDER as DESIRED
from kiosk.compose.desired_settings import read_settings
from kiosk.compose.one_trial import one_trial_of
from kiosk.compose.releases import RELEASES, releases_of
from kiosk.compose.safe_mode import Reason, SafeMode
from kiosk.config import ConfigError, KioskConfig, effective, load_config, read_environment
from kiosk.diagnostics.discover import PROBES, THOROUGH, Discovery, config_lines, configured_nodes
from kiosk.diagnostics.readiness import FILE as READINESS
from kiosk.diagnostics.readiness import of_kept
from kiosk.gateway.settings import PlatformSettings
from kiosk.log import start_logging, stop_logging
from kiosk.state_folder import StateFolderHeldError, StateFolderUnusableError, hold, usable_again
from kiosk.upkeep.accepted import accept_in, known_in
from kiosk.upkeep.crash_loop import CrashLoop, Start, ask_to_leave, boot_id, safe_mode_is_over
from kiosk.upkeep.kept_file import read_kept
from provisioning.agent import last_try
from provisioning.agent.bureau_line import LineError
from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.desired_probe import Probe
from provisioning.agent.desired_start import DesiredStart, Running
from provisioning.agent.enrol import Enroller, ThisMachine
from provisioning.agent.executors import Executors
from provisioning.agent.hardware import board_fingerprint, serial_number
from provisioning.agent.identity import IdentityError, IdentityFolder
from provisioning.agent.machine import Machine
from provisioning.agent.refusal_words import said
from provisioning.agent.releases.store import described
from provisioning.agent.trial import Moment
from provisioning.launcher import WENT_BACK_VARIABLE
from provisioning.wire.enrolment import CodeError, read_code
from provisioning.wire.identity import subject_of
from provisioning.wire.layering import leaves
from telemetry.wire.topics import KioskId

CANNOT_START = 2
"""Exit code when somebody has to change something first."""
CRASHED = 1

ConfigPath = Annotated[Path, typer.Option("--config", help="kiosk.toml")]

log = structlog.get_logger(__name__)
cli = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def _kiosk() -> None:
    """A village kiosk: core and display."""


@cli.command()
def run(config: ConfigPath) -> None:
    """Run the core, and the display unless `[display] external = true`. Ends in order on SIGTERM or Ctrl-C."""
    try:
        settings = load_config(config, platform=PlatformSettings, clock=SystemClock())
        try:
            with hold(settings.kiosk.state_dir):
                _run(settings, config)
        except StateFolderUnusableError as error:
            if not error.is_disk:
                raise
            _run_without_disk(settings, error)
    except (ConfigError, StateFolderHeldError, StateFolderUnusableError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_START) from None


@cli.command()
def accept(device: Annotated[str, typer.Argument(help="Its name in kiosk.toml")], config: ConfigPath) -> None:
    """Accept a device that was exchanged: the one that is there now is the right one. A running core notices by itself."""
    folder = _state_folder(config)
    try:
        pinned, known = accept_in(folder, device), known_in(folder)
    except OSError as error:
        raise _cannot(f"{folder}: {error.strerror}") from None
    if pinned is None:
        raise _cannot(f"{device}: has never said who it is; known are: {', '.join(known) or 'none'}")
    typer.echo(f"{device}: accepted is {pinned.model or 'a model that does not say'}, serial number {pinned.serial or '?'}")


@cli.command()
def leave_safe_mode(config: ConfigPath) -> None:
    """Have the core forget its crashes and start in the ordinary way, now or at its next start."""
    folder = _state_folder(config)
    try:
        ask_to_leave(folder)
    except OSError as error:
        raise _cannot(f"{folder}: {error.strerror}") from None
    typer.echo("safe mode will be left")


@cli.command()
def desired(config: ConfigPath) -> None:
    """Show which of the bureau's documents this kiosk runs by, which one waits, and why one was refused or went back."""
    standing = DesiredFolder(_state_folder(config) / DESIRED).read()
    in_force = standing.in_force
    typer.echo(f"in force: {'this file alone' if in_force is None else f'document {in_force.version}'}")
    if in_force is not None:
        typer.echo(
            f"    issued {in_force.issued_at.astimezone():%Y-%m-%d %H:%M}, {len(tuple(leaves(in_force.settings)))} settings"
        )
    for word, document in (("waiting for rest", standing.candidate), ("on trial", standing.on_trial)):
        if document is not None:
            starts = f", start {standing.trial.starts}" if standing.trial is not None and document is standing.on_trial else ""
            typer.echo(f"{word}: document {document.version}{starts}")
    for told in (standing.said, standing.refused):
        if told is not None and told.reason:
            which = f"document {told.version}" if told.version else "something that is no document of the bureau"
            typer.echo(f"{told.state.value.replace('_', ' ')}: {which}: {told.reason}")


@cli.command()
def release(config: ConfigPath) -> None:
    """Show which release this kiosk runs, which one it was told to run, and why that one waits, was refused or went back."""
    typer.echo(described(_state_folder(config) / RELEASES))


@cli.command()
def identity(config: ConfigPath) -> None:
    """Show who the bureau says this kiosk is, until when, and why its certificate is not renewed."""
    folder = _state_folder(config)
    try:
        typer.echo(last_try.described(IdentityFolder(folder), now=SystemClock().now()))
    except IdentityError as error:
        raise _cannot(str(error)) from None
    except OSError as error:
        raise _cannot(f"{folder}: {error.strerror}") from None


@cli.command()
def enrol(
    config: ConfigPath,
    code: Annotated[str, typer.Option(prompt="Code on the slip", help="16 letters and digits; without it you are asked")],
) -> None:
    """Have the bureau let this kiosk in with the one-time code on its slip; waits where a person has to approve."""
    settings = _settings(config)
    if settings.bureau is None:
        raise _cannot(f'{config}: needs [bureau] with url = "https://host:port"')
    serial = settings.bureau.serial or serial_number()
    if not serial:
        raise _cannot(f"{config}: the firmware says no serial number; write it from the machine's plate into [bureau] serial")
    machine = ThisMachine(serial=serial, release=version("zhizhu"), hardware=board_fingerprint())
    enroller = Enroller(IdentityFolder(settings.kiosk.state_dir), settings.bureau.url, machine, clock=SystemClock())
    try:
        settings.kiosk.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = asyncio.run(enroller.enrol(read_code(code), on_wait=_say_once()))
    except CodeError as error:
        raise _cannot(str(error)) from None
    except LineError as error:
        raise _cannot(f"{serial}: {said(error.reason)}\n({error.detail})") from None
    except IdentityError as error:
        raise _cannot(str(error)) from None
    except OSError as error:
        raise _cannot(f"{error.filename or settings.kiosk.state_dir}: {error.strerror}") from None
    until = f"{identity.bearer.valid_until.astimezone():%Y-%m-%d}"
    typer.echo(f"let in as {subject_of(identity.kiosk)}; certificate until {until}, renewed by itself before")
    own = KioskId(county=settings.kiosk.county, kiosk=settings.kiosk.id)
    if identity.kiosk != own:
        typer.echo(f"{config} calls this kiosk {subject_of(own)}: the bureau's name counts, write it there", err=True)


@cli.command()
def readiness(config: ConfigPath, last: Annotated[int, typer.Option(min=1, max=400, help="How many, newest last")] = 7) -> None:
    """Show what the last self-tests found."""
    folder = _state_folder(config)
    try:
        records = of_kept(read_kept(folder / READINESS))
    except OSError as error:
        raise _cannot(f"{folder}: {error.strerror}") from None
    if not records:
        typer.echo("no self-test has been kept yet")
    for record in records[-last:]:
        verdict = f"{len(record.failed)} of {len(record.findings)} not well" if record.failed else "all well"
        doubt = "" if record.clock_is_trusted else "  (clock not confirmed)"
        typer.echo(f"{record.at.astimezone():%Y-%m-%d %H:%M}  {verdict}{doubt}")
        for finding in record.failed:
            typer.echo(f"    {finding.subject}: {', '.join(finding.codes) or 'not well'}: {finding.evidence}")


@cli.command()
def discover(
    config: Annotated[Path | None, typer.Option(help="kiosk.toml: what is configured there is left alone")] = None,
    ipp: Annotated[list[str] | None, typer.Option(help="Address of a document printer, e.g. 192.168.1.60")] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="Ask also what could move paper in an unknown device")] = False,
) -> None:
    """List what is plugged in, recognise it, and print the lines to paste into kiosk.toml."""
    plugged = UdevTopology().plugged()
    ports = {table.name: table.port for table in _settings(config).device} if config else {}
    discovery = Discovery(
        clock=SystemClock(), probes=THOROUGH if thorough else PROBES, configured=configured_nodes(ports, plugged)
    )
    found = asyncio.run(discovery.look(plugged, ipp_hosts=ipp or ()))
    for each in found:
        typer.echo(f"# {each.where}: {'; '.join(filter(None, (each.driver, each.what, each.note))) or 'unknown'}", err=True)
    typer.echo(config_lines(found), nl=False)


def _say_once() -> Callable[[str], None]:
    heard: set[str] = set()

    def say(reason: str) -> None:
        if reason not in heard:
            typer.echo(said(reason), err=True)
        heard.add(reason)

    return say


def _state_folder(config: Path) -> Path:
    return _settings(config).kiosk.state_dir


def _settings(config: Path) -> KioskConfig[PlatformSettings]:
    try:
        return load_config(config, platform=PlatformSettings, clock=SystemClock())
    except ConfigError as error:
        raise _cannot(str(error)) from None


def _cannot(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(CANNOT_START)


def _run(local: KioskConfig[PlatformSettings], path: Path) -> None:
    clock, state = SystemClock(), local.kiosk.state_dir
    by_documents = DesiredStart(state / DESIRED, now=Moment(boot=boot_id(), now_s=clock.monotonic_s()))
    running = by_documents.begin()  # counted before anything of what is on trial is read
    lives = CrashLoop(state, clock=clock)
    while True:
        settings, running = by_documents.first_usable(
            lambda fleet: read_settings(path, fleet, clock=clock), ConfigError, running=running
        )
        kept = settings.log
        start_logging(state / "log", level=kept.level, file_bytes=kept.file_bytes, files=kept.files)
        shown = effective(settings, path, fleet=running.settings)
        log.info("core.starting", version=running.version, settings=[f"{it.path} = {it.value} ({it.origin})" for it in shown])
        if running.went_back or WENT_BACK_VARIABLE in os.environ:
            _forget_crashes(state)  # they were the document's, or the release's
        start = lives.begin()
        try:
            if start.is_safe and running.is_trial:
                raise ValueError(f"the core died {start.deaths} times within five minutes")  # noqa: TRY301  # as unusable
            core = _composed(settings, path, start, clock, running)
            break
        except ValueError as error:  # what only the disk can tell: a token file that is not there, a path too long for a socket
            if not running.version:
                raise ConfigError(path, (str(error),)) from None
            running = by_documents.cannot(running, str(error))
            stop_logging()
    _live(core)
    lives.end()
    log.info("core.ended")
    stop_logging()


def _forget_crashes(state: Path) -> None:
    try:
        ask_to_leave(state)
    except OSError as error:
        log.warning("lives.not_forgotten", why=error.strerror)


def _run_without_disk(settings: KioskConfig[PlatformSettings], error: StateFolderUnusableError) -> None:
    """Live from memory until the disk takes something again: the page and the fleet are told, and nothing is begun."""
    clock, sound = SystemClock(), settings.kiosk.state_dir
    environment = read_environment(os.environ, pid=os.getpid())
    volatile = environment.volatile_dir / f"zhizhu-{settings.kiosk.id}"
    kept = settings.log
    with hold(volatile):
        start_logging(volatile / "log", level=kept.level, file_bytes=kept.file_bytes, files=1)
        log.error("core.without_disk", folder=str(sound), why=error.strerror)
        reason = Reason(
            code="core.storage_failed",
            detail=f"{sound}: {error.strerror}; nothing is kept and nothing is begun",
            over=lambda: usable_again(sound, clock=clock),
        )
        moved = settings.model_copy(update={"kiosk": settings.kiosk.model_copy(update={"state_dir": volatile})})
        _live(SafeMode(moved, reason=reason, environment=environment, variables=dict(os.environ), clock=clock))
        log.info("core.ended")
        stop_logging()


def _live(core: Core | SafeMode) -> None:
    keep_few_heaps()
    try:
        asyncio.run(_until_told(core))
    except Exception:
        log.exception("core.crashed")
        raise typer.Exit(CRASHED) from None


def _composed(
    settings: KioskConfig[PlatformSettings], path: Path, start: Start, clock: SystemClock, running: Running
) -> Core | SafeMode:
    environment, variables = read_environment(os.environ, pid=os.getpid()), dict(os.environ)

    one_trial = one_trial_of(settings.kiosk.state_dir, clock=clock, variables=variables)

    def bureau(*, machine: Machine, probe: Probe, executors: Callable[[Line], Executors]) -> Bureau:
        return Bureau(
            settings,
            path=path,
            running=running,
            machine=machine,
            probe=probe,
            executors=executors,
            releases=releases_of(settings, machine=machine, probe=probe, one_trial=one_trial, clock=clock, variables=variables),
            one_trial=one_trial,
            clock=clock,
        )

    if not start.is_safe:
        return Core(settings, environment=environment, variables=variables, clock=clock, bureau=bureau)
    reason = Reason(
        code="core.safe_mode",
        detail=f"died {start.deaths} times within five minutes",
        over=lambda: safe_mode_is_over(settings.kiosk.state_dir, clock=clock, steady_s=start.steady_s),
    )
    return SafeMode(settings, reason=reason, environment=environment, variables=variables, clock=clock, bureau=bureau)


async def _until_told(core: Core | SafeMode) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    await core.run(told_to_end)


def main() -> None:
    """Read the arguments and do what they say."""
    cli()


if __name__ == "__main__":
    main()
