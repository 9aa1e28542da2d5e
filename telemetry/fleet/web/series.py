"""The fleet in aggregates for Prometheus, counted inside the database when it asks: never a series a kiosk."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, case, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from telemetry.fleet.alarms.state import Hush, Phase
from telemetry.fleet.store.schema import alarm, complaint, incident, kiosk, kiosk_now, notice, ticket
from telemetry.fleet.tickets.ticket import State
from telemetry.fleet.web import census
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.fleet_now import REMEDY_ORDER
from telemetry.fleet.web.freshness import UNKNOWN, Standing

CONDITIONS = ("UNKNOWN", "READY", "BUSY", "DEGRADED", "FAILED", "UNREACHABLE", "NOT_FITTED")
SEVERITIES = ("BLOCKING", "DEGRADED")
OTHER = "other"
"""A word this release does not know is one series, however many there are."""


class FleetCollector(Collector):
    """Asks the store at every scrape, in one short transaction."""

    def __init__(self, engine: Engine, words: FaultWords, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._words = words
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: registering must not ask the database."""
        return ()

    @override
    def collect(self) -> Iterable[Metric]:
        """Yield the series; only that the store is away when it is."""
        up = GaugeMetricFamily("zhizhu_store_up", "1 while the database answers.")
        try:
            with self._engine.connect() as connection:
                families = tuple(self._families(connection, now=self._now()))
        except SQLAlchemyError:
            up.add_metric((), 0)
            return (up,)
        up.add_metric((), 1)
        return (up, *families)

    def _families(self, connection: Connection, *, now: datetime) -> Iterator[Metric]:
        yield from _kiosks(connection, now=now)
        yield _alarms(connection, codes=self._words.codes)
        yield from _incidents(connection)
        yield from _tickets(connection, now=now)
        yield from _notices(connection, now=now)
        yield _complaints(connection)
        yield _size(connection)


def _kiosks(connection: Connection, *, now: datetime) -> Iterator[Metric]:
    is_unknown = census.is_unknown(now)
    condition = case((is_unknown, UNKNOWN), else_=kiosk_now.c.condition).label("condition")
    stands = census.standing(now).label("stands")
    rows = connection.execute(
        select(condition, stands, func.count().label("kiosks"), func.sum(kiosk_now.c.queued).label("queued")).group_by(
            condition, stands
        )
    ).all()
    conditions: Counter[str] = Counter()
    standings = Counter({standing.value: 0 for standing in Standing})
    for row in rows:
        conditions[_known(row.condition, CONDITIONS)] += row.kiosks
        standings[row.stands] += row.kiosks
    yield _gauge("zhizhu_kiosks", "Kiosks by condition; silent ones are UNKNOWN.", ("condition",), conditions)
    yield _gauge("zhizhu_kiosks_standing", "Kiosks by what a villager can do.", ("standing",), standings)
    silent = GaugeMetricFamily("zhizhu_kiosks_silent", "Kiosks of which nobody knows how they are.")
    silent.add_metric((), standings[Standing.UNKNOWN.value])
    yield silent
    waiting = GaugeMetricFamily("zhizhu_kiosks_queued", "Messages waiting at the kiosks themselves, as they last said.")
    waiting.add_metric((), sum(int(row.queued) for row in rows))
    yield waiting
    shed = CounterMetricFamily("zhizhu_kiosks_shed", "Messages kiosks had to give up, ever.")
    shed.add_metric((), int(connection.execute(select(func.coalesce(func.sum(kiosk.c.shed), 0))).scalar_one()))
    yield shed


