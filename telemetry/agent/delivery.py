"""What of the outbox is under way in this life: a window, so that a backlog flows fast and never floods. Pure."""

from collections import deque

WINDOW = 100
"""Messages under way at once. At 50 ms from sending to the fleet's ack that is 2,000 a second, twelve times what R3 asks."""

PATIENCE_S = 20.0
"""Without an ack for so long, everything not acknowledged is sent again: the fleet was away, or a broker forgot."""


class Delivery:
    """One life's place in the queue."""

    def __init__(self, *, after: int, now_s: float) -> None:
        """Begin behind ``after``, the highest number known to be stored."""
        self.sent = after
        self.acked = after
        self._under_way: deque[int] = deque()
        self._moved_s = now_s

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return WINDOW - len(self._under_way)

    def note_sent(self, seq: int, *, now_s: float) -> None:
        """Note that a number is under way."""
        if not self._under_way:
            self._moved_s = now_s
        self._under_way.append(seq)
        self.sent = seq

    def note_acked(self, seq: int, *, now_s: float) -> None:
        """Note that the fleet has stored everything up to a number."""
        if seq <= self.acked:
            return
        self.acked = seq
        self.sent = max(self.sent, seq)
        self._moved_s = now_s
        while self._under_way and self._under_way[0] <= seq:
            self._under_way.popleft()

    def rewind(self, after: int) -> None:
        """Begin again behind ``after``: the fleet misses what follows."""
        if after >= self.sent:
            return
        self.sent = after
        while self._under_way and self._under_way[-1] > after:
            self._under_way.pop()

    def resend_if_stuck(self, *, now_s: float) -> bool:
        """Begin again behind the last ack when nothing has moved for too long; says whether it did."""
        if not self._under_way or now_s - self._moved_s < PATIENCE_S:
            return False
        self._moved_s = now_s
        self.rewind(self.acked)
        return True
