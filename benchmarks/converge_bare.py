"""What the loop one would write first takes to tell as many kiosks as much: sign, publish, and keep what they answer.

One process: ``cryptography`` signs each document, paho publishes it and hears the answers, orjson reads them, SQLite keeps each
answer and the newest of each kiosk, durable, four times a second. No layers, no order of numbers, no ramp, no audit, and
nothing is acknowledged to a kiosk.
"""

import base64
import json
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import paho.mqtt.client as paho
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.converge import LAYER
from benchmarks.fleet_load import COUNTY, kiosk_id
from benchmarks.fleet_service import broker
from benchmarks.told_kiosks import pupils
from provisioning.fleet.signing import AUTHORITY, FILE, SigningKey
from provisioning.wire.desired_state import KIND

WRITE_EVERY_S = 0.25
UNDER_WAY = 1_000
"""Documents the broker has not answered for at most."""
PATIENCE_S = 600.0
VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """What it took. Seconds, of the clock and of the loop's processor."""

    took_s: float
    cpu_s: float


def measure(folder: Path, *, kiosks: int) -> Bare:
    """Let the bare loop tell them, behind a broker of its own."""
    authority = folder / AUTHORITY
    SigningKey.open(authority)
    with broker(folder / "broker") as through, pupils(through, kiosks, authority=authority) as load:
        command = [sys.executable, "-m", "benchmarks.converge_bare", str(through.port), str(kiosks), str(authority)]
        said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=PATIENCE_S).stdout)
        counted = load.do("counted")
    assert counted["documents"] == kiosks, f"{counted['documents']} of {kiosks} documents of the bare loop were taken"
    return Bare(**said)


class _Bare:
    def __init__(self, key: Ed25519PrivateKey, key_id: str, path: Path) -> None:
        self._key = key
        self._key_id = key_id
        self._said: list[tuple[str, int, bytes]] = []
        self._newest: dict[str, str] = {}
        self.in_force: set[str] = set()
        self._store = sqlite3.connect(path, isolation_level=None)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("PRAGMA synchronous=FULL")
        self._store.execute("CREATE TABLE said (kiosk TEXT, seq INTEGER, body TEXT, PRIMARY KEY (kiosk, seq))")
        self._store.execute("CREATE TABLE newest (kiosk TEXT PRIMARY KEY, state TEXT)")

    def hear(self, topic: str, payload: bytes) -> None:
        said = orjson.loads(payload)
        kiosk = topic.split("/")[3]
        self._said.append((kiosk, said["seq"], payload))
        self._newest[kiosk] = said["fields"]["state"]

    def write(self) -> None:
        said, self._said = self._said, []
        newest, self._newest = self._newest, {}
        self._store.execute("BEGIN")
        self._store.executemany("INSERT OR IGNORE INTO said VALUES (?, ?, ?)", said)
        self._store.executemany("INSERT OR REPLACE INTO newest VALUES (?, ?)", newest.items())
        self._store.execute("COMMIT")
        self.in_force.update(kiosk for kiosk, state in newest.items() if state == "in_force")

    def document(self, kiosk: str) -> bytes:
        now = datetime.now(UTC)
        document = {
            "schema_version": 1,
            "addressee": {"county": COUNTY, "kiosk": kiosk},
            "version": VERSION,
            "issued_at": now.isoformat(),
            "expires_at": (now + timedelta(days=7)).isoformat(),
            "release": None,
            "settings": LAYER,
        }
        payload = orjson.dumps(document)
        signed = self._key.sign(b"DSSEv1 %d %b %d %b" % (len(KIND), KIND.encode(), len(payload), payload))
        body, signature = (base64.b64encode(each).decode() for each in (payload, signed))
        return orjson.dumps({"payload": body, "payloadType": KIND, "signatures": [{"keyid": self._key_id, "sig": signature}]})


def _run(port: int, kiosks: int, authority: Path) -> None:
    private = load_pem_private_key((authority / FILE).read_bytes(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    bare = _Bare(private, SigningKey(private).id, authority / "bare.sqlite3")
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(UNDER_WAY)
    client.on_message = lambda _client, _userdata, message: bare.hear(message.topic, bytes(message.payload))
    client.connect("127.0.0.1", port)
    client.subscribe(f"zz/1/{COUNTY}/+/event", 1)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    due_s, told = began_s, 0
    while len(bare.in_force) < kiosks:
        for _ in range(100):
            if told < kiosks and client.want_write() is False:
                kiosk = kiosk_id(told).kiosk
                client.publish(f"zz/1/{COUNTY}/{kiosk}/desired", bare.document(kiosk), qos=1)
                told += 1
        client.loop(0.01)
        if time.perf_counter() >= due_s:
            due_s = time.perf_counter() + WRITE_EVERY_S
            bare.write()
    print(json.dumps({"took_s": time.perf_counter() - began_s, "cpu_s": time.process_time() - began_cpu_s}))


if __name__ == "__main__":
    _, number, count, folder_of_key = sys.argv
    _run(int(number), int(count), Path(folder_of_key))
