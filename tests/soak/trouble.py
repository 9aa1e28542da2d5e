"""Troubles: anything the far ends can show, cables pulled, a platform that fails, a broker that is gone; each ends again."""

import asyncio
from collections.abc import Callable
from random import Random

from drivers.transport.far_end import GivableFault
from tests.fakes.tcp_proxy import TcpProxy
from tests.whole.kiosk import WholeKiosk

NOT_GIVEN = {
    "swapped": "a technician has to accept it: it does not end",
    "pulled-early": "the paper comes off in two pieces, and no count of papers is true",
    "paper-low": "the far end counts the roll on, and in the end it is out",
}
"""Faults that are not given, each with its reason."""
MODES = (
    "slow=3", "fail=500", "fail=503", "html", "redirect", "garbled", "busy=1", "hang", "drop-before-effect",
    "drop-after-effect", "refuse", "face-differs", "face-slow=8", "payment-refused", "payment-lost",
)  # fmt: skip
OPTIONS: dict[str, Callable[[Random], str]] = {
    "after_bytes": lambda luck: str(luck.choice((luck.randrange(1, 200), luck.randrange(200, 1200)))),
    "after_mm": lambda luck: str(luck.randrange(1, 90)),
    "after_pages": lambda luck: str(luck.randrange(0, 3)),
    "times": lambda luck: str(luck.randrange(1, 4)),
    "bytes": lambda luck: str(luck.randrange(10, 20_000)),
    "seed": lambda luck: str(luck.randrange(1, 1000)),
    "seconds": lambda luck: str(luck.randrange(1, 6)),
}
"""How an option is drawn, where it is; most faults have at most one of the ``after`` ones at a time."""
AFTER = ("after_bytes", "after_mm")


class Troubles:
    """Everything that befalls one kiosk, all of which ``end`` ends."""

    def __init__(self, kiosk: WholeKiosk, luck: Random) -> None:
        self._kiosk = kiosk
        self._luck = luck
        self.told: list[str] = []
        """What befell it, for whoever has to find out."""

    async def befall(self) -> None:
        """Some troubles one after the other, each for a while, until cancelled or over."""
        luck = self._luck
        for _ in range(luck.choice((1, 1, 2, 3))):
            await asyncio.sleep(luck.uniform(0.0, 15.0))
            trouble = luck.choices((self._fault, self._cable, self._platform, self._line), (60, 15, 20, 5))[0]
            await trouble()

    async def end(self) -> None:
        """All is well again."""
        for device in self._kiosk.bench.devices.values():
            self._kiosk.clear(device.name)
            if not device.is_plugged:
                await device.plug()
        await self._kiosk.turn_platform("normal")
        for line in (self._kiosk.platform_line, self._kiosk.broker_line):
            await line.start()

    async def _fault(self) -> None:
        device = self._luck.choice(list(self._kiosk.bench.devices.values()))
        fault = self._luck.choice([each for each in device.givable_faults() if each.name not in NOT_GIVEN])
        options = self._options(fault)
        self.told.append(f"{device.name} {fault.name} {options}")
        try:
            self._kiosk.give(device.name, fault.name, **options)
        except ValueError:  # its range is a smaller one
            self._kiosk.give(device.name, fault.name)
        await self._while_it_lasts()
        self._kiosk.clear(device.name, fault.name)

    async def _cable(self) -> None:
        device = self._luck.choice(list(self._kiosk.bench.devices.values()))
        self.told.append(f"{device.name} unplugged")
        await device.unplug()
        await self._while_it_lasts()
        await device.plug()

    async def _platform(self) -> None:
        mode = self._luck.choice(MODES)
        self.told.append(f"platform {mode}")
        await self._kiosk.turn_platform(mode)
        await self._while_it_lasts()
        await self._kiosk.turn_platform("normal")

    async def _line(self) -> None:
        line: TcpProxy = self._luck.choice((self._kiosk.platform_line, self._kiosk.broker_line))
        self.told.append("platform's line" if line is self._kiosk.platform_line else "broker's line")
        if self._luck.random() < 0.5:
            line.cut()
            return
        await line.stop()
        await self._while_it_lasts()
        await line.start()

    async def _while_it_lasts(self) -> None:
        await asyncio.sleep(self._luck.uniform(1.0, 15.0))

    def _options(self, fault: GivableFault) -> dict[str, str]:
        chosen = {name: draw(self._luck) for name, draw in OPTIONS.items() if name in fault.options and self._luck.random() < 0.7}
        if all(name in chosen for name in AFTER):
            del chosen[self._luck.choice(AFTER)]
        return chosen
