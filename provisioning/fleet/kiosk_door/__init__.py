"""The door kiosks come to by HTTPS: to be let in, to come back, for their next certificate, for releases, with log bundles.

A port of its own, with a certificate of the fleet's CA, apart from the dashboard's: whoever comes here is a machine. Other rooms
hand in their routes (``KioskDoor(routers=...)``) and ask for ``Caller``, the kiosk whose certificate was shown and still counts.
"""

from provisioning.fleet.kiosk_door.body import read_body
from provisioning.fleet.kiosk_door.caller import Caller, Shown
from provisioning.fleet.kiosk_door.door import DoorTls, KioskDoor
from provisioning.fleet.kiosk_door.house import House, has_authority, open_house

__all__ = ["Caller", "DoorTls", "House", "KioskDoor", "Shown", "has_authority", "open_house", "read_body"]
