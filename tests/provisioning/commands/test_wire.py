"""Commands on the wire: a closed list, strict words, and one that counts once, here, and in time."""

import json
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.wire import command as wire
from provisioning.wire.command import CommandError, Counted, Refusal, judge
from tests.provisioning.commands.said import NOW, command

ORDERS = get_args(get_args(wire.Order)[0])


def _judged(one: wire.Command, **other: Any) -> Refusal | None:
    told: dict[str, Any] = {
        "county": "demo", "kiosk": "K1", "counted": Counted(), "now": NOW + timedelta(minutes=1), "clock_is_trusted": True,
    }  # fmt: skip
    return judge(one, **{**told, **other})


def _example(kind: type[Any]) -> object:
    given_: dict[str, object] = {}
    for name in kind.model_fields.keys() - {"do", "most_bytes"}:
        given_[name] = {"device": "receipt-printer", "text": "今日停电", "why": "换打印机"}.get(name, NOW + timedelta(hours=2))
    return kind(**given_)


@pytest.mark.parametrize("kind", ORDERS, ids=lambda kind: kind.__name__)
def test_every_order_on_the_list_is_read_as_it_was_written(kind: type[Any]) -> None:
    one = command(order=_example(kind))
    assert wire.read(wire.write(one)) == one


def _changed(**changed: object) -> bytes:
    return json.dumps({**json.loads(wire.write(command())), **changed}).encode()


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        (b"", "command"),
        (b"\xff\xfe", "command"),
        (b"[]", "command"),
        (b"[" * 100_000, "command"),
        (_changed(order={"do": "run-shell", "line": "rm -rf /"}), "order"),
        (_changed(order={"do": "self-test", "also": 1}), "order"),
        (_changed(order={"do": "reopen-device", "device": "../etc"}), "order"),
        (_changed(order={"do": "show-notice", "text": "a\nb", "until": (NOW + timedelta(hours=1)).isoformat()}), "order"),
        (_changed(order={"do": "show-notice", "text": "x", "until": (NOW + timedelta(days=400)).isoformat()}), "command"),
        (_changed(order={"do": "enter-maintenance", "why": "x", "until": (NOW - timedelta(days=1)).isoformat()}), "command"),
        (_changed(order={"do": "send-logs", "most_bytes": 10**12}), "order"),
        (_changed(counter=0), "counter"),
        (_changed(counter="1"), "counter"),
        (_changed(counter=2**63), "counter"),
        (_changed(nonce="short"), "nonce"),
        (_changed(v=2), "v"),
        (_changed(kiosk="K1/../K2"), "kiosk"),
        (_changed(sudo=True), "sudo"),
        (_changed(expires_at=NOW.isoformat()), "command"),
        (_changed(expires_at=(NOW + timedelta(days=8)).isoformat()), "command"),
        (_changed(issued_at="0001-01-01T00:00:00+23:00"), "issued_at"),
        (_changed(issued_at="2026-11-22T09:00:00"), "issued_at"),
    ],
)
def test_what_is_not_on_the_list_is_refused_whole_and_the_place_is_named(payload: bytes, place: str) -> None:
    with pytest.raises(CommandError, match=f"^{place}") as refused:
        wire.read(payload)
    assert "rm -rf" not in str(refused.value)


def test_a_command_for_this_kiosk_in_its_time_is_to_be_done() -> None:
    assert _judged(command()) is None


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"county": "elsewhere"}, Refusal.OTHER_COUNTY),
        ({"kiosk": "K2"}, Refusal.OTHER_KIOSK),
        ({"counted": Counted(counter=1)}, Refusal.REPLAYED),
        ({"counted": Counted(counter=9)}, Refusal.REPLAYED),
        ({"counted": Counted(nonces={f"{1:032x}"})}, Refusal.REPLAYED),
        ({"counted": Counted(after=NOW + timedelta(seconds=1))}, Refusal.REPLAYED),
        ({"now": NOW + timedelta(hours=1)}, Refusal.EXPIRED),
        ({"now": NOW + timedelta(days=9_000)}, Refusal.EXPIRED),
        ({"now": NOW - timedelta(minutes=6)}, Refusal.NOT_YET),
    ],
)
def test_a_command_that_is_not_to_be_done_says_why(other: dict[str, Any], why: Refusal) -> None:
    assert _judged(command(), **other) is why


def test_a_clock_nobody_has_confirmed_may_be_behind_but_is_not_believed_to_be_ahead() -> None:
    decades = timedelta(days=365 * 30)
    assert _judged(command(), now=NOW - decades, clock_is_trusted=False) is None
    assert _judged(command(), now=NOW + decades, clock_is_trusted=False) is Refusal.EXPIRED
    assert wire.left(command(), now=NOW - decades) == timedelta(hours=1)


@given(st.lists(st.integers(min_value=1, max_value=50), max_size=60))
def test_in_whatever_order_commands_come_each_counts_at_most_once(counters: list[int]) -> None:
    counted, done = Counted(), []
    for counter in counters:
        one = command(counter)
        if _judged(one, counted=counted) is None:
            done.append(counter)
            counted = Counted(counter=counter, nonces=(*counted.nonces, one.nonce))
    assert done == sorted(set(done))


def test_what_a_villager_would_notice_waits_for_her() -> None:
    waiting = {kind.__name__ for kind in ORDERS if command(order=_example(kind)).is_disturbing}
    assert {"RestartCore", "RestartDisplay", "RestartMachine", "PurgePrintQueue", "EnterMaintenance"} <= waiting
    assert not {"ShowNotice", "LeaveMaintenance", "SendLogs"} & waiting
