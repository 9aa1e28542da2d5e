import asyncio
import shutil
from pathlib import Path

import pytest

from drivers.transport.usb_power import NotSwitchableError, SwitchingFailedError, Uhubctl
from drivers.transport.usb_topology import UsbSocket
from tests.fakes.uhubctl import FakeUhubctl

SOCKET = UsbSocket(path="1-1.4")


async def test_the_power_of_one_socket_is_taken_and_given_back(tmp_path: Path) -> None:
    hub = FakeUhubctl(tmp_path)
    await Uhubctl(str(hub.path)).cycle(SOCKET)
    assert hub.calls == ["-l 1-1 -p 4 -N -a cycle -d 2"]


async def test_a_hub_that_cannot_is_said_to_be_one(tmp_path: Path) -> None:
    hub = FakeUhubctl(tmp_path, hub="3-1")
    with pytest.raises(NotSwitchableError, match="No compatible devices detected at location 1-1"):
        await Uhubctl(str(hub.path)).cycle(SOCKET)


async def test_a_hub_that_fails_is_asked_to_give_the_power_back_all_the_same(tmp_path: Path) -> None:
    hub = FakeUhubctl(tmp_path)
    hub.breaks()
    with pytest.raises(SwitchingFailedError, match="ended with 1"):
        await Uhubctl(str(hub.path)).cycle(SOCKET)
    assert hub.calls[-1] == "-l 1-1 -p 4 -N -a on"


async def test_broken_off_in_the_middle_the_socket_does_not_stay_dark(tmp_path: Path) -> None:
    hub = FakeUhubctl(tmp_path)
    hub.hangs()
    task = asyncio.create_task(Uhubctl(str(hub.path)).cycle(SOCKET))
    while not hub.calls:  # noqa: ASYNC110  # another process writes it
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hub.calls[-1] == "-l 1-1 -p 4 -N -a on"


async def test_a_program_that_is_not_there_cannot_switch(tmp_path: Path) -> None:
    with pytest.raises(NotSwitchableError, match="cannot be started"):
        await Uhubctl(str(tmp_path / "uhubctl")).cycle(SOCKET)


@pytest.mark.skipif(shutil.which("uhubctl") is None, reason="uhubctl is not installed")
async def test_the_real_program_says_so_of_a_socket_that_is_not_there() -> None:
    with pytest.raises(NotSwitchableError, match=r"No compatible devices detected|permission"):
        await Uhubctl().cycle(UsbSocket(path="99-1.4"))
