"""What provisioning may ask of the kiosk it lives in. The composition root answers; a villager always comes first."""

from collections.abc import Mapping
from typing import Protocol

Plain = str | int | float | bool


class Machine(Protocol):
    """This kiosk, as provisioning sees it."""

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody is at the kiosk and nothing for anybody is under way: no visit, no print, no payment."""

    async def rested(self) -> None:
        """Wait until it is at rest; returns at once when it is."""

    def restart(self, why: str) -> None:
        """End this core in order once it is at rest, to be started again by whoever supervises it. Returns at once."""

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        """Tell the fleet, through the outbox: kept over a power cut, sent once there is a line. Nothing personal."""
