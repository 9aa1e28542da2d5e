"""The frames on the Unix socket between core and display: a 4-byte big-endian length, then UTF-8 JSON.

Core to display: ``Show``, and ``Preview``, the one frame that is no JSON: ``PREVIEW_MARK``, a 4-byte page, a JPEG file.
Display to core: ``Hello`` once, ``Touched`` for each touch, ``Drawn`` at least every second, ``PreviewSeen`` for each Preview.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from kiosk.display.vocabulary.intent import Intent
from kiosk.display.vocabulary.view import View

LENGTH_BYTES = 4
MAX_FRAME_BYTES = 1_048_576
"""A View is a few kilobytes; anything longer is a fault of the other side and ends the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Draw this. ``page`` grows by one whenever the page, and so the meaning of a touch, changes."""

    kind: Literal["show"] = "show"
    page: int
    view: Annotated[View, Field(discriminator="kind")]


PREVIEW_MARK = b"\x01"
"""First byte of a Preview's body; no JSON begins with it."""
PAGE_BYTES = 4
MAX_PREVIEW_BYTES = 262_144
"""Of one JPEG. 640 x 480 at the quality of a preview is 20 to 60 kB; what is larger is not sent at all."""
MAX_PREVIEW_WIDTH_PX = 640
"""The place of a picture on a page is not wider; more would be decoded for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the camera sees, for page ``page``. Shows a person: on the glass while that page is, and nowhere else."""

    page: int
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The display is there and wants the current View."""

    kind: Literal["hello"] = "hello"
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A touch on page ``page``; the core drops it when that page is no longer shown."""

    kind: Literal["touched"] = "touched"
    page: int
    intent: Annotated[Intent, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Proof of life from the drawing thread itself: how many frames it has drawn, and the page on the glass."""

    kind: Literal["drawn"] = "drawn"
    frames: int
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSeen:
    """The last Preview is on the glass, or was for a page no longer there; only now the next one comes."""

    kind: Literal["preview_seen"] = "preview_seen"


FromCore = Show | Preview
FromDisplay = Hello | Touched | Drawn | PreviewSeen

_show: TypeAdapter[Show] = TypeAdapter(Show)
_from_display: TypeAdapter[FromDisplay] = TypeAdapter(Annotated[FromDisplay, Field(discriminator="kind")])


def encode(message: FromCore | FromDisplay) -> bytes:
    """Return the whole frame of one message, length included.

    Raises:
        ValueError: It is longer than ``MAX_FRAME_BYTES``.
    """
    match message:
        case Preview():
            body = PREVIEW_MARK + message.page.to_bytes(PAGE_BYTES, "big") + message.jpeg
        case Show():
            body = _show.dump_json(message)
        case _:
            body = _from_display.dump_json(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"frame of {len(body)} bytes, at most {MAX_FRAME_BYTES} allowed")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode_from_core(body: bytes) -> FromCore:
    """Read one frame body from the core. Raises ValueError (pydantic's) when it is none."""
    if body.startswith(PREVIEW_MARK):
        start = len(PREVIEW_MARK) + PAGE_BYTES
        return Preview(page=int.from_bytes(body[len(PREVIEW_MARK) : start], "big"), jpeg=body[start:])
    return _show.validate_json(body)


def decode_from_display(body: bytes) -> FromDisplay:
    """Read one frame body from the display. Raises ValueError (pydantic's) when it is none."""
    return _from_display.validate_json(body)
