"""A kiosk enrols and renews at a real door; whoever stands between learns nothing and is not believed."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from provisioning.agent.bureau_line import LineError
from provisioning.agent.enrol import Enroller, ThisMachine
from provisioning.agent.identity import Identity, IdentityFolder
from provisioning.agent.machine import Plain
from provisioning.agent.renewal import Renewal, due_at
from provisioning.agent.trusted_keys import trusted_keys
from provisioning.fleet.authority import keep_own
from provisioning.fleet.registry.decision import IdentityState
from provisioning.wire.enrolment import make_code
from provisioning.wire.signatures import Trusted
from telemetry.wire.topics import KioskId
from tests.fakes.clock import FakeClock, HeldClock
from tests.provisioning.identity.bureau import CLERK, KIOSK, SIGNING, Bureau
from tests.provisioning.identity.doors import ServedDoor

BOARD, OTHER_BOARD = "a" * 64, "b" * 64
FIRST = ThisMachine(serial="ZZ-SYN-0001", release="2026.11.3", hardware=BOARD)
NEW = KioskId(county="yunxi", kiosk="xinhua-1")
PATIENCE_S = 45


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def door(bureau: Bureau) -> Iterator[ServedDoor]:
    with ServedDoor(bureau, now=_now) as door:
        yield door


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def _enroller(door: ServedDoor, state: Path, machine: ThisMachine = FIRST) -> Enroller:
    return Enroller(IdentityFolder(state), door.url, machine, clock=SystemClock())


def _never(why: str) -> None:
    raise AssertionError(why)


async def _let_in(door: ServedDoor, state: Path, machine: ThisMachine = FIRST) -> Identity:
    return await _enroller(door, state, machine).enrol(door.bureau.code(machine.serial, now=_now()), on_wait=_never)


async def test_from_a_code_to_an_identity(door: ServedDoor, state: Path) -> None:
    identity = await _let_in(door, state)
    assert identity.kiosk == KIOSK
    assert identity == IdentityFolder(state).read()
    assert trusted_keys(state) == Trusted.of(SIGNING.public_key())
    assert door.bureau.opens(identity.bearer, now=_now())


async def test_a_kiosk_that_has_to_wait_for_a_person_waits(door: ServedDoor, state: Path) -> None:
    third = replace(FIRST, serial="ZZ-SYN-0003")
    clock = FakeClock()

    def approve(why: str) -> None:
        assert why == "pending"
        [request] = door.bureau.pending
        door.bureau.acts.approve(CLERK, request.id, NEW, now=_now())

    enroller = Enroller(IdentityFolder(state), door.url, third, clock=clock)
    identity = await enroller.enrol(door.bureau.code("ZZ-SYN-0003", now=_now()), on_wait=approve)
    assert identity.kiosk == NEW


@pytest.mark.parametrize("serial", ["ZZ-SYN-0002", "ZZ-NOWHERE-1"])
async def test_a_refusal_says_why(door: ServedDoor, state: Path, serial: str) -> None:
    code = door.bureau.code("ZZ-SYN-0001", now=_now())
    with pytest.raises(LineError) as raised:
        await _enroller(door, state, replace(FIRST, serial=serial)).enrol(code, on_wait=_never)
    assert raised.value.reason == {"ZZ-SYN-0002": "wrong_serial", "ZZ-NOWHERE-1": "unknown_serial"}[serial]
    with pytest.raises(LineError, match="wrong_code"):
        await _enroller(door, state).enrol(make_code(), on_wait=_never)
    assert IdentityFolder(state).read() is None


async def test_whoever_does_not_know_the_code_is_not_taken_for_the_bureau(door: ServedDoor, state: Path, tmp_path: Path) -> None:
    """A false bureau that relays the hint has the right serial, the right code's row, and another CA."""
    code = door.bureau.code("ZZ-SYN-0001", now=_now())
    false = tmp_path / "false"
    keep_own(door.bureau.authority, false, ("localhost",), now=_now())
    relayed = {"authority": door.bureau.authority.pem.decode(), "proof": "0" * 64}
    with _answering(false, relayed) as url, pytest.raises(LineError) as raised:
        await Enroller(IdentityFolder(state), url, FIRST, clock=SystemClock()).enrol(code, on_wait=_never)
    assert raised.value.reason == "not_the_bureau"


