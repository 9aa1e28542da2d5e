"""``zhizhu-fleet key ...``: which keys there are and when they end; turning the one that signs."""

import typer
from sqlalchemy import func, select

from provisioning.fleet.keys.ages import read as read_ages
from provisioning.fleet.keys.turning import TurnedError
from provisioning.fleet.keys.turning import turn as turn_key
from provisioning.fleet.signing import AUTHORITY, SigningKeyError
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.opened import Config, opened
from telemetry.fleet.store.schema import kiosk_key

key_verbs = typer.Typer(no_args_is_help=True, help="The service's keys: how old, when they end, turning the one that signs.")


@key_verbs.command()
def show(config: Config) -> None:
    """Show every key and certificate of the service: what, id, since, ends, what to do."""
    with opened(config, SigningKeyError) as place:
        for one in read_ages(place.engine, place.folder, now=place.now):
            since = f"{one.since:%Y-%m-%d}" if one.since else "-"
            ends = f"{one.ends_at:%Y-%m-%d}" if one.ends_at else "-"
            typer.echo("\t".join((one.what, one.id[:16] or "-", since, ends, one.todo.value)))


@key_verbs.command()
def turn(config: Config) -> None:
    """Make a new signing key; kiosks follow as they are heard, and commands wait until they have."""
    with opened(config, SigningKeyError, TurnedError) as place:
        new = turn_key(place.engine, place.folder / AUTHORITY, COMMAND_LINE, now=place.now)
        with place.engine.connect() as connection:
            behind = connection.execute(select(func.count()).select_from(kiosk_key).where(kiosk_key.c.key != new.id)).scalar_one()
    typer.echo(f"signing key {new.id[:16]}; {behind} kiosks have yet to follow")
