"""Who may come in, who is in, and who did what."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false, text

from telemetry.fleet.store.schema.columns import UtcDateTime, metadata

account = Table(
    "account",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("full_name", String(64), nullable=False),
    Column("role", String(16), nullable=False, doc="telemetry.fleet.accounts.Role"),
    Column("counties", JSON, nullable=False, server_default=text("'[]'"), doc="empty: all"),
    Column("areas", JSON, nullable=False, server_default=text("'[]'"), doc="empty: all"),
    Column("password_hash", String(255), nullable=False),
    Column("password_at", UtcDateTime, nullable=False, doc="when it was last set"),
    Column("is_closed", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcDateTime, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True, doc="SHA-256 of the cookie, which is nowhere kept"),
    Column("account", String(64), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("is_kept", Boolean, nullable=False, server_default=false(), doc="idleness does not end it"),
    Column("address", String(64), nullable=False, server_default=""),
    Index("ix_session_expires", "expires_at"),
)

browser = Table(
    "browser",
    metadata,
    Column("token_hash", String(64), primary_key=True, doc="SHA-256 of a cookie that only says: this account was used here"),
    Column("account", String(64), primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
    Index("ix_browser_account", "account", "used_at"),
)
"""Where an account was signed in before: guesses of strangers elsewhere do not hold up its owner there."""

program = Table(
    "program",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True, doc="SHA-256 of the bearer token, which is shown once"),
    Column("role", String(16), nullable=False),
    Column("counties", JSON, nullable=False, server_default=text("'[]'"), doc="empty: all"),
    Column("areas", JSON, nullable=False, server_default=text("'[]'"), doc="empty: all"),
    Column("created_at", UtcDateTime, nullable=False),
)
"""Programs that may use the API; a revoked one has no row."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False, doc="name of an account, or zhizhu-fleet for the command line"),
    Column("role", String(16), nullable=False, server_default=""),
    Column("address", String(64), nullable=False, server_default=""),
    Column("act", String(32), nullable=False),
    Column("result", String(16), nullable=False, doc="done, refused, lost"),
    Column("county", String(32), nullable=False, server_default=""),
    Column("kiosk", String(32), nullable=False, server_default=""),
    Column("about", String(64), nullable=False, server_default="", doc="ticket 12, alarm 7, account wang"),
    Column("detail", String(400), nullable=False, server_default=""),
    Column("place", BigInteger, nullable=True, doc="in the chain, from 1 without gaps; telemetry.fleet.accounts.audit_chain"),
    Column("hash", String(64), nullable=False, server_default="", doc="over this row and the hash of the one before"),
    Index("ix_audit_kiosk", "county", "kiosk", "at"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_place", "place", unique=True),
)
"""Rows are added, never changed."""

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, doc="1: there is one chain; whoever adds to it holds this row"),
    Column("place", BigInteger, nullable=False, doc="of the last row"),
    Column("hash", String(64), nullable=False, doc="of the last row"),
    Column("pruned_place", BigInteger, nullable=False, doc="of the last row that was old enough to go"),
    Column("pruned_hash", String(64), nullable=False, doc="of the same: the first row that is left was sealed over it"),
)
"""Where the chain of the audit begins and ends."""

audit_anchor = Table(
    "audit_anchor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("envelope", Text, nullable=False, doc="signed by the service; the same line stands in anchors.jsonl"),
)
"""What the end of the chain was at a moment, signed: whoever has a copy elsewhere can tell that nothing before it was changed."""
