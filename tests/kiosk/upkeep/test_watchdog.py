import asyncio
import socket
import tempfile
from pathlib import Path

from kiosk.upkeep.watchdog import Systemd, Watchdog, late
from tests.fakes.clock import HeldClock


class Listener:
    def __init__(self) -> None:
        self.states: list[str] = []

    def tell(self, state: str) -> None:
        self.states.append(state)


def test_who_made_progress_lately_is_not_late() -> None:
    assert late({"devices": 90.0, "link": 99.0}, now_s=100.0, limit_s=5.0) == ("devices",)


async def test_systemd_is_fed_only_while_everyone_makes_progress() -> None:
    clock, listener = HeldClock(), Listener()
    link_at_s = clock.monotonic_s()
    watchdog = Watchdog(
        sources={"devices": clock.monotonic_s, "link": lambda: link_at_s},
        clock=clock,
        supervisor=listener,
        interval_s=5,
        limit_s=12,
    )
    task = asyncio.create_task(watchdog.run())
    await clock.advance(11)
    assert listener.states == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
    await clock.advance(60)
    assert listener.states.count("WATCHDOG=1") == 3
    assert watchdog.stuck == ("link",)
    link_at_s = clock.monotonic_s()
    await clock.advance(5)
    assert listener.states.count("WATCHDOG=1") == 4
    task.cancel()
    await asyncio.wait({task})
    assert listener.states[-1] == "STOPPING=1"


def test_a_state_reaches_systemds_socket() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        path = str(Path(folder) / "notify")
        systemd.bind(path)
        systemd.settimeout(5)
        Systemd(path).tell("WATCHDOG=1")
        assert systemd.recv(64) == b"WATCHDOG=1"


def test_an_abstract_address_is_understood() -> None:
    name = f"zhizhu-test-{id(object())}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name)
        systemd.settimeout(5)
        Systemd("@" + name).tell("READY=1")
        assert systemd.recv(64) == b"READY=1"


def test_a_supervisor_that_is_gone_disturbs_nobody() -> None:
    Systemd("/nowhere/notify").tell("WATCHDOG=1")
