"""What people do to layers: write a draft, ask for it, approve, send back, take back; each with its line in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from provisioning.fleet.config import rows
from provisioning.fleet.config.changes import Change, Effect, State, chain, effects, needs_a_second
from provisioning.fleet.config.checks import problems_of
from provisioning.fleet.config.layers import Kind, Layer, LayerKey, Place
from provisioning.fleet.config.ramp import Ramp
from provisioning.wire.layering import Tree
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person

USUAL = Ramp()


class Why(StrEnum):
    """Why something was not done."""

    UNKNOWN = "unknown"
    NOT_THEIRS = "not_theirs"
    """Another county's, or wider than what is theirs."""
    SAME_PERSON = "same_person"
    OVER = "over"
    """It is decided already, by somebody quicker perhaps."""
    MOVED_ON = "moved_on"
    """The layer was changed meanwhile; the draft is to be written again on what it is now."""
    PROBLEMS = "problems"
    SAME = "same"
    """It changes nothing."""


class NotDoneError(Exception):
    """Nothing was done. ``problems`` are for whoever wrote the layer."""

    def __init__(self, why: Why, *problems: str) -> None:
        super().__init__("; ".join(problems) or why.value)
        self.why = why
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a layer would do.

    Attributes:
        effects: Kiosks whose settings become different.
        total: Kiosks there are, of those the layer is about.
    """

    before: Layer
    after: Layer
    problems: tuple[str, ...]
    effects: tuple[Effect, ...]
    total: int


def preview(connection: Connection, after: Layer) -> Preview:
    """Say what would change on which kiosks if a layer were this."""
    having = rows.layers(connection)
    where = [place for place in rows.places(connection) if after.key in place.chain]
    before = having.get(after.key, Layer(key=after.key, settings={}))
    above = _locked_above(after.key, where, having)
    return Preview(
        before=before,
        after=after,
        problems=problems_of(after.settings, after.locked, key=after.key, above=above),
        effects=effects(after, where, having),
        total=len(where),
    )


def draft(
    connection: Connection,
    person: Person,
    key: LayerKey,
    settings: Tree,
    locked: tuple[str, ...] = (),
    *,
    note: str,
    now: datetime,
) -> Change:
    """Write a draft; nothing changes on any kiosk.

    Raises:
        NotDoneError: It is not theirs, changes nothing, or says what may not be said.
    """
    _theirs(connection, person, Act.CHANGE_CONFIG, key, now)
    seen = preview(connection, Layer(key=key, settings=settings, locked=locked))
    if seen.problems:
        raise NotDoneError(Why.PROBLEMS, *seen.problems)
    if (seen.before.settings, seen.before.locked) == (settings, locked):
        raise NotDoneError(Why.SAME)
    number = rows.add_change(
        connection, seen.before, seen.after, note=note[:200], by=person.name, kiosks=len(seen.effects), now=now
    )
    change = _known(connection, number)
    _note(connection, person, change, f"draft: {len(seen.effects)} kiosks", act=Act.CHANGE_CONFIG, now=now)
    return change


def submit(connection: Connection, person: Person, number: int, *, now: datetime, ramp: Ramp = USUAL) -> Change:
    """Ask for a draft to be put in force: at once where few kiosks change, by a second person where many do.

    Raises:
        NotDoneError: It is no draft of theirs to submit, or the layer has moved on.
    """
    change = _open(connection, person, number, {State.DRAFT}, act=Act.CHANGE_CONFIG, now=now)
    seen = _still_good(connection, change)
    if needs_a_second(len(seen.effects)):
        _move(connection, number, State.WAITING, {State.DRAFT}, kiosks=len(seen.effects))
        _note(connection, person, change, f"asks for {len(seen.effects)} kiosks", act=Act.CHANGE_CONFIG, now=now)
        return _known(connection, number)
    _move(connection, number, State.APPROVED, {State.DRAFT}, kiosks=len(seen.effects), decided_at=now)
    return _applied(connection, person, change, act=Act.CHANGE_CONFIG, now=now, ramp=ramp)


def approve(connection: Connection, person: Person, number: int, *, now: datetime, ramp: Ramp = USUAL) -> Change:
    """Approve what somebody else asked for.

    Raises:
        NotDoneError: They asked for it themselves, it is not theirs or not open, or the layer has moved on.
    """
    change = _open(connection, person, number, {State.WAITING}, act=Act.APPROVE_CONFIG, now=now)
    if change.by == person.name:
        audit.note(connection, person, Act.APPROVE_CONFIG, now=now, result="refused", about=f"C-{number}", detail="asked for it")
        raise NotDoneError(Why.SAME_PERSON)
    seen = _still_good(connection, change)
    _move(connection, number, State.APPROVED, {State.WAITING}, kiosks=len(seen.effects), decided_by=person.name, decided_at=now)
    return _applied(connection, person, change, act=Act.APPROVE_CONFIG, now=now, ramp=ramp)


def reject(connection: Connection, person: Person, number: int, why: str, *, now: datetime) -> Change:
    """Send a change back, or give a draft up.

    Raises:
        NotDoneError: It is not theirs, or decided already.
    """
    change = _open(connection, person, number, {State.DRAFT, State.WAITING}, act=Act.CHANGE_CONFIG, now=now)
    _move(
        connection,
        number,
        State.REJECTED,
        {State.DRAFT, State.WAITING},
        decided_by=person.name,
        decided_at=now,
        why=why[:400],
    )
    _note(connection, person, change, f"sent back: {why}", act=Act.CHANGE_CONFIG, now=now)
    return _known(connection, number)


def roll_back(connection: Connection, person: Person, number: int, *, now: datetime) -> Change:
    """Write a draft that makes the layer what it was before a change. It is a change like any other, with new documents.

    Raises:
        NotDoneError: The change was never in force, is not theirs, or the layer is that already.
    """
    change = _known(connection, number)
    if change.state not in {State.APPROVED, State.HELD}:
        raise NotDoneError(Why.OVER, f"C-{number} was never in force")
    before = change.before
    return draft(connection, person, change.key, before.settings, before.locked, note=f"C-{number} ↩", now=now)


def put_under_city(connection: Connection, person: Person, county: str, city: str, *, now: datetime) -> None:
    """Say which city's layer a county lies under; empty for none. The next look of the service brings it to the kiosks."""
    rows.put_city(connection, county, city)
    detail = f"county {county}: under city {city}" if city else f"county {county}: under no city"
    audit.note(connection, person, Act.CHANGE_CONFIG, now=now, county=county, about="city", detail=detail)


