"""What one kiosk, or its silence, said in an instant, taken into its alarms. Pure.

The order in which things were said makes history; what stands at the end is what decides. So a clear in the same instant as new
data, a clear that came twice, and a raise that came after its own clear all lead to what the kiosk says is open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from telemetry.fleet.alarms.engine import Context, counted, gone, look, raised, settle, there
from telemetry.fleet.alarms.occurrences import Alarm, Cleared, Entry, Occurrence, Opened, Recalled
from telemetry.fleet.alarms.state import AlarmState, Phase

Key = tuple[str, str, datetime]
"""Device, code, raised_at: an alarm within its kiosk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of it.

    Attributes:
        alarms: Every alarm that was handed in or begun, as it stands now.
        changed: Of them, the ones that are different from before.
    """

    alarms: tuple[AlarmState, ...]
    changed: tuple[AlarmState, ...]


def hear(
    known: Iterable[AlarmState], entries: Iterable[Entry], open_now: Iterable[Alarm], context: Context, *, now: datetime
) -> Heard:
    """Take what was said of one kiosk.

    Args:
        known: Its live alarms, and every alarm whose name is in ``entries`` or ``open_now``, cleared or not.
        entries: What was said, in order.
        open_now: Every occurrence that is open after it.
        context: Of this kiosk.
        now: Our clock.
    """
    before = {_key(state): state for state in known}
    hearing = _Hearing(before, context, now)
    for entry in entries:
        hearing.take(entry)
    hearing.agree(open_now)
    alarms = tuple(hearing.settled())
    return Heard(alarms=alarms, changed=tuple(state for state in alarms if before.get(_key(state)) != state))


class _Hearing:
    def __init__(self, before: Mapping[Key, AlarmState], context: Context, now: datetime) -> None:
        self._context = context
        self._now = now
        self._rows = {key: look(state, context, now=now) for key, state in before.items()}
        self._live = {(state.device, state.code): key for key, state in self._rows.items() if state.is_live}
        self._heard: set[Key] = set()

    def take(self, entry: Entry) -> None:
        match entry:
            case Opened():
                self._open(entry.alarm)
            case Cleared():
                self._clear(entry.alarm)
            case Recalled():
                self._recall(entry.alarm)

    def agree(self, open_now: Iterable[Alarm]) -> None:
        """Make what stands agree with the occurrences that are open."""
        newest: dict[tuple[str, str], Alarm] = {}
        for alarm in open_now:
            place = (alarm.occurrence.device, alarm.occurrence.code)
            if place not in newest or newest[place].occurrence.since < alarm.occurrence.since:
                newest[place] = alarm
        for place, alarm in newest.items():
            key = self._live.get(place)
            if key is None:
                self._open(alarm)
            elif self._rows[key].phase is Phase.CLEARING:
                self._put(there(self._rows[key], self._context, now=self._now))
        for place, key in self._live.items():
            state = self._rows[key]
            if place not in newest and state.phase is not Phase.CLEARING:
                at = max(self._now, state.last_raised_at)
                self._put(gone(state, self._context, at=at, by="", now=self._now))

    def settled(self) -> Iterator[AlarmState]:
        for key, state in self._rows.items():
            yield settle(state, self._context, at=self._now) if key in self._heard and state.is_live else state

    def _open(self, alarm: Alarm) -> None:
        since = alarm.occurrence.since
        place = (alarm.occurrence.device, alarm.occurrence.code)
        key = self._live.get(place)
        if key is None:
            key = (*place, since)
            self._live[place] = key
            if key not in self._rows:
                self._put(_begun(alarm, self._context, self._now))
                return
            # Raised again after it was over, with the name it had: the same alarm, whatever time has passed.
            self._put(there(self._rows[key], self._context, now=self._now))
        state = raised(self._rows[key], self._context, since=since, now=self._now)
        self._put(replace(state, severity=alarm.severity[:16], remedy=alarm.remedy[:16], detail=alarm.detail, cause=alarm.cause))

    def _clear(self, alarm: Alarm) -> None:
        place, since = (alarm.occurrence.device, alarm.occurrence.code), alarm.occurrence.since
        at = alarm.cleared_at or self._now
        key = self._live.get(place)
        if key is not None and since in {self._rows[key].last_raised_at, key[2]}:
            self._put(gone(self._rows[key], self._context, at=at, by=alarm.cleared_by, now=self._now))
            return
        past = self._rows.get((*place, since))
        if past is not None:
            self._put(replace(past, cleared_at=at, gone_at=at, cleared_by=alarm.cleared_by))
        elif key is None or since < key[2]:
            self._put(_past(alarm, at))

    def _recall(self, alarm: Alarm) -> None:
        place, since = (alarm.occurrence.device, alarm.occurrence.code), alarm.occurrence.since
        key = self._live.get(place)
        if (*place, since) in self._rows:
            return
        if key is None or since < key[2]:
            self._put(_past(alarm, alarm.cleared_at or self._now))
        elif since > self._rows[key].last_raised_at:  # it came and went again before that was believed over: the same alarm
            state = counted(self._rows[key], self._context, since=since, now=self._now)
            is_over = state.phase is Phase.CLEARING
            at = alarm.cleared_at or self._now
            self._put(gone(state, self._context, at=at, by=alarm.cleared_by, now=self._now) if is_over else state)

    def _put(self, state: AlarmState) -> None:
        key = _key(state)
        self._rows[key] = state
        self._heard.add(key)


def _key(state: AlarmState) -> Key:
    return (state.device, state.code, state.raised_at)


def _begun(alarm: Alarm, context: Context, now: datetime) -> AlarmState:
    raise_for = context.rules.of(alarm.occurrence.code, alarm.remedy).raise_for
    return replace(
        _of(alarm),
        phase=Phase.PENDING if raise_for else Phase.OPEN,
        opens_at=now + raise_for if raise_for else None,
        opened_at=None if raise_for else now,
        flap_score=1.0,
        flap_at=now,
        due_at=now,
    )


def _past(alarm: Alarm, at: datetime) -> AlarmState:
    """Return an alarm that came and went while nobody listened: kept, and nobody is woken."""
    return replace(_of(alarm), cleared_at=at, gone_at=at, cleared_by=alarm.cleared_by)


def _of(alarm: Alarm) -> AlarmState:
    occurrence: Occurrence = alarm.occurrence
    return AlarmState(
        device=occurrence.device,
        code=occurrence.code,
        severity=alarm.severity[:16],
        remedy=alarm.remedy[:16],
        detail=alarm.detail,
        raised_at=occurrence.since,
        received_at=alarm.received_at,
        cause=alarm.cause,
        phase=Phase.CLEARED,
        last_raised_at=occurrence.since,
    )
