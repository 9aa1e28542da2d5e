"""The photo's decoder: a real library in a process of its own, that may do what it likes there."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from structlog.testing import capture_logs

from drivers.contract.status import Condition
from drivers.id_card_reader import photo_codec, photo_decoder_process
from drivers.id_card_reader.photo_codec import HEIGHT_PX, PIXELS_LENGTH, WIDTH_PX, is_photo, png_of
from drivers.id_card_reader.photo_decoder import CODE, REST_S, LibraryDecoder
from drivers.id_card_reader.sam import SamSettings
from drivers.id_card_reader.samples import sample_photo
from drivers.transport.helper_process import HelperFailedError, HelperProcess
from tests.drivers.id_card_reader.bench import Bench
from tests.fakes.clock import HeldClock

PHOTO = sample_photo("resident-1")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = Path(__file__).with_name("photo_library.c")
    built = tmp_path_factory.mktemp("photo") / "libphoto.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O0", "-w", "-o", str(built), str(source)], check=True)
    return built


class Decoding:
    def __init__(self, library: Path, symbol: str, *, deadline_s: float = 5) -> None:
        self.clock = HeldClock()
        self.decoder = LibraryDecoder(library, symbol=symbol, device="r", deadline_s=deadline_s, clock=self.clock)

    def details(self) -> list[str]:
        assert {symptom.code for symptom in self.decoder.symptoms()} <= {CODE}
        return [symptom.detail for symptom in self.decoder.symptoms()]


@pytest.fixture
async def ended() -> AsyncIterator[list[LibraryDecoder]]:
    """Decoders to stop at the end of a test."""
    decoders: list[LibraryDecoder] = []
    yield decoders
    for decoder in decoders:
        await decoder.stop()


def pixel(png: bytes, x: int, y: int) -> object:
    with Image.open(BytesIO(png)) as image:
        assert (image.size, image.mode, image.format) == ((WIDTH_PX, HEIGHT_PX), "RGB", "PNG")
        return image.getpixel((x, y))


@pytest.mark.parametrize("symbol", ["unpack", "with_two_arguments", "talks"])
async def test_a_photo_becomes_a_picture_with_red_blue_and_rows_in_their_places(
    library: Path, symbol: str, ended: list[LibraryDecoder]
) -> None:
    decoding = Decoding(library, symbol)
    ended.append(decoding.decoder)
    await decoding.decoder.start()
    for photo in (PHOTO, sample_photo("hkmt-1"), PHOTO):
        png = await decoding.decoder.decode(photo)
        for x, y in ((0, 0), (101, 0), (0, 125), (101, 125)):
            at = (y * WIDTH_PX + x) * 3
            blue, green, red = (photo[(at + n) % 1024] for n in range(3))
            assert pixel(png, x, y) == (red, green, blue)
    assert decoding.details() == []


@pytest.mark.parametrize(
    ("symbol", "detail"),
    [
        ("crashes", "was ended by signal 11"),
        ("aborts", "was ended by signal 6"),
        ("leaves", "ended by itself with code 0"),
        ("hangs", "did not answer within 0.3 s"),
        ("overruns", "the library wrote too much"),
        ("scribbles", "answered nonsense"),
        ("blank", "every pixel of the picture is alike"),
        ("no_such_function", "the library has no such function"),
    ],
)
async def test_a_library_that_goes_wrong_is_a_symptom_and_costs_the_picture_alone(
    library: Path, symbol: str, detail: str, ended: list[LibraryDecoder]
) -> None:
    decoding = Decoding(library, symbol, deadline_s=0.3)
    ended.append(decoding.decoder)
    assert await decoding.decoder.decode(PHOTO) == b""
    assert len(decoding.details()) == 1
    assert detail in decoding.details()[0]


async def test_a_library_that_is_not_there_is_known_as_soon_as_the_reader_opens(tmp_path: Path) -> None:
    decoding = Decoding(tmp_path / "libnowhere.so", "unpack")
    await decoding.decoder.start()
    assert decoding.details() == ["the library could not be loaded"]


async def test_one_crash_is_forgotten_when_the_next_photo_is_decoded(library: Path, ended: list[LibraryDecoder]) -> None:
    decoding = Decoding(library, "crashes_sometimes")
    ended.append(decoding.decoder)
    with capture_logs() as logs:
        assert await decoding.decoder.decode(b"\xff" * 1024) == b""
        assert decoding.details()
        assert await decoding.decoder.decode(PHOTO)
        assert decoding.details() == []
    assert [entry["event"] for entry in logs] == ["photo_decoder_failed", "photo_decoder_works_again"]


async def test_a_library_that_keeps_hanging_is_not_waited_for_again_and_again(library: Path) -> None:
    decoding = Decoding(library, "hangs", deadline_s=0.1)
    for _ in range(3):
        await decoding.decoder.decode(PHOTO)
    began_s = time.monotonic()
    for _ in range(100):
        assert await decoding.decoder.decode(PHOTO) == b""
    assert time.monotonic() - began_s < 0.1
    assert decoding.details()
    await decoding.clock.advance(REST_S + 1)
    began_s = time.monotonic()
    await decoding.decoder.decode(PHOTO)
    assert time.monotonic() - began_s > 0.1
    await decoding.decoder.stop()


async def test_one_photo_that_is_refused_is_the_card_s_and_three_in_a_row_are_the_library_s(
    library: Path, ended: list[LibraryDecoder]
) -> None:
    decoding = Decoding(library, "refuses")
    ended.append(decoding.decoder)
    for _ in range(2):
        assert await decoding.decoder.decode(PHOTO) == b""
    assert decoding.details() == []
    assert await decoding.decoder.decode(PHOTO) == b""
    assert decoding.details() == ["3 photos in a row were refused"]


@pytest.mark.parametrize("photo", [b"", bytes(1024), b"\x01" * 1023, b"\x01" * 1025])
async def test_what_is_no_photo_is_not_shown_to_the_library(library: Path, photo: bytes) -> None:
    decoding = Decoding(library, "crashes")
    assert await decoding.decoder.decode(photo) == b""
    assert decoding.details() == []
    assert not is_photo(photo)


async def test_stopping_ends_the_process_and_twice_is_fine(library: Path) -> None:
    decoding = Decoding(library, "unpack")
    await decoding.decoder.start()
    process = decoding.decoder._helper._process
    assert process is not None
    await decoding.decoder.stop()
    await decoding.decoder.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_a_cancelled_decoding_leaves_no_process_and_the_next_one_works(library: Path, ended: list[LibraryDecoder]) -> None:
    decoding = Decoding(library, "hangs")
    await decoding.decoder.start()
    process = decoding.decoder._helper._process
    assert process is not None
    task = asyncio.create_task(decoding.decoder.decode(PHOTO))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    works = Decoding(library, "unpack")
    ended.append(works.decoder)
    assert await works.decoder.decode(PHOTO)


async def test_the_process_gets_no_environment_and_leaves_no_core(library: Path) -> None:
    decoding = Decoding(library, "unpack")
    await decoding.decoder.start()
    process = decoding.decoder._helper._process
    assert process is not None
    about = await asyncio.to_thread(about_process, process.pid)
    assert about == (b"", True)
    await decoding.decoder.stop()


def about_process(pid: int) -> tuple[bytes, bool]:
    """Its environment, and whether it may leave no core."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    return Path(f"/proc/{pid}/environ").read_bytes(), "Max core file size        0 " in limits


