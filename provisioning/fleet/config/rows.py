"""The rows of layers, changes and documents. Decides nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, case, delete, exists, func, insert, select, update

from provisioning.fleet.config.changes import Change, Merging, State
from provisioning.fleet.config.layers import Kind, Layer, LayerKey, Place
from provisioning.fleet.config.ramp import Ramp, position_key
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import config_change, config_city, config_layer, desired, equipment, kiosk
from telemetry.fleet.store.scope import within
from telemetry.wire.topics import KioskId

Key = tuple[str, str]

WAITING = "waiting"
WAITING_FOR_TRIAL = "waiting_for_trial"
"""A kiosk that was told waits for a villager, or for something else that is on trial there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The document one kiosk should have, and what it says of it."""

    kiosk: KioskId
    version: int
    settings: Mapping[str, Any]
    release: str
    change_id: int
    wanted_at: datetime
    told: int
    tell_at: datetime | None
    said_version: int
    said_state: str
    said_reason: str
    said_at: datetime | None
    in_force: int

    @property
    def has_converged(self) -> bool:
        """Whether the kiosk runs by what is wanted."""
        return self.in_force == self.version

    @property
    def word(self) -> str:
        """What became of it: the kiosk's word, once it has said one of this version; else whether it was told."""
        is_of_it = self.said_version == self.version
        return _word(self.said_state if is_of_it else "", self.said_reason, is_told=self.told > 0)


def places(connection: Connection, counties: Collection[str] = (), *, of_newcomers: bool = False) -> list[Place]:
    """Return every kiosk there is, heard or in the register, with where it stands; of these counties, or of all.

    Args:
        connection: To the store.
        counties: Empty is every one.
        of_newcomers: Only of those that have no document.
    """
    cities = {row.county: row.city for row in connection.execute(select(config_city))}

    def said(table: Table, name: str) -> dict[Key, str]:
        question = select(table.c.county, table.c.kiosk, table.c[name]).where(within(table.c.county, frozenset(counties)))
        if of_newcomers:
            has_one = exists().where(desired.c.county == table.c.county, desired.c.kiosk == table.c.kiosk)
            question = question.where(~has_one)
        return {(county, kiosk): word for county, kiosk, word in connection.execute(question)}

    towns, villages = said(kiosk, "town"), said(equipment, "village")
    return [
        Place(
            county=county,
            kiosk=name,
            city=cities.get(county, ""),
            town=towns.get((county, name), ""),
            village=villages.get((county, name), ""),
        )
        for county, name in sorted(towns.keys() | villages.keys())
    ]


def newcomers(connection: Connection, having: Collection[LayerKey]) -> list[Place]:
    """Return the kiosks without a document that one of these layers may say something of, and some it does not.

    A fleet of which nobody has written a layer has as many kiosks without a document as it has kiosks: those are not read.
    """
    kinds = {key.kind for key in having}
    if Kind.PROVINCE in kinds:
        return places(connection, of_newcomers=True)
    counties = {key.county for key in having if key.county}
    if Kind.CITY in kinds:
        cities = [key.name for key in having if key.kind is Kind.CITY]
        counties |= set(connection.execute(select(config_city.c.county).where(config_city.c.city.in_(cities))).scalars())
    return places(connection, counties, of_newcomers=True) if counties else []


def layers(connection: Connection) -> dict[LayerKey, Layer]:
    """Return every layer there is."""
    return {layer.key: layer for layer in map(_layer, connection.execute(select(config_layer)))}


def layer(connection: Connection, key: LayerKey) -> Layer:
    """Return one layer, empty where there is none."""
    found = connection.execute(
        select(config_layer).where(config_layer.c.kind == key.kind.value, config_layer.c.name == key.name)
    ).one_or_none()
    return Layer(key=key, settings={}) if found is None else _layer(found)


def put_layer(connection: Connection, wanted: Layer, change: int) -> None:
    """Write a layer in place of what was there; an empty one has no row."""
    key = wanted.key
    connection.execute(delete(config_layer).where(config_layer.c.kind == key.kind.value, config_layer.c.name == key.name))
    if wanted.settings or wanted.locked:
        connection.execute(
            insert(config_layer).values(
                kind=key.kind.value, name=key.name, settings=dict(wanted.settings), locked=list(wanted.locked), change_id=change
            )
        )


