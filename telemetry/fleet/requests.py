"""When a kiosk is asked to send again: at once but spread, then ever more seldom until it gets on. Pure."""

from dataclasses import dataclass
from random import Random

from telemetry.wire.topics import KioskId

SPREAD_S = 0.5
"""Requests are spread over this long, so that a thousand kiosks do not answer in one breath."""
FIRST_PATIENCE_S = 2.0
LAST_PATIENCE_S = 60.0
BEHIND_PATIENCE_S = 3.0
"""How long numbers that a heartbeat has announced may be on their way."""


@dataclass(slots=True)
class _Asked:
    at_s: float
    patience_s: float


class Requests:
    """Remembers who was asked, and who is behind."""

    def __init__(self, *, random: Random) -> None:
        self._random = random
        self._asked: dict[KioskId, _Asked] = {}
        self._behind: dict[KioskId, tuple[int, float]] = {}

    def ask(self, kiosk: KioskId, *, now_s: float) -> float | None:
        """Return in how many seconds to ask this kiosk, or None when it was asked lately."""
        asked = self._asked.get(kiosk)
        if asked is None:
            self._asked[kiosk] = _Asked(now_s, FIRST_PATIENCE_S)
        elif now_s - asked.at_s < asked.patience_s:
            return None
        else:
            self._asked[kiosk] = _Asked(now_s, min(LAST_PATIENCE_S, asked.patience_s * 2))
        return self._random.uniform(0, SPREAD_S)

    @property
    def are_any(self) -> bool:
        """Whether anybody was asked or is behind."""
        return bool(self._asked or self._behind)

    def gets_on(self, kiosk: KioskId) -> None:
        """Note that it sent what was missing."""
        self._asked.pop(kiosk, None)
        self._behind.pop(kiosk, None)

    def is_behind(self, kiosk: KioskId, *, stored_seq: int, now_s: float) -> None:
        """Note that a kiosk has numbers that are not stored."""
        known = self._behind.get(kiosk)
        if known is None or known[0] != stored_seq:
            self._behind[kiosk] = (stored_seq, now_s)

    def overdue(self, *, now_s: float) -> tuple[KioskId, ...]:
        """Return who has been behind for too long."""
        return tuple(kiosk for kiosk, (_, since_s) in self._behind.items() if now_s - since_s > BEHIND_PATIENCE_S)