def _alarms(connection: Connection, *, codes: frozenset[str]) -> Metric:
    asked = (alarm.c.code, alarm.c.severity, alarm.c.remedy, alarm.c.hushed_by)
    stands = alarm.c.cleared_at.is_(None) & (alarm.c.phase != Phase.PENDING.value)
    counts: Counter[tuple[str, ...]] = Counter()
    for code, severity, remedy, hushed_by, count in connection.execute(
        select(*asked, func.count()).where(stands).group_by(*asked)
    ):
        labels = (
            code if code in codes else OTHER,
            _known(severity, SEVERITIES),
            _known(remedy, REMEDY_ORDER),
            _known(hushed_by, tuple(Hush)) if hushed_by else "",
        )
        counts[labels] += count
    said = "Open alarms; hushed says why nobody is told of them, empty where somebody is."
    return _gauge("zhizhu_alarms_open", said, ("code", "severity", "remedy", "hushed"), counts)


def _incidents(connection: Connection) -> Iterator[Metric]:
    counts, members = Counter[str](), Counter[str]()
    question = select(incident.c.kind, func.count(), func.sum(incident.c.kiosks)).where(incident.c.ended_at.is_(None))
    for kind, count, kiosks in connection.execute(question.group_by(incident.c.kind)):
        counts[kind] += count
        members[kind] += int(kiosks)
    yield _gauge("zhizhu_incidents_open", "Open incidents by what is behind them.", ("kind",), counts)
    yield _gauge("zhizhu_incident_kiosks", "Kiosks in open incidents.", ("kind",), members)


def _tickets(connection: Connection, *, now: datetime) -> Iterator[Metric]:
    states = Counter({state.value: 0 for state in State if state.value != "closed"})
    overdue = Counter(states)
    is_late = func.sum(case((ticket.c.due_at < now, 1), else_=0))
    for state, count, late in connection.execute(
        select(ticket.c.state, func.count(), is_late).where(ticket.c.closed_at.is_(None)).group_by(ticket.c.state)
    ):
        states[state] += count
        overdue[state] += int(late)
    yield _gauge("zhizhu_tickets_open", "Open tickets by the step they wait at.", ("state",), states)
    yield _gauge("zhizhu_tickets_overdue", "Open tickets whose present step should be over.", ("state",), overdue)


def _notices(connection: Connection, *, now: datetime) -> Iterator[Metric]:
    is_due = notice.c.not_before <= now
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((is_due & (notice.c.failed != ""), 1), else_=0)), 0),
            func.min(case((is_due, notice.c.not_before))),
        ).where(notice.c.sent_at.is_(None))
    ).one()
    waiting = GaugeMetricFamily("zhizhu_notices_waiting", "Notices not sent yet, also those that wait for quiet hours to end.")
    waiting.add_metric((), row[0])
    yield waiting
    failing = GaugeMetricFamily("zhizhu_notices_failing", "Notices of them that are due and could not be sent when last tried.")
    failing.add_metric((), int(row[1]))
    yield failing
    late = GaugeMetricFamily("zhizhu_notices_late_seconds", "For how long the longest waiting notice has been due.")
    late.add_metric((), 0 if row[2] is None else max(0.0, (now - row[2]).total_seconds()))
    yield late


def _complaints(connection: Connection) -> Metric:
    counts = Counter({True: 0, False: 0})
    for was_first, count in connection.execute(select(complaint.c.was_first, func.count()).group_by(complaint.c.was_first)):
        counts[bool(was_first)] += count
    family = CounterMetricFamily(
        "zhizhu_complaints", "Complaints; first=yes came before any alarm of ours, and should not.", labels=["first"]
    )
    for was_first, count in counts.items():
        family.add_metric(("yes" if was_first else "no",), count)
    return family


def _size(connection: Connection) -> Metric:
    asked = (
        "SELECT pg_database_size(current_database())"
        if connection.dialect.name == "postgresql"
        else "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    )
    family = GaugeMetricFamily("zhizhu_store_bytes", "Size of the database.")
    family.add_metric((), int(connection.execute(text(asked)).scalar_one()))
    return family


def _gauge(name: str, said: str, labels: tuple[str, ...], counts: Counter[Any]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=labels)
    for key, count in sorted(counts.items()):
        family.add_metric(key if isinstance(key, tuple) else (key,), count)
    return family


def _known(word: str, words: Iterable[str]) -> str:
    return word if word in words else OTHER
