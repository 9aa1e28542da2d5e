"""Commands at the kiosk: believed, counted on disk, done once, never in front of a villager."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.agent.command_record import FILE, Phase, recall
from provisioning.agent.commands import Commands
from provisioning.wire import command as wire
from provisioning.wire.command import (
    Command,
    PowerCycleDevice,
    ReopenDevice,
    RestartCore,
    RestartMachine,
    ShowNotice,
)
from provisioning.wire.signatures import Trusted, seal
from telemetry.wire.topics import KioskId
from tests.fakes.clock import HeldClock
from tests.provisioning.commands.machine import MadeUpExecutors, MadeUpMachine
from tests.provisioning.commands.said import NOW, command

KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
NOTICE = ShowNotice(text="今天下午停电", until=NOW + timedelta(hours=3))


def sealed(one: Command, *, key: Ed25519PrivateKey = KEY, kind: str = wire.KIND) -> bytes:
    return seal(wire.write(one), kind, [key])


class Kiosk:
    """Commands over a made-up machine and a real disk; ``up`` is one life of the core."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "commands"
        self.machine = MadeUpMachine()
        self.executors = MadeUpExecutors(self.machine)
        self.clock = HeldClock(start=NOW)
        self.commands = self._made("boot-1")

    def _made(self, boot: str) -> Commands:
        return Commands(
            kiosk=KioskId(county="demo", kiosk="K1"),
            folder=self.folder,
            machine=self.machine,
            clock=self.clock,
            trusted=lambda: Trusted.of(KEY.public_key()),
            executors=self.executors,
            boot=boot,
        )

    @contextlib.asynccontextmanager
    async def up(self, *, boot: str = "boot-1") -> AsyncIterator[Commands]:
        self.commands = self._made(boot)
        task = asyncio.create_task(self.commands.run())
        try:
            yield self.commands
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def says(self, condition: Callable[[], bool]) -> None:
        began_s = asyncio.get_running_loop().time()
        while not condition():
            assert asyncio.get_running_loop().time() - began_s < 20, self.machine.said
            await asyncio.sleep(0.002)

    async def ends(self, of: str, count: int = 1) -> dict[str, object]:
        ends = {outcome.value for outcome in wire.ENDS}
        await self.says(lambda: sum(one["id"] == of and one["outcome"] in ends for one in self.machine.said) >= count)
        return dict([one for one in self.machine.said if one["id"] == of][-1])


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


async def test_a_signed_command_is_counted_on_disk_done_and_reported(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        commands.take(sealed(command(7, order=NOTICE)))
        end = await kiosk.ends("c-7")
    assert (end["outcome"], end["do"], end["counter"]) == ("done", "show-notice", 7)
    assert kiosk.executors.done == ["notice 今天下午停电 12:00"]
    assert recall(kiosk.folder, now=NOW).counter == 7


async def test_a_replayed_command_is_refused_and_says_how_it_ended_before(kiosk: Kiosk) -> None:
    one = sealed(command(7, order=NOTICE))
    async with kiosk.up() as commands:
        commands.take(one)
        await kiosk.ends("c-7")
        commands.take(one)
        refused = await kiosk.ends("c-7", 2)
    assert (refused["outcome"], refused["reason"], refused["was"]) == ("refused", "replayed", "done")
    assert len(kiosk.executors.done) == 1


async def test_a_replay_after_a_restart_is_refused_too(kiosk: Kiosk) -> None:
    one = sealed(command(7, order=NOTICE))
    async with kiosk.up() as commands:
        commands.take(one)
        await kiosk.ends("c-7")
    async with kiosk.up(boot="boot-2") as commands:
        commands.take(one)
        await kiosk.says(lambda: any(each["reason"] == "replayed" for each in kiosk.machine.said))
    assert len(kiosk.executors.done) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "unreadable"),
        (b"{" * 5_000, "unreadable"),
        (b"x" * 200_000, "too_big"),
        (sealed(command(), key=STRANGER), "unknown_key"),
        (sealed(command(), kind="application/vnd.zhizhu.desired+json"), "wrong_type"),
        (seal(b'{"do":"run-shell"}', wire.KIND, [KEY]), "not_on_the_list"),
        (sealed(command(county="elsewhere")), "other_county"),
        (sealed(command(kiosk="K2")), "other_kiosk"),
    ],
)
async def test_what_is_not_to_be_believed_changes_nothing_and_is_reported_under_no_id(
    kiosk: Kiosk, payload: bytes, reason: str
) -> None:
    async with kiosk.up() as commands:
        commands.take(payload)
        await kiosk.says(lambda: bool(kiosk.machine.said))
        assert (kiosk.machine.said[0]["id"], kiosk.machine.said[0]["reason"]) == ("", reason)
        commands.take(sealed(command(1)))
        assert (await kiosk.ends("c-1"))["outcome"] == "done"
    assert kiosk.executors.done == ["self-test"]


