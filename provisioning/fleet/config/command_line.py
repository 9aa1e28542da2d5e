"""``zhizhu-fleet config``: layers, what they add up to on a kiosk, drafts, decisions, and how far kiosks are. Plain lines."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from sqlalchemy import Connection

from provisioning.fleet.config import acts, layer_text, rows
from provisioning.fleet.config.acts import NotDoneError, Why
from provisioning.fleet.config.changes import Change, State, chain, difference
from provisioning.fleet.config.layer_text import LayerTextError, shown
from provisioning.fleet.config.layers import Kind, LayerKey, Place, allowed, merged, origins
from provisioning.wire.layering import Tree, leaves, overlaid
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.opened import Config, Opened, opened, refuse
from telemetry.wire.topics import KioskId

config_verbs = typer.Typer(no_args_is_help=True, help="What each kiosk should be: layers, changes, and how far kiosks are.")

Number = Annotated[str, typer.Argument(help="number of a change: C-118, or 118")]
NAMES = "province, city:NAME, county:C, town:C/TOWN, village:C/TOWN/VILLAGE, kiosk:C/K"
LayerName = Annotated[str, typer.Argument(help=NAMES)]
PARTS = {Kind.PROVINCE: 0, Kind.CITY: 1, Kind.COUNTY: 1, Kind.TOWN: 2, Kind.VILLAGE: 3, Kind.KIOSK: 2}
MOST_KIOSKS = 20
"""Named in a preview; the rest are counted."""
WORDS = {
    Why.UNKNOWN: "there is no such change",
    Why.NOT_THEIRS: "is not yours to change",
    Why.SAME_PERSON: "whoever asked for it cannot approve it; a second person does, at the desk",
    Why.OVER: "is decided already",
    Why.MOVED_ON: "the layer was changed meanwhile; write the draft again",
    Why.SAME: "that changes nothing",
}


@config_verbs.command()
def layers(config: Config) -> None:
    """List the layers: name, settings, locks, the change that wrote it."""
    with _rows(config) as (_, connection):
        for key, layer in sorted(
            rows.layers(connection).items(), key=lambda each: (list(Kind).index(each[0].kind), each[0].name)
        ):
            typer.echo(f"{_name(key)} {len(tuple(leaves(layer.settings)))} settings {len(layer.locked)} locked")


@config_verbs.command()
def show(kiosk: Annotated[str, typer.Argument(help="county/kiosk")], config: Config) -> None:
    """Show what is wanted of a kiosk, where each setting comes from, and what the kiosk says of it."""
    with _rows(config) as (_, connection):
        place = _place(connection, kiosk)
        mine = chain(place, rows.layers(connection))
        found, settled = origins(mine), dict(leaves(merged(mine)))
        for path, value in sorted(settled.items()):
            origin = found[path]
            over = "".join(f" over {kind}={shown(was)}" for kind, was in origin.over)
            locked = f" locked by {origin.locked_by}" if origin.locked_by else ""
            typer.echo(f"{path} = {shown(value)}  # {origin.kind}{over}{locked}")
        standing = rows.standing(connection, KioskId(county=place.county, kiosk=place.kiosk))
        typer.echo(_said(standing))


@config_verbs.command()
def edit(  # noqa: PLR0917  # each is an option of the verb
    layer: LayerName,
    config: Config,
    file: Annotated[Path | None, typer.Option(help="the whole layer as TOML, instead of single settings")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="PATH=VALUE, the value as in TOML")] = None,
    unset: Annotated[list[str] | None, typer.Option(help="PATH this layer no longer speaks of")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="PATH this layer takes away from those above it")] = None,
    lock: Annotated[list[str] | None, typer.Option(help="PATH no lower layer may set")] = None,
    note: Annotated[str, typer.Option(help="why, for whoever approves it")] = "",
) -> None:
    """Write a draft. Nothing changes on any kiosk before it is submitted."""
    with _rows(config) as (place, connection):
        key = _key(layer)
        before = rows.layer(connection, key)
        if file is not None:
            read = layer_text.read(file.read_text(encoding="utf-8"))
            settings, locked = read.settings, read.locked
        else:
            settings = _edited(before.settings, set_ or [], unset or [], remove or [])
            locked = tuple(dict.fromkeys((*before.locked, *(lock or []))))
        change = acts.draft(connection, COMMAND_LINE, key, settings, locked, note=note, now=place.now)
        typer.echo(f"C-{change.id} draft: changes {change.kiosks} kiosks")


@config_verbs.command()
def preview(number: Number, config: Config) -> None:
    """Say what a change does on which kiosks, by what the layers are now."""
    with _rows(config) as (_, connection):
        seen = acts.preview(connection, _change(connection, number).after)
        for problem in seen.problems:
            typer.echo(f"problem: {problem}")
        for effect in seen.effects[:MOST_KIOSKS]:
            typer.echo(f"{effect.place.county}/{effect.place.kiosk}")
            for each in difference(effect.before, effect.after):
                typer.echo(f"  {each.path}: {_value(each.before)} -> {_value(each.after)}")
        more = len(seen.effects) - MOST_KIOSKS
        typer.echo(f"{len(seen.effects)} of {seen.total} kiosks" + (f", {more} of them not shown" if more > 0 else ""))


@config_verbs.command()
def submit(number: Number, config: Config) -> None:
    """Ask for a draft to be put in force: at once on few kiosks; on many a second person approves it."""
    with _rows(config) as (place, connection):
        _echo(acts.submit(connection, COMMAND_LINE, _number(number), now=place.now))


@config_verbs.command()
def approve(number: Number, config: Config) -> None:
    """Approve what somebody else asked for."""
    with _rows(config) as (place, connection):
        _echo(acts.approve(connection, COMMAND_LINE, _number(number), now=place.now))


@config_verbs.command()
def reject(number: Number, config: Config, why: Annotated[str, typer.Option(help="for whoever wrote it")] = "") -> None:
    """Send a change back."""
    with _rows(config) as (place, connection):
        _echo(acts.reject(connection, COMMAND_LINE, _number(number), why, now=place.now))


@config_verbs.command()
def versions(config: Config, layer: Annotated[str, typer.Option(help="of this layer alone")] = "") -> None:
    """List changes, the newest first."""
    with _rows(config) as (_, connection):
        for change in rows.changes(connection, key=_key(layer) if layer else None):
            second = f" approved by {change.decided_by}" if change.decided_by and change.state is State.APPROVED else ""
            why = f" ({change.why})" if change.why else ""
            typer.echo(f"C-{change.id} {change.at:%Y-%m-%d %H:%M} {change.state} {_name(change.key)} by {change.by}{second}{why}")


@config_verbs.command()
def diff(number: Number, config: Config) -> None:
    """Show what a change changes in its layer."""
    with _rows(config) as (_, connection):
        change = _change(connection, number)
        for each in difference(change.before.settings, change.after.settings):
            typer.echo(f"{each.path}: {_value(each.before)} -> {_value(each.after)}")
        for path in sorted(set(change.after.locked) ^ set(change.before.locked)):
            typer.echo(f"{path}: {'locked' if path in change.after.locked else 'no longer locked'}")


@config_verbs.command()
def rollback(number: Number, config: Config) -> None:
    """Write a draft that makes the layer what it was before a change."""
    with _rows(config) as (place, connection):
        change = acts.roll_back(connection, COMMAND_LINE, _number(number), now=place.now)
        typer.echo(f"C-{change.id} draft: changes {change.kiosks} kiosks")


@config_verbs.command()
def status(config: Config, all_: Annotated[bool, typer.Option("--all", help="also those that have it")] = False) -> None:
    """Say which kiosks do not run by what is wanted yet, and why."""
    with _rows(config) as (_, connection):
        documents = rows.standings(connection)
        for each in documents:
            if all_ or not each.has_converged:
                typer.echo(f"{each.kiosk.county}/{each.kiosk.kiosk} {_said(each)}")
        typer.echo(f"{sum(each.has_converged for each in documents)} of {len(documents)} run by what is wanted")


@config_verbs.command()
def city(county: str, name: Annotated[str, typer.Argument(help="empty for none")], config: Config) -> None:
    """Say which city's layer a county lies under."""
    with _rows(config) as (place, connection):
        acts.put_under_city(connection, COMMAND_LINE, county, name, now=place.now)
        typer.echo(f"{county}: {name or 'under no city'}; the next hourly look brings it to the kiosks")


