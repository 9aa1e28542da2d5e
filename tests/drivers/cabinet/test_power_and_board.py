"""What a power supply and a board tell becomes what the catalogue of faults knows."""

import time
from pathlib import Path

import pytest
import structlog

from drivers.cabinet.board import Board, BoardSettings
from drivers.cabinet.simulated_board import SimulatedBoard
from drivers.cabinet.simulated_ups import SimulatedMegatecUps, SimulatedNutUps
from drivers.cabinet.ups_health import UpsLimits, UpsReading, symptoms_of
from drivers.cabinet.ups_megatec import MegatecUps, MegatecUpsSettings
from drivers.cabinet.ups_nut import NutUps, NutUpsSettings
from drivers.catalog import create
from drivers.contract.cabinet import CabinetPart
from drivers.contract.errors import ProtocolError, UnreachableError
from drivers.contract.status import Condition
from drivers.rig.pty_cable import PtyCable
from drivers.rig.tcp_cable import TcpCable
from drivers.transport.far_end import FarEnd
from kiosk.clock import SystemClock
from tests.drivers.contract_suite.cabinet import Bench
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole


def _nut(settings: NutUpsSettings | None = None) -> Bench:
    clock, far_end = FakeClock(), SimulatedNutUps()
    wire = whole(far_end, clock=clock)
    part = NutUps(name="ups", wire=wire, settings=settings or NutUpsSettings(), clock=clock)
    return Bench(part=part, wire=wire, far_end=far_end, clock=clock)


async def _megatec() -> Bench:
    clock, far_end = FakeClock(), SimulatedMegatecUps()
    wire = whole(far_end, clock=clock)
    part = MegatecUps(name="ups", wire=wire, settings=MegatecUpsSettings(), clock=clock)
    await part.open()
    return Bench(part=part, wire=wire, far_end=far_end, clock=clock)


async def _board(**settings: object) -> Bench:
    clock, far_end = FakeClock(), SimulatedBoard()
    wire = whole(far_end, clock=clock)
    part = Board(name="board", wire=wire, settings=BoardSettings.model_validate(settings), clock=clock)
    await part.open()
    return Bench(part=part, wire=wire, far_end=far_end, clock=clock)


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("mains-lost", ["cabinet.mains_lost"]),
        ("battery-low", ["cabinet.battery_low", "cabinet.mains_lost"]),
        ("battery-bad", ["cabinet.battery_bad"]),
        ("overload", ["cabinet.overload"]),
        ("ups-failed", ["cabinet.ups_failed"]),
    ],
)
async def test_what_a_supply_behind_upsd_tells_is_named(fault: str, codes: list[str]) -> None:
    bench = _nut()
    await bench.part.open()
    bench.give(fault)
    assert await bench.codes() == codes
    assert (await bench.part.status()).condition is Condition.DEGRADED


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("mains-lost", ["cabinet.mains_lost"]),
        ("battery-low", ["cabinet.battery_low", "cabinet.mains_lost"]),
        ("overload", ["cabinet.overload"]),
        ("ups-failed", ["cabinet.ups_failed"]),
    ],
)
async def test_what_a_supply_on_a_serial_line_tells_is_named(fault: str, codes: list[str]) -> None:
    bench = await _megatec()
    bench.give(fault)
    assert await bench.codes() == codes


async def test_charge_time_left_and_voltage_are_measured() -> None:
    bench = _nut()
    await bench.part.open()
    bench.give("mains-lost", charge="50")
    measured = {each.name: f"{each.value:g} {each.unit}" for each in (await bench.part.status()).measurements}
    assert measured["battery"] == "50 %"
    assert measured["runtime"] == "1200 s"
    assert measured["input"] == "0 V"


async def test_a_battery_that_runs_down_is_low_before_the_supply_says_so() -> None:
    bench = _nut(NutUpsSettings(low_charge_percent=30))
    await bench.part.open()
    bench.give("mains-lost", charge="31")
    assert await bench.codes() == ["cabinet.mains_lost"]
    bench.give("mains-lost", charge="29")
    assert await bench.codes() == ["cabinet.battery_low", "cabinet.mains_lost"]


def test_an_empty_battery_on_mains_is_being_charged_and_no_fault() -> None:
    limits = UpsLimits(low_charge_percent=20, low_runtime_s=180)
    assert symptoms_of(UpsReading(is_on_battery=False, battery_is_low=True, charge_percent=3, runtime_s=20), limits) == ()


