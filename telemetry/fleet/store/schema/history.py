"""What was, kept for as long as somebody asks: conditions as spans, and days counted together."""

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, String, Table

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
)
"""How each kiosk was, without gaps: the span without an end is now."""

visit_day = Table(
    "visit_day",
    metadata,
    *identity(primary=True),
    Column("day", Date, primary_key=True, doc="in China"),
    Column("service", String(64), primary_key=True),
    Column("outcome", String(32), primary_key=True),
    Column("visits", Integer, nullable=False),
    Column("seconds", BigInteger, nullable=False, doc="how long they lasted, together"),
)

health_day = Table(
    "health_day",
    metadata,
    *identity(primary=True),
    Column("day", Date, primary_key=True, doc="in China"),
    Column("open_s", Float, nullable=False, doc="of service hours"),
    Column("full_s", Float, nullable=False, doc="of them with every service"),
    Column("part_s", Float, nullable=False),
    Column("none_s", Float, nullable=False),
    Column("unknown_s", Float, nullable=False),
)
"""Availability by day, kept after the spans it was counted from are gone."""
