"""Rollouts: their rings, where each kiosk of them stands, what happened, and which release each kiosk is to have."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

rollout = Table(
    "rollout",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("county", String(32), nullable=False),
    Column("version", String(32), nullable=False, doc="of the release"),
    Column("state", String(16), nullable=False, doc="provisioning.fleet.rollouts.rollout.State"),
    Column("state_since", UtcDateTime, nullable=False),
    Column("over_at", UtcDateTime, doc="when nothing more followed from it"),
    Column("row_version", Integer, nullable=False, doc="+1 at every change: who acts says which one was seen"),
    Column("ring", Integer, nullable=False),
    Column("ring_began_at", UtcDateTime, nullable=False),
    Column("rings", JSON, nullable=False, doc="[{name, soak_s}]"),
    Column("terms", JSON, nullable=False, doc="provisioning.fleet.rollouts.rollout.Terms, times in seconds"),
    Column("started_by", String(64), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("approved_by", String(64), nullable=False, server_default=""),
    Column("approved_at", UtcDateTime),
    Column("wish", String(16), nullable=False, server_default="", doc="what waits for a second person"),
    Column("wished_by", String(64), nullable=False, server_default=""),
    Column("wished_at", UtcDateTime),
    Column("why", String(400), nullable=False, server_default="", doc="why it is in this state"),
    Column("health_since", UtcDateTime, nullable=False),
    Column("counted_until", UtcDateTime, nullable=False, doc="end of the last slot in the evidence"),
    Column("evidence", JSON, nullable=False, doc="by measure: {treated, control, seen: [[excess, times]]}"),
    Index("ix_rollout_county", "county", "started_at"),
    Index(
        "uq_rollout_open",
        "county",
        unique=True,
        sqlite_where=text("over_at IS NULL"),
        postgresql_where=text("over_at IS NULL"),
    ),
)
"""At most one open rollout a county: two would be each other's noise. The database itself sees to it."""

rollout_kiosk = Table(
    "rollout_kiosk",
    metadata,
    Column("rollout_id", Integer, primary_key=True, autoincrement=False),
    *identity(primary=True),
    Column("ring", Integer, nullable=False),
    Column("before", String(32), nullable=False, doc="release it ran when the rollout began"),
    Column("stage", String(24), nullable=False, doc="provisioning.fleet.rollouts.rollout.Stage"),
    Column("since", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("note", String(200), nullable=False, server_default=""),
    Column("likeness", JSON, nullable=False, doc="what makes it comparable, as it was when the rollout began"),
    Index("ix_rollout_kiosk_kiosk", "county", "kiosk"),
)

rollout_line = Table(
    "rollout_line",
    metadata,
    Column("rollout_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("what", String(32), nullable=False, doc="provisioning.fleet.rollouts.course.What"),
    Column("ring", Integer, nullable=False),
    Column("detail", String(400), nullable=False, server_default=""),
)
"""Everything that happened to a rollout, in order."""

wanted_release = Table(
    "wanted_release",
    metadata,
    *identity(primary=True),
    Column("version", String(32), nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("rollout_id", Integer, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Index("ix_wanted_release_decided", "decided_at"),
)
"""Which release a kiosk is to have, by the rollout that decided it last. No row: whatever it has."""
