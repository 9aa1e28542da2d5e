"""Heartbeats read without a parser where they say what was said before: only moments and counts are taken from the bytes.

A heartbeat of ours is fixed words with parts between them: each device, the services, the screen. A part is remembered by its
bytes once the parser has found it whole and right by itself, so that a body made of known parts and fixed words can only mean
what the parser would have read. Whatever looks otherwise goes to the parser. Both ways agree on every body; a test says so.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from telemetry.wire.codec import MAX_BODY_BYTES, decode_up
from telemetry.wire.messages import DeviceState, Heartbeat, Screen, Services
from telemetry.wire.topics import KioskId, Up

KNOWN_FRAMES = 65_536
"""Whole heartbeats without their moments that are remembered: two kilobytes each, one a kiosk."""
KNOWN_PARTS = 65_536
"""Devices, services and screens that are remembered; most kiosks of a model share theirs."""
MAX_DEVICES = 64

_NUMBER = rb"(0|[1-9][0-9]{0,17})"
_BEGIN = re.compile(
    rb'\{"v":1,"life":' + _NUMBER + rb',"seq":' + _NUMBER + rb',"at":"([^"]{27})","clock_trusted":(true|false),'
    rb'"hist":false,"prev":null,"devices":\[\{"device":"'
)
_END = b',"queued":'
_DEVICE = b'{"device":"'
_NEXT_DEVICE = b',{"device":"'
_SERVICES = b'],"services":'
_SCREEN = b',"screen":'
_READ_AT = b'"read_at":"'
_DAY = 11
"""Characters of a moment's day, the T behind it included."""
_MOMENT_BYTES = 27
"""As pydantic writes a moment: 2026-11-22T01:02:03.456789Z. One of a whole second is shorter, and goes to the parser."""
_PLAIN_MOMENT = b"0000-00-00T00:00:00.000000Z"
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_NUL = rb"\u0000"
_OTHER_MOMENT = b"1999-12-31T23:59:58.123457Z"

Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What a heartbeat says apart from its moments and counts. Kiosks that say the same have the same one.

    Attributes:
        frame: Its bytes, without the moments.
        devices: As it says them, ``read_at`` left out.
        are_read: Which of them say when they were read.
    """

    frame: bytes
    devices: tuple[DeviceState, ...]
    are_read: tuple[bool, ...]
    services: Services
    screen: Screen


@dataclass(slots=True, eq=False)
class Beat:
    """One heartbeat of a shape.

    Attributes:
        said: The words of ``at``.
        read_at: When each device that says so was read, in their order: the wire's own words, every one checked.
    """

    shape: Shape
    life: int
    seq: int
    at: datetime
    said: str
    clock_trusted: bool
    queued: int
    read_at: list[str]

    def moments(self) -> str:
        """Return when each device was read, in short: ``moments_of`` reads it back."""
        told = self.read_at
        if len(told) < len(self.shape.devices):
            moments = iter(told)
            told = [next(moments) if is_read else "" for is_read in self.shape.are_read]
        return ",".join(told).replace(self.said[:_DAY], "").replace("Z", "")

    def heartbeat(self) -> Heartbeat:
        """Return the message as the parser would have read it, but for ``read_at`` of its devices."""
        return Heartbeat.model_construct(
            v=1,
            life=self.life,
            seq=self.seq,
            at=self.at,
            clock_trusted=self.clock_trusted,
            hist=False,
            prev=None,
            devices=self.shape.devices,
            services=self.shape.services,
            screen=self.shape.screen,
            queued=self.queued,
        )


def moments_of(short: str, said_at: datetime) -> list[datetime | None]:
    """Return when each device was read, of what ``Beat.moments`` has made of a heartbeat said then; nothing of nothing."""
    if not short:
        return []
    day = f"{said_at:%Y-%m-%dT}"
    words = (moment if "T" in moment or not moment else day + moment for moment in short.split(","))
    return [datetime.fromisoformat(word + "+00:00") if word else None for word in words]


class Beats:
    """Remembers what heartbeats are made of."""

    def __init__(self, *, known_frames: int = KNOWN_FRAMES, known_parts: int = KNOWN_PARTS) -> None:
        self._known_frames = known_frames
        self._known_parts = known_parts
        self._frames: dict[bytes, Shape] = {}
        self._devices: dict[bytes, DeviceState] = {}
        self._services: dict[bytes, Services] = {}
        self._screens: dict[bytes, Screen] = {}

    def read(self, body: bytes, *, sender: KioskId, like: Shape | None = None) -> Beat | Heartbeat:
        """Read a heartbeat.

        Args:
            body: As it came.
            sender: From the topic.
            like: The shape of this kiosk's last one.

        Raises:
            UnreadableError: As ``decode_up``.
        """
        beat = self._beat(body, like)
        if beat is not None:
            return beat
        return cast("Heartbeat", decode_up(Up.HB, body, sender=sender))  # the kind says so

    def _beat(self, body: bytes, like: Shape | None) -> Beat | None:
        begin = _BEGIN.match(body)
        end = body.rfind(_END)
        if begin is None or end < begin.end() or len(body) > MAX_BODY_BYTES:
            return None
        queued = body[end + len(_END) : -1]
        if not body.endswith(b"}") or not queued.isdigit() or len(queued) > 18 or (queued[0] == 48 and len(queued) > 1):
            return None
        life, seq, at, trusted = begin.groups()
        first, *others = body[begin.end() : end].split(_READ_AT)
        if len(others) > MAX_DEVICES:
            return None
        moments = [at, *[other[:_MOMENT_BYTES] for other in others]]
        said = _said(moments)
        if said is None:
            return None
        said_at, read_at = said
        frame = _READ_AT.join([first, *[other[_MOMENT_BYTES:] for other in others]])
        shape = like if like is not None and like.frame == frame else self._frames.get(frame)
        if shape is None:
            shape = self._learn(frame, body[begin.end() : end])
            if shape is None:
                return None
        return Beat(shape, int(life), int(seq), said_at, at.decode(), trusted == b"true", int(queued), read_at)

    def _learn(self, frame: bytes, middle: bytes) -> Shape | None:
        devices_end = middle.rfind(_SERVICES)
        services, between, screen = middle[devices_end + len(_SERVICES) :].partition(_SCREEN)
        if devices_end < 0 or not between:
            return None
        told = middle[:devices_end].split(_NEXT_DEVICE)
        if len(told) > MAX_DEVICES:
            return None
        devices = [self._device(_DEVICE + each) for each in told]
        known_services = self._part(self._services, services, Services)
        known_screen = self._part(self._screens, screen, Screen)
        if known_services is None or known_screen is None:
            return None
        known = [device for device in devices if device is not None]
        if len(known) < len(told) or len({device.device for device in known}) < len(told):
            return None
        shape = Shape(
            frame=frame,
            devices=tuple(known),
            are_read=tuple(_READ_AT in each for each in told),
            services=known_services,
            screen=known_screen,
        )
        _remember(self._frames, frame, shape, self._known_frames)
        return shape

    def _device(self, body: bytes) -> DeviceState | None:
        """Return a device without its moment; None when the parser does not read it, or would read another moment."""
        before, marker, after = body.partition(_READ_AT)
        if not marker:
            return self._part(self._devices, body, DeviceState)
        key = before + marker + after[_MOMENT_BYTES:]
        known = self._devices.get(key)
        if known is None:
            read = _parsed(body, DeviceState)
            otherwise = _parsed(before + marker + _OTHER_MOMENT + after[_MOMENT_BYTES:], DeviceState)
            if read is None or otherwise is None or read.read_at == otherwise.read_at:
                return None  # these bytes are not what says when it was read
            known = otherwise.model_copy(update={"read_at": None})
            if known != read.model_copy(update={"read_at": None}) or _READ_AT in after:
                return None
            _remember(self._devices, key, known, self._known_parts)
        return known

    def _part(self, known: dict[bytes, Part], body: bytes, model: type[Part]) -> Part | None:
        part = known.get(body)
        if part is None:
            part = _parsed(body, model)
            if part is not None:
                _remember(known, body, part, self._known_parts)
        return part


def _said(moments: list[bytes]) -> tuple[datetime, list[str]] | None:
    """Return the first moment and the words of the others, when every one is plainly written and of this calendar."""
    joined = b",".join(moments)
    if joined.translate(_DIGITS_TO_ZERO) != _plain(len(moments)):
        return None
    at, *read_at = joined.decode("ascii").split(",")
    try:
        said_at, *_ = map(datetime.fromisoformat, (at, *read_at))
    except ValueError:
        return None
    return said_at, read_at


@cache
def _plain(count: int) -> bytes:
    return b",".join((_PLAIN_MOMENT,) * count)


def _parsed(body: bytes, model: type[Part]) -> Part | None:
    if _NUL in body:
        return None  # the codec knows what to do with it
    try:
        json.loads(body)  # as strict as the codec: it knows bounds of its own
        return model.model_validate_json(body)
    except (ValidationError, ValueError, RecursionError):
        return None


def _remember(known: dict[bytes, Any], body: bytes, part: object, limit: int) -> None:
    if len(known) >= limit:
        for oldest in _first(known, limit // 8):
            del known[oldest]
    known[body] = part


def _first(known: Iterable[bytes], count: int) -> list[bytes]:
    return [body for body, _ in zip(known, range(count), strict=False)]
