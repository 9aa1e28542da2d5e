"""A display without a window: speaks the frames over the socket, for tests of server and watch.

``python -m tests.kiosk.display_server.fake_display SOCKET [fps] [life_s]``: says Hello, then Drawn ``fps`` times a second, and
ends by itself after ``life_s`` seconds when given. An ``fps`` of 0 never draws at all.
"""

import os
import socket
import sys
import time
from pathlib import Path

from kiosk.display.vocabulary.frames import LENGTH_BYTES, Drawn, Hello, Show, decode_from_core, encode


def main(path: str, fps: float, life_s: float | None) -> None:
    display = socket.socket(socket.AF_UNIX)
    display.settimeout(10)
    display.connect(path)
    display.sendall(encode(Hello(pid=os.getpid())))
    page = _read(display).page
    ends_at = None if life_s is None else time.monotonic() + life_s
    frames = 0
    while not fps:
        time.sleep(1)
    while ends_at is None or time.monotonic() < ends_at:
        frames += 1
        display.sendall(encode(Drawn(frames=frames, page=page)))
        time.sleep(1 / fps)


def _read(display: socket.socket) -> Show:
    length = int.from_bytes(_exactly(display, LENGTH_BYTES), "big")
    shown = decode_from_core(_exactly(display, length))
    if not isinstance(shown, Show):
        raise TypeError(f"{type(shown).__name__} before any page")
    return shown


def _exactly(display: socket.socket, count: int) -> bytes:
    body = b""
    while len(body) < count:
        more = display.recv(count - len(body))
        if not more:
            raise EOFError(Path(__file__).name)
        body += more
    return body


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else None)