def bench_with(library: Path, symbol: str = "unpack") -> Bench:
    return Bench(SamSettings(photo_decoder=library, photo_decoder_symbol=symbol, photo_deadline_s=0.5))


async def test_a_card_comes_with_its_picture(library: Path) -> None:
    bench = bench_with(library)
    await bench.reader.open()
    bench.insert()
    card = await bench.read()
    assert card.picture == png_of((PHOTO * 38)[:PIXELS_LENGTH])
    assert card.picture.hex()[:200] not in repr(card)
    assert (await bench.reader.status()).condition is Condition.READY
    await bench.reader.close()
    await bench.reader.close()


async def test_without_a_decoder_the_card_is_whole_but_for_the_picture() -> None:
    bench = Bench()
    await bench.reader.open()
    bench.insert()
    card = await bench.read()
    assert (card.picture, card.photo) == (b"", PHOTO)


@pytest.mark.parametrize("symbol", ["crashes", "hangs", "scribbles"])
async def test_a_broken_decoder_is_a_worse_reader_and_no_outage_until_it_is_reset(library: Path, symbol: str) -> None:
    bench = bench_with(library, symbol)
    await bench.reader.open()
    for _ in range(2):
        bench.insert()
        card = await bench.read()
        assert (card.number, card.picture) == ("440804195803120027", b"")
    status = await bench.reader.status()
    assert status.condition is Condition.DEGRADED
    assert [symptom.code for symptom in status.symptoms] == [CODE]
    await bench.reader.reset()
    assert await bench.codes() == ()
    await bench.reader.close()


