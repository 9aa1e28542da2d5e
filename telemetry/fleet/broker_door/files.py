"""Which files the door goes by."""

from dataclasses import dataclass
from pathlib import Path

from telemetry.mqtt import Credentials


class DoorError(Exception):
    """The door cannot be opened; the message says which file, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorFiles:
    """What the door shows, whom it believes, and whom no longer.

    Attributes:
        own: The authority, the server's certificate and its key.
        revoked: The authority's list of revoked certificates (CRL), PEM; it must be there, be it empty.
    """

    own: Credentials
    revoked: Path
