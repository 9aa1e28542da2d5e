"""A reader whose speed and dialect nobody wrote down is found, soon, and found again at once."""

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from drivers.contract.errors import DeadlineError, ProtocolError, UnreachableError
from drivers.contract.status import Condition
from drivers.id_card_reader.dialects import DialectChoice
from drivers.id_card_reader.frame_codec import frame
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.sam_codec import BAUD_PARAMETERS, Dialect
from drivers.id_card_reader.simulated import BOOT_S, SimulatedReader
from tests.drivers.id_card_reader.bench import Bench
from tests.fakes.clock import FakeClock
from tests.fakes.speed_wire import SpeedMemoryWire

AUTO = SamSettings(dialect=DialectChoice.AUTO)


class SpeedBench:
    def __init__(self, far_end: SimulatedReader, settings: SamSettings = AUTO, speeds: tuple[int, ...] | None = None) -> None:
        self.clock = FakeClock()
        self.far_end = far_end
        self.wire = SpeedMemoryWire(
            far_end, device="id-card-reader", clock=self.clock, **({} if speeds is None else {"speeds": speeds})
        )
        self.reader = SamReader(name="id-card-reader", wire=self.wire, settings=settings, clock=self.clock)

    async def open_takes_s(self) -> float:
        began_s = self.clock.monotonic_s()
        await self.reader.open()
        return self.clock.monotonic_s() - began_s

    async def reads_a_card(self) -> bool:
        self.far_end.insert("resident-1", now_s=self.clock.monotonic_s())
        return (await self.reader.read_card(deadline_s=5, found=lambda: None)).number == "440804195803120027"


@pytest.mark.parametrize("baud", BAUD_PARAMETERS)
@pytest.mark.parametrize("dialect", Dialect)
async def test_a_reader_at_any_speed_in_any_dialect_is_found_and_reads(baud: int, dialect: Dialect) -> None:
    bench = SpeedBench(SimulatedReader(baud=baud, dialect=dialect))
    assert await bench.open_takes_s() < 10
    assert bench.wire.baud == baud
    assert (await bench.reader.status()).condition is Condition.READY
    assert await bench.reads_a_card()


@pytest.mark.parametrize("baud", BAUD_PARAMETERS)
async def test_at_another_speed_neither_end_understands_the_other(baud: int) -> None:
    bench = SpeedBench(SimulatedReader(baud=baud), SamSettings(), speeds=())
    if baud == bench.wire.baud:
        await bench.reader.open()
        return
    with pytest.raises((DeadlineError, ProtocolError)):
        await bench.reader.open()


async def test_what_was_found_is_found_again_at_once_and_said_once() -> None:
    bench = SpeedBench(SimulatedReader(baud=9600, dialect=Dialect.VENDOR_00))
    with capture_logs() as logs:
        first_s = await bench.open_takes_s()
        again_s = await bench.open_takes_s()
    assert again_s < 0.5 < first_s
    found = [entry for entry in logs if entry["event"] == "id_card_reader_found"]
    assert [(entry["baud"], entry["dialect"]) for entry in found] == [(9600, "vendor-00")]


async def test_a_search_that_finds_nobody_ends_in_time_and_says_what_was_tried() -> None:
    bench = SpeedBench(SimulatedReader())
    bench.far_end.give("silent", {}, now_s=bench.clock.monotonic_s())
    began_s = bench.clock.monotonic_s()
    with pytest.raises(DeadlineError, match=r"115200 in standard.*9600 in vendor-00"):
        await bench.reader.open()
    assert bench.clock.monotonic_s() - began_s < 12  # a Keeper gives an opening 15
    assert set(bench.wire.speeds_set) == set(BAUD_PARAMETERS)
    with pytest.raises(UnreachableError):
        await bench.reader.status()


async def test_a_search_over_a_wire_full_of_noise_ends_in_time_too() -> None:
    class Noisy(SimulatedReader):
        @override
        def transmit(self, *, now_s: float) -> bytes:
            super().transmit(now_s=now_s)
            return b"\xaa\xaa\xaa\x96\x69\x05\x08" + bytes(57)

    noisy = SpeedBench(Noisy())
    began_s = noisy.clock.monotonic_s()
    with pytest.raises(DeadlineError):
        await noisy.reader.open()
    assert noisy.clock.monotonic_s() - began_s < 12


