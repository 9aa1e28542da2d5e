"""The kiosk's end of the bureau's door: HTTPS to one server, believed by the fleet's CA alone, every answer bounded."""

import ssl
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from provisioning.agent.identity import Identity
from provisioning.wire.coming_back import ComingBack, NumberTold
from provisioning.wire.enrolment import (
    AuthorityTold,
    EnrolmentAsked,
    EnrolmentTold,
    Machine,
    Refusal,
    Result,
    hint_of,
    is_proven,
)
from provisioning.wire.identity import CertificateError, pem_to_der

WITHIN_S = 20.0
"""For an answer; a village line is slow, a dead one is not waited for."""
MOST_BYTES = 65_536
"""Of an answer; ours have two thousand, a captive portal's page is no answer of ours."""
TELLING = frozenset({200, 202, 204, 403, 404, 413, 422, 429})
"""Status codes that come with an answer of the bureau."""

ToldT = TypeVar("ToldT", bound=BaseModel)


class LineError(Exception):
    """The bureau gave no answer that can be used.

    Attributes:
        reason: A published word: ``unreachable``, ``not_the_bureau``, ``clock``, ``bad_answer``, or one of ``Refusal``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class BureauLine:
    """One line to the door; belongs to the loop, and is closed after use."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        """Prepare; nothing is connected yet. ``context`` is one of the functions below."""
        self._client = httpx.AsyncClient(base_url=url, verify=context, timeout=WITHIN_S, trust_env=False)

    async def __aenter__(self) -> Self:
        """Use it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        await self._client.aclose()

    async def authority(self, code: str) -> str:
        """Return the CA's certificate in PEM, proven to be of whoever made the code.

        Raises:
            LineError: No answer, or it is not the bureau that answers.
        """
        status, body = await self._ask("GET", f"/enrol/authority?code_hint={hint_of(code)}")
        if status != httpx.codes.OK:
            told = _read(EnrolmentTold, body)
            raise LineError((told.reason or Refusal.WRONG_CODE).value, "the bureau knows no such code")
        told_of = _read(AuthorityTold, body)
        try:
            der = pem_to_der(told_of.authority.encode())
        except CertificateError as error:
            raise LineError("not_the_bureau", str(error)) from error
        if not is_proven(code, der, told_of.proof):
            raise LineError("not_the_bureau", "whoever answers does not know the code")
        return told_of.authority

    async def enrol(self, asked: EnrolmentAsked) -> EnrolmentTold:
        """Ask to be let in.

        Raises:
            LineError: No answer that can be used.
        """
        return await self._told("/enrol", asked)

    async def renew(self, asked: Machine) -> EnrolmentTold:
        """Ask for the next certificate.

        Raises:
            LineError: No answer that can be used.
        """
        return await self._told("/renew", asked)

    async def number(self) -> str:
        """Return a number to prove over; good for minutes.

        Raises:
            LineError: No answer that can be used.
        """
        status, body = await self._ask("GET", "/return/number")
        if status != httpx.codes.OK:
            raise LineError((_read(EnrolmentTold, body).reason or Refusal.BAD_REQUEST).value, "the bureau gave no number")
        return _read(NumberTold, body).number

    async def come_back(self, asked: ComingBack) -> EnrolmentTold:
        """Ask for the next certificate with one that has ended, proven.

        Raises:
            LineError: No answer that can be used.
        """
        return await self._told("/return", asked)

    async def confirm(self) -> None:
        """Use the certificate once, so that the bureau knows that it arrived.

        Raises:
            LineError: It was not taken.
        """
        status, _ = await self._ask("GET", "/whoami")
        if status != httpx.codes.OK:
            raise LineError(Refusal.NOT_CURRENT.value, f"the bureau answered {status}")

    async def send_bundle(self, name: str, body: bytes) -> None:
        """Send a bundle of the log under the name of the command that asked for it.

        Raises:
            LineError: It was not taken.
        """
        status, said = await self._ask("PUT", f"/bundles/{name}", body)
        if status != httpx.codes.NO_CONTENT:
            raise LineError("bad_answer", f"the bundle was not taken: {status} {said[:120].decode(errors='replace')}")

    async def _told(self, path: str, asked: Machine) -> EnrolmentTold:
        _, body = await self._ask("POST", path, asked.model_dump_json().encode())
        told = _read(EnrolmentTold, body)
        if told.result is Result.ISSUED and not (told.certificate and told.keys):
            raise LineError("bad_answer", "let in, but without a certificate or keys")
        return told

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> tuple[int, bytes]:
        try:
            async with self._client.stream(method, path, content=content) as answer:
                body = bytearray()
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise LineError("bad_answer", f"more than {MOST_BYTES} bytes; is this the bureau's address?")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise LineError(*_why(error)) from error
        if answer.status_code not in TELLING:
            raise LineError("bad_answer", f"the bureau's address answered {answer.status_code}")
        return answer.status_code, bytes(body)


def unverified() -> ssl.SSLContext:
    """Return TLS that believes anybody: for the one question whose answer proves itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def pinned(authority: str, identity: Identity | None = None) -> ssl.SSLContext:
    """Return TLS that believes this CA (PEM) and nobody else, showing an identity's certificate where one is given.

    Raises:
        LineError: The files of the identity cannot be used.
    """
    try:
        context = ssl.create_default_context(cadata=authority)
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise LineError("bad_answer", f"the certificates cannot be used: {error}") from error
    return context


def _read(kind: type[ToldT], body: bytes) -> ToldT:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise LineError("bad_answer", "no answer of the bureau; is this its address?") from error


def _why(error: Exception) -> tuple[str, str]:
    """Say what a library's error means to somebody in front of the machine."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = cause.verify_message
            if "not yet valid" in said or "expired" in said:
                return "clock", f"{said}: is the clock of this machine right?"
            return "not_the_bureau", said
        cause = cause.__cause__ or cause.__context__
    return "unreachable", str(error) or type(error).__name__
