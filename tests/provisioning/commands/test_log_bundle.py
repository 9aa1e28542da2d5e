"""The log bundle: nobody's name, number or address leaves the kiosk in it, however it is spelled; and it is never too big."""

import base64
import io
import json
import random
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from provisioning.agent.log_bundle import ABOUT, CONTENT, clean, pack
from tests.provisioning.commands.said import NOW

# Made up: nobody of this name, number or address is known to us.
NAME, NUMBER, ADDRESS, PHONE = "张翠花", "330781194903070023", "光明村三组十七号", "13800001234"
SECRETS = (NAME, NUMBER, ADDRESS, PHONE)


def _spellings(secret: str) -> dict[str, bytes]:
    said = secret.encode()
    gb = secret.encode("gb18030")
    return {
        "utf-8": said,
        "gb18030": gb,
        "base64 of utf-8": base64.b64encode(said),
        "base64 of gb18030": base64.b64encode(gb),
        "url-safe base64 of gb18030": base64.urlsafe_b64encode(gb),
        "hex of utf-8": said.hex().encode(),
        "hex of gb18030": gb.hex().encode(),
        "json escapes": json.dumps(secret).encode(),
        "python bytes of gb18030": repr(gb).encode(),
        "per cent": quote(secret).encode(),
        "per cent of gb18030": quote(gb).encode(),
        "full width": "".join(chr(ord(char) + 0xFEE0) if char.isascii() else char for char in secret).encode(),
    }


def _hidden_in(secret: str, bundle: bytes) -> list[str]:
    return [how for how, spelling in _spellings(secret).items() if spelling.strip(b'"') in bundle]


def _unpacked(body: bytes) -> tuple[dict[str, int], list[bytes]]:
    with zipfile.ZipFile(io.BytesIO(body)) as parcel:
        assert parcel.namelist() == [ABOUT, CONTENT]
        return json.loads(parcel.read(ABOUT)), parcel.read(CONTENT).splitlines()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("how", _spellings("x"))
def test_nothing_personal_leaves_in_any_spelling(tmp_path: Path, secret: str, how: str) -> None:
    spelled = _spellings(secret)[how]
    text = spelled.decode("utf-8", "backslashreplace")
    lines = [
        spelled,
        b'{"at":"2026-11-22T01:00:00","level":"info","event":"visit.ended","said":"' + spelled.replace(b'"', b"") + b'"}',
        json.dumps({"at": text, "level": text, "logger": text, "event": f"read {text} at last"}, ensure_ascii=False).encode(),
        json.dumps({"event": "x", text: 1, "deep": {"list": [text, {"note": f"<{text}>"}]}}).encode(),
        json.dumps({"event": "x", "name": text, "card_number": text, "exception": {"said": text}}).encode(),
        repr(spelled).encode(),
    ]
    (tmp_path / "kiosk.log").write_bytes(b"\n".join(lines))
    bundle = pack(tmp_path, most_bytes=1_000_000, now=NOW)
    about, kept = _unpacked(bundle.body)
    assert not _hidden_in(secret, b"\n".join(kept))
    assert about["lines"] + about["left_out"] == len(lines)
    assert about["left_out"] >= 1


def test_what_a_technician_needs_is_still_there(tmp_path: Path) -> None:
    line = {
        "at": "2026-11-22T01:02:03.004+00:00",
        "level": "warning",
        "event": "device.lost",
        "logger": "kiosk.upkeep.keeper",
        "device": "receipt-printer",
        "waited_s": 0.5,
        "error": "receipt: no answer to DLE EOT 4 within 0.5 s",
    }
    (tmp_path / "kiosk.log").write_text(json.dumps(line) + "\n")
    _, kept = _unpacked(pack(tmp_path, most_bytes=65_536, now=NOW).body)
    assert [json.loads(each) for each in kept] == [line]


def test_the_newest_lines_are_taken_and_the_bundle_is_never_too_big(tmp_path: Path) -> None:
    dice = random.Random(7)
    for number, path in enumerate(("kiosk.log.10", "kiosk.log.1", "kiosk.log")):
        lines = (
            json.dumps({"at": f"2026-11-22T0{number}:00:00", "level": "info", "event": f"e{number}.{at}", "n": dice.random()})
            for at in range(3_000)
        )
        (tmp_path / path).write_text("\n".join(lines) + "\n")
    bundle = pack(tmp_path, most_bytes=65_536, now=NOW)
    assert len(bundle.body) <= 65_536
    _, kept = _unpacked(bundle.body)
    events = [json.loads(line)["event"] for line in kept]
    assert events[-1] == "e2.2999"
    assert events == [f"e{number}.{at}" for number in range(3) for at in range(3_000)][-len(events) :]


def test_a_line_of_a_stranger_is_left_out() -> None:
    for raw in (
        b"",
        b"Traceback (most recent call last):",
        b"[1]",
        b"\xd5\xc5",
        b"{" * 10_000,
        b'{"event":"' + b"x" * 20_000 + b'"}',
    ):
        assert clean(raw) is None


def test_a_kiosk_without_a_log_sends_an_empty_bundle(tmp_path: Path) -> None:
    assert pack(tmp_path, most_bytes=65_536, now=NOW).lines == 0
