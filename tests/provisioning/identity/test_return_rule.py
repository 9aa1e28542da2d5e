"""A kiosk that comes back: every row of the table, and the numbers it proves over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from provisioning.fleet.registry.decision import (
    CertificateKnown,
    IdentityKnown,
    IdentityState,
    Refuse,
    Wait,
    Why,
)
from provisioning.fleet.registry.numbers import GOOD_FOR, Numbers
from provisioning.fleet.registry.return_rule import CameBackAs, decide_return
from provisioning.wire.enrolment import Refusal
from tests.provisioning.identity.bureau import DAY, NOW

ASKED = CameBackAs(serial="S1", hardware="h1", over_for=10 * DAY)
LAST = CertificateKnown(is_revoked=False, is_followed_and_used=False)
MINE = IdentityKnown(serial="S1", state=IdentityState.ACTIVE, hardware="h1")
INSTANT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("asked", "identity"),
    [
        (ASKED, MINE),
        (replace(ASKED, over_for=timedelta(0)), MINE),
        (replace(ASKED, over_for=365 * DAY), MINE),
        (ASKED, replace(MINE, hardware="")),
        (replace(ASKED, hardware=""), replace(MINE, hardware="")),
    ],
)
def test_a_kiosk_with_its_last_certificate_waits_for_a_person(asked: CameBackAs, identity: IdentityKnown) -> None:
    assert decide_return(asked, LAST, identity) == Wait(why=Why.CAME_BACK)


@pytest.mark.parametrize(
    ("asked", "certificate", "identity", "reason"),
    [
        (ASKED, None, MINE, Refusal.NOT_CURRENT),
        (ASKED, LAST, None, Refusal.NOT_CURRENT),
        (ASKED, replace(LAST, is_revoked=True), MINE, Refusal.NOT_CURRENT),
        (ASKED, replace(LAST, is_followed_and_used=True), MINE, Refusal.NOT_CURRENT),
        (ASKED, LAST, replace(MINE, state=IdentityState.RETIRED), Refusal.RETIRED),
        (ASKED, LAST, replace(MINE, state=IdentityState.QUARANTINED), Refusal.QUARANTINED),
        (replace(ASKED, serial="S2"), LAST, MINE, Refusal.OTHER_MACHINE),
        (replace(ASKED, hardware="h2"), LAST, MINE, Refusal.OTHER_MACHINE),
        (replace(ASKED, hardware=""), LAST, MINE, Refusal.OTHER_MACHINE),
        (replace(ASKED, over_for=-INSTANT), LAST, MINE, Refusal.NOT_OVER),
        (replace(ASKED, over_for=365 * DAY + INSTANT), LAST, MINE, Refusal.OVER_TOO_LONG),
    ],
)
def test_any_other_is_refused_and_told_why(
    asked: CameBackAs, certificate: CertificateKnown | None, identity: IdentityKnown | None, reason: Refusal
) -> None:
    decision = decide_return(asked, certificate, identity)
    assert isinstance(decision, Refuse)
    assert decision.reason is reason


def test_a_number_is_good_once_for_two_minutes_in_the_process_that_gave_it() -> None:
    numbers = Numbers(key=bytes(32))
    number = numbers.give(now=NOW)
    assert numbers.is_good(number, now=NOW + GOOD_FOR)
    assert not numbers.is_good(number, now=NOW + GOOD_FOR + INSTANT)
    assert not numbers.is_good(number, now=NOW - INSTANT)
    assert not Numbers(key=bytes(31) + b"1").is_good(number, now=NOW)
    assert not any(
        numbers.is_good(number[:at] + ("1" if number[at] == "0" else "0") + number[at + 1 :], now=NOW) for at in range(112)
    )
    assert numbers.use(number, now=NOW)
    assert not numbers.is_good(number, now=NOW)
    assert not numbers.use(number, now=NOW + INSTANT)
    assert numbers.give(now=NOW) != number