def _applied(connection: Connection, person: Person, change: Change, *, act: Act, now: datetime, ramp: Ramp) -> Change:
    rows.put_layer(connection, change.after, change.id)
    where = [place for place in rows.places(connection) if change.key in place.chain]
    told = rows.settle(connection, where, rows.layers(connection), change_id=change.id, ramp=ramp, now=now)
    _note(connection, person, change, f"in force for {told} kiosks", act=act, now=now)
    return _known(connection, change.id)


def _still_good(connection: Connection, change: Change) -> Preview:
    """Look again: kiosks came, other layers changed."""
    seen = preview(connection, change.after)
    if (seen.before.settings, seen.before.locked) != (change.before.settings, change.before.locked):
        raise NotDoneError(Why.MOVED_ON)
    if seen.problems:
        raise NotDoneError(Why.PROBLEMS, *seen.problems)
    return seen


def _open(connection: Connection, person: Person, number: int, states: set[State], *, act: Act, now: datetime) -> Change:
    change = _known(connection, number)
    _theirs(connection, person, act, change.key, now)
    if change.state not in states:
        raise NotDoneError(Why.OVER)
    return change


def _known(connection: Connection, number: int) -> Change:
    change = rows.change(connection, number)
    if change is None:
        raise NotDoneError(Why.UNKNOWN)
    return change


def _move(connection: Connection, number: int, state: State, was: set[State], **values: object) -> None:
    if not rows.put_state(connection, number, state, was=was, **values):
        raise NotDoneError(Why.OVER)


def may_touch(person: Person, act: Act, key: LayerKey) -> bool:
    """Say whether a layer is theirs: who is of some counties has no say over the province."""
    return person.may(act, county=key.county) and (bool(key.county) or not person.counties)


def _theirs(connection: Connection, person: Person, act: Act, key: LayerKey, now: datetime) -> None:
    if not may_touch(person, act, key):
        audit.note(connection, person, act, now=now, result="refused", county=key.county, about=f"{key.kind}", detail=key.name)
        raise NotDoneError(Why.NOT_THEIRS)


def _note(connection: Connection, person: Person, change: Change, detail: str, *, act: Act, now: datetime) -> None:
    key = change.key
    said = f"{key.kind} {key.name}: {detail}" if key.name else f"{key.kind}: {detail}"
    name = key.name.partition("/")[2] if key.kind is Kind.KIOSK else ""
    audit.note(connection, person, act, now=now, county=key.county, kiosk=name, about=f"C-{change.id}", detail=said)


def _locked_above(key: LayerKey, where: list[Place], having: Mapping[LayerKey, Layer]) -> dict[str, Kind]:
    above: dict[str, Kind] = {}
    sample = next((place for place in where), None)
    if sample is None:
        county = key.county
        sample = Place(county=county or "none", kiosk="none")
    for layer in chain(sample, having):
        if layer.key == key or list(Kind).index(layer.key.kind) >= list(Kind).index(key.kind):
            break
        above |= dict.fromkeys(layer.locked, layer.key.kind)
    return above
