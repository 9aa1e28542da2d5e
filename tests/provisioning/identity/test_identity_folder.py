"""A kiosk's identity on its disk: killed or full at any step, it is the old one or the new one."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioning.agent.hardware import board_fingerprint, serial_number
from provisioning.agent.identity import IdentityError, IdentityFolder
from provisioning.agent.trusted_keys import trusted_keys
from provisioning.fleet.authority import Authority
from provisioning.wire.signatures import Trusted
from telemetry.wire.topics import KioskId
from tests.provisioning.identity.bureau import KIOSK, NOW, OTHER, SIGNING

KEYS = (SIGNING.public_key(),)
STEPS = frozenset({"open", "os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.unlink"})
UNDISTURBED, FAILED, SURVIVED, KILLED = 0, 1, 2, 9


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", name="trial", now=NOW)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def _let_in(state: Path, authority: Authority, kiosk: KioskId = KIOSK) -> None:
    folder = IdentityFolder(state)
    issued = authority.issue(folder.request().encode(), kiosk, now=NOW)
    folder.commit(issued.pem.decode(), authority=authority.pem.decode(), keys=KEYS)


def test_the_key_is_made_here_and_nobody_else_reads_it(state: Path, authority: Authority) -> None:
    assert IdentityFolder(state).read() is None
    _let_in(state, authority)
    identity = IdentityFolder(state).read()
    assert identity is not None
    assert identity.kiosk == KIOSK
    assert identity.key.stat().st_mode & 0o777 == 0o600
    assert (state / "identity" / "key.pem").samefile(identity.key)
    assert trusted_keys(state) == Trusted.of(*KEYS)


def test_the_same_key_asks_again_until_there_is_an_answer(state: Path) -> None:
    first = x509.load_pem_x509_csr(IdentityFolder(state).request().encode()).public_key()
    again = x509.load_pem_x509_csr(IdentityFolder(state).request().encode()).public_key()
    assert first == again
    IdentityFolder(state).give_up_next()
    assert x509.load_pem_x509_csr(IdentityFolder(state).request().encode()).public_key() != first


def test_the_next_identity_has_another_key_and_the_old_one_is_forgotten(state: Path, authority: Authority) -> None:
    _let_in(state, authority)
    first = IdentityFolder(state).read()
    _let_in(state, authority, OTHER)
    second = IdentityFolder(state).read()
    assert first is not None
    assert second is not None
    assert second.bearer.key_fingerprint != first.bearer.key_fingerprint
    assert not first.folder.exists()
    assert sorted(path.name for path in state.iterdir()) == ["identity", "identity-2"]


def test_a_certificate_for_another_key_is_not_taken(state: Path, authority: Authority, tmp_path: Path) -> None:
    _let_in(state, authority)
    elsewhere = IdentityFolder(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    issued = authority.issue(elsewhere.request().encode(), OTHER, now=NOW)
    folder = IdentityFolder(state)
    folder.request()
    for pem in (issued.pem.decode(), authority.pem.decode(), "", "garbage"):
        with pytest.raises(IdentityError):
            folder.commit(pem, authority=authority.pem.decode(), keys=KEYS)
    identity = folder.read()
    assert identity is not None
    assert identity.kiosk == KIOSK


def _in_a_child(work: Callable[[], None], *, at: int, state: Path, why: Callable[[], None]) -> int:
    """Do it in a process of its own; at its ``at``-th step on the disk it meets its fate. Returns how that process ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen = 0

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if name in STEPS and str(state) in str(arguments[0]):
            seen += 1
            if seen == at:
                why()

    sys.addaudithook(hook)
    try:
        work()
    except OSError:
        os._exit(FAILED)
    finally:
        os._exit(SURVIVED if seen >= at else UNDISTURBED)


def _full() -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fate", [lambda: os._exit(KILLED), _full], ids=["killed", "full"])
def test_killed_or_full_at_any_step_it_is_the_old_identity_or_the_new(
    state: Path, authority: Authority, fate: Callable[[], None]
) -> None:
    _let_in(state, authority)
    met: list[KioskId] = []
    while _in_a_child(lambda: _let_in(state, authority, OTHER), at=len(met) + 1, state=state, why=fate) != UNDISTURBED:
        identity = IdentityFolder(state).read()
        assert identity is not None
        assert trusted_keys(state) == Trusted.of(*KEYS)
        met.append(identity.kiosk)
        _let_in(state, authority, KIOSK)
    assert len(met) > 12
    assert set(met) == {KIOSK, OTHER}


@pytest.mark.parametrize("name", ["key.pem", "certificate.pem"])
def test_a_spoilt_identity_is_said_to_be_spoilt(state: Path, authority: Authority, name: str) -> None:
    _let_in(state, authority)
    (state / "identity" / name).write_bytes(b"\0" * 300)
    with pytest.raises(IdentityError, match="enrol this kiosk again"):
        IdentityFolder(state).read()
    _let_in(state, authority)
    assert IdentityFolder(state).read() is not None


def test_a_certificate_is_renewed_at_two_thirds_of_its_life(state: Path, authority: Authority) -> None:
    _let_in(state, authority)
    identity = IdentityFolder(state).read()
    assert identity is not None
    assert timedelta(days=58) < identity.bearer.renew_from - NOW < timedelta(days=61)


def _firmware(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_serial_number_is_what_the_firmware_says(tmp_path: Path) -> None:
    assert serial_number(tmp_path) == ""
    _firmware(tmp_path, sys__class__dmi__id__product_serial="To Be Filled By O.E.M.\n")
    assert serial_number(tmp_path) == ""
    _firmware(tmp_path, sys__class__dmi__id__board_serial="zz-syn-0001\n")
    assert serial_number(tmp_path) == "ZZ-SYN-0001"


def test_two_boards_have_two_fingerprints_and_a_copied_disk_has_the_boards(tmp_path: Path) -> None:
    first = _firmware(tmp_path / "a", sys__class__dmi__id__product_uuid="11111111-0000\n")
    second = _firmware(tmp_path / "b", sys__class__dmi__id__product_uuid="22222222-0000\n")
    assert len(board_fingerprint(first)) == 64
    assert board_fingerprint(first) == board_fingerprint(first) != board_fingerprint(second)
    cards = _firmware(
        tmp_path / "c", sys__class__net__eth0__address="02:00:00:00:00:01\n", sys__class__net__lo__address="00:00\n"
    )
    assert board_fingerprint(cards) == ""
    (cards / "sys/class/net/eth0/device").mkdir()
    assert len(board_fingerprint(cards)) == 64
