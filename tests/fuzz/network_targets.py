"""Hostile networks and disks: the platform's answers, fleet messages, the display's frames, ports as typed, files kept."""

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from pydantic import ValidationError

from drivers.code_scanner.samples import SAMPLES as CODES
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES as CARDS
from drivers.transport.frames import frames_for
from drivers.transport.ipp import ipp_for
from drivers.transport.machine import machine_for
from drivers.transport.pcsc import slot_for
from drivers.transport.port_url import wire_for
from drivers.transport.usb_topology import UsbPlace
from kiosk.diagnostics.readiness import of_kept
from kiosk.display.vocabulary import frames, intent
from kiosk.gateway.models import Reply
from kiosk.gateway.sandbox.api import create_app
from kiosk.gateway.sandbox.stocked import stocked
from kiosk.log.personal_text import LONGEST_TEXT, mask, mask_stranger
from kiosk.upkeep.accepted import AcceptedDevices
from kiosk.upkeep.recollection import accept_wishes_of, faults_of, healings_of
from kiosk.upkeep.supply_book import SupplyBook
from screens.samples import views
from telemetry.wire import topics
from telemetry.wire.codec import UnreadableError, decode_down, decode_up
from telemetry.wire.topics import Down, Up
from tests.fakes.clock import FakeClock
from tests.fuzz.target import Target, allowed, text_of

GOLDEN = Path(__file__).parents[1] / "telemetry/golden/v1"
KEY = "0123456789abcdef0123456789abcdef"
PORTS = (
    b"serial:/dev/ttyUSB0?baud=115200",
    b"serial:usb=1-1.4?baud=auto",
    b"usb:1-1.4",
    b"tcp://192.168.1.50:9100",
    b"ipp://192.168.1.60:631/ipp/print",
    b"ipps://printer.local",
    b"v4l2:/dev/v4l/by-path/sample?width=1280&height=720&fps=15",
    b"http://127.0.0.1:8080/stream",
    b"pcsc:ACR39U",
    b"machine:/",
)


def _platform_answers() -> tuple[bytes, ...]:
    """The sandbox's own answers to every kind of question."""
    return tuple(asyncio.run(_asked()))


