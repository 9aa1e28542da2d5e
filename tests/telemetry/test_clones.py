"""Two machines with one identity are said to be two; a replaced disk, a flapping link and a repeated message are not."""

from datetime import timedelta

from telemetry.fleet.clones import SOON
from telemetry.wire.messages import Birth, Death, Heartbeat, Upward
from tests.telemetry.said import K1, NOW, birth, death, fault, heartbeat
from tests.telemetry.test_steps import Desk


def _born(life: int, second: float, *, seq: int = 10, model: str = "") -> Birth:
    return birth(life=life, seq=seq, floor=seq, at=NOW + timedelta(seconds=second)).model_copy(update={"model": model})


def _told(*story: tuple[float, Upward]) -> Desk:
    desk = Desk()
    for second, message in story:
        desk.hear(message, now=NOW + timedelta(seconds=second))
    return desk


def _beat(life: int, second: float) -> Heartbeat:
    return heartbeat(life=life).model_copy(update={"at": NOW + timedelta(seconds=second)})


def test_a_copied_disk_is_seen_when_lives_that_ended_begin_again() -> None:
    """Each pushes the other out at the broker, which says the will; both count their lives from the same number."""
    desk = _told((0, _born(4, 0)), (1, death(life=4)), (1.1, _born(4, 1)), (9, death(life=4)), (9.1, _born(5, 9)))
    assert desk.open == set(), "once may be a replaced disk"
    desk.hear(death(life=5), now=NOW + timedelta(seconds=20))
    desk.hear(_born(5, 20), now=NOW + timedelta(seconds=20.1))
    assert desk.open == {"kiosk.cloned"}
    (row,) = desk.rows.values()
    assert (row.occurrence.device, row.severity, row.detail) == ("kiosk", "BLOCKING", "life 5 again after its end")


def test_a_second_machine_with_a_count_of_its_own_is_seen() -> None:
    desk = _told((0, _born(40, 0)), (1, _born(7, 1)), (8, _born(41, 8)), (20, _born(8, 20)))
    assert desk.open == {"kiosk.cloned"}


def test_two_models_in_turn_are_two_machines() -> None:
    turns = [(float(number), _born(4 + number, number, model="AB"[number % 2])) for number in range(4)]
    assert _told(*turns).open == {"kiosk.cloned"}


def test_two_machines_that_speak_at_once_are_seen() -> None:
    """Past the broker's door, with client ids of their own."""
    desk = _told((0, _born(4, 0)), (1, _born(9, 1)), (20, _beat(4, 20)), (25, _beat(9, 25)), (50, _beat(4, 50)))
    assert desk.open == {"kiosk.cloned"}
    assert desk.known.life == 9


def test_the_alarm_lasts_while_they_are_two_and_ends_when_there_is_one() -> None:
    turns = [(30.0 * number, _born((40, 7)[number % 2] + number, 30 * number)) for number in range(30)]
    desk = _told(*turns)
    assert len([row for row in desk.rows.values() if row.occurrence.code == "kiosk.cloned"]) == 1, "one alarm, not one a turn"
    last_s = turns[-1][0]
    desk.hear(_beat(desk.known.life, last_s + 60), now=NOW + timedelta(seconds=last_s + 60))
    assert desk.open == {"kiosk.cloned"}
    later = timedelta(seconds=last_s + 1) + SOON
    desk.hear(_beat(desk.known.life, last_s + 601), now=NOW + later)
    assert desk.open == set()


def test_a_replaced_disk_is_one_machine() -> None:
    assert _told((0, _born(40, 0)), (60, _born(1, 60)), (120, _born(2, 120)), (130, _beat(2, 130))).open == set()


def test_a_flapping_link_is_one_machine() -> None:
    story: list[tuple[float, Upward]] = []
    for life in range(4, 60):
        story += [(life * 2.0, _born(life, life * 2)), (life * 2 + 1.0, death(life=life))]
    assert _told(*story).open == set()


def test_what_a_broker_delivers_again_is_one_machine() -> None:
    first, last = _born(4, 0), _beat(4, 1)
    story: list[tuple[float, Upward]] = [
        (0, first),
        (1, Death(life=4, seq=10, at=NOW, clock_trusted=True)),
        (2, first),
        (3, first),
    ]
    assert _told(*story, (4, _born(5, 4)), (4.5, last), (4.6, last), (5, fault(seq=11, life=4))).open == {"printer.paper_out"}


def test_a_birth_asked_for_again_is_one_machine() -> None:
    assert _told(*((float(number), _born(4, number)) for number in range(6))).open == set()


def test_the_kiosk_of_the_tests_is_one() -> None:
    assert _told((0, _born(4, 0))).known.id == K1
