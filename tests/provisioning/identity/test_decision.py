"""What becomes of a request: every row of the table."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.fleet.registry.decision import (
    AskedBy,
    CertificateKnown,
    Clone,
    CodeKnown,
    IdentityKnown,
    IdentityState,
    Issue,
    Quarantine,
    Refuse,
    Renew,
    SerialKnown,
    SerialState,
    Wait,
    Why,
    decide,
    decide_renewal,
)
from provisioning.wire.enrolment import Refusal
from tests.provisioning.identity.bureau import DAY, KIOSK, NOW

ASKED = AskedBy(serial="S1", key="k1", hardware="h1")
CODE = CodeKnown(serial="S1", expires_at=NOW + DAY, is_withdrawn=False, used_by_key="", is_turned_down=False)
SERIAL = SerialKnown(state=SerialState.LISTED, county="yunxi", kiosk=KIOSK)
MINE = IdentityKnown(serial="S1", state=IdentityState.ACTIVE, hardware="h1")


def test_a_machine_of_the_list_with_its_code_is_let_in() -> None:
    assert decide(ASKED, CODE, SERIAL, None, now=NOW) == Issue(kiosk=KIOSK)


@pytest.mark.parametrize(
    ("code", "serial", "reason"),
    [
        (None, SERIAL, Refusal.WRONG_CODE),
        (None, None, Refusal.WRONG_CODE),
        (replace(CODE, serial="S2"), SERIAL, Refusal.WRONG_SERIAL),
        (replace(CODE, serial="S2"), None, Refusal.UNKNOWN_SERIAL),
        (CODE, None, Refusal.UNKNOWN_SERIAL),
        (replace(CODE, used_by_key="k2"), SERIAL, Refusal.USED),
        (replace(CODE, expires_at=NOW), SERIAL, Refusal.EXPIRED),
        (replace(CODE, is_withdrawn=True), SERIAL, Refusal.EXPIRED),
        (replace(CODE, used_by_key="k1", is_turned_down=True), SERIAL, Refusal.TURNED_DOWN),
        (CODE, replace(SERIAL, state=SerialState.RETIRED), Refusal.RETIRED),
    ],
)
def test_who_is_refused_is_told_why(code: CodeKnown | None, serial: SerialKnown | None, reason: Refusal) -> None:
    decision = decide(ASKED, code, serial, None, now=NOW)
    assert isinstance(decision, Refuse)
    assert decision.reason is reason


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        (MINE, Why.AGAIN),
        (replace(MINE, hardware="h2"), Why.OTHER_BOARD),
        (replace(MINE, hardware=""), Why.AGAIN),
        (replace(MINE, serial="S2"), Why.OTHER_MACHINE),
        (replace(MINE, state=IdentityState.QUARANTINED), Why.QUARANTINED),
        (replace(MINE, serial="S2", state=IdentityState.QUARANTINED), Why.QUARANTINED),
    ],
)
def test_who_would_take_a_kiosks_place_waits_for_a_person(identity: IdentityKnown, why: Why) -> None:
    assert decide(ASKED, CODE, SERIAL, identity, now=NOW) == Wait(why=why)


def test_a_machine_nobody_has_named_waits_for_a_person() -> None:
    assert decide(ASKED, CODE, replace(SERIAL, kiosk=None), None, now=NOW) == Wait(why=Why.UNNAMED)


def test_who_showed_the_code_in_time_may_wait_for_longer_than_it_lasts() -> None:
    late = replace(CODE, used_by_key="k1", expires_at=NOW - DAY)
    assert decide(ASKED, late, replace(SERIAL, kiosk=None), None, now=NOW) == Wait(why=Why.UNNAMED)


@given(
    serial=st.sampled_from([None, SERIAL, replace(SERIAL, kiosk=None), replace(SERIAL, state=SerialState.RETIRED)]),
    identity=st.sampled_from([None, MINE, replace(MINE, state=IdentityState.QUARANTINED)]),
)
def test_whoever_has_no_code_learns_nothing(serial: SerialKnown | None, identity: IdentityKnown | None) -> None:
    assert decide(ASKED, None, serial, identity, now=NOW) == Refuse(reason=Refusal.WRONG_CODE)


GOOD = CertificateKnown(is_revoked=False, is_followed_and_used=False)


def test_a_kiosk_that_is_in_gets_its_next_certificate() -> None:
    assert decide_renewal("h1", GOOD, MINE) == Renew()
    assert decide_renewal("", GOOD, MINE) == Renew()


@pytest.mark.parametrize(
    ("certificate", "identity", "reason"),
    [
        (None, MINE, Refusal.NOT_CURRENT),
        (GOOD, None, Refusal.NOT_CURRENT),
        (replace(GOOD, is_revoked=True), MINE, Refusal.NOT_CURRENT),
        (GOOD, replace(MINE, state=IdentityState.QUARANTINED), Refusal.QUARANTINED),
        (GOOD, replace(MINE, state=IdentityState.RETIRED), Refusal.RETIRED),
    ],
)
def test_whose_certificate_does_not_count_gets_no_other(
    certificate: CertificateKnown | None, identity: IdentityKnown | None, reason: Refusal
) -> None:
    decision = decide_renewal("h1", certificate, identity)
    assert isinstance(decision, Refuse)
    assert decision.reason is reason


def test_an_identity_in_two_places_is_told_by_what_only_one_of_two_can_do() -> None:
    followed = replace(GOOD, is_revoked=True, is_followed_and_used=True)
    assert decide_renewal("h1", followed, MINE) == Quarantine(clone=Clone.OLD_CERTIFICATE)
    assert decide_renewal("h2", GOOD, MINE) == Quarantine(clone=Clone.OTHER_BOARD)
