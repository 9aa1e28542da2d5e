"""The camera and her face: away, frozen, blind, deceived, or with nobody to compare it; she always gets on without it."""

import asyncio
import base64
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from drivers.contract.status import Condition
from drivers.rig.equipment import Choice
from kiosk.display.vocabulary.intent import ChooseWay, GoHome, Proceed, Way
from kiosk.display.vocabulary.view import Catalogue, Face, FacePrompt, FaceWay, IdentifyWay, PutCard, ShowResult, View
from kiosk.upkeep.crash_loop import ask_to_leave
from tests.fakes.tcp_proxy import black_hole, refuse, whole
from tests.faults.row import Row
from tests.faults.traces import assert_clean_log, assert_nothing_personal
from tests.whole.clock import LeapingClock
from tests.whole.kiosk import Surroundings, WholeKiosk, whole_kiosk
from tests.whole.process import KioskProcess, kiosk_process

pytestmark = [pytest.mark.timeout(120)]

CAMERA = "camera"
SERVICE = "pension_qualification"
SEEN_S, PAGE_S, READY_S = 2.0, 1.0, 3.0
"""R4: until the fleet knows, until the page says so after that, until it is ready after the cable is back."""
FROZEN_S = 1.0
"""F29: until a picture that stands still is seen to."""
OTHER_WAY_S = 5.0
"""F33: until another way is there when nobody compares her face."""
HASTY = Choice(pose_s=0.9)
"""face-1 turns that fast: four looks can see her follow a prompt."""
TAKING_S = 25.0
"""Seconds a willing person may take on a machine that is busy; a quiet one needs six."""

OTHER_WAYS = "face: 现在不能刷脸, with 手机扫码 and 不刷脸, nothing to wait for"

Said = MutableMapping[str, Any]


@pytest.fixture
def said() -> Iterator[Sequence[Said]]:
    """What the kiosk logs meanwhile; it names nobody, and tells of no defect."""
    with capture_logs() as entries:
        yield entries
    assert_clean_log(entries)


@pytest.fixture
async def kiosk(folder: Path, broker_port: int) -> AsyncIterator[WholeKiosk]:
    """A whole kiosk of this test's own, everything well."""
    async with whole_kiosk(folder, broker_port=broker_port, choice=HASTY) as kiosk:
        yield kiosk


def face(*prompts: FacePrompt) -> Callable[[View], bool]:
    return lambda view: isinstance(view, Face) and (not prompts or view.prompt in prompts)


def her_phone(view: View) -> bool:
    """Her phone's code in place of her face."""
    return isinstance(view, PutCard) and view.way is IdentifyWay.PHONE_CODE


def without_a_face(view: View) -> bool:
    """The face's page, which says that there is no face now and offers every other way."""
    return isinstance(view, Face) and view.prompt is FacePrompt.NOT_POSSIBLE and set(view.other_ways) == set(FaceWay)


async def compared(kiosk: Surroundings) -> int:
    """How many faces the platform was ever asked about."""
    return int((await kiosk.platform.get("/sandbox/faces")).json()["asked"])


async def effects(kiosk: Surroundings) -> list[int]:
    return list((await kiosk.platform.get("/sandbox/effects")).json().values())


async def finish_by_phone(kiosk: Surroundings) -> None:
    """Her own phone's code instead of her face, to the result on the screen."""
    kiosk.touch(ChooseWay(way=Way.PHONE_CODE))
    await kiosk.view(her_phone, what="her phone", within_s=PAGE_S)
    kiosk.lay("code-scanner", "phone-identity-1")
    await kiosk.page("show_result")
    kiosk.take("code-scanner")
    assert proven_by(kiosk) == "手机扫码"
    await go_home(kiosk)


async def finish_without_a_face(kiosk: Surroundings) -> None:
    """Neither face nor phone: the matter goes on, and the platform knows it."""
    kiosk.touch(ChooseWay(way=Way.WITHOUT_FACE))
    await kiosk.page("show_result")
    assert proven_by(kiosk) == "身份证"
    await go_home(kiosk)


def proven_by(kiosk: Surroundings) -> str:
    """How the platform says that she proved herself."""
    assert isinstance(kiosk.glass.view, ShowResult)
    return next(row.value for row in kiosk.glass.view.rows if row.label == "认证方式")


async def go_home(kiosk: Surroundings) -> None:
    kiosk.take("id-card-reader")
    kiosk.take(CAMERA)
    while kiosk.glass.page != "attract":
        kiosk.touch(GoHome())
        await kiosk.page("attract", "leave_question")
        if kiosk.glass.page == "leave_question":
            kiosk.touch(GoHome())
            await kiosk.page("attract")


