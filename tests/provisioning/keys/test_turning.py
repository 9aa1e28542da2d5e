"""Turning the signing key: signed by the old and by the new one, followed step by step, never back, whole after a power cut."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, select
from typer.testing import CliRunner

from kiosk.upkeep.kept_file import write_kept
from provisioning.agent.key_turning import KeyTurning
from provisioning.agent.machine import Plain
from provisioning.agent.trusted_keys import FILE, trusted_keys
from provisioning.fleet.keys import turning
from provisioning.fleet.keys.command_line import key_verbs
from provisioning.fleet.keys.following import AGAIN, KeyBook, KeyDelivery
from provisioning.fleet.past_keys import trusted_ever
from provisioning.fleet.signing import SigningKey
from provisioning.wire.command import SelfTest
from provisioning.wire.key_document import KIND, KeyDocument, KeyDocumentError, is_key_document, pem_of, read
from provisioning.wire.signatures import Trusted, key_id, seal
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import key_document, kiosk_key
from telemetry.wire.messages import Event
from tests.provisioning.commands.said import NOW
from tests.provisioning.commands.test_fleet import KIOSKS, Desk

OLD = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
NEW = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
NEWER = Ed25519PrivateKey.from_private_bytes(b"3" * 32)


def document(*keys: Ed25519PrivateKey, signed_by: tuple[Ed25519PrivateKey, ...]) -> bytes:
    told = {key_id(key.public_key()): pem_of(key.public_key()) for key in keys}
    return seal(KeyDocument(made_at=NOW, keys=told).model_dump_json().encode(), KIND, signed_by)


def test_a_document_signed_by_the_old_and_the_new_key_leads_on() -> None:
    sealed = document(NEW, signed_by=(OLD, NEW))
    assert is_key_document(sealed)
    assert list(read(sealed, Trusted.of(OLD.public_key()))) == [key_id(NEW.public_key())]


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [
        (document(NEW, signed_by=(NEW,)), "unknown_key"),
        (document(NEW, signed_by=(OLD,)), "not_its_own"),
        (document(NEW, signed_by=(NEWER, NEW)), "unknown_key"),
        (seal(b"{}", KIND, [OLD]), "unreadable"),
        (
            seal(json.dumps({"v": 1, "made_at": NOW.isoformat(), "keys": {"0" * 64: "no key"}}).encode(), KIND, [OLD]),
            "unreadable",
        ),
        (
            seal(
                KeyDocument(made_at=NOW, keys={key_id(OLD.public_key()): pem_of(NEW.public_key())}).model_dump_json().encode(),
                KIND,
                [OLD, NEW],
            ),
            "unreadable",
        ),
    ],
)
def test_a_document_that_is_not_to_be_believed_says_why(sealed: bytes, reason: str) -> None:
    with pytest.raises(KeyDocumentError) as refused:
        read(sealed, Trusted.of(OLD.public_key()))
    assert refused.value.reason == reason


class Machine:
    """Says to nobody but the test."""

    is_at_rest = True

    def __init__(self) -> None:
        self.said: asyncio.Queue[Mapping[str, Plain]] = asyncio.Queue()

    async def rested(self) -> None:
        return

    def restart(self, why: str) -> None:
        raise AssertionError(why)

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        assert name == "keys.reported"
        self.said.put_nowait(fields)


@contextlib.asynccontextmanager
async def _kiosk(state: Path, key: Ed25519PrivateKey) -> AsyncIterator[tuple[KeyTurning, Machine]]:
    (state / FILE).parent.mkdir(parents=True, exist_ok=True)
    write_kept(state / FILE, {key_id(key.public_key()): pem_of(key.public_key())})
    machine = Machine()
    turning_ = KeyTurning(state, machine=machine)
    task = asyncio.create_task(turning_.run())
    try:
        yield turning_, machine
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_kiosk_says_whom_it_believes_and_follows_step_by_step_and_never_back(tmp_path: Path) -> None:
    first, second = document(NEW, signed_by=(OLD, NEW)), document(NEWER, signed_by=(NEW, NEWER))
    async with _kiosk(tmp_path, OLD) as (kiosk, machine):
        assert (await machine.said.get())["ids"] == key_id(OLD.public_key())
        assert kiosk.take(second)
        assert (await machine.said.get())["refused"] == "unknown_key"
        assert kiosk.take(first)
        assert (await machine.said.get())["ids"] == key_id(NEW.public_key())
        assert kiosk.take(second)
        assert (await machine.said.get())["ids"] == key_id(NEWER.public_key())
        assert kiosk.take(first)
        assert (await machine.said.get()) == {"ids": key_id(NEWER.public_key()), "refused": "unknown_key"}
        assert not kiosk.take(b"something else")
    assert trusted_keys(tmp_path) == Trusted.of(NEWER.public_key())


@pytest.fixture
def desk(store: Engine, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def _says(desk: Desk, ids: str, *, at: datetime) -> None:
    event = Event(life=1, seq=1, at=at, clock_trusted=True, name="keys.reported", fields={"ids": ids, "refused": ""})
    with desk.engine.begin() as connection:
        stored = StoredNumber(kiosk=KIOSKS[0], message=event, is_history=False, received_at=at)
        KeyBook(desk.engine).write(connection, Happened(now=at, messages=[stored]))


def test_a_kiosk_that_was_away_for_two_turnings_is_led_through_both(desk: Desk, tmp_path: Path) -> None:
    authority = tmp_path / "authority"
    keys = [SigningKey.open(authority)]
    _says(desk, keys[0].id, at=NOW)
    keys += [turning.turn(desk.engine, authority, COMMAND_LINE, now=NOW + timedelta(days=day)) for day in (1, 2)]
    assert len({key.id for key in keys}) == 3
    assert SigningKey.open(authority).id == keys[2].id
    assert trusted_ever(authority).keys.keys() == {key.id for key in keys}
    moment = NOW + timedelta(days=3)
    delivery = KeyDelivery(desk.engine, tell=lambda *_: True, now=lambda: moment)
    believed: Trusted = keys[0].trusted
    for key in keys[1:]:
        ((of, envelope),) = delivery.due()
        assert (of, delivery.due()) == (KIOSKS[0], ())
        believed = Trusted(keys=read(envelope, believed))
        assert list(believed.keys) == [key.id]
        moment += AGAIN
        _says(desk, key.id, at=moment)
    assert delivery.due() == ()


def test_commands_wait_until_a_kiosk_has_followed_and_are_signed_anew(desk: Desk, tmp_path: Path) -> None:
    old = desk.key
    _says(desk, old.id, at=NOW)
    desk.ask(SelfTest())
    (told,) = desk.due()
    desk.key = turning.turn(desk.engine, tmp_path / "authority", COMMAND_LINE, now=NOW)
    desk.now += timedelta(minutes=30)
    assert desk.due() == []
    _says(desk, desk.key.id, at=desk.now)
    assert desk.due() == [told], "the same words, signed by the new key"


def test_a_turning_that_a_power_cut_interrupts_is_whole_either_way(desk: Desk, tmp_path: Path) -> None:
    authority = tmp_path / "authority"
    old = SigningKey.open(authority)
    drafted = SigningKey.open(authority, file=turning.NEXT)
    turning.settle(desk.engine, authority)
    assert SigningKey.open(authority).id == old.id, "nothing was said yet"
    with desk.engine.begin() as connection:
        row = {"made_at": NOW, "made_by": "x", "old_key": old.id, "new_key": drafted.id, "envelope": "{}"}
        connection.execute(insert(key_document).values(**row))
    turning.settle(desk.engine, authority)
    assert SigningKey.open(authority).id == drafted.id, "it was said, so it is done"
    assert not (authority / turning.NEXT).exists()


def test_what_a_kiosk_says_of_its_keys_is_one_row(desk: Desk) -> None:
    for ids in ("", "short", f"{'a' * 64} {'b' * 64}", "c" * 64):
        _says(desk, ids, at=NOW)
    with desk.engine.connect() as connection:
        assert connection.execute(select(kiosk_key.c.key)).scalars().all() == ["c" * 64]


def test_keys_are_shown_and_turned_at_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "fleet.toml"
    config.write_text("")
    shown = CliRunner().invoke(key_verbs, ["show", "--config", str(config)])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("signing\t")
    turned = CliRunner().invoke(key_verbs, ["turn", "--config", str(config)])
    assert turned.exit_code == 0, turned.output
    assert turned.output.endswith("0 kiosks have yet to follow\n")
    again = CliRunner().invoke(key_verbs, ["show", "--config", str(config)]).output
    assert again.split("\t")[1] != shown.output.split("\t")[1]
    assert "PRIVATE" not in again
