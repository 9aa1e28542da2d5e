"""Samples: one View of every kind and state, with made-up people and places, for pictures and tests.

By the part of the visit, as the presenters are; ``parts`` holds what several of them share.
"""

from kiosk.display.vocabulary import view
from screens.samples import aside, identifying, idle, matter, printing, proving
from screens.samples.parts import PHONE as PHONE


def views(text_size: int) -> dict[str, view.View]:
    """Every page in every state that looks different, at one text size, by the name of its picture."""
    found: dict[str, view.View] = {}
    for part in (idle, identifying, proving, matter, printing, aside):
        found |= part.views(text_size)
    return found
