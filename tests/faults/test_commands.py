"""Commands that are not to be done: replayed, another's, unsigned, too late; and a villager whom none of them disturbs."""

import asyncio
import contextlib
import json
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from typing_extensions import override

from kiosk.clock import SystemClock
from kiosk.compose.bureau import Bureau, Line, MakeBureau
from kiosk.config import load_config
from kiosk.display.vocabulary.intent import GoHome
from kiosk.gateway.settings import PlatformSettings
from kiosk.upkeep.kept_file import write_kept
from provisioning.agent.command_record import recall
from provisioning.agent.commands import Commands
from provisioning.agent.desired_probe import Probe
from provisioning.agent.desired_start import Running
from provisioning.agent.executors import Executors
from provisioning.agent.machine import Machine, Plain
from provisioning.agent.one_trial import OneTrial
from provisioning.fleet.commands import rows
from provisioning.fleet.commands.delivery import Delivery
from provisioning.fleet.commands.outcome_book import OutcomeBook
from provisioning.fleet.commands.rows import Wish
from provisioning.fleet.commands.rules import Terms
from provisioning.fleet.signing import SigningKey
from provisioning.wire import command as wire
from provisioning.wire.command import (
    Command,
    EnterMaintenance,
    Order,
    PurgePrintQueue,
    ReopenDevice,
    RestartCore,
    RestartDisplay,
    RestartMachine,
    SelfTest,
    ShowNotice,
)
from provisioning.wire.key_document import pem_of
from provisioning.wire.signatures import seal
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.schema import command_kiosk, command_refusal, message
from telemetry.wire.topics import Down, KioskId, topic
from tests.faults.row import Row
from tests.provisioning.commands.machine import MadeUpExecutors, MadeUpMachine
from tests.provisioning.commands.said import command
from tests.telemetry.together import K1, Cabinet, Fleet, guest, lasting_broker, running, until
from tests.whole.kiosk import whole_kiosk

BUREAU = Person(name="chen", full_name="陈", role=Role.BUREAU)
LI = Person(name="li", full_name="李", role=Role.BUREAU)
TERMS = Terms(alone=100, lasts=timedelta(hours=1))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with lasting_broker() as number:
        yield number


