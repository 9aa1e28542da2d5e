"""Who is revoked is sent away from a broker that does not look by itself, more than once, and nobody else is."""

from datetime import timedelta

from provisioning.fleet.sending_away import AFTER_S, SendingAway
from provisioning.wire.identity import read_pem
from telemetry.mqtt import LineError
from telemetry.wire.topics import KioskId
from tests.provisioning.identity.bureau import CLERK, DAY, KIOSK, NOW, OTHER, Box, Bureau


async def test_who_is_shut_out_is_sent_away_until_the_broker_has_read_the_list(bureau: Bureau) -> None:
    bureau.let_in(Box(serial="ZZ-SYN-0001"))
    bureau.let_in(Box(serial="ZZ-SYN-0002"))
    sent: list[KioskId] = []

    async def evict(kiosk: KioskId) -> None:
        sent.append(kiosk)

    sending = SendingAway(bureau.engine, evict, now=lambda: NOW + timedelta(hours=1))
    await sending.look(monotonic_s=0.0)
    bureau.acts.shut_out(CLERK, KIOSK, "lost its key", now=NOW + timedelta(minutes=1))
    await sending.look(monotonic_s=1.0)
    assert sent == [], "the list is not written yet"
    for second in range(2, 90):
        await sending.look(monotonic_s=float(second))
    assert sent == [KIOSK] * len(AFTER_S)
    assert OTHER not in sent


async def test_a_broker_that_is_away_is_tried_again_and_ends_nothing(bureau: Bureau) -> None:
    box = Box(serial="ZZ-SYN-0001")
    bearer = bureau.let_in(box)
    asked: list[KioskId] = []

    async def evict(kiosk: KioskId) -> None:
        asked.append(kiosk)
        raise LineError("broker fleet:8884: connection refused")

    sending = SendingAway(bureau.engine, evict, now=lambda: NOW + 2 * DAY)
    await sending.look(monotonic_s=0.0)
    bureau.acts.retire(CLERK, bearer.kiosk or KIOSK, "given up", now=NOW + DAY)
    for second in range(1, 90):
        await sending.look(monotonic_s=float(second))
    assert asked == [KIOSK] * len(AFTER_S)


async def test_a_kiosk_that_has_renewed_is_sent_away_once_and_comes_back_with_the_new_one(bureau: Bureau) -> None:
    box = Box(serial="ZZ-SYN-0001")
    first = bureau.let_in(box)
    sent: list[KioskId] = []

    async def evict(kiosk: KioskId) -> None:
        sent.append(kiosk)

    sending = SendingAway(bureau.engine, evict, now=lambda: NOW + 61 * DAY)
    await sending.look(monotonic_s=0.0)
    box.turn_key()
    renewed = read_pem(bureau.renew(box, first, now=NOW + 60 * DAY).certificate.encode())
    assert bureau.opens(renewed, now=NOW + 60 * DAY)
    for second in range(1, 90):
        await sending.look(monotonic_s=float(second))
    assert sent == [KIOSK]


async def test_who_was_revoked_before_the_service_began_is_left_alone(bureau: Bureau) -> None:
    bureau.let_in(Box(serial="ZZ-SYN-0001"))
    bureau.acts.shut_out(CLERK, KIOSK, "lost its key", now=NOW)
    sent: list[KioskId] = []

    async def evict(kiosk: KioskId) -> None:
        sent.append(kiosk)

    sending = SendingAway(bureau.engine, evict, now=lambda: NOW)
    for second in range(90):
        await sending.look(monotonic_s=float(second))
    assert sent == []
