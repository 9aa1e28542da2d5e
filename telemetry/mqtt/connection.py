"""One MQTT connection: how it begins, what it says and hears, and that everybody is told when it ends.

The one call of paho's that blocks, resolving and connecting, is run where the opener says.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from telemetry.mqtt.looped import LoopedSocket
from telemetry.mqtt.opening import LineError, Opening, Received
from telemetry.mqtt.tls import NO_WORD, client_context, in_words

CONNECT_TIMEOUT_S = 5.0
"""Seconds for TCP, and again for CONNACK; a village link that needs longer is as good as down, and backoff tries again."""


class Connection:
    """One life on a broker. Everything but opening happens on the loop it was opened on."""

    def __init__(self, opening: Opening, on_message: Callable[[Received], None]) -> None:
        """Prepare; use ``Connection.open``. Raises LineError when there is nothing to show to a broker that speaks TLS."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._opening = opening
        self._on_message = on_message
        self._accepted: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[str] = loop.create_future()
        self._is_connecting = True
        self._published: dict[int, asyncio.Future[None]] = {}
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=opening.client_id,
            clean_session=not opening.keeps_session,
            manual_ack=not opening.acknowledges_itself,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        self._context = client_context(opening)
        if self._context is not None:
            client.tls_set_context(self._context)
        client.max_inflight_messages_set(0)
        if opening.will is not None:
            client.will_set(opening.will.topic, opening.will.payload, qos=1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        self._client = client
        self._socket = LoopedSocket(client, keepalive_s=opening.keepalive_s, on_silence=self.abort)

    @classmethod
    async def open(
        cls,
        opening: Opening,
        *,
        on_message: Callable[[Received], None],
        run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> "Connection":
        """Connect, within twice CONNECT_TIMEOUT_S.

        Args:
            opening: How.
            on_message: Called on the loop for every message; must not raise.
            run_blocking: Runs a blocking call outside the loop.

        Raises:
            LineError: Nobody there, or it does not want us.
        """
        where = f"{opening.address.host}:{opening.address.port}"
        try:
            connection = cls(opening, on_message)
        except LineError as error:
            raise LineError(f"broker {where}: {error}") from error
        try:
            await run_blocking(connection._connect)
            connection._is_connecting = False
            connection._socket.join()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await connection._accepted
        except TimeoutError as error:
            connection.abort("no answer to CONNECT")
            raise LineError(f"broker {where}: no answer to CONNECT within {CONNECT_TIMEOUT_S:g} s") from error
        except (OSError, ValueError, LineError) as error:
            connection.abort("not connected")
            raise LineError(f"broker {where}: {in_words(error)}") from error
        except BaseException:
            connection.abort("given up while connecting")
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return self._accepted.done() and not self._ended.done()

    @property
    def is_congested(self) -> bool:
        """Whether bytes of ours still wait for the socket; what may be skipped should be."""
        return self._client.want_write()

    async def ended(self) -> str:
        """Wait until the connection has ended, and return why in a few words."""
        return await asyncio.shield(self._ended)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, is_retained: bool = False) -> "asyncio.Future[None]":
        """Send; the future is done when the broker has it (QoS 1), or at once (QoS 0).

        The future is cancelled when the connection ends first. Nobody needs to wait for it.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        if not self.is_open:
            done.cancel()
            return done
        info = self._client.publish(topic, payload, qos=qos, retain=is_retained)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            done.cancel()
        elif qos == 0:
            done.set_result(None)
        else:
            self._published[info.mid] = done
        return done

    async def subscribe(self, topics: dict[str, int]) -> None:
        """Ask for topics with their QoS, and wait until the broker has agreed.

        Raises:
            LineError: It did not, or the connection ended.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        result, mid = self._client.subscribe(list(topics.items()))
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise LineError("subscribe: not connected")
        self._subscribed[mid] = done
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await done
        except TimeoutError as error:
            raise LineError(f"subscribe: no answer within {CONNECT_TIMEOUT_S:g} s") from error

    def pause(self) -> None:
        """Read nothing more for now: the broker keeps what it has."""
        self._socket.pause()

    def resume(self) -> None:
        """Read again."""
        self._socket.resume()

    async def close(self, *, deadline_s: float = 2.0) -> None:
        """Say DISCONNECT, so that the will is not said, and end. Twice is fine; never raises."""
        if self.is_open:
            self._client.disconnect()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self.ended()
        self.abort("closed")

    def abort(self, why: str) -> None:
        """End at once and without a word: the broker says the will. Twice is fine."""
        self._end(why)
        self._socket.leave()
        self._close_socket()

    def _connect(self) -> None:
        address = self._opening.address
        self._client.connect(address.host, address.port, keepalive=self._opening.keepalive_s)
        if self._client.socket() is None:  # ended under CONNECT already
            raise LineError(self._refusal or "closed while connecting")
        if self._ended.done():  # given up meanwhile: abort() found no socket yet, and nobody else knows of this one
            self._close_socket()

    @property
    def _refusal(self) -> str:
        """What a broker that speaks TLS has against us, before it has let us in; empty where no TLS is spoken."""
        if self._context is None:
            return ""
        return NO_WORD if self._context.refusal is None else in_words(self._context.refusal)

    def _close_socket(self) -> None:
        opened = self._client.socket()
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.close()

    def _end(self, why: str) -> None:
        if self._ended.done():
            return
        self._ended.set_result(why)
        if not self._accepted.done():
            self._accepted.set_exception(LineError(why))
            self._accepted.exception()  # whoever waits is told; nobody has to wait
        for published in self._published.values():
            published.cancel()
        for subscribed in self._subscribed.values():
            if not subscribed.done():
                subscribed.set_exception(LineError(f"subscribe: {why}"))
                subscribed.exception()
        self._published.clear()
        self._subscribed.clear()
        self._socket.stop_ticking()

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if self._accepted.done():
            return
        if reason.is_failure:
            self._accepted.set_exception(LineError(f"broker refused: {reason}"))
        else:
            self._accepted.set_result(None)

    def _on_disconnect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if self._is_connecting:  # in the thread that connects, where the loop's futures are not to be touched: it raises
            return
        if not self._accepted.done():
            self._accepted.set_exception(LineError(self._refusal or f"broker ended the connection: {reason}"))
            self._end(self._refusal or str(reason))
        else:
            self._end(str(reason))

    def _on_paho_message(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._on_message(
            Received(
                topic=topic,
                payload=bytes(message.payload),
                is_retained=bool(message.retain),
                acknowledge=partial(self._acknowledge, message.mid, message.qos),
            )
        )

    def _acknowledge(self, mid: int, qos: int) -> None:
        if qos == 1 and self.is_open and not self._opening.acknowledges_itself:
            self._client.ack(mid, qos)

    def _on_publish(self, _client: object, _userdata: object, mid: int, _reason: object, _properties: object) -> None:
        done = self._published.pop(mid, None)
        if done is not None and not done.done():
            done.set_result(None)

    def _on_subscribe(self, _client: object, _userdata: object, mid: int, reasons: list[ReasonCode], _properties: object) -> None:
        done = self._subscribed.pop(mid, None)
        if done is None or done.done():
            return
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            done.set_exception(LineError(f"subscribe: refused, {refused[0]}"))
        else:
            done.set_result(None)
