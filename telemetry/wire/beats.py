"""Heartbeats read without a parser where they say what was said before: only moments and counts are taken from the bytes.

A heartbeat of ours is fixed words with parts between them: each device, the services, the screen. A part is remembered by its
bytes once the parser has found it whole and right by itself, so that a body made of known parts and fixed words can only mean
what the parser would have read. Whatever looks otherwise goes to the parser. Both ways agree on every body; a test says so.

A kiosk's next heartbeat is mostly its last one with other moments in the same places, so it is cut at those places in one go and
each piece compared with what it was. Pieces are shared: a nation's kiosks say much the same.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from struct import Struct
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from telemetry.wire.codec import MAX_BODY_BYTES, decode_up
from telemetry.wire.messages import DeviceState, Heartbeat, Screen, Services
from telemetry.wire.topics import KioskId, Up

KNOWN_FRAMES = 65_536
"""Whole heartbeats without their moments that are remembered, one a kiosk: a list of pieces, most of which others share."""
KNOWN_PARTS = 65_536
"""Devices, services, screens, and pieces between moments that are remembered; most kiosks of a model share theirs."""
KNOWN_LAYOUTS = 8_192
MAX_DEVICES = 64

_NUMBER = rb"(0|[1-9][0-9]{0,17})"
_BEGIN = re.compile(rb'\{"v":1,"life":' + _NUMBER + rb',"seq":' + _NUMBER + rb',"at":"')
_MIDDLE = re.compile(rb'","clock_trusted":(true|false),"hist":false,"prev":null,"devices":\[(\{"device":".*)', re.DOTALL)
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
Key = TypeVar("Key", bytes, tuple[bytes, ...])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What a heartbeat says apart from its moments and counts. Kiosks that say the same have the same one.

    Attributes:
        pieces: Its bytes between the moments.
        layout: Where the moments and the pieces are.
        devices: As it says them, ``read_at`` left out.
        are_read: Which of them say when they were read.
    """

    pieces: tuple[bytes, ...]
    layout: Struct
    devices: tuple[DeviceState, ...]
    are_read: tuple[bool, ...]
    clock_trusted: bool
    services: Services
    screen: Screen


