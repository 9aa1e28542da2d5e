"""A kiosk was away for longer than its certificate lasts: what becomes of it in the store, at the real door, and at the desk."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from kiosk.clock import SystemClock
from provisioning.agent.enrol import Enroller
from provisioning.agent.identity import Identity, IdentityError, IdentityFolder
from provisioning.agent.last_try import described
from provisioning.agent.renewal import LONGEST_SOON_S, Renewal, again_after
from provisioning.fleet.authority import Authority
from provisioning.fleet.registry.acts import NotNowError
from provisioning.fleet.registry.command_line import kiosk_verbs
from provisioning.fleet.registry.decision import Clone, IdentityState, Why
from provisioning.wire.coming_back import AGAIN_S, ComingBack, what_is_proven
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result
from provisioning.wire.identity import LIFETIME, read_pem, subject_of
from telemetry.fleet.broker_door import DoorFiles
from telemetry.fleet.broker_process import BrokerProcess
from telemetry.fleet.store.schema import audit
from telemetry.mqtt import Address, Connection, Credentials, LineError, Opening
from tests.fakes.clock import HeldClock
from tests.provisioning.identity.bureau import CLERK, DAY, KIOSK, MINUTE, NOW, Box, Bureau, proven
from tests.provisioning.identity.doors import ServedDoor
from tests.provisioning.identity.test_enrol import FIRST, PATIENCE_S, Told, _never
from tests.telemetry.together import free_port

BOARD, OTHER_BOARD = "a" * 64, "b" * 64
BACK = NOW + LIFETIME + 10 * DAY


@dataclass(kw_only=True)
class Away:
    """A kiosk that was let in and switched off, with the key it asks for next."""

    bureau: Bureau
    certificate: str
    last_key: ec.EllipticCurvePrivateKey
    box: Box = field(default_factory=lambda: Box(serial="ZZ-SYN-0001", hardware=BOARD))

    def ask(self, *, now: datetime = BACK, box: Box | None = None) -> EnrolmentTold:
        """Come back."""
        return self.bureau.come_back(box or self.box, self.certificate, self.last_key, now=now)


def _let_in(bureau: Bureau, *, at: datetime) -> Away:
    box = Box(serial="ZZ-SYN-0001", hardware=BOARD)
    told = bureau.ask(box, bureau.code(box.serial, now=at), now=at)
    return Away(bureau=bureau, certificate=told.certificate, last_key=box.key)


@pytest.fixture
def bureau(store: Engine, tmp_path: Path) -> Bureau:
    """On both databases: who comes back twice at once is told apart by the rows."""
    return Bureau(store, tmp_path / "authority")


@pytest.fixture
def away(bureau: Bureau) -> Away:
    return _let_in(bureau, at=NOW)


def test_it_waits_until_a_person_approves_and_then_has_another_certificate(away: Away) -> None:
    bureau, last = away.bureau, read_pem(away.certificate.encode())
    for _ in range(2):
        told = away.ask()
        assert (told.result, told.certificate, told.again_s) == (Result.PENDING, "", AGAIN_S)
    [request] = bureau.pending
    assert (request.why, request.serial, request.kiosk) == (Why.CAME_BACK, "ZZ-SYN-0001", KIOSK.kiosk)
    assert bureau.noted("waits") == 1
    assert bureau.acts.approve(CLERK, request.id, now=BACK) == KIOSK
    assert bureau.noted("approved a return") == 1
    issued = away.ask(now=BACK + DAY)
    bearer = read_pem(issued.certificate.encode())
    assert (issued.result, bearer.kiosk) == (Result.ISSUED, KIOSK)
    assert away.ask(now=BACK + DAY) == issued
    assert bureau.opens(bearer, now=BACK)
    assert not bureau.opens(last, now=BACK)
    assert away.ask(box=Box(serial="ZZ-SYN-0001", hardware=BOARD)).reason is Refusal.NOT_CURRENT


def test_who_was_turned_down_stays_turned_down_until_a_code_lets_it_in(away: Away) -> None:
    away.ask()
    away.bureau.acts.turn_down(CLERK, away.bureau.pending[0].id, now=BACK)
    assert [away.ask(now=BACK + days * DAY).reason for days in (0, 1, 30)] == [Refusal.TURNED_DOWN] * 3
    assert away.ask(box=Box(serial="ZZ-SYN-0001", hardware=BOARD)).reason is Refusal.TURNED_DOWN
    waiting = away.bureau.pending
    assert waiting == ()
    code = away.bureau.code("ZZ-SYN-0001", now=BACK)
    assert away.bureau.ask(away.box, code, now=BACK).result is Result.PENDING
    assert [request.why for request in away.bureau.pending] == [Why.AGAIN]


def test_two_that_come_back_with_one_certificate_are_both_shut_out_until_a_person_says_which(away: Away) -> None:
    away.ask()
    assert away.ask(box=Box(serial="ZZ-SYN-0001", hardware=BOARD)).reason is Refusal.QUARANTINED
    assert away.ask().reason is Refusal.QUARANTINED
    identity = away.bureau.identity()
    assert identity is not None
    assert (identity.state, identity.reason) == (IdentityState.QUARANTINED, Clone.TWO_RETURNS.value)
    [request] = away.bureau.pending
    assert request.why is Why.QUARANTINED
    away.bureau.acts.approve(CLERK, request.id, now=BACK)
    assert away.ask().result is Result.ISSUED


def _shut_out(away: Away) -> None:
    away.bureau.acts.shut_out(CLERK, KIOSK, "seen twice", now=NOW)


def _retire(away: Away) -> None:
    away.bureau.acts.retire(CLERK, KIOSK, "flooded", now=NOW)


def _renew(away: Away) -> None:
    told = away.bureau.renew(away.box, read_pem(away.certificate.encode()), now=NOW + 60 * DAY)
    assert away.bureau.opens(read_pem(told.certificate.encode()), now=NOW + 60 * DAY)


def _exchange_board(away: Away) -> None:
    away.box.hardware = OTHER_BOARD


def _exchange_machine(away: Away) -> None:
    away.box.serial = "ZZ-SYN-0002"


def _lose_key(away: Away) -> None:
    away.last_key = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("happens", "back", "reason"),
    [
        (_shut_out, BACK, Refusal.QUARANTINED),
        (_retire, BACK, Refusal.RETIRED),
        (_renew, BACK, Refusal.NOT_CURRENT),
        (_exchange_board, BACK, Refusal.OTHER_MACHINE),
        (_exchange_machine, BACK, Refusal.OTHER_MACHINE),
        (_lose_key, BACK, Refusal.WRONG_PROOF),
        (lambda _: None, NOW + LIFETIME - MINUTE, Refusal.NOT_OVER),
        (lambda _: None, NOW + LIFETIME + 366 * DAY, Refusal.OVER_TOO_LONG),
    ],
)
def test_who_is_refused_reads_why_and_so_does_the_desk(
    away: Away, happens: Callable[[Away], None], back: datetime, reason: Refusal
) -> None:
    happens(away)
    assert (told := away.ask(now=back)).result is Result.REFUSED
    assert told.reason is reason
    assert away.bureau.pending == ()
    with away.bureau.engine.connect() as connection:
        rows = connection.execute(select(audit.c.result, audit.c.kiosk).where(audit.c.about == f"return {reason.value}")).all()
    assert [tuple(row) for row in rows] == [("refused", KIOSK.kiosk)]


def test_a_proof_is_good_for_what_was_said_and_once(away: Away) -> None:
    number = away.bureau.returning.tell_number(now=BACK).number
    asked = proven(away.box, away.certificate, away.last_key, number)
    stolen = asked.model_copy(update={"csr": Box(serial="ZZ-SYN-0001").csr})

    def ask(asked: ComingBack, *, now: datetime = BACK) -> EnrolmentTold:
        return away.bureau.returning.ask(asked, address="192.0.2.9", now=now)

    assert ask(stolen).reason is Refusal.WRONG_PROOF
    assert ask(asked, now=BACK + 3 * MINUTE).reason is Refusal.STALE_NUMBER
    assert ask(asked).result is Result.PENDING
    assert ask(asked).reason is Refusal.STALE_NUMBER


def test_a_wish_that_was_overtaken_ends_nobodys_certificate(away: Away) -> None:
    away.ask()
    [old] = away.bureau.pending
    other = Box(serial="ZZ-SYN-0001", hardware=BOARD)
    code = away.bureau.code(other.serial, now=BACK)
    away.bureau.ask(other, code, now=BACK)
    away.bureau.acts.approve(CLERK, away.bureau.pending[1].id, now=BACK)
    bearer = read_pem(away.bureau.ask(other, code, now=BACK).certificate.encode())
    with pytest.raises(NotNowError, match="refuse it"):
        away.bureau.acts.approve(CLERK, old.id, now=BACK)
    assert away.bureau.opens(bearer, now=BACK)


def test_the_command_line_says_for_how_long_it_was_away_and_approves(away: Away, store_url: str, tmp_path: Path) -> None:
    away.ask()
    config = tmp_path / "fleet.toml"
    config.write_text(f'[server]\nstate_dir = "{tmp_path}"\n[store]\nurl = "{store_url}"\n')
    listed = CliRunner().invoke(kiosk_verbs, ["list", "--waiting", "--config", str(config)])
    assert listed.output.split("\t")[1:4] == ["ZZ-SYN-0001", "yunxi/guangming-1", "came_back"]
    assert listed.output.endswith("\tafter 100 days away\n")
    approved = CliRunner().invoke(kiosk_verbs, ["approve", listed.output.split("\t")[0], "--config", str(config)])
    assert approved.output.endswith("let in as yunxi/guangming-1\n")
    assert away.ask().result is Result.ISSUED


@dataclass(kw_only=True)
class Moment:
    """The bureau's clock, which a test may set."""

    back_by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.back_by


