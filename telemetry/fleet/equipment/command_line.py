"""``zhizhu-fleet equipment import`` and ``export``: the register goes in and out as CSV, beside a running service."""

from pathlib import Path
from typing import Annotated

import typer

from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.equipment import register_file, rows
from telemetry.fleet.equipment.register_file import RegisterError
from telemetry.fleet.opened import Config, opened, refuse

MOST_UNHEARD = 10
"""Named in the answer; the rest are counted."""

equipment_verbs = typer.Typer(no_args_is_help=True, help="The register of kiosks as CSV; works beside a running service.")


@equipment_verbs.command("import")
def import_(file: Annotated[Path, typer.Argument(help="CSV in UTF-8; export shows its columns")], config: Config) -> None:
    """Import a register: whole, or not at all. Kiosks it does not name keep what they have."""
    with opened(config) as place, place.rows() as connection:
        try:
            entries = register_file.read(file.read_bytes(), calendars=place.settings.hours.as_calendars().named.keys())
        except RegisterError as error:
            refuse(*(f"{file}: {problem}" for problem in error.problems))
        done = rows.put(connection, entries, COMMAND_LINE, now=place.now)
    typer.echo(f"{len(entries)} kiosks: {done.new} new, {done.changed} changed, {done.same} as they were")
    if done.unheard:
        more = f" and {len(done.unheard) - MOST_UNHEARD} more" if len(done.unheard) > MOST_UNHEARD else ""
        typer.echo(f"never heard of: {', '.join(done.unheard[:MOST_UNHEARD])}{more}; check the names if they are not yet to come")


@equipment_verbs.command()
def export(file: Annotated[Path, typer.Argument(help="new file")], config: Config) -> None:
    """Export the register as it is; what is changed in it can be imported again."""
    if file.exists():
        refuse(f"{file}: is there already")
    with opened(config) as place, place.rows() as connection:
        entries = tuple(rows.every(connection))
        file.write_bytes(register_file.write(entries))
    typer.echo(f"{file}: {len(entries)} kiosks")
