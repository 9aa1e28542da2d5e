"""The frames on the Unix socket between core and display: a 4-byte big-endian length, then UTF-8 JSON.

Core to display: ``Show``. Display to core: ``Hello`` once, ``Touched`` for each touch, ``Drawn`` at least every second.
"""

from dataclasses import dataclass
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


FromCore = Show
FromDisplay = Hello | Touched | Drawn

_from_core: TypeAdapter[FromCore] = TypeAdapter(FromCore)
_from_display: TypeAdapter[FromDisplay] = TypeAdapter(Annotated[FromDisplay, Field(discriminator="kind")])


def encode(message: FromCore | FromDisplay) -> bytes:
    """Return the whole frame of one message, length included."""
    adapter: TypeAdapter[FromCore] | TypeAdapter[FromDisplay] = _from_core if isinstance(message, Show) else _from_display
    body = adapter.dump_json(message)  # type: ignore[arg-type]  # each adapter sees its own side only
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"frame of {len(body)} bytes, at most {MAX_FRAME_BYTES} allowed")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode_from_core(body: bytes) -> FromCore:
    """Read one frame body from the core. Raises ValueError (pydantic's) when it is none."""
    return _from_core.validate_json(body)


def decode_from_display(body: bytes) -> FromDisplay:
    """Read one frame body from the display. Raises ValueError (pydantic's) when it is none."""
    return _from_display.validate_json(body)
