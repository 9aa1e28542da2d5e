from drivers.contract.document_scanner import ScanRefusal
from drivers.document_scanner.sheet import Sheet
from drivers.document_scanner.stillness import Stillness


def sheet(x: float = 0.2) -> Sheet:
    return Sheet(corners=((x, 0.1), (x + 0.4, 0.1), (x + 0.4, 0.9), (x, 0.9)), is_cut_off=False, bite=0.0)


def test_a_sheet_lies_still_after_so_many_looks_at_the_same_place() -> None:
    stillness = Stillness(looks=3, patience_s=1)
    assert [stillness.saw(sheet(0.2 + n * 0.002)) for n in range(4)] == [False, False, True, True]


def test_a_sheet_that_is_pushed_begins_anew() -> None:
    stillness = Stillness(looks=2, patience_s=1)
    assert [stillness.saw(sheet(x)) for x in (0.2, 0.25, 0.25, 0.3, 0.3)] == [False, False, True, False, True]


def test_a_table_without_a_sheet_begins_anew_and_is_in_no_trouble() -> None:
    stillness = Stillness(looks=2, patience_s=0)
    stillness.saw(sheet())
    stillness.is_refused(ScanRefusal.BLANK, now_s=1)
    assert not stillness.saw(None)
    assert stillness.last_trouble is None
    assert not stillness.saw(sheet())


def test_trouble_is_told_once_it_has_lasted() -> None:
    stillness = Stillness(looks=2, patience_s=1.5)
    assert not stillness.is_refused(ScanRefusal.FINGER, now_s=10)
    assert not stillness.is_refused(ScanRefusal.FINGER, now_s=11.4)
    assert not stillness.is_refused(ScanRefusal.BLURRED, now_s=11.5)  # the finger is gone: another trouble, another wait
    assert stillness.is_refused(ScanRefusal.BLURRED, now_s=13)
    assert stillness.last_trouble is ScanRefusal.BLURRED
