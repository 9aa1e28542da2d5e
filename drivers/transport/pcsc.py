"""Card slots of PC/SC: ``pcsc:PART OF THE READER'S NAME``, through pyscard in a worker thread of its own.

The slot owns its context and asks for the state of its reader each time somebody wants to know: 0.2 ms against pcscd, which
itself looks at its readers every 0.4 s. pyscard's CardMonitor is not used: its thread ends silently when pcscd stops, and
then no card is ever seen again. Here a service that stopped is an error of the very next question, and the context is made
anew in that same question when the service is back.
"""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, RefusedError, UnreachableError
from drivers.transport.card_slot import CardSlot, SlotIdentity, SlotRefusal
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

_why_missing = ""
try:
    from smartcard import scard
except ImportError as missing:  # pyscard is an extra of the package: a kiosk without it starts, and this device says so
    scard = None
    _why_missing = str(missing)

Answer = TypeVar("Answer")

OPEN_DEADLINE_S = 3.0
"""Seconds the service may take to let us in and to list its readers: milliseconds, when it is well."""

QUICK_DEADLINE_S = 1.0
"""Seconds for letting a card go: a reset takes 1 ms here, up to a few hundred on slow readers."""

SHORT_NAME = re.compile(r" [0-9A-F]{2} [0-9A-F]{2}$")
"""What pcscd appends to a reader's name: its number among the readers, and the slot's number in it."""

_CODES = {
    "E_INVALID_HANDLE": 0x80100003,
    "E_UNKNOWN_READER": 0x80100009,
    "E_SHARING_VIOLATION": 0x8010000B,
    "E_NO_SMARTCARD": 0x8010000C,
    "E_PROTO_MISMATCH": 0x8010000F,
    "F_COMM_ERROR": 0x80100013,
    "E_NOT_TRANSACTED": 0x80100016,
    "E_READER_UNAVAILABLE": 0x80100017,
    "E_NO_SERVICE": 0x8010001D,
    "E_SERVICE_STOPPED": 0x8010001E,
    "E_NO_READERS_AVAILABLE": 0x8010002E,
    "W_UNSUPPORTED_CARD": 0x80100065,
    "W_UNRESPONSIVE_CARD": 0x80100066,
    "W_UNPOWERED_CARD": 0x80100067,
    "W_RESET_CARD": 0x80100068,
    "W_REMOVED_CARD": 0x80100069,
}
"""The error codes acted on (pcsclite.h of pcsc-lite 1.9.9)."""

_NAMES = {code: name for name, code in _CODES.items()}

_SERVICE_GONE = frozenset(_CODES[name] for name in ("E_NO_SERVICE", "E_SERVICE_STOPPED", "E_INVALID_HANDLE"))
"""pcscd ended. A context of before says E_NO_SERVICE while it is away and E_INVALID_HANDLE once it is back (measured, 1.9.9)."""

_CARD_SAYS = {
    _CODES["E_NO_SMARTCARD"]: SlotRefusal.CARD_GONE,
    _CODES["W_REMOVED_CARD"]: SlotRefusal.CARD_GONE,
    _CODES["W_RESET_CARD"]: SlotRefusal.CARD_GONE,
    _CODES["E_SHARING_VIOLATION"]: SlotRefusal.CARD_HELD,
    _CODES["E_PROTO_MISMATCH"]: SlotRefusal.CARD_MUTE,
    _CODES["F_COMM_ERROR"]: SlotRefusal.CARD_MUTE,
    _CODES["E_NOT_TRANSACTED"]: SlotRefusal.CARD_MUTE,
    _CODES["W_UNSUPPORTED_CARD"]: SlotRefusal.CARD_MUTE,
    _CODES["W_UNRESPONSIVE_CARD"]: SlotRefusal.CARD_MUTE,
    _CODES["W_UNPOWERED_CARD"]: SlotRefusal.CARD_MUTE,
}


def slot_for(port: str, *, device: str, clock: Clock) -> CardSlot:  # noqa: ARG001  the catalogue hands every maker a clock
    """Return the slot of the one reader whose name contains what stands behind ``pcsc:``; nothing is opened yet.

    Args:
        port: ``pcsc:`` and a part of the reader's name as ``pcsc_scan`` shows it; ``pcsc:`` alone where there is but one.
        device: The device's name, for messages.
        clock: Not needed: PC/SC has deadlines of its own.

    Raises:
        ValueError: It does not begin with ``pcsc:``.
    """
    scheme, _, part = port.partition(":")
    if scheme != "pcsc":
        raise ValueError(f"port: {port!r} does not begin with pcsc:; e.g. pcsc:ACR39U")
    return PcscSlot(part.strip(), device=device)


