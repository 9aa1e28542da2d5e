"""The receipt: how a document is laid out on thermal paper, pure."""

from drivers.contract.receipt_printer import Align, Block, Pair, QrBlock, Receipt, Rule, Space, TextLine
from kiosk.gateway.platform import Document
from kiosk.visit.place import Place


def compose(document: Document, *, place: Place, reprint: int) -> Receipt:
    """Lay out ``document``: who issued what, its rows, its number and time, how to check it, where it was printed."""
    issued = document.issued_at.astimezone(place.zone)
    blocks: list[Block] = [
        TextLine(text=document.issuer, align=Align.CENTRE),
        Space(height_mm=2),
        TextLine(text=document.title, align=Align.CENTRE, scale=2, is_bold=True),
        Space(height_mm=2),
        Rule(),
        *(Pair(label=row.label, value=row.value) for row in document.rows),
        Rule(),
        Pair(label="编号", value=document.number),
        Pair(label="出具时间", value=f"{issued:%Y}年{issued.month}月{issued.day}日 {issued:%H:%M}"),
    ]
    if document.verify_url:
        blocks += [
            Space(height_mm=3),
            QrBlock(content=document.verify_url),
            TextLine(text="手机扫一扫，查验真假", align=Align.CENTRE),
        ]
    blocks += [
        Space(height_mm=2),
        Rule(),
        TextLine(text=f"{place.name}智助服务机", align=Align.CENTRE),
        TextLine(text=f"咨询电话 {place.help_phone}", align=Align.CENTRE),
    ]
    if place.receipt_note:
        blocks.append(TextLine(text=place.receipt_note, align=Align.CENTRE))
    return Receipt(blocks=tuple(blocks), reprint=reprint)
