"""A recorded stream once more: the same messages, silences and acts at the same moments lead to the same alarms. Pure.

For asking afterwards why an alarm was there, and what another rule would have made of a real month.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from telemetry.fleet.alarms import acts
from telemetry.fleet.alarms.engine import Context, look
from telemetry.fleet.alarms.hearing import hear
from telemetry.fleet.alarms.occurrences import Alarm, Entry, Occurrence, Recalled
from telemetry.fleet.alarms.state import AlarmState

Name = tuple[str, str, datetime]
"""Device, code, raised_at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one kiosk, or its silence, said in one instant: what ``record.advance`` and ``fall_silent`` made of it."""

    at: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Somebody acknowledged what stood of a device's code."""

    at: datetime
    device: str
    code: str
    by: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """Somebody put it aside."""

    at: datetime
    device: str
    code: str
    until: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Time passed, and somebody looked."""

    at: datetime


Recorded = Said | Acknowledged | Shelved | Looked


@dataclass(slots=True)
class Replay:
    """One kiosk's alarms in memory, kept as the book keeps them in rows."""

    context: Context
    _alarms: dict[Name, AlarmState] = field(default_factory=dict)
    _open: dict[Occurrence, Alarm] = field(default_factory=dict)
    _known: set[Occurrence] = field(default_factory=set)

    def run(self, stream: Iterable[Recorded], *, until: datetime) -> Mapping[Name, AlarmState]:
        """Play a stream in its order up to a moment; returns every alarm as it stands then."""
        for recorded in stream:
            if recorded.at > until:
                break
            self._take(recorded)
        self._look(until)
        return dict(self._alarms)

    def _take(self, recorded: Recorded) -> None:
        match recorded:
            case Said():
                self._hear(recorded)
            case Acknowledged():
                self._change(recorded)
            case Shelved():
                self._change(recorded)
            case Looked():
                self._look(recorded.at)

    def _hear(self, said: Said) -> None:
        for entry in said.entries:
            occurrence = entry.alarm.occurrence
            if isinstance(entry, Recalled) and occurrence in self._known:
                continue
            self._known.add(occurrence)
            if entry.alarm.cleared_at is None:
                self._open[occurrence] = entry.alarm
            else:
                self._open.pop(occurrence, None)
        heard = hear(self._alarms.values(), said.entries, self._open.values(), self.context, now=said.at)
        self._alarms.update(((state.device, state.code, state.raised_at), state) for state in heard.changed)

    def _change(self, act: Acknowledged | Shelved) -> None:
        for name, state in self._alarms.items():
            known = look(state, self.context, now=act.at)
            if (known.device, known.code) == (act.device, act.code) and known.stands:
                self._alarms[name] = _done(known, act, self.context)

    def _look(self, now: datetime) -> None:
        self._alarms = {name: look(state, self.context, now=now) for name, state in self._alarms.items()}


def _done(state: AlarmState, act: Acknowledged | Shelved, context: Context) -> AlarmState:
    match act:
        case Acknowledged():
            return acts.acknowledged(state, context, by=act.by, comment=act.comment, now=act.at)
        case Shelved():
            return acts.shelved(state, context, until=act.until, by=act.by, comment="", now=act.at)


def same_rows(alarms: Mapping[Name, AlarmState]) -> dict[Name, AlarmState]:
    """Return alarms without what is only for the engine's next look, to compare two ways to the same end."""
    return {name: replace(state, due_at=None) for name, state in alarms.items()}