# --- F28: the camera is absent; and, once, that everything is well ---


@pytest.mark.fault("F28")
async def test_her_face_is_compared_once_and_the_result_is_on_the_screen(
    kiosk: WholeKiosk, row: Row, said: Sequence[Said]
) -> None:
    row.injected("nothing: face-1 turns to both sides")
    await kiosk.walk_to("face", service=SERVICE)
    began_s, before = kiosk.now_s, kiosk.glass.pictures
    kiosk.lay(CAMERA, "face-1")
    await kiosk.view(lambda view: not isinstance(view, Face), what="her face is taken", within_s=TAKING_S)
    took_s, pictures = kiosk.now_s - began_s, kiosk.glass.pictures - before
    await kiosk.page("show_result")
    assert proven_by(kiosk) == "人脸识别"
    row.page("show_result: 认证通过，人脸识别")
    row.note(f"well: {pictures} pictures of herself in {took_s:.1f} s ({pictures / took_s:.0f} a second)")
    assert pictures > 15
    assert await compared(kiosk) == 1
    assert await effects(kiosk) == [1]
    assert [entry["device"] for entry in said if entry["event"] == "face_taken"] == [CAMERA]
    assert_nothing_personal(kiosk)
    assert jpegs_in(kiosk.everything_kept()) == 0


@pytest.mark.fault("F28")
@pytest.mark.usefixtures("clean_log")
async def test_without_a_camera_her_phone_is_asked_for_at_once(kiosk: WholeKiosk, row: Row) -> None:
    row.injected(f"{CAMERA} unplugged: while idle, and before her face")
    await kiosk.unplug(CAMERA)
    assert row.seen((await kiosk.ear.fault("camera.unreachable")).at_s) <= SEEN_S
    await kiosk.walk_to("catalogue")
    assert isinstance(kiosk.glass.view, Catalogue)
    tile = next(tile for tile in kiosk.glass.view.tiles if tile.service == SERVICE)
    assert (tile.withdrawn, bool(tile.instead)) == (None, True)
    await go_home(kiosk)

    await kiosk.walk_to("put_card", service=SERVICE)
    kiosk.lay("id-card-reader", "resident-1")
    await kiosk.page("confirm")
    kiosk.touch(Proceed())
    await kiosk.view(without_a_face, what="the other ways at once", within_s=PAGE_S)
    row.page(OTHER_WAYS)
    assert kiosk.glass.pictures == 0
    await finish_by_phone(kiosk)

    row.mended()
    await kiosk.replug(CAMERA)
    await kiosk.well(within_s=READY_S)
    assert row.healed((await kiosk.ear.cleared("camera.unreachable")).at_s) <= READY_S

    since = len(kiosk.ear.heard)
    await kiosk.walk_to("face", service=SERVICE)
    await kiosk.view(face(FacePrompt.NO_FACE), what="the camera looks", within_s=5)
    row.injected(f"{CAMERA} unplugged: while idle, and before her face")
    await kiosk.unplug(CAMERA)
    await kiosk.view(without_a_face, what="the other ways", within_s=PAGE_S)
    assert row.seen((await kiosk.ear.fault("camera.unreachable", since=since)).at_s) <= SEEN_S
    await finish_without_a_face(kiosk)
    assert await compared(kiosk) == 0
    assert await effects(kiosk) == [1, 1]
    row.mended()
    await kiosk.replug(CAMERA)
    await kiosk.well(within_s=READY_S)
    assert_nothing_personal(kiosk)


# --- F29: the very same picture, again and again ---


@pytest.mark.fault("F29")
async def test_a_picture_that_stands_still_is_seen_within_a_second_and_the_camera_restarted_once(
    kiosk: WholeKiosk, row: Row, said: Sequence[Said]
) -> None:
    def restarts() -> int:
        return sum(entry["event"] == "camera_restarted" for entry in said)

    kiosk.lay(CAMERA, "face-1")
    await kiosk.walk_to("face", service=SERVICE)
    await kiosk.view(face(FacePrompt.TURN_LEFT, FacePrompt.TURN_RIGHT), what="it sees her", within_s=5)
    row.injected(f"{CAMERA} frozen")
    kiosk.give(CAMERA, "frozen")
    async with asyncio.timeout(5):
        while not restarts():  # noqa: ASYNC110  # a log tells nobody that it has grown
            await asyncio.sleep(0.01)
    assert row.seen() <= FROZEN_S
    told = asyncio.create_task(kiosk.ear.fault("camera.frozen", within_s=10))
    await kiosk.view(without_a_face, what="the other ways", within_s=SEEN_S)
    assert restarts() == 1
    row.page(OTHER_WAYS)
    row.note(f"seen: restarted; in the fleet after {(await told).at_s - row.injected_s:.1f} s, the restart included")
    await finish_by_phone(kiosk)
    assert await compared(kiosk) == 0

    row.mended()
    kiosk.clear(CAMERA)
    await kiosk.ear.cleared("camera.frozen")
    row.healed()
    await kiosk.well()
    assert_nothing_personal(kiosk)