@contextmanager
def _rows(config: Path) -> Iterator[tuple[Opened, Connection]]:
    """Yield a transaction; what was refused is said once it is written down."""
    said: tuple[str, ...] = ()
    with opened(config, LayerTextError) as place:
        with place.rows() as connection:
            try:
                yield place, connection
            except NotDoneError as error:
                said = error.problems or (WORDS.get(error.why, error.why.value),)
        if said:
            refuse(*said)


def _key(name: str) -> LayerKey:
    kind, _, rest = name.partition(":")
    parts = rest.split("/") if rest else []
    if kind not in set(Kind) or len(parts) != PARTS[Kind(kind)] or not all(parts):
        refuse(f"{name}: is no layer; expected {NAMES}")
    return LayerKey(kind=Kind(kind), name=rest)


def _name(key: LayerKey) -> str:
    return f"{key.kind}:{key.name}" if key.name else key.kind.value


def _number(text: str) -> int:
    digits = text.removeprefix("C-")
    if not digits.isdigit():
        refuse(f"{text}: is no number of a change; expected C-118 or 118")
    return int(digits)


def _change(connection: Connection, number: str) -> Change:
    change = rows.change(connection, _number(number))
    if change is None:
        refuse(f"{number}: {WORDS[Why.UNKNOWN]}")
    return change


def _place(connection: Connection, kiosk: str) -> Place:
    county, _, name = kiosk.partition("/")
    found = next((place for place in rows.places(connection, {county}) if place.kiosk == name), None)
    if found is None:
        refuse(f"{kiosk}: nobody has heard of it, and it is in no register; expected county/kiosk")
    return found


def _edited(before: Tree, sets: list[str], unsets: list[str], removes: list[str]) -> Tree:
    after = allowed(before, unsets)
    for each in sets:
        path, sign, value = each.partition("=")
        if not sign:
            refuse(f"{each}: expected PATH=VALUE")
        after = overlaid(after, _tree(path.strip(), _parsed(value.strip())))
    for path in removes:
        after = overlaid(after, _tree(path, None))
    return after


def _parsed(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(json.dumps(tomllib.loads(f"value = {text}")["value"], default=str))
    except tomllib.TOMLDecodeError:
        return text  # a word without quotes is the word
    return value


def _tree(path: str, value: JsonValue) -> dict[str, JsonValue]:
    head, _, rest = path.partition(".")
    return {head: _tree(rest, value) if rest else value}


def _value(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _said(standing: rows.Standing | None) -> str:
    if standing is None:
        return "no document: no layer speaks of it"
    word = standing.said_state or "not heard of yet"
    reason = f": {standing.said_reason}" if standing.said_reason else ""
    return f"wanted {standing.version} in force {standing.in_force}, said {word} of {standing.said_version}{reason}"


def _echo(change: Change) -> None:
    waits = "waits for a second person" if change.state is State.WAITING else change.state.value
    typer.echo(f"C-{change.id} {waits}: {change.kiosks} kiosks")