class Beat(NamedTuple):
    """One heartbeat of a shape.

    Attributes:
        said: The words of ``at``.
        read_at: When each device that says so was read, in their order, with commas between: the wire's own words, every one
            checked.
    """

    shape: Shape
    life: int
    seq: int
    at: datetime
    said: str
    queued: int
    read_at: str

    @property
    def clock_trusted(self) -> bool:
        """Whether it believes its clock."""
        return self.shape.clock_trusted

    def moments(self) -> str:
        """Return when each device was read, in short: ``moments_of`` reads it back."""
        told = self.read_at
        if not all(self.shape.are_read):
            moments = iter(told.split(","))
            told = ",".join([next(moments) if is_read else "" for is_read in self.shape.are_read])
        return told.replace(self.said[:_DAY], "").replace("Z", "")

    def heartbeat(self) -> Heartbeat:
        """Return the message as the parser would have read it, but for ``read_at`` of its devices."""
        return Heartbeat.model_construct(
            v=1,
            life=self.life,
            seq=self.seq,
            at=self.at,
            clock_trusted=self.shape.clock_trusted,
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
        self._frames: dict[tuple[bytes, ...], Shape] = {}
        self._pieces: dict[bytes, bytes] = {}
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
        if begin is None or len(body) > MAX_BODY_BYTES:
            return None
        start = begin.end()
        if like is not None and start + like.layout.size < len(body):
            cut = like.layout.unpack_from(body, start)
            if cut[1::2] == like.pieces:
                return _of(like, begin, cut[::2], body[start + like.layout.size :])
        return self._unlike(body, begin, start)

    def _unlike(self, body: bytes, begin: re.Match[bytes], start: int) -> Beat | None:
        """Read a heartbeat that is not as its kiosk's last one was."""
        end = body.rfind(_END)
        if end < start + _MOMENT_BYTES:
            return None
        end += len(_END)
        first, *others = body[start + _MOMENT_BYTES : end].split(_READ_AT)
        if len(others) > MAX_DEVICES:
            return None
        moments = (body[start : start + _MOMENT_BYTES], *[other[:_MOMENT_BYTES] for other in others])
        if _plainly(moments) is None:
            return None
        *begun, last = (first, *[other[_MOMENT_BYTES:] for other in others])
        pieces = (*[piece + _READ_AT for piece in begun], last)
        shape = self._frames.get(pieces) or self._learn(pieces, body[start + _MOMENT_BYTES : end])
        return None if shape is None else _of(shape, begin, moments, body[end:])

    def _learn(self, pieces: tuple[bytes, ...], said: bytes) -> Shape | None:
        middle = _MIDDLE.fullmatch(said)
        if middle is None:
            return None
        trusted, told_of = middle.groups()
        devices_end = told_of.rfind(_SERVICES)
        services, between, screen = told_of[devices_end + len(_SERVICES) : -len(_END)].partition(_SCREEN)
        if devices_end < 0 or not between:
            return None
        told = told_of[:devices_end].split(_NEXT_DEVICE)
        if len(told) > MAX_DEVICES:
            return None
        devices = [self._device(told[0]), *[self._device(_DEVICE + each) for each in told[1:]]]
        known_services = self._part(self._services, services, Services)
        known_screen = self._part(self._screens, screen, Screen)
        if known_services is None or known_screen is None:
            return None
        known = [device for device in devices if device is not None]
        if len(known) < len(told) or len({device.device for device in known}) < len(told):
            return None
        are_read = tuple(_READ_AT in each for each in told)
        if sum(are_read) != len(pieces) - 1:
            return None  # a moment that is no device's
        shape = Shape(
            pieces=tuple(map(self._shared, pieces)),
            layout=_layout(tuple(map(len, pieces))),
            devices=tuple(known),
            are_read=are_read,
            clock_trusted=trusted == b"true",
            services=known_services,
            screen=known_screen,
        )
        _remember(self._frames, shape.pieces, shape, self._known_frames)
        return shape

    def _shared(self, piece: bytes) -> bytes:
        known = self._pieces.get(piece)
        if known is None:
            _remember(self._pieces, piece, piece, self._known_parts)
        return piece if known is None else known

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


def _of(shape: Shape, begin: re.Match[bytes], moments: tuple[bytes, ...], rest: bytes) -> Beat | None:
    """Return a heartbeat of a shape, when its moments are moments, and what follows is a number and the end."""
    queued = rest[:-1]
    if rest[-1:] != b"}" or not queued.isdigit() or len(queued) > 18 or (queued[0] == 48 and len(queued) > 1):
        return None
    said = _plainly(moments)
    if said is None:
        return None
    life, seq = begin.groups()
    try:
        at, *_ = map(datetime.fromisoformat, said.split(","))
    except ValueError:
        return None
    return Beat(shape, int(life), int(seq), at, said[:_MOMENT_BYTES], int(queued), said[_MOMENT_BYTES + 1 :])


def _plainly(moments: tuple[bytes, ...]) -> str | None:
    """Return moments in one line, when every one is written as ours are; they may still be of no calendar."""
    joined = b",".join(moments)
    return joined.decode("ascii") if joined.translate(_DIGITS_TO_ZERO) == _plain(len(moments)) else None


@lru_cache(maxsize=KNOWN_LAYOUTS)
def _layout(lengths: tuple[int, ...]) -> Struct:
    return Struct("".join(chain.from_iterable((f"{_MOMENT_BYTES}s", f"{length}s") for length in lengths)))


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


def _remember(known: dict[Key, Any], body: Key, part: object, limit: int) -> None:
    if len(known) >= limit:
        for oldest in _first(known, limit // 8):
            del known[oldest]
    known[body] = part


def _first(known: Iterable[Key], count: int) -> list[Key]:
    return [body for body, _ in zip(known, range(count), strict=False)]
