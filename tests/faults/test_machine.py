"""Rows about the machine itself, seen from within one loop: a helper that hangs, clocks that jump, people who walk away."""

import asyncio
import gc
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from kiosk.display.vocabulary.intent import Decline, GoHome, OpenTextSizes, Proceed, SetTextSize
from kiosk.visit.model import Facing
from kiosk.visit.stages.facing import FACE_S
from tests.fakes.pcsc import private_pcsc
from tests.faults.row import Row
from tests.faults.traces import assert_nothing_personal
from tests.whole.clock import LeapingClock
from tests.whole.kiosk import WholeKiosk, whole_kiosk

pytestmark = [pytest.mark.fault, pytest.mark.timeout(150)]

PHOTO_LIBRARY = Path(__file__).parents[1] / "drivers" / "id_card_reader" / "photo_library.c"
IN_FLEET_S = 2.0
PHOTO_DEADLINE_S = 1.0
"""Seconds a photo may take, as the reader's settings have it by default."""


# --- F60: a driver's process hangs ---


@pytest.fixture(scope="session")
def photo_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("photo") / "libphoto.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O0", "-w", "-o", str(built), str(PHOTO_LIBRARY)], check=True)
    return built


@pytest.mark.fault("F60")
async def test_a_photo_decoder_that_hangs_is_killed_and_started_anew_and_the_card_is_read_all_the_same(
    row: Row, folder: Path, broker_port: int, photo_library: Path
) -> None:
    settings = {"id-card-reader": {"photo_decoder": str(photo_library)}}
    async with whole_kiosk(folder, broker_port=broker_port, settings=settings) as kiosk:
        (hung,) = _decoders()
        await kiosk.walk_to("put_card")
        os.kill(hung, signal.SIGSTOP)
        row.injected("SIGSTOP to the photo decoder's process")
        kiosk.lay("id-card-reader", "resident-1")
        took_s = await kiosk.page("confirm")
        row.page("confirm: the card is read without its picture")
        assert took_s < PHOTO_DEADLINE_S + 4
        heard = await kiosk.ear.fault("reader.photo_decoder_failed", within_s=PHOTO_DEADLINE_S + IN_FLEET_S)
        row.seen(heard.at_s)
        assert not _is_alive(hung)
        assert {each.condition for each in kiosk.devices_but("id-card-reader")} == {"READY"}

        row.mended()
        kiosk.touch(Proceed())
        await kiosk.page("take_receipt")
        kiosk.touch(Proceed())
        kiosk.take("id-card-reader")
        await _go_home(kiosk)
        await kiosk.walk_to("confirm")
        (fresh,) = _decoders()
        assert fresh != hung
        cleared = await kiosk.ear.cleared("reader.photo_decoder_failed")
        row.healed(cleared.at_s)
        await _go_home(kiosk)
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F60")
async def test_a_thread_that_hangs_in_a_library_is_given_up_and_replaced_and_no_other_device_notices(
    row: Row, kiosk: WholeKiosk
) -> None:
    ours = private_pcsc().socket.parents[1]  # a demo of another test may run one of its own below this process
    (daemon,) = _children("pcscd", bytes(ours))
    os.kill(daemon, signal.SIGSTOP)
    try:
        row.injected("SIGSTOP to pcscd: every call of its library hangs")
        await kiosk.ear.fault("smartcard.silent", within_s=30)
        row.seen()
        assert {each.condition for each in kiosk.devices_but("smartcard-reader")} == {"READY"}
        await kiosk.walk_to("confirm")
        row.page("confirm: the other ways to say who one is serve on")
        await _go_home(kiosk)
    finally:
        os.kill(daemon, signal.SIGCONT)
    row.mended()
    cleared = await kiosk.ear.cleared("smartcard.silent", within_s=30)
    row.healed(cleared.at_s)


# --- F62: clocks jump ---

JUMPS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=3653), timedelta(days=-7306), timedelta(days=3653))
"""By which the wall clock is set wrong, one after the other, at every page."""
BEFORE_THE_WARNING_S = 50.0
"""Seconds of silence that pass at once; the ten that are left have to be lived through with the clock jumping."""


