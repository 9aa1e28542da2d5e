"""Availability, pure: from what is wrong and how the devices are, to which services can be finished, and if not, why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy
from drivers.contract.status import Condition, DeviceStatus
from kiosk.services.offer import Offer, Substitution, Withdrawal
from kiosk.services.service import Capability, Service
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.link_trouble import ROOMS

PLATFORM = "platform"
"""Name under which the government service platform has conditions and faults, as if it were a device."""

PROVIDERS: Mapping[Capability, DeviceKind] = {
    Capability.READ_ID_CARD: DeviceKind.ID_CARD_READER,
    Capability.READ_SOCIAL_SECURITY_CARD: DeviceKind.SMARTCARD_READER,
    Capability.READ_PHONE_CODE: DeviceKind.CODE_SCANNER,
    Capability.TAKE_FACE: DeviceKind.CAMERA,
    Capability.SCAN_DOCUMENT: DeviceKind.DOCUMENT_SCANNER,
    Capability.PRINT_RECEIPT: DeviceKind.RECEIPT_PRINTER,
    Capability.PRINT_DOCUMENT: DeviceKind.DOCUMENT_PRINTER,
}
"""Which class of device gives a capability."""

OF_THE_MACHINE = {Capability.SHOW_ON_SCREEN, Capability.KEEP_RECORDS}
"""What the machine itself gives, unless a fault of its own takes it away. Anything else is given by the platform."""

INSTEAD_OF_A_FACE = (Capability.READ_PHONE_CODE,)
"""What a service that insists on a face takes from a person whose face cannot be seen, unless it names something else."""

_WORDS = {Condition.UNREACHABLE: "unreachable", Condition.NOT_FITTED: "not_fitted", Condition.FAILED: "failed"}
"""How a condition that explains itself by no symptom is named; any other is that of a device not yet asked."""

_SERVES = {Condition.READY, Condition.BUSY, Condition.DEGRADED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One device as availability looks at it; the platform is one too, of no class."""

    kind: DeviceKind | None
    status: DeviceStatus


def availability(
    *, services: Sequence[Service], faults: Sequence[Fault], providers: Sequence[Provider], catalogue: FaultCatalogue
) -> tuple[Offer, ...]:
    """Say of each service whether it can be finished now, by the usual way or by one that stands in.

    A capability is there when one device of its class serves and has no fault that takes it away. A device that is unknown,
    unreachable, failed or not fitted takes its capability away even before that has become a fault. What is missing
    withdraws a service only when nothing that works may take its place.
    """
    missing = withdrawals(faults=faults, providers=providers, catalogue=catalogue)
    return tuple(_offer(service, missing) for service in services)


def withdrawals(
    *, faults: Sequence[Fault], providers: Sequence[Provider], catalogue: FaultCatalogue
) -> Mapping[Capability, Withdrawal]:
    """Every capability that is missing now, and why. Whatever is not named works."""
    return {
        capability: withdrawal
        for capability in Capability
        if (withdrawal := _missing(capability, faults=faults, providers=providers, catalogue=catalogue)) is not None
    }


def _offer(service: Service, missing: Mapping[Capability, Withdrawal]) -> Offer:
    ways: dict[Capability, tuple[Capability, ...]] = {}
    substitutions: list[Substitution] = []
    withdrawal: Withdrawal | None = None
    for need in service.needs():
        stand_ins = _stand_ins(service, need)
        may_be_left_out = need is Capability.TAKE_FACE and service.without_face
        working = tuple(way for way in dict.fromkeys((need, *stand_ins)) if way not in missing)
        if stand_ins or may_be_left_out:
            ways[need] = working
        if need not in missing:
            continue
        if working:
            substitutions.append(Substitution(needed=need, by=working[0], because=missing[need]))
        elif not may_be_left_out:
            withdrawal = withdrawal or missing[need]
    if withdrawal is not None:
        return Offer(service=service, withdrawal=withdrawal)
    return Offer(service=service, withdrawal=None, substitutions=tuple(substitutions), ways=ways)


def _stand_ins(service: Service, need: Capability) -> tuple[Capability, ...]:
    named = service.stand_ins.get(need, ())
    if need is Capability.TAKE_FACE and not service.without_face and not named:
        return INSTEAD_OF_A_FACE
    return named


def _missing(
    capability: Capability, *, faults: Sequence[Fault], providers: Sequence[Provider], catalogue: FaultCatalogue
) -> Withdrawal | None:
    kind = PROVIDERS.get(capability)
    able = [provider for provider in providers if provider.kind is kind]
    names = {provider.status.device for provider in providers if provider.kind is not DeviceKind.CABINET}
    # Of the display, of the core, of a part of the cabinet: no other device can stand in.
    everywhere = [fault for fault in faults if fault.device not in names]
    if (general := _by_fault(capability, everywhere, catalogue)) is not None:
        return general
    if capability in OF_THE_MACHINE:
        return None
    if not able:
        return _by_condition(capability, kind, PLATFORM if kind is None else kind.value, "not_fitted", catalogue)
    reasons = [_of_provider(capability, each, faults, catalogue) for each in able]
    return None if None in reasons else reasons[0]


def _of_provider(
    capability: Capability, provider: Provider, faults: Sequence[Fault], catalogue: FaultCatalogue
) -> Withdrawal | None:
    status = provider.status
    own = [fault for fault in faults if fault.device == status.device]
    if (by_fault := _by_fault(capability, own, catalogue)) is not None:
        return by_fault
    if status.condition in _SERVES:
        return None
    codes = sorted((symptom.code for symptom in status.symptoms), key=catalogue.rank)
    named = next((code for code in codes if (entry := catalogue.find(code)) is not None and capability in entry.withdraws), None)
    if named is not None:
        return _in_words(capability, status.device, named, catalogue, clerk_knows=False)
    return _by_condition(capability, provider.kind, status.device, _WORDS.get(status.condition, "starting"), catalogue)


def _by_fault(capability: Capability, faults: Iterable[Fault], catalogue: FaultCatalogue) -> Withdrawal | None:
    for fault in sorted(faults, key=lambda each: catalogue.rank(each.code)):
        entry = catalogue.find(fault.code)
        if entry is not None and capability in entry.withdraws:
            return _in_words(capability, fault.device, fault.code, catalogue, clerk_knows=fault.remedy is Remedy.CLERK)
    return None


def _by_condition(
    capability: Capability, kind: DeviceKind | None, device: str, word: str, catalogue: FaultCatalogue
) -> Withdrawal:
    room = PLATFORM if kind is None else ROOMS[kind]
    return _in_words(capability, device, f"{room}.{word}", catalogue, clerk_knows=False)


def _in_words(capability: Capability, device: str, code: str, catalogue: FaultCatalogue, *, clerk_knows: bool) -> Withdrawal:
    entry = catalogue.find(code)
    return Withdrawal(
        capability=capability,
        device=device,
        code=code,
        short_code=entry.short if entry else "E00",
        reason=entry.villager if entry else "机器这里暂时用不了",
        clerk_knows=clerk_knows,
    )
