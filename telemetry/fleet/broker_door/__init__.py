"""The door of the embedded broker: whom a certificate names, whether it still counts, and what its bearer may say and hear.

Belongs here: reading the first packet, the list of revoked certificates, the rights that follow from a name. Does not belong
here: issuing or revoking (``provisioning.fleet.authority``), and MQTT itself, which is amqtt's. May know ``telemetry.wire``,
``telemetry.mqtt`` and ``provisioning.wire``. The same rights for mosquitto stand in ``deploy/mosquitto``; one test runs on both.
"""

from telemetry.fleet.broker_door.door import Door, Guest
from telemetry.fleet.broker_door.files import DoorError, DoorFiles
from telemetry.fleet.broker_door.revocations import Revocations

__all__ = ["Door", "DoorError", "DoorFiles", "Guest", "Revocations"]
