"""What is particular to scan engines: their registers, their light, and what their silence means."""

import tracemalloc

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.samples import SAMPLES
from drivers.code_scanner.scanner_health import DAMAGED_FROM, UNREAD_FROM
from drivers.code_scanner.serial_engine import SerialEngine, SerialEngineSettings
from drivers.code_scanner.simulated import FACTORY, SimulatedScanner
from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.memory import MemoryWire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole

IDENTITY = SAMPLES["phone-identity-1"]


class Bench:
    def __init__(self, settings: SerialEngineSettings | None = None, *, model: str = "gm65") -> None:
        self.clock = FakeClock()
        self.far_end = SimulatedScanner(model=model)
        self.wire: MemoryWire = whole(self.far_end, clock=self.clock)
        self.scanner = SerialEngine(
            name="code-scanner", wire=self.wire, settings=settings or SerialEngineSettings(model=model), clock=self.clock
        )

    def hold(self, sample: str = "phone-identity-1") -> None:
        self.far_end.insert(sample, now_s=self.clock.monotonic_s())

    def give(self, fault: str, **options: object) -> None:
        self.far_end.give(fault, {key: str(value) for key, value in options.items()}, now_s=self.clock.monotonic_s())

    def clear(self) -> None:
        self.far_end.clear(None, now_s=self.clock.monotonic_s())

    async def read(self, deadline_s: float = 5) -> str:
        return (await self.scanner.read_code(deadline_s=deadline_s)).content


def codes(status: DeviceStatus) -> tuple[str, ...]:
    return tuple(symptom.code for symptom in status.symptoms)


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.scanner.open()
    return bench


