"""Tickets: what a person has to do at a kiosk, from the alarm or the complaint until the kiosk itself says that it is well. Pure.

Belongs here: states and what may be done in each (``acts``), what follows from alarms, complaints and time (``following``), and
from an incident (``outages``), who ends that (``contacts``), how long each step may take (``rules``), whether villagers knew
before us (``complaints``), what to take along (``bag``). Rows are kept by ``store/ticket_book.py``, ``store/outage_tickets.py``
and ``store/ticket_acts.py``. Only a kiosk's own words verify: no act of a person leads there.
"""

from telemetry.fleet.tickets.rules import Rules
from telemetry.fleet.tickets.ticket import Cause, Deed, Line, OpenedBy, Outage, Part, State, Ticket

__all__ = ["Cause", "Deed", "Line", "OpenedBy", "Outage", "Part", "Rules", "State", "Ticket"]
