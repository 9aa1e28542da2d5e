"""Ends a kiosk's connection at a broker that others run: it looks at a list of revoked certificates only when somebody comes."""

from telemetry.mqtt import Address, Credentials, Listener, Opening
from telemetry.wire.topics import KioskId

KEEPALIVE_S = 10


async def evict(kiosk: KioskId, *, address: Address, credentials: Credentials) -> None:
    """Take a kiosk's name and let it go again: whoever had it is cut off (MQTT 3.1.1, 3.1.4-2), and its will is said.

    The embedded broker needs none of this: its door watches the list, and lets nobody take a kiosk's name.

    Args:
        kiosk: Whose connection.
        address: A listener where the service may call itself as it likes; see ``deploy/mosquitto``.
        credentials: The service's own.

    Raises:
        LineError: The broker is not there, or does not let us.
    """
    name = f"{kiosk.county}/{kiosk.kiosk}"
    opening = Opening(address=address, client_id=name, keepalive_s=KEEPALIVE_S, credentials=credentials)
    taken = await Listener.open(opening, on_heard=lambda *_: None)
    await taken.close()
