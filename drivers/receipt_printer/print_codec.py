"""Print commands of ESC/POS as bytes, each call one or more complete commands.

python-escpos writes what it writes well (size, weight, alignment, line spacing, native QR codes). What it does not is
written here: Chinese mode (its ``text`` sends GB18030 only for some characters and never leaves the mode), raster
(its ``image`` prints remarks on standard output), and the cut with its own feed.
"""

import os
import shutil
from enum import StrEnum
from pathlib import Path

from escpos import capabilities
from escpos.printer import Dummy
from PIL import Image

from drivers.contract.receipt_printer import Align

INITIALISE = b"\x1b@\x1c."
"""ESC @, then FS . : many Chinese models come up in Chinese mode, where ASCII can be eaten as a lead byte."""

LINE_FEED = b"\n"

RASTER_BYTES = 480
"""Bytes of picture in one GS v 0; with header, style and a question behind it, it stays within one slice of 512."""

RASTER_LINES = 255
"""Lines in one GS v 0; more is refused by clones that read one byte of height."""

PYTHON_ESCPOS_ALIGN = {Align.LEFT: "left", Align.CENTRE: "center", Align.RIGHT: "right"}


class Codepage(StrEnum):
    """Which characters the printer's own Chinese font is trusted to have. Two bytes each, in both."""

    GBK = "gbk"
    GB18030 = "gb18030"


def is_native(char: str, codepage: Codepage) -> bool:
    """Whether the printer's own fonts have ``char``: ASCII, or two bytes of its code page outside the private areas."""
    if " " <= char <= "~":
        return True
    if "\ue000" <= char <= "\uf8ff":
        return False
    try:
        return len(char.encode(codepage.value)) == 2
    except UnicodeEncodeError:
        return False


def text(line: str, codepage: Codepage) -> bytes:
    """Encode one line of native characters: Chinese inside FS & ... FS ., ASCII outside.

    Raises:
        ValueError: It holds a character the printer has no picture of, or a control character.
    """
    encoded = bytearray()
    is_chinese = False
    for char in line:
        if not is_native(char, codepage):
            raise ValueError("a character that is not the printer's own cannot be sent as text")
        if (char > "~") is not is_chinese:
            is_chinese = not is_chinese
            encoded += b"\x1c&" if is_chinese else b"\x1c."
        encoded += char.encode(codepage.value)
    if is_chinese:
        encoded += b"\x1c."
    return bytes(encoded)


def style(*, align: Align, scale: int, is_bold: bool) -> bytes:
    """Set alignment, size and weight for what follows, Latin and Chinese alike."""
    writer = _writer()
    writer.set(align=PYTHON_ESCPOS_ALIGN[align], bold=is_bold, custom_size=True, width=scale, height=scale)
    # GS ! is for both on most models, FS ! for Chinese on the others; where both are known they agree.
    return bytes(writer.output) + b"\x1c!" + bytes((0x0C if scale == 2 else 0x00,))


def line_spacing(units: int) -> bytes:
    """Set the distance from line to line, in the model's feed units, 0 to 255."""
    writer = _writer()
    writer.line_spacing(units)
    return bytes(writer.output)


def feed(units: int) -> bytes:
    """Feed paper by ``units`` of the model."""
    full, rest = divmod(units, 255)
    return b"\x1bJ\xff" * full + (b"\x1bJ" + bytes((rest,)) if rest else b"")


def native_qr(content: str, *, dots_per_module: int) -> bytes:
    """Have the printer draw a QR code, error correction M, where the alignment puts it."""
    writer = _writer()
    writer.qr(content, ec=1, size=dots_per_module, native=True)
    return bytes(writer.output)


def raster(picture: Image.Image) -> tuple[bytes, ...]:
    """Encode a picture (mode ``1``) as GS v 0 commands, each complete, within RASTER_LINES and RASTER_BYTES.

    Whatever looks like a real-time command inside a picture would be obeyed (DLE ENQ 2 would empty the buffer), so such
    a picture gets one dot more.
    """
    row_bytes = (picture.width + 7) // 8
    lines = min(max(RASTER_BYTES // row_bytes, 1), RASTER_LINES)
    ink = picture.point([0 if value else 255 for value in range(256)], "1")
    commands = []
    for top in range(0, picture.height, lines):
        band = ink.crop((0, top, picture.width, min(top + lines, picture.height)))
        size = row_bytes.to_bytes(2, "little") + band.height.to_bytes(2, "little")
        commands.append(b"\x1dv0\x00" + size + _without_real_time(band.tobytes()))
    return tuple(commands)


def cut(*, is_partial: bool) -> bytes:
    """Feed to the cutter and cut (GS V 41/42)."""
    return b"\x1dV\x42\x00" if is_partial else b"\x1dV\x41\x00"


def ask_who(what: int) -> bytes:
    """GS I: 65 firmware, 67 model, 68 serial number; answered as ``5F text 00``."""
    return b"\x1dI" + bytes((what,))


def _without_real_time(dots: bytes) -> bytes:
    """A lone dot at bit 4 (DLE) that is followed by EOT, ENQ or DC4, or ends the picture, gets a neighbour."""
    changed = bytearray(dots)
    for index, byte in enumerate(changed):
        if byte == 0x10 and (index + 1 == len(changed) or changed[index + 1] in {0x04, 0x05, 0x14}):
            changed[index] = 0x18
    return bytes(changed)


def _writer() -> Dummy:
    _remove_scratch()
    return Dummy()


def _remove_scratch() -> None:
    # python-escpos 3.1 makes a directory in /tmp at every import and leaves it there; a kiosk would collect them for
    # years. It can go when capabilities.py no longer calls mkdtemp. A directory named by the environment is not ours.
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(Path(capabilities.pickle_dir), ignore_errors=True)
