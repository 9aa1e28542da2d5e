"""``zhizhu-fleet command ...``: have kiosks do something at once, agree to it, see what became of it."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy import select

from provisioning.fleet.commands import rows, whom
from provisioning.fleet.commands.rows import ORDER, NotNowError, Wish
from provisioning.fleet.commands.rules import Standing, State, Terms
from provisioning.fleet.commands.whom import Whom
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.opened import Config, opened, refuse
from telemetry.fleet.settings import Commands
from telemetry.fleet.store.schema import command, command_kiosk

command_verbs = typer.Typer(no_args_is_help=True, help="Have kiosks do something at once: signed, once, with an outcome each.")

Number = Annotated[int, typer.Argument(help="as list shows it", min=1)]
SHOWN = {Standing.TO_TELL.value: "to-tell"}


def terms_of(settings: Commands) -> Terms:
    """Return the rules by the settings."""
    return Terms(alone=settings.alone, lasts=timedelta(hours=settings.lasts_h))


@command_verbs.command()
def send(
    do: Annotated[str, typer.Argument(help="self-test, restart-core, restart-display, restart-machine, reopen-device, ...")],
    config: Config,
    *,
    kiosk: Annotated[list[str] | None, typer.Option(help="county/kiosk; once for each")] = None,
    county: Annotated[str, typer.Option(help="every kiosk of a county")] = "",
    town: Annotated[str, typer.Option(help="of that county, only this town")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="every kiosk there is")] = False,
    device: Annotated[str, typer.Option(help="for reopen-device and power-cycle-device")] = "",
    text: Annotated[str, typer.Option(help="for show-notice")] = "",
    until: Annotated[datetime | None, typer.Option(help="for show-notice and enter-maintenance, UTC")] = None,
    why: Annotated[str, typer.Option(help="for the audit, and for enter-maintenance")] = "",
    lasts_h: Annotated[int | None, typer.Option(min=1, max=168, help="hours it is meant")] = None,
) -> None:
    """Send a command; it waits for a second person where that is asked for."""
    more: dict[str, Any] = {"device": device, "text": text, "until": until.replace(tzinfo=UTC) if until else None}
    if do == "enter-maintenance":
        more["why"] = why
    try:
        order = ORDER.validate_python({"do": do, **{name: value for name, value in more.items() if value}})
    except ValidationError as error:
        refuse(*(f"{do}: {'.'.join(str(step) for step in one['loc'][1:])} {one['msg']}" for one in error.errors()))
    meant = Whom(county=county, town=town, named=tuple(kiosk or ()), everybody=everybody)
    with opened(config, NotNowError) as place, place.rows() as connection:
        found = whom.find(connection, meant, COMMAND_LINE)
        if found.unknown:
            refuse(*(f"{name}: nobody has heard of this kiosk" for name in found.unknown))
        wish = Wish(
            order=order,
            kiosks=found.kiosks,
            scope=meant.said,
            why=why,
            once=secrets.token_hex(16),
            lasts=timedelta(hours=lasts_h) if lasts_h else None,
        )
        asked = rows.ask(connection, wish, COMMAND_LINE, terms_of(place.settings.commands), now=place.now)
    waits = "; a second person must agree" if asked.state is State.ASKED else ""
    silent = f", {found.silent} of them silent now" if found.silent else ""
    typer.echo(f"command {asked.id}: {do} on {len(found.kiosks)} kiosks{silent}{waits}")


@command_verbs.command()
def approve(number: Number, config: Config) -> None:
    """Agree to a command somebody else has asked for."""
    with opened(config, NotNowError) as place, place.rows() as connection:
        rows.approve(connection, number, COMMAND_LINE, now=place.now)
    typer.echo(f"command {number} is on its way")


@command_verbs.command()
def cancel(number: Number, config: Config) -> None:
    """Take back what has not been told yet."""
    with opened(config, NotNowError) as place, place.rows() as connection:
        count = rows.cancel(connection, number, COMMAND_LINE, now=place.now)
    typer.echo(f"command {number} is taken back at {count} kiosks")


@command_verbs.command("list")
def list_all(config: Config, *, most: Annotated[int, typer.Option(min=1, max=1_000)] = 50) -> None:
    """List commands, newest first: number, asked at, by whom, what, on whom, state, kiosks by outcome."""
    with opened(config) as place, place.rows() as connection:
        found = connection.execute(select(command).order_by(command.c.id.desc()).limit(most)).all()
        counted = rows.counts(connection, [row.id for row in found])
    for row in found:
        told = " ".join(f"{SHOWN.get(name, name)}={kiosks}" for name, kiosks in sorted(counted[row.id].items()))
        what = rows.described(rows.order_of(row.order))
        typer.echo("\t".join((str(row.id), f"{row.asked_at:%Y-%m-%dT%H:%MZ}", row.asked_by, what, row.scope, row.state, told)))


@command_verbs.command()
def show(number: Number, config: Config) -> None:
    """Show what became of a command at each kiosk: county, kiosk, outcome, reason, when it said so, detail."""
    with opened(config) as place, place.rows() as connection:
        mine = select(command_kiosk).where(command_kiosk.c.command_id == number)
        found = connection.execute(mine.order_by(command_kiosk.c.county, command_kiosk.c.kiosk)).all()
    if not found:
        refuse(f"there is no command {number}")
    for row in found:
        said = f"{row.said_at:%Y-%m-%dT%H:%M:%SZ}" if row.said_at else "-"
        outcome = SHOWN.get(row.outcome, row.outcome)
        typer.echo("\t".join((row.county, row.kiosk, outcome, row.reason or "-", said, row.detail or "-")))
