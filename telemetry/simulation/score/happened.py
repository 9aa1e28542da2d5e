"""A truth file put together: faults, absences, outages, complaints, each with both its ends. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from telemetry.simulation.truth import Line, TruthError

SIMULATOR = "simulator"
"""Why a kiosk said nothing when it should have: the trial's own machine was too slow."""
FAREWELL = "farewell"

Known = TypeVar("Known")


@dataclass(slots=True, kw_only=True)
class TrueFault:
    """One fault that was. ``stored`` is when its kiosk was told that the fleet has it, alarm and all."""

    number: int
    kiosk: str
    device: str
    code: str
    needs_person: bool
    since: datetime
    began: datetime
    ended: datetime | None = None
    stored: datetime | None = None


@dataclass(slots=True, kw_only=True)
class TrueSilence:
    """When one kiosk was not heard: from its last word to its next."""

    kiosk: str
    why: str
    began: datetime
    ended: datetime | None = None

    def lasts_s(self, until: datetime) -> float:
        """Return how long it was, up to then at most."""
        return ((self.ended or until) - self.began).total_seconds()


@dataclass(slots=True, kw_only=True)
class TrueOutage:
    """One cause that took several."""

    number: int
    kind: str
    level: str
    scope: str
    members: frozenset[str]
    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueComplaint:
    """Somebody pressed 报修."""

    kiosk: str
    by: str
    at: datetime
    fault: int | None


@dataclass(slots=True, kw_only=True)
class Happened:
    """All of it. ``ended`` is when the story was over, or the last line of a trial that was broken off."""

    began: datetime
    ended: datetime
    county: str
    heartbeat_s: float
    faults: dict[int, TrueFault] = field(default_factory=dict)
    silences: list[TrueSilence] = field(default_factory=list)
    outages: dict[int, TrueOutage] = field(default_factory=dict)
    complaints: list[TrueComplaint] = field(default_factory=list)
    visits: int = 0
    unstored: int = 0

    def silences_of(self) -> dict[str, list[TrueSilence]]:
        """Return every silence, by kiosk, in order."""
        found: dict[str, list[TrueSilence]] = defaultdict(list)
        for silence in self.silences:
            found[silence.kiosk].append(silence)
        return found


def put_together(lines: Iterable[Line]) -> Happened:
    """Join beginnings and ends.

    Raises:
        TruthError: The lines are no truth.
    """
    happened: Happened | None = None
    open_silences: dict[str, TrueSilence] = {}
    for line in lines:
        if happened is None:
            if line.what != "trial":
                raise TruthError("the first line of a truth file is its trial")
            happened = Happened(
                began=line.real, ended=line.real, county=line.text("county"), heartbeat_s=line.number("heartbeat_s")
            )
        elif line.what != "silence.begin":  # it bears the moment of the last word, which is before the line above it
            happened.ended = max(happened.ended, line.real)
        _take(happened, line, open_silences)
        if line.what == "story.end":
            break
    if happened is None:
        raise TruthError("an empty truth file")
    return happened


def _take(happened: Happened, line: Line, open_silences: dict[str, TrueSilence]) -> None:
    match line.what:
        case "story.begin":
            happened.began = line.real
        case "story.end":
            happened.unstored = int(line.number("unstored"))
        case "fault.begin":
            number = int(line.number("id"))
            happened.faults[number] = TrueFault(
                number=number,
                kiosk=line.text("kiosk"),
                device=line.text("device"),
                code=line.text("code"),
                needs_person=bool(line.said.get("needs_person")),
                since=_time(line, "since"),
                began=line.real,
            )
        case "fault.end":
            _known(happened.faults, line).ended = line.real
        case "fault.stored":
            _known(happened.faults, line).stored = line.real
        case "outage.begin":
            number = int(line.number("id"))
            happened.outages[number] = TrueOutage(
                number=number,
                kind=line.text("kind"),
                level=line.text("level"),
                scope=line.text("scope"),
                members=frozenset(line.said.get("members") or ()),
                began=line.real,
            )
        case "outage.end":
            _known(happened.outages, line).ended = line.real
        case "silence.begin":
            silence = TrueSilence(kiosk=line.text("kiosk"), why=line.text("why"), began=line.real)
            open_silences[silence.kiosk] = silence
            happened.silences.append(silence)
        case "silence.end":
            ended = open_silences.pop(line.text("kiosk"), None)
            if ended is not None:
                ended.ended = line.real
        case "complaint":
            fault = None if line.said.get("fault") is None else int(line.number("fault"))
            happened.complaints.append(TrueComplaint(kiosk=line.text("kiosk"), by=line.text("by"), at=line.real, fault=fault))
        case "visit":
            happened.visits += 1
        case _:
            pass  # a line of a younger release


def _known(known: dict[int, Known], line: Line) -> Known:
    try:
        return known[int(line.number("id"))]
    except KeyError as error:
        raise TruthError(f"a line {line.what!r} of something that never began") from error


def _time(line: Line, name: str) -> datetime:
    try:
        return datetime.fromisoformat(line.text(name))
    except ValueError as error:
        raise TruthError(f"a line {line.what!r} without the time {name!r}") from error
