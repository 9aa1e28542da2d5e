"""How upkeep's own findings stand in its memory, and how they are read again; what cannot be understood is left out."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kiosk.upkeep.fault_book import Remembered
from kiosk.upkeep.healing import HealingCount
from kiosk.upkeep.rung import Rung

OPEN_FAULTS = "open_faults.json"
HEALINGS = "healings.json"


def faults_to_keep(faults: Iterable[Remembered]) -> list[dict[str, Any]]:
    """Open faults as JSON."""
    return [{**asdict(each), "since": each.since.isoformat()} for each in faults]


def faults_of(kept: object) -> tuple[Remembered, ...]:
    """Open faults from JSON."""
    return tuple(_each(kept, _fault))


def healings_to_keep(counts: Iterable[HealingCount]) -> list[dict[str, Any]]:
    """What was tried as JSON."""
    return [asdict(each) for each in counts]


def healings_of(kept: object) -> tuple[HealingCount, ...]:
    """What was tried from JSON."""
    return tuple(_each(kept, _healing))


def accept_wishes_of(wish: object) -> tuple[str, ...]:
    """The devices a technician asked to accept."""
    names = wish.get("accept") if isinstance(wish, dict) else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _each(kept: object, read: Any) -> Iterator[Any]:  # noqa: ANN401  # one of the readers below
    for each in kept if isinstance(kept, list) else ():
        try:
            yield read(each)
        except (KeyError, TypeError, ValueError, OverflowError):
            continue


def _fault(each: dict[str, Any]) -> Remembered:
    since = datetime.fromisoformat(each["since"])
    if since.tzinfo is None:
        raise ValueError("since: a moment without a time zone")
    return Remembered(device=str(each["device"]), code=str(each["code"]), since=since, is_escalated=bool(each["is_escalated"]))


def _healing(each: dict[str, Any]) -> HealingCount:
    return HealingCount(
        device=str(each["device"]),
        code=str(each["code"]),
        rung=Rung(each["rung"]),
        helped=int(each["helped"]),
        failed=int(each["failed"]),
        skipped=int(each["skipped"]),
    )
