"""Configuration as the desk sees it: layers, what they add up to on one kiosk, one change and what it does, where kiosks are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, select

from provisioning.fleet.config import acts, rows
from provisioning.fleet.config.acts import Preview, may_touch
from provisioning.fleet.config.changes import APPROVED_FROM, Change, Difference, State, chain, difference
from provisioning.fleet.config.layer_text import shown, write
from provisioning.fleet.config.layers import Kind, Layer, LayerKey, Place, merged, origins
from provisioning.fleet.config.rows import Standing
from provisioning.wire.layering import leaves
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import kiosk

MOST_CHANGES = 12
MOST_BEHIND = 100
MOST_NAMED = 12
"""Villages named in a preview; the rest are counted."""
OUTCOMES = ("in_force", "on_trial", "waiting", "waiting_for_trial", "told", "untold", "went_back", "refused")
"""What may have become of a document, from the best to the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLine:
    """One layer of the kiosk that is looked at; ``settings`` is 0 where it says nothing yet."""

    key: LayerKey
    number: int
    settings: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of the kiosk; ``after`` is what the chosen change makes of it, where that is something else."""

    path: str
    value: str
    kind: Kind
    number: int
    over: str
    locked_by: Kind | None
    is_changed: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One change in the list: how many kiosks run by it, how many would not, and how many it was for."""

    change: Change
    done: int
    bad: int
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The change that is looked at.

    Attributes:
        own: What it changes in its layer, as the text of the layer has it.
        follows: What it changes on the first kiosk it concerns, beyond its own layer's words.
        outcomes: What became of its documents, by word.
        named: Some of the kiosks, and how many more there are.
    """

    change: Change
    seen: Preview
    own: Sequence[Difference]
    named: Sequence[str]
    more: int
    silent: int
    outcomes: Mapping[str, int]
    settings: int
    may_decide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything on the page. ``place`` is None where there is no kiosk to look at."""

    place: Place | None
    site: str
    places: Sequence[Place]
    layers: Sequence[LayerLine]
    layer: LayerKey
    text: str
    may_edit: bool
    settings: Sequence[Setting]
    changes: Sequence[ChangeLine]
    chosen: Chosen | None
    behind: Sequence[Standing]
    documents: int
    converged: int
    sites: Mapping[str, str] = field(default_factory=dict)
    visits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of kiosks where somebody is at it: the step, and of how many."""
    second_from: int = APPROVED_FROM


def read(engine: Engine, person: Person, *, kiosk_name: str, layer: LayerKey | None, number: int | None) -> Page:
    """Read it all in one snapshot.

    Args:
        engine: The fleet's database.
        person: Who looks: of some counties, or of all.
        kiosk_name: ``county/kiosk``; empty for the first.
        layer: The layer whose text is shown; None for the change's, or the kiosk's own.
        number: The change that is looked at; None for the newest that is still open.
    """
    with engine.connect() as connection:
        places = rows.places(connection, person.counties)
        having = rows.layers(connection)
        sites = _sites(connection)
        changes = [change for change in rows.changes(connection, limit=200) if may_see(person, change.key)]
        asked = next((each for each in places if f"{each.county}/{each.kiosk}" == kiosk_name), None)
        concerning = [each for each in changes if asked is None or number is not None or each.key in asked.chain]
        change = _chosen(concerning, number)
        place = asked if kiosk_name else _place(places, change)
        key = layer or (change.key if change is not None and change.is_open else None) or _own(place)
        chosen = None if change is None else _opened(connection, change, person, sites)
        after = None if chosen is None or not chosen.change.is_open else chosen.change.after
        listed = changes[:MOST_CHANGES]
        counted = rows.outcomes(connection, [each.id for each in listed])
        there, documents = rows.converged(connection, counties=person.counties)
        text_of = change.after if change is not None and change.is_open and change.key == key else having.get(key)
        return Page(
            place=place,
            site="" if place is None else sites.get(f"{place.county}/{place.kiosk}", ""),
            places=places,
            layers=() if place is None else _lines(place, having, key),
            layer=key,
            text="" if text_of is None else write(text_of.settings, text_of.locked),
            may_edit=may_touch(person, Act.CHANGE_CONFIG, key),
            settings=() if place is None else _settings(place, having, after),
            changes=[_line(each, counted.get(each.id, {})) for each in listed],
            chosen=chosen,
            behind=rows.behind(connection, counties=person.counties, limit=MOST_BEHIND),
            documents=documents,
            converged=there,
            sites=sites,
            visits=_visits(connection),
        )


def _line(change: Change, counted: Mapping[str, int]) -> ChangeLine:
    bad = counted.get("went_back", 0) + counted.get("refused", 0)
    return ChangeLine(change=change, done=counted.get("in_force", 0), bad=bad, documents=sum(counted.values()))


def may_see(person: Person, key: LayerKey) -> bool:
    """Say whether a layer is any business of theirs: their counties', and what lies above all."""
    return not key.county or person.sees(key.county)