async def _asked() -> list[bytes]:
    fields = CARDS["resident-1"]
    person = {"name": fields[FieldName.NAME], "id_number": fields[FieldName.NUMBER], "card_layout": "", "known_by": "id_card"}
    asked: tuple[tuple[str, str, object], ...] = (
        ("POST", "/applications", {"key": KEY, "service": "social_security_enrolment", "person": person}),
        ("POST", "/applications", {"key": KEY[::-1], "service": "no_such", "person": person}),
        ("GET", f"/applications/{KEY}", None),
        ("GET", f"/applications/{KEY[1:]}0", None),
        ("POST", "/phone-codes", {"code": CODES["phone-identity-1"]}),
        (
            "POST",
            "/payments",
            {"key": KEY, "service": "medical_insurance_payment", "amount_fen": 40000, "code": CODES["phone-payment-1"]},
        ),
        ("GET", "/healthz", None),
    )
    found = []
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        registry = stocked(Path(folder) / "platform.sqlite", public_url="https://verify.example")
        app = create_app(registry=registry, token="synthetic", now=lambda: datetime.now(UTC))
        headers = {"authorization": "Bearer synthetic"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://platform", headers=headers) as client:
            for method, path, body in asked:
                key = body["key"] if isinstance(body, dict) and "key" in body else ""
                answer = await client.request(method, path, json=body, headers={"idempotency-key": str(key)})
                found.append(answer.content)
        registry.close()
    return [
        *found,
        json.dumps({"status": "recognised", "person": {"name": "某", "id_number": "360426199101010071"}}).encode(),
        b'{"status":"compared","verdict":"same"}',
        b'{"status":"paid","receipt":"R-1"}',
        b'{"status":"kept","papers":"P-1"}',
    ]


def _feed_platform(payload: bytes) -> None:
    reply = Reply(payload)
    for outcome in (reply.settled(), reply.paid(), reply.recognised(), reply.papers_kept(), reply.refused()):
        assert outcome is None or repr(outcome)
    assert reply.verdict()
    assert reply.status is None or len(reply.status) <= 40


def _feed_fleet(payload: bytes) -> None:
    for up in Up:
        with allowed(UnreadableError):
            decode_up(up, payload)
    for down in Down:
        with allowed(UnreadableError):
            decode_down(down, payload)
    with allowed(ValueError):
        topics.parse(text_of(payload[:200]))


def _display_frames() -> tuple[bytes, ...]:
    shown = [frames.encode(frames.Show(page=at, view=view)) for at, view in enumerate(views(2).values())]
    said: tuple[frames.FromCore | frames.FromDisplay, ...] = (
        frames.Hello(pid=1),
        frames.Touched(page=3, intent=intent.ChooseService(service="social_security_enrolment")),
        frames.Drawn(frames=5, page=3),
        frames.PreviewSeen(),
        frames.Preview(page=3, jpeg=b"\xff\xd8sample\xff\xd9"),
    )
    return tuple(whole[frames.LENGTH_BYTES :] for whole in (*shown, *(frames.encode(each) for each in said)))


def _feed_display(payload: bytes) -> None:
    with allowed(ValidationError):
        frames.decode_from_core(payload)
    with allowed(ValidationError):
        frames.decode_from_display(payload)


def _feed_port(payload: bytes) -> None:
    port, clock = text_of(payload[:2000]), FakeClock()
    for way_for in (wire_for, frames_for, ipp_for, slot_for, machine_for):
        with allowed(ValueError):
            way_for(port, device="device", clock=clock)
    with allowed(ValueError):
        UsbPlace.parse(port)


def _kept_files() -> tuple[bytes, ...]:
    at = "2026-11-22T06:00:00+00:00"
    finding = {"subject": "disk", "is_well": True, "codes": ["core.storage_failed"], "evidence": "takes what is written"}
    kept: tuple[object, ...] = (
        [{"device": "receipt-printer", "code": "printer.paper_out", "since": at, "is_escalated": False}],
        [{"device": "camera", "code": "camera.frozen", "rung": "reset", "helped": 1, "failed": 2, "skipped": 0}],
        [{"at": at, "clock_is_trusted": True, "findings": [finding]}],
        {"accept": ["receipt-printer"]},
        {"receipt-printer": {"model": "M", "serial": "S", "firmware": "F"}},
        [
            {
                "device": "receipt-printer",
                "supply": "receipt_paper",
                "since": at[:10],
                "counter": 1.5,
                "share": None,
                "is_low": False,
                "used_of_this": 2.5,
                "used_since_low": 0.0,
                "days": {at[:10]: 3.5},
            }
        ],
    )
    return tuple(json.dumps(each).encode() for each in kept)


def _feed_kept(payload: bytes) -> None:
    try:
        kept = json.loads(payload)
    except (ValueError, RecursionError):
        return  # put aside by kiosk.upkeep.kept_file
    supplies = SupplyBook(clock=FakeClock(), zone=ZoneInfo("Asia/Shanghai"), kinds={})
    for read in (faults_of, healings_of, of_kept, accept_wishes_of, AcceptedDevices, supplies.recall):
        read(kept)
    json.dumps(supplies.to_keep(), allow_nan=False)


def _feed_log(payload: bytes) -> None:
    text = text_of(payload)
    for masked in (mask(text), mask_stranger(text)):
        assert len(masked) <= LONGEST_TEXT + 20
        json.dumps(masked, ensure_ascii=False).encode()


def targets() -> tuple[Target, ...]:
    """Everything that comes over a network, from a disk, or from a person's keyboard."""
    golden = tuple(path.read_bytes() for path in sorted(GOLDEN.glob("*.json")))
    texts = (
        b"token=abc 13800138000 360426199101010071",
        "姓名：某某 地址: somewhere".encode(),
        b"https://u:p@host/a?b=c \\u0041%41",
    )
    return (
        Target(name="platform's answers", modules=("kiosk/gateway/models",), corpus=_platform_answers(), feed=_feed_platform),
        Target(
            name="fleet messages",
            modules=("telemetry/wire/codec", "telemetry/wire/messages", "telemetry/wire/topics"),
            corpus=(*golden, b"zz/1/county/kiosk-1/fault"),
            feed=_feed_fleet,
        ),
        Target(name="display frames", modules=("kiosk/display/vocabulary/frames",), corpus=_display_frames(), feed=_feed_display),
        Target(name="ports", modules=("drivers/transport/port_url",), corpus=PORTS, feed=_feed_port),
        Target(
            name="kept files",
            modules=(
                "kiosk/upkeep/recollection",
                "kiosk/diagnostics/readiness",
                "kiosk/upkeep/accepted",
                "kiosk/upkeep/supply_book",
            ),
            corpus=_kept_files(),
            feed=_feed_kept,
        ),
        Target(name="log lines", modules=("kiosk/log/personal_text",), corpus=texts, feed=_feed_log, weight=2),
    )
