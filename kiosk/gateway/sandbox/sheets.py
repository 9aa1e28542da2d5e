"""Sheets: a document on A4 paper as a PDF, with the seal and the code that a phone can check, as a real platform delivers it."""

import io
import math

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.transport.system_font import FONT_PATHS, face_of
from kiosk.gateway.sandbox.documents import BEIJING
from kiosk.gateway.sandbox.registry import Genuine

DPI = 120
"""Enough to read and to scan; a real platform delivers vectors."""
WIDTH, HEIGHT = round(210 / 25.4 * DPI), round(297 / 25.4 * DPI)
MARGIN = round(20 / 25.4 * DPI)
SEAL_ARC = 220.0
"""Degrees of the seal's rim along which the issuer's name runs."""
INK, RED = (27, 39, 51), (176, 28, 28)


def sheets_of(document: Genuine) -> bytes:
    """Draw the document: its certificate on the first sheet, its notes on the others; ``document.pages`` in all."""
    pages = [_sheet(document, number) for number in range(1, document.pages + 1)]
    file = io.BytesIO()
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:], resolution=DPI, title=document.number)
    return file.getvalue()


def _sheet(document: Genuine, number: int) -> Image.Image:
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(sheet)
    title = document.title if number == 1 else f"{document.title}（附页）"
    draw.text((WIDTH / 2, MARGIN + 40), title, font=_font(36), fill=INK, anchor="ma")
    draw.text((WIDTH - MARGIN, MARGIN), f"编号 {document.number}", font=_font(15), fill=INK, anchor="ra")
    draw.text((WIDTH / 2, HEIGHT - MARGIN), f"第 {number} 页，共 {document.pages} 页", font=_font(15), fill=INK, anchor="md")
    top = MARGIN + 130
    for label, value in document.rows if number == 1 else _notes(number):
        draw.text((MARGIN, top), label, font=_font(20), fill=INK)
        draw.text((MARGIN + 190, top), value, font=_font(20), fill=INK)
        draw.line((MARGIN, top + 40, WIDTH - MARGIN, top + 40), fill=(216, 212, 204), width=1)
        top += 56
    draw.text((MARGIN, HEIGHT - MARGIN - 60), "演示用，内容均为虚构", font=_font(15), fill=INK)
    if number == 1:
        _seal(sheet, draw, document.issuer, centre=(WIDTH - MARGIN - 110, HEIGHT - 330))
        date = document.issued_at.astimezone(BEIJING)
        draw.text((WIDTH - MARGIN - 110, HEIGHT - 190), f"{date:%Y年%m月%d日}", font=_font(18), fill=INK, anchor="ma")
        code = Image.open(_code(document.verify_url)).convert("RGB").resize((150, 150), Image.Resampling.NEAREST)
        sheet.paste(code, (MARGIN, HEIGHT - 360))
        draw.text((MARGIN + 75, HEIGHT - 200), "手机扫一扫，验真伪", font=_font(15), fill=INK, anchor="ma")
    return sheet


def _notes(number: int) -> tuple[tuple[str, str], ...]:
    return (("说明", "本页为附页，与首页一并有效。"), ("页次", f"附页 {number - 1}"))


def _seal(sheet: Image.Image, draw: ImageDraw.ImageDraw, issuer: str, *, centre: tuple[int, int]) -> None:
    x, y = centre
    draw.ellipse((x - 105, y - 105, x + 105, y + 105), outline=RED, width=5)
    points = [
        (x + radius * math.sin(step * math.pi / 5), y - radius * math.cos(step * math.pi / 5))
        for step, radius in ((step, 32 if step % 2 == 0 else 13) for step in range(10))
    ]
    draw.polygon(points, fill=RED)
    for place, character in enumerate(issuer):
        turn = (place - (len(issuer) - 1) / 2) * SEAL_ARC / max(len(issuer) - 1, 1)
        letter = Image.new("L", (28, 28), 0)
        ImageDraw.Draw(letter).text((14, 14), character, font=_font(20), fill=255, anchor="mm")
        letter = letter.rotate(-turn, resample=Image.Resampling.BICUBIC)
        at = (round(x + 84 * math.sin(math.radians(turn)) - 14), round(y - 84 * math.cos(math.radians(turn)) - 14))
        sheet.paste(Image.new("RGB", letter.size, RED), at, letter)
    draw.text((x, y + 62), "演示专用章", font=_font(18), fill=RED, anchor="mm")


def _code(url: str) -> io.BytesIO:
    file = io.BytesIO()
    segno.make_qr(url, error="m").save(file, kind="png", scale=4, border=2)
    file.seek(0)
    return file


def _font(size: int) -> ImageFont.FreeTypeFont:
    path = next((path for path in FONT_PATHS if path.is_file()), None)
    if path is None:
        message = "no CJK font to draw a document with: install fonts-noto-cjk"
        raise FileNotFoundError(message)
    return ImageFont.truetype(str(path), size, index=face_of(path))
