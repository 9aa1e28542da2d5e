"""Who is asked to say again what is missing."""

from datetime import UTC, datetime
from random import Random

from telemetry.fleet.answering import Answering
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.rate import Allowance
from telemetry.fleet.reception import Heard
from telemetry.fleet.requests import BEHIND_PATIENCE_S
from telemetry.fleet.steps import Taken, advance
from telemetry.fleet.voices import Voices
from tests.telemetry.said import K1, NOW, birth, heartbeat


async def test_who_has_said_something_that_is_not_written_yet_is_not_asked_to_say_it_again() -> None:
    record = advance(None, K1, birth(), now=NOW).record
    assert record is not None
    voices, metrics, clock = Voices(Allowance(rate=10, burst=10)), Metrics(), [0.0]
    answering = Answering(
        {K1: record},
        line=lambda: None,
        voices=voices,
        metrics=metrics,
        random=Random(1),
        now=lambda: datetime.now(UTC),
        monotonic_s=lambda: clock[0],
    )

    def asked() -> float:
        answering.ask_overdue()
        return metrics.registry.get_sample_value("zhizhu_resyncs_asked_total", {"why": "behind"}) or 0.0

    voice = voices.of(K1)
    ahead = Heard(voice=voice, message=heartbeat(seq=record.stored_seq + 1), at=NOW, number=0, through=None, beat=None)
    answering.after([(ahead, Taken.NEW)])
    clock[0] += BEHIND_PATIENCE_S + 1
    voice.unwritten = 1
    assert asked() == 0
    voice.unwritten = 0
    assert asked() == 1
