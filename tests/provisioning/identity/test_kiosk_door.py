"""The door over real TLS: who is let in, who is sent away, and what nobody learns."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter

from provisioning.fleet.authority import Authority
from provisioning.fleet.kiosk_door import Caller
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result, hint_of, make_code
from provisioning.wire.identity import read_pem, subject_of
from tests.provisioning.identity.bureau import CLERK, KIOSK, Box, Bureau
from tests.provisioning.identity.doors import ServedDoor

MORE = APIRouter()


@MORE.get("/repository/who")
def _who(kiosk: Caller) -> str:
    return subject_of(kiosk)


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def door(bureau: Bureau) -> Iterator[ServedDoor]:
    with ServedDoor(bureau, now=_now, routers=[MORE]) as door:
        yield door


def _asked(box: Box, code: str) -> dict[str, str]:
    return {"serial": box.serial, "code": code, "csr": box.csr, "release": "2026.11.3", "hardware": box.hardware}


def _told(answer: httpx.Response) -> EnrolmentTold:
    return EnrolmentTold.model_validate_json(answer.content)


def test_a_kiosk_that_was_let_in_comes_back_with_its_certificate(door: ServedDoor, tmp_path: Path) -> None:
    box = Box(serial="ZZ-SYN-0001")
    code = door.bureau.code(box.serial, now=_now())
    with door.client(tmp_path) as client:
        assert client.get("/enrol/authority", params={"code_hint": hint_of(code)}).status_code == 200
        told = _told(client.post("/enrol", json=_asked(box, code)))
        assert told.result is Result.ISSUED
        assert client.get("/repository/who").status_code == 401
        assert client.post("/renew", json={"csr": box.csr}).status_code == 401
    with door.client(tmp_path, box.key, told.certificate) as client:
        assert client.get("/whoami").json() == {"county": "yunxi", "kiosk": "guangming-1"}
        assert client.get("/repository/who").json() == subject_of(KIOSK)
        renewed = _told(client.post("/renew", json={"csr": box.csr}))
        assert read_pem(renewed.certificate.encode()).kiosk == KIOSK
        door.bureau.acts.shut_out(CLERK, KIOSK, "a disk was copied", now=_now())
        assert client.get("/repository/who").status_code == 403
        assert _told(client.post("/renew", json={"csr": box.csr})).reason is Refusal.QUARANTINED


def test_no_such_code_and_another_machines_code_look_the_same_to_whoever_guesses(door: ServedDoor, tmp_path: Path) -> None:
    box = Box(serial="ZZ-SYN-0001")
    door.bureau.code(box.serial, now=_now())
    with door.client(tmp_path) as client:
        known = client.post("/enrol", json=_asked(box, make_code()))
        unknown = client.post("/enrol", json=_asked(Box(serial="ZZ-NOWHERE"), make_code()))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert _told(known).reason is Refusal.WRONG_CODE


def test_whoever_guesses_has_to_wait(door: ServedDoor, tmp_path: Path) -> None:
    with door.client(tmp_path) as client:
        answers = [client.get("/enrol/authority", params={"code_hint": hint_of(make_code())}) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1
        guesses = [client.post("/enrol", json=_asked(Box(serial="ZZ-SYN-0001"), make_code())).status_code for _ in range(7)]
        assert guesses == [403] * 5 + [429] * 2
    assert door.bureau.noted("wrong_code") == 5


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"serial": 1}', b'{"a":' * 5_000, b"\xff\xfe", b"x" * 20_000],
    ids=["empty", "cut", "list", "null", "silly", "deep", "not-utf-8", "large"],
)
def test_what_is_no_request_is_refused_whole(door: ServedDoor, tmp_path: Path, body: bytes) -> None:
    with door.client(tmp_path) as client:
        assert client.post("/enrol", content=body).status_code in {413, 422}
    with door.client(tmp_path) as client:
        assert client.get("/whoami").status_code == 401


def test_a_certificate_of_another_authority_does_not_come_through_the_handshake(door: ServedDoor, tmp_path: Path) -> None:
    stranger = Authority.create(tmp_path / "stranger", name="stranger", now=_now())
    box = Box(serial="ZZ-SYN-0001")
    forged = stranger.issue(box.csr.encode(), KIOSK, now=_now())
    with door.client(tmp_path, box.key, forged.pem.decode()) as client, pytest.raises(httpx.TransportError):
        client.get("/whoami")


def test_a_certificate_that_has_run_out_does_not_come_through_the_handshake(door: ServedDoor, tmp_path: Path) -> None:
    box = Box(serial="ZZ-SYN-0001")
    old = door.bureau.authority.issue(box.csr.encode(), KIOSK, now=_now() - timedelta(days=91))
    with door.client(tmp_path, box.key, old.pem.decode()) as client, pytest.raises(httpx.TransportError):
        client.get("/whoami")


def test_the_services_own_certificate_is_no_kiosks(door: ServedDoor, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    own = door.bureau.authority.issue_service(key.public_key(), now=_now(), lasts=timedelta(days=1))
    with door.client(tmp_path, key, own.pem.decode()) as client:
        assert client.get("/whoami").status_code == 403


def test_a_self_made_certificate_with_a_kiosks_name_does_not_come_through(door: ServedDoor, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject_of(KIOSK))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = builder.not_valid_before(_now() - timedelta(days=1)).not_valid_after(_now() + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    with door.client(tmp_path, key, pem) as client, pytest.raises(httpx.TransportError):
        client.get("/whoami")


def test_plain_http_and_old_tls_find_no_door(door: ServedDoor) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(door.url.replace("https", "http") + "/whoami", timeout=5)
    assert door.tls.context.minimum_version is ssl.TLSVersion.TLSv1_2