async def test_a_signature_over_other_bytes_is_a_bad_one(kiosk: Kiosk) -> None:
    good, other = json.loads(sealed(command(1))), json.loads(sealed(command(2)))
    async with kiosk.up() as commands:
        commands.take(json.dumps({**good, "payload": other["payload"]}).encode())
        await kiosk.says(lambda: bool(kiosk.machine.said))
    assert kiosk.machine.said[0]["reason"] == "bad_signature"


async def test_an_expired_command_is_refused_and_the_kiosks_clock_is_said(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        commands.take(sealed(command(3, issued_at=NOW - timedelta(hours=2))))
        end = await kiosk.ends("c-3")
    assert (end["outcome"], end["reason"]) == ("refused", "expired")
    assert "2026-11-22T09:00" in str(end["detail"])
    assert recall(kiosk.folder, now=NOW).counter == 0


async def test_a_flood_of_what_cannot_be_believed_is_one_report_a_minute(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        for _ in range(20):
            commands.take(b"garbage")
        commands.take(sealed(command(1)))
        await kiosk.ends("c-1")
    assert len([one for one in kiosk.machine.said if not one["id"]]) == 1


async def test_what_a_villager_would_notice_waits_for_her_to_go(kiosk: Kiosk) -> None:
    kiosk.machine.somebody_comes()
    async with kiosk.up() as commands:
        commands.take(sealed(command(1)))
        await kiosk.says(lambda: "waiting" in kiosk.machine.outcomes("c-1"))
        assert kiosk.machine.said[-1]["reason"] == "villager"
        commands.take(sealed(command(2, order=NOTICE)))  # disturbs nobody
        await kiosk.ends("c-2")
        commands.take(sealed(command(1)))  # the server asks again: it is in hand, and no replay
        await kiosk.says(lambda: kiosk.machine.outcomes("c-1") == ["waiting", "waiting"])
        assert kiosk.executors.done == ["notice 今天下午停电 12:00"]
        kiosk.machine.everybody_goes()
        assert (await kiosk.ends("c-1"))["outcome"] == "done"
    assert kiosk.executors.in_front_of_somebody == ["notice 今天下午停电 12:00"]


async def test_a_villager_who_comes_while_the_disk_writes_is_not_disturbed(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        commands.take(sealed(command(1)))
        await kiosk.says(lambda: bool((kiosk.folder / FILE).exists()))
        kiosk.machine.somebody_comes()
        await kiosk.says(lambda: bool(kiosk.machine.said))
    assert not kiosk.executors.in_front_of_somebody


async def test_a_command_whose_time_runs_out_before_the_visit_ends_is_expired(kiosk: Kiosk) -> None:
    kiosk.machine.somebody_comes()
    async with kiosk.up() as commands:
        commands.take(sealed(command(1)))
        await kiosk.says(lambda: "waiting" in kiosk.machine.outcomes("c-1"))
        await kiosk.clock.advance(3_601)
        end = await kiosk.ends("c-1")
    assert (end["outcome"], kiosk.executors.done) == ("expired", [])


async def test_what_waited_for_a_villager_waits_on_after_a_power_cut(kiosk: Kiosk) -> None:
    kiosk.machine.somebody_comes()
    async with kiosk.up() as commands:
        commands.take(sealed(command(1)))
        await kiosk.says(lambda: "waiting" in kiosk.machine.outcomes("c-1"))
    kiosk.machine.everybody_goes()
    async with kiosk.up(boot="boot-2"):
        assert (await kiosk.ends("c-1"))["outcome"] == "done"


async def test_what_was_begun_when_the_power_went_is_unknown_and_never_done_again(kiosk: Kiosk) -> None:
    kiosk.executors.held = asyncio.Event()
    async with kiosk.up() as commands:
        commands.take(sealed(command(1)))
        await kiosk.says(lambda: bool(kiosk.executors.done))
    assert [one.phase for one in recall(kiosk.folder, now=NOW).in_hand] == [Phase.BEGUN]
    async with kiosk.up(boot="boot-2") as commands:
        assert (await kiosk.ends("c-1"))["outcome"] == "unknown"
        commands.take(sealed(command(1)))
        assert (await kiosk.ends("c-1", 2))["was"] == "unknown"
    assert kiosk.executors.done == ["self-test"]


@pytest.mark.parametrize(
    ("order", "boot", "outcome"),
    [(RestartCore(), "boot-1", "done"), (RestartMachine(), "boot-2", "done"), (RestartMachine(), "boot-1", "unknown")],
)
async def test_a_restart_is_reported_by_the_start_that_follows(
    kiosk: Kiosk, order: RestartCore | RestartMachine, boot: str, outcome: str
) -> None:
    async with kiosk.up() as commands:
        commands.take(sealed(command(1, order=order)))
        await kiosk.says(lambda: bool(kiosk.executors.done))
    assert not kiosk.machine.said
    async with kiosk.up(boot=boot):
        assert (await kiosk.ends("c-1"))["outcome"] == outcome
    assert len(kiosk.executors.done) == 1


async def test_what_cannot_be_done_here_and_what_did_not_work_are_two_outcomes(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        commands.take(sealed(command(1, order=ReopenDevice(device="nothing-like-this"))))
        commands.take(sealed(command(2, order=PowerCycleDevice(device="receipt-printer"))))
        refused, failed = await kiosk.ends("c-1"), await kiosk.ends("c-2")
    assert (refused["outcome"], refused["reason"]) == ("refused", "impossible")
    assert (failed["outcome"], failed["detail"]) == ("failed", "receipt-printer: still silent afterwards")


async def test_a_command_that_cannot_be_kept_is_not_done(kiosk: Kiosk) -> None:
    async with kiosk.up() as commands:
        commands.take(b"")
        await kiosk.says(lambda: bool(kiosk.machine.said))
        kiosk.folder.write_text("in the way of the folder")
        commands.take(sealed(command(1)))
        end = await kiosk.ends("c-1")
        assert (end["outcome"], end["reason"], kiosk.executors.done) == ("refused", "not_kept", [])
        kiosk.folder.unlink()
        commands.take(sealed(command(1)))
        assert (await kiosk.ends("c-1", 2))["outcome"] == "done"


async def test_a_spoilt_record_lets_nothing_count_that_was_issued_before(kiosk: Kiosk) -> None:
    kiosk.folder.mkdir()
    (kiosk.folder / FILE).write_text('{"counter": "many"}')
    async with kiosk.up() as commands:
        commands.take(sealed(command(5, issued_at=NOW - timedelta(minutes=1))))
        assert (await kiosk.ends("c-5"))["reason"] == "replayed"
        commands.take(sealed(command(6, issued_at=NOW + timedelta(seconds=1))))
        assert (await kiosk.ends("c-6"))["outcome"] == "done"
