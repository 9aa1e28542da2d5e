"""What a connection is asked for with, and what comes through it. Only data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Schemes of a broker's address, and what each listens on where nobody says otherwise (IANA)."""


class LineError(Exception):
    """The broker could not be reached, refused us, or the connection ended meanwhile. The message says which, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a broker listens, and whether it speaks TLS."""

    host: str
    port: int
    is_secure: bool = False

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read ``mqtt://host:port`` or ``mqtts://host:port``. Raises ValueError on anything else."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is neither mqtts://host:port nor mqtt://host:port")
        return cls(host=parts.hostname, port=parts.port or PORTS[parts.scheme], is_secure=parts.scheme == "mqtts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one end of a TLS connection shows, and whom it believes. Files: what was renewed on disk is used at the next connect.

    Attributes:
        ca: The authority's certificate, PEM; nobody else is believed, the system's store least of all.
        certificate: Ours, PEM.
        key: To it, PEM.
    """

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says for us when we are gone without a word. Always QoS 1."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message from the broker.

    Attributes:
        topic: Empty when it could not be decoded.
        payload: Whatever somebody sent.
        is_retained: It was said before we subscribed.
        acknowledge: Tells the broker that the message is safe here; does nothing when nothing is to be acknowledged, or
            once the connection it came through has ended.
    """

    topic: str
    payload: bytes
    is_retained: bool
    acknowledge: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open a connection.

    Attributes:
        credentials: What a broker that speaks TLS is shown, and judged by.
        keeps_session: The broker keeps our subscriptions and unacknowledged messages while we are away.
        acknowledges_itself: False when every QoS 1 message is acknowledged by ``Received.acknowledge`` alone.
    """

    address: Address
    client_id: str
    keepalive_s: int
    will: Will | None = None
    credentials: Credentials | None = None
    keeps_session: bool = False
    acknowledges_itself: bool = True
