"""``zhizhu-fleet audit ...``: whether the audit is what was written; anchors to give away; the whole of it as a file."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning.fleet.audit import anchors
from provisioning.fleet.audit.anchors import AnchorError
from provisioning.fleet.audit.verification import verify as look_along
from provisioning.fleet.past_keys import trusted_ever
from provisioning.fleet.signing import AUTHORITY, SigningKey, SigningKeyError
from telemetry.fleet.accounts import audit, audit_chain
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.opened import FOUND, Config, Opened, opened, refuse

audit_verbs = typer.Typer(no_args_is_help=True, help="The audit as a chain: verify, anchor, export; beside a running service.")


@audit_verbs.command()
def verify(
    config: Config,
    *,
    anchors_: Annotated[list[Path] | None, typer.Option("--anchors", help="file of anchors; once for each")] = None,
) -> None:
    """Say whether the audit is what was written. Ends with 1 where it is not."""
    with opened(config, AnchorError, SigningKeyError) as place:
        with place.engine.connect() as connection:
            envelopes = anchors.among(
                [*anchors.kept(connection), *(line for file in _files(place, anchors_) for line in anchors.given(file))]
            )
            kept_for = timedelta(days=place.settings.retention.audit_days)
            verdict = look_along(connection, envelopes, trusted_ever(place.folder / AUTHORITY), now=place.now, kept_for=kept_for)
        for line in (*(f"{one.wrong.value}: {one.told}" for one in verdict.findings), *verdict.told):
            typer.echo(line)
        pruned = f", {verdict.ends.pruned_place} pruned before" if verdict.ends.pruned_place else ""
        typer.echo(
            f"audit {'good' if verdict.is_good else 'NOT GOOD'}: {verdict.rows} rows to place {verdict.ends.place}{pruned};"
            f" {verdict.anchors} anchors, the last good one at place {verdict.anchored_until}"
        )
    if not verdict.is_good:
        raise typer.Exit(FOUND)


@audit_verbs.command()
def anchor(config: Config) -> None:
    """Sign the end of the chain now, and append it to anchors.jsonl."""
    with opened(config, AnchorError, SigningKeyError) as place:
        made = anchors.cast(place.engine, place.folder, SigningKey.open(place.folder / AUTHORITY), now=place.now)
        with place.rows() as connection:
            audit.note(connection, COMMAND_LINE, Act.ANCHOR_AUDIT, now=place.now, about="anchor", detail=f"place {made.place}")
    typer.echo(f"{place.folder / anchors.FILE}: place {made.place} {made.hash}")


@audit_verbs.command()
def export(file: Annotated[Path, typer.Argument(help="new file; one row a line, JSON")], config: Config) -> None:
    """Export the whole audit with its seals: whoever has it can check the chain without us."""
    if file.exists():
        refuse(f"{file}: is there already")
    count = 0
    with opened(config) as place, place.engine.connect() as connection, file.open("x", encoding="utf-8") as out:
        for row in audit_chain.rows(connection):
            out.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")
            count += 1
        with place.rows() as writing:
            audit.note(writing, COMMAND_LINE, Act.EXPORT, now=place.now, about="audit", detail=f"{count} rows")
    typer.echo(f"{file}: {count} rows")


def _files(place: Opened, given: list[Path] | None) -> list[Path]:
    """Return the files that were named, and our own."""
    own = place.folder / anchors.FILE
    return [*(given or ()), *((own,) if own.exists() else ())]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    raise TypeError(type(value).__name__)