@pytest.fixture
def now() -> Moment:
    return Moment()


@pytest.fixture
def door(bureau: Bureau, now: Moment) -> Iterator[ServedDoor]:
    with ServedDoor(bureau, now=now) as door:
        yield door


def _post(client: httpx.Client, away: Away) -> tuple[int, EnrolmentTold]:
    number = client.get("/return/number").json()["number"]
    asked = proven(away.box, away.certificate, away.last_key, number)
    answer = client.post("/return", content=asked.model_dump_json())
    return answer.status_code, EnrolmentTold.model_validate_json(answer.content)


def test_the_door_asks_for_no_certificate_and_gives_none_before_a_person_has_approved(
    bureau: Bureau, door: ServedDoor, now: Moment, tmp_path: Path
) -> None:
    away = _let_in(bureau, at=now() - 100 * DAY)
    with door.client(tmp_path) as client:
        status, told = _post(client, away)
        assert (status, told.result, told.certificate) == (202, Result.PENDING, "")
        assert client.get("/whoami").status_code == 401
        bureau.acts.approve(CLERK, bureau.pending[0].id, now=now())
        status, told = _post(client, away)
    assert (status, told.result) == (200, Result.ISSUED)
    with door.client(tmp_path, away.box.key, told.certificate) as client:
        assert client.get("/whoami").json() == {"county": KIOSK.county, "kiosk": KIOSK.kiosk}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"a":' * 5_000, b"\xff\xfe", b"x" * 20_000, b'{"csr": "x", "number": "0"}'],
    ids=["empty", "cut", "list", "deep", "not-utf-8", "large", "silly"],
)
def test_what_a_stranger_sends_is_refused_whole(door: ServedDoor, tmp_path: Path, body: bytes) -> None:
    with door.client(tmp_path) as client:
        assert client.post("/return", content=body).status_code in {413, 422}
    assert door.bureau.pending == ()


