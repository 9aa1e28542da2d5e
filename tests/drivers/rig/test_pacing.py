import pytest

from drivers.rig.pacing import BURST, PacedLine


def test_a_whole_card_takes_its_112_milliseconds() -> None:
    line = PacedLine(115200)
    line.put(bytes(1295), now_s=10.0)
    arrivals: list[tuple[float, int]] = []
    while (due_s := line.next_due_s()) is not None:
        arrivals.append((due_s, len(line.take(now_s=due_s))))
    assert sum(count for _, count in arrivals) == 1295
    assert arrivals[-1][0] == pytest.approx(10.0 + 1295 * 10 / 115200)


def test_nothing_arrives_before_its_time() -> None:
    line = PacedLine(9600)
    line.put(bytes(BURST), now_s=0.0)
    assert line.take(now_s=BURST * 10 / 9600 - 0.0001) == b""
    assert len(line.take(now_s=BURST * 10 / 9600)) == BURST


def test_a_late_look_does_not_make_the_line_slower() -> None:
    line = PacedLine(115200)
    line.put(bytes(1000), now_s=0.0)
    assert len(line.take(now_s=0.0501)) == 576
    assert len(line.take(now_s=1000 * 10 / 115200 + 1e-9)) == 424


def test_a_line_that_was_idle_saves_nothing_up() -> None:
    line = PacedLine(115200)
    line.put(b"x", now_s=0.0)
    assert line.take(now_s=100.0) == b"x"
    line.put(bytes(32), now_s=100.0)
    assert line.take(now_s=100.001) == b""


def test_bytes_keep_their_order() -> None:
    line = PacedLine(115200)
    line.put(bytes(range(100)), now_s=0.0)
    line.put(bytes(range(100, 200)), now_s=0.001)
    assert line.take(now_s=1.0) == bytes(range(200))


def test_a_line_without_a_speed_takes_no_time() -> None:
    line = PacedLine(None)
    line.put(bytes(5000), now_s=1.0)
    assert len(line.take(now_s=1.0)) == 5000


def test_a_cut_line_loses_what_is_under_way() -> None:
    line = PacedLine(115200)
    line.put(bytes(50), now_s=0.0)
    line.cut()
    assert line.next_due_s() is None
