"""Log bundle: what the kiosk has logged, through redaction once more, zipped and bounded, to be read by somebody far away.

The log was redacted when it was written. Here nothing is trusted a second time: a line that is not one of ours is left out and
counted, no text keeps a Chinese character or bytes in any disguise, and fields are judged by their names again.
"""

import base64
import binascii
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kiosk.log.personal_text import mask_stranger
from kiosk.log.redaction import redact_fields
from kiosk.log.writing import FILE

CONTENT = "kiosk.log.jsonl"
ABOUT = "about.json"
OPENNESS = 6
"""Bytes of log tried for each byte a bundle may have; JSON lines shrink to about an eighth."""
LONGEST_LINE = 16_384
"""Bytes; one of ours is far shorter, and a longer one is left out."""

_HEAD = {
    "at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:\+00:00|Z)?"),
    "level": re.compile(r"debug|info|warning|error|critical"),
    "logger": re.compile(r"[a-z_]{1,40}(?:\.[a-z_]{1,40}){0,8}"),
}
"""Fields of every line that are kept as they are where they look as ours do."""
_ESCAPED_BYTES = re.compile(r"(?:\\+x[0-9A-Fa-f]{2}){2,}")
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_WORDS = re.compile(r"[a-z]+(?:[-_/][a-z]+)*")
"""Words of ours; what hides bytes has capitals or digits in it."""
_GB_NAME = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){2,}")
_GB_TEXT = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe]){3,}")
"""Chinese characters of GB 2312, which is where names are; GB 18030 writes them with the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle, and what is in it. ``left_out`` are lines that were none of ours."""

    body: bytes
    lines: int
    left_out: int


def pack(folder: Path, *, most_bytes: int, now: datetime) -> Bundle:
    """Return the newest of the log in a ZIP of at most so many bytes. Blocking: seconds of work, for a worker's thread.

    Args:
        folder: Where ``kiosk.log`` and those set aside lie.
        most_bytes: Of the ZIP.
        now: Said in it.

    Raises:
        OSError: The log cannot be read.
    """
    budget = most_bytes * OPENNESS
    while True:
        bundle = _packed(folder, budget, now=now)
        if len(bundle.body) <= most_bytes or budget < LONGEST_LINE:
            return bundle
        budget //= 2


def _packed(folder: Path, budget: int, *, now: datetime) -> Bundle:
    kept: list[str] = []
    left_out = 0
    for raw in _newest_first(folder, budget):
        line = clean(raw)
        if line is None:
            left_out += 1
        else:
            kept.append(line)
    about = {"packed_at": now.isoformat(), "lines": len(kept), "left_out": left_out}
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr(ABOUT, json.dumps(about))
        parcel.writestr(CONTENT, "".join(f"{line}\n" for line in reversed(kept)))
    return Bundle(body=body.getvalue(), lines=len(kept), left_out=left_out)


def clean(raw: bytes) -> str | None:
    """Return a line of the log as it may be sent; None for one that is none of ours."""
    if len(raw) > LONGEST_LINE:
        return None
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    cleaned: dict[str, object] = {}
    for name, shape in _HEAD.items():
        value = line.pop(name, "")
        cleaned[name] = value if isinstance(value, str) and shape.fullmatch(value) else "[hidden]"
    for name, value in redact_fields(line).items():
        cleaned[_bare(name)] = _without_text(value)
    return json.dumps(cleaned, ensure_ascii=True)


def _newest_first(folder: Path, budget: int) -> Iterator[bytes]:
    """Yield lines from the last one back, of so many bytes in all."""
    files = [folder / FILE, *sorted(folder.glob(f"{FILE}.[0-9]*"), key=lambda path: int(path.suffix[1:]))]
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # set aside meanwhile
            continue
        for line in reversed(content.splitlines()):
            budget -= len(line) + 1
            if budget < 0:
                return
            yield line


def _without_text(value: object) -> object:
    match value:
        case str():
            return _bare(value)
        case dict():
            return {_bare(str(key)): _without_text(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_text(each) for each in value]
        case _:
            return value


def _bare(text: str) -> str:
    """Return a text with nothing in it that could be somebody's name in any writing."""
    shown = _TOKEN.sub(_unless_it_hides, _ESCAPED_BYTES.sub("[bytes]", text))
    return "".join(char if char.isascii() else "?" for char in mask_stranger(shown))


def _unless_it_hides(found: re.Match[str]) -> str:
    token = found[0].rstrip("=")
    if _WORDS.fullmatch(token):
        return found[0]
    readings = [bytes.fromhex(token)] if len(token) % 2 == 0 and re.fullmatch(r"[0-9A-Fa-f]+", token) else []
    for altchars in (b"+/", b"-_"):
        try:
            readings.append(base64.b64decode(token + "=" * (-len(token) % 4), altchars=altchars, validate=True))
        except (ValueError, binascii.Error):
            continue
    return "[blob]" if any(_GB_NAME.fullmatch(reading) or _GB_TEXT.search(reading) for reading in readings) else found[0]
