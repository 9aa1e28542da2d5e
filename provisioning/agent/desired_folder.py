"""Where a kiosk keeps its documents: one file that is always whole, and beside it a copy of the last one known to be good.

Blocking; at start, or from a worker's thread.
"""

import json
from pathlib import Path

import structlog
from pydantic import ValidationError

from kiosk.upkeep.kept_file import read_kept, write_kept
from provisioning.agent.desired_standing import Said, Standing, State
from provisioning.wire.desired_state import Document

log = structlog.get_logger(__name__)

STANDING = "standing.json"
LAST_GOOD = "last_good.json"


class DesiredFolder:
    """``STATE/desired``. A file that cannot be understood is put aside, and the copy of the last good document counts."""

    def __init__(self, folder: Path) -> None:
        """Look after this folder; it is made when something is first written."""
        self._folder = folder

    def read(self) -> Standing:
        """Return how things stand. Never fails: a kiosk without its documents runs by its own file."""
        try:
            kept = read_kept(self._folder / STANDING)
            if kept is not None:
                return Standing.model_validate_json(json.dumps(kept))
        except OSError as error:
            log.warning("desired.unreadable", why=error.strerror)
        except (ValidationError, ValueError) as error:
            log.warning("desired.not_understood", why=type(error).__name__)
        return self._from_last_good()

    def write(self, standing: Standing) -> None:
        """Keep this in place of what was there; on the disk when this returns. Raises OSError, and then the old one stands."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_kept(self._folder / STANDING, standing.model_dump(mode="json"))

    def keep_last_good(self, standing: Standing) -> None:
        """Keep the document in force once more, unless that is done already. Raises OSError."""
        if standing.in_force is not None and self._last_good() != standing.in_force:
            write_kept(self._folder / LAST_GOOD, standing.in_force.model_dump(mode="json"))

    def _from_last_good(self) -> Standing:
        document = self._last_good()
        if document is None:
            return Standing()
        said = Said(version=document.version, state=State.IN_FORCE, reason="read from the copy of the last good document")
        return Standing(in_force=document, newest_seen=document.version, release=document.release, said=said)

    def _last_good(self) -> Document | None:
        try:
            kept = read_kept(self._folder / LAST_GOOD)
            return None if kept is None else Document.model_validate_json(json.dumps(kept))
        except (OSError, ValidationError, ValueError) as error:
            log.warning("desired.last_good_unreadable", why=type(error).__name__)
            return None
