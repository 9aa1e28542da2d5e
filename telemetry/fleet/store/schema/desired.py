"""What each kiosk should be: the layers, every change of them, the document each kiosk is to have, and what it says of it."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

config_layer = Table(
    "config_layer",
    metadata,
    Column("kind", String(16), primary_key=True, doc="provisioning.fleet.config.layers.Kind"),
    Column("name", String(200), primary_key=True, doc="potou, potou/南三镇, potou/kiosk-1; empty for the province"),
    Column("settings", JSON, nullable=False),
    Column("locked", JSON, nullable=False, server_default=text("'[]'"), doc="paths no lower layer may set"),
    Column("change_id", Integer, nullable=False, doc="the change that wrote it last"),
)

config_change = Table(
    "config_change",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("state", String(16), nullable=False, doc="provisioning.fleet.config.changes.State"),
    Column("settings_before", JSON, nullable=False),
    Column("locked_before", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("locked", JSON, nullable=False),
    Column("note", String(200), nullable=False, server_default=""),
    Column("by", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kiosks", Integer, nullable=False, doc="on how many something changes, as of the last look"),
    Column("decided_by", String(64), nullable=False, server_default=""),
    Column("decided_at", UtcDateTime),
    Column("why", String(400), nullable=False, server_default="", doc="why it was sent back, or is held"),
    Index("ix_config_change_state", "state"),
)
"""Rows are added; of one that is decided nothing changes but what became of it."""

config_city = Table(
    "config_city",
    metadata,
    Column("county", String(32), primary_key=True),
    Column("city", String(64), nullable=False),
)
"""Which city's layer a county lies under."""

desired = Table(
    "desired",
    metadata,
    *identity(primary=True),
    Column("version", BigInteger, nullable=False, doc="of the document; grows for ever"),
    Column("settings", JSON, nullable=False, doc="all layers merged"),
    Column("release", String(64), nullable=False, server_default="", doc="the release that is wanted; empty: whatever it has"),
    Column("release_not_before", UtcDateTime),
    Column("change_id", Integer, nullable=False, doc="the change it follows from; 0 when none does"),
    Column("wanted_at", UtcDateTime, nullable=False),
    Column("tell_at", UtcDateTime, doc="when to tell the kiosk next; None: it has settled"),
    Column("told", Integer, nullable=False, server_default="0", doc="how often this version was told"),
    Column("said_version", BigInteger, nullable=False, server_default="0"),
    Column("said_state", String(16), nullable=False, server_default="", doc="the kiosk's own word"),
    Column("said_reason", Text, nullable=False, server_default=""),
    Column("said_at", UtcDateTime),
    Column("in_force", BigInteger, nullable=False, server_default="0", doc="version the kiosk runs by, as it says"),
    Index("ix_desired_tell_at", "tell_at"),
    Index("ix_desired_change", "change_id"),
)
