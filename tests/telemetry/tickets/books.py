"""Every book of alarms, tickets and notices, in the order the server has them, over a store without a network."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from telemetry.fleet.notices.channels import Channel
from telemetry.fleet.notices.telling import FaultName
from telemetry.fleet.notices.terms import Terms
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.notice_book import NoticeBook
from telemetry.fleet.store.ticket_book import TicketBook
from telemetry.fleet.tickets import Rules
from telemetry.fleet.tickets.contacts import Contacts
from telemetry.wire.service_hours import CHINA, ORDINARY

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=CHINA).astimezone(UTC)
COUNTY = Channel(name="county", address="json://nowhere")


class Every:
    """All of them, as one."""

    def __init__(self, contacts: Contacts | None = None) -> None:
        self._books = (
            AlarmBook(),
            TicketBook(Rules(), ORDINARY, contacts=contacts),
            NoticeBook(
                [COUNTY], terms=Terms(), calendars=ORDINARY, names=lambda code: FaultName(short="", title=code),
                low_words=lambda name: name,
            ),
        )  # fmt: skip

    def write(self, connection: Connection, happened: Happened) -> None:
        for book in self._books:
            book.write(connection, happened)