# --- F30, F31: nothing that could be a face, or nobody, or two ---


@asynccontextmanager
async def leaping_kiosk(folder: Path, broker_port: int) -> AsyncIterator[tuple[WholeKiosk, LeapingClock]]:
    """A kiosk whose long waits can be over at once."""
    clock = LeapingClock(is_trusted=True)
    settings = {CAMERA: {"useless_s": 1}}
    async with whole_kiosk(folder, broker_port=broker_port, clock=clock, settings=settings, choice=HASTY) as kiosk:
        yield kiosk, clock


@pytest.mark.fault("F30")
@pytest.mark.usefixtures("clean_log")
async def test_a_picture_in_which_nothing_can_be_seen_is_told_and_never_compared(
    folder: Path, broker_port: int, row: Row
) -> None:
    async with leaping_kiosk(folder, broker_port) as (kiosk, clock):
        for fault, code, prompt in (
            ("black", "camera.black", FacePrompt.TOO_DARK),
            ("over-exposed", "camera.overexposed", FacePrompt.TOO_BRIGHT),
            ("upside-down", "camera.upside_down", FacePrompt.NO_FACE),
        ):
            since = len(kiosk.ear.heard)
            kiosk.lay(CAMERA, "face-1")
            await kiosk.walk_to("face", service=SERVICE)
            await kiosk.view(face(FacePrompt.TURN_LEFT, FacePrompt.TURN_RIGHT), what="it sees her", within_s=5)
            row.injected(f"{CAMERA} black, over-exposed, upside-down")
            kiosk.give(CAMERA, fault)
            await kiosk.view(face(prompt), what=f"guidance when {fault}", within_s=SEEN_S + 1)
            row.seen()
            await kiosk.view(without_a_face, what="the other ways", within_s=6)
            assert await compared(kiosk) == 0
            await it_has_looked_for_itself(kiosk)
            clock.leap(10)  # a hand may pass the lens: light is told to the fleet after ten seconds
            await kiosk.ear.fault(code, since=since)
            row.mended()
            kiosk.clear(CAMERA)
            await kiosk.ear.cleared(code, since=since)
            row.healed()
            if fault != "upside-down":
                await go_home(kiosk)
        await finish_by_phone(kiosk)
        row.page("face: 太暗了 / 太亮了 / 没看到人, then the other ways")
        row.note("seen: guidance; no face was compared; in the fleet after ten seconds, for a hand may pass the lens")
        assert await compared(kiosk) == 0
        assert_nothing_personal(kiosk)


async def it_has_looked_for_itself(kiosk: WholeKiosk) -> None:
    """Wait until the camera's status says so too."""
    others = {each.name for each in kiosk.core.devices} - {CAMERA}
    async with asyncio.timeout(5):
        while kiosk.devices_but(*others)[0].condition is not Condition.FAILED:  # noqa: ASYNC110  # the core tells pages, not tests
            await asyncio.sleep(0.02)


@pytest.mark.fault("F31")
@pytest.mark.usefixtures("clean_log")
async def test_two_faces_or_nobody_are_told_and_after_half_a_minute_there_is_another_way(
    folder: Path, broker_port: int, row: Row
) -> None:
    async with leaping_kiosk(folder, broker_port) as (kiosk, clock):
        for sample, prompt in (("two-faces", FacePrompt.SEVERAL_FACES), ("nobody", FacePrompt.NO_FACE)):
            kiosk.lay(CAMERA, sample)
            await kiosk.walk_to("face", service=SERVICE)
            row.injected("two-faces, nobody")
            await kiosk.view(face(prompt), what=f"guidance for {sample}", within_s=5)
            row.seen()
            clock.leap(27)
            await asyncio.sleep(0.7)
            assert isinstance(kiosk.glass.view, Face)
            assert kiosk.glass.view.prompt is prompt, "given up before her half minute is over"
            row.mended()
            await kiosk.view(without_a_face, what="another way after half a minute", within_s=5)
            row.healed()
            if sample != "nobody":
                await go_home(kiosk)
        await finish_by_phone(kiosk)
        row.page("face: 只要您一个人 / 没看到人; then 换一种方式")
        row.note("the clock leapt over 27 of the 30 s; healed: the other way is there")
        assert await compared(kiosk) == 0
        assert not [heard for heard in kiosk.ear.heard if heard.kind == "fault" and heard.device == CAMERA], "that is no fault"
        assert_nothing_personal(kiosk)


