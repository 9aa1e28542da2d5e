"""What follows for a ticket from its alarms, its complaints, its own tests, and time. Pure; from state, never from edges.

Asked again with the same state it says that nothing follows, so a batch that is done again writes nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from telemetry.fleet.tickets.complaints import Complaint
from telemetry.fleet.tickets.rules import BLOCKING, Rules
from telemetry.fleet.tickets.ticket import (
    NOTE_CHARS,
    THE_KIOSK,
    THE_SERVICE,
    Cause,
    Deed,
    Line,
    OpenedBy,
    Outage,
    State,
    Ticket,
)
from telemetry.wire.service_hours import ServiceHours
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alarm of the kiosk as it is now.

    Attributes:
        needs_person: Somebody has to be told now; not so while it is hushed or still waits to see whether it lasts.
        needed_at: Since when.
    """

    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    needs_person: bool
    needed_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Device and code."""
        return self.device, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that bears on one ticket.

    Attributes:
        about: One kiosk; or what many have lost, whose one alarm is the incident itself.
        area: Whose round it is on, from the register.
        hours: The kiosk's.
        ticket: Its open one.
        last: The one closed last.
        alarms: Those that stand, and those of the ticket's causes that have ended.
        answered: Occurrences a person has closed a ticket over although they stand: they ask for none again.
        complaints: New ones, in order.
        passed: How the kiosk's own test went, where it found everything well after somebody had come; empty otherwise.
        wanted_by: Who asks for a ticket at the dashboard whatever the alarms say; empty for nobody.
        why: What was said with it.
    """

    about: KioskId | Outage
    hours: ServiceHours
    area: str = ""
    ticket: Ticket | None = None
    last: Ticket | None = None
    alarms: Sequence[Standing] = ()
    answered: frozenset[tuple[str, str, datetime]] = frozenset()
    complaints: Sequence[Complaint] = ()
    passed: str = ""
    wanted_by: str = ""
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Written:
    """A ticket as it is to be written, with the lines that made it so; no lines: nothing follows."""

    ticket: Ticket
    lines: list[Line] = field(default_factory=list)

    def add(self, ticket: Ticket, deed: Deed, by: str, note: str = "") -> None:
        """Write one line more."""
        self.ticket = replace(ticket, version=ticket.version + 1)
        self.lines.append(Line(deed=deed, by=by, note=note[:NOTE_CHARS]))


def follow(now_so: Situation, *, rules: Rules, now: datetime) -> tuple[Written, ...]:
    """Return the tickets that are different now: at most one closed or reopened beside one opened."""
    calling = tuple(alarm for alarm in now_so.alarms if _calls(alarm, now_so, rules, now))
    written: list[Written] = []
    current = now_so.ticket
    if current is not None and current.state is State.VERIFIED and _is_another_matter(current, calling):
        closing = Written(ticket=current)
        closing.add(_moved(current, State.CLOSED, now_so, rules, now), Deed.CLOSED, THE_SERVICE)
        written.append(closing)
        current = None
    if current is not None:
        page = Written(ticket=current)
        _told(page, now_so, calling, rules, now)
    elif calling or now_so.complaints or now_so.wanted_by:
        page = _opened(now_so, calling, rules, now)
    else:
        return ()
    _settled(page, now_so, rules, now)
    if page.lines:
        written.append(page)
    return tuple(written)


def _calls(alarm: Standing, now_so: Situation, rules: Rules, now: datetime) -> bool:
    """Whether an alarm asks for a person of its own: it needs one, and whoever is nearer has had their time."""
    if alarm.cleared_at is not None or not alarm.needs_person:
        return False
    if (*alarm.name, alarm.raised_at) in now_so.answered:
        return False
    patience = rules.patience(remedy=alarm.remedy, severity=alarm.severity)
    return not patience or now_so.hours.open_s(alarm.needed_at, now) >= patience.total_seconds()


def _is_another_matter(verified: Ticket, calling: Sequence[Standing]) -> bool:
    known = {cause.name for cause in verified.causes}
    return bool(calling) and not any(alarm.name in known for alarm in calling)


def _opened(now_so: Situation, calling: Sequence[Standing], rules: Rules, now: datetime) -> Written:
    first = now_so.complaints[0] if now_so.complaints else None
    if now_so.last is not None and _has_returned(now_so.last, calling, first, rules, now):
        page = Written(ticket=now_so.last)
        _reopened(page, now_so, rules, now)
        _told(page, now_so, calling, rules, now)
        return page
    by = OpenedBy.ALARM if calling else first.by if first is not None else OpenedBy.PERSON
    is_blocking = any(alarm.severity == BLOCKING for alarm in calling) or not calling
    fresh = Ticket(
        id=0, about=now_so.about, area=now_so.area, state=State.OPENED, state_since=now, opened_at=now, opened_by=by,
        is_blocking=is_blocking, causes=tuple(map(_cause, calling)), complaints=len(now_so.complaints),
        due_at=rules.due_at(State.OPENED, is_blocking=is_blocking, since=now, hours=now_so.hours),
    )  # fmt: skip
    page = Written(ticket=fresh)
    who = THE_SERVICE if calling else by.value if first is not None else now_so.wanted_by
    note = "; ".join(map(_named, calling)) or (first.about if first is not None else now_so.why)
    page.add(fresh, Deed.OPENED, who, note)
    for complaint in now_so.complaints[0 if calling else 1 :]:
        page.add(page.ticket, Deed.COMPLAINED, complaint.by.value, complaint.about)
    return page


def _has_returned(
    last: Ticket, calling: Sequence[Standing], complaint: Complaint | None, rules: Rules, now: datetime
) -> bool:  # fmt: skip
    if last.closed_at is None or now - last.closed_at > rules.reopen_within:
        return False
    if calling:
        return any(alarm.name in {cause.name for cause in last.causes} for alarm in calling)
    return complaint is not None and not last.causes


