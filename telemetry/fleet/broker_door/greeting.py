"""The first packet of a connection, as a server reads it: by which name, and with which will. Pure."""

from dataclasses import dataclass

CONNECT = 0x10
REFUSED = b"\x20\x02\x00\x05"
"""CONNACK: not authorised (MQTT 3.1.1, table 3.1)."""
LONGEST = 64 * 1024
"""Bytes of a CONNECT; ours have some hundred."""

_HEAD = b"\x00\x04MQTT\x04"
_WILL, _PASSWORD, _USER = 0x04, 0x40, 0x80


class GreetingError(Exception):
    """The first packet is no CONNECT of MQTT 3.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a client says of itself. ``will_topic`` is empty when it leaves no will."""

    client_id: str
    will_topic: str


def read_greeting(body: bytes) -> Greeting:
    """Read what follows the fixed header of a CONNECT.

    Raises:
        GreetingError: It is not MQTT 3.1.1, or not whole.
    """
    if not body.startswith(_HEAD) or len(body) < len(_HEAD) + 3:
        raise GreetingError("not MQTT 3.1.1")
    flags = body[len(_HEAD)]
    if flags & 0x01:
        raise GreetingError("a flag that must be zero is not")
    texts = _texts(body[len(_HEAD) + 3 :])
    wanted = 1 + (2 if flags & _WILL else 0) + bool(flags & _USER) + bool(flags & _PASSWORD)
    if len(texts) != wanted:
        raise GreetingError(f"{len(texts)} texts where its flags promise {wanted}")
    try:
        return Greeting(client_id=texts[0].decode(), will_topic=texts[1].decode() if flags & _WILL else "")
    except UnicodeDecodeError as error:
        raise GreetingError("a name that is not UTF-8") from error


def _texts(rest: bytes) -> list[bytes]:
    texts: list[bytes] = []
    while rest:
        length = int.from_bytes(rest[:2], "big")
        if len(rest) < 2 + length:
            raise GreetingError("cut off")
        texts.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    return texts
