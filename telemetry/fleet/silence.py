"""Who has not been heard for too long, while we could have heard. A silence found is told once, until it is written."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

from telemetry.fleet.alarms import BY_SILENCE
from telemetry.fleet.liveness import deadline_s, is_overdue
from telemetry.fleet.queue import WentQuiet
from telemetry.fleet.record import Record
from telemetry.fleet.voices import Voice, Voices
from telemetry.wire.topics import KioskId

NOT_LISTENING = float("inf")
STALLS = 1_000
"""Held-up moments remembered: many more than any deadline spans."""
LOOKED_AT = 2_000
"""Up to so many kiosks are looked at whenever asked; more of them once a second."""


class Silence:
    """Watches the clock for every kiosk. Belongs to one event loop; moments are seconds of one monotonic clock."""

    def __init__(self, *, voices: Voices, factor: float, now: Callable[[], datetime], monotonic_s: Callable[[], float]) -> None:
        """Prepare, as of now.

        Args:
            voices: When each kiosk was last heard.
            factor: Heartbeats a kiosk may miss, as a multiple of its own interval.
            now: Our clock.
            monotonic_s: The clock everything is counted by.
        """
        self._voices = voices
        self._factor = factor
        self._now = now
        self._monotonic_s = monotonic_s
        self._told: set[KioskId] = set()
        self._began_s = monotonic_s()
        self._listening_since_s = NOT_LISTENING
        self._looked_s = NOT_LISTENING
        self._paused_s: float | None = None
        self._stalls: deque[tuple[float, float]] = deque(maxlen=STALLS)

    def begin(self) -> None:
        """Count from now on: every kiosk has one whole deadline to be heard."""
        self._began_s = self._monotonic_s()

    def note_listening(self) -> None:
        """Note that the broker has us: from now on silence means something."""
        self._listening_since_s = self._monotonic_s()

    def note_deaf(self) -> None:
        """Note that the broker is gone: a silence now is ours, not the kiosks'."""
        self._listening_since_s = NOT_LISTENING

    def note_stalled(self, late_s: float) -> None:
        """Note that this very process was held up until now, for so long: what was said meanwhile waits unread."""
        self._stalls.append((self._monotonic_s(), late_s))

    def note_paused(self) -> None:
        """Note that we read nothing for now, because too much waits to be written. Twice is fine."""
        if self._paused_s is None:
            self._paused_s = self._monotonic_s()

    def note_resumed(self) -> None:
        """Note that we read again: what was said meanwhile comes late, and that is our doing. Twice is fine."""
        if self._paused_s is not None:
            self.note_stalled(self._monotonic_s() - self._paused_s)
            self._paused_s = None

    def note_written(self, kiosk: KioskId) -> None:
        """Note that what was said of a kiosk's silence is in its row."""
        self._told.discard(kiosk)

    def fallen(self, records: Mapping[KioskId, Record]) -> list[WentQuiet]:
        """Return who has gone quiet since the last look, or should by now be an alarm."""
        now_s = self._monotonic_s()
        if self._paused_s is not None:
            return []
        if len(records) > LOOKED_AT and 0 <= now_s - self._looked_s < 1.0:
            return []
        self._looked_s = now_s
        found = []
        factor = self._factor
        for voice in [known for known in self._voices.known() if known.heard_s + known.heartbeat_s * factor < now_s]:
            if max(voice.heard_s, self._began_s) + deadline_s(voice.heartbeat_s, factor=self._factor) >= now_s:
                continue
            if voice.kiosk in self._told or (record := records.get(voice.kiosk)) is None:
                continue
            quiet = self._look(voice, record, now_s)
            if quiet is not None:
                self._told.add(voice.kiosk)
                found.append(quiet)
        return found

    def _look(self, voice: Voice, record: Record, now_s: float) -> WentQuiet | None:
        heard_s = max(voice.heard_s, self._began_s)
        now_s -= self._stalled_since(heard_s)

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
            return WentQuiet(voice=voice, is_alarming=is_alarming, heard_s=voice.heard_s, at=self._now())
        return None

    def _stalled_since(self, heard_s: float) -> float:
        """Return for how long nobody could have been heard here since a moment."""
        stalled_s = 0.0
        for ended_s, late_s in reversed(self._stalls):
            if ended_s <= heard_s:
                break
            stalled_s += late_s
        return stalled_s
