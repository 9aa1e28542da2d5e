"""What kiosks said is wrong: occurrences. What that means to people: alarms. What many alarms have in common: incidents."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, UniqueConstraint, false

from telemetry.fleet.store.schema.columns import UtcDateTime, identity, metadata

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Of rows that are written again and again: each writing of one that is there uses a number up in PostgreSQL."""

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    *identity(primary=False),
    Column("device", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("detail", String(400), nullable=False, default=""),
    Column("raised_at", UtcDateTime, nullable=False, doc="kiosk's clock: the occurrence's since"),
    Column("received_at", UtcDateTime, nullable=False, doc="server's clock"),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", String(64), nullable=False, default=""),
    Column("cause", String(64), nullable=False, default="", doc="why it stands: kiosk, silence ..."),
    UniqueConstraint("county", "kiosk", "device", "code", "raised_at"),
    Index("ix_occurrence_open", "cleared_at", "county", "kiosk"),
)
"""One occurrence of one fault, as a kiosk said it or as its silence says it: (kiosk, device, code, since)."""

alarm = Table(
    "alarm",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    *identity(primary=False),
    Column("device", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("remedy", String(16), nullable=False),
    Column("detail", String(400), nullable=False, default=""),
    Column("raised_at", UtcDateTime, nullable=False, doc="kiosk's clock: the occurrence's since"),
    Column("received_at", UtcDateTime, nullable=False, doc="server's clock"),
    Column("cleared_at", UtcDateTime),
    Column("cleared_by", String(64), nullable=False, default=""),
    Column("cause", String(64), nullable=False, default="", doc="why it stands: kiosk, silence ..."),
    Column("phase", String(16), nullable=False, server_default="open", doc="telemetry.fleet.alarms.Phase"),
    Column("occurrences", Integer, nullable=False, server_default="1", doc="how often it was raised while it lasted"),
    Column("last_raised_at", UtcDateTime, doc="kiosk's clock: since of the last occurrence"),
    Column("opens_at", UtcDateTime, doc="when it will have been said for long enough"),
    Column("opened_at", UtcDateTime, doc="when it had been; none for what came and went while nobody listened"),
    Column("gone_at", UtcDateTime, doc="kiosk's clock: when it was last said to be over"),
    Column("clears_at", UtcDateTime, doc="when that is believed"),
    Column("is_flapping", Boolean, nullable=False, server_default=false(), doc="comes and goes more than its rule bears"),
    Column("flap_score", Float, nullable=False, server_default="0"),
    Column("flap_at", UtcDateTime, doc="when flap_score was true; it decays from there"),
    Column("hushed_by", String(16), nullable=False, server_default="", doc="incident, maintenance, shelved, hours; or nobody"),
    Column("incident_id", Integer),
    Column("needs_person", Boolean, nullable=False, server_default=false(), doc="somebody has to be told now"),
    Column("needed_at", UtcDateTime, doc="since when"),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(64), nullable=False, server_default=""),
    Column("acknowledgement", String(400), nullable=False, server_default="", doc="what was said with it"),
    Column("shelved_until", UtcDateTime),
    Column("shelved_by", String(64), nullable=False, server_default=""),
    Column("escalation", Integer, nullable=False, server_default="0", doc="how far up it has gone"),
    Column("due_at", UtcDateTime, index=True, doc="when the engine has to look at it again, if nothing happens before"),
    UniqueConstraint("county", "kiosk", "device", "code", "raised_at"),
    Index("ix_alarm_open", "cleared_at", "county", "kiosk"),
    Index("ix_alarm_phase", "phase", "county", "kiosk"),
    Index("ix_alarm_incident", "incident_id"),
)
"""What somebody may have to do something about: (kiosk, device, code) from the first occurrence until it has stayed away."""

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("county", String(32), nullable=False),
    Column("kind", String(16), nullable=False, doc="power, network, unknown"),
    Column("level", String(16), nullable=False, doc="site, village, town, county, link, feeder"),
    Column("scope", String(160), nullable=False, doc="which site, which link ...; a village is named with its town"),
    Column("began_at", UtcDateTime, nullable=False, doc="when the first of them fell silent"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("kiosks", Integer, nullable=False, doc="how many it has taken at most"),
    Column("members", Integer, nullable=False, doc="how many belong to the scope"),
    Column("evidence", String(400), nullable=False, server_default=""),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(64), nullable=False, server_default=""),
    Column("acknowledgement", String(400), nullable=False, server_default=""),
    Index("ix_incident_open", "ended_at", "county"),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("county", String(32), nullable=False),
    Column("level", String(16), nullable=False, doc="kiosk, or a level of incidents"),
    Column("scope", String(160), nullable=False),
    Column("begins_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("why", String(400), nullable=False),
    Column("by", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_by", String(64), nullable=False, server_default="", doc="who ended it before its time"),
    Index("ix_maintenance_county", "county", "ends_at"),
)
"""When out of order is planned."""

equipment = Table(
    "equipment",
    metadata,
    *identity(primary=True),
    Column("village", String(64), nullable=False, server_default=""),
    Column("link", String(64), nullable=False, server_default="", doc="what carries its words: an optical node, a backbone"),
    Column("feeder", String(64), nullable=False, server_default="", doc="what carries its power"),
    Column("area", String(64), nullable=False, server_default="", doc="whose round it is on"),
    Column("vendor", String(64), nullable=False, server_default=""),
    Column("batch", String(64), nullable=False, server_default=""),
    Column(
        "hours",
        String(64),
        nullable=False,
        server_default="",
        doc="name of its service hours in fleet.toml; the county's when empty",
    ),
)
"""The bureau's register of its kiosks: what a kiosk itself does not know. Imported as CSV."""
