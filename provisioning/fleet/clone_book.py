"""One identity in two places: whoever is found to share it is shut out, all of them, until a person decides which one it is."""

from collections.abc import Iterator

import structlog
from sqlalchemy import Connection

from provisioning.fleet.registry import identities
from telemetry.fleet.alarms import Opened
from telemetry.fleet.clones import CLONED_CODE
from telemetry.fleet.store.book import Happened
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

IDENTITY_REPORTED = "identity.reported"
OTHER_BOARD = "another board shows this identity"
LIVES = "two machines live as one"


class CloneBook:
    """Shuts out what speaks with two voices (``telemetry.fleet.clones``), and what runs on a board it was not enrolled on.

    A copy that shows an old certificate is found at the kiosks' door (``registry.renewing``), and let in at no broker.
    """

    def write(self, connection: Connection, happened: Happened) -> None:
        """Shut out whom this transaction is evidence against; see ``Book``."""
        found = sorted((*_of_two_voices(happened), *_on_another_board(connection, happened)), key=_by_name)
        identities.hold(connection, (kiosk for kiosk, _ in found))
        for kiosk, why in found:
            if identities.quarantine(connection, kiosk, why, happened.now):
                log.warning("one identity in two places", county=kiosk.county, kiosk=kiosk.kiosk, why=why)
                happened.touched.add(kiosk)


def _by_name(found: tuple[KioskId, str]) -> tuple[str, str]:
    return found[0].county, found[0].kiosk


def _of_two_voices(happened: Happened) -> Iterator[tuple[KioskId, str]]:
    for kiosk, entry in happened.entries:
        if isinstance(entry, Opened) and entry.alarm.occurrence.code == CLONED_CODE:
            yield kiosk, f"{LIVES}: {entry.alarm.detail}"


def _on_another_board(connection: Connection, happened: Happened) -> Iterator[tuple[KioskId, str]]:
    for stored in happened.messages:
        said = stored.message
        if not isinstance(said, Event) or said.name != IDENTITY_REPORTED:
            continue
        identity = identities.standing(connection, stored.kiosk)
        board = str(said.fields.get("hardware", ""))
        # What was said before it was let in (again) is of the machine it was then.
        if identity is not None and said.at > identity.enrolled_at and board and identity.hardware not in ("", board):
            yield stored.kiosk, OTHER_BOARD
