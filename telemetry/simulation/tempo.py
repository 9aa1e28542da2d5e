"""What a speed means for deadlines that are real. Pure.

The fleet judges silence by its own clock and a kiosk's own promise of heartbeats, in real seconds, whatever the story's clock
does. So heartbeats are as often as the speed asks for, down to what one process can say; an outage that is over in real time
before any deadline could be is no silence, and is not judged. See docs/decisions/0016.
"""

REAL_HEARTBEAT_S = 30.0
"""What kiosks promise outside a trial."""
SHORTEST_HEARTBEAT_S = 0.4
"""Two and a half of these are one second, and the fleet calls nobody silent sooner."""
BEATS_A_SECOND = 1_500.0
"""Heartbeats one simulator says without being late, all kiosks together."""
FASTEST = 3_600.0
"""An hour in a second: faster, an ordinary power cut is shorter than the deadline and nothing of it is left to judge."""

DEADLINE_FACTOR = 2.5
"""Heartbeats the fleet waits for (``[liveness] factor``, unless changed)."""
SHORTEST_DEADLINE_S = 1.0
LOOKED_AT_S = 1.0
"""Within so long after its deadline a silence is known: looks at the clock, a batch, a busy machine."""
TALKING_FACTOR = 1.5
"""A kiosk that was heard so many heartbeats ago is talking: nobody may call it silent."""


def heartbeat_s(*, speed: float, kiosks: int) -> float:
    """Return how often kiosks speak, in real seconds."""
    return round(min(REAL_HEARTBEAT_S, max(SHORTEST_HEARTBEAT_S, REAL_HEARTBEAT_S / speed, kiosks / BEATS_A_SECOND)), 3)


def deadline_s(beat_s: float) -> float:
    """Return after how many real seconds the fleet calls a kiosk silent."""
    return max(SHORTEST_DEADLINE_S, DEADLINE_FACTOR * beat_s)


def shortest_outage_s(beat_s: float) -> float:
    """Return how many real seconds an absence lasts at least that the fleet has to find."""
    return deadline_s(beat_s) + LOOKED_AT_S


def longest_talk_s(beat_s: float) -> float:
    """Return below how many real seconds nobody may be called silent."""
    return TALKING_FACTOR * beat_s