async def test_a_supply_away_from_upsd_is_unreachable_and_not_fine() -> None:
    bench = _nut()
    bench.give("supply-away")
    with pytest.raises(UnreachableError, match="DATA-STALE about 'ups'"):
        await bench.part.open()
    with pytest.raises(UnreachableError, match="UNKNOWN-UPS about 'other'"):
        await _nut(NutUpsSettings(ups="other")).part.open()


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("door-open", ["cabinet.door_open"]),
        ("hot", ["cabinet.too_hot"]),
        ("cold", ["cabinet.too_cold"]),
        ("sensor-broken", ["cabinet.sensor_failed"]),
    ],
)
async def test_door_and_temperature_are_named(fault: str, codes: list[str]) -> None:
    bench = await _board()
    bench.give(fault)
    assert await bench.codes() == codes
    assert ("temperature" in [each.name for each in (await bench.part.status()).measurements]) is (fault != "sensor-broken")


@pytest.mark.parametrize(
    ("celsius", "codes"), [("54.9", []), ("55", ["cabinet.too_hot"]), ("-4.9", []), ("-5.1", ["cabinet.too_cold"])]
)
async def test_the_limits_are_those_of_the_settings(celsius: str, codes: list[str]) -> None:
    bench = await _board(hot_from_c=55, cold_below_c=-5)
    bench.give("hot", celsius=celsius)
    assert await bench.codes() == codes


async def test_a_door_switch_the_other_way_round_is_a_setting() -> None:
    bench = await _board(door_is_open_when=False, has_temperature=False)
    assert await bench.codes() == ["cabinet.door_open"]
    assert (await bench.part.status()).measurements == ()
    bench.give("door-open")
    assert await bench.codes() == []


async def test_a_board_that_refuses_is_nonsense_and_says_why() -> None:
    bench = await _board()
    bench.give("refuses")
    with pytest.raises(ProtocolError, match="illegal address"):
        await bench.part.status()
    bench.give("refuses", times="1")
    assert await bench.codes() == []


async def test_a_damaged_answer_is_asked_for_again() -> None:
    bench = await _board()
    bench.give("wrong-crc", times="1")
    assert await bench.codes() == []
    bench.give("wrong-crc")
    with pytest.raises(ProtocolError):
        await bench.part.status()


async def test_lost_and_found_are_logged_once_each() -> None:
    for bench in (await _board(), await _megatec()):
        with structlog.testing.capture_logs() as logs:
            bench.wire.unplug()
            for _ in range(3):
                with pytest.raises(UnreachableError):
                    await bench.part.status()
            bench.wire.replug()
            await bench.part.open()
            await bench.part.status()
        assert [log["event"].rpartition("_")[2] for log in logs] == ["lost", "back"]


@pytest.mark.parametrize(
    ("driver", "far_end"),
    [("cabinet/ups_megatec", SimulatedMegatecUps()), ("cabinet/board", SimulatedBoard())],
    ids=["ups", "board"],
)
async def test_over_a_real_serial_line_a_status_takes_less_than_a_second(tmp_path: Path, driver: str, far_end: FarEnd) -> None:
    cable = PtyCable(far_end, link=tmp_path / "ttyCABINET")
    await cable.plug()
    part = create(driver, name="part", port=cable.port, settings={}, clock=SystemClock())
    await _is_well_and_notices_the_cable(part, cable)


async def test_over_real_tcp_a_status_takes_less_than_a_second() -> None:
    cable = TcpCable(SimulatedNutUps(), number=0)
    await cable.plug()
    part = create("cabinet/ups_nut", name="part", port=cable.port, settings={}, clock=SystemClock())
    await _is_well_and_notices_the_cable(part, cable)


async def _is_well_and_notices_the_cable(part: CabinetPart, cable: PtyCable | TcpCable) -> None:
    await part.open()
    began_s = time.monotonic()
    assert (await part.status()).condition is Condition.READY
    assert time.monotonic() - began_s < 1
    await cable.unplug()
    with pytest.raises(UnreachableError):
        await part.status()
    await cable.plug()
    await part.close()
    await part.open()
    assert (await part.status()).condition is Condition.READY
    await part.close()
    await cable.dispose()
