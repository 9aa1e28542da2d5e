"""The words of the dashboard, Chinese first, English beside it: one module a page, put together in ``speech``.

A page's words begin with the page's name where another page could mean something else by them.
"""

from telemetry.fleet.web.words.people import ACTS, RESULTS, ROLES
from telemetry.fleet.web.words.speech import WEEKDAYS_EN, WEEKDAYS_ZH, Language, Words
from telemetry.fleet.web.words.system import DROPS
from telemetry.fleet.web.words.tickets import ABOUT as TICKET_ABOUT
from telemetry.fleet.web.words.tickets import BY as TICKET_BY
from telemetry.fleet.web.words.tickets import DEEDS as TICKET_DEEDS
from telemetry.fleet.web.words.tickets import DOINGS as TICKET_DOINGS
from telemetry.fleet.web.words.tickets import OPENED_BY as TICKET_OPENED_BY
from telemetry.fleet.web.words.tickets import REFUSALS as TICKET_REFUSALS
from telemetry.fleet.web.words.tickets import SEGMENTS as TICKET_SEGMENTS
from telemetry.fleet.web.words.tickets import STATES as TICKET_STATES
from telemetry.fleet.web.words.tickets import STEPS as TICKET_STEPS
from telemetry.fleet.web.words.vocabulary import (
    CONDITIONS,
    ENDERS,
    EVENTS,
    FIELDS,
    KINDS,
    KINDS_SHORT,
    MEASUREMENTS,
    NEXT_STEPS,
    OUTCOMES,
    OUTSIDERS,
    PAGES,
    REMEDIES,
    REPORTED_FIELDS,
    SEVERITIES,
    SUPPLIES,
    WHO_ENDS,
)
from telemetry.wire.service_hours import CHINA

__all__ = [
    "ACTS",
    "CHINA",
    "CONDITIONS",
    "DROPS",
    "ENDERS",
    "EVENTS",
    "FIELDS",
    "KINDS",
    "KINDS_SHORT",
    "MEASUREMENTS",
    "NEXT_STEPS",
    "OUTCOMES",
    "OUTSIDERS",
    "PAGES",
    "REMEDIES",
    "REPORTED_FIELDS",
    "RESULTS",
    "ROLES",
    "SEVERITIES",
    "SUPPLIES",
    "TICKET_ABOUT",
    "TICKET_BY",
    "TICKET_DEEDS",
    "TICKET_DOINGS",
    "TICKET_OPENED_BY",
    "TICKET_REFUSALS",
    "TICKET_SEGMENTS",
    "TICKET_STATES",
    "TICKET_STEPS",
    "WEEKDAYS_EN",
    "WEEKDAYS_ZH",
    "WHO_ENDS",
    "Language",
    "Words",
]