def put_city(connection: Connection, county: str, city: str) -> None:
    """Say which city's layer a county lies under; empty for none."""
    connection.execute(delete(config_city).where(config_city.c.county == county))
    if city:
        connection.execute(insert(config_city).values(county=county, city=city))


def add_change(connection: Connection, before: Layer, after: Layer, *, note: str, by: str, kiosks: int, now: datetime) -> int:
    """Write a draft; returns its number."""
    key = after.key
    added = connection.execute(
        insert(config_change).values(
            kind=key.kind.value,
            name=key.name,
            state=State.DRAFT.value,
            settings_before=dict(before.settings),
            locked_before=list(before.locked),
            settings=dict(after.settings),
            locked=list(after.locked),
            note=note,
            by=by,
            at=now,
            kiosks=kiosks,
        )
    )
    return int(added.inserted_primary_key[0])  # type: ignore[index]  # an insert into a table with a key has one


def put_state(connection: Connection, number: int, state: State, *, was: Collection[State], **values: object) -> bool:
    """Move a change on; returns False when somebody else was quicker."""
    moved = connection.execute(
        update(config_change)
        .where(config_change.c.id == number, config_change.c.state.in_([each.value for each in was]))
        .values(state=state.value, **values)
    )
    return moved.rowcount == 1


def change(connection: Connection, number: int) -> Change | None:
    """Return a change by its number."""
    found = connection.execute(select(config_change).where(config_change.c.id == number)).one_or_none()
    return None if found is None else _change(found)


def changes(connection: Connection, *, limit: int = 100, key: LayerKey | None = None) -> list[Change]:
    """Return changes, the newest first; of one layer, or of all."""
    chosen = select(config_change).order_by(config_change.c.id.desc()).limit(limit)
    if key is not None:
        chosen = chosen.where(config_change.c.kind == key.kind.value, config_change.c.name == key.name)
    return [_change(row) for row in connection.execute(chosen)]


def settle(
    connection: Connection,
    where: Sequence[Place],
    having: Mapping[LayerKey, Layer],
    *,
    change_id: int,
    ramp: Ramp,
    now: datetime,
) -> int:
    """Give every kiosk whose settings are different now a new document; returns how many.

    Args:
        connection: The transaction of the decision.
        where: The kiosks it may be about.
        having: Every layer, as it is now.
        change_id: What they follow from.
        ramp: How fast they are told.
        now: Server's clock.
    """
    documents = select(desired.c.county, desired.c.kiosk, desired.c.settings)
    held = {
        (row.county, row.kiosk): row.settings
        for named in by_county(KioskId(county=place.county, kiosk=place.kiosk) for place in where)
        for row in connection.execute(documents.where(named.rows_of(desired)))
    }
    merging = Merging(having)
    wanted = {(place.county, place.kiosk): merging.of(place) for place in where}
    fresh = {key: tree for key, tree in wanted.items() if (tree if key not in held else held[key] != tree)}
    ids = sorted((KioskId(county=county, kiosk=name) for county, name in fresh), key=lambda each: position_key(change_id, each))
    told = {(each.county, each.kiosk): now + timedelta(seconds=ramp.after_s(position)) for position, each in enumerate(ids)}
    added = [key for key in fresh if key not in held]
    changed = [key for key in fresh if key in held]
    if added:
        rows = [_document(key, fresh[key], told[key], change_id, now) | {"version": 1} for key in added]
        connection.execute(insert(desired), rows)
    if changed:
        bound = [
            {f"b_{name}": value for name, value in _document(key, fresh[key], told[key], change_id, now).items()}
            for key in changed
        ]
        values: dict[str, Any] = {
            name.removeprefix("b_"): bindparam(name) for name in bound[0] if name not in {"b_county", "b_kiosk"}
        }
        connection.execute(
            update(desired)
            .where(desired.c.county == bindparam("b_county"), desired.c.kiosk == bindparam("b_kiosk"))
            .values(version=desired.c.version + 1, **values),
            bound,
        )
    return len(fresh)


