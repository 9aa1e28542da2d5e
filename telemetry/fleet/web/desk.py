"""Pages of another room under the same roof, with our frame, our door and our language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from telemetry.fleet.web.render import Pages, Supplement


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a room brings along.

    Attributes:
        supplement: What its pages are made of.
        routers: Makes the routes, handed who renders and what an open tab has seen so far.
    """

    supplement: Supplement
    routers: Callable[[Pages, Callable[[], int]], Sequence[APIRouter]]
