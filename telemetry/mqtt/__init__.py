"""MQTT on the event loop, without any thread: the one room that meets paho. Knows nothing of topics or messages.

A ``Connection`` is one life: it is opened, used and ends; whoever wants another opens another. A ``Listener`` is the same for
one who hears very many: no paho, messages by the chunk.
"""

from telemetry.mqtt.connection import CONNECT_TIMEOUT_S, Connection
from telemetry.mqtt.listener import Listener
from telemetry.mqtt.looped import SILENCE_FACTOR
from telemetry.mqtt.opening import Address, Credentials, LineError, Opening, Received, Will
from telemetry.mqtt.packets import Published

__all__ = [
    "CONNECT_TIMEOUT_S",
    "SILENCE_FACTOR",
    "Address",
    "Connection",
    "Credentials",
    "LineError",
    "Listener",
    "Opening",
    "Published",
    "Received",
    "Will",
]
