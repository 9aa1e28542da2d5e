"""``zhizhu-fleet rollout``: begin one, see how it goes, hold it, end it, go back. Lines others can script."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.acts import Doing, NotNowError
from provisioning.fleet.rollouts.members import tally
from provisioning.fleet.rollouts.people import Lost, NoRolloutError, RolloutActs, Start, StartError
from provisioning.fleet.rollouts.plan import USUAL, Share
from provisioning.fleet.rollouts.rollout import Ring, Rollout
from provisioning.fleet.rollouts.runner import health_of
from provisioning.fleet.rollouts.steps import next_step
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.opened import Config, Opened, opened, refuse
from telemetry.wire.topics import KioskId

rollout_verbs = typer.Typer(no_args_is_help=True, help="Rollouts: a release on its way to a county, ring by ring.")

Number = Annotated[int, typer.Argument(min=1, help="number of the rollout")]
DAYS = 30
"""The longest soak that may be asked for; beyond it somebody has mistaken hours for minutes."""


@rollout_verbs.command()
def start(
    version: Annotated[str, typer.Argument(help="a published release")],
    county: Annotated[str, typer.Argument(help="whose kiosks")],
    config: Config,
    share: Annotated[
        list[str] | None, typer.Option(help="NAME=PERCENT[:SOAK_HOURS], once for each ring; the last is 100")
    ] = None,
    ring: Annotated[list[str] | None, typer.Option(help="NAME=KIOSK,KIOSK...[:SOAK_HOURS] picked by hand, instead")] = None,
) -> None:
    """Begin a rollout. Beyond its first ring a second person must agree, at the desk."""
    with opened(config, StartError) as place:
        wanted = Start(
            county=county,
            version=version,
            shares=tuple(_share(one) for one in share) if share else USUAL,
            picked=tuple(_picked(one, county) for one in ring) if ring else (),
        )
        begun = RolloutActs(place.engine).start(COMMAND_LINE, wanted, now=place.now)
        _show(place, begun)


@rollout_verbs.command("list")
def list_(config: Config) -> None:
    """List rollouts, newest first: number, county, release, state, ring, done of all."""
    with opened(config) as place, place.rows() as connection:
        for one in rows.every(connection):
            counted = tally(rows.members(connection, one.id))
            typer.echo(
                f"{one.id} {one.county} {one.version} {one.state} {one.rings[one.ring].name} {counted.done}/{counted.members}"
            )


@rollout_verbs.command()
def show(number: Number, config: Config) -> None:
    """Show one rollout: its rings, its gate with intervals, what it waits for, its course."""
    with opened(config) as place, place.rows() as connection:
        found = rows.find(connection, number)
    if found is None:
        refuse(f"there is no rollout {number}")
    _show(place, found)


@rollout_verbs.command()
def pause(number: Number, config: Config) -> None:
    """Hold a rollout: nobody more is told."""
    _take(number, Doing.PAUSE, config)


@rollout_verbs.command()
def resume(number: Number, config: Config) -> None:
    """Go on after a pause; after a stop a second person must agree."""
    _take(number, Doing.RESUME, config)


@rollout_verbs.command()
def cancel(number: Number, config: Config) -> None:
    """End a rollout: who has the release keeps it."""
    _take(number, Doing.CANCEL, config)


@rollout_verbs.command("roll-back")
def roll_back(number: Number, config: Config) -> None:
    """Ask that every kiosk goes back to what it ran before; a second person must agree."""
    _take(number, Doing.ROLL_BACK, config)


@rollout_verbs.command()
def approve(number: Number, config: Config) -> None:
    """Agree to what another person has asked for."""
    _take(number, Doing.APPROVE, config)


def _take(number: int, doing: Doing, config: Path) -> None:
    with opened(config) as place:
        with place.rows() as connection:
            seen = rows.find(connection, number)
        if seen is None:
            refuse(f"there is no rollout {number}")
        try:
            came = RolloutActs(place.engine).take(COMMAND_LINE, number, doing, seen_row=seen.row, now=place.now)
        except NotNowError as error:
            refuse(f"rollout {number}: {doing}: {error.refusal.value} (it is {seen.state})")
        except NoRolloutError:
            refuse(f"there is no rollout {number}")
        if isinstance(came, Lost):
            refuse(f"rollout {number}: {came.line.by} was quicker: {came.line.what}")
        _show(place, came.rollout)


def _show(place: Opened, of: Rollout) -> None:
    with place.rows() as connection:
        group = rows.members(connection, of.id)
        health = health_of(connection, of, group)
        course = rows.lines(connection, of.id)
    typer.echo(f"rollout {of.id}: {of.version} to {of.county}: {of.state}{f' ({of.why})' if of.why else ''}")
    typer.echo(f"started by {of.started_by}, approved by {of.approved_by or 'nobody yet'}")
    if of.wish:
        typer.echo(f"waits for a second person: {of.wish}, asked by {of.wished_by}")
    for number, ring in enumerate(of.rings):
        counted = tally([one for one in group if one.ring == number])
        mark = ">" if number == of.ring else " "
        typer.echo(
            f"{mark} {ring.name}: {counted.members} kiosks, {counted.done} done, {counted.failed} failed,"
            f" {counted.skipped} skipped, soak {ring.soak / timedelta(hours=1):g} h"
        )
    for reading in health.readings:
        typer.echo(
            f"gate {reading.measure}: {reading.verdict}: excess {reading.excess:+.4f}"
            f" [{reading.low:+.4f}, {reading.high:+.4f}] line {reading.line:+.4f} after {reading.kiosk_days:.1f} kiosk-days"
        )
    for wait in next_step(of, group, health, place.now).waits:
        until = f" until {wait.until:%Y-%m-%d %H:%M}Z" if wait.until is not None else ""
        typer.echo(f"waits for {wait.want}{f': {wait.have:g} of {wait.need:g}' if wait.need else ''}{until}")
    for line in course:
        ring_name = of.rings[line.ring].name
        typer.echo(f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.by} {line.what} {ring_name}{f' {line.detail}' if line.detail else ''}")


def _share(told: str) -> Share:
    name, percent, soak = _parts(told)
    try:
        return Share(name=name, reached=float(percent) / 100, soak=soak)
    except ValueError:
        raise typer.BadParameter(f"{told!r}: {percent!r} is no percentage") from None


def _picked(told: str, county: str) -> tuple[Ring, tuple[KioskId, ...]]:
    name, kiosks, soak = _parts(told)
    try:
        return Ring(name=name, soak=soak), tuple(KioskId(county=county, kiosk=one.strip()) for one in kiosks.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{told!r}: {error}") from None


def _parts(told: str) -> tuple[str, str, timedelta]:
    name, _, rest = told.partition("=")
    what, _, hours = rest.partition(":")
    try:
        soak = timedelta(hours=float(hours or 24))
    except ValueError:
        raise typer.BadParameter(f"{told!r}: {hours!r} is no number of hours") from None
    if not name or not what or len(name) > 32 or not timedelta(0) <= soak <= timedelta(days=DAYS):
        raise typer.BadParameter(f"{told!r}: NAME=WHAT[:SOAK_HOURS], at most {DAYS} days")
    return name, what, soak
