"""Who has gone quiet: told once, and only of a time in which somebody was listening."""

from dataclasses import dataclass, replace
from datetime import timedelta

from telemetry.fleet.queue import WentQuiet
from telemetry.fleet.rate import Allowance
from telemetry.fleet.record import Record
from telemetry.fleet.silence import Silence
from telemetry.fleet.steps import advance, fall_silent
from telemetry.fleet.voices import Voices
from tests.telemetry.said import K1, NOW, birth

DEADLINE_S = 75.0
"""Of the birth's heartbeat, 30 s, at factor 2.5."""


@dataclass
class Ear:
    """A server's silence, and a clock to turn by hand."""

    now_s: float = 1_000.0

    def __post_init__(self) -> None:
        voices = Voices(Allowance(rate=10, burst=100))
        self.silence = Silence(
            voices=voices, factor=2.5, now=lambda: NOW + timedelta(seconds=self.now_s), monotonic_s=lambda: self.now_s
        )
        record = advance(None, K1, birth(), now=NOW).record
        assert record is not None
        self.record: Record = record
        self.voice = voices.of(K1)
        self.voice.settle(record, None)

    def after(self, seconds: float) -> list[WentQuiet]:
        self.now_s += seconds
        return self.silence.fallen({K1: self.record})


def test_a_kiosk_unheard_for_its_deadline_is_told_of_once() -> None:
    ear = Ear()
    ear.silence.note_listening()
    ear.voice.heard_s = ear.now_s
    assert ear.after(DEADLINE_S) == []
    (quiet,) = ear.after(1)
    assert (quiet.kiosk, quiet.is_alarming, quiet.heard_s) == (K1, True, 1_000.0)
    assert ear.after(1) == []


def test_what_is_written_and_announced_is_not_told_again() -> None:
    ear = Ear()
    ear.silence.note_listening()
    (quiet,) = ear.after(DEADLINE_S + 1)
    ear.record = fall_silent(ear.record, is_alarming=quiet.is_alarming, now=NOW).record or ear.record
    ear.silence.note_written(K1)
    assert ear.after(DEADLINE_S) == []


def test_nobody_is_called_silent_because_we_did_not_listen() -> None:
    ear = Ear()
    ear.silence.note_listening()
    ear.voice.heard_s = ear.now_s
    ear.after(DEADLINE_S - 1)
    ear.silence.note_paused()
    assert ear.after(DEADLINE_S) == [], "too much waits to be written, so nothing is read"
    ear.silence.note_paused()
    ear.silence.note_resumed()
    ear.silence.note_resumed()
    assert ear.after(0.5) == [], "what it said meanwhile is still on its way"
    (quiet,) = ear.after(1)
    assert quiet.kiosk == K1


def test_while_the_broker_is_gone_a_silence_is_unknown_and_nobodys_alarm() -> None:
    ear = Ear()
    ear.silence.note_listening()
    ear.silence.note_deaf()
    (quiet,) = ear.after(DEADLINE_S + 1)
    assert not quiet.is_alarming


def test_a_kiosk_still_silent_long_after_the_broker_came_back_is_an_alarm() -> None:
    ear = Ear()
    ear.record = replace(ear.record, is_silent=True)
    assert ear.after(DEADLINE_S + 1) == []
    ear.silence.note_listening()
    assert ear.after(DEADLINE_S) == []
    (quiet,) = ear.after(1)
    assert quiet.is_alarming


def test_a_kiosk_that_was_switched_off_is_no_alarm() -> None:
    ear = Ear()
    ear.record = replace(ear.record, is_silent=True, was_shut_down=True)
    ear.silence.note_listening()
    assert ear.after(DEADLINE_S * 100) == []


def test_what_held_up_the_server_is_no_silence_of_the_kiosks() -> None:
    ear = Ear()
    ear.silence.note_listening()
    ear.voice.heard_s = ear.now_s
    ear.after(DEADLINE_S - 5)
    ear.now_s += 60
    ear.silence.note_stalled(60)
    assert ear.after(4) == []
    (quiet,) = ear.after(2)
    assert quiet.is_alarming


def test_a_server_often_held_up_still_finds_who_is_silent() -> None:
    ear = Ear()
    ear.silence.note_listening()
    ear.voice.heard_s = ear.now_s
    found = 0
    for _ in range(100):
        found += len(ear.after(1))
        ear.silence.note_stalled(0.5)
    assert found == 0, "half of the time nobody could be heard"
    for _ in range(100):
        found += len(ear.after(1))
        ear.silence.note_stalled(0.5)
    assert found == 1
