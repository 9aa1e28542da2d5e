"""The health of this machine: one Keeper a device, what is wrong, who can end it, and what can still be offered.

Belongs here: when to try a device again, when a symptom has become a fault, what a fault takes away from the villager, which
one task the clerk is shown. Does not belong here: bytes (``drivers``), pages (``kiosk.display``), topics (``telemetry``).
May know the contracts of the devices, the services and the platform's Protocol; never the visit and never the display.
To add a fault, add one table to its room's file in ``faults/`` and run ``python -m kiosk.upkeep.fault_words``.
"""