@pytest.mark.fault("F62")
async def test_a_wall_clock_that_jumps_moves_no_timer_and_breaks_no_order(row: Row, folder: Path, broker_port: int) -> None:
    clock = LeapingClock(boots_at=datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC))
    async with whole_kiosk(folder, broker_port=broker_port, clock=clock) as kiosk:
        row.injected("1970 at boot, then -20 y to +10 y in the middle of a visit")
        for page, by in zip(("catalogue", "guide", "put_card", "confirm"), JUMPS[1:], strict=True):
            await kiosk.walk_on(page)
            clock.set_wall(by)
            await _lives_on()
            assert kiosk.glass.page == page
        kiosk.touch(Proceed())
        clock.set_wall(JUMPS[0])
        await kiosk.page("take_receipt")
        row.seen()
        row.page("no page changed: the visit ends with a receipt")
        kiosk.take("id-card-reader")
        await _go_home(kiosk)

        await kiosk.walk_to("put_card")
        clock.leap(BEFORE_THE_WARNING_S)
        for by in JUMPS:
            clock.set_wall(by)
            await _lives_on()
            assert kiosk.glass.page == "put_card"
        took_s = await kiosk.page("still_there", within_s=12)
        assert took_s > 60 - BEFORE_THE_WARNING_S - len(JUMPS) * LIVED_ON_S - 2
        kiosk.touch(GoHome())
        await kiosk.page("attract")
        row.healed()

        numbered = [body for kind, body in kiosk.ear.bodies if kind in {"fault", "event", "status"}]
        assert len(numbered) > 10
        order = list(dict.fromkeys(body["seq"] for body in numbered))  # no fleet acknowledges here: some are said twice
        assert all(earlier < later for earlier, later in pairwise(order))
        assert {body["clock_trusted"] for _, body in kiosk.ear.bodies if "clock_trusted" in body} == {False}
        assert len({body["at"][:4] for body in numbered}) > 1
        row.note(f"{len(numbered)} messages in the order of their numbers, every one says that its clock is not confirmed")
        assert_nothing_personal(kiosk)


# --- F69: a villager walks away ---

ASKED_AFTER_S, WIPED_AFTER_S = 60.0, 30.0
SLACK_S = 14.0
"""Seconds left to a countdown when it is looked at: a busy machine takes some of them itself."""
"""U7: after so many seconds without a touch the page asks, and after so many more everything is wiped."""
WIPED_WITHIN_S = 1.0
"""U8."""
SERVICE_OF = {"face": "pension_qualification", "pay": "medical_insurance_payment", "scan": "reimbursement_papers"}
PAGES_WITH_HER = ("confirm", "face", "scan", "pay")
"""Pages on which the kiosk knows who she is and nothing has been handed in."""


@pytest.mark.fault("F69")
async def test_whoever_walks_away_is_asked_after_a_minute_and_forgotten_half_a_minute_later(
    row: Row, folder: Path, broker_port: int
) -> None:
    clock = LeapingClock()
    async with whole_kiosk(folder, broker_port=broker_port, clock=clock) as kiosk:
        row.injected(f"nobody touches: {', '.join(PAGES_WITH_HER)}")
        for page in PAGES_WITH_HER:
            before = _her_words()
            await kiosk.walk_to(page, service=SERVICE_OF.get(page, "social_security_enrolment"))
            kiosk.take("id-card-reader")
            assert _her_words() - before, "she would be found"
            if page == "face":  # while the camera looks nothing is counted (U7)
                await _camera_gives_up(kiosk, clock)
            await _is_asked_and_forgotten(kiosk, clock, page, row)
            await _nothing_of_her_is_left(kiosk, before)
        row.page("still_there after 60 s, attract 30 s later")
        row.healed()
        assert (await kiosk.platform.get("/sandbox/effects")).json() == {}
        assert (await kiosk.platform.get("/sandbox/payments")).json() in ({}, [])
        assert kiosk.rows("SELECT count(*) FROM intent") == [(0,)]
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F69")
async def test_every_other_page_is_left_too_and_elder_mode_waits_twice_as_long(row: Row, folder: Path, broker_port: int) -> None:
    clock = LeapingClock()
    async with whole_kiosk(folder, broker_port=broker_port, clock=clock) as kiosk:
        row.injected("nobody touches: catalogue, guide, put_card, take_receipt, rate; large letters")
        for page in ("catalogue", "guide"):
            await kiosk.walk_to(page)
            clock.leap(ASKED_AFTER_S)
            await kiosk.page("attract", "still_there", within_s=3)
            if kiosk.glass.page == "still_there":
                clock.leap(WIPED_AFTER_S)
            await kiosk.page("attract", within_s=3)
        await kiosk.walk_to("put_card")
        kiosk.touch(OpenTextSizes())
        await kiosk.page("text_sizes")
        kiosk.touch(SetTextSize(size=2))
        await kiosk.view(lambda view: view.frame.text_size == 2, what="large letters", within_s=3)
        if kiosk.glass.page == "text_sizes":
            kiosk.touch(Proceed())
            await kiosk.page("put_card")
        clock.leap(ASKED_AFTER_S)
        await _lives_on()
        assert kiosk.glass.page == "put_card", "whoever reads slowly has twice as long"
        clock.leap(ASKED_AFTER_S)
        await kiosk.page("still_there", within_s=3)
        clock.leap(2 * WIPED_AFTER_S)
        await kiosk.page("attract", within_s=3)
        assert kiosk.glass.view.frame.text_size == 0

        await kiosk.walk_to("take_receipt")
        kiosk.take("id-card-reader")
        async with asyncio.timeout(20):
            while kiosk.glass.page != "attract":
                clock.leap(WIPED_AFTER_S)
                await _lives_on()
        row.seen()
        row.page("attract")
        row.healed()
        assert kiosk.rows("SELECT kind, outcome FROM intent ORDER BY id") == [("submit", "done"), ("print", "done")]
        assert kiosk.rows("SELECT count(*) FROM visit WHERE ended_at IS NULL") == [(0,)]
        assert_nothing_personal(kiosk)


