"""The far end of a smart-card reader: a virtual card in the slot of vpcd, the reader that pcscd takes for a real one.

vpcd's protocol, on TCP: two bytes of length, then that many bytes. One byte from vpcd is a signal (0 power off, 1 power on, 2
reset, 4 what is the answer to reset); only the last is answered. Anything longer is a command to the card.
"""

import asyncio
import contextlib
import socket
from collections.abc import Mapping

from typing_extensions import override

from drivers.smartcard_reader.private_pcsc import ReaderService
from drivers.smartcard_reader.samples import SAMPLES
from drivers.smartcard_reader.virtual_card import KINDS, VirtualCard
from drivers.transport.far_end import Attended, GivableFault, ServedFarEnd
from drivers.transport.fault_menu import GivenFaults

CONNECT_AGAIN_S = 0.1
"""Between two attempts to get into the slot, while the service is away or still holds the card of before."""

BETWEEN_CARDS_S = 0.6
"""Seconds the slot is empty when one card takes the place of another, or comes back after it was torn out: pcscd looks every
0.4 s. A card that was away for less, in the middle of a conversation, it takes for absent until it is away once more (1.9.9)."""

_OFF, _ON, _RESET, _ANSWER_TO_RESET = b"\x00", b"\x01", b"\x02", b"\x04"


class SimulatedSmartcardReader(ServedFarEnd, Attended):
    """A reader, the card in it, and the faults it was given. Pulling its cable leaves a service that knows no reader."""

    def __init__(self, *, service: ReaderService, name: str = "smartcard-reader", slot: int = 0) -> None:
        """Make a reader that is not plugged in yet. Needs a running loop from ``plug`` on.

        Args:
            service: The pcscd to which it is a reader; started and stopped with the plug where it is our own.
            name: Its name in the rig.
            slot: Which of vpcd's slots, 0 or 1.
        """
        self._service = service
        self._name = name
        self._slot = slot
        self._faults = GivenFaults(KINDS)
        self._sample: str | None = None
        self._card: VirtualCard | None = None
        self._free_at_s = 0.0
        self._is_plugged = False
        self._is_powered = False
        self._link: asyncio.StreamWriter | None = None
        self._changed = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self.asked: list[int] = []
        """INS of every command that any card in it was sent."""

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "社保卡读卡器"

    @property
    @override
    def port(self) -> str:
        return f"pcsc:Virtual PCD 00 {self._slot:02X}"

    @property
    @override
    def is_plugged(self) -> bool:
        return self._is_plugged

    @property
    @override
    def is_held(self) -> bool:
        return self._is_powered

    @override
    async def plug(self) -> None:
        if self._is_plugged:
            return
        if "no-service" not in self._faults:
            await self._service.start()
        self._is_plugged = True
        self._life = self._life or asyncio.create_task(self._live(), name=f"{self._name} far end")
        self._look()

    @override
    async def unplug(self) -> None:
        if self._is_plugged:
            self._is_plugged = False
            self._look()
            if "no-service" not in self._faults:
                await self._service.start(has_readers=False)

    @override
    async def dispose(self) -> None:
        self._is_plugged = False
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
        await self._service.dispose()

    @override
    def samples(self) -> tuple[str, ...]:
        return tuple(SAMPLES)

    @override
    def insert(self, sample: str, *, now_s: float) -> None:
        if sample not in SAMPLES:
            raise ValueError(f"没有卡 {sample!r}，有这些：{'、'.join(SAMPLES)}")
        self.remove(now_s=now_s)
        self._sample = sample
        self._card = VirtualCard(SAMPLES[sample], self._faults)
        self._card.asked = self.asked
        self._look()

    @override
    def remove(self, *, now_s: float) -> None:
        if self._sample is not None:
            self._sample = self._card = None
            self._free_at_s = now_s + BETWEEN_CARDS_S
            self._look()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._faults.givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._faults.give(fault, options)
        self._look()

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        was_silent = "silent" in self._faults
        self._faults.clear(fault)
        if was_silent and "silent" not in self._faults and self._link is not None:
            self._link.transport.abort()  # a command it has swallowed would be waited for: the card begins anew
        self._look()

    @override
    def holding(self) -> Mapping[str, str]:
        return {"卡片": self._sample or "无卡", "故障": self._faults.titles()}

    def _look(self) -> None:
        """Something changed: the card leaves the slot when it is not to be there any more."""
        may_sit = self._is_plugged and self._card is not None and "no-service" not in self._faults
        if self._link is not None and not may_sit:
            self._link.transport.abort()
        self._changed.set()

    async def _live(self) -> None:
        """Keep the card in the slot as long as it is to be there, and the service running as long as it is to run."""
        is_running = True
        try:
            while True:
                self._changed.clear()
                is_wanted = "no-service" not in self._faults
                if is_wanted != is_running:
                    is_running = is_wanted
                    await (self._service.start(has_readers=self._is_plugged) if is_wanted else self._service.stop())
                card = self._card
                if card is None or not self._is_plugged or not is_running:
                    await self._changed.wait()
                    continue
                await asyncio.sleep(self._free_at_s - asyncio.get_running_loop().time())
                with contextlib.suppress(OSError, EOFError):  # not there yet, or gone
                    await self._sit(card)
                if self._is_powered and card is self._card:
                    self._free_at_s = asyncio.get_running_loop().time() + BETWEEN_CARDS_S
                self._is_powered = False
                await asyncio.sleep(CONNECT_AGAIN_S)
        finally:
            if self._link is not None:
                self._link.transport.abort()

    async def _sit(self, card: VirtualCard) -> None:
        reader, writer = await asyncio.open_connection(self._service.host, self._service.vpcd_port + self._slot)
        self._link = writer
        try:
            while card is self._card:
                payload = await _message(reader, writer)
                if len(payload) == 1:
                    self._signal(card, payload, writer)
                elif card.is_pulled_now():
                    sent = 2 + int(self._faults.option("pulled-mid-read", "after_bytes"))
                    writer.write(_framed(card.answer(payload) or b"")[:sent])
                    await writer.drain()
                    self._faults.clear("pulled-mid-read")
                    self.remove(now_s=asyncio.get_running_loop().time())
                elif (answer := card.answer(payload)) is not None:
                    await asyncio.sleep(self._faults.option("slow", "delay_s"))
                    writer.write(_framed(answer))
                    await writer.drain()
        finally:
            self._link = None
            card.power(is_on=False)
            writer.close()

    def _signal(self, card: VirtualCard, signal: bytes, writer: asyncio.StreamWriter) -> None:
        if signal == _ANSWER_TO_RESET:
            writer.write(_framed(card.answer_to_reset()))
        elif signal in (_OFF, _ON, _RESET):
            self._is_powered = signal != _OFF
            card.power(is_on=self._is_powered)


async def _message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    connection = writer.get_extra_info("socket")
    # vpcd sends the length alone and Nagle holds the rest until that is acknowledged: 44 ms a command instead of 0.2.
    # tcp(7): not permanent, so again and again.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    length = int.from_bytes(await reader.readexactly(2), "big")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    return await reader.readexactly(length)


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(2, "big") + payload
