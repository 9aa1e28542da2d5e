"""Tickets, what was done about each, what people complained of, and the notices that go out."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, UniqueConstraint, false, text

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *identity(primary=False),
    Column("incident_id", Integer, doc="what many kiosks have lost, the latest time; then the kiosk's name is empty"),
    Column(
        "level", String(16), nullable=False, server_default="", doc="site, village, town, county, link, feeder; of an incident"
    ),
    Column("scope", String(160), nullable=False, server_default="", doc="which one"),
    Column("kiosks", Integer, nullable=False, server_default="0", doc="how many the incident has taken at most"),
    Column("addressee", String(128), nullable=False, server_default="", doc="who ends the incident, as the bureau calls them"),
    Column("area", String(64), nullable=False, server_default=""),
    Column("state", String(16), nullable=False, doc="telemetry.fleet.tickets.State"),
    Column("state_since", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False, doc="+1 at every act: who acts says which version was seen"),
    Column("told_version", Integer, nullable=False, server_default="0", doc="notices have been composed up to this one"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", String(16), nullable=False, doc="alarm, clerk, villager, person"),
    Column("is_blocking", Boolean, nullable=False, server_default=false(), doc="villagers cannot do something because of it"),
    Column("assignee", String(64), nullable=False, server_default=""),
    Column("due_at", UtcDateTime, doc="by when its present step should be over"),
    Column("look_at", UtcDateTime, index=True, doc="when time alone may change it: a step overdue, a verified one to be closed"),
    Column("escalation", Integer, nullable=False, server_default="0"),
    Column("fixed_at", UtcDateTime),
    Column("verified_at", UtcDateTime, doc="when the kiosk's own test said so"),
    Column("closed_at", UtcDateTime),
    Column("times_reopened", Integer, nullable=False, server_default="0"),
    Column("parts", JSON, nullable=False, server_default=text("'[]'"), doc="[{part, count}]"),
    Index("ix_ticket_open", "closed_at", "county", "kiosk"),
    Index("ix_ticket_kiosk", "county", "kiosk", "id"),
    Index(
        "uq_ticket_open",
        "county",
        "kiosk",
        unique=True,
        sqlite_where=text("closed_at IS NULL AND incident_id IS NULL"),
        postgresql_where=text("closed_at IS NULL AND incident_id IS NULL"),
    ),
    Index(
        "uq_ticket_incident",
        "incident_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    Index(
        "ix_ticket_untold",
        "id",
        sqlite_where=text("told_version < version"),
        postgresql_where=text("told_version < version"),
    ),
)
"""At most one open ticket a kiosk, and an incident: the database itself sees to it, whoever opens one at the same moment."""

ticket_cause = Table(
    "ticket_cause",
    metadata,
    Column("ticket_id", Integer, primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", String(64), nullable=False, server_default=""),
)
"""What a ticket is about: alarms of its kiosk, by name; or its incident, by level and what is lost."""

ticket_act = Table(
    "ticket_act",
    metadata,
    Column("ticket_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("act", String(32), nullable=False, doc="telemetry.fleet.tickets.Deed"),
    Column("note", String(400), nullable=False, server_default=""),
    Index("ix_ticket_act_at", "at"),
)
"""Everything that happened to a ticket, in order."""

complaint = Table(
    "complaint",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *identity(primary=False),
    Column("seq", BigInteger, doc="of the kiosk's event it came as; none when somebody telephoned"),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(16), nullable=False, doc="clerk, villager"),
    Column("about", String(64), nullable=False, server_default="", doc="a word of the kiosk's choices, never free text"),
    Column("ticket_id", Integer),
    Column("was_first", Boolean, nullable=False, doc="it came before any alarm of ours: the number that is to become zero"),
    Index("ix_complaint_at", "county", "at"),
    Index("ix_complaint_ticket", "ticket_id"),
    UniqueConstraint("county", "kiosk", "seq"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("county", String(32), nullable=False),
    Column("channel", String(64), nullable=False, doc="name of a channel of fleet.toml"),
    Column("kind", String(16), nullable=False, doc="news, escalation, digest"),
    Column("subject", String(200), nullable=False),
    Column("body", String(4000), nullable=False),
    Column("merged", Integer, nullable=False, server_default="1", doc="how many pieces of news it holds"),
    Column("composed_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False, doc="quiet hours end then"),
    Column("sent_at", UtcDateTime),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("failed", String(400), nullable=False, server_default="", doc="why the last try did not work"),
    Index("ix_notice_waiting", "sent_at", "not_before"),
    Index("ix_notice_channel", "channel", "composed_at"),
)
"""What is to be told to people outside; written in one transaction with its reason, sent afterwards, at least once."""

notice_told = Table(
    "notice_told",
    metadata,
    Column("about", String(64), primary_key=True, doc="incident 5 opened, digest day 2026-11-24"),
    Column("at", UtcDateTime, nullable=False),
)
"""What has been told once and is not told again, where the thing itself has no place to say so."""
