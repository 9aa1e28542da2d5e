from dataclasses import replace

from drivers.contract.receipt_printer import Align, Pair, QrBlock, TextLine
from kiosk.visit.receipt import compose
from tests.kiosk.visit.world import PLACE, a_document


def test_a_receipt_says_who_issued_what_and_how_to_check_it() -> None:
    blocks = compose(a_document(), place=PLACE, reprint=0).blocks
    lines = [block.text for block in blocks if isinstance(block, TextLine)]
    assert lines == [
        "湛江市社会保险基金管理局",
        "社保参保证明",
        "手机扫一扫，查验真假",
        "光明村智助服务机",
        "咨询电话 12345",
        "演示数据，不作凭证",
    ]
    assert [block.content for block in blocks if isinstance(block, QrBlock)] == ["http://127.0.0.1:8080/v/abc"]


def test_the_title_is_the_one_big_line() -> None:
    blocks = compose(a_document(), place=PLACE, reprint=0).blocks
    big = [block for block in blocks if isinstance(block, TextLine) and block.scale == 2]
    assert [(block.text, block.align) for block in big] == [("社保参保证明", Align.CENTRE)]


def test_the_time_on_the_paper_is_the_places_own() -> None:
    pairs = [block for block in compose(a_document(), place=PLACE, reprint=0).blocks if isinstance(block, Pair)]
    assert pairs[-1] == Pair(label="出具时间", value="2026年11月22日 10:25")
    assert pairs[-2] == Pair(label="编号", value="SB20261122-000123")


def test_a_document_that_cannot_be_checked_promises_nothing() -> None:
    blocks = compose(replace(a_document(), verify_url=""), place=PLACE, reprint=0).blocks
    assert not any(isinstance(block, QrBlock) for block in blocks)
    assert not any(isinstance(block, TextLine) and "查验" in block.text for block in blocks)


def test_a_reprint_carries_its_number() -> None:
    assert compose(a_document(), place=PLACE, reprint=2).reprint == 2


def test_nothing_of_the_receipt_shows_in_its_repr() -> None:
    assert "李小珍" not in repr(compose(a_document(), place=PLACE, reprint=0))
