"""The tables. Times are UTC; every row of a kiosk begins with (county, kiosk), so that the store can be split by kiosk."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from typing_extensions import override


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime in any database; refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive datetime, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime handed to the store")
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give UTC back, also where the database forgets the zone (SQLite)."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _identity(*, primary: bool) -> tuple[Column[str], Column[str]]:
    return (
        Column("county", String(32), primary_key=primary, nullable=False),
        Column("kiosk", String(32), primary_key=primary, nullable=False),
    )


kiosk = Table(
    "kiosk",
    metadata,
    *_identity(primary=True),
    Column("site", String(64), nullable=False),
    Column("town", String(400), nullable=False, default=""),
    Column("address", String(400), nullable=False, default=""),
    Column("model", String(400), nullable=False, default=""),
    Column("release", String(400), nullable=False, default=""),
    Column("life", BigInteger, nullable=False),
    Column("birth_seq", BigInteger, nullable=False, doc="outbox number at the last birth; lower numbers are history"),
    Column("stored_seq", BigInteger, nullable=False, doc="everything up to this number is stored: what ack says"),
    Column("heartbeat_s", Float, nullable=False),
    Column("born_at", UtcDateTime, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False, doc="server's clock"),
    Column("is_silent", Boolean, nullable=False, doc="past its deadline, or its will came: condition is UNKNOWN"),
    Column("condition", String(16), nullable=False),
    Column("condition_since", UtcDateTime, nullable=False),
    Column("services_offered", Integer, nullable=False),
    Column("services_total", Integer, nullable=False),
    Column("catalogue", JSON, nullable=False, server_default=text("'[]'"), doc="telemetry.wire.messages.ServiceTitle, each"),
    Column("screen", JSON, nullable=False, doc="telemetry.wire.messages.Screen"),
    Column("screen_at", UtcDateTime, nullable=False),
    Column("clock_trusted", Boolean, nullable=False),
    Column("clock_skew_s", Float, nullable=False, doc="kiosk's clock minus ours"),
    Column("queued", Integer, nullable=False, default=0),
    Column("shed", BigInteger, nullable=False, default=0),
)

device = Table(
    "device",
    metadata,
    *_identity(primary=True),
    Column("device", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("condition", String(16), nullable=False),
    Column("read_at", UtcDateTime),
    Column("supplies", JSON, nullable=False),
    Column(
        "measurements", JSON, nullable=False, server_default=text("'[]'"), doc="telemetry.wire.messages.MeasurementState, each"
    ),
    Column("evidence", String(400), nullable=False, default=""),
    Column("model", String(400), nullable=False, default=""),
    Column("port", String(400), nullable=False, default=""),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_identity(primary=False),
    Column("device", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("detail", String(400), nullable=False, default=""),
    Column("raised_at", UtcDateTime, nullable=False, doc="kiosk's clock: the occurrence's since"),
    Column("received_at", UtcDateTime, nullable=False, doc="server's clock"),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", String(64), nullable=False, default=""),
    Column("cause", String(64), nullable=False, default="", doc="why it stands: kiosk, silence ..."),
    UniqueConstraint("county", "kiosk", "device", "code", "raised_at"),
    Index("ix_alarm_open", "cleared_at", "county", "kiosk"),
)

message = Table(
    "message",
    metadata,
    *_identity(primary=True),
    Column("seq", BigInteger, primary_key=True),
    Column("life", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("hist", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_message_recent", "county", "kiosk", "received_at"),
)
"""Every numbered message once, as it came: the kiosk's log on the dashboard, and what a replay starts from."""
