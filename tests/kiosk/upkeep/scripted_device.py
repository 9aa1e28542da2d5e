"""A device whose answers a test writes beforehand; it keeps count of what was asked."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import UnreachableError
from drivers.contract.status import Condition, DeviceStatus, Supply, Symptom
from kiosk.services.catalogue import load_services
from kiosk.upkeep.fault_catalogue import load_catalogue
from tests.fakes.clock import HeldClock

CATALOGUE = load_catalogue()

SERVICES = tuple(
    replace(service, stand_ins={})
    for service in load_services()
    if service.id in ("social_security_enrolment", "pension_arrival", "contribution_statement")
)
"""Three that an ID-card reader and a receipt printer are enough for, and nothing stands in for those."""


class ScriptedDevice:
    """Answers with ``condition`` and ``symptoms`` while plugged; the other attributes make it misbehave."""

    def __init__(self, clock: Clock, *, name: str = "receipt-printer", kind: DeviceKind = DeviceKind.RECEIPT_PRINTER) -> None:
        self._clock = clock
        self._name = name
        self._kind = kind
        self.is_plugged = True
        self.condition = Condition.READY
        self.symptoms: tuple[str, ...] = ()
        self.supplies: tuple[Supply, ...] = ()
        self.error: Exception | None = None
        self.hangs = False
        self.is_open = False
        self.calls: list[str] = []
        self.opened_at: list[float] = []
        self.on_reset: Callable[[], None] = lambda: None
        self.identity_error: Exception | None = None
        self.identity = Identity(model="M1", serial="1", firmware="1.0")

    @property
    def name(self) -> str:
        return self._name

    @property
    def kind(self) -> DeviceKind:
        return self._kind

    async def open(self) -> None:
        self.calls.append("open")
        self.opened_at.append(self._clock.monotonic_s())
        assert not self.is_open, "opened without being closed first"
        self._check_cable()
        self.is_open = True

    async def close(self) -> None:
        self.calls.append("close")
        self.is_open = False

    async def status(self) -> DeviceStatus:
        self.calls.append("status")
        self._check_cable()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        symptoms = tuple(Symptom(code=code, detail="scripted") for code in self.symptoms)
        return DeviceStatus(
            device=self.name,
            condition=self.condition,
            read_at=self._clock.now(),
            symptoms=symptoms,
            supplies=self.supplies,
        )

    async def reset(self) -> None:
        self.calls.append("reset")
        self.on_reset()

    async def identify(self) -> Identity:
        self.calls.append("identify")
        if self.identity_error is not None:
            raise self.identity_error
        return self.identity

    def show(self, condition: Condition, *symptoms: str) -> None:
        self.condition, self.symptoms = condition, symptoms

    def _check_cable(self) -> None:
        if not self.is_plugged:
            raise UnreachableError(self.name, "no such port")


async def pass_until(clock: HeldClock, fact: Callable[[], bool], *, at_most_s: float, step_s: float = 0.05) -> float:
    """Let time pass until something is true and return how long it took; an AssertionError when it takes too long."""
    began_s = clock.monotonic_s()
    while not fact():
        assert clock.monotonic_s() - began_s < at_most_s, f"not so within {at_most_s} s"
        await clock.advance(step_s)
    return clock.monotonic_s() - began_s