# --- F32: a picture of a picture ---


@pytest.mark.fault("F32")
async def test_a_photo_that_is_held_up_is_nobodys_face(folder: Path, broker_port: int, row: Row, said: Sequence[Said]) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, settings={CAMERA: {"prompt_s": 2}}, choice=HASTY) as kiosk:
        kiosk.lay(CAMERA, "photo-of-face")
        row.injected("photo-of-face, three times")
        await kiosk.walk_to("face", service=SERVICE)
        for _ in range(2):
            await kiosk.view(face(FacePrompt.NOT_MATCHED), what="not taken for her", within_s=12)
            row.seen()
            kiosk.touch(Proceed())
            await kiosk.view(face(FacePrompt.TURN_LEFT, FacePrompt.TURN_RIGHT), what="once more", within_s=5)
        await kiosk.view(without_a_face, what="only another way", within_s=12)
        row.page("face: 没认出是您本人, once more; the third time 换一种方式")
        kiosk.touch(Proceed())  # there is no fourth time, and no way past
        kiosk.lay(CAMERA, "face-1")
        await asyncio.sleep(1)
        assert without_a_face(kiosk.glass.view)
        assert [entry["reason"] for entry in said if entry["event"] == "face_refused"] == ["not_alive"] * 3
        assert await compared(kiosk) == 0
        assert await effects(kiosk) == []

        row.mended()
        await finish_by_phone(kiosk)
        row.healed()
        row.note("prompt_s = 2 instead of 10; liveness beyond this is the platform's")
        assert_nothing_personal(kiosk)


# --- F33: nobody compares ---


@pytest.mark.fault("F33")
@pytest.mark.usefixtures("clean_log")
async def test_when_nobody_compares_her_face_there_is_another_way_within_five_seconds(
    folder: Path, broker_port: int, row: Row
) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, choice=HASTY) as kiosk:
        for how in ("face-slow=20", "black hole", "refuse"):
            if how == "face-slow=20":
                await kiosk.turn_platform(how)
            kiosk.lay(CAMERA, "face-1")
            await kiosk.walk_to("face", service=SERVICE)
            await kiosk.view(face(FacePrompt.GOOD, FacePrompt.COMPARING), what="her face is good", within_s=TAKING_S)
            if how == "black hole":
                kiosk.platform_line.manner = black_hole()
            elif how == "refuse":
                kiosk.platform_line.manner = refuse()
                kiosk.platform_line.cut()
            await kiosk.view(face(FacePrompt.COMPARING, FacePrompt.NOT_POSSIBLE), what="it is being compared", within_s=2)
            row.injected("platform face-slow=20, proxy black hole, proxy refuses: while it compares")
            await kiosk.view(without_a_face, what="the other ways", within_s=OTHER_WAY_S + 2)
            assert row.seen() <= OTHER_WAY_S
            assert await effects(kiosk) == [], "a face nobody compared is none"
            row.mended()
            line = kiosk.platform_line
            before, line.manner = line.connections, whole()
            line.cut()  # what was swallowed would be missed only later, when she is already on her way again
            await kiosk.turn_platform("normal")
            async with asyncio.timeout(30):
                while line.connections == before:  # noqa: ASYNC110  # the kiosk asks whether the platform is there when it is time
                    await asyncio.sleep(0.02)
            await kiosk.well()
            row.healed()
            assert without_a_face(kiosk.glass.view), "a verdict that comes late is none"
            if how != "refuse":
                await go_home(kiosk)
        await finish_by_phone(kiosk)
        assert await effects(kiosk) == [1]
        row.page(OTHER_WAYS)
        assert_nothing_personal(kiosk)


# --- F34: killed while a face is taken ---

JPEG_BEGINS = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
NEEDLE = 24
"""Bytes of a picture's middle that stand for it: long enough never to be found by chance."""


def jpegs_in(kept: bytes) -> int:
    return len(JPEG_BEGINS.findall(kept))


