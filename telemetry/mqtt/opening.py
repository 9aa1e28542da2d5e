"""What a connection is asked for with, and what comes through it. Only data."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


class LineError(Exception):
    """The broker could not be reached, refused us, or the connection ended meanwhile. The message says which, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read ``mqtt://host:port``. Raises ValueError on anything else."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"{url!r} is not mqtt://host:port")
        return cls(host=parts.hostname, port=parts.port or 1883)


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
        keeps_session: The broker keeps our subscriptions and unacknowledged messages while we are away.
        acknowledges_itself: False when every QoS 1 message is acknowledged by ``Received.acknowledge`` alone.
    """

    address: Address
    client_id: str
    keepalive_s: int
    will: Will | None = None
    keeps_session: bool = False
    acknowledges_itself: bool = True