async def test_a_reader_opens_though_its_decoder_does_not(tmp_path: Path) -> None:
    bench = bench_with(tmp_path / "libnowhere.so")
    await bench.reader.open()
    assert await bench.codes() == (CODE,)
    bench.insert()
    assert (await bench.read()).number == "440804195803120027"
    await bench.reader.close()


def test_both_ends_of_the_pipe_agree_on_the_sizes() -> None:
    assert (photo_decoder_process.PHOTO_LENGTH, photo_decoder_process.PIXELS_LENGTH) == (1024, 38556)
    assert (photo_codec.PHOTO_LENGTH, photo_codec.PIXELS_LENGTH) == (1024, 38556)


def test_the_process_can_be_started_by_its_module_name(library: Path) -> None:
    question = len(PHOTO).to_bytes(4, "big") + PHOTO
    command = ["python3", "-m", "drivers.id_card_reader.photo_decoder_process", str(library), "unpack"]
    done = subprocess.run(command, input=question * 2, capture_output=True, timeout=20, check=True)
    assert done.stdout[:9] == b"\x00\x00\x00\x05ready"
    assert len(done.stdout) == 9 + 2 * (4 + PIXELS_LENGTH)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_pixels_are_refused(pixels: bytes) -> None:
    with pytest.raises(ValueError, match="38556"):
        png_of(pixels)


async def test_a_helper_that_cannot_be_started_or_was_not_says_so() -> None:
    helper = HelperProcess("/no/such/program", longest_answer=10)
    with pytest.raises(HelperFailedError, match="did not start: No such file"):
        await helper.start(deadline_s=5)
    with pytest.raises(HelperFailedError, match="is not running"):
        await helper.ask(b"?", deadline_s=5)
    assert not helper.is_running


ORPHANING = """
import subprocess, sys, time
helper = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
helper.stdout.read(9)
helper.stdin.write((1024).to_bytes(4, "big") + b"x" * 1024)
helper.stdin.flush()
print(helper.pid, flush=True)
time.sleep(600)
"""


def test_a_hanging_library_does_not_outlive_a_core_that_is_killed(library: Path) -> None:
    helper = [sys.executable, "-I", "-S", photo_decoder_process.__file__, str(library), "hangs"]
    with subprocess.Popen([sys.executable, "-c", ORPHANING, *helper], stdout=subprocess.PIPE) as core:
        assert core.stdout is not None
        pid = int(core.stdout.readline())
        os.kill(pid, 0)
        core.kill()
    until_s = time.monotonic() + 10
    while _is_alive(pid):
        assert time.monotonic() < until_s
        time.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
