"""All targets of the house."""

from tests.fuzz import cabinet_targets, card_targets, network_targets, picture_targets, printer_targets
from tests.fuzz.target import Target


def every_target() -> tuple[Target, ...]:
    """All of them, with what their far ends say; making it takes a second or two."""
    rooms = (card_targets, printer_targets, cabinet_targets, picture_targets, network_targets)
    return tuple(target for room in rooms for target in room.targets())