def _sites(connection: Connection) -> dict[str, str]:
    found = connection.execute(select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site))
    return {f"{row.county}/{row.kiosk}": row.site for row in found}


def _visits(connection: Connection) -> dict[str, tuple[int, int]]:
    found = connection.execute(select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.screen).where(kiosk.c.is_silent.is_(False)))
    shown = ((f"{row.county}/{row.kiosk}", row.screen or {}) for row in found)
    return {name: (int(screen.get("step") or 0), int(screen["steps"])) for name, screen in shown if screen.get("steps")}


def _chosen(changes: Sequence[Change], number: int | None) -> Change | None:
    if number is not None:
        return next((each for each in changes if each.id == number), None)
    waiting = [each for each in changes if each.state in {State.WAITING, State.HELD}]
    return next(iter(waiting or [each for each in changes if each.is_open]), None)


def _place(places: Sequence[Place], change: Change | None) -> Place | None:
    concerned = [each for each in places if change is not None and change.key in each.chain]
    return next(iter(concerned or places), None)


def _own(place: Place | None) -> LayerKey:
    return LayerKey(kind=Kind.PROVINCE) if place is None else place.chain[-1]


def _lines(place: Place, having: Mapping[LayerKey, Layer], chosen: LayerKey) -> list[LayerLine]:
    return [
        LayerLine(
            key=key,
            number=list(Kind).index(key.kind) + 1,
            settings=len(tuple(leaves(having[key].settings))) if key in having else 0,
            is_chosen=key == chosen,
        )
        for key in place.chain
    ]


def _settings(place: Place, having: Mapping[LayerKey, Layer], after: Layer | None) -> list[Setting]:
    now = chain(place, having)
    then = chain(place, {**having, after.key: after}) if after is not None else now
    old, new = dict(leaves(merged(now))), dict(leaves(merged(then)))
    from_now, from_then = origins(now), origins(then)
    lines = []
    for path in sorted(old.keys() | new.keys()):
        origin = from_then.get(path) or from_now[path]
        is_changed = (path in old, old.get(path)) != (path in new, new.get(path))
        lines.append(
            Setting(
                path=path,
                value=shown(old[path]) if path in old else "",
                kind=origin.kind,
                number=list(Kind).index(origin.kind) + 1,
                over=shown(origin.over[0][1]) if origin.over else "",
                locked_by=origin.locked_by,
                is_changed=is_changed,
                after=shown(new[path]) if path in new else "",
            )
        )
    return sorted(lines, key=lambda line: not line.is_changed)


def _opened(connection: Connection, change: Change, person: Person, sites: Mapping[str, str]) -> Chosen:
    seen = acts.preview(connection, change.after)
    names = [f"{each.place.county}/{each.place.kiosk}" for each in seen.effects]
    silent = {
        f"{row.county}/{row.kiosk}" for row in connection.execute(select(kiosk.c.county, kiosk.c.kiosk).where(kiosk.c.is_silent))
    }
    return Chosen(
        change=change,
        seen=seen,
        own=difference(change.before.settings, change.after.settings),
        named=[sites.get(name) or name for name in names[:MOST_NAMED]],
        more=max(0, len(names) - MOST_NAMED),
        silent=len(silent.intersection(names)),
        outcomes={word: count for word, count in rows.outcomes(connection, [change.id]).get(change.id, {}).items() if count},
        settings=len(tuple(leaves(change.after.settings))),
        may_decide=may_touch(person, Act.APPROVE_CONFIG, change.key) and person.name != change.by,
    )
