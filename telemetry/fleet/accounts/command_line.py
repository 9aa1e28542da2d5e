"""``zhizhu-fleet account ...``: how the first person gets in, and how anybody does whose browser cannot help."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from telemetry.fleet.accounts import audit, browsers, passwords, programs, register, sessions
from telemetry.fleet.accounts.passwords import Passwords, WeakError
from telemetry.fleet.accounts.person import COMMAND_LINE, Act, Person, Role
from telemetry.fleet.accounts.register import UnfitError
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.opened import Config, named, refuse
from telemetry.fleet.settings import SignIn
from telemetry.fleet.state_folder import HeldError, StateFolder
from telemetry.fleet.store.upgrade import upgrade

account_verbs = typer.Typer(no_args_is_help=True, help="Who may sign in; works beside a running service.")

Name = Annotated[str, typer.Argument(help="letters, digits, . - _")]
Counties = Annotated[list[str] | None, typer.Option("--county", help="sees only these; all without it")]
Areas = Annotated[list[str] | None, typer.Option("--area", help="acts only in these; in all without it")]


def lasting(settings: SignIn) -> Lasting:
    """Return how long sessions last by the settings."""
    return Lasting(
        idle=timedelta(minutes=settings.idle_min),
        longest=timedelta(hours=settings.longest_h),
        kept=timedelta(hours=settings.kept_h),
    )


@account_verbs.command()
def add(
    name: Name,
    config: Config,
    *,
    role: Annotated[Role, typer.Option(help="what they are here for")],
    full_name: Annotated[str, typer.Option(help="as people call them; the name without it")] = "",
    county: Counties = None,
    area: Areas = None,
) -> None:
    """Add an account; the password is asked for, or read from stdin."""
    person = Person(
        name=name,
        full_name=full_name or name,
        role=role,
        counties=frozenset(county or ()),
        areas=frozenset(area or ()),
    )
    with _writing(config) as connection:
        register.check_name(connection, name)
        register.check_texts(person)
        password = _new_password(name)
        now = datetime.now(UTC)
        register.add(connection, person, hashed=Passwords().hash(password), now=now)
        _note(connection, about=f"account {name}", detail=f"added as {role.value}", now=now)
    typer.echo(f"{name} may sign in as {role.value}")


@account_verbs.command()
def password(name: Name, config: Config) -> None:
    """Set another password; every session of the account ends."""
    with _writing(config) as connection:
        found = _known(connection, name)
        hashed = Passwords().hash(_new_password(found.person.name))
        now = datetime.now(UTC)
        register.set_password(connection, found.person.name, hashed=hashed, now=now)
        browsers.forget(connection, found.person.name)
        ended = sessions.end_all(connection, found.person.name)
        _note(connection, about=f"account {found.person.name}", detail=f"password set, {ended} sessions ended", now=now)
    typer.echo(f"{found.person.name} has another password; {ended} sessions ended")


@account_verbs.command()
def close(name: Name, config: Config) -> None:
    """Let nobody in under this name any more; its sessions end at once."""
    with _writing(config) as connection:
        found = _known(connection, name)
        register.close(connection, found.person.name)
        ended = sessions.end_all(connection, found.person.name)
        _note(connection, about=f"account {found.person.name}", detail=f"closed, {ended} sessions ended", now=datetime.now(UTC))
    typer.echo(f"{found.person.name} is closed; {ended} sessions ended")


@account_verbs.command("list")
def list_all(config: Config) -> None:
    """List accounts and programs."""
    with _writing(config) as connection:
        for one in register.all_accounts(connection):
            _say(one.person, "closed" if one.is_closed else "")
        for person, _ in programs.all_programs(connection):
            _say(person, "program")


@account_verbs.command()
def token(
    name: Name,
    config: Config,
    *,
    role: Annotated[Role, typer.Option(help="what the program may do")] = Role.VIEWER,
    county: Counties = None,
    area: Areas = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="make its token worth nothing")] = False,
) -> None:
    """Let a program use the API: its bearer token is shown once."""
    now = datetime.now(UTC)
    with _writing(config) as connection:
        if revoke:
            if not programs.revoke(connection, name):
                refuse(f"there is no program {name}")
            _note(connection, about=f"program {name}", detail="token revoked", now=now)
            typer.echo(f"the token of {name} is worth nothing any more")
            return
        person = Person(name=name, full_name=name, role=role, counties=frozenset(county or ()), areas=frozenset(area or ()))
        made = programs.add(connection, person, now=now)
        _note(connection, about=f"program {name}", detail=f"token made, {role.value}", now=now)
    typer.echo(made)


@contextmanager
def _writing(config: Path) -> Iterator[Connection]:
    """Yield a transaction on the service's store; what is wrong is said in one line."""
    with named(config, UnfitError, WeakError) as place:
        # A running service has brought the tables up to its own release; without one this does.
        with suppress(HeldError), StateFolder(place.folder):
            upgrade(place.engine)
        with place.rows() as connection:
            yield connection


def _new_password(name: str) -> str:
    """Read a password that may be used: twice from a terminal, or once from stdin."""
    if sys.stdin.isatty():
        first = getpass.getpass(f"Password for {name}: ")
        passwords.check(first, name=name)
        if getpass.getpass("Once more: ") != first:
            refuse("the two were not the same")
    else:
        first = sys.stdin.readline().rstrip("\r\n")
        passwords.check(first, name=name)
    return first


def _known(connection: Connection, name: str) -> register.Account:
    found = register.find(connection, name)
    if found is None:
        refuse(f"there is no account {name}")
    return found


def _note(connection: Connection, *, about: str, detail: str, now: datetime) -> None:
    audit.note(connection, COMMAND_LINE, Act.MANAGE_ACCOUNTS, now=now, about=about, detail=detail)


def _say(person: Person, state: str) -> None:
    scope = ",".join(sorted(person.counties)) or "all counties"
    areas = ",".join(sorted(person.areas)) or "all areas"
    typer.echo("\t".join((person.name, person.full_name, person.role.value, scope, areas, state)).rstrip())
