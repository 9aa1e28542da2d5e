"""The bureau's register of its kiosks: village, link, feeder, round, vendor, batch, hours. What a kiosk itself does not know.

``register_file`` reads and writes it as CSV (pure), ``rows`` keeps it in the store, ``command_line`` has the verbs of
``zhizhu-fleet equipment``.
"""

from telemetry.fleet.equipment.register_file import HEADER, Entry, RegisterError, read, write

__all__ = ["HEADER", "Entry", "RegisterError", "read", "write"]
