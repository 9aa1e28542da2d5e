"""One question to a SAM reader and its answer, over a wire that may lose, damage and invent bytes."""

from dataclasses import dataclass

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.id_card_reader.frame_codec import FrameDecoder
from drivers.id_card_reader.sam_codec import CARD_ITEMS, Ask, Dialect, Reply, answers, command, parse_reply
from drivers.transport.wire import Wire

WRITE_DEADLINE_S = 1.0
"""Seconds for the ten bytes of a question: 10 ms at 9600 baud; the rest is for a USB adapter that has fallen asleep."""

CHUNK = 4096
"""Bytes taken from the wire at a time: more than the longest frame."""

NOISE_BUDGET = 4096
"""Bytes that belong to no frame before a try is given up: 0.36 s of steady noise at 115200 baud."""

QUIET_LIMIT_S = 0.5
"""Seconds to wait at most for noise to end before a new question is asked all the same."""

EVIDENCE_BYTES = 64
"""Bytes of noise kept with an error."""


@dataclass(slots=True, kw_only=True)
class SamLine:
    """Asks one question at a time.

    Attributes:
        device: The device's name, for messages.
        gap_s: Silence after which an answer that has begun will not be continued.
        owed_until_s: Until when the answer to an earlier question, given up or cancelled, may still begin; None when
            nothing is owed. The line is left to settle before the next question.
        may_carry_person: A card's data was asked for and nothing else has been answered since: what comes may be a
            part of it, and is not kept as evidence.
    """

    wire: Wire
    device: str
    dialect: Dialect
    gap_s: float
    clock: Clock
    owed_until_s: float | None = None
    may_carry_person: bool = False

    @property
    def is_busy(self) -> bool:
        """Whether the reader may still be at work on a question that was cancelled."""
        return self.owed_until_s is not None and self.owed_until_s > self.clock.monotonic_s()

    async def ask(self, ask: Ask, *, data: bytes = b"", deadline_s: float, at_most_s: float) -> Reply:
        """Ask once.

        A slow line is no error: as long as bytes of an answer keep coming, it is waited for.

        Args:
            ask: The question.
            data: What goes with it.
            deadline_s: Seconds until an answer must have begun.
            at_most_s: Seconds after which it must have ended, waiting for silence included.

        Raises:
            DeadlineError: Nothing came at all.
            ProtocolError: Something came, but no answer to this question.
            UnreachableError: The wire is gone.
        """
        limit_s = self.clock.monotonic_s() + at_most_s
        await self.settle(at_most_s=at_most_s / 2)
        await self.wire.discard_input()
        begin_by_s = self.owed_until_s = min(self.clock.monotonic_s() + deadline_s, limit_s)
        self.may_carry_person |= ask in CARD_ITEMS
        await self.wire.write(command(ask, dialect=self.dialect, data=data), deadline_s=WRITE_DEADLINE_S)
        decoder = FrameDecoder()
        came = bytearray()
        while True:
            has_begun = decoder.held > 0 or decoder.broken > 0
            chunk = await self._read_until(min(self.clock.monotonic_s() + self.gap_s, limit_s) if has_begun else begin_by_s)
            came += chunk[: EVIDENCE_BYTES - len(came)]
            for body in decoder.feed(chunk) if chunk else decoder.quiet():
                reply = parse_reply(body)
                if answers(reply, ask):
                    self.owed_until_s = None
                    self.may_carry_person = ask in CARD_ITEMS
                    return reply
            is_over = self.clock.monotonic_s() >= limit_s or decoder.skipped > NOISE_BUDGET
            if chunk and not is_over:
                continue
            self.owed_until_s = self.clock.monotonic_s() if is_over or not has_begun else None
            if not came:
                raise DeadlineError(self.device, f"no answer to '{ask}' within {deadline_s:g} s", deadline_s=deadline_s)
            raise ProtocolError(
                self.device,
                f"no answer to '{ask}' in {decoder.skipped} bytes of noise, {decoder.broken} broken frames",
                evidence=b"" if self.may_carry_person else bytes(came),
            )

    async def settle(self, *, at_most_s: float) -> bool:
        """Let the answer to an earlier question come, or the line fall silent.

        Returns:
            Whether nothing is owed any more. If not, either the reader is still busy with that question or the line
            is full of noise.
        """
        now_s = self.clock.monotonic_s()
        if self.owed_until_s is not None:
            limit_s = min(now_s + at_most_s, max(now_s, self.owed_until_s) + QUIET_LIMIT_S)
        decoder = FrameDecoder()
        while self.owed_until_s is not None:
            quiet_at_s = max(self.clock.monotonic_s() + self.gap_s, self.owed_until_s)
            chunk = await self._read_until(min(quiet_at_s, limit_s))
            if decoder.feed(chunk) or (not chunk and quiet_at_s <= limit_s):
                self.owed_until_s = None
            elif self.clock.monotonic_s() >= limit_s:
                break
        return self.owed_until_s is None

    async def _read_until(self, until_s: float) -> bytes:
        """Return what comes, or nothing when nothing came in time."""
        left_s = until_s - self.clock.monotonic_s()
        if left_s <= 0:
            return b""
        try:
            return await self.wire.read(at_most=CHUNK, deadline_s=left_s)
        except DeadlineError:
            return b""
