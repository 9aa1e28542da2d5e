"""Who has not been heard for too long, while we could have heard. A silence found is told once, until it is written."""

from collections.abc import Callable, Mapping
from datetime import datetime

from telemetry.fleet.alarms import BY_SILENCE
from telemetry.fleet.batches import WentQuiet
from telemetry.fleet.liveness import is_overdue
from telemetry.fleet.record import Record
from telemetry.wire.topics import KioskId

NOT_LISTENING = float("inf")


class Silence:
    """Watches the clock for every kiosk. Belongs to one event loop; moments are seconds of one monotonic clock."""

    def __init__(self, *, factor: float, now: Callable[[], datetime], monotonic_s: Callable[[], float]) -> None:
        """Prepare, as of now.

        Args:
            factor: Heartbeats a kiosk may miss, as a multiple of its own interval.
            now: Our clock.
            monotonic_s: The clock everything is counted by.
        """
        self._factor = factor
        self._now = now
        self._monotonic_s = monotonic_s
        self._heard_s: dict[KioskId, float] = {}
        self._told: set[KioskId] = set()
        self._began_s = monotonic_s()
        self._listening_since_s = NOT_LISTENING

    @property
    def heard_s(self) -> Mapping[KioskId, float]:
        """When each kiosk was last heard."""
        return self._heard_s

    def begin(self) -> None:
        """Count from now on: every kiosk has one whole deadline to be heard."""
        self._began_s = self._monotonic_s()

    def note_heard(self, kiosk: KioskId) -> None:
        """Note that a kiosk has said something itself."""
        self._heard_s[kiosk] = self._monotonic_s()

    def note_listening(self) -> None:
        """Note that the broker has us: from now on silence means something."""
        self._listening_since_s = self._monotonic_s()

    def note_deaf(self) -> None:
        """Note that the broker is gone: a silence now is ours, not the kiosks'."""
        self._listening_since_s = NOT_LISTENING

    def note_written(self, kiosk: KioskId) -> None:
        """Note that what was said of a kiosk's silence is in its row."""
        self._told.discard(kiosk)

    def fallen(self, records: Mapping[KioskId, Record]) -> list[WentQuiet]:
        """Return who has gone quiet since the last look, or should by now be an alarm."""
        now_s = self._monotonic_s()
        found = []
        for kiosk, record in records.items():
            if kiosk in self._told:
                continue
            quiet = self._look(kiosk, record, now_s)
            if quiet is not None:
                self._told.add(kiosk)
                found.append(quiet)
        return found

    def _look(self, kiosk: KioskId, record: Record, now_s: float) -> WentQuiet | None:
        heard_s = self._heard_s.setdefault(kiosk, self._began_s)

        def overdue(listening_since_s: float) -> bool:
            return is_overdue(
                heard_s=heard_s,
                listening_since_s=listening_since_s,
                heartbeat_s=record.heartbeat_s,
                factor=self._factor,
                now_s=now_s,
            )

        # Silence means something only while we could have heard: after our own loss of the broker the deadline begins anew.
        has_alarm = any(alarm.cause == BY_SILENCE for alarm in record.open_alarms.values())
        is_alarming = not record.was_shut_down and not has_alarm and overdue(self._listening_since_s)
        if is_alarming or (not record.is_silent and overdue(self._began_s)):
            return WentQuiet(kiosk=kiosk, is_alarming=is_alarming, heard_s=heard_s, at=self._now())
        return None
