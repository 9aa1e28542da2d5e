"""What readings amount to over time: a jam, a receipt nobody takes, the paper used."""

from drivers.receipt_printer.printer_health import JAM_AFTER_RECOVERIES, PrinterHealth
from drivers.receipt_printer.status_codec import Reading, reading_of

WELL = reading_of(0x12, 0x12, 0x12, 0x12)
STUCK = reading_of(0x1A, 0x52, 0x16, 0x12)


def codes(health: PrinterHealth, reading: Reading, *, now_s: float = 0.0) -> list[str]:
    health.was_read(reading)
    return [symptom.code for symptom in health.symptoms(reading, now_s=now_s)]


def test_a_mechanical_error_that_recovering_does_not_end_is_a_jam() -> None:
    health = PrinterHealth(not_taken_after_s=60)
    for _ in range(JAM_AFTER_RECOVERIES):
        assert codes(health, STUCK) == ["printer.mechanical_error"]
        health.was_recovered()
    assert codes(health, STUCK) == ["printer.paper_jam"]
    assert health.is_jammed
    assert codes(health, WELL) == []
    assert codes(health, STUCK) == ["printer.mechanical_error"]


def test_recovering_a_well_printer_points_at_no_jam() -> None:
    health = PrinterHealth(not_taken_after_s=60)
    health.was_read(WELL)
    for _ in range(5):
        health.was_recovered()
    assert codes(health, STUCK) == ["printer.mechanical_error"]


def test_a_receipt_counts_as_not_taken_after_its_time_and_until_it_is_gone() -> None:
    health = PrinterHealth(not_taken_after_s=60)
    health.exit_was_seen(paper_is_waiting=True, now_s=10)
    health.exit_was_seen(paper_is_waiting=True, now_s=50)
    assert codes(health, WELL, now_s=69) == []
    assert codes(health, WELL, now_s=70) == ["printer.paper_not_taken"]
    health.exit_was_seen(paper_is_waiting=False, now_s=71)
    assert codes(health, WELL, now_s=200) == []


def test_paper_used_is_told_in_whole_millimetres_and_only_grows() -> None:
    health = PrinterHealth(not_taken_after_s=60)
    for _ in range(3):
        health.paper_was_used(40.25)
    [printed] = health.measurements
    assert (printed.name, printed.value, printed.unit) == ("printed", 121.0, "mm")
