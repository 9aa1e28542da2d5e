"""Topic names: ``zz/1/{county}/{kiosk}/{kind}``. The identity of a kiosk is taken from here, never from a body."""

import re
from dataclasses import dataclass
from enum import StrEnum

ROOT = "zz/1"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
"""What a county or kiosk may be called: letters, digits, hyphens, at most 32; no wildcard, slash or leading underscore."""


class Up(StrEnum):
    """Kinds of message from a kiosk."""

    BIRTH = "birth"
    DEATH = "death"
    HB = "hb"
    STATUS = "status"
    FAULT = "fault"
    EVENT = "event"
    REPORTED = "reported"
    RECEIPT = "receipt"


class Down(StrEnum):
    """Kinds of message to a kiosk."""

    DESIRED = "desired"
    COMMAND = "command"
    ACK = "ack"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskId:
    """County and kiosk together name one machine."""

    county: str
    kiosk: str

    def __post_init__(self) -> None:
        """Refuse names that could escape their topic."""
        for name in (self.county, self.kiosk):
            if not NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a county or kiosk name: letters, digits and hyphens, 1 to 32")


def topic(kiosk: KioskId, kind: Up | Down) -> str:
    """Return the topic of one kind of message of one kiosk."""
    return f"{ROOT}/{kiosk.county}/{kiosk.kiosk}/{kind.value}"


def parse(name: str) -> tuple[KioskId, Up | Down]:
    """Read a topic back. Raises ValueError when it is not one of ours."""
    parts = name.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT:
        raise ValueError(f"not a topic of {ROOT}")
    kiosk = KioskId(county=parts[2], kiosk=parts[3])
    kind = parts[4]
    return kiosk, Up(kind) if kind in set(Up) else Down(kind)


def all_from_kiosks(kind: Up) -> str:
    """Return the filter the fleet subscribes to for one kind of message."""
    return f"{ROOT}/+/+/{kind.value}"


def fleet_state(county: str) -> str:
    """Return the retained topic that says whether a county's fleet service is there."""
    return f"{ROOT}/{county}/_fleet/state"