class ReportingMachine(MadeUpMachine):
    """Whether somebody is there is made up; what it says travels through the outbox."""

    cabinet: Cabinet

    @override
    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        super().report(name, fields)
        self.cabinet.agent.event(name, fields)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A bureau and a kiosk that has heard of its key, with a real broker between them."""

    fleet: Fleet
    key: SigningKey
    machine: MadeUpMachine
    executors: MadeUpExecutors
    port: int
    folder: Path

    def ask(self, order: Order, *, by: Person = BUREAU) -> int:
        now = datetime.now(UTC)
        wish = Wish(order=order, kiosks=(K1,), scope="demo/K1", why="a fault", once=f"{order.do} {now.timestamp()}")
        with self.fleet.engine.begin() as connection:
            return rows.ask(connection, wish, by, TERMS, now=now).id

    def outcome(self, number: int) -> str:
        with self.fleet.engine.connect() as connection:
            mine = select(command_kiosk.c.outcome).where(command_kiosk.c.command_id == number)
            return str(connection.execute(mine).scalar_one())

    def envelope(self, number: int) -> bytes:
        with self.fleet.engine.connect() as connection:
            mine = select(command_kiosk.c.envelope).where(command_kiosk.c.command_id == number)
            return str(connection.execute(mine).scalar_one()).encode()

    def refused(self) -> set[str]:
        """Reasons the desk shows for what nobody there has sent."""
        with self.fleet.engine.connect() as connection:
            return set(connection.execute(select(command_refusal.c.reason)).scalars())

    def reasons_reported(self) -> list[str]:
        """Reasons of every refusal that came as an event, oldest first."""
        with self.fleet.engine.connect() as connection:
            bodies = connection.execute(select(message.c.body).where(message.c.kind == "event").order_by(message.c.seq)).scalars()
            told = [body if isinstance(body, dict) else json.loads(body) for body in bodies]
        return [one["fields"]["reason"] for one in told if one["name"] == wire.REPORT and one["fields"]["outcome"] == "refused"]

    def counter(self) -> int:
        return recall(self.folder / "commands", now=datetime.now(UTC)).counter

    async def inject(self, payload: bytes) -> None:
        async with guest(self.port) as stranger:
            await stranger.publish(topic(K1, Down.COMMAND), payload, qos=1)


@contextlib.asynccontextmanager
async def scene(port: int, folder: Path) -> AsyncIterator[Scene]:
    key = SigningKey.open(folder / "authority")
    fleet = Fleet(port=port, folder=folder, books=lambda engine: (OutcomeBook(engine),))
    machine = ReportingMachine()
    executors = MadeUpExecutors(machine)
    commands = Commands(
        kiosk=K1,
        folder=folder / "commands",
        machine=machine,
        clock=SystemClock(),
        trusted=lambda: key.trusted,
        executors=executors,
        boot="this boot",
    )
    cabinet = Cabinet(
        port=port, folder=folder, on_order=lambda kind, payload: commands.take(payload) if kind is Down.COMMAND else None
    )
    machine.cabinet = cabinet
    delivery = Delivery(fleet.engine, key=lambda: key, tell=fleet.ingest.tell, now=lambda: datetime.now(UTC), look_s=0.05)
    obeying, delivering = asyncio.create_task(commands.run()), asyncio.create_task(delivery.run())
    try:
        async with running(fleet.ingest), running(cabinet.agent):
            await until(lambda: fleet.condition() == "READY", "the kiosk is known")
            yield Scene(fleet=fleet, key=key, machine=machine, executors=executors, port=port, folder=folder)
            assert not obeying.done(), obeying.exception()
            assert not delivering.done(), delivering.exception()
    finally:
        for task in (obeying, delivering):
            task.cancel()
        await asyncio.wait({obeying, delivering})
        fleet.engine.dispose()


def _made(counter: int, key: SigningKey, **other: Any) -> bytes:
    one = command(counter, **{"issued_at": datetime.now(UTC), **other})
    return key.seal(wire.write(one), wire.KIND)


@pytest.mark.system
@pytest.mark.fault("F42")
async def test_a_replayed_command_is_refused_and_reported_and_done_once(port: int, tmp_path: Path, row: Row) -> None:
    async with scene(port, tmp_path) as at:
        number = at.ask(ShowNotice(text="今天停电", until=datetime.now(UTC) + timedelta(hours=1)))
        await until(lambda: at.outcome(number) == "done", "the command is done")
        row.injected("its envelope once more, by somebody else on the broker")
        await at.inject(at.envelope(number))
        await until(lambda: "replayed" in at.reasons_reported(), "the replay is reported")
        row.seen()
        assert len(at.executors.done) == 1
        assert (at.outcome(number), at.counter()) == ("done", 1)
        row.page("desk: done stays done; refused: replayed")
        later = at.ask(SelfTest())
        await until(lambda: at.outcome(later) == "done", "the next command is done")
        row.healed()


@pytest.mark.system
@pytest.mark.fault("F43")
async def test_a_command_for_another_kiosk_or_county_is_refused_by_its_signed_words(port: int, tmp_path: Path, row: Row) -> None:
    async with scene(port, tmp_path) as at:
        row.injected("well signed, for K2, then for K1 of another county")
        await at.inject(_made(1, at.key, kiosk="K2"))
        await until(lambda: "other_kiosk" in at.reasons_reported(), "it is reported")
        row.seen()
        await at.inject(_made(1, at.key, county="elsewhere"))
        await at.inject(
            _made(1, at.key, order=ShowNotice(text="x", until=datetime.now(UTC) + timedelta(hours=1)), county="other")
        )
        number = at.ask(SelfTest())
        await until(lambda: at.outcome(number) == "done", "the kiosk obeys its own")
        row.healed()
        assert at.executors.done == ["self-test"]
        assert at.refused() == {"other_kiosk"}
        row.note("the second within a minute is counted, not told")


@pytest.mark.system
@pytest.mark.fault("F44")
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("altered", "bad_signature"),
        ("unknown", "unknown_key"),
        ("document", "wrong_type"),
        ("expired", "expired"),
        ("garbage", "unreadable"),
    ],
)
async def test_what_is_not_signed_by_the_bureau_or_too_late_is_refused_and_the_old_state_stays(
    port: int, tmp_path: Path, row: Row, how: str, reason: str
) -> None:
    async with scene(port, tmp_path) as at:
        first = at.ask(SelfTest())
        await until(lambda: at.outcome(first) == "done", "the first command is done")
        payload = _bad(how, at.key)
        row.injected(f"{how}: refused as {reason}")
        await at.inject(payload)
        await until(lambda: reason in at.reasons_reported(), "it is reported")
        row.seen()
        assert (at.executors.done, at.counter()) == (["self-test"], 1)
        row.page(f"desk: refused, {reason}")
        second = at.ask(SelfTest())
        await until(lambda: at.outcome(second) == "done", "the kiosk goes on obeying")
        row.healed()


def _bad(how: str, key: SigningKey) -> bytes:
    good = _made(9, key)
    match how:
        case "altered":
            return json.dumps({**json.loads(good), "payload": json.loads(_made(10, key))["payload"]}).encode()
        case "unknown":
            one: Command = command(9, issued_at=datetime.now(UTC))
            return seal(wire.write(one), wire.KIND, [Ed25519PrivateKey.generate()])
        case "document":
            return key.seal(wire.write(command(9, issued_at=datetime.now(UTC))), "application/vnd.zhizhu.desired+json")
        case "expired":
            return _made(9, key, issued_at=datetime.now(UTC) - timedelta(hours=2))
        case _:
            return b'{"payload": "' + b"A" * 1000


@pytest.mark.system
async def test_a_visit_in_progress_is_never_interrupted_by_a_command(port: int, tmp_path: Path) -> None:
    async with scene(port, tmp_path) as at:
        at.machine.somebody_comes()
        until_then = datetime.now(UTC) + timedelta(hours=1)
        orders: tuple[Order, ...] = (
            SelfTest(), RestartDisplay(), PurgePrintQueue(), ReopenDevice(device="receipt-printer"),
            EnterMaintenance(until=until_then, why="换打印机"), RestartCore(),
        )  # fmt: skip
        numbers = [at.ask(order) for order in orders]
        restart = at.ask(RestartMachine())
        with at.fleet.engine.begin() as connection:
            rows.approve(connection, restart, LI, now=datetime.now(UTC))
        numbers.append(restart)
        await until(lambda: all(at.outcome(number) == "waiting" for number in numbers), "each waits, and says so")
        assert at.executors.done == []
        at.machine.everybody_goes()
        await until(lambda: len(at.executors.done) == len(numbers), "each is done once she has gone")
        assert at.executors.in_front_of_somebody == []
        assert sorted(set(at.executors.done)) == sorted(at.executors.done)


def _of_a_bureau(path: Path) -> MakeBureau:
    """What answers to the bureau in a whole kiosk, as its command line puts it together."""

    def make(*, machine: Machine, probe: Probe, executors: Callable[[Line], Executors]) -> Bureau:
        clock = SystemClock()
        config = load_config(path, platform=PlatformSettings, clock=clock)
        return Bureau(
            config,
            path=path,
            running=Running(),
            machine=machine,
            probe=probe,
            executors=executors,
            releases=None,
            one_trial=OneTrial(on_trial={}, clock=clock),
            clock=clock,
        )

    return make


@pytest.mark.system
async def test_a_whole_kiosk_lets_the_villager_finish_before_it_obeys_and_obeys_nobody_twice(
    folder: Path, broker_port: int
) -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(b"7" * 32))
    async with whole_kiosk(folder, broker_port=broker_port, bureau=_of_a_bureau) as kiosk, guest(broker_port) as bureau:
        (kiosk.state / "identity").mkdir(exist_ok=True)
        write_kept(kiosk.state / "identity" / "trusted.json", {key.id: pem_of(key.public)})
        table = tomllib.loads(kiosk.config_file.read_text())["kiosk"]
        this = KioskId(county=table["county"], kiosk=table["id"])

        async def hears(number: int, *outcomes: str) -> None:
            wanted = {(f"c-{number}", outcome) for outcome in outcomes}
            await kiosk.ear.body(
                "event",
                lambda body: body["name"] == wire.REPORT and (body["fields"]["id"], body["fields"]["outcome"]) in wanted,
                what=f"command {number} is {outcomes}",
                within_s=60,
            )

        await kiosk.walk_to("confirm")
        orders: tuple[Order, ...] = (PurgePrintQueue(), ReopenDevice(device="receipt-printer"), SelfTest())
        for counter, order in enumerate(orders, start=1):
            payload = _made(counter, key, county=this.county, kiosk=this.kiosk, order=order)
            bureau.publish(topic(this, Down.COMMAND), payload, qos=1)
            await hears(counter, "waiting")
        assert kiosk.glass.page == "confirm", "the visit goes on"
        kiosk.take("id-card-reader")
        kiosk.touch(GoHome())
        await kiosk.page("attract", "leave_question")
        if kiosk.glass.page == "leave_question":
            kiosk.touch(GoHome())
        for counter in range(1, len(orders) + 1):
            await hears(counter, "done")
        bureau.publish(topic(this, Down.COMMAND), _made(1, key, county=this.county, kiosk=this.kiosk, order=orders[0]), qos=1)
        await hears(1, "refused")
        strange = _made(9, key, county=this.county, kiosk="another")
        bureau.publish(topic(this, Down.COMMAND), strange, qos=1)
        await kiosk.ear.body(
            "event",
            lambda body: body["name"] == wire.REPORT and body["fields"]["reason"] == "other_kiosk",
            what="another's command is refused",
            within_s=60,
        )
        assert recall(kiosk.state / "commands", now=datetime.now(UTC)).counter == len(orders)
