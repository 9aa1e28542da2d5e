"""Cameras as they are written in a configuration: ``v4l2:/dev/video0?width=1280&height=720`` or ``http://host:port/path``."""

from urllib.parse import parse_qsl, urlsplit

from drivers.contract.clock import Clock
from drivers.transport.frame_source import FrameSource
from drivers.transport.mjpeg import HttpFrames
from drivers.transport.v4l2 import VideoFrames

DEFAULT_WIDTH = 640
DEFAULT_HEIGHT = 480
DEFAULT_FPS = 30

BOUNDS = {"width": (160, 4096), "height": (120, 3120), "fps": (5, 60)}
"""What may be asked of a camera; it answers with the nearest it can do."""


def frames_for(port: str, *, device: str, clock: Clock) -> FrameSource:
    """Return the way to the camera at ``port``; nothing is opened yet.

    Args:
        port: ``v4l2:PATH`` with the options ``width``, ``height`` and ``fps``, where PATH is a device (best the stable
            one under ``/dev/v4l/by-path/``) or a video file; or ``http://HOST[:PORT]/PATH``, a camera that sends MJPEG.
        device: The device's name, for messages.
        clock: Says when a picture came.

    Raises:
        ValueError: Unknown scheme or option, or a value out of range; the message names the key and what is allowed.
    """
    parts = urlsplit(port)
    match parts.scheme:
        case "v4l2":
            return _video(port, device=device, clock=clock)
        case "http":
            return _http(port, device=device, clock=clock)
        case _:
            raise ValueError(f"port: {port!r} begins with neither v4l2: nor http://; e.g. v4l2:/dev/video0?width=1280&height=720")


def _video(port: str, *, device: str, clock: Clock) -> VideoFrames:
    parts = urlsplit(port)
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"port: {port!r} names no device file; e.g. v4l2:/dev/video0?width=1280&height=720")
    options = {"width": DEFAULT_WIDTH, "height": DEFAULT_HEIGHT, "fps": DEFAULT_FPS}
    written: set[str] = set()
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in options:
            raise ValueError(f"port: unknown option {key!r} in {port!r}; allowed are: {', '.join(options)}")
        if key in written:
            raise ValueError(f"port: option {key!r} stands twice in {port!r}")
        written.add(key)
        least, most = BOUNDS[key]
        if not (value.isascii() and value.isdigit() and len(value) < 6 and least <= int(value) <= most):
            raise ValueError(f"port: {key} is {value!r} in {port!r}; allowed are {least} to {most}")
        options[key] = int(value)
    return VideoFrames(
        parts.path, width=options["width"], height=options["height"], fps=options["fps"], device=device, clock=clock
    )


def _http(port: str, *, device: str, clock: Clock) -> HttpFrames:
    parts = urlsplit(port)
    try:
        number = parts.port or 80
    except ValueError:
        number = 0
    if parts.username is not None or parts.password is not None:
        raise ValueError("port: a camera's address holds no user and no password; give the camera a network of its own")
    if not parts.hostname or not number:
        raise ValueError(f"port: {port!r} needs a host and a port of 1 to 65535; e.g. http://192.168.1.60:8080/stream")
    return HttpFrames(port, host=parts.hostname, number=number, device=device, clock=clock)