@pytest.mark.parametrize("key", ["model", "ending", "charset", "gap_s", "reply_deadline_s", "does_save", "nonsense"])
def test_a_setting_that_is_unknown_or_out_of_range_is_refused_by_name(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SerialEngineSettings.model_validate({key: 99})
    assert caught.value.errors()[0]["loc"] == (key,)


async def test_the_status_says_the_line_speed_that_the_engine_names(bench: Bench) -> None:
    assert (await bench.scanner.status()).evidence == "baud register 39 01 (9600)"


@pytest.mark.parametrize("sample", ["phone-identity-1", "phone-payment-1", "receipt-qr", "chinese-text"])
async def test_every_sample_of_a_phone_or_a_receipt_is_read(bench: Bench, sample: str) -> None:
    bench.hold(sample)
    assert await bench.read() == SAMPLES[sample]


@pytest.mark.parametrize("sample", ["too-long", "several-lines", "control-characters"])
async def test_every_hostile_sample_is_refused(bench: Bench, sample: str) -> None:
    bench.hold(sample)
    with pytest.raises(RefusedError):
        await bench.read()


async def test_an_engine_as_delivered_is_set_to_read_on_command_and_only_those_bits_are_touched() -> None:
    bench = Bench()
    assert FACTORY[0x0000] & 0x03 == 0
    await bench.scanner.open()
    assert bench.far_end._registers[0x0000] == FACTORY[0x0000] | 0x01
    assert bench.far_end._registers[0x0003] == FACTORY[0x0003] | 0x02


async def test_what_was_set_is_saved_only_where_the_configuration_says_so() -> None:
    for does_save in (False, True):
        bench = Bench(SerialEngineSettings(does_save=does_save))
        await bench.scanner.open()
        assert (bench.far_end._kept != FACTORY) is does_save


async def test_a_setup_code_that_somebody_shows_changes_nothing(bench: Bench) -> None:
    bench.hold("setup-code")
    assert await bench.read() == SAMPLES["setup-code"]  # a text like any other
    bench.hold()
    assert await bench.read() == IDENTITY
    assert bench.far_end.holding()["输出"] == "串口"


async def test_an_engine_that_lost_its_power_for_a_moment_is_set_again_by_the_next_status(bench: Bench) -> None:
    bench.give("forgets")
    bench.hold()
    with pytest.raises(DeadlineError, match="nobody showed a code"):
        await bench.read()
    assert (await bench.scanner.status()).condition is Condition.READY
    assert await bench.read() == IDENTITY


async def test_falling_silent_while_waiting_is_noticed_within_three_seconds(bench: Bench) -> None:
    bench.give("silent")
    began_s = bench.clock.monotonic_s()
    with pytest.raises(DeadlineError, match="no answer"):
        await bench.read(deadline_s=60)
    assert bench.clock.monotonic_s() - began_s < 3


async def test_one_lost_or_damaged_answer_is_asked_for_again(bench: Bench) -> None:
    bench.give("wrong-crc", times=1)
    assert (await bench.scanner.status()).condition is Condition.READY
    bench.give("wrong-crc", times=1)
    bench.hold()
    assert await bench.read() == IDENTITY


async def test_answers_that_are_damaged_again_and_again_are_nonsense(bench: Bench) -> None:
    bench.give("wrong-crc")
    with pytest.raises(ProtocolError):
        await bench.scanner.status()
    with pytest.raises(ProtocolError):
        await bench.read(deadline_s=60)


async def test_noise_without_end_is_nonsense_and_leaves_no_memory_behind(bench: Bench) -> None:
    tracemalloc.start()
    bench.give("garbage", bytes=200_000)
    with pytest.raises(ProtocolError, match="never fell silent"):
        await bench.read(deadline_s=100)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    assert held < 1_000_000


async def test_late_answers_are_waited_for_and_mixed_up_with_nothing(bench: Bench) -> None:
    bench.give("late", delay_s=0.3)
    for _ in range(5):
        assert (await bench.scanner.status()).condition is Condition.READY
        bench.hold()
        assert await bench.read() == IDENTITY
    assert bench.far_end._registers[0x0000] == FACTORY[0x0000] | 0x01


async def test_an_engine_without_terminators_says_so_after_a_few_codes(bench: Bench) -> None:
    bench.give("no-terminator")
    bench.hold()
    with pytest.raises(DeadlineError):
        await bench.read(deadline_s=20)
    status = await bench.scanner.status()
    assert (status.condition, codes(status)) == (Condition.DEGRADED, ("scanner.noisy",))


async def test_the_same_engine_is_read_once_it_is_configured_so() -> None:
    bench = Bench(SerialEngineSettings.model_validate({"ending": "silence"}))
    await bench.scanner.open()
    bench.give("no-terminator")
    bench.hold()
    assert await bench.read() == IDENTITY


async def test_many_waits_in_a_row_without_a_code_point_at_the_glass_and_one_code_clears_it(bench: Bench) -> None:
    bench.give("never-triggers")
    bench.hold()
    for _ in range(UNREAD_FROM):
        assert codes(await bench.scanner.status()) == ()
        with pytest.raises(DeadlineError):
            await bench.read(deadline_s=2)
    assert codes(await bench.scanner.status()) == ("scanner.reads_nothing",)
    bench.clear()
    assert await bench.read() == IDENTITY
    assert codes(await bench.scanner.status()) == ()


async def test_damaged_codes_point_at_the_line_until_a_reset(bench: Bench) -> None:
    bench.give("control-characters")
    bench.hold()
    for _ in range(DAMAGED_FROM):
        with pytest.raises(RefusedError):
            await bench.read()
    assert codes(await bench.scanner.status()) == ("scanner.noisy",)
    await bench.scanner.reset()
    assert codes(await bench.scanner.status()) == ()


@pytest.mark.parametrize("model", ["honeywell", "plain"])
async def test_an_engine_that_cannot_be_asked_is_unreachable_when_its_port_is_gone(model: str) -> None:
    bench = Bench(model=model)
    await bench.scanner.open()
    bench.wire.unplug()
    with pytest.raises(UnreachableError):
        await bench.scanner.status()


async def test_lost_and_found_are_logged_once_each() -> None:
    bench = Bench()
    with capture_logs() as logs:
        await bench.scanner.open()
        bench.wire.unplug()
        for _ in range(5):
            with pytest.raises(UnreachableError):
                await bench.scanner.status()
        bench.wire.replug()
        await bench.clock.sleep(1)
        await bench.scanner.open()
        await bench.scanner.close()
        await bench.scanner.open()
    assert [entry["event"] for entry in logs] == ["code_scanner_lost", "code_scanner_back"]


async def test_nothing_of_a_code_reaches_the_log_or_an_error(bench: Bench) -> None:
    with capture_logs() as logs:
        for fault in (None, "control-characters", "cut-code", "flood", "no-terminator"):
            bench.hold()
            if fault:
                bench.give(fault)
            try:
                await bench.read(deadline_s=3)
            except (RefusedError, DeadlineError, ProtocolError) as error:
                logs.append({"event": repr(error), "log_level": "error"})
            bench.clear()
    written = repr(logs)
    assert "code_read" in written
    assert "code_refused" in written
    assert not any(IDENTITY[n : n + 6] in written for n in range(len(IDENTITY) - 6))


def test_the_trigger_is_the_one_of_the_manual_with_its_crc() -> None:
    assert gm65_codec.write(gm65_codec.TRIGGER, b"\x01").hex(" ").upper() == "7E 00 08 01 00 02 01 02 DA"
