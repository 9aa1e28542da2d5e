"""Rows F40 and F67: one identity in two places, and codes that are used again, guessed, or raced for. Real HTTPS, real stores."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from provisioning.fleet.authority import read_list
from provisioning.fleet.registry.decision import IdentityState
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result, hint_of, make_code
from tests.faults.row import Row
from tests.provisioning.identity.bureau import CLERK, KIOSK, Box, Bureau
from tests.provisioning.identity.doors import ServedDoor

BOARD, OTHER_BOARD = "a" * 64, "b" * 64
MACHINES = 12
GUESSES = 200
PATIENCE_S = 60


@contextmanager
def _bureau(store: Engine, folder: Path) -> Iterator[ServedDoor]:
    bureau = Bureau(store, folder / "authority")
    with ServedDoor(bureau, now=lambda: datetime.now(UTC)) as door:
        yield door


def _asked(box: Box, code: str) -> dict[str, str]:
    return {"serial": box.serial, "code": code, "csr": box.csr, "hardware": box.hardware}


def _told(answer: httpx.Response) -> EnrolmentTold:
    return EnrolmentTold.model_validate_json(answer.content)


@pytest.mark.fault("F67")
def test_a_code_is_good_once_and_guesses_open_nothing(store: Engine, row: Row, tmp_path: Path) -> None:
    with _bureau(store, tmp_path) as door:
        code = door.bureau.code("ZZ-SYN-0001", now=datetime.now(UTC))
        boxes = [Box(serial="ZZ-SYN-0001", hardware=f"{at:064x}") for at in range(MACHINES)]
        answers: list[EnrolmentTold] = []
        gate = threading.Barrier(MACHINES)

        def press(box: Box) -> None:
            with door.client(tmp_path) as client:
                gate.wait(PATIENCE_S)
                answers.append(_told(client.post("/enrol", json=_asked(box, code))))

        row.injected(
            f"{MACHINES} machines with one serial number and one code at once, {store.dialect.name}; then {GUESSES} guesses"
        )
        threads = [threading.Thread(target=press, args=(box,)) for box in boxes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        row.seen()
        assert [told.result for told in answers].count(Result.ISSUED) == 1
        assert {told.reason for told in answers if told.result is not Result.ISSUED} <= {Refusal.USED, Refusal.TOO_OFTEN}
        assert door.bureau.noted("used") >= 1
        with door.client(tmp_path) as client:
            guesses = [client.get("/enrol/authority", params={"code_hint": hint_of(make_code())}) for _ in range(GUESSES)]
            shots = [client.post("/enrol", json=_asked(Box(serial="ZZ-SYN-0002"), make_code())) for _ in range(20)]
        assert {guess.status_code for guess in guesses} == {403, 429}
        assert [guess.status_code for guess in guesses].count(403) < 10
        assert {_told(shot).reason for shot in shots} <= {Refusal.WRONG_CODE, Refusal.TOO_OFTEN}
        assert door.bureau.identity(KIOSK) is not None
        row.note("one of them is in, the others are told that the code was used; both stand in the audit and on the page")
        row.note("of 200 guesses fewer than ten are looked at; a code has 80 bits")


@pytest.mark.fault("F40")
def test_a_cloned_disk_is_known_by_its_board_and_both_are_shut_out_until_a_person_decides(
    store: Engine, row: Row, tmp_path: Path
) -> None:
    with _bureau(store, tmp_path) as door:
        original = Box(serial="ZZ-SYN-0001", hardware=BOARD)
        code = door.bureau.code(original.serial, now=datetime.now(UTC))
        with door.client(tmp_path) as client:
            told = _told(client.post("/enrol", json=_asked(original, code)))
        with door.client(tmp_path, original.key, told.certificate) as client:
            assert client.get("/whoami").status_code == 200
            row.injected("the disk of an enrolled kiosk copied into another machine, which asks for the next certificate")
            copied = {"csr": original.csr, "hardware": OTHER_BOARD}
            assert _told(client.post("/renew", json=copied)).reason is Refusal.QUARANTINED
            row.seen()
            assert client.get("/whoami").status_code == 403
            assert _told(client.post("/renew", json={"csr": original.csr, "hardware": BOARD})).reason is Refusal.QUARANTINED
            identity = door.bureau.identity()
            assert identity is not None
            assert identity.state is IdentityState.QUARANTINED
            assert len(read_list((door.bureau.folder / "crl.pem").read_bytes())) == 1
            row.mended()
            door.bureau.acts.readmit(CLERK, KIOSK, now=datetime.now(UTC))
            assert client.get("/whoami").status_code == 200
            row.healed()
        row.note("both flagged, both on the list brokers read; a person lets the right one in again")
