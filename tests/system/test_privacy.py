"""After a visit nothing of the person is left on the kiosk's side, in no file, in no message, however it is written."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from tests.system.demo import Demo, eventually

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

SECRET_FIELDS = (FieldName.NAME, FieldName.NUMBER, FieldName.ADDRESS)


@pytest.fixture
def wiretap(demo: Demo) -> Iterator[list[bytes]]:
    """Every body that passes the broker while the test runs."""
    bodies: list[bytes] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="wiretap")
    client.on_message = lambda _client, _userdata, message: bodies.append(bytes(message.payload))
    client.on_connect = lambda client, *_: client.subscribe("zz/#", qos=1)
    own = demo.state / "fleet/authority"  # the service itself may hear everything; nobody else may
    client.tls_set(ca_certs=str(own / "ca.pem"), certfile=str(own / "fleet.pem"), keyfile=str(own / "fleet.key"))
    client.connect("127.0.0.1", demo.broker_port)
    client.loop_start()
    yield bodies
    client.disconnect()
    client.loop_stop()


def _spellings(text: str) -> list[bytes]:
    plain = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("gb18030")]
    escaped = text.encode("unicode_escape")
    # base64 of a text inside a longer one: three alignments, the ends that depend on neighbours cut off
    aligned = [base64.b64encode(bytes(shift) + spelling)[4:-4] for spelling in plain for shift in range(3)]
    return [*plain, escaped, *(piece for piece in aligned if len(piece) >= 8)]


def _kiosk_side(demo: Demo) -> list[Path]:
    folders = [demo.state / "kiosk", demo.state / "fleet", demo.state / "log"]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_nothing_of_the_person_is_left_after_the_visit(demo: Demo, wiretap: list[bytes]) -> None:
    demo.walk_to("take_receipt")
    demo.come_to_rest()
    eventually("the fleet has heard of the end", lambda: any(b"visit.ended" in body for body in wiretap), within_s=10)
    time.sleep(1.0)  # U8: one second later

    secrets = [SAMPLES["resident-1"][field] for field in SECRET_FIELDS]
    needles = {needle: secret for secret in secrets for needle in _spellings(secret)}
    found = [
        f"{path.relative_to(demo.state)} holds field {secrets.index(secret)}"
        for path in _kiosk_side(demo)
        for needle, secret in needles.items()
        if needle in path.read_bytes()
    ]
    found += [f"MQTT: field {secrets.index(secret)}" for body in wiretap for needle, secret in needles.items() if needle in body]
    assert found == []
    assert len(wiretap) > 5


def test_the_needles_would_be_found() -> None:
    """The search itself is tried: a leak in any of its spellings is seen."""
    for spelling in ("utf-8", "utf-16-le", "gb18030"):
        leak = "前文".encode(spelling) + SAMPLES["resident-1"][FieldName.NUMBER].encode(spelling)
        assert any(needle in leak for needle in _spellings(SAMPLES["resident-1"][FieldName.NUMBER]))
        assert any(needle in base64.b64encode(leak) for needle in _spellings(SAMPLES["resident-1"][FieldName.NUMBER]))
