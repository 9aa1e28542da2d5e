"""What a subscriber without any product does, in a process of its own: the raw ceiling, and the loop one would write first.

``ceiling`` hears with paho and parses with json, and keeps nothing. ``peer`` hears with paho, parses with orjson, compares a
digest of what does not change, and writes who was heard to SQLite, durable, four times a second.
"""

import contextlib
import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import orjson
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

LISTENING = "listening"
TOPIC = "zz/1/+/+/hb"
WRITE_EVERY_S = 0.25
NAMES: Mapping[str, str] = {
    "ceiling": "raw ceiling: broker -> paho -> json.loads, nothing kept",
    "peer": "bare loop: broker -> paho -> orjson -> SQLite, digests",
}


@contextlib.contextmanager
def running(subscriber: str, port: int, path: Path) -> Iterator[Callable[[int, float], bool]]:
    """Run one; yields what tells whether it has heard so many within so many seconds from now."""
    command = [sys.executable, "-m", "benchmarks.fleet_bare", subscriber, str(port), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout
    while said.readline().strip() != LISTENING:
        assert process.poll() is None, f"{subscriber} has ended"

    def heard(count: int, within_s: float) -> bool:
        deadline_s = time.perf_counter() + within_s
        while time.perf_counter() < deadline_s:
            if int(said.readline()) >= count:
                return True
        return False

    try:
        yield heard
    finally:
        process.kill()
        process.wait()
        said.close()


class _Ceiling:
    heard = 0

    def hear(self, _topic: str, payload: bytes) -> None:
        json.loads(payload)
        self.heard += 1

    def write(self) -> None:
        pass


class _Peer:
    def __init__(self, path: Path) -> None:
        self.heard = 0
        self._taken = 0
        self._digests: dict[str, bytes] = {}
        self._moved: dict[str, str] = {}
        self._changed: dict[str, str] = {}
        self._store = sqlite3.connect(path, isolation_level=None)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("PRAGMA synchronous=FULL")
        self._store.execute("CREATE TABLE kiosk (name TEXT PRIMARY KEY, seen_at TEXT, body TEXT)")

    def hear(self, topic: str, payload: bytes) -> None:
        said = orjson.loads(payload)
        for device in said["devices"]:
            device["read_at"] = None
        digest = hashlib.blake2b(orjson.dumps((said["devices"], said["services"], said["screen"])), digest_size=16).digest()
        if self._digests.get(topic) != digest:
            self._digests[topic] = digest
            self._changed[topic] = payload.decode()
        self._moved[topic] = said["at"]
        self._taken += 1

    def write(self) -> None:
        moved, self._moved = self._moved, {}
        changed, self._changed = self._changed, {}
        self._store.execute("BEGIN")
        self._store.executemany("INSERT OR REPLACE INTO kiosk VALUES (?, '', ?)", changed.items())
        self._store.executemany("UPDATE kiosk SET seen_at = ? WHERE name = ?", [(at, name) for name, at in moved.items()])
        self._store.execute("COMMIT")
        self.heard = self._taken


def _run(subscriber: _Ceiling | _Peer, port: int) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _userdata, message: subscriber.hear(message.topic, bytes(message.payload))
    client.on_subscribe = lambda *_: print(LISTENING, flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe(TOPIC, 0)
    due_s = time.perf_counter()
    while True:
        client.loop(0.05)
        if time.perf_counter() >= due_s:
            due_s = time.perf_counter() + WRITE_EVERY_S
            subscriber.write()
            print(subscriber.heard, flush=True)


if __name__ == "__main__":
    _, which, number, file = sys.argv
    _run(_Ceiling() if which == "ceiling" else _Peer(Path(file)), int(number))
