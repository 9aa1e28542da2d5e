"""What has been released, and what each kiosk said of the release it was told to run."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

release = Table(
    "release",
    metadata,
    Column("version", String(32), primary_key=True),
    Column("state", String(16), nullable=False, doc="signing, published, withdrawn"),
    Column("python", String(8), nullable=False),
    Column("wheels", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False, doc="as it travels"),
    Column("unpacked_bytes", BigInteger, nullable=False),
    Column("data_version", Integer, nullable=False, doc="of the data it leaves"),
    Column("launcher", Integer, nullable=False, doc="the oldest that can start it"),
    Column("note", String(400), nullable=False, server_default=""),
    Column("built_at", UtcDateTime, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("published_at", UtcDateTime, nullable=True),
)
"""The repository's files are the truth; these rows are for pages and rollouts."""

kiosk_release = Table(
    "kiosk_release",
    metadata,
    *identity(primary=True),
    Column("running", String(32), nullable=False, doc="what the kiosk says it runs"),
    Column("version", String(32), nullable=False, doc="the release it last said something of"),
    Column("state", String(24), nullable=False, doc="provisioning.wire.release.State"),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("said_at", UtcDateTime, nullable=False, doc="kiosk's clock"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("seq", BigInteger, nullable=False, doc="of the message it was said in"),
    Index("ix_kiosk_release_version", "version", "state"),
)
"""One row a kiosk; what it said before stands in its events."""
