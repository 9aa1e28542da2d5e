"""What was, kept for as long as somebody asks: conditions as spans, and days counted together."""

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, String, Table, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

condition_span = Table(
    "condition_span",
    metadata,
    *identity(primary=True),
    Column("begins_at", UtcDateTime, primary_key=True, doc="server's clock"),
    Column("ends_at", UtcDateTime),
    Column("condition", String(16), nullable=False),
    Column("offered", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Index("ix_condition_span_ends", "ends_at"),
    Index(
        *("ix_condition_span_open", "county", "kiosk"),
        sqlite_where=text("ends_at IS NULL"),
        postgresql_where=text("ends_at IS NULL"),
    ),
)
"""How each kiosk was, without gaps: the span without an end is now."""

watch_gap = Table(
    "watch_gap",
    metadata,
    Column("begins_at", UtcDateTime, primary_key=True),
    Column("ends_at", UtcDateTime, nullable=False),
)
"""When this service itself did not run, or could not write: whatever a span says of that time, nobody looked."""

visit_day = Table(
    "visit_day",
    metadata,
    *identity(primary=True),
    Column("day", Date, primary_key=True, doc="in China"),
    Column("hour", Integer, primary_key=True, autoincrement=False, doc="of the day in China in which they ended"),
    Column("service", String(64), primary_key=True),
    Column("outcome", String(32), primary_key=True),
    Column("visits", Integer, nullable=False),
    Column("seconds", BigInteger, nullable=False, doc="how long they lasted, together"),
    Index("ix_visit_day_day", "day"),
)

healing_day = Table(
    "healing_day",
    metadata,
    *identity(primary=True),
    Column("day", Date, primary_key=True, doc="in China"),
    Column("device", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("rung", String(32), primary_key=True, doc="what the kiosk tried by itself"),
    Column("outcome", String(32), primary_key=True, doc="helped, failed ..."),
    Column("times", Integer, nullable=False),
    Index("ix_healing_day_day", "day"),
)

health_day = Table(
    "health_day",
    metadata,
    *identity(primary=True),
    Column("day", Date, primary_key=True, doc="in China"),
    Column("open_s", Float, nullable=False, doc="of service hours, without what was planned"),
    Column("full_s", Float, nullable=False, doc="of them with every service"),
    Column("part_s", Float, nullable=False),
    Column("none_s", Float, nullable=False),
    Column("unknown_s", Float, nullable=False),
    Column("planned_s", Float, nullable=False, server_default="0", doc="of service hours, taken out because it was planned"),
    Index("ix_health_day_day", "day"),
)
"""Availability by day, kept after the spans it was counted from are gone."""

roll_up = Table(
    "roll_up",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("until", UtcDateTime, nullable=False, doc="everything before it is done"),
    Column("county", String(32), nullable=False, server_default="", doc="of what follows, kiosks up to this one are done"),
    Column("kiosk", String(32), nullable=False, server_default=""),
)
"""How far what is done by time has come."""
