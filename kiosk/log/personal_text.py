"""Finding in a piece of text what may be personal or secret, however it is spelled, and masking it.

Wide on purpose: a log line that lost a harmless number is an annoyance, one that kept an ID number is an incident.
"""

import base64
import binascii
import re
import unicodedata
from urllib.parse import unquote

LONGEST_TEXT = 2000
"""Characters of one field that are kept."""

_GAP = r"[\s\-._·,/\\|]{0,3}"
_ID_NUMBER = re.compile(rf"\d(?:{_GAP}\d){{16}}{_GAP}[\dXx]")
"""17 digits and a check character (GB 11643), also with blanks or hyphens anywhere between them."""
_OLD_ID_NUMBER = re.compile(r"(?<!\d)\d{15}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[\s-]?)?1[\s-]?[3-9](?:[\s-]?\d){9}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[\s-]?\d{3,4}[\s-]?\d{4}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{14,}")
_LONG_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:]?){16,}")
_LONG_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+_-])(?=[A-Za-z0-9+_=-]*[a-z])(?=[A-Za-z0-9+_=-]*[A-Z])(?=[A-Za-z0-9+_=-]*\d)[A-Za-z0-9+_-]{24,}={0,2}"
)
_URL_TAIL = re.compile(r"(\b\w+://)(?:[^\s/@]+@)?([^\s?#\"']+)[?#][^\s\"']*")
_URL_USER = re.compile(r"(\b\w+://)[^\s/@]+@")
_SECRET_PAIR = re.compile(
    r"(?i)(\b(?:token|password|passwd|pwd|secret|pin|api[_-]?key|authorization|cookie)\b[\"']?\s*[:=]\s*)[^\s,;&]+(\s+[A-Za-z0-9+/=._-]{8,})?"
)
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[^\s,;\"']+")
_NAMED_PAIR = re.compile(
    r"(?i)([\"']?\b(?:name|full_?name|address|birth|birthday|phone|mobile|id_?number|id_?card|person|holder)[\"']?\s*[:=]\s*)"
    r"(\"[^\"]*\"|'[^']*'|[^,;}\])\s]+)"
)
_CHINESE_PAIR = re.compile(
    r"((?:姓名|性别|民族|出生|住址|地址|身份证号?|公民身份号码|电话|手机号?)[\"']?\s*[:=：]?\s*[\"']?)[^,，;；}\s\"']+"
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX_TOKEN = re.compile(r"(?:[0-9A-Fa-f]{2}){6,}")
_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")

_MASKS = (
    (_BEARER, r"\1[hidden]"),
    (_SECRET_PAIR, r"\1[hidden]"),
    (_URL_TAIL, r"\1\2?[hidden]"),
    (_URL_USER, r"\1"),
    (_NAMED_PAIR, r"\1[hidden]"),
    (_CHINESE_PAIR, r"\1[hidden]"),
    (_ID_NUMBER, "[number]"),
    (_LONG_HEX, "[blob]"),
    (_LONG_BASE64, "[blob]"),
    (_MOBILE, "[number]"),
    (_LANDLINE, "[number]"),
    (_OLD_ID_NUMBER, "[number]"),
    (_LONG_NUMBER, "[number]"),
)


def mask(text: str) -> str:
    """Return the text, cut to ``LONGEST_TEXT``, with everything that looks personal or secret masked."""
    text = text[: 2 * LONGEST_TEXT]  # the patterns are not meant for megabytes
    plain = _plain(text)
    if plain != text and _mask_plain(plain) != plain:
        text = plain  # spelled so that it would slip through: keep the plain spelling, masked
    return _mask_plain(text)[:LONGEST_TEXT]


def mask_stranger(text: str) -> str:
    """As ``mask``, for text of which not one word is ours: its first line only, and no Chinese, which may be a name."""
    first_line = text.partition("\n")[0]
    return _HAN.sub("[han]", mask(_plain(first_line[: 2 * LONGEST_TEXT])))[:LONGEST_TEXT]


def is_personal_number(number: float) -> bool:
    """Whether a number is long enough to be one of a person, or a telephone."""
    digits = f"{abs(number):.0f}"
    return len(digits) >= 14 or _MOBILE.fullmatch(digits) is not None


def _mask_plain(text: str) -> str:
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    text = _TOKEN.sub(_mask_if_it_decodes, text)
    return _HEX_TOKEN.sub(_mask_if_it_is_hex, text)


def _plain(text: str) -> str:
    """The text without disguise: full-width digits, escapes, percent signs, zero bytes and invisible characters undone."""
    if "%" in text:
        text = unquote(text)
    if (unescaped := _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)) != text:
        # A character beyond the first plane is escaped as two halves; a half alone can be no text, and is not written.
        text = unescaped.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(each for each in text if each == "\n" or unicodedata.category(each) not in {"Cc", "Cf"})


def _mask_if_it_decodes(found: re.Match[str]) -> str:
    token = found[0].rstrip("=")
    for altchars in (b"+/", b"-_"):
        try:
            body = base64.b64decode(token + "=" * (-len(token) % 4), altchars=altchars, validate=True)
        except (ValueError, binascii.Error):
            continue
        if _holds_personal(body):
            return "[blob]"
    return found[0]


def _mask_if_it_is_hex(found: re.Match[str]) -> str:
    return "[blob]" if _holds_personal(bytes.fromhex(found[0])) else found[0]


def _holds_personal(body: bytes) -> bool:
    try:
        if _HAN.search(body.decode("utf-8")):
            return True
    except UnicodeDecodeError:
        pass
    readings = (body.decode(encoding, errors="ignore") for encoding in ("ascii", "utf-16-le", "utf-16-be"))
    return any(_ID_NUMBER.search(reading) or _MOBILE.search(reading) for reading in readings)
