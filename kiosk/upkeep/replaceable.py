"""Replaceable: a device whose driver can be given up, threads and all, and built anew behind the same name."""

from collections.abc import Callable
from typing import Any

from typing_extensions import override

from drivers.contract.device import Device, DeviceKind, Identity
from drivers.contract.status import DeviceStatus


class Replaceable(Device):
    """Stands for whatever driver is in service now. Everything a driver can do can be asked of it.

    A call that still hangs in a driver that was given up ends with that driver; the next one goes to the new.
    """

    def __init__(self, build: Callable[[], Device]) -> None:
        """Build the first driver.

        Args:
            build: Makes one. Opens nothing and touches no hardware, and cannot fail after it worked once.
        """
        self._build = build
        self._device = build()

    def renew(self) -> None:
        """Put a new driver in the place of the old one. The caller has closed that, or tried to."""
        self._device = self._build()

    @property
    @override
    def name(self) -> str:
        return self._device.name

    @property
    @override
    def kind(self) -> DeviceKind:
        return self._device.kind

    @override
    async def open(self) -> None:
        await self._device.open()

    @override
    async def close(self) -> None:
        await self._device.close()

    @override
    async def status(self) -> DeviceStatus:
        return await self._device.status()

    @override
    async def reset(self) -> None:
        await self._device.reset()

    @override
    async def identify(self) -> Identity:
        return await self._device.identify()

    def __getattr__(self, word: str) -> Any:  # noqa: ANN401  # what its class can do besides; composition says which class
        """What this class of device can do besides."""
        return getattr(self._device, word)
