"""Who belongs to the bureau: machines by serial number, one-time codes, requests to be let in, identities, certificates."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

machine_serial = Table(
    "machine_serial",
    metadata,
    Column("serial", String(48), primary_key=True, doc="as printed on the machine, in capitals"),
    Column("county", String(32), nullable=False),
    Column("kiosk", String(32), nullable=False, server_default="", doc="empty: a person says at enrolment which kiosk it is"),
    Column("village", String(64), nullable=False, server_default=""),
    Column("model", String(64), nullable=False, server_default=""),
    Column("state", String(16), nullable=False, doc="provisioning.fleet.registry.SerialState"),
    Column("state_since", UtcDateTime, nullable=False),
    Column("listed_at", UtcDateTime, nullable=False),
    Index("ix_machine_serial_kiosk", "county", "kiosk"),
    Index("ix_machine_serial_state", "state", "county"),
)
"""The bureau's list: a machine that is not in it is not let in."""

one_time_code = Table(
    "one_time_code",
    metadata,
    Column("code_hash", String(64), primary_key=True, doc="SHA-256; the code itself is nowhere kept"),
    Column("hint", String(64), nullable=False, unique=True, doc="SHA-256 of 'hint' and the code: what a kiosk shows first"),
    Column("proof", String(64), nullable=False, doc="HMAC of the CA's certificate with the code, made when the code was"),
    Column("authority", String(64), nullable=False, doc="fingerprint of that certificate"),
    Column("serial", String(48), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Column("used_by_key", String(64), nullable=False, server_default="", doc="fingerprint of the key it was used with"),
    Column("asked_at", UtcDateTime, doc="when it was last shown"),
    Column("contested_at", UtcDateTime, doc="when another machine showed it after it had been used"),
    Index("ix_one_time_code_serial", "serial", "made_at"),
    Index("ix_one_time_code_expires", "expires_at"),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("code_hash", String(64), nullable=False, unique=True, doc="a code has one request, and so has a certificate"),
    Column("serial", String(48), nullable=False),
    *identity(primary=False),
    Column("key_fingerprint", String(64), nullable=False),
    Column("csr", Text, nullable=False),
    Column("hardware", String(64), nullable=False, server_default=""),
    Column("release", String(64), nullable=False, server_default=""),
    Column("address", String(64), nullable=False, server_default=""),
    Column("state", String(16), nullable=False, doc="pending, issued, turned_down"),
    Column("why", String(32), nullable=False, server_default="", doc="what it waits for: provisioning.fleet.registry.Why"),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(64), nullable=False, server_default=""),
    Column("certificate", String(48), nullable=False, server_default="", doc="number of the one that was issued"),
    Column("shown", String(48), nullable=False, server_default="", doc="of the one it came back with; empty: came with a code"),
    Index("ix_enrolment_pending", "asked_at", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
    Index("ix_enrolment_kiosk", "county", "kiosk"),
)
"""Requests to be let in; those whose code was right, or who came back with a proof of their last key."""

kiosk_identity = Table(
    "kiosk_identity",
    metadata,
    *identity(primary=True),
    Column("serial", String(48), nullable=False, index=True),
    Column("state", String(16), nullable=False, doc="provisioning.fleet.registry.IdentityState"),
    Column("state_since", UtcDateTime, nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("hardware", String(64), nullable=False, server_default="", doc="fingerprint of the board; empty when it did not say"),
    Column("enrolled_at", UtcDateTime, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("number", String(48), primary_key=True, doc="serial number of the certificate, hexadecimal"),
    *identity(primary=False),
    Column("serial", String(48), nullable=False),
    Column("key_fingerprint", String(64), nullable=False),
    Column("pem", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, doc="last heard with it at the door, to the hour"),
    Column("followed_by", String(48), nullable=False, server_default="", doc="number of its renewal"),
    Column("revoked_at", UtcDateTime),
    Column("revoked_why", String(32), nullable=False, server_default=""),
    Index("ix_certificate_kiosk", "county", "kiosk", "issued_at"),
    Index("ix_certificate_valid", "valid_until"),
)
