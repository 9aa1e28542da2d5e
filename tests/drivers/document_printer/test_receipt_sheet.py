"""A receipt on a sheet of A4, looked at as whoever holds it does."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from drivers.contract.receipt_printer import Align, Pair, QrBlock, Receipt, Rule, Space, TextLine
from drivers.document_printer.receipt_sheet import sheet_of

RECEIPT = Receipt(
    blocks=(
        TextLine(text="测试县社会保险基金管理局", align=Align.CENTRE),
        Space(height_mm=2),
        TextLine(text="社会保险参保证明", align=Align.CENTRE, scale=2, is_bold=True),
        Rule(),
        Pair(label="姓名", value="测*𬱖"),
        Pair(label="现参保地", value="一个名字非常长的省份和一个名字非常长的城市以及一个名字非常长的县城和村庄"),
        QrBlock(content="https://verify.example/v/SYNTHETIC"),
    )
)


def drawn(receipt: Receipt) -> Image.Image:
    pages = PdfReader(io.BytesIO(sheet_of(receipt))).pages
    assert len(pages) == 1
    assert float(pages[0].mediabox.width) == pytest.approx(595, abs=2)
    assert float(pages[0].mediabox.height) == pytest.approx(842, abs=2)
    image = pages[0].images[0].image
    assert image is not None
    return image.convert("L")


def test_a_receipt_fits_on_one_sheet_and_its_code_can_be_read_by_a_phone() -> None:
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(np.asarray(drawn(RECEIPT)))
    assert content == "https://verify.example/v/SYNTHETIC"


def test_nothing_is_drawn_outside_the_margins() -> None:
    ink = np.asarray(drawn(RECEIPT)) < 128
    columns = np.flatnonzero(ink.any(axis=0))
    assert columns[0] > 100
    assert columns[-1] < ink.shape[1] - 100


def test_a_copy_says_that_it_is_one() -> None:
    original, copy = (np.asarray(drawn(Receipt(blocks=RECEIPT.blocks, reprint=n))) for n in (0, 1))
    corner = np.s_[100:200, 900:]
    assert (copy[corner] < 128).sum() > (original[corner] < 128).sum()


def test_what_does_not_fit_on_a_sheet_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="one A4 sheet holds"):
        sheet_of(Receipt(blocks=tuple(Pair(label=f"第{n}行", value="值") for n in range(80))))
