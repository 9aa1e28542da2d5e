"""What the service said, as the judges read it: rows of the API with their moments. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from telemetry.simulation.score.service import Row, ServiceError, moment

SILENT_CODE = "kiosk.silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One occurrence or alarm. ``last_raised`` and ``phase`` are an alarm's."""

    id: int
    kiosk: str
    device: str
    code: str
    raised: datetime
    received: datetime
    cleared: datetime | None
    last_raised: datetime
    phase: str
    times: int

    @property
    def is_of_silence(self) -> bool:
        """Whether a kiosk did not say it, but its silence."""
        return self.code == SILENT_CODE

    @property
    def place(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.kiosk, self.device, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidIncident:
    """One incident. ``is_part``: it turned out to be a part of another one."""

    id: int
    kind: str
    level: str
    scope: str
    began: datetime
    opened: datetime
    ended: datetime | None
    kiosks: int
    is_part: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidTicket:
    """One ticket, with devices and codes it is about; ``incident`` is the number of what many kiosks lost, if it is of that."""

    id: int
    kiosk: str
    incident: int | None
    level: str
    scope: str
    opened: datetime
    opened_by: str
    causes: tuple[tuple[str, str], ...]


def said(rows: Iterable[Row], *, county: str, since: datetime) -> tuple[Said, ...]:
    """Read occurrences or alarms of a county, heard of since then."""
    return tuple(one for row in rows if row["county"] == county and (one := _said(row)).received >= since)


def incidents(rows: Iterable[Row], *, county: str, since: datetime) -> tuple[SaidIncident, ...]:
    """Read incidents of a county, opened since then."""
    found = (
        SaidIncident(
            id=row["id"],
            kind=row["kind"],
            level=row["level"],
            scope=row["scope"],
            began=_time(row, "began_at"),
            opened=_time(row, "opened_at"),
            ended=moment(row, "ended_at"),
            kiosks=row["kiosks"],
            is_part=str(row.get("evidence") or "").startswith("part_of="),
        )
        for row in rows
        if row["county"] == county
    )
    return tuple(incident for incident in found if incident.opened >= since)


def tickets(rows: Iterable[Row], *, county: str, since: datetime) -> tuple[SaidTicket, ...]:
    """Read tickets of a county, opened since then."""
    found = (
        SaidTicket(
            id=row["id"],
            kiosk=row["kiosk"],
            incident=row.get("incident_id"),
            level=str(row.get("level") or ""),
            scope=str(row.get("scope") or ""),
            opened=_time(row, "opened_at"),
            opened_by=row["opened_by"],
            causes=tuple((cause["device"], cause["code"]) for cause in row["causes"]),
        )
        for row in rows
        if row["county"] == county
    )
    return tuple(ticket for ticket in found if ticket.opened >= since)


def _said(row: Row) -> Said:
    raised = _time(row, "raised_at")
    return Said(
        id=row["id"],
        kiosk=row["kiosk"],
        device=row["device"],
        code=row["code"],
        raised=raised,
        received=_time(row, "received_at"),
        cleared=moment(row, "cleared_at"),
        last_raised=moment(row, "last_raised_at") or raised,
        phase=str(row.get("phase") or ""),
        times=int(row.get("occurrences") or 1),
    )


def _time(row: Row, name: str) -> datetime:
    found = moment(row, name)
    if found is None:
        raise ServiceError(f"{name}: a time was expected")
    return found