async def _is_asked_and_forgotten(kiosk: WholeKiosk, clock: LeapingClock, page: str, row: Row) -> None:
    clock.leap(ASKED_AFTER_S - SLACK_S)
    await _lives_on()
    assert kiosk.glass.page == page
    clock.leap(SLACK_S)
    took_s = await kiosk.page("still_there", within_s=3)
    row.seen(kiosk.now_s)
    assert took_s < 3
    clock.leap(WIPED_AFTER_S - SLACK_S)
    await _lives_on()
    assert kiosk.glass.page == "still_there"
    clock.leap(SLACK_S)
    await kiosk.page("attract", within_s=3)


async def _camera_gives_up(kiosk: WholeKiosk, clock: LeapingClock) -> None:
    clock.leap(FACE_S)
    async with asyncio.timeout(10):
        while isinstance(stage := kiosk.core.visit.stage, Facing) and stage.is_looking:  # noqa: ASYNC110  # as kiosk.well
            await asyncio.sleep(0.02)


async def _nothing_of_her_is_left(kiosk: WholeKiosk, before: set[int]) -> None:
    gone_s = kiosk.now_s
    while _her_words() - before:
        assert kiosk.now_s - gone_s < WIPED_WITHIN_S, "a second after its end something of the visit is still in memory"
        await asyncio.sleep(0.1)
    assert_nothing_personal(kiosk)


HERS = tuple(SAMPLES["resident-1"][field] for field in (FieldName.NAME, FieldName.NUMBER, FieldName.ADDRESS))


def _her_words() -> set[int]:
    """Every text in this process that holds something of hers, wherever it hangs."""
    gc.collect()
    return {id(text) for text in _texts() if any(hers in text for hers in HERS)}


def _texts() -> Iterator[str]:
    for thing in gc.get_objects():
        for held in gc.get_referents(thing):
            if type(held) is str:
                yield held


LIVED_ON_S = 1.2
"""Longer than the visit's tick: whatever a jump can move has moved by then."""


async def _lives_on() -> None:
    """Let the kiosk live for a moment of real time: that nothing happens cannot be waited for in another way."""
    await asyncio.sleep(LIVED_ON_S)


async def _go_home(kiosk: WholeKiosk) -> None:
    kiosk.take("id-card-reader")
    while kiosk.glass.page != "attract":
        before = kiosk.glass.page
        kiosk.touch(Decline() if before in {"leave_question", "still_there", "rate", "goodbye"} else GoHome())
        await kiosk.view(lambda view, page=before: view.kind != page, what=f"another page than {before}", within_s=10)  # type: ignore[misc]


def _decoders() -> list[int]:
    return _children("python", b"photo_decoder_process")


def _children(name: str, word: bytes) -> list[int]:
    """Processes below this one, by a word of their command line."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}

    def is_below(pid: int) -> bool:
        while pid > 1 and pid != os.getpid():
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return [pid for pid in parents if is_below(pid) and word in _command(pid) and name in _command(pid).decode()]


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_alive(pid: int) -> bool:
    return bool(_command(pid))
