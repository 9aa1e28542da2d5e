"""What the fleet service counts about itself: aggregates only, never a series a kiosk."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

DROP_REASONS = (
    "bad_field",
    "foreign_identity",
    "foreign_topic",
    "not_json",
    "too_big",
    "too_deep",
    "too_many",
    "unknown_kind",
    "unknown_version",
    "unstorable",
)
"""Every reason a message may be dropped for; each is a series from the start, so that the first drop is a rise."""


class Metrics:
    """The counters of one server, in a registry of their own. Gauges of the fleet itself are set by whoever scrapes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = Counter(
            "zhizhu_messages_received", "Messages from kiosks, as they arrived.", ["kind"], registry=self.registry
        )
        self.dropped = Counter("zhizhu_messages_dropped", "Messages not stored, by reason.", ["reason"], registry=self.registry)
        for reason in DROP_REASONS:
            self.dropped.labels(reason=reason)
        self.stored = Counter("zhizhu_messages_stored", "Numbered messages stored for the first time.", registry=self.registry)
        self.beats_stored = Counter(
            "zhizhu_heartbeats_stored", "Heartbeats that are durable, judged for alarms.", registry=self.registry
        )
        self.duplicates = Counter(
            "zhizhu_messages_duplicate", "Numbered messages that were already stored.", registry=self.registry
        )
        self.resyncs = Counter("zhizhu_resyncs_asked", "Times a kiosk was asked to send again.", ["why"], registry=self.registry)
        self.batch_seconds = Histogram(
            "zhizhu_batch_seconds",
            "Time from the first message of a batch to its commit.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.ingest_seconds = Histogram(
            "zhizhu_ingest_seconds",
            "How long the message of a batch that waited longest did, from its arrival to its commit; one observation a batch.",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
            registry=self.registry,
        )
        self.store_failures = Counter(
            "zhizhu_store_failures", "Times the database could not be read or written; it is tried again.", registry=self.registry
        )
        self.queued = Gauge("zhizhu_ingest_queue", "Messages waiting for the batch writer.", registry=self.registry)
        self.floods = Gauge("zhizhu_kiosks_flooding", "Kiosks that lately said more than they may.", registry=self.registry)
        self.broker_connected = Gauge(
            "zhizhu_broker_connected", "1 while ingest is connected to its broker.", registry=self.registry
        )
        self.pruned = Counter(
            "zhizhu_rows_pruned", "Rows deleted because they were old enough.", ["table"], registry=self.registry
        )
        self.notices = Counter(
            "zhizhu_notices", "Tries to send a notice: sent, failed, given_up.", ["outcome"], registry=self.registry
        )
        self.sign_ins = Counter(
            "zhizhu_sign_ins", "Tries to sign in: admitted, refused, told_to_wait.", ["outcome"], registry=self.registry
        )
        self.scribe_starts = Counter(
            "zhizhu_scribe_starts", "Starts of the process that stores heartbeats without news.", registry=self.registry
        )
        self.broker_starts = Counter("zhizhu_embedded_broker_starts", "Starts of the embedded broker.", registry=self.registry)

    def page(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