def _reopened(page: Written, now_so: Situation, rules: Rules, now: datetime) -> None:
    again = replace(
        _moved(page.ticket, State.OPENED, now_so, rules, now),
        fixed_at=None, verified_at=None, closed_at=None, times_reopened=page.ticket.times_reopened + 1,
    )  # fmt: skip
    page.add(again, Deed.REOPENED, THE_SERVICE)


def _told(page: Written, now_so: Situation, calling: Sequence[Standing], rules: Rules, now: datetime) -> None:
    """Take what alarms and people have said since."""
    standing = {alarm.name: alarm for alarm in now_so.alarms if alarm.cleared_at is None}
    ended = {alarm.name: alarm for alarm in now_so.alarms if alarm.cleared_at is not None}
    known = {cause.name: cause for cause in page.ticket.causes}
    for name, cause in known.items():
        alarm = standing.get(name)
        if alarm is not None and cause.cleared_at is not None and alarm.needs_person:
            if page.ticket.state is State.VERIFIED:
                _reopened(page, now_so, rules, now)
            _joined(page, alarm, now_so, rules, now)
        elif alarm is not None and cause.cleared_at is None and (alarm.remedy, alarm.severity) != (cause.remedy, cause.severity):
            changed = replace(cause, remedy=alarm.remedy, severity=alarm.severity)
            page.add(_with(page.ticket, changed), Deed.CHANGED, THE_SERVICE, f"{_named(alarm)} = {alarm.remedy}")
        elif alarm is None and cause.cleared_at is None and name in ended:
            _ended(page, replace(cause, cleared_at=ended[name].cleared_at, cleared_by=ended[name].cleared_by))
    for alarm in calling:
        if alarm.name not in known:
            _joined(page, alarm, now_so, rules, now)
    for complaint in now_so.complaints:
        if page.ticket.state is State.VERIFIED:
            _reopened(page, now_so, rules, now)
        told = replace(page.ticket, complaints=page.ticket.complaints + 1)
        page.add(told, Deed.COMPLAINED, complaint.by.value, complaint.about)


def _joined(page: Written, alarm: Standing, now_so: Situation, rules: Rules, now: datetime) -> None:
    before, ticket = page.ticket, _with(page.ticket, _cause(alarm))
    if ticket.is_blocking and not before.is_blocking:
        sooner = rules.due_at(ticket.state, is_blocking=True, since=now, hours=now_so.hours)
        dates = [date for date in (before.due_at, sooner) if date is not None]
        ticket = replace(ticket, due_at=min(dates, default=None))
    page.add(ticket, Deed.JOINED, THE_SERVICE, _named(alarm))


def _ended(page: Written, over: Cause) -> None:
    ticket = _with(page.ticket, over)
    if ticket.standing:
        page.add(ticket, Deed.ENDED, THE_KIOSK, _ending(over))
    else:
        page.ticket = ticket  # what ends the last one is told by the line that says verified


def _settled(page: Written, now_so: Situation, rules: Rules, now: datetime) -> None:
    """Take what the whole of it means: the kiosk confirms, a step is overdue, a verified ticket is old."""
    ticket = page.ticket
    evidence = _evidence(ticket, now_so)
    if ticket.state not in {State.VERIFIED, State.CLOSED} and evidence:
        page.add(replace(_moved(ticket, State.VERIFIED, now_so, rules, now), verified_at=now), Deed.VERIFIED, THE_KIOSK, evidence)
    elif ticket.state is State.VERIFIED and ticket.verified_at is not None and now - ticket.verified_at >= rules.keep_verified:
        page.add(_moved(ticket, State.CLOSED, now_so, rules, now), Deed.CLOSED, THE_SERVICE)
    elif (level := rules.escalation(ticket, hours=now_so.hours, now=now)) > ticket.escalation:
        page.add(replace(ticket, escalation=level), Deed.ESCALATED, THE_SERVICE, str(level))


def _evidence(ticket: Ticket, now_so: Situation) -> str:
    """Return the kiosk's own words that it is well; empty while it has not said so.

    Where alarms opened the ticket, each has to be over. A mere complaint is over when somebody has looked at it and the kiosk's
    own test found everything well afterwards: before that the kiosk had nothing to say about it either.
    """
    if ticket.causes:
        return "" if ticket.standing else "; ".join(map(_ending, ticket.causes))
    return now_so.passed if ticket.state is State.FIXED else ""


def _moved(ticket: Ticket, state: State, now_so: Situation, rules: Rules, now: datetime) -> Ticket:
    return replace(
        ticket,
        state=state,
        state_since=now,
        escalation=0,
        due_at=rules.due_at(state, is_blocking=ticket.is_blocking, since=now, hours=now_so.hours),
        closed_at=now if state is State.CLOSED else ticket.closed_at,
    )


def _with(ticket: Ticket, cause: Cause) -> Ticket:
    causes = (*(known for known in ticket.causes if known.name != cause.name), cause)
    standing = [known for known in causes if known.cleared_at is None]
    is_blocking = any(known.severity == BLOCKING for known in standing) if standing else ticket.is_blocking
    return replace(ticket, causes=causes, is_blocking=is_blocking)


def _cause(alarm: Standing) -> Cause:
    return Cause(
        device=alarm.device, code=alarm.code, severity=alarm.severity, remedy=alarm.remedy, raised_at=alarm.raised_at
    )  # fmt: skip


def _named(alarm: Standing | Cause) -> str:
    return f"{alarm.device}/{alarm.code}"


def _ending(cause: Cause) -> str:
    return f"{_named(cause)} = {cause.cleared_by}" if cause.cleared_by else _named(cause)
