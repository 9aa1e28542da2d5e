"""Composes the web application from what it is handed. Nothing happens on import, nothing is found by itself."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.routing import Match

from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.alarms.rules import Rules as AlarmRules
from telemetry.fleet.changes import Changes
from telemetry.fleet.floods import Flood
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.tickets.rules import ORDINARY as TICKET_RULES
from telemetry.fleet.tickets.rules import Rules as TicketRules
from telemetry.fleet.web import (
    alarm_forms,
    alarm_pages,
    analytics_pages,
    api,
    availability_api,
    fault_words,
    health,
    mishaps,
    pages,
    people_pages,
    record_api,
    report_pages,
    stream,
    ticket_forms,
    ticket_pages,
    tickets_api,
    waiting,
    watch_pages,
)
from telemetry.fleet.web.admission import Admissions
from telemetry.fleet.web.desk import Desk
from telemetry.fleet.web.door import Door, Rules
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.guard import Guard
from telemetry.fleet.web.health import Pulse
from telemetry.fleet.web.pace import Pace
from telemetry.fleet.web.render import STATIC, Pages
from telemetry.fleet.web.series import FleetCollector
from telemetry.fleet.web.sorry import Sorry
from telemetry.fleet.web.stream import Streams
from telemetry.fleet.web.system_page import Sources
from telemetry.fleet.web.ticket_pages import OneTicket
from telemetry.wire.service_hours import ORDINARY, Calendars

log = structlog.get_logger()


def create_app(
    *,
    engine: Engine,
    changes: Changes,
    metrics: Metrics,
    pulse: Callable[[], Pulse],
    now: Callable[[], datetime],
    county_names: Mapping[str, str],
    calendars: Calendars = ORDINARY,
    alarm_rules: AlarmRules | None = None,
    ticket_rules: TicketRules = TICKET_RULES,
    rules: Rules,
    lasting: Lasting,
    passwords: Passwords,
    words: FaultWords | None = None,
    floods: Callable[[], tuple[Flood, ...]] = tuple,
    desk: Desk | None = None,
) -> FastAPI:
    """Build the dashboard and the API.

    ``app.state.streams`` is the ``Streams``: call its ``close()`` on the loop before telling the server to stop, and
    every open tab lets go at once.

    Args:
        engine: The fleet's database; only read, from worker threads.
        changes: Who tells open tabs that something changed; of the same loop that serves the app.
        metrics: The service's counters; the fleet's gauges are added to its registry.
        pulse: How ingest is now; asked by ``/healthz``.
        now: Our clock, aware UTC.
        county_names: What people call each county; one without a name is shown as kiosks say it.
        rules: Who is let in at the door.
        lasting: How long sessions last.
        passwords: How they are hashed.
        alarm_rules: When an alarm needs a person, and goes further up; the ordinary ones without it.
        ticket_rules: How long each step of a ticket may take.
        calendars: When villagers may expect service; office hours without it.
        words: The fault catalogue's words; those generated beside this package without it.
        desk: Pages of another room; none without it.
        floods: Kiosks that lately said more than they may, as ``Ingest`` names them.
    """
    catalogue = words if words is not None else fault_words.load()
    streams = Streams(changes, now=now)
    renderer = Pages(county_names, waiting=partial(waiting.read, engine), supplement=desk.supplement if desk else None)
    sorry = Sorry(renderer, now=now)
    admissions = Admissions(engine, lasting=lasting)
    metrics.registry.register(FleetCollector(engine, catalogue, now=now))

    app = FastAPI(title="Zhizhu fleet", version="1", docs_url=None, redoc_url=None)
    app.state.streams = streams
    app.add_middleware(Door, rules=rules, admissions=admissions, refuse=sorry, now=now)
    app.add_middleware(Guard)  # added last, so that it stands outside and also the door's own answers carry its headers
    app.include_router(availability_api.router(engine, now=now))
    app.include_router(api.router(engine, now=now))
    app.include_router(record_api.router(engine))
    app.include_router(health.router(engine, metrics, pulse=pulse, open_streams=lambda: streams.open_streams, now=now))
    app.include_router(stream.router(streams))
    app.include_router(
        watch_pages.router(
            engine,
            catalogue,
            renderer,
            sources=Sources(
                engine=engine,
                metrics=metrics,
                pulse=pulse,
                floods=floods,
                streams=lambda: streams.open_streams,
                pace=Pace(monotonic_s=time.monotonic),
                started_at=now(),
            ),
            seen=lambda: streams.latest,
            now=now,
        )
    )
    app.include_router(
        alarm_forms.router(engine, changes=changes, calendars=calendars, rules=alarm_rules or AlarmRules(), now=now)
    )
    app.include_router(alarm_pages.router(engine, catalogue, renderer, seen=lambda: streams.latest, now=now))
    app.include_router(
        pages.router(
            engine,
            catalogue,
            renderer,
            county_names=county_names,
            calendars=calendars,
            of_kiosk=desk.of_kiosk if desk else None,
            seen=lambda: streams.latest,
            now=now,
        )
    )
    app.include_router(
        people_pages.router(
            engine,
            renderer,
            rules=rules,
            lasting=lasting,
            passwords=passwords,
            admissions=admissions,
            catalogue=catalogue,
            metrics=metrics,
            of_kiosk=desk.of_kiosk if desk else None,
            now=now,
        )
    )
    one_ticket = OneTicket(engine, catalogue, seen=lambda: streams.latest, now=now)
    app.include_router(tickets_api.router(engine))
    app.include_router(
        ticket_pages.router(
            engine, catalogue, renderer, one_ticket, rules=ticket_rules, calendars=calendars, seen=lambda: streams.latest, now=now
        )
    )
    app.include_router(
        ticket_forms.router(engine, renderer, one_ticket, changes=changes, rules=ticket_rules, calendars=calendars, now=now)
    )
    app.include_router(
        analytics_pages.router(engine, catalogue, renderer, calendars=calendars, seen=lambda: streams.latest, now=now)
    )
    app.include_router(
        report_pages.router(
            engine, renderer, calendars=calendars, county_names=county_names, seen=lambda: streams.latest, now=now
        )
    )
    if desk is not None:
        for routes in desk.routers(renderer, lambda: streams.latest):
            app.include_router(routes)
        app.mount("/static/desk", StaticFiles(directory=desk.supplement.static), name="static of the desk")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    renderer.lead_to(partial(_answers, app))

    mishaps.answer(app, engine, renderer, sorry, now=now)
    return app


def _answers(app: FastAPI, path: str) -> bool:
    """Say whether there is such a page."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    return any(route.matches(dict(scope))[0] is Match.FULL for route in app.routes)
