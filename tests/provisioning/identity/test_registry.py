"""Who belongs to the bureau, in a store: codes once, machines in, exchanged, shut out, given up; the list follows."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from provisioning.fleet.authority import read_list
from provisioning.fleet.registry import quarantine, serials, serials_file
from provisioning.fleet.registry.acts import NotNowError
from provisioning.fleet.registry.decision import Clone, IdentityState, SerialState, Why
from provisioning.wire.enrolment import (
    EnrolmentTold,
    Refusal,
    Result,
    hint_of,
    is_proven,
    make_code,
    read_code,
    scanned,
    show_code,
)
from provisioning.wire.identity import pem_to_der, read_pem
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.store.schema import one_time_code
from telemetry.fleet.table_file import TableError
from telemetry.wire.topics import KioskId
from tests.provisioning.identity.bureau import CLERK, DAY, KIOSK, MINUTE, NOW, OTHER, Box, Bureau

BOARD = "a" * 64
BARE = "b" * 64


def test_a_machine_of_the_list_is_let_in_with_its_code(bureau: Bureau) -> None:
    told = bureau.ask(Box(serial="ZZ-SYN-0001"), bureau.code("ZZ-SYN-0001"))
    assert (told.result, told.county, told.kiosk) == (Result.ISSUED, "yunxi", "guangming-1")
    bearer = read_pem(told.certificate.encode())
    assert bearer.kiosk == KIOSK
    assert bureau.opens(bearer)
    assert len(told.keys) == 1
    assert bureau.noted("let in") == 1


def test_the_bureaus_answer_proves_that_it_made_the_code(bureau: Bureau) -> None:
    code = bureau.code("ZZ-SYN-0001")
    told = bureau.enrolling.tell_authority(hint_of(code))
    assert told is not None
    assert is_proven(code, pem_to_der(told.authority.encode()), told.proof)
    assert not is_proven(make_code(), pem_to_der(told.authority.encode()), told.proof)
    assert bureau.enrolling.tell_authority(hint_of(make_code())) is None


def test_the_code_itself_is_nowhere_kept(bureau: Bureau, tmp_path: Path) -> None:
    code = bureau.code("ZZ-SYN-0001")
    bureau.ask(Box(serial="ZZ-SYN-0001"), code)
    bureau.engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert code.encode() not in kept
    assert show_code(code).encode() not in kept


def test_a_lost_answer_is_told_again_to_the_same_key_alone(bureau: Bureau) -> None:
    code, box = bureau.code("ZZ-SYN-0001"), Box(serial="ZZ-SYN-0001")
    first = bureau.ask(box, code)
    assert bureau.ask(box, code, now=NOW + 2 * DAY) == first
    other = bureau.ask(Box(serial="ZZ-SYN-0001"), code)
    assert (other.result, other.reason) == (Result.REFUSED, Refusal.USED)
    assert bureau.noted("used") == 1
    assert bureau.opens(read_pem(first.certificate.encode()))


def test_a_code_is_for_one_machine_and_for_a_day(bureau: Bureau) -> None:
    code = bureau.code("ZZ-SYN-0001")
    assert bureau.ask(Box(serial="ZZ-SYN-0002"), code).reason is Refusal.WRONG_SERIAL
    assert bureau.ask(Box(serial="ZZ-SYN-9999"), code).reason is Refusal.UNKNOWN_SERIAL
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), code, now=NOW + DAY).reason is Refusal.EXPIRED
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), make_code()).reason is Refusal.WRONG_CODE
    assert bureau.ask(Box(serial="zz-syn-0001"), code, now=NOW + DAY - MINUTE).result is Result.ISSUED


def test_a_new_code_withdraws_the_one_before(bureau: Bureau) -> None:
    first, second = bureau.code("ZZ-SYN-0001"), bureau.code("ZZ-SYN-0001")
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), first).reason is Refusal.EXPIRED
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), second).result is Result.ISSUED


def test_a_machine_nobody_has_named_waits_and_hears_of_the_approval(bureau: Bureau) -> None:
    code, box = bureau.code("ZZ-SYN-0003"), Box(serial="ZZ-SYN-0003")
    assert bureau.ask(box, code).result is Result.PENDING
    [waiting] = bureau.pending
    assert waiting.why is Why.UNNAMED
    with pytest.raises(NotNowError, match="which kiosk"):
        bureau.acts.approve(CLERK, waiting.id, now=NOW)
    bureau.let_in(Box(serial="ZZ-SYN-0001"))
    with pytest.raises(NotNowError, match="ZZ-SYN-0001"):
        bureau.acts.approve(CLERK, waiting.id, KIOSK, now=NOW)
    new = KioskId(county="yunxi", kiosk="xinhua-1")
    assert bureau.acts.approve(CLERK, waiting.id, new, now=NOW) == new
    told = bureau.ask(box, code, now=NOW + DAY)
    assert (told.result, told.kiosk) == (Result.ISSUED, "xinhua-1")
    assert not bureau.pending
    with pytest.raises(NotNowError, match="nobody waits"):
        bureau.acts.turn_down(CLERK, waiting.id, now=NOW)


def test_who_was_turned_down_stays_so(bureau: Bureau) -> None:
    code, box = bureau.code("ZZ-SYN-0003"), Box(serial="ZZ-SYN-0003")
    bureau.ask(box, code)
    bureau.acts.turn_down(CLERK, bureau.pending[0].id, now=NOW)
    assert bureau.ask(box, code).reason is Refusal.TURNED_DOWN
    assert bureau.ask(Box(serial="ZZ-SYN-0003"), code).reason is Refusal.USED


def test_after_a_board_swap_a_person_decides_and_the_old_certificate_ends(bureau: Bureau) -> None:
    old = bureau.let_in(Box(serial="ZZ-SYN-0001", hardware=BOARD))
    code, mended = bureau.code("ZZ-SYN-0001"), Box(serial="ZZ-SYN-0001", hardware=BARE)
    assert bureau.ask(mended, code).result is Result.PENDING
    assert bureau.pending[0].why is Why.OTHER_BOARD
    assert bureau.opens(old)
    bureau.acts.approve(CLERK, bureau.pending[0].id, now=NOW + MINUTE)
    assert not bureau.opens(old)
    assert bureau.opens(read_pem(bureau.ask(mended, code).certificate.encode()))
    assert read_list((bureau.folder / "crl.pem").read_bytes()) == {old.number}


def test_an_exchanged_machine_ends_the_one_before(bureau: Bureau) -> None:
    old = bureau.let_in(Box(serial="ZZ-SYN-0001"))
    bureau.acts.retire(CLERK, KIOSK, "flooded", now=NOW)
    assert not bureau.opens(old)
    spare = serials_file.Listed(serial="ZZ-SYN-0077", county="yunxi", kiosk="guangming-1")
    with bureau.engine.begin() as connection:
        serials.put(connection, [(2, spare)], COMMAND_LINE, now=NOW)
    assert bureau.opens(bureau.let_in(Box(serial="ZZ-SYN-0077")))
    with pytest.raises(NotNowError, match="retired"):
        bureau.code("ZZ-SYN-0001")


def test_who_is_shut_out_opens_nothing_until_a_person_lets_it_in_again(bureau: Bureau) -> None:
    bearer = bureau.let_in(Box(serial="ZZ-SYN-0001"))
    with bureau.engine.begin() as connection:
        assert quarantine(connection, KIOSK, "two machines at the broker", NOW)
        assert not quarantine(connection, KIOSK, "again", NOW)
        assert not quarantine(connection, OTHER, "never let in", NOW)
    bureau.revocations.publish(now=NOW)
    assert not bureau.opens(bearer)
    assert read_list((bureau.folder / "crl.pem").read_bytes()) == {bearer.number}
    assert bureau.renew(Box(serial="ZZ-SYN-0001"), bearer, now=NOW).reason is Refusal.QUARANTINED
    bureau.acts.readmit(CLERK, KIOSK, now=NOW)
    assert bureau.opens(bearer)
    assert read_list((bureau.folder / "crl.pem").read_bytes()) == frozenset()


def test_the_way_out_of_a_real_clone_is_a_new_code_and_a_person(bureau: Bureau) -> None:
    shared = bureau.let_in(Box(serial="ZZ-SYN-0001"))
    bureau.acts.shut_out(CLERK, KIOSK, "a disk was copied", now=NOW)
    code, right = bureau.code("ZZ-SYN-0001"), Box(serial="ZZ-SYN-0001")
    assert bureau.ask(right, code).result is Result.PENDING
    assert bureau.pending[0].why is Why.QUARANTINED
    bureau.acts.approve(CLERK, bureau.pending[0].id, now=NOW)
    assert bureau.opens(read_pem(bureau.ask(right, code).certificate.encode()))
    assert not bureau.opens(shared)


def _issued(told: EnrolmentTold) -> bytes:
    assert told.result is Result.ISSUED
    return told.certificate.encode()


def test_a_renewal_ends_the_certificate_before_it_once_it_is_used(bureau: Bureau) -> None:
    box = Box(serial="ZZ-SYN-0001", hardware=BOARD)
    first = bureau.let_in(box)
    box.turn_key()
    second = read_pem(_issued(bureau.renew(box, first, now=first.renew_from)))
    assert read_pem(_issued(bureau.renew(box, first, now=first.renew_from))) == second
    assert bureau.opens(first, now=first.renew_from)
    assert bureau.opens(second, now=first.renew_from)
    assert not bureau.opens(first, now=first.renew_from)
    assert read_list((bureau.folder / "crl.pem").read_bytes()) == {first.number}


def test_a_renewal_whose_key_was_lost_is_renewed_again(bureau: Bureau) -> None:
    box = Box(serial="ZZ-SYN-0001")
    first = bureau.let_in(box)
    box.turn_key()
    lost = read_pem(_issued(bureau.renew(box, first, now=first.renew_from)))
    box.turn_key()
    second = read_pem(_issued(bureau.renew(box, first, now=first.renew_from)))
    assert not bureau.opens(lost, now=first.renew_from)
    assert bureau.opens(second, now=first.renew_from)


def test_a_copied_disk_that_renews_after_the_other_shuts_both_out(bureau: Bureau) -> None:
    box, copy = Box(serial="ZZ-SYN-0001"), Box(serial="ZZ-SYN-0001")
    first = bureau.let_in(box)
    box.turn_key()
    second = read_pem(_issued(bureau.renew(box, first, now=first.renew_from)))
    assert bureau.opens(second, now=first.renew_from)
    assert bureau.renew(copy, first, now=first.renew_from + DAY).reason is Refusal.QUARANTINED
    identity = bureau.identity()
    assert identity is not None
    assert (identity.state, identity.reason) == (IdentityState.QUARANTINED, Clone.OLD_CERTIFICATE.value)
    assert not bureau.opens(second, now=first.renew_from + DAY)


def test_another_board_that_asks_for_the_next_certificate_shuts_both_out(bureau: Bureau) -> None:
    first = bureau.let_in(Box(serial="ZZ-SYN-0001", hardware=BOARD))
    assert bureau.renew(Box(serial="ZZ-SYN-0001", hardware=BARE), first, now=NOW + DAY).reason is Refusal.QUARANTINED
    assert not bureau.opens(first)


def test_a_certificate_that_is_in_no_list_opens_nothing(bureau: Bureau) -> None:
    box = Box(serial="ZZ-SYN-0001")
    bureau.let_in(box)
    forged = bureau.authority.issue(box.csr.encode(), KIOSK, now=NOW).bearer  # of this CA, and in no list
    assert not bureau.opens(forged)
    assert bureau.renew(box, forged, now=NOW).reason is Refusal.NOT_CURRENT


HEADER = "serial,county,kiosk,village,model\n"


def _import(bureau: Bureau, text: str) -> serials.Imported:
    with bureau.engine.begin() as connection:
        return serials.put(connection, serials_file.read(text.encode()), COMMAND_LINE, now=NOW)


def test_a_list_comes_in_whole(bureau: Bureau) -> None:
    many = "".join(f"zz-syn-{number},yunxi,v-{number},村{number},trial\n" for number in range(1000, 1050))
    assert _import(bureau, HEADER + many + "ZZ-SYN-2000,yunxi,,,\n") == serials.Imported(new=51, changed=0, same=0, unnamed=1)
    assert _import(bureau, HEADER + many).same == 50


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("ZZ-1,yunxi,a,,\nZZ-1,yunxi,b,,\n", "line 3: ZZ-1 stands in line 2 already"),
        ("ZZ-1,yunxi,a,,\nZZ-2,yunxi,a,,\n", "line 3: yunxi/a stands in line 2 already"),
        ("ZZ-1,yunxi,a,,\nZ,yunxi,b,,\n", "line 3: serial 'Z'"),
        ("ZZ-1,yun xi,a,,\n", "line 2: county"),
        ("ZZ-1,yunxi,a/b,,\n", "line 2: kiosk"),
        ("ZZ-1,yunxi,a,=1+1,\n", "line 2: village"),
        ("ZZ-1,yunxi,a\n", "line 2: 3 cells"),
        ("ZZ-SYN-0009,yunxi,guangming-1,,\n", "line 2: yunxi/guangming-1 is ZZ-SYN-0001 already"),
    ],
)
def test_of_a_list_with_a_mistake_nothing_comes_in(bureau: Bureau, lines: str, problem: str) -> None:
    with pytest.raises(TableError) as raised:
        _import(bureau, HEADER + lines)
    assert any(one.startswith(problem) for one in raised.value.problems)
    with bureau.engine.connect() as connection:
        assert len(serials.every(connection)) == 3


def test_a_machine_that_was_let_in_is_not_renamed_by_a_list(bureau: Bureau) -> None:
    bureau.let_in(Box(serial="ZZ-SYN-0001"))
    with pytest.raises(TableError, match="line 2: ZZ-SYN-0001 is enrolled as yunxi/guangming-1"):
        _import(bureau, HEADER + "ZZ-SYN-0001,yunxi,elsewhere-1,,\n")
    with bureau.engine.connect() as connection:
        machine = serials.find(connection, "ZZ-SYN-0001")
    assert machine is not None
    assert machine.state is SerialState.ENROLLED


def test_of_many_machines_that_show_one_code_at_once_one_is_let_in(store: Engine, tmp_path: Path) -> None:
    bureau = Bureau(store, tmp_path / "authority")
    code = bureau.code("ZZ-SYN-0001")
    boxes = [Box(serial="ZZ-SYN-0001") for _ in range(8)]
    answers: list[EnrolmentTold] = []
    gate = threading.Barrier(len(boxes))

    def press(box: Box) -> None:
        gate.wait(30)
        answers.append(bureau.ask(box, code))

    threads = [threading.Thread(target=press, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [told.result for told in answers].count(Result.ISSUED) == 1
    assert [told.reason for told in answers].count(Refusal.USED) == len(boxes) - 1
    with store.connect() as connection:
        assert connection.execute(select(one_time_code.c.contested_at)).scalar_one() == NOW
    assert bureau.noted("used") == len(boxes) - 1


@pytest.mark.parametrize("typed", ["7k2m qx4t-9brd w6hf", "7K2MQX4T9BRDW6HF", "7k2m-qx4t-9brd-w6hf "])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert show_code(read_code(typed)) == "7K2M-QX4T-9BRD-W6HF"


def test_a_scanner_may_type_what_stands_on_the_slip() -> None:
    said = scanned("https://bureau.example:8443", "ZZ-SYN-0001", "7K2MQX4T9BRDW6HF")
    assert "\n" not in said
    assert read_code(said) == read_code(said.lower()) == "7K2MQX4T9BRDW6HF"


def test_letters_that_look_like_digits_are_those_digits() -> None:
    assert read_code("ilOo 1100 ABCD EFGH") == "11001100ABCDEFGH"


@pytest.mark.parametrize("typed", ["", "7K2M-QX4T-9BRD", "7K2M-QX4T-9BRD-W6HU", "7K2M-QX4T-9BRD-W6HF-1", "7" * 500, "七" * 16])
def test_what_can_be_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(ValueError, match="16 letters and digits"):
        read_code(typed)