async def test_a_reader_that_was_known_and_is_still_waking_up_is_ready_within_three_seconds_of_replugging() -> None:
    bench = SpeedBench(SimulatedReader(baud=9600))
    await bench.reader.open()
    bench.wire.unplug()
    with pytest.raises(UnreachableError):
        await bench.reader.status()
    await bench.clock.sleep(5)
    bench.wire.replug()
    replugged_s = bench.clock.monotonic_s()
    while True:
        try:
            await bench.reader.open()
        except DeadlineError:
            await bench.clock.sleep(0.25)
        else:
            break
    assert BOOT_S < bench.clock.monotonic_s() - replugged_s < 3


async def test_another_reader_in_its_place_is_searched_for_after_a_few_openings() -> None:
    bench = SpeedBench(SimulatedReader(baud=9600))
    await bench.reader.open()
    bench.far_end._baud = bench.far_end._power_on_baud = 57600
    for _ in range(2):
        with pytest.raises((DeadlineError, ProtocolError)):
            await bench.reader.open()
    await bench.reader.open()
    assert bench.wire.baud == 57600


async def test_unplugged_in_the_middle_of_a_search_it_is_unreachable() -> None:
    bench = SpeedBench(SimulatedReader(baud=19200))
    bench.wire.unplug()
    with pytest.raises(UnreachableError):
        await bench.reader.open()


async def test_a_slow_reader_is_switched_to_the_speed_that_is_wanted_after_every_power_cut() -> None:
    bench = SpeedBench(SimulatedReader(baud=9600), SamSettings(line_baud=115200))
    await bench.reader.open()
    assert (bench.wire.baud, bench.far_end.baud) == (115200, 115200)
    assert await bench.reads_a_card()
    bench.wire.unplug()
    bench.wire.replug()
    assert bench.far_end.baud == 9600
    await bench.clock.sleep(1)
    assert await bench.open_takes_s() < 1
    assert (bench.wire.baud, bench.far_end.baud) == (115200, 115200)
    assert await bench.open_takes_s() < 0.1  # and without a power cut it is simply still there


async def test_a_reader_that_does_not_follow_to_another_speed_is_served_at_its_own() -> None:
    class Stubborn(SimulatedReader):
        @property
        @override
        def baud(self) -> int | None:
            return 9600

    bench = SpeedBench(Stubborn(baud=9600), SamSettings(line_baud=115200))
    with capture_logs() as logs:
        await bench.reader.open()
    assert bench.wire.baud == 9600
    assert "id_card_reader_kept_its_speed" in [entry["event"] for entry in logs]
    assert await bench.reads_a_card()


async def test_on_a_line_without_a_speed_only_the_dialects_are_tried() -> None:
    bench = Bench(AUTO, far_end=SimulatedReader(dialect=Dialect.VENDOR_00))
    await bench.reader.open()
    bench.insert()
    assert (await bench.read()).number == "440804195803120027"


async def test_a_dialect_that_is_configured_is_begun_as_its_readers_want() -> None:
    bench = Bench(SamSettings(dialect=DialectChoice.VENDOR_00), far_end=SimulatedReader(dialect=Dialect.VENDOR_00))
    await bench.reader.open()
    bench.insert()
    await bench.read()


async def test_a_wrong_dialect_is_nonsense_and_no_silence() -> None:
    bench = Bench(far_end=SimulatedReader(dialect=Dialect.VENDOR_00))
    await bench.reader.open()
    with pytest.raises(ProtocolError, match="unknown command"):
        await bench.read()


async def test_the_radio_s_frame_size_is_set_where_the_configuration_says_so() -> None:
    heard: list[bytes] = []

    class Listening(SimulatedReader):
        @override
        def receive(self, payload: bytes, *, now_s: float) -> None:
            heard.append(payload)
            super().receive(payload, now_s=now_s)

    await Bench(far_end=Listening()).reader.open()
    assert not any(b"\x61\xff" in payload for payload in heard)
    await Bench(SamSettings(rf_frame_size=0x50), far_end=Listening()).reader.open()
    assert frame(b"\x61\xff\x50") in heard
