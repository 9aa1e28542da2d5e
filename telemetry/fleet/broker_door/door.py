"""Whoever comes is looked at before the broker hears a byte, and whoever no longer counts is sent away."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from provisioning.wire.identity import SERVICE, Bearer, CertificateError, read_certificate, subject_of
from telemetry.fleet.broker_door import greeting
from telemetry.fleet.broker_door.files import DoorError, DoorFiles
from telemetry.fleet.broker_door.greeting import Greeting, GreetingError, read_greeting
from telemetry.fleet.broker_door.revocations import Revocations
from telemetry.fleet.broker_door.rights import may_be_called, may_say
from telemetry.mqtt import LineError
from telemetry.mqtt.tls import server_context

log = structlog.get_logger()

SPEAKS_WITHIN_S = 10.0
"""For the handshake, and again for CONNECT; a kiosk gives up after five."""
HEARS_WITHIN_S = 2.0
"""For the refusal; who does not take it that soon goes without."""
LOOKS_EVERY_S = 0.5
"""A certificate that was revoked has so long, and the time to read the list."""
SAID_AT_MOST = 1_000
"""Refusals remembered as said; a fleet that has more is told of them again."""


class _RefusedError(Exception):
    """Somebody is not let in; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guest:
    """Somebody who was let in.

    Attributes:
        first: The bytes of CONNECT, which have been read already.
    """

    bearer: Bearer
    client_id: str
    first: bytes
    writer: asyncio.StreamWriter

    def send_away(self) -> None:
        """End the connection; the broker says the will."""
        self.writer.transport.abort()


class Door:
    """One door. Belongs to one event loop."""

    def __init__(self, files: DoorFiles, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Read the files.

        Raises:
            DoorError: One is not there, or is not what it should be.
        """
        self._files = files
        self._now = now
        self._revoked = Revocations(files.revoked, ca=files.own.ca)
        self._guests: dict[str, Guest] = {}
        self._said: set[tuple[str, str]] = set()
        try:
            self.context: ssl.SSLContext = server_context(files.own)
        except LineError as error:
            raise DoorError(str(error)) from error
        self._shown = _when(files.own.certificate)

    async def admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Guest | None:
        """Look at whoever has shaken hands; who is not let in is told so. Somebody of the same name from before has to go."""
        try:
            async with asyncio.timeout(SPEAKS_WITHIN_S):
                first, body = await _first_packet(reader)
        except (TimeoutError, asyncio.IncompleteReadError, OSError, GreetingError):
            return None
        subject = "?"
        try:
            bearer = self._bearer(writer)
            subject = _subject(bearer)
            said = read_greeting(body)
            _says_only_its_own(bearer, said)
            self._still_counts(bearer)
        except (_RefusedError, GreetingError, CertificateError) as error:
            self._say_refused(subject, str(error))
            await _answer(writer, greeting.REFUSED)
            return None
        guest = Guest(bearer=bearer, client_id=said.client_id, first=first, writer=writer)
        before = self._guests.get(said.client_id)
        if before is not None:
            before.send_away()
        self._guests[said.client_id] = guest
        self._said = {(whose, why) for whose, why in self._said if whose != subject}
        return guest

    def leave(self, guest: Guest) -> None:
        """Note that somebody has gone."""
        if self._guests.get(guest.client_id) is guest:
            del self._guests[guest.client_id]

    async def keep_watch(self) -> None:
        """Look at the files again and again: the list, and the server's own certificate once it is renewed."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            self._revoked.look_again()
            for guest in tuple(self._guests.values()):
                try:
                    self._still_counts(guest.bearer)
                except _RefusedError as error:
                    self._say_refused(_subject(guest.bearer), str(error))
                    guest.send_away()
            self._show_what_is_renewed()

    def _bearer(self, writer: asyncio.StreamWriter) -> Bearer:
        shaken: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        shown = shaken.getpeercert(binary_form=True) if shaken is not None else None
        if shown is None:
            raise _RefusedError("shows no certificate")
        return read_certificate(shown)

    def _still_counts(self, bearer: Bearer) -> None:
        if bearer.number in self._revoked:
            raise _RefusedError("certificate revoked")
        if not bearer.valid_from <= self._now() < bearer.valid_until:
            raise _RefusedError("certificate expired")

    def _show_what_is_renewed(self) -> None:
        shown = _when(self._files.own.certificate)
        if shown in (self._shown, 0):
            return
        try:
            self.context.load_cert_chain(self._files.own.certificate, self._files.own.key)
        except (OSError, ValueError) as error:  # the key is written before the certificate: looked at again in a moment
            log.warning("renewed certificate not shown yet", error=str(error))
            return
        self._shown = shown
        log.info("renewed certificate shown")

    def _say_refused(self, subject: str, why: str) -> None:
        if (subject, why) in self._said:
            return
        if len(self._said) >= SAID_AT_MOST:
            self._said.clear()
        self._said.add((subject, why))
        log.warning("not let in", subject=subject, why=why)


async def _answer(writer: asyncio.StreamWriter, said: bytes) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(HEARS_WITHIN_S):
            writer.write(said)
            writer.close()
            await writer.wait_closed()


async def _first_packet(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the first packet whole, and its body apart."""
    head = await reader.readexactly(2)
    if head[0] != greeting.CONNECT:
        raise GreetingError("the first packet is no CONNECT")
    length, shift = head[1] & 0x7F, 7
    while head[-1] & 0x80:
        if shift > 14:  # two bytes of length hold more than any CONNECT of ours
            raise GreetingError("a CONNECT too long")
        head += await reader.readexactly(1)
        length |= (head[-1] & 0x7F) << shift
        shift += 7
    if length > greeting.LONGEST:
        raise GreetingError(f"a CONNECT of {length} bytes")
    body = await reader.readexactly(length)
    return head + body, body


def _says_only_its_own(bearer: Bearer, said: Greeting) -> None:
    if not may_be_called(bearer.kiosk, said.client_id):
        raise _RefusedError("connects by a name that is not its own")
    if said.will_topic and not may_say(bearer.kiosk, said.will_topic):
        raise _RefusedError("leaves a will on a topic that is not its own")


def _subject(bearer: Bearer) -> str:
    return SERVICE if bearer.kiosk is None else subject_of(bearer.kiosk)


def _when(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
