"""What moves with every heartbeat, apart from what does not: what it is, and when nothing else has moved. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from telemetry.fleet import alarms
from telemetry.fleet.record import Record
from telemetry.wire.messages import DeviceState


class Pulse(NamedTuple):
    """What a heartbeat without news moves.

    Attributes:
        read_at: When each device was read, kiosk's clock, as ``telemetry.wire.beats.moments_of`` reads it. Empty when the
            devices' own rows say it.
    """

    last_seen_at: datetime
    said_at: datetime
    clock_skew_s: float
    queued: int
    read_at: str


def pulse_of(record: Record, *, read_at: str) -> Pulse:
    """Return what moved last."""
    return Pulse(record.last_seen_at, record.screen_at, record.clock_skew_s, record.queued, read_at)


def with_pulse(record: Record, pulse: Pulse) -> Record:
    """Return a record with the heartbeats that came since and had no news."""
    if pulse.last_seen_at < record.last_seen_at:
        return record
    return replace(
        record,
        last_seen_at=pulse.last_seen_at,
        screen_at=pulse.said_at,
        clock_skew_s=pulse.clock_skew_s,
        queued=pulse.queued,
    )


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
    if state is known or state == known:
        return True
    return state.read_at is None and state == known.model_copy(update={"read_at": None})


def is_steady(record: Record) -> bool:
    """Say whether a heartbeat that repeats what is known changes nothing but the pulse."""
    ends_by_voice = any(alarm.cause != alarms.BY_KIOSK for alarm in record.open_alarms.values())
    return not (record.is_silent or record.needs_birth or ends_by_voice)
