"""The queue of a simulated kiosk: numbers, windows, acks and resyncs as a real kiosk keeps them."""

from datetime import UTC, datetime

from telemetry.simulation.outbox import PATIENCE_S, WINDOW, Outbox
from telemetry.wire.codec import decode_up
from telemetry.wire.messages import Event
from telemetry.wire.topics import Up

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def filled(count: int) -> Outbox:
    outbox = Outbox(first=100)
    for number in range(count):
        outbox.put(Up.EVENT, Event(life=0, seq=0, at=NOW, clock_trusted=True, name=f"e{number}"), about=number)
    return outbox


def due(outbox: Outbox, *, life: int = 1, now_s: float = 0.0) -> list[Event]:
    told = [decode_up(kind, body) for kind, body in outbox.due(life=life, now_s=now_s)]
    return [message for message in told if isinstance(message, Event)]


def test_messages_are_numbered_and_say_which_was_held_before() -> None:
    assert [(message.seq, message.prev, message.life) for message in due(filled(3), life=9)] == [
        (101, 0, 9),
        (102, 101, 9),
        (103, 102, 9),
    ]


def test_no_more_than_a_window_is_under_way() -> None:
    outbox = filled(WINDOW + 5)
    assert len(due(outbox)) == WINDOW
    assert due(outbox) == []
    assert outbox.forget(101, now_s=1.0) == (0,)
    assert [message.seq for message in due(outbox)] == [100 + WINDOW + 1]


def test_what_was_not_stored_is_history_in_the_next_life() -> None:
    outbox = filled(2)
    due(outbox)
    outbox.begin_life(now_s=1.0)
    outbox.put(Up.EVENT, Event(life=0, seq=0, at=NOW, clock_trusted=True, name="new"))
    assert [(message.seq, message.hist) for message in due(outbox, life=2)] == [(101, True), (102, True), (103, False)]


def test_the_fleet_may_ask_again_but_not_for_what_is_gone() -> None:
    outbox = filled(4)
    due(outbox)
    outbox.forget(102, now_s=1.0)
    outbox.rewind(0)
    assert [(message.seq, message.prev) for message in due(outbox)] == [(103, 0), (104, 103)]


def test_an_ack_of_numbers_never_given_means_nothing() -> None:
    outbox = filled(2)
    assert outbox.forget(500, now_s=0.0) == ()
    assert outbox.count == 2


def test_without_an_ack_everything_is_sent_again() -> None:
    outbox = filled(2)
    due(outbox, now_s=0.0)
    assert due(outbox, now_s=PATIENCE_S) == []
    assert len(due(outbox, now_s=PATIENCE_S + 0.1)) == 2