class PcscSlot(CardSlot):
    """One reader, found by a part of its name at every opening."""

    def __init__(self, part: str, *, device: str) -> None:
        """Describe the reader; ``open`` looks for it."""
        self._part = part
        self._device = device
        self._hold: _Hold | None = None

    @property
    @override
    def port(self) -> str:
        return f"pcsc:{self._part}"

    @override
    async def open(self) -> None:
        await self.close()
        if scard is None:
            raise UnreachableError(self._device, f"pyscard is not installed (pip install 'zhizhu[smartcard]'): {_why_missing}")
        hold = _Hold(worker=Worker(f"{self._device} slot"), reader=_Reader(part=self._part))
        try:
            await self._call(hold, hold.reader.open, deadline_s=OPEN_DEADLINE_S, what="the PC/SC service")
            self._hold = hold
        finally:
            if self._hold is not hold:
                hold.worker.close(last=hold.reader.close)

    @override
    async def close(self) -> None:
        hold, self._hold = self._hold, None
        if hold is None:
            return
        try:
            # A thread that hangs in the service lets go by itself as soon as it can.
            with contextlib.suppress(CallDeadlineError, WorkerClosedError):
                await hold.worker.call(hold.reader.close, deadline_s=QUICK_DEADLINE_S)
        finally:
            hold.worker.close(last=hold.reader.close)

    @override
    async def card_is_present(self, *, deadline_s: float) -> bool:
        hold = self._held()
        return await self._call(hold, hold.reader.card_is_present, deadline_s=deadline_s, what="the reader's state")

    @override
    async def connect(self, *, deadline_s: float) -> bytes:
        hold = self._held()
        return await self._call(hold, hold.reader.connect, deadline_s=deadline_s, what="power on the card")

    @override
    async def transmit(self, command: bytes, *, deadline_s: float) -> bytes:
        hold = self._held()
        return await self._call(hold, lambda: hold.reader.transmit(command), deadline_s=deadline_s, what="a command to the card")

    @override
    async def disconnect(self) -> None:
        hold = self._hold
        if hold is not None:
            with contextlib.suppress(CallDeadlineError, WorkerClosedError):
                await hold.worker.call(hold.reader.disconnect, deadline_s=QUICK_DEADLINE_S)

    @override
    async def identify(self) -> SlotIdentity:
        hold = self._held()
        return await self._call(hold, hold.reader.identify, deadline_s=QUICK_DEADLINE_S, what="who the reader is")

    async def _call(self, hold: "_Hold", ask: Callable[[], Answer], *, deadline_s: float, what: str) -> Answer:
        try:
            return await hold.worker.call(ask, deadline_s=deadline_s)
        except CallDeadlineError:
            raise DeadlineError(self._device, f"{what}: no answer within {deadline_s:g} s", deadline_s=deadline_s) from None
        except WorkerClosedError:
            raise UnreachableError(self._device, f"{self.port} was closed") from None
        except _NoReaderError as error:
            raise UnreachableError(self._device, str(error)) from None
        except _PcscError as error:
            self._raise(error, what)

    def _raise(self, error: "_PcscError", what: str) -> NoReturn:
        trouble: DriverError
        if (refusal := _CARD_SAYS.get(error.code)) is not None:
            trouble = RefusedError(self._device, f"{what}: {error}", reason=refusal)
        elif error.code in _SERVICE_GONE:
            trouble = UnreachableError(self._device, f"the PC/SC service (pcscd) is not running: {error}")
        else:
            trouble = UnreachableError(self._device, f"{self.port} is gone: {error}")
        raise trouble from error

    def _held(self) -> "_Hold":
        if self._hold is None:
            raise UnreachableError(self._device, f"{self.port} is not open")
        return self._hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """One opening: what is left of it after a close is never touched by the next."""

    worker: Worker
    reader: "_Reader"


class _PcscError(Exception):
    def __init__(self, code: int) -> None:
        self.code = code & 0xFFFFFFFF
        super().__init__(f"{_NAMES.get(self.code, 'PC/SC error')} (0x{self.code:08X})")


class _NoReaderError(Exception):
    """No reader, or more than one, goes by the name."""