@pytest.mark.parametrize(
    "body", [b"<html><body>please sign in</body></html>", b"", b"{}", b'{"result": "issued"}', b"x" * 100_000]
)
async def test_a_captive_portal_is_no_bureau(door: ServedDoor, state: Path, tmp_path: Path, body: bytes) -> None:
    portal = tmp_path / "portal"
    keep_own(door.bureau.authority, portal, ("localhost",), now=_now())
    with _answering(portal, body) as url, pytest.raises(LineError) as raised:
        await Enroller(IdentityFolder(state), url, FIRST, clock=SystemClock()).enrol(make_code(), on_wait=_never)
    assert raised.value.reason == "bad_answer"


async def test_a_line_that_is_down_is_tried_again(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    waits: list[str] = []

    def wait(why: str) -> None:
        waits.append(why)
        if len(waits) == 3:
            raise TimeoutError

    enroller = Enroller(IdentityFolder(state), f"https://localhost:{port}", FIRST, clock=FakeClock())
    with pytest.raises(TimeoutError):
        await enroller.enrol(make_code(), on_wait=wait)
    assert waits == ["unreachable"] * 3


class Told:
    """A machine that only listens to what is reported."""

    is_at_rest = True

    def __init__(self) -> None:
        self.reports: list[Mapping[str, Plain]] = []
        self.is_new = asyncio.Event()

    async def rested(self) -> None:
        """At once."""

    def restart(self, why: str) -> None:
        raise AssertionError(why)

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        assert name == "identity.reported"
        self.reports.append(fields)
        self.is_new.set()


async def _renewed(door: ServedDoor, state: Path, machine: ThisMachine, *, until: int) -> list[Mapping[str, Plain]]:
    """Let a kiosk live on the 61st day of its certificate until it has reported so often."""
    identity = IdentityFolder(state).read()
    assert identity is not None
    told = Told()
    clock = HeldClock(start=due_at(identity))
    renewal = Renewal(told, IdentityFolder(state), door.url, machine, clock=clock)
    running = asyncio.create_task(renewal.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while len(told.reports) < until:
                told.is_new.clear()
                await told.is_new.wait()
    finally:
        running.cancel()
        await asyncio.wait({running})
    return told.reports


async def test_a_certificate_is_renewed_with_another_key_and_the_old_one_ends(door: ServedDoor, state: Path) -> None:
    first = await _let_in(door, state)
    reports = await _renewed(door, state, FIRST, until=2)
    second = IdentityFolder(state).read()
    assert second is not None
    assert second.bearer.key_fingerprint != first.bearer.key_fingerprint
    assert [report["state"] for report in reports] == ["in_force", "in_force"]
    assert [report["certificate"] for report in reports] == [first.bearer.number, second.bearer.number]
    assert not door.bureau.opens(first.bearer, now=_now())
    assert door.bureau.opens(second.bearer, now=_now())


async def test_a_copied_disk_in_another_machine_shuts_both_out_and_says_so(door: ServedDoor, state: Path) -> None:
    first = await _let_in(door, state)
    reports = await _renewed(door, state, replace(FIRST, hardware=OTHER_BOARD), until=2)
    assert (reports[-1]["state"], reports[-1]["reason"]) == ("not_renewed", "quarantined")
    identity = door.bureau.identity()
    assert identity is not None
    assert identity.state is IdentityState.QUARANTINED
    assert IdentityFolder(state).read() == first


async def test_two_kiosks_of_one_morning_do_not_renew_at_one_moment(door: ServedDoor, tmp_path: Path) -> None:
    dues = []
    for number in (1, 2):
        state = tmp_path / str(number)
        state.mkdir()
        identity = await _let_in(door, state, replace(FIRST, serial=f"ZZ-SYN-000{number}"))
        assert due_at(identity) == due_at(identity)
        assert timedelta(0) <= due_at(identity) - identity.bearer.renew_from <= timedelta(days=1)
        dues.append(due_at(identity))
    assert abs(dues[0] - dues[1]) > timedelta(seconds=10)


@contextmanager
def _answering(folder: Path, body: bytes | Mapping[str, str]) -> Iterator[str]:
    """Answer one question over TLS with this, whatever it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        try:
            with context.wrap_socket(listening.accept()[0], server_side=True) as connection:
                connection.recv(65_536)
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode() + content)
        except OSError:
            return  # who asked has gone

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join(PATIENCE_S)