def test_a_stranger_with_a_ca_of_his_own_is_not_read_and_has_to_wait(
    bureau: Bureau, door: ServedDoor, now: Moment, tmp_path: Path
) -> None:
    box = Box(serial="ZZ-SYN-0001", hardware=BOARD)
    bureau.let_in(box, now=now() - 100 * DAY)
    stranger = Authority.create(tmp_path / "stranger", name="trial", now=now())
    forged = stranger.issue(box.csr.encode(), KIOSK, now=now() - 100 * DAY).pem.decode()
    service = bureau.authority.issue_service(box.key.public_key(), now=now() - 100 * DAY, lasts=DAY).pem.decode()
    with door.client(tmp_path) as client:
        for certificate in (forged, service, forged, service, "no certificate"):
            status, told = _post(client, Away(bureau=bureau, certificate=certificate, last_key=box.key))
            assert status == 403
            assert told.reason in {Refusal.NOT_CURRENT, Refusal.BAD_REQUEST}
        assert client.get("/return/number").status_code == 429
        late = client.post("/return", content=b"{}")
    assert EnrolmentTold.model_validate_json(late.content).reason is Refusal.TOO_OFTEN
    assert bureau.pending == ()


def test_a_kiosk_that_asks_without_end_has_to_wait_and_holds_nobody_else_up(
    bureau: Bureau, door: ServedDoor, now: Moment, tmp_path: Path
) -> None:
    away = _let_in(bureau, at=now() - 100 * DAY)
    other = Box(serial="ZZ-SYN-0002")
    told = bureau.ask(other, bureau.code(other.serial, now=now() - 100 * DAY), now=now() - 100 * DAY)
    with door.client(tmp_path) as client:
        assert [_post(client, away)[0] for _ in range(7)] == [202] * 5 + [429] * 2
        beside = Away(bureau=bureau, certificate=told.certificate, last_key=other.key, box=other)
        assert _post(client, beside)[0] == 202


