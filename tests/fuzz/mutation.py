"""Good bytes spoiled, as lines, strangers and attackers spoil them."""

import re
from collections.abc import Sequence
from random import Random

NUMBER = re.compile(rb"\d+(?:\.\d+)?")

LONGEST = 65_536
"""Bytes of one input at most."""

NASTY = (
    *(
        b"\x00",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"\x00\x00",
        b"\xff\xff",
        b"\x7f\xff",
        b"\x80\x00",
        b"\xff\xff\xff\xff",
        b"\x80\x00\x00\x00",
    ),
    *(b"\r", b"\n", b"\r\n\r\n", b'"', b"'", b"\\", b"\\ud800", b"\\u0000", b"%00", b"{", b"[[[[[[[[", b"]", b"null", b"true"),
    *(NUMBERS := (b"nan", b"NaN", b"Infinity", b"-1", b"1e999", b"0" * 40, b"9" * 400, b"4294967296", b"1.5")),
    *("\u202e".encode(), "\ud800".encode("utf-16-le", "surrogatepass"), "社".encode(), b"\xf0\x9f\x98"),
)
"""What has broken parsers before: the ends of the number ranges, quotation marks, halves of characters, numbers that are none."""


class Spoiler:
    """Makes one hostile input after another; the same seed makes the same ones."""

    def __init__(self, luck: Random) -> None:
        self._luck = luck

    def next(self, corpus: Sequence[bytes]) -> bytes:
        """The next input: seldom good bytes, mostly good bytes spoiled a few times, sometimes nothing but noise."""
        share = self._luck.random()
        if share < 0.02:
            return self._luck.choice(corpus)
        if share < 0.1:
            return self._luck.randbytes(self._luck.choice((0, 1, 2, 7, 31, 300, 5000)))
        payload = bytearray(self._luck.choice(corpus))
        for _ in range(self._luck.choice((1, 1, 1, 2, 3, 6, 15))):
            self._spoil(payload, corpus)
        return bytes(payload[:LONGEST])

    def _spoil(self, payload: bytearray, corpus: Sequence[bytes]) -> None:
        luck = self._luck
        at = luck.randint(0, len(payload))
        end = min(at + luck.choice((1, 2, 4, 16, 200)), len(payload))
        match luck.randrange(12):
            case 0 if at < len(payload):
                payload[at] ^= 1 << luck.randrange(8)
            case 1 if at < len(payload):
                payload[at] = luck.randrange(256)
            case 2:
                del payload[at:end]
            case 3:
                payload[at:end] = luck.choice(NASTY)
            case 4:
                payload[at:at] = luck.choice(NASTY)
            case 5:
                payload[at:at] = luck.randbytes(luck.choice((1, 2, 9, 100)))
            case 6:
                payload[at:at] = payload[at:end] * luck.choice((1, 2, 50))
            case 7:
                other = luck.choice(corpus)
                payload[at:] = other[luck.randint(0, len(other)) :]
            case 8:
                del payload[at:]
            case 9 if luck.random() < 0.04:
                piece = bytes(payload[at:end]) or b"\x00"
                payload[at:at] = piece * (LONGEST // len(piece))  # the same again and again: what costs little once
            case 10 if numbers := [found.span() for found in NUMBER.finditer(payload)]:
                begin, end = luck.choice(numbers)
                payload[begin:end] = luck.choice(NUMBERS)
            case _:
                payload += luck.choice(corpus)
