"""A serial line's speed: bytes under way, and when they have arrived."""

BURST = 16
"""Bytes that arrive together: the fill of a common UART's queue."""
BITS_A_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""


class PacedLine:
    """One direction of a line. Bursts are due by an absolute clock, so a late look never makes the line slower."""

    def __init__(self, baud: int | None) -> None:
        """Lay the line; ``baud`` None is a line that takes no time."""
        self._byte_s = 0.0 if baud is None else BITS_A_BYTE / baud
        self._under_way = bytearray()
        self._free_at_s = 0.0

    def __len__(self) -> int:
        """Bytes under way."""
        return len(self._under_way)

    def put(self, payload: bytes, *, now_s: float) -> None:
        """Send bytes; they go behind those under way."""
        if payload and not self._under_way:
            self._free_at_s = max(self._free_at_s, now_s)
        self._under_way += payload

    def take(self, *, now_s: float) -> bytes:
        """Return, and forget, what has arrived by ``now_s``."""
        taken = 0
        while taken < len(self._under_way):
            burst = min(BURST, len(self._under_way) - taken)
            arrives_s = self._free_at_s + burst * self._byte_s
            if arrives_s > now_s:
                break
            self._free_at_s = arrives_s
            taken += burst
        arrived = bytes(self._under_way[:taken])
        del self._under_way[:taken]
        return arrived

    def next_due_s(self) -> float | None:
        """When the next burst arrives; None when nothing is under way."""
        if not self._under_way:
            return None
        return self._free_at_s + min(BURST, len(self._under_way)) * self._byte_s

    def cut(self) -> None:
        """Lose what is under way."""
        self._under_way.clear()
