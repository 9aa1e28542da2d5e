"""What is put on the paper, read back from the paper."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.contract.receipt_printer import Align, Block, Pair, QrBlock, Receipt, Rule, Space, TextLine
from drivers.receipt_printer import font, print_codec
from drivers.receipt_printer.command_codec import next_command
from drivers.receipt_printer.font import DotFont, FontMissingError
from drivers.receipt_printer.layout import LINE_DOTS, Roll, Sheet, lay_out
from drivers.receipt_printer.models import MODELS
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.print_codec import Codepage
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.receipt_printer.wrapping import clean, width_of, wrap

URL = "https://zwfw.example.gov.cn/v/8K3M-2P9X-77QD?s=3f9a2c41"


def roll(*, model: str = "generic", width_mm: int = 80, codepage: Codepage = Codepage.GBK) -> Roll:
    return Roll(model=MODELS[model], width_mm=width_mm, codepage=codepage, font=DotFont())


def printed(sheet: Sheet, *, width_mm: int = 80) -> tuple[Paper, SimulatedPrinter]:
    papers: list[Paper] = []
    printer = SimulatedPrinter(on_paper=papers.append, width_mm=width_mm, buffer_bytes=1_000_000)
    for step in (*sheet.body, sheet.cut):
        printer.receive(step.payload, now_s=1.0)
    printer.transmit(now_s=10_000.0)
    [paper] = papers
    return paper, printer


def on_paper(*blocks: Block, on: Roll | None = None) -> Paper:
    on = on or roll()
    return printed(lay_out(Receipt(blocks=blocks), roll=on), width_mm=on.width_mm)[0]


def qr_codes(picture: Image.Image) -> list[str]:
    grey = cv2.cvtColor(np.array(picture), cv2.COLOR_RGB2GRAY)
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(grey)
    return [found] if found else []


@pytest.mark.parametrize("model", ["generic", "generic-qr"])
@pytest.mark.parametrize("width_mm", [58, 80])
def test_the_qr_code_on_the_paper_is_read_by_a_phone(model: str, width_mm: int) -> None:
    assert qr_codes(on_paper(QrBlock(content=URL), on=roll(model=model, width_mm=width_mm)).image) == [URL]


@pytest.mark.parametrize("content", ["1", URL, URL + "&x=" + "y" * 150, "核验码：" * 8])
def test_a_qr_code_is_at_least_20_mm_wide_and_fits(content: str) -> None:
    for width_mm in (58, 80):
        sheet = lay_out(Receipt(blocks=(QrBlock(content=content),)), roll=roll(width_mm=width_mm))
        height_mm = sum(step.mm for step in sheet.body) - 2 * 2 - 4
        assert 20 <= height_mm <= MODELS["generic"].printable_mm(width_mm)


def test_a_qr_code_too_big_for_the_paper_is_refused() -> None:
    with pytest.raises(ValueError, match="58 mm paper"):
        lay_out(Receipt(blocks=(QrBlock(content="x" * 1500),)), roll=roll(width_mm=58))


def test_chinese_goes_in_chinese_mode_and_latin_outside_it() -> None:
    assert print_codec.text("社保 ABC", Codepage.GBK).hex(" ") == "1c 26 c9 e7 b1 a3 1c 2e 20 41 42 43"


def test_the_yuan_sign_is_the_one_printers_have() -> None:
    assert on_paper(Pair(label="金额", value="¥12.50")).text == "金额  ￥12.50\n"


@pytest.mark.parametrize("name", ["刘㙓", "𬱖", "䶮", "\ue863", "ﬁ", "👤"])
def test_a_line_with_a_character_outside_gbk_is_drawn_as_a_whole(name: str) -> None:
    sheet = lay_out(Receipt(blocks=(Pair(label="姓名", value=name),)), roll=roll())
    assert [step.payload.find(b"\x1dv0\x00") >= 0 for step in sheet.body].count(True) >= 1
    paper, printer = printed(sheet)
    assert paper.text == "〔图像〕\n"
    assert printer.unknown_commands == 0


def test_a_drawn_line_looks_like_a_printed_one() -> None:
    native, drawn = on_paper(Pair(label="姓名", value="刘山 A1")), on_paper(Pair(label="姓名", value="刘山 A1\ue863"))
    width = 12 * width_of("姓名  刘山 A1")
    boxes = [np.array(paper.image.convert("L"))[28:, 60 : 60 + width] < 128 for paper in (native, drawn)]
    height = min(box.shape[0] for box in boxes)
    assert boxes[0].any()
    assert (boxes[0][:height] == boxes[1][:height]).all()


def test_rare_characters_of_names_are_in_the_font() -> None:
    assert all(DotFont().has(char) for char in "㙓𬱖䶮")
    assert not DotFont().has("\U000e0fff")
    assert lay_out(Receipt(blocks=(TextLine(text="\ue863"),)), roll=roll()).missing_glyphs in {0, 1}


def test_a_machine_without_a_font_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font, "FONT_PATHS", (Path("/nonexistent/font.ttc"),))
    assert lay_out(Receipt(blocks=(TextLine(text="没有生僻字"),)), roll=roll()).total_bytes
    with pytest.raises(FontMissingError, match="fonts-noto-cjk"):
        lay_out(Receipt(blocks=(TextLine(text="㙓"),)), roll=roll())


def test_values_of_neighbouring_pairs_stand_in_one_column_and_wrap_under_themselves() -> None:
    paper = on_paper(
        Pair(label="姓名", value="王小明"),
        Pair(label="参保单位", value="青山县白云镇石桥村村民委员会（城乡居民集体参保）"),
    )
    assert paper.text.split("\n")[:3] == [
        "姓名      王小明",
        "参保单位  青山县白云镇石桥村村民委员会（城乡居民",
        "          集体参保）",
    ]


def test_a_label_as_wide_as_the_paper_stands_above_its_value() -> None:
    text = on_paper(Pair(label="城乡居民基本养老保险个人账户累计储存额", value="1.00")).text
    assert text.split("\n")[0].startswith("城乡居民")
    assert text.split("\n")[1] == "  1.00"


def test_titles_are_centred_and_values_to_the_right_stand_at_the_edge() -> None:
    lines = on_paper(
        TextLine(text="标题", align=Align.CENTRE, scale=2), TextLine(text="右", align=Align.RIGHT), Rule()
    ).text.split("\n")
    assert lines[:3] == [" " * 20 + "标题", " " * 46 + "右", "─" * 24]


def test_punctuation_does_not_begin_a_line_and_words_are_not_torn() -> None:
    assert wrap("一二三四五，六", columns=10) == ("一二三四", "五，六")
    assert wrap("open the cover", columns=9) == ("open the", "cover")
    assert wrap("", columns=10) == ("",)


def test_a_reprint_begins_with_its_number() -> None:
    paper, _ = printed(lay_out(Receipt(blocks=(TextLine(text="正文"),), reprint=3), roll=roll()))
    assert paper.text.split() == ["补打", "3", "正文"]


@pytest.mark.parametrize("width_mm", [58, 80])
def test_the_length_told_is_the_length_that_comes_out(width_mm: int) -> None:
    receipt = Receipt(
        blocks=(
            TextLine(text="标题", scale=2),
            Rule(),
            Pair(label="姓名", value="㙓"),
            Space(height_mm=7.5),
            QrBlock(content=URL),
        )
    )
    sheet = lay_out(receipt, roll=roll(width_mm=width_mm))
    paper, _ = printed(sheet, width_mm=width_mm)
    lead_mm = MODELS["generic"].cut_feed_mm - 14.0
    assert paper.length_mm == pytest.approx(sheet.total_mm + lead_mm, abs=0.5)


def test_a_picture_never_holds_what_a_printer_would_take_for_a_command() -> None:
    dots = np.zeros((40, 24 * 8), dtype=np.uint8)
    for row, trap in enumerate((b"\x10\x04\x01", b"\x10\x05\x02", b"\x10\x14\x08", b"\x00\x00\x10")):
        dots[row, :24] = np.unpackbits(np.frombuffer(trap, dtype=np.uint8))
    dots[39, -8:] = np.unpackbits(np.frombuffer(b"\x10", dtype=np.uint8))
    for command in print_codec.raster(Image.fromarray(255 - dots * 255).convert("1")):
        picture = command[8:]
        assert not any(bytes((0x10, second)) in picture for second in (0x04, 0x05, 0x14))
        assert not picture.endswith(b"\x10")


texts = st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("社保参保证明㙓，。（ABC 12")), max_size=60)


@settings(max_examples=60, deadline=None)
@given(text=texts, scale=st.sampled_from([1, 2]), width_mm=st.sampled_from([58, 80]), codepage=st.sampled_from(Codepage))
def test_any_text_can_be_printed_and_stays_within_the_paper(text: str, scale: int, width_mm: int, codepage: Codepage) -> None:
    on = roll(width_mm=width_mm, codepage=codepage)
    blocks = (TextLine(text=text, scale=scale, align=Align.CENTRE), Pair(label=text[:10], value=text))
    sheet = lay_out(Receipt(blocks=blocks), roll=on)
    _, printer = printed(sheet, width_mm=width_mm)
    assert printer.wrapped_lines == 0
    assert printer.unknown_commands == 0
    for step in sheet.body:
        assert len(step.payload) <= 512
        assert consists_of_whole_commands(step.payload)


@given(text=texts, columns=st.integers(2, 48))
def test_no_line_is_ever_wider_than_the_paper_and_nothing_is_left_out(text: str, columns: int) -> None:
    lines = wrap(clean(text), columns=columns)
    assert all(width_of(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


def consists_of_whole_commands(payload: bytes) -> bool:
    is_chinese = False
    while payload:
        command = next_command(payload, is_chinese=is_chinese)
        if command is None:
            return False
        is_chinese = {"FS&": True, "FS.": False, "ESC@": True}.get(command.word, is_chinese)
        payload = payload[command.size :]
    return True


def test_lines_stand_apart_by_more_than_their_height() -> None:
    assert all(LINE_DOTS[scale] > 24 * scale for scale in LINE_DOTS)
