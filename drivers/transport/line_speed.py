"""What becomes of bytes when the two ends of a serial line run at different speeds: a UART in a few lines, for far ends."""

from collections.abc import Iterator

FRAME_BITS = 10
"""8N1: a start bit, eight data bits, lowest first, and a stop bit."""


def heard(payload: bytes, *, sent_baud: int, heard_baud: int) -> bytes:
    """Return what a receiver at ``heard_baud`` makes of bytes sent back to back at ``sent_baud``.

    It waits for a falling edge and samples the middle of each of its own bits, as a UART does. A byte whose stop bit is
    missing comes out all the same, as from a port that is not told to check.
    """
    if sent_baud == heard_baud:
        return payload
    levels = tuple(_levels(payload))
    ratio = sent_baud / heard_baud
    got = bytearray()
    at = 0.0
    while True:
        start = next((n for n in range(int(at), len(levels)) if not levels[n]), None)
        if start is None:
            return bytes(got)
        begin = max(at, float(start))
        samples = (_level(levels, begin + (bit + 1.5) * ratio) for bit in range(8))
        got.append(sum(level << bit for bit, level in enumerate(samples)))
        at = begin + (FRAME_BITS - 0.5) * ratio  # looks for the next start from the middle of the stop bit on


def _levels(payload: bytes) -> Iterator[int]:
    for byte in payload:
        yield 0
        yield from (byte >> bit & 1 for bit in range(8))
        yield 1


def _level(levels: tuple[int, ...], at: float) -> int:
    """The line's level at a time counted in the sender's bits; a line at rest is high."""
    return levels[int(at)] if int(at) < len(levels) else 1
