"""Kiosks and their devices as last known, and every numbered message once."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, and_, func, select, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

kiosk = Table(
    "kiosk",
    metadata,
    *identity(primary=True),
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
    Column("last_seen_at", UtcDateTime, nullable=False, doc="as of the last change: see kiosk_now"),
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
    *identity(primary=True),
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
    Column("position", Integer, nullable=False, server_default="0", doc="among its kiosk's devices, in the kiosk's own order"),
)

pulse = Table(
    "pulse",
    metadata,
    *identity(primary=True),
    Column("last_seen_at", UtcDateTime, nullable=False, doc="server's clock"),
    Column("said_at", UtcDateTime, nullable=False, doc="kiosk's clock, of its last heartbeat"),
    Column("clock_skew_s", Float, nullable=False),
    Column("queued", Integer, nullable=False),
    Column("read_at", Text, nullable=False, doc="when each device was read, in the order of device.position; see Pulse"),
)
"""What moves with every heartbeat, apart from what does not: a heartbeat without news rewrites this narrow row alone."""

kiosk_now = (
    select(
        *(column for column in kiosk.c if column.name not in {"last_seen_at", "screen_at", "clock_skew_s", "queued"}),
        func.coalesce(pulse.c.last_seen_at, kiosk.c.last_seen_at).label("last_seen_at"),
        func.coalesce(pulse.c.said_at, kiosk.c.screen_at).label("screen_at"),
        func.coalesce(pulse.c.clock_skew_s, kiosk.c.clock_skew_s).label("clock_skew_s"),
        func.coalesce(pulse.c.queued, kiosk.c.queued).label("queued"),
        func.coalesce(pulse.c.read_at, "").label("read_at"),
    )
    .select_from(kiosk.outerjoin(pulse, and_(pulse.c.county == kiosk.c.county, pulse.c.kiosk == kiosk.c.kiosk)))
    .subquery("kiosk_now")
)
"""Every kiosk with its pulse: what to ask whenever it matters when a kiosk was heard."""

message = Table(
    "message",
    metadata,
    *identity(primary=True),
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
