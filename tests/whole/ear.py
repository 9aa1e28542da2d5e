"""An ear at the broker: every fault and event that a kiosk tells its fleet, with the moment it came.

It acknowledges as the fleet does: a kiosk that is not answered falls silent when its window is full.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from telemetry.wire.codec import encode
from telemetry.wire.messages import Ack
from telemetry.wire.topics import Down, Up
from tests.system.demo import free_ports

NUMBERED = frozenset({Up.STATUS, Up.FAULT, Up.EVENT, Up.REPORTED, Up.RECEIPT})
"""What comes from the kiosk's outbox, and has to be acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message about a fault, or one event (``code`` is its name then)."""

    at_s: float
    kind: str
    device: str
    code: str
    is_cleared: bool
    text: str


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A mosquitto of this test's own on loopback; yields its port."""
    port = free_ports(1)
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n")
    process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(5)


class Ear:
    """Listens to everything one county's kiosks say."""

    def __init__(self, port: int) -> None:
        self.heard: list[Heard] = []
        self.everything = bytearray()
        """Every byte that was published, to be searched for what must not be there."""
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        """Every message that came: its kind (``birth``, ``hb``, ``fault``, ...) and its body."""
        self._stored = 0
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._message
        self._client.on_connect = self._connected

    def listen(self) -> None:
        """Begin to listen; reconnects by itself."""
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()

    def stop(self) -> None:
        """Listen no more."""
        self._client.disconnect()
        self._client.loop_stop()

    async def until(self, look: Callable[[Heard], bool], *, what: str, since: int = 0, within_s: float = 5.0) -> Heard:
        """Wait until something like this is heard, counted from ``since``."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    found = next((heard for heard in self.heard[since:] if look(heard)), None)
                    if found is not None:
                        return found
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            seen = [f"{each.kind} {each.device} {each.code}{' cleared' * each.is_cleared}" for each in self.heard[since:]]
            raise AssertionError(f"{what}: not heard within {within_s} s; heard: {seen}") from None

    async def body(
        self, kind: str, look: Callable[[dict[str, Any]], bool], *, what: str, since: int = 0, within_s: float = 5.0
    ) -> dict[str, Any]:
        """Wait for a message of a kind that looks like this, counted from ``since`` of ``bodies``."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    found = next((body for name, body in self.bodies[since:] if name == kind and look(body)), None)
                    if found is not None:
                        return found
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            seen = [(name, body.get("screen", {}).get("page")) for name, body in self.bodies[since:]]
            raise AssertionError(f"{what}: not heard within {within_s} s; heard: {seen}") from None

    async def fault(self, code: str, *, since: int = 0, within_s: float = 5.0) -> Heard:
        """Wait until a fault is raised."""
        return await self.until(
            lambda heard: heard.kind == "fault" and heard.code == code and not heard.is_cleared,
            what=f"fault {code}",
            since=since,
            within_s=within_s,
        )

    async def cleared(self, code: str, *, since: int = 0, within_s: float = 10.0) -> Heard:
        """Wait until a fault is cleared."""
        return await self.until(
            lambda heard: heard.kind == "fault" and heard.code == code and heard.is_cleared,
            what=f"end of {code}",
            since=since,
            within_s=within_s,
        )

    async def event(self, name: str, *, since: int = 0, within_s: float = 5.0) -> Heard:
        """Wait until an event is reported."""
        return await self.until(
            lambda heard: heard.kind == "event" and heard.code == name, what=f"event {name}", since=since, within_s=within_s
        )

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("zz/1/#", qos=1)

    def _message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self._hear, message)

    def _is_new(self, kiosk: str, seq: int) -> bool:
        """Acknowledge; what is told again, because the answer was late, is not heard twice."""
        is_new = seq > self._stored
        self._stored = max(seq, self._stored)
        self._client.publish(f"{kiosk}{Down.ACK.value}", encode(Ack(seq=self._stored)), qos=1)
        return is_new

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        self.everything += message.payload
        kind = message.topic.rpartition("/")[2]
        if not message.payload:
            return
        body = json.loads(message.payload)
        if kind in NUMBERED and not self._is_new(message.topic.removesuffix(kind), int(body["seq"])):
            return
        self.bodies.append((kind, body))
        if kind not in {"fault", "event", "birth"}:
            self._news.set()
            return
        now_s = time.monotonic()
        match kind:
            case "fault":
                fault = body["fault"]
                self.heard.append(
                    Heard(
                        at_s=now_s,
                        kind=kind,
                        device=fault["device"],
                        code=fault["code"],
                        is_cleared=body.get("cleared_at") is not None,
                        text=fault.get("detail", ""),
                    )
                )
            case "event":
                self.heard.append(
                    Heard(at_s=now_s, kind=kind, device="", code=body["name"], is_cleared=False, text=json.dumps(body["fields"]))
                )
            case _:  # a birth tells every fault that was raised while nobody could be told
                self.heard += [
                    Heard(at_s=now_s, kind="fault", device=each["device"], code=each["code"], is_cleared=False, text="")
                    for each in body.get("faults", ())
                ]
        self._news.set()
