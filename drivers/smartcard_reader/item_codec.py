"""One item as it stands on the chip: number, length, data; and how its data is written: digits, text, dates.

Nothing here ever puts what stood on the card into a message.
"""

import unicodedata
from datetime import date

from drivers.smartcard_reader.id_number import normalised

SEXES = {"1": "男", "2": "女", "0": "未知", "9": "未说明"}
"""GB/T 2261.1."""

FOR_LIFE = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff")
"""What stands in place of the last day of validity where there is none."""


class ItemError(ValueError):
    """An item does not make sense. Names the item, never what stands in it."""


def parse_item(data: bytes, *, number: int) -> bytes:
    """Take the data out of ``number | length | data``.

    Raises:
        ItemError: Another item, or its length is not that of what came: half an item is no item.
    """
    if len(data) < 2 or data[0] != number or data[1] != len(data) - 2:
        raise ItemError(f"item {number:02X}: {len(data)} bytes came that are not this item, whole")
    return data[2:]


def pack_item(data: bytes, *, number: int) -> bytes:
    """Write an item as it stands on a chip: what ``parse_item`` reads."""
    return bytes((number, len(data))) + data


def digits(data: bytes, *, item: str) -> str:
    """Read decimal digits, two in a byte.

    Raises:
        ItemError: A half byte is no digit.
    """
    written = data.hex()
    if not (written.isascii() and written.isdigit()):
        raise ItemError(f"'{item}' holds something that is no digit")
    return written


def day(data: bytes, *, item: str) -> date:
    """Read a date, YYYYMMDD in digits.

    Raises:
        ItemError: There is no such day.
    """
    written = digits(data, item=item)
    if len(written) != 8:
        raise ItemError(f"'{item}' has {len(data)} bytes, a date has 4")
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        raise ItemError(f"'{item}' holds no date YYYYMMDD") from None


def day_or_for_life(data: bytes, *, item: str) -> date | None:
    """Read a date that may be left open."""
    return None if data in FOR_LIFE else day(data, item=item)


def text(data: bytes, *, item: str) -> str:
    """Read text in GBK, padded with zeros, spaces or FF; characters outside GBK stand in GB 18030's four bytes.

    Raises:
        ItemError: It is no text, or none is left.
    """
    try:
        decoded = data.rstrip(b"\x00\xff ").decode("gb18030")
    except UnicodeDecodeError:
        raise ItemError(f"'{item}' holds bytes that are no text") from None
    cleaned = "".join(character for character in decoded if unicodedata.category(character) not in ("Cc", "Cn")).strip()
    if not cleaned:
        raise ItemError(f"'{item}' is empty")
    return cleaned


def id_number(data: bytes, *, item: str) -> str:
    """Read 社会保障号码, which is the ID number.

    Raises:
        ItemError: It is none, or its check character does not match.
    """
    try:
        return normalised(text(data, item=item))
    except ValueError as error:
        raise ItemError(f"'{item}': {error}") from None


def sex(data: bytes, *, item: str) -> str:
    """Read the sex: a code of GB/T 2261.1, as a character or as a number.

    Raises:
        ItemError: It is no such code.
    """
    code = chr(data[0]) if data[:1].isdigit() else str(data[0]) if data else ""
    if len(data) != 1 or code not in SEXES:
        raise ItemError(f"'{item}' holds no code of GB/T 2261.1")
    return SEXES[code]
