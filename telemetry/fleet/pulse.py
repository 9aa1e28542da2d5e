"""What moves with every heartbeat, apart from what does not: what it is, and when nothing else has moved. Pure."""

from dataclasses import replace
from datetime import UTC, datetime

from telemetry.fleet import alarms
from telemetry.fleet.record import Record
from telemetry.wire.messages import DeviceState

PulseRow = tuple[str, str, str, str, float, int, str]
"""What a heartbeat without news moves, as the store's row: county, kiosk, when we heard it, when it was said by the kiosk's clock
(both as ``written``), the difference in seconds, how many wait in its outbox, and when each device was read: kiosk's clock, as
``telemetry.wire.beats.moments_of`` reads it, empty when the devices' own rows say it.

There is one for every heartbeat of a nation, so it is made once, in the words every store takes, and read back only at news."""

MAX_COUNT = 2**31 - 1
"""What an INTEGER column holds everywhere; a kiosk that says it has more queued is shown with this many."""

_UNREAD = {"read_at": None}


def written(moment: datetime) -> str:
    """Return a moment as a store takes it: UTC, in words of one length, so that they sort as the moments do.

    Raises:
        ValueError: It is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("naive datetime handed to the store")
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def moment_of(words: str) -> datetime:
    """Read a moment back."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def pulse_of(record: Record, *, read_at: str) -> PulseRow:
    """Return what moved last."""
    seen_at, said_at = written(record.last_seen_at), written(record.screen_at)
    queued = min(record.queued, MAX_COUNT)
    return (record.id.county, record.id.kiosk, seen_at, said_at, record.clock_skew_s, queued, read_at)


def with_pulse(record: Record, pulse: PulseRow) -> Record:
    """Return a record with the heartbeats that came since and had no news."""
    _, _, seen_at, said_at, skew_s, queued, _ = pulse
    last_seen_at = moment_of(seen_at)
    if last_seen_at < record.last_seen_at:
        return record
    return replace(record, last_seen_at=last_seen_at, screen_at=moment_of(said_at), clock_skew_s=skew_s, queued=queued)


def has_only_moved(before: Record, after: Record) -> bool:
    """Say whether two records differ in nothing but their pulse and in when devices were read."""
    if (before.services, before.screen, before.condition, before.clock_trusted, before.is_silent, before.needs_birth) != (
        after.services, after.screen, after.condition, after.clock_trusted, after.is_silent, after.needs_birth
    ) or before.open_alarms != after.open_alarms:  # fmt: skip
        return False
    return list(before.devices) == list(after.devices) and all(
        is_as_before(known, state) for known, state in zip(before.devices.values(), after.devices.values(), strict=True)
    )


def is_as_before(known: DeviceState, state: DeviceState) -> bool:
    """Say whether a device is as it was; a heartbeat by its parts leaves out when it was read, and tells that elsewhere."""
    if state is known:
        return True
    if state.read_at is not None and state.read_at != known.read_at:
        return False
    # As dictionaries: most of what is in them is the very same object, and pydantic would look at it again.
    return state.__dict__ | _UNREAD == known.__dict__ | _UNREAD


def is_steady(record: Record) -> bool:
    """Say whether a heartbeat that repeats what is known changes nothing but the pulse."""
    ends_by_voice = any(alarm.cause != alarms.BY_KIOSK for alarm in record.open_alarms.values())
    return not (record.is_silent or record.needs_birth or ends_by_voice)
