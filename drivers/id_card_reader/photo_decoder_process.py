"""``python -m drivers.id_card_reader.photo_decoder_process LIBRARY SYMBOL``: decode photos for whoever holds the pipes.

Holds the closed library, so that its crashes are this process's alone; knows nothing but the standard library, and starts
in an instant. Over the pipes every message is a length of four bytes, big-endian, and so many bytes: first a greeting,
then for each photo its pixels, or nothing when the library refused it. Ends when its input ends.
"""

import ctypes
import os
import resource
import signal
import sys

PHOTO_LENGTH = 1024
PIXELS_LENGTH = 102 * 126 * 3
GREETING = b"ready"

SUCCESS = 1
"""What the function returns when all is well. Unconfirmed, as is everything about these libraries."""

MARGIN = 65536
"""Bytes behind the pixels: a library that writes a little too much is noticed instead of being believed."""

_MARGIN_BYTE = 0xA5
_PR_SET_PDEATHSIG = 1
"""prctl(2): end with the process that started us, even when the library hangs."""


def main(library: str, symbol: str) -> int:
    """Serve until the input ends. Returns the exit code: 0, or 2 library, 3 symbol, 4 a library that wrote too much."""
    answers = _own_output()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not leave a person's picture on the disk
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        loaded = ctypes.CDLL(library)
    except OSError:
        return 2
    try:
        decode = loaded[symbol]
    except AttributeError:
        return 3
    # int decode(const unsigned char photo[1024], unsigned char pixels[38556]). Some take a third argument, whether to write
    # a file as well: 0 is lost on those that take two.
    decode.argtypes = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int)
    decode.restype = ctypes.c_int
    pixels = (ctypes.c_ubyte * (PIXELS_LENGTH + MARGIN))()
    _send(answers, GREETING)
    while photo := _received():
        ctypes.memset(pixels, 0, PIXELS_LENGTH)
        ctypes.memset(ctypes.byref(pixels, PIXELS_LENGTH), _MARGIN_BYTE, MARGIN)
        result = decode(photo, pixels, 0)
        if bytes(pixels[PIXELS_LENGTH:]).strip(bytes((_MARGIN_BYTE,))):
            return 4
        _send(answers, bytes(pixels[:PIXELS_LENGTH]) if result == SUCCESS else b"")
        ctypes.memset(pixels, 0, PIXELS_LENGTH)
    return 0


def _own_output() -> int:
    """Keep the pipe for ourselves: what the library prints goes nowhere."""
    own = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return own


def _received() -> bytes:
    """The next photo; empty when the input has ended."""
    length = int.from_bytes(_exactly(4), "big")
    photo = _exactly(length) if length == PHOTO_LENGTH else b""
    return photo if len(photo) == PHOTO_LENGTH else b""


def _exactly(count: int) -> bytes:
    got = b""
    while len(got) < count and (more := os.read(0, count - len(got))):
        got += more
    return got


def _send(answers: int, message: bytes) -> None:
    left = len(message).to_bytes(4, "big") + message
    while left:
        left = left[os.write(answers, left) :]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
