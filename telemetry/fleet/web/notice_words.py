"""What notices call faults and supplies: the same words as the pages, in Chinese."""

from telemetry.fleet.notices.telling import FaultName, Names
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.words import SUPPLIES


def names_of(words: FaultWords) -> Names:
    """Return how a fault code is said; one nobody knows is said as it is."""

    def name(code: str) -> FaultName:
        word = words.of(code)
        return FaultName(short=word.short or code, title=word.title_zh or code)

    return name


def supply_name(name: str) -> str:
    """Return how a supply is said."""
    return SUPPLIES.get(name, (name, name))[0]