async def _enrolled_and_switched_off(door: ServedDoor, state: Path, now: Moment) -> Identity:
    """Let a kiosk in a hundred days ago. It cannot confirm: the door's TLS goes by the machine's clock."""
    now.back_by = 100 * DAY
    enroller = Enroller(IdentityFolder(state), door.url, FIRST, clock=SystemClock())
    identity = await enroller.enrol(door.bureau.code(FIRST.serial, now=now()), on_wait=_never)
    now.back_by = timedelta(0)
    return identity


async def _reported(told: Told, state: str, reason: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not told.reports or (told.reports[-1]["state"], told.reports[-1]["reason"]) != (state, reason):
            told.is_new.clear()
            await told.is_new.wait()


async def test_switched_on_after_a_hundred_days_it_comes_back_by_itself_once_somebody_has_approved(
    door: ServedDoor, now: Moment, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    first = await _enrolled_and_switched_off(door, state, now)
    async with _broker(door, now=now()) as port:
        with pytest.raises(LineError):
            await _connect(first, port)
        second = await _back_and_approved(door, state, first, now)
        (await _connect(second, port)).abort("enough")
    key = serialization.load_pem_private_key(second.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    with door.client(tmp_path, key, second.certificate.read_text()) as client:
        assert client.get("/whoami").json()["kiosk"] == KIOSK.kiosk


async def _back_and_approved(door: ServedDoor, state: Path, first: Identity, now: Moment) -> Identity:
    told, clock = Told(), HeldClock(start=now())
    running = asyncio.create_task(Renewal(told, IdentityFolder(state), door.url, FIRST, clock=clock).run())
    try:
        await _reported(told, "not_renewed", "waiting")
        assert IdentityFolder(state).read() == first
        [request] = door.bureau.pending
        door.bureau.acts.approve(CLERK, request.id, now=now())
        await clock.advance(AGAIN_S)
        await _reported(told, "in_force", "")
    finally:
        running.cancel()
        await asyncio.wait({running})
    second = IdentityFolder(state).read()
    assert second is not None
    assert second.kiosk == KIOSK
    assert second.bearer.key_fingerprint != first.bearer.key_fingerprint
    assert [report["state"] for report in told.reports] == ["expired", "not_renewed", "in_force"]
    shown = described(IdentityFolder(state), now=now())
    assert f"certificate {second.bearer.number}, until" in shown
    assert "not renewed" not in shown
    return second


@asynccontextmanager
async def _broker(door: ServedDoor, *, now: datetime) -> AsyncIterator[int]:
    """The bureau's broker, which asks for certificates; its port."""
    folder, port = door.bureau.folder, free_port()
    door.bureau.revocations.publish(now=now)
    own = Credentials(ca=door.ca, certificate=folder / "server.pem", key=folder / "server.key")
    files = DoorFiles(own=own, revoked=folder / "crl.pem")
    broker = BrokerProcess(host="127.0.0.1", port=port, on_start=lambda: None, files=files)
    await broker.start()
    try:
        yield port
    finally:
        await broker.end()


async def _connect(identity: Identity, port: int) -> Connection:
    shown = Credentials(ca=identity.authority, certificate=identity.certificate, key=identity.key)
    address = Address(host="127.0.0.1", port=port, is_secure=True)
    opening = Opening(address=address, client_id=subject_of(identity.kiosk), keepalive_s=20, credentials=shown)
    return await Connection.open(opening, on_message=lambda _: None, run_blocking=asyncio.to_thread)


async def test_turned_down_it_goes_on_asking_late_and_says_so_once(door: ServedDoor, now: Moment, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    first = await _enrolled_and_switched_off(door, state, now)
    told, clock = Told(), HeldClock(start=now())
    running = asyncio.create_task(Renewal(told, IdentityFolder(state), door.url, FIRST, clock=clock).run())
    try:
        await _reported(told, "not_renewed", "waiting")
        door.bureau.acts.turn_down(CLERK, door.bureau.pending[0].id, now=now())
        await clock.advance(AGAIN_S)
        await _reported(told, "not_renewed", "turned_down")
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert IdentityFolder(state).read() == first
    assert [report["state"] for report in told.reports] == ["expired", "not_renewed", "not_renewed"]
    shown = described(IdentityFolder(state), now=now())
    assert f"certificate {first.bearer.number}, ended" in shown
    assert "turned down: somebody at the bureau said no" in shown


async def test_a_machine_without_a_serial_number_says_what_is_missing(door: ServedDoor, now: Moment, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    await _enrolled_and_switched_off(door, state, now)
    nameless = replace(FIRST, serial="")
    with pytest.raises(IdentityError, match=r"serial; see \[bureau\] serial"):
        await Renewal(Told(), IdentityFolder(state), door.url, nameless, clock=HeldClock(start=now())).renew_now()


def test_what_is_signed_stays_what_kiosks_of_other_releases_sign() -> None:
    asked = ComingBack(csr="c", release="r", hardware=BOARD, serial="ZZ-SYN-0001", certificate="C", number="0" * 112)
    signed = what_is_proven(asked)
    assert signed.startswith(b"zhizhu: a kiosk comes back\n")
    assert hashlib.sha256(signed).hexdigest() == "907b7d63603ce3eb42bd0656d24491e2c8b005497cb8454a9dac73f9ec10456b"


async def test_a_kiosk_whose_clock_runs_ahead_is_renewed_as_any_other(door: ServedDoor, now: Moment, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    enroller = Enroller(IdentityFolder(state), door.url, FIRST, clock=SystemClock())
    first = await enroller.enrol(door.bureau.code(FIRST.serial, now=now()), on_wait=_never)
    clock = HeldClock(start=now() + LIFETIME + DAY)
    renewed = await Renewal(Told(), IdentityFolder(state), door.url, FIRST, clock=clock).renew_now()
    assert renewed.bearer.number != first.bearer.number
    assert door.bureau.pending == ()


def test_it_asks_soon_while_a_person_may_approve_at_any_time_and_seldom_once_refused() -> None:
    waits = [again_after(tries, "waiting") for tries in range(6)]
    assert waits == [AGAIN_S, 2 * AGAIN_S, 4 * AGAIN_S, 8 * AGAIN_S, LONGEST_SOON_S, LONGEST_SOON_S]
    assert [again_after(tries, "turned_down") for tries in (0, 1, 2, 3, 4_000)] == [3_600, 7_200, 14_400, 21_600, 21_600]
