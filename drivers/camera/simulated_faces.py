"""Drawn people for the far end of a camera: synthetic, saying so, and yet found by the cascades that find real faces.

Nobody's picture was used. A head is an ellipse with its features on a cylinder, so that it can be turned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType

import cv2
import numpy as np

from drivers.transport.picture import Pixels
from drivers.transport.served_pictures import Shot

WIDE = 640
HIGH = 480
PICTURES = 5
"""Different pictures of one pose, shown in turn: noise and a small movement. An odd number, so that no pace of showing them
meets the same one again and again."""

TURNED = 1.15
"""How far a turned head is turned, where 1 is about 60 degrees: the front is lost, the profile is there."""

STRAIGHT_S = 2.0
TURNED_S = 1.6
"""Seconds ``face-1`` looks straight and to a side. It cannot hear prompts: it turns for ever, and so answers every prompt
sooner or later, as a willing person does."""

Colour = tuple[int, int, int]

_INK: Colour = (32, 32, 38)
_BROW: Colour = (36, 36, 46)
_LIP: Colour = (90, 90, 165)
_SKINS: tuple[Colour, ...] = ((150, 180, 215), (130, 165, 205))
_COATS: tuple[Colour, ...] = ((120, 80, 50), (60, 95, 70))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One drawn person, in pixels of a 640 x 480 picture.

    Attributes:
        size: 1.0 fills a third of the picture's width.
        turn: -1.0 looks to the picture's left, 0.0 straight, 1.0 to its right.
        who: Which colours she wears.
    """

    x: float = WIDE / 2
    y: float = HIGH / 2
    size: float = 1.0
    turn: float = 0.0
    who: int = 0


def room() -> Pixels:
    """The empty room before the kiosk: a wall with a shelf and a poster, so that a blurred picture can be told."""
    picture: Pixels = np.empty((HIGH, WIDE, 3), np.uint8)
    picture[:] = np.linspace(150, 186, WIDE)[None, :, None]
    for x in range(20, WIDE, 88):
        cv2.line(picture, (x, 0), (x, 96), (120, 124, 128), 2)
    cv2.rectangle(picture, (24, 120), (120, 250), (205, 210, 214), -1)
    for n in range(8):
        cv2.line(picture, (34, 136 + n * 14), (110 - n % 3 * 14, 136 + n * 14), (70, 72, 78), 2)
    cv2.rectangle(picture, (540, 96), (628, 104), (80, 98, 122), -1)
    return picture


