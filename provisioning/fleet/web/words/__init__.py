"""The words of the desk, Chinese first, English beside it: one module a page, put together here."""

from collections.abc import Mapping
from types import ModuleType

from provisioning.fleet.web.words import commands, config, enrolment, keys, of_kiosk, rollouts
from telemetry.fleet.web.words.speech import gathered

PAGES_OF_WORDS: tuple[ModuleType, ...] = (commands, config, enrolment, keys, of_kiosk, rollouts)
"""Modules with ``WORDS``; a page's words begin with the page's name."""


def desk_words() -> Mapping[str, tuple[str, str]]:
    """Return every word of the desk.

    Raises:
        ValueError: Two pages say one key.
    """
    return gathered(PAGES_OF_WORDS)
