"""The words of the dashboard, Chinese first, English beside it: one module a page, put together in ``speech``.

A page's words begin with the page's name where another page could mean something else by them.
"""

from telemetry.fleet.service_hours import CHINA
from telemetry.fleet.web.words.people import ACTS, RESULTS, ROLES, TICKET_DEEDS
from telemetry.fleet.web.words.speech import WEEKDAYS_EN, WEEKDAYS_ZH, Language, Words
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
    PAGES,
    REMEDIES,
    SEVERITIES,
    SUPPLIES,
)

__all__ = [
    "ACTS",
    "CHINA",
    "CONDITIONS",
    "ENDERS",
    "EVENTS",
    "FIELDS",
    "KINDS",
    "KINDS_SHORT",
    "MEASUREMENTS",
    "NEXT_STEPS",
    "OUTCOMES",
    "PAGES",
    "REMEDIES",
    "RESULTS",
    "ROLES",
    "SEVERITIES",
    "SUPPLIES",
    "TICKET_DEEDS",
    "WEEKDAYS_EN",
    "WEEKDAYS_ZH",
    "Language",
    "Words",
]