def draw(picture: Pixels, person: Person) -> None:
    """Draw a person into a picture."""
    height, width = 130 * person.size, 95 * person.size
    cx, cy, turn = person.x, person.y, person.turn
    skin = _SKINS[person.who % len(_SKINS)]

    def oval(x: float, y: float, half_wide: float, half_high: float, colour: Colour) -> None:
        axes = (max(int(half_wide), 0), max(int(half_high), 0))
        cv2.ellipse(picture, (int(x), int(y)), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    def on_the_head(across: float) -> tuple[float, float]:
        """Where something at ``across`` (-1 to 1) of a head looking straight comes to lie, and how narrow it looks."""
        angle = float(np.arcsin(across)) + turn * 0.75
        return cx + float(np.sin(angle)) * width, float(np.cos(angle))

    oval(cx, cy + height * 2.1, width * 2.0, height * 0.95, _COATS[person.who % len(_COATS)])
    neck = (int(cx - width * 0.42), int(cy + height * 0.7)), (int(cx + width * 0.42), int(cy + height * 1.4))
    cv2.rectangle(picture, *neck, (skin[0] - 30, skin[1] - 30, skin[2] - 25), -1)
    oval(cx - turn * width * 0.18, cy - height * 0.22, width * 1.12, height * 1.02, _INK)
    oval(cx + turn * width * 0.08, cy, width * (1 - 0.12 * abs(turn)), height, skin)
    oval(cx - turn * width * 0.1, cy - height * 0.78, width * 0.95, height * 0.34, _INK)
    for across in (-0.42, 0.42):
        x, narrow = on_the_head(across)
        if narrow < 0.15:
            continue
        y = cy - height * 0.12
        oval(x, y - height * 0.01, width * 0.27 * narrow, height * 0.11, (skin[0] - 35, skin[1] - 35, skin[2] - 35))
        oval(x, y, width * 0.19 * narrow, height * 0.055, (235, 238, 240))
        oval(x + turn * width * 0.03, y, width * 0.085 * max(narrow, 0.5), height * 0.055, _INK)
        oval(x, y - height * 0.055, width * 0.2 * narrow, height * 0.02, _BROW)
        oval(x, y - height * 0.17, width * 0.24 * narrow, height * 0.035, _BROW)
    x, _ = on_the_head(0.0)
    tip = x + turn * width * 0.10
    bridge = [(x - width * 0.03, cy - height * 0.12), (tip - width * 0.15, cy + height * 0.24)]
    bridge += [(tip + width * 0.15, cy + height * 0.24), (x + width * 0.03, cy - height * 0.12)]
    cv2.fillConvexPoly(picture, np.array(bridge, np.int32), (skin[0] + 15, skin[1] + 15, skin[2] + 13), cv2.LINE_AA)
    oval(tip, cy + height * 0.26, width * 0.17, height * 0.035, (skin[0] - 45, skin[1] - 50, skin[2] - 50))
    for side in (-0.07, 0.07):
        oval(tip + width * side, cy + height * 0.255, width * 0.04, height * 0.018, (60, 70, 95))
    mouth = width * 0.36 * (1 - 0.35 * abs(turn))
    oval(x, cy + height * 0.53, mouth, height * 0.07, _LIP)
    oval(x, cy + height * 0.52, mouth, height * 0.012, (50, 40, 90))
    oval(x, cy + height * 0.64, width * 0.2, height * 0.02, (skin[0] - 25, skin[1] - 30, skin[2] - 25))


def finished(picture: Pixels, *, seed: int) -> Pixels:
    """What the lens and the sensor add, and the word that says what it is."""
    shown: Pixels = cv2.GaussianBlur(picture, (0, 0), 1.1)
    cv2.putText(shown, "SYNTHETIC", (16, HIGH - 16), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (40, 40, 40), 2, cv2.LINE_AA)
    noise = np.random.default_rng(seed).integers(-4, 5, shown.shape, dtype=np.int16)
    noisy: Pixels = np.clip(shown.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return noisy


def _shot(*people: Person, lasts_s: float = 1.0, moves_px: float = 3.0, seed: int = 0) -> Shot:
    pictures = []
    for n in range(PICTURES):
        picture = room()
        sway = moves_px * float(np.sin(2 * np.pi * n / PICTURES)) / 2
        for person in people:
            moved = Person(x=person.x + sway, y=person.y + sway / 2, size=person.size, turn=person.turn, who=person.who)
            draw(picture, moved)
        pictures.append(finished(picture, seed=seed * PICTURES + n))
    return Shot(pictures=tuple(pictures), lasts_s=lasts_s)


@cache
def turning(who: int, *, straight_s: float = STRAIGHT_S, turned_s: float = TURNED_S) -> Callable[[], Sequence[Shot]]:
    """How to draw a willing person: straight, to the one side, straight, to the other, over and over."""
    return partial(_turned, who, straight_s, turned_s)


def _turned(who: int, straight_s: float, turned_s: float) -> Sequence[Shot]:
    straight = _shot(Person(who=who), lasts_s=straight_s, seed=1)
    left = _shot(Person(turn=-TURNED, who=who), lasts_s=turned_s, seed=2)
    right = _shot(Person(turn=TURNED, who=who), lasts_s=turned_s, seed=3)
    return (straight, left, straight, right)


def _photo() -> Sequence[Shot]:
    """A print of a face held up: the print is drawn once, and only the hand that holds it sways."""
    card = room()
    draw(card, Person(size=0.95))
    card = card[20:400, 170:470].copy()
    pictures = []
    for n in range(PICTURES):
        picture = room()
        x, y = 170 + round(2 * float(np.sin(2 * np.pi * n / PICTURES))), 60
        cv2.rectangle(picture, (x - 8, y - 8), (x + card.shape[1] + 8, y + card.shape[0] + 8), (245, 245, 245), -1)
        picture[y : y + card.shape[0], x : x + card.shape[1]] = card
        cv2.ellipse(picture, (x + card.shape[1] + 4, y + card.shape[0] - 30), (24, 40), 20, 0, 360, _SKINS[1], -1, cv2.LINE_AA)
        pictures.append(finished(picture, seed=40 + n))
    return (Shot(pictures=tuple(pictures), lasts_s=1.0),)


SAMPLES: Mapping[str, Callable[[], Sequence[Shot]]] = MappingProxyType(
    {
        "nobody": lambda: (_shot(),),
        "face-1": turning(0),
        "face-2": turning(1),
        "two-faces": lambda: (_shot(Person(x=190, size=0.7), Person(x=450, size=0.72, who=1)),),
        "face-far": lambda: (_shot(Person(size=0.42)),),
        "face-near": lambda: (_shot(Person(size=1.75, y=HIGH / 2 + 20)),),
        "photo-of-face": _photo,
    }
)
"""Sample name -> how it is drawn."""
