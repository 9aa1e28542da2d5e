"""One question to a part of the cabinet over a wire, and its answer: asked again when it was lost or damaged, within a second."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.transport.wire import Wire

LIMIT_S = 0.9
"""Seconds a question may take with everything that is tried; the contract gives a status one."""

GAP_S = 0.25
"""Silence inside an answer that ends it."""

TRIES = 3

CHUNK = 4096

EVIDENCE_BYTES = 64
"""Bytes kept with an error. Nothing personal passes on these wires."""

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


class NoAnswerError(ValueError):
    """What came can be no answer, or says that the question was not understood. Raised by decoders."""


class AnswerDecoder(Protocol[Answer_co]):
    """Takes bytes as they come until they are an answer."""

    def feed(self, chunk: bytes) -> Answer_co | None:
        """Return the answer as soon as it is whole; raise NoAnswerError when it will not be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioner:
    """Asks over one wire. Questions here change nothing, so a late answer to the one before is as good as a fresh one."""

    wire: Wire
    device: str
    clock: Clock
    limit_s: float = LIMIT_S

    async def ask(self, question: bytes, decoder: Callable[[], AnswerDecoder[Answer]], *, what: str) -> Answer:
        """Ask, and again when nothing or no answer came.

        Raises:
            DeadlineError: Nothing came.
            ProtocolError: Something came, but no answer.
            UnreachableError: The wire is gone.
        """
        limit_s = self.clock.monotonic_s() + self.limit_s
        came = bytearray()
        trouble = ""
        for tries_left in range(TRIES, 0, -1):
            begin_by_s = self.clock.monotonic_s() + (limit_s - self.clock.monotonic_s()) / tries_left
            try:
                answer = await self._once(question, decoder(), begin_by_s, limit_s, came)
            except NoAnswerError as error:
                trouble = str(error)
                continue
            if answer is not None:
                return answer
        if came:
            reason = trouble or f"{len(came)} bytes that do not end"
            raise ProtocolError(self.device, f"'{what}': {reason}", evidence=bytes(came))
        raise DeadlineError(self.device, f"no answer to '{what}' within {self.limit_s:g} s", deadline_s=self.limit_s)

    async def _once(
        self, question: bytes, decoder: AnswerDecoder[Answer], begin_by_s: float, limit_s: float, came: bytearray
    ) -> Answer | None:
        if limit_s - self.clock.monotonic_s() <= 0:
            return None
        await self.wire.discard_input()
        await self.wire.write(question, deadline_s=limit_s - self.clock.monotonic_s())
        until_s = begin_by_s
        while (left_s := until_s - self.clock.monotonic_s()) > 0:
            try:
                chunk = await self.wire.read(at_most=CHUNK, deadline_s=left_s)
            except DeadlineError:
                return None
            came += chunk[: EVIDENCE_BYTES - len(came)]
            if (answer := decoder.feed(chunk)) is not None:
                return answer
            until_s = min(self.clock.monotonic_s() + GAP_S, limit_s)
        return None
