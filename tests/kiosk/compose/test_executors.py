"""What the bureau's commands do here: the rooms' own doings, and honest words where one cannot be done."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.contract.errors import UnreachableError
from kiosk.compose.bare_executors import BareHands
from kiosk.compose.executors import Hands, KioskExecutors
from kiosk.upkeep.rung import Rung
from provisioning.agent.executors import FailedError, ImpossibleError
from tests.fakes.clock import HeldClock

UNTIL = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class SimpleLine:
    """Takes every bundle."""

    def __init__(self, sent: dict[str, bytes]) -> None:
        self._sent = sent

    async def send(self, name: str, bundle: bytes) -> None:
        self._sent[name] = bundle

    async def rotate(self) -> str:
        return "another key, certified until 2027-02-20"


class Rooms:
    """Every room a command reaches into, and what was done there."""

    def __init__(self, log: Path) -> None:
        self.done: list[tuple[object, ...]] = []
        self.why: str | None = None
        self.printer_error: Exception | None = None
        self.is_external = False
        self.sent: dict[str, bytes] = {}
        self.log = log
        orders: Any = SimpleNamespace(
            show_notice=self._note("notice"),
            enter_maintenance=self._note("maintenance"),
            leave_maintenance=self._note("service"),
        )
        machine: Any = SimpleNamespace(restart=self._note("restart"))
        printer: Any = SimpleNamespace(name="receipt-printer", discard=self._discard)
        finding = SimpleNamespace(subject="camera")
        selftest: Any = SimpleNamespace(test=self._returning(SimpleNamespace(findings=(finding, finding), failed=(finding,))))
        self.executors = KioskExecutors(
            Hands(
                bare=BareHands(machine=machine, watch=self._watch, log=log),
                upkeep=self._upkeep,
                selftest=lambda: selftest,
                orders=orders,
                printers=(printer,),
            ),
            line=SimpleLine(self.sent),
            clock=HeldClock(),
        )

    def _upkeep(self) -> Any:
        async def do(device: str, rung: Rung) -> str | None:
            if device != "camera":
                raise KeyError(device)
            self.done.append((device, rung))
            return self.why

        return SimpleNamespace(do=do)

    def _watch(self) -> Any:
        return SimpleNamespace(restart=lambda: not self.is_external)

    def _note(self, what: str) -> Callable[..., None]:
        return lambda *arguments: self.done.append((what, *arguments))

    @staticmethod
    def _returning(answer: object) -> Any:
        async def answers() -> object:
            return answer

        return answers

    async def _discard(self) -> None:
        if self.printer_error is not None:
            raise self.printer_error
        self.done.append(("discard",))


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path)


async def test_a_self_test_says_what_is_not_well(rooms: Rooms) -> None:
    assert await rooms.executors.self_test() == "2 looked at, not well: camera"


async def test_a_device_is_reopened_and_its_power_taken(rooms: Rooms) -> None:
    await rooms.executors.reopen_device("camera")
    await rooms.executors.power_cycle_device("camera")
    assert rooms.done == [("camera", Rung.REOPEN), ("camera", Rung.POWER_CYCLE_PORT)]


async def test_a_device_that_is_not_there_is_named(rooms: Rooms) -> None:
    with pytest.raises(ImpossibleError, match="there is no fax here"):
        await rooms.executors.reopen_device("fax")


async def test_a_hub_that_cannot_switch_says_so(rooms: Rooms) -> None:
    rooms.why = "nothing here switches its power"
    with pytest.raises(ImpossibleError, match="nothing here switches"):
        await rooms.executors.power_cycle_device("camera")


async def test_a_display_somebody_else_starts_is_left_alone(rooms: Rooms) -> None:
    assert await rooms.executors.restart_display() == ""
    rooms.is_external = True
    with pytest.raises(ImpossibleError, match="external"):
        await rooms.executors.restart_display()


async def test_a_machine_without_systemd_is_not_started_anew(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.compose.bare_executors.SYSTEMD", rooms.log / "none")
    with pytest.raises(ImpossibleError, match="systemd"):
        await rooms.executors.restart_machine()


async def test_every_queue_is_emptied_or_the_printer_named(rooms: Rooms) -> None:
    assert await rooms.executors.purge_print_queue() == "receipt-printer"
    rooms.printer_error = UnreachableError("receipt-printer", "cable pulled")
    with pytest.raises(FailedError, match="receipt-printer: cable pulled"):
        await rooms.executors.purge_print_queue()


async def test_the_log_goes_out_as_a_bundle_under_the_commands_id(rooms: Rooms) -> None:
    said = await rooms.executors.send_logs("c-7", 65_536)
    assert rooms.sent["c-7"].startswith(b"PK")
    assert said.startswith(f"{len(rooms.sent['c-7'])} bytes, 0 lines")


async def test_what_lasts_until_a_moment_is_handed_to_the_standing_orders(rooms: Rooms) -> None:
    await rooms.executors.show_notice("明天停电", UNTIL)
    await rooms.executors.enter_maintenance(UNTIL, "new rollers")
    await rooms.executors.leave_maintenance()
    await rooms.executors.restart_core()
    assert rooms.done == [
        ("notice", "明天停电", UNTIL),
        ("maintenance", UNTIL, "new rollers"),
        ("service",),
        ("restart", "command"),
    ]
