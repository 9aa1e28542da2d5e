"""What a simulated kiosk has told and nobody has stored yet. The semantics of a kiosk's disk queue, in memory. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from telemetry.wire.codec import encode
from telemetry.wire.messages import Event, FaultChanged, StatusChanged
from telemetry.wire.topics import Up

WINDOW = 100
"""Messages under way at once."""
PATIENCE_S = 20.0
"""Without an ack for so long, everything not acknowledged is sent again."""

Numbered = StatusChanged | FaultChanged | Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A message that is not stored yet, written down without its number and life."""

    kind: Up
    message: Numbered
    about: int | None


class Outbox:
    """Numbers messages, keeps them until the fleet has stored them, and knows what may be sent now.

    Moments are seconds of one monotonic clock.
    """

    def __init__(self, *, first: int) -> None:
        """Begin; the first message gets the number above ``first``."""
        self.head = first
        self.floor = first
        self._kept: deque[_Kept] = deque()
        self._sent = first
        self._first_head = first
        self._moved_s = 0.0

    @property
    def count(self) -> int:
        """Messages waiting."""
        return len(self._kept)

    def begin_life(self, *, now_s: float) -> None:
        """A new connection: everything not stored is sent again, and is history up to here."""
        self._sent = self.floor
        self._first_head = self.head
        self._moved_s = now_s

    def put(self, kind: Up, message: Numbered, *, about: int | None = None) -> None:
        """Keep a message; ``about`` is handed back when it is stored."""
        self.head += 1
        self._kept.append(_Kept(kind=kind, message=message, about=about))

    def forget(self, up_to: int, *, now_s: float) -> tuple[int, ...]:
        """Let go of what the fleet has stored; what it says of numbers never given means nothing. Returns what it was about."""
        if not self.floor < up_to <= self.head:
            return ()
        self._moved_s = now_s
        stored = [self._kept.popleft().about for _ in range(up_to - self.floor)]
        self.floor = up_to
        self._sent = max(self._sent, up_to)
        return tuple(about for about in stored if about is not None)

    def rewind(self, after: int) -> None:
        """Begin again behind a number the fleet names."""
        self._sent = min(self._sent, max(after, self.floor))

    def due(self, *, life: int, now_s: float) -> Iterator[tuple[Up, bytes]]:
        """Give what may be sent now, in order, and note it as sent."""
        if self._sent == self.floor:
            self._moved_s = now_s
        elif now_s - self._moved_s > PATIENCE_S:
            self._moved_s = now_s
            self._sent = self.floor
        last = min(self.head, self.floor + WINDOW)
        while self._sent < last:
            seq = self._sent = self._sent + 1
            kept = self._kept[seq - self.floor - 1]
            prev = seq - 1 if seq - 1 > self.floor else 0
            numbers = {"life": life, "seq": seq, "prev": prev, "hist": seq <= self._first_head}
            yield kept.kind, encode(kept.message.model_copy(update=numbers))