@dataclass(slots=True, kw_only=True)
class _Reader:
    """The blocking side; runs in the worker's thread.

    Attributes:
        name: The reader's whole name as the service calls it.
        context: Ours alone; None when there is none.
        card: Handle of the card that is powered; None when there is none.
        protocol: What it speaks, T=0 or T=1.
    """

    part: str
    name: str = ""
    context: int | None = None
    card: int | None = None
    protocol: int = 0

    def open(self) -> None:
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(code)
        self.context = context
        code, names = scard.SCardListReaders(context, [])
        if code & 0xFFFFFFFF == _CODES["E_NO_READERS_AVAILABLE"]:
            names = []
        else:
            _check(code)
        self.name = _chosen(self.part, names)
        self._state()

    def card_is_present(self) -> bool:
        try:
            state = self._state()
        except _PcscError as error:
            if error.code not in _SERVICE_GONE:
                raise
            self.close()
            self.open()  # the service was restarted: a context of before is worth nothing
            state = self._state()
        return bool(state & scard.SCARD_STATE_PRESENT)

    def connect(self) -> bytes:
        self.disconnect()
        code, card, protocol = scard.SCardConnect(
            self._context(), self.name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        _check(code)
        self.card, self.protocol = card, protocol
        code, _, _, _, atr = scard.SCardStatus(card)
        _check(code)
        return _bytes(atr)

    def transmit(self, command: bytes) -> bytes:
        if self.card is None:
            raise _PcscError(_CODES["W_REMOVED_CARD"])
        kind = scard.SCARD_PCI_T0 if self.protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, answer = scard.SCardTransmit(self.card, kind, list(command))
        _check(code)
        return _bytes(answer)

    def disconnect(self) -> None:
        if self.card is not None:
            card, self.card = self.card, None
            scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)  # whatever it says: there is no more that could be done

    def identify(self) -> SlotIdentity:
        if self.card is not None:
            return SlotIdentity(reader=self.name)
        code, handle, _ = scard.SCardConnect(self._context(), self.name, scard.SCARD_SHARE_DIRECT, 0)
        if code != scard.SCARD_S_SUCCESS:  # some drivers give no direct access: the name is all there is
            return SlotIdentity(reader=self.name)
        try:
            vendor, serial, version = (
                _attribute(handle, name)
                for name in (
                    scard.SCARD_ATTR_VENDOR_NAME,
                    scard.SCARD_ATTR_VENDOR_IFD_SERIAL_NO,
                    scard.SCARD_ATTR_VENDOR_IFD_VERSION,
                )
            )
        finally:
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
        return SlotIdentity(
            reader=self.name,
            vendor=_printable(vendor),
            serial=_printable(serial),
            # SCARD_ATTR_VENDOR_IFD_VERSION: MM.mm.bbbb as a little-endian word (PC/SC part 3, 3.1.2).
            version=f"{version[3]}.{version[2]}.{version[1] << 8 | version[0]}" if len(version) == 4 else "",
        )

    def close(self) -> None:
        self.disconnect()
        if self.context is not None:
            context, self.context = self.context, None
            scard.SCardReleaseContext(context)

    def _state(self) -> int:
        code, states = scard.SCardGetStatusChange(self._context(), 0, [(self.name, scard.SCARD_STATE_UNAWARE)])
        _check(code)
        ((_, state, _),) = states
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise _PcscError(_CODES["E_READER_UNAVAILABLE"])
        return int(state)

    def _context(self) -> int:
        if self.context is None:  # lost with the service, and not got back since
            raise _PcscError(_CODES["E_NO_SERVICE"])
        return self.context


def _chosen(part: str, names: list[str]) -> str:
    found = [name for name in names if part.lower() in name.lower()]
    if len(found) > 1:
        # A name that is another's beginning still names one reader.
        found = [name for name in found if part in (name, SHORT_NAME.sub("", name))] or found
    if len(found) == 1:
        return found[0]
    there_are = ", ".join(repr(name) for name in names) or "none"
    if found:
        raise _NoReaderError(
            f"{len(found)} readers go by {part!r}: {', '.join(repr(name) for name in found)}; write more of the name"
        )
    raise _NoReaderError(f"no card reader goes by {part!r}; there are: {there_are}")


def _attribute(handle: int, name: int) -> bytes:
    code, value = scard.SCardGetAttrib(handle, name)
    return _bytes(value) if code == scard.SCARD_S_SUCCESS else b""


def _check(code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise _PcscError(code)


def _bytes(values: list[int]) -> bytes:
    return bytes(value & 0xFF for value in values)  # some versions of pyscard hand out signed bytes


def _printable(raw: bytes) -> str:
    return "".join(character for character in raw.decode("latin-1") if character.isprintable()).strip()