def standing(connection: Connection, of: KioskId) -> Standing | None:
    """Return one kiosk's document."""
    found = connection.execute(select(desired).where(desired.c.county == of.county, desired.c.kiosk == of.kiosk)).one_or_none()
    return None if found is None else _standing(found)


def standings(connection: Connection, *, change_id: int | None = None, counties: Collection[str] = ()) -> list[Standing]:
    """Return documents, of one change or of all."""
    chosen = select(desired).where(within(desired.c.county, frozenset(counties))).order_by(desired.c.county, desired.c.kiosk)
    if change_id is not None:
        chosen = chosen.where(desired.c.change_id == change_id)
    return [_standing(row) for row in connection.execute(chosen)]


def behind(connection: Connection, *, counties: Collection[str] = (), limit: int) -> list[Standing]:
    """Return documents that are not in force yet, the worst word first."""
    is_bad = case((desired.c.said_state.in_(("went_back", "refused")), 0), (desired.c.said_state == "waiting", 1), else_=2)
    chosen = select(desired).where(desired.c.in_force != desired.c.version)
    chosen = chosen.order_by(is_bad, desired.c.county, desired.c.kiosk).limit(limit)
    return [_standing(row) for row in connection.execute(chosen.where(within(desired.c.county, frozenset(counties))))]


def converged(connection: Connection, *, counties: Collection[str] = ()) -> tuple[int, int]:
    """Count the documents that are in force, and all of them."""
    there = func.sum(case((desired.c.in_force == desired.c.version, 1), else_=0))
    chosen = select(there.label("there"), func.count().label("documents")).select_from(desired)
    if counties:
        chosen = chosen.where(desired.c.county.in_(counties))
    row = connection.execute(chosen).one()
    return int(row.there or 0), int(row.documents)


def outcomes(connection: Connection, numbers: Iterable[int]) -> dict[int, dict[str, int]]:
    """Count, by change, what became of the documents that follow from it; ``untold`` for those nobody was told of yet."""
    each = (
        select(
            desired.c.change_id,
            (desired.c.said_version == desired.c.version).label("is_of_it"),
            (desired.c.told > 0).label("is_told"),
            desired.c.said_state,
            case((desired.c.said_state == WAITING, desired.c.said_reason), else_="").label("waits_for"),
        )
        .where(desired.c.change_id.in_(list(numbers)))
        .subquery()
    )
    chosen = select(*each.c, func.count().label("kiosks")).group_by(*each.c)
    counted: dict[int, dict[str, int]] = {}
    for row in connection.execute(chosen):
        word = _word(row.said_state if row.is_of_it else "", row.waits_for, is_told=row.is_told)
        by = counted.setdefault(row.change_id, {})
        by[word] = by.get(word, 0) + row.kiosks
    return counted


def _word(said: str, reason: str, *, is_told: bool) -> str:
    if said == WAITING and reason:
        return WAITING_FOR_TRIAL  # a kiosk that waits for a villager gives no reason
    return said or ("told" if is_told else "untold")


def _document(key: Key, settings: Mapping[str, Any], tell_at: datetime, change_id: int, now: datetime) -> dict[str, Any]:
    return {
        "county": key[0],
        "kiosk": key[1],
        "settings": dict(settings),
        "change_id": change_id,
        "wanted_at": now,
        "tell_at": tell_at,
        "told": 0,
    }


def _layer(row: Row[Any]) -> Layer:
    return Layer(key=LayerKey(kind=Kind(row.kind), name=row.name), settings=row.settings, locked=tuple(row.locked))


def _change(row: Row[Any]) -> Change:
    key = LayerKey(kind=Kind(row.kind), name=row.name)
    return Change(
        id=row.id,
        state=State(row.state),
        before=Layer(key=key, settings=row.settings_before, locked=tuple(row.locked_before)),
        after=Layer(key=key, settings=row.settings, locked=tuple(row.locked)),
        note=row.note,
        by=row.by,
        at=row.at,
        kiosks=row.kiosks,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        why=row.why,
    )


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        kiosk=KioskId(county=row.county, kiosk=row.kiosk),
        **{name: getattr(row, name) for name in Standing.__dataclass_fields__ if name != "kiosk"},
    )
