"""The kiosk's voice: what happened is kept on disk until the fleet has stored it, and what is now is told while it is.

Belongs here: the disk queue, the connection's lives, our words turned into wire words (``translate``, and only there). Does not
belong here: deciding what is a fault, or what is shown; that is told to ``Agent``. May know ``drivers.contract``,
``drivers.transport.worker`` and ``telemetry.wire``. A new kind of message: a model in ``wire``, a function in ``translate``, a
method of ``Agent``.
"""

from telemetry.agent.agent import Agent
from telemetry.agent.snapshot import DeviceReading, NamedService, ScreenShown, Snapshot

__all__ = ["Agent", "DeviceReading", "NamedService", "ScreenShown", "Snapshot"]
