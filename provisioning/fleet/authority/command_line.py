"""``zhizhu-fleet ca create`` and ``show``: the fleet's own CA is made once, and looked at."""

from typing import Annotated

import typer

from provisioning.fleet.authority.authority import LONGEST_NAME, Authority, AuthorityError
from provisioning.fleet.authority.own import keep_own
from provisioning.fleet.authority.revocation import write_list
from provisioning.fleet.signing import AUTHORITY
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.opened import Config, opened

ca_verbs = typer.Typer(no_args_is_help=True, help="The fleet's own certificate authority.")


@ca_verbs.command()
def create(
    config: Config,
    name: Annotated[
        str, typer.Option(help=f"what people recognise it by, at most {LONGEST_NAME} characters")
    ] = "Zhizhu fleet CA",
) -> None:
    """Make the CA, once: its key lies in STATE/authority, readable by nobody else. Keep a copy of that folder under lock."""
    with opened(config, AuthorityError) as place:
        authority = Authority.create(place.folder / AUTHORITY, name=name, now=place.now)
        write_list(authority, place.folder / AUTHORITY, (), now=place.now)
        keep_own(authority, place.folder / AUTHORITY, tuple(place.settings.kiosk_door.names), now=place.now)
        with place.rows() as connection:
            audit.note(connection, COMMAND_LINE, Act.TURN_KEYS, now=place.now, about="CA made", detail=authority.fingerprint)
        _say(authority)


@ca_verbs.command()
def show(config: Config) -> None:
    """Show the CA that kiosks trust."""
    with opened(config, AuthorityError) as place:
        _say(Authority.open(place.folder / AUTHORITY))


def _say(authority: Authority) -> None:
    name = authority.certificate.subject.rfc4514_string()
    typer.echo(f"{name}  until {authority.certificate.not_valid_after_utc:%Y-%m-%d}  SHA-256 {authority.fingerprint}")
