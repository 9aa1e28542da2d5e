"""How the service's signing key was turned, and which kiosk has followed."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

key_document = Table(
    "key_document",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("old_key", String(64), nullable=False, unique=True, doc="which has signed it; a key is turned once"),
    Column("new_key", String(64), nullable=False),
    Column("envelope", Text, nullable=False),
)

kiosk_key = Table(
    "kiosk_key",
    metadata,
    *identity(primary=True),
    Column("key", String(64), nullable=False, doc="id of the one that counts there; of several the one that counts here"),
    Column("said_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=True),
    Index("ix_kiosk_key_key", "key"),
)
