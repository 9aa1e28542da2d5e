"""Check: whether a device is as it should be, found out without moving paper or asking anybody for anything."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind
from drivers.contract.errors import DriverError
from drivers.contract.status import Condition, DeviceStatus
from kiosk.upkeep.deadline import HungError, within
from kiosk.upkeep.link_trouble import LinkTrouble, code_of, trouble_of

CALL_S = 5.0
"""Seconds one question may take: the contract promises one, a busy machine needs more."""

LONGEST_EVIDENCE = 200
"""Characters of evidence that are kept."""

WELL = {Condition.READY, Condition.BUSY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        subject: Name of the device, or ``platform``, ``display``, ``disk``, ``clock``.
        is_well: Whether it is as it should be.
        codes: Fault codes of what is not.
        evidence: One line a technician can check, never personal.
    """

    subject: str
    is_well: bool
    codes: tuple[str, ...] = ()
    evidence: str = ""


class Check(Protocol):
    """Looks at one device."""

    async def run(self, device: Device) -> Finding:
        """Check it. Raises nothing for anything a device does. Takes seconds."""


class DeviceCheck(Check):
    """Asks any device how it is, who it is, and what its class can harmlessly show besides.

    The device is opened and kept by its Keeper; one that cannot be reached fails its check.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    @override
    async def run(self, device: Device) -> Finding:
        try:
            status = await within(self._clock, CALL_S, device.status(), what="status")
        except (DriverError, HungError) as error:
            trouble = LinkTrouble.SILENT if isinstance(error, HungError) else trouble_of(error)[0]
            return Finding(
                subject=device.name, is_well=False, codes=(code_of(device.kind, trouble),), evidence=_short(str(error))
            )
        evidence = [status.condition.value, status.evidence, await self._identity(device)]
        if (more := _MORE.get(device.kind)) is not None:
            evidence.append(await self._more(device, more))
        return Finding(
            subject=device.name,
            is_well=status.condition in WELL and not status.symptoms,
            codes=tuple(symptom.code for symptom in status.symptoms),
            evidence=_short("; ".join(filter(None, evidence))),
        )

    async def _identity(self, device: Device) -> str:
        try:
            identity = await within(self._clock, CALL_S, device.identify(), what="identify")
        except (DriverError, HungError) as error:
            return f"does not say who it is ({type(error).__name__})"
        return " ".join(filter(None, (identity.model, identity.serial, identity.firmware)))

    async def _more(self, device: Device, ask: "Callable[[Any], Awaitable[str]]") -> str:
        try:
            return await within(self._clock, CALL_S, _asked(ask, device), what="check")
        except (DriverError, HungError) as error:
            return f"no more could be asked ({type(error).__name__})"


async def _asked(ask: "Callable[[Any], Awaitable[str]]", device: Device) -> str:
    return await ask(device)


async def _card(reader: Any) -> str:  # noqa: ANN401  # its kind says that it is a reader
    has_card = await reader.has_card()
    return {True: "a card lies there", False: "no card"}.get(has_card, "cannot tell whether a card lies there")


_MORE: Mapping[DeviceKind, "Callable[[Any], Awaitable[str]]"] = {
    DeviceKind.ID_CARD_READER: _card,
    DeviceKind.SMARTCARD_READER: _card,
}
"""What a class can show besides: whether somebody's card was left there says that the field works."""


def of_status(status: DeviceStatus, *, subject: str | None = None) -> Finding:
    """What a reading says, of something that is asked elsewhere: the display, a part of the machine."""
    return Finding(
        subject=subject or status.device,
        is_well=status.condition in WELL and not status.symptoms,
        codes=tuple(symptom.code for symptom in status.symptoms),
        evidence=_short("; ".join(filter(None, (status.condition.value, status.evidence)))),
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_EVIDENCE else text[: LONGEST_EVIDENCE - 1] + "…"