def needles(pictures: Sequence[bytes]) -> Iterator[bytes]:
    """Pieces of every picture, as they are and as they would stand in a request to the platform."""
    for jpeg in pictures:
        for begin in (0, len(jpeg) // 3, len(jpeg) // 2, len(jpeg) - NEEDLE):
            piece = jpeg[begin // 3 * 3 : begin // 3 * 3 + NEEDLE]
            yield from (piece, base64.b64encode(piece), piece.hex().encode())


@asynccontextmanager
async def seen_besides(kiosk: Surroundings) -> AsyncIterator[list[bytes]]:
    """Every picture the camera sends meanwhile, as a second viewer gets them."""
    pictures: list[bytes] = []

    async def look() -> None:
        address = kiosk.bench.device(CAMERA).port.removeprefix("http://").partition("/")
        host, _, number = address[0].partition(":")
        reader, writer = await asyncio.open_connection(host, int(number))
        writer.write(f"GET /{address[2]} HTTP/1.1\r\n\r\n".encode())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if (length := re.search(rb"Content-Length: (\d+)", head)) is not None:
                    jpeg = await reader.readexactly(int(length[1]))
                    if jpeg not in pictures:
                        pictures.append(jpeg)
        finally:
            writer.close()

    looking = asyncio.create_task(look())
    try:
        yield pictures
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


def written_to(pid: int) -> set[Path]:
    """Every file of a disk that a process holds open for writing."""
    files = set()
    for held in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(held)
        flags = int(re.search(r"flags:\s+(\d+)", Path(f"/proc/{pid}/fdinfo/{held.name}").read_text())[1], 8)  # type: ignore[index]
        if target.startswith("/") and not target.startswith("/dev/") and flags & (os.O_WRONLY | os.O_RDWR):
            files.add(Path(target))
    return files


async def after_the_start(kiosk: KioskProcess) -> None:
    """Whoever was before it is told once that it began anew; then it is for everybody again."""
    await kiosk.page("attract", "trouble")
    if kiosk.glass.page == "trouble":
        kiosk.touch(GoHome())
        await kiosk.page("attract")
    await kiosk.well()


def everything_written(kiosk: KioskProcess) -> bytes:
    """What the core has on its disk, and what it said to its terminal."""
    return kiosk.everything_kept() + kiosk.config_file.with_suffix(".out").read_bytes()


@pytest.mark.fault("F34")
async def test_a_core_killed_while_it_takes_a_face_leaves_no_byte_of_a_picture(folder: Path, broker_port: int, row: Row) -> None:
    async with kiosk_process(folder, broker_port=broker_port, choice=HASTY) as kiosk, seen_besides(kiosk) as pictures:
        kiosk.lay(CAMERA, "face-1")
        for moment, mode in ((FacePrompt.TURN_LEFT, "normal"), (FacePrompt.COMPARING, "face-slow=20")):
            ask_to_leave(kiosk.state)  # two deaths are no crash loop
            await kiosk.turn_platform(mode)
            await kiosk.start()
            await after_the_start(kiosk)
            await kiosk.walk_to("face", service=SERVICE)
            await kiosk.view(face(moment), what=f"{moment}", within_s=TAKING_S)
            async with asyncio.timeout(5):
                while await compared(kiosk) < (moment is FacePrompt.COMPARING):  # noqa: ASYNC110  # the platform tells nobody
                    await asyncio.sleep(0.05)
            held = written_to(kiosk.pid)
            row.injected("kill -9 while she is guided, and while she is compared")
            await kiosk.kill()
            assert {file for file in held if not file.is_relative_to(folder)} == set(), "nothing is written elsewhere"
            kiosk.take("id-card-reader")
            kept = everything_written(kiosk)
            assert len(pictures) >= 5
            assert jpegs_in(kept) == 0
            assert [needle for needle in needles(pictures) if needle in kept] == []
        row.seen()
        assert await compared(kiosk) == 1
        sought = pictures[-1]
        assert jpegs_in(b"ledger" + sought) == 1
        assert all(needle in sought + base64.b64encode(sought) + sought.hex().encode() for needle in needles([sought]))

        await kiosk.turn_platform("normal")
        row.mended()
        await kiosk.start()
        await kiosk.page("trouble")
        row.page("trouble: the machine began anew, nothing was handed in")
        await after_the_start(kiosk)
        row.healed()
        assert await effects(kiosk) == []
        kept = everything_written(kiosk)
        assert jpegs_in(kept) == 0
        assert [needle for needle in needles(pictures) if needle in kept] == []
        row.note(f"{len(pictures)} pictures sought, in {len(kept) // 1024} KB of disk, log and fleet: 0 bytes of them")
        assert "Traceback" not in kiosk.log
        assert_nothing_personal(kiosk)
