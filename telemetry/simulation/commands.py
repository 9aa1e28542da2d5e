"""The command line of a trial: ``zhizhu-fleet simulate`` and ``zhizhu-fleet score``."""

import asyncio
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import structlog
import typer

from telemetry.simulation import story, tempo
from telemetry.simulation.calendar import DAY_S
from telemetry.simulation.county import write_register
from telemetry.simulation.identities import Identities, IdentityMissingError
from telemetry.simulation.line import TooManyKiosksError, peak_memory_mb
from telemetry.simulation.play import Manners, NobodyAnswersError, Play
from telemetry.simulation.score.happened import put_together
from telemetry.simulation.score.score import score as score_of
from telemetry.simulation.score.service import Service, ServiceError
from telemetry.simulation.score.table import as_json, table
from telemetry.simulation.story import Story
from telemetry.simulation.truth import Truth, TruthError, read
from telemetry.simulation.wear import MINUTE_S
from telemetry.wire.topics import KioskId

FOUND_WANTING = 1
MISUSED = 2
MOST_KIOSKS = 100_000
CUT_AFTER_S = 5.0
"""Real seconds before the one cut of a trial that has only one."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Plot(StrEnum):
    """What a trial is about."""

    LIFE = "life"
    POWER_CUT = "power-cut"
    BACKBONE_CUT = "backbone-cut"
    QUIET = "quiet"


@app.command()
def simulate(
    *,
    kiosks: Annotated[int, typer.Option(min=1, max=MOST_KIOSKS, help="How many.")] = 71,
    speed: Annotated[float, typer.Option(min=1, max=tempo.FASTEST, help="Simulated seconds in one real second.")] = tempo.FASTEST,
    seed: Annotated[int, typer.Option(help="The same seed makes the same story.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=366, help="Simulated days of a life.")] = 28,
    plot: Annotated[
        Plot, typer.Option(help="Weeks of life; one cut of a village's power or a county's backbone; nothing.")
    ] = Plot.LIFE,
    minutes: Annotated[float, typer.Option(min=0.1, max=10_000, help="Simulated minutes a cut, or quiet, lasts.")] = 60,
    broker: Annotated[str, typer.Option(help="mqtt://host:port, or mqtts://, the fleet listens to.")] = "mqtt://127.0.0.1:1883",
    identities: Annotated[
        Path | None, typer.Option(help="Folder of what they show to mqtts://: KIOSK/identity as enrolment leaves it.")
    ] = None,
    county: Annotated[str, typer.Option(help="County whose kiosks they say they are.")] = "trial",
    heartbeat: Annotated[float | None, typer.Option(min=0.1, max=30, help="Real seconds; else what the speed asks for.")] = None,
    spread: Annotated[float, typer.Option(min=0, max=3600, help="Real seconds within which all connect at first.")] = 5,
    linger: Annotated[float, typer.Option(min=0, max=86_400, help="Real seconds they stay after the story.")] = 0,
    truth: Annotated[Path | None, typer.Option(help="Where what really happened is written, a line each.")] = None,
    equipment: Annotated[
        Path | None, typer.Option(help="Where the bureau's register of these kiosks is written, as CSV.")
    ] = None,
    dry: Annotated[bool, typer.Option("--dry", help="Write the register, tell the story's figures, connect nobody.")] = False,
) -> None:
    """Let a fleet live: kiosks that wear, lose power and network, and are mended, over real MQTT, with the truth on file."""
    _set_up_log()
    try:
        KioskId(county=county, kiosk="K")
        host, port = _address(broker, is_secure=identities is not None)
    except ValueError as error:
        _refuse(str(error))
    beat_s = heartbeat or tempo.heartbeat_s(speed=speed, kiosks=kiosks)
    told = _story(plot, county=county, kiosks=kiosks, days=days, seed=seed, speed=speed, minutes=minutes)
    _say(
        f"{kiosks} kiosks, {told.lasts_s / DAY_S:.2f} simulated days in {told.lasts_s / speed:.0f} s, {told.visits} people, "
        f"{told.matters} matters, {len(told.moments)} moments, story {told.digest[:12]}",
        f"a heartbeat every {beat_s:g} s; an outage below {tempo.shortest_outage_s(beat_s) * speed / MINUTE_S:.1f} simulated "
        "minutes is over before the fleet can see it",
    )
    try:
        if equipment is not None:
            with equipment.open("w", encoding="utf-8") as to:
                write_register(told.sites, to)
        if dry:
            return
        shown = Identities(identities) if identities is not None else None
        if shown is not None:
            for site in told.sites:  # who has nothing to show is named before anybody connects
                shown.shown_by(KioskId(county=site.county, kiosk=site.name))
        manners = Manners(
            host=host,
            port=port,
            speed=speed,
            heartbeat_s=beat_s,
            spread_s=spread,
            linger_s=linger,
            seed=seed,
            identities=shown,
        )
        with (truth or Path(os.devnull)).open("w", encoding="utf-8") as to:
            played = asyncio.run(Play(told, manners, Truth(to)).run())
    except (NobodyAnswersError, TooManyKiosksError, IdentityMissingError) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or 'file'}: {error.strerror or error}")
    _say(
        f"played in {played.took_s:.0f} s, at worst {played.worst_lag_s:.2f} s late; {played.unstored} messages never stored; "
        f"{peak_memory_mb():.0f} MB at most"
    )


@app.command()
def score(
    *,
    truth: Annotated[Path, typer.Option(help="What really happened, as simulate wrote it.")],
    url: Annotated[str, typer.Option(help="The fleet service's web, http://host:port.")],
    token_file: Annotated[Path | None, typer.Option(help="File with a program's bearer token.")] = None,
    settle: Annotated[float, typer.Option(min=0, max=600, help="Seconds the fleet waits before it groups silences.")] = 10,
    to_json: Annotated[Path | None, typer.Option("--json", help="Where the score is written for programs.")] = None,
) -> None:
    """Compare what the service says with what was: found, missed, late, phantom, false offline. Exit code 1 when not clean."""
    try:
        token = "" if token_file is None else token_file.read_text(encoding="utf-8").strip()
        happened = put_together(read(truth))
        found = score_of(happened, Service(url, token=token).records(), settle_s=settle)
        if to_json is not None:
            to_json.write_text(json.dumps(as_json(found), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except (TruthError, ServiceError) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or 'file'}: {error.strerror or error}")
    _say(table(found))
    if found.problems:
        raise typer.Exit(FOUND_WANTING)


def _story(plot: Plot, *, county: str, kiosks: int, days: int, seed: int, speed: float, minutes: float) -> Story:
    at_s, lasting_s = CUT_AFTER_S * speed, minutes * MINUTE_S
    match plot:
        case Plot.LIFE:
            return story.weeks_of_life(county=county, kiosks=kiosks, days=days, seed=seed)
        case Plot.POWER_CUT:
            return story.a_power_cut(county=county, kiosks=kiosks, seed=seed, at_s=at_s, lasting_s=lasting_s)
        case Plot.BACKBONE_CUT:
            return story.a_backbone_cut(county=county, kiosks=kiosks, seed=seed, at_s=at_s, lasting_s=lasting_s)
        case Plot.QUIET:
            return story.nothing_happens(county=county, kiosks=kiosks, seed=seed, lasting_s=lasting_s)


def _address(url: str, *, is_secure: bool) -> tuple[str, int]:
    parts, scheme = urlsplit(url), "mqtts" if is_secure else "mqtt"
    if parts.scheme != scheme or not parts.hostname:
        raise ValueError(f"{url!r} is not {scheme}://host:port, as who shows {'' if is_secure else 'no '}identities is to call")
    return parts.hostname, parts.port or (8883 if is_secure else 1883)


def _set_up_log() -> None:
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False), structlog.dev.ConsoleRenderer(colors=False)],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(f"zhizhu-fleet: {why}\n")
    raise typer.Exit(MISUSED)
