"""The disk queue: numbers for ever, nothing lost at a kill, and what is shed is shed in the right order and counted."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from telemetry.agent.outbox import Draft, Outbox, Rank

START = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = int(START.timestamp() * 1000)

WRITES_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from telemetry.agent.outbox import Draft, Outbox, Rank
outbox = Outbox(Path(sys.argv[1]), now=datetime(2026, 11, 22, tzinfo=UTC))
sys.stdout.write(f"life {outbox.next_life()}\\n")
while True:
    standing = outbox.put([Draft(rank=Rank.FAULT, kind="fault", body=b"x" * 300)])
    sys.stdout.write(f"{standing.head}\\n")
    sys.stdout.flush()
"""


def _open(path: Path, **limits: int) -> Outbox:
    return Outbox(path / "outbox.sqlite3", now=START, **limits)


def _passing(body: bytes = b"{}") -> Draft:
    return Draft(rank=Rank.PASSING, kind="status", body=body)


def _fault(body: bytes = b"{}") -> Draft:
    return Draft(rank=Rank.FAULT, kind="fault", body=body)


def test_numbers_grow_by_one_and_go_on_after_a_restart(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    assert outbox.put([_passing(), _fault()]).head == FIRST + 2
    outbox.close()
    outbox = _open(tmp_path)
    assert outbox.put([_passing()]).head == FIRST + 3
    assert [entry.seq for entry in outbox.after(0, limit=10)] == [FIRST + 1, FIRST + 2, FIRST + 3]
    outbox.close()


def test_numbers_never_come_again_after_everything_was_stored(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    outbox.forget(outbox.put([_passing()]).head)
    outbox.close()
    outbox = _open(tmp_path)
    assert outbox.standing().floor == FIRST + 1
    assert outbox.put([_passing()]).head == FIRST + 2
    outbox.close()


def test_a_replaced_disk_goes_on_above_the_old_numbers(tmp_path: Path) -> None:
    old = Outbox(tmp_path / "old", now=START)
    old.put([_passing()] * 500)
    new = Outbox(tmp_path / "new", now=datetime(2026, 11, 23, tzinfo=UTC))
    assert new.standing().head > old.standing().head
    old.close()
    new.close()


def test_only_what_is_acknowledged_is_forgotten(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    outbox.put([_fault()] * 5)
    standing = outbox.forget(FIRST + 3)
    assert (standing.floor, standing.count, standing.head) == (FIRST + 3, 2, FIRST + 5)
    assert [(entry.seq, entry.prev) for entry in outbox.after(0, limit=10)] == [(FIRST + 4, 0), (FIRST + 5, FIRST + 4)]
    outbox.close()


def test_a_full_queue_sheds_the_oldest_passing_things_first_and_counts_them(tmp_path: Path) -> None:
    outbox = _open(tmp_path, max_count=100)
    outbox.put([_fault() if number % 2 else _passing() for number in range(100)])
    standing = outbox.put([_fault()])
    kept = outbox.after(0, limit=200)
    assert (standing.count, standing.shed) == (98, 3)
    assert [entry.seq for entry in kept][:3] == [FIRST + 2, FIRST + 4, FIRST + 6]
    assert sum(entry.kind == "fault" for entry in kept) == 51
    outbox.close()


def test_faults_are_shed_when_nothing_else_is_left(tmp_path: Path) -> None:
    outbox = _open(tmp_path, max_count=50)
    outbox.put([_passing()] * 10)
    standing = outbox.put([_fault()] * 60)
    kept = outbox.after(0, limit=100)
    assert {entry.kind for entry in kept} == {"fault"}
    assert kept[-1].seq == standing.head
    assert standing.count + standing.shed == 70
    outbox.close()


def test_the_queue_is_bounded_in_bytes_too(tmp_path: Path) -> None:
    outbox = _open(tmp_path, max_bytes=100_000)
    standing = outbox.put([_passing(b"x" * 1000) for _ in range(150)])
    assert standing.count == 98
    assert standing.shed == 52
    outbox.close()


def test_what_was_shed_in_between_is_told_by_the_number_before(tmp_path: Path) -> None:
    outbox = _open(tmp_path, max_count=10)
    outbox.put([_fault(), *[_passing()] * 9])
    outbox.put([_fault()])
    entries = outbox.after(0, limit=20)
    assert [(entry.seq - FIRST, max(0, entry.prev - FIRST)) for entry in entries[:2]] == [(1, 0), (3, 1)]
    outbox.close()


def test_every_life_has_a_number_of_its_own(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    assert [outbox.next_life(), outbox.next_life()] == [1, 2]
    outbox.close()
    outbox = _open(tmp_path)
    assert outbox.next_life() == 3
    outbox.close()


def test_a_spoilt_file_is_put_aside_and_the_kiosk_goes_on(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"power cut" * 1000)
    outbox = _open(tmp_path)
    assert outbox.is_anew
    assert outbox.put([_fault()]).count == 1
    assert [path.name for path in tmp_path.glob("*.spoilt-*")] == [f"outbox.sqlite3.spoilt-{int(START.timestamp())}"]
    outbox.close()


@pytest.mark.parametrize("name", [b"TABLE", b"CREATE"])
def test_a_file_whose_own_words_are_no_text_any_more_is_put_aside_too(tmp_path: Path, name: bytes) -> None:
    outbox = _open(tmp_path)
    outbox.put([_fault()])
    outbox.close()
    file = tmp_path / "outbox.sqlite3"
    file.write_bytes(file.read_bytes().replace(name, b"\xff" * len(name)))
    outbox = _open(tmp_path)
    assert outbox.is_anew
    outbox.close()


@pytest.mark.parametrize(("back", "unsent"), [(1500, 500), (4096, 500)], ids=["bodies", "the index"])
def test_what_a_spoilt_queue_held_is_counted_where_it_still_can_be(tmp_path: Path, back: int, unsent: int | None) -> None:
    outbox = _open(tmp_path)
    outbox.put([_fault() for _ in range(500)])
    outbox.close()
    file = tmp_path / "outbox.sqlite3"
    spoilt = bytearray(file.read_bytes())
    spoilt[len(spoilt) - back : len(spoilt) - back + 196] = b"\xff" * 196
    file.write_bytes(spoilt)
    outbox = _open(tmp_path)
    assert (outbox.is_anew, outbox.unsent) == (True, unsent)
    outbox.close()


def test_a_refused_write_leaves_nothing_half_done(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    with pytest.raises(Exception, match="NOT NULL"):
        outbox.put([_fault(), Draft(rank=Rank.FAULT, kind=None, body=b"")])  # type: ignore[arg-type]  # what is tested
    assert outbox.standing().count == 0
    assert outbox.put([_fault()]).head == FIRST + 1
    outbox.close()


@pytest.mark.parametrize("answers", [1, 7, 40])
def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(tmp_path: Path, answers: int) -> None:
    path = tmp_path / "outbox.sqlite3"
    writer = subprocess.Popen([sys.executable, "-c", WRITES_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer.stdout as said:
        assert said.readline() == "life 1\n"
        last = [int(said.readline()) for _ in range(answers)][-1]
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    outbox = Outbox(path, now=START)
    numbers = [entry.seq for entry in outbox.after(0, limit=100_000)]
    assert numbers == list(range(FIRST + 1, outbox.standing().head + 1))
    assert numbers[-1] >= last
    assert outbox.next_life() == 2
    outbox.close()


def test_a_million_messages_fit_into_half_a_gigabyte_in_proportion(tmp_path: Path) -> None:
    outbox = _open(tmp_path)
    body = b"x" * 350
    for _ in range(20):
        outbox.put([_passing(body)] * 1000)
    outbox.close()
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size * 50 < 512 * 1024 * 1024
