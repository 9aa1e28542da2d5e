"""The far end behaves like a printer: it has a buffer, a speed, paper, and does what it is told at once or in order."""

import pytest

from drivers.receipt_printer.paper import Paper, PaperEnd
from drivers.receipt_printer.simulated import SimulatedPrinter

LINE = b"A" * 40 + b"\n"
CUT = b"\x1dV\x42\x00"
ASK_ALL = b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04"


@pytest.fixture
def papers() -> list[Paper]:
    return []


@pytest.fixture
def printer(papers: list[Paper]) -> SimulatedPrinter:
    return SimulatedPrinter(on_paper=papers.append)


def answers(printer: SimulatedPrinter, *, now_s: float) -> str:
    printer.transmit(now_s=now_s)
    printer.receive(ASK_ALL, now_s=now_s)
    return printer.transmit(now_s=now_s).hex(" ")


def test_it_prints_at_its_own_speed(printer: SimulatedPrinter, papers: list[Paper]) -> None:
    printer.receive(LINE * 80 + CUT, now_s=0.0)
    printer.transmit(now_s=1.0)
    assert not papers
    printer.transmit(now_s=3.0)
    assert [paper.ended for paper in papers] == [PaperEnd.CUT]
    assert papers[0].length_mm == pytest.approx(80 * 30 / 8 + 14)


def test_status_is_answered_at_once_with_a_full_buffer_and_byte_by_byte(printer: SimulatedPrinter) -> None:
    printer.receive(LINE * 200, now_s=0.0)
    assert printer.waiting_bytes > 3500
    for byte in ASK_ALL:
        printer.receive(bytes((byte,)), now_s=0.0)
    assert printer.transmit(now_s=0.0).hex(" ") == "12 12 12 12"


def test_what_does_not_fit_into_the_buffer_is_lost(printer: SimulatedPrinter) -> None:
    printer.receive(b"\x1dv0\x00\x48\x00\xff\x00" + bytes(72 * 255), now_s=0.0)
    assert printer.lost_bytes == 8 + 72 * 255 - 4096


def test_an_answer_in_order_comes_after_the_printing_before_it(printer: SimulatedPrinter) -> None:
    printer.receive(LINE * 40 + b"\x1dr\x01", now_s=0.0)
    assert printer.transmit(now_s=0.5) == b""
    due_s = printer.next_due_s(now_s=0.5)
    assert due_s is not None
    assert printer.transmit(now_s=2.0) == b"\x00"


def test_after_the_end_of_paper_the_buffer_is_printed_on_the_new_roll(printer: SimulatedPrinter, papers: list[Paper]) -> None:
    printer.give("paper-out", {"after_bytes": str(10 * len(LINE))}, now_s=0.0)
    printer.receive(LINE * 20 + CUT, now_s=0.0)
    assert answers(printer, now_s=9.0) == "1a 32 12 7e"
    assert [(paper.ended, paper.text.count("\n")) for paper in papers] == [(PaperEnd.OUT, 10)]
    printer.clear("paper-out", now_s=10.0)
    assert answers(printer, now_s=19.0) == "12 12 12 12"
    assert [paper.text.count("\n") for paper in papers] == [10, 10]
    assert printer.holding()["剩余纸张"] == "49.95 米"


def test_a_cleared_buffer_prints_nothing(printer: SimulatedPrinter, papers: list[Paper]) -> None:
    printer.give("cover-open", {"after_mm": "5"}, now_s=0.0)
    printer.receive(LINE * 20 + CUT, now_s=0.0)
    printer.receive(b"\x10\x05\x02", now_s=5.0)
    printer.clear(None, now_s=6.0)
    printer.transmit(now_s=60.0)
    assert papers == []
    assert printer.waiting_bytes == 0


def test_the_data_cable_is_not_the_power_cord(printer: SimulatedPrinter, papers: list[Paper]) -> None:
    printer.receive(LINE + CUT, now_s=0.0)
    printer.unplug(now_s=0.0)
    assert printer.transmit(now_s=5.0) == b""
    assert len(papers) == 1
    printer.plug(now_s=6.0)
    assert answers(printer, now_s=6.0) == "12 12 12 12"


def test_power_lost_loses_the_buffer_and_the_modes(printer: SimulatedPrinter, papers: list[Paper]) -> None:
    printer.receive(b"\x1b@\x1c.\x1dV\x42\x00", now_s=0.0)
    printer.give("power-cycle", {"seconds": "2"}, now_s=1.0)
    assert answers(printer, now_s=2.0) == ""
    assert printer.next_due_s(now_s=2.0) == 3.0
    assert answers(printer, now_s=4.0) == "12 12 12 12"
    printer.receive("社保".encode("gbk") + b"\n" + CUT, now_s=4.0)  # Chinese mode again, as it comes up
    printer.transmit(now_s=9.0)
    assert papers[-1].text == "社保\n"


def test_paper_gets_less_until_it_is_low_and_then_out(papers: list[Paper]) -> None:
    printer = SimulatedPrinter(on_paper=papers.append, roll_m=3.1)
    for second in range(40):
        printer.receive(b"\x1bd\x05", now_s=float(second))
    assert answers(printer, now_s=50.0) == "12 12 12 1e"
    for second in range(200):
        printer.receive(b"\x1bd\x05" * 4, now_s=60.0 + second)
    assert answers(printer, now_s=900.0) == "1a 32 12 7e"
    printer.clear("paper-out", now_s=901.0)
    assert printer.holding()["剩余纸张"].startswith("3.")


@pytest.mark.parametrize(
    ("fault", "options", "says"),
    [
        ("jam", {}, "没有故障"),
        ("paper-out", {"after": "5"}, "after_bytes"),
        ("paper-out", {"after_bytes": "many"}, "0 到"),
        ("head-hot", {"seconds": "-1"}, "0.1 到 3600"),
        ("silent", {"prints": "maybe"}, "yes 或 no"),
    ],
)
def test_a_mistyped_fault_is_explained(printer: SimulatedPrinter, fault: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        printer.give(fault, options, now_s=0.0)


@pytest.mark.parametrize("fault", [fault.name for fault in SimulatedPrinter(on_paper=lambda _: None).givable_faults()])
def test_every_fault_can_be_given_seen_and_cleared(printer: SimulatedPrinter, fault: str) -> None:
    printer.give(fault, {}, now_s=0.0)
    assert printer.holding()["故障"] != "无"
    printer.clear(fault, now_s=1.0)
    assert printer.holding()["故障"] == "无"
    assert answers(printer, now_s=2.0) == "12 12 12 12"
