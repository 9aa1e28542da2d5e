"""What the bureau has told kiosks to do at once, and what became of it at each of them."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

command = Table(
    "command",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("once", String(32), nullable=False, unique=True, doc="of the form it was asked with: a double click asks once"),
    Column("order", JSON, nullable=False, doc="provisioning.wire.command.Order"),
    Column("do", String(32), nullable=False),
    Column("scope", String(200), nullable=False, doc="whom it is for, in the words it was asked with"),
    Column("why", String(400), nullable=False, server_default=""),
    Column("state", String(16), nullable=False, doc="asked, open, cancelled"),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("approved_by", String(64), nullable=False, server_default="", doc="empty: nobody, or nobody was needed"),
    Column("approved_at", UtcDateTime, nullable=True),
    Column("cancelled_by", String(64), nullable=False, server_default=""),
    Column("cancelled_at", UtcDateTime, nullable=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_command_state", "state", "expires_at"),
)

command_kiosk = Table(
    "command_kiosk",
    metadata,
    Column("command_id", Integer, primary_key=True, autoincrement=False),
    *identity(primary=True),
    Column("name", String(40), nullable=False, server_default="", doc="id on the wire, once it was signed"),
    Column("counter", BigInteger, nullable=True),
    Column("envelope", Text, nullable=True, doc="as it was signed; told again as it is"),
    Column("outcome", String(16), nullable=False, server_default="", doc="provisioning.fleet.commands.Standing"),
    Column("reason", String(64), nullable=False, server_default=""),
    Column("detail", String(400), nullable=False, server_default=""),
    Column("told", Integer, nullable=False, server_default="0", doc="times it was told"),
    Column("told_at", UtcDateTime, nullable=True),
    Column("tell_at", UtcDateTime, nullable=False, doc="not to be told before"),
    Column("said_at", UtcDateTime, nullable=True, doc="when the kiosk last said something of it, server's clock"),
    Index("ix_command_kiosk_name", "county", "kiosk", "name"),
    Index("ix_command_kiosk_tell", "outcome", "tell_at"),
)

OPEN_OUTCOMES = ("", "told", "waiting")
"""``outcome`` of a kiosk that may still do it, or say what became of it (``provisioning.fleet.commands.rules.OPEN``)."""

command_counter = Table(
    "command_counter",
    metadata,
    *identity(primary=True),
    Column("counter", BigInteger, nullable=False, doc="of the last command that was signed for this kiosk"),
)

command_refusal = Table(
    "command_refusal",
    metadata,
    *identity(primary=True),
    Column("reason", String(64), primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("detail", String(400), nullable=False, server_default=""),
)
"""What kiosks were handed and did not believe: nobody here has sent it, or it was altered on its way."""
