"""Question and answer with one printer over its wire: bytes out, readings in, silence told from nonsense."""

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.contract.receipt_printer import Align
from drivers.receipt_printer import print_codec, status_codec
from drivers.receipt_printer.models import PrinterModel
from drivers.receipt_printer.status_codec import Reading, ReplyStream
from drivers.transport.wire import Wire

WRITE_DEADLINE_S = 3.0
"""Seconds one slice may take to leave: 512 bytes at 9600 baud are 0.53 s, and flow control may hold it a little."""

READ_BYTES = 256


class Exchange:
    """Speaks for the driver, one question at a time. Raises UnreachableError, DeadlineError and ProtocolError."""

    def __init__(self, *, device: str, wire: Wire, clock: Clock, model: PrinterModel, deadline_s: float) -> None:
        """Take the wire; it is opened and closed by the driver."""
        self._device = device
        self._wire = wire
        self._clock = clock
        self._model = model
        self._deadline_s = deadline_s
        self._replies = ReplyStream()
        self._is_settled = False
        self.is_telling = False
        """Whether the printer was told to say by itself what changes; ESC @, and so every receipt, ends that."""

    @property
    def in_order_answers(self) -> int:
        """Answers to GS r that have come since the beginning."""
        return self._replies.in_order

    async def have_it_tell(self) -> None:
        """Have an idle printer say by itself what changes, where it knows how.

        Never while it prints: on a line that loses a byte, the rest of such a message looks like answers to GS r.
        """
        if self._model.asb and not self.is_telling:
            await self.send(status_codec.AUTOMATIC_STATUS_ON)
            self.is_telling = True

    def take_news(self) -> Reading | None:
        """What the printer told by itself last and nobody has taken yet; None when nothing, as with most."""
        news, self._replies.automatic = self._replies.automatic, None
        return news

    async def ask(self) -> Reading:
        """Ask DLE EOT 1-4; asks once more where the answer was nonsense, as after noise on the line."""
        try:
            return await self._ask_once()
        except ProtocolError:
            return await self._ask_once()

    async def send(self, payload: bytes) -> None:
        """Hand one slice of complete commands to the wire."""
        await self._wire.write(payload, deadline_s=WRITE_DEADLINE_S)

    async def listen(self, seconds: float) -> None:
        """Take in what the printer says by itself, or in order, until something came or ``seconds`` have passed."""
        until_s = self._clock.monotonic_s() + seconds
        try:
            self._replies.feed(await self._wire.read(at_most=READ_BYTES, deadline_s=max(seconds, 0.001)))
        except DeadlineError:
            return
        if self._replies.noise and self._clock.monotonic_s() < until_s:
            await self._clock.sleep(until_s - self._clock.monotonic_s())  # a chatterer must not turn this into a busy loop

    async def answers_in_order(self) -> bool:
        """Ask GS r 1 of an idle printer and tell whether it answers such a thing at all."""
        before = self._replies.in_order
        await self.send(status_codec.ASK_IN_ORDER)
        until_s = self._clock.monotonic_s() + self._deadline_s
        while self._replies.in_order == before and (left_s := until_s - self._clock.monotonic_s()) > 0:
            await self.listen(left_s)
        return self._replies.in_order > before

    async def recover(self) -> None:
        """End an error that can be ended, and empty the buffers; real-time, so it works whatever state the printer is in."""
        await self.send(status_codec.RECOVER_AND_CLEAR)
        if self._model.realtime_clear:
            await self.send(status_codec.CLEAR_BUFFERS)

    async def ask_exit(self) -> bool:
        """Ask a printer with a presenter whether paper lies in its exit."""
        presenter = self._model.presenter
        if presenter is None:
            raise ValueError("a printer without a presenter cannot be asked about its exit")
        [answer] = await self._answers(presenter.question, count=1, question="about its exit")
        return answer & presenter.waiting_mask != 0

    async def begin_anew(self) -> Reading:
        """Empty the buffers, set every mode back and read the status: after this nothing old comes out any more."""
        await self.recover()
        await self.send(print_codec.INITIALISE + print_codec.style(align=Align.LEFT, scale=1, is_bold=False))
        self.is_telling = False
        return await self.ask()

    async def ask_who(self, what: int) -> str:
        """Ask GS I; empty where the printer does not answer."""
        await self._wire.discard_input()
        await self.send(print_codec.ask_who(what))
        answer = bytearray()
        until_s = self._clock.monotonic_s() + self._deadline_s
        while b"\x00" not in answer.partition(b"\x5f")[2] and len(answer) < READ_BYTES:
            try:
                answer += await self._wire.read(at_most=READ_BYTES, deadline_s=max(until_s - self._clock.monotonic_s(), 0.001))
            except DeadlineError:
                return ""
        text = answer.partition(b"\x5f")[2].split(b"\x00")[0].decode("ascii", errors="replace")
        return "".join(char for char in text if char.isprintable()).strip()

    async def _ask_once(self) -> Reading:
        return status_codec.reading_of(*await self._answers(status_codec.ASK_ALL, count=4, question="DLE EOT 1-4"))

    async def _answers(self, payload: bytes, *, count: int, question: str) -> list[int]:
        """Ask in real time and return the ``count`` bytes of the answer."""
        if not self._is_settled:  # an earlier question went unanswered or was cut short: its answer may come late
            await self._wire.discard_input()
        self._is_settled = False
        self._replies.forget()
        await self.send(payload)
        until_s = self._clock.monotonic_s() + self._deadline_s
        while len(self._replies.answers) < count and (left_s := until_s - self._clock.monotonic_s()) > 0:
            try:
                self._replies.feed(await self._wire.read(at_most=READ_BYTES, deadline_s=left_s))
            except DeadlineError:
                break
        answers = self._replies.answers
        if len(answers) >= count:
            self._is_settled = True
            return answers[:count]
        if self._replies.noise:
            noise = bytes(self._replies.noise)
            raise ProtocolError(self._device, f"answered {question} with {len(noise)} bytes of nonsense", evidence=noise)
        raise DeadlineError(
            self._device,
            f"{len(answers)} of {count} answers to {question} within {self._deadline_s:g} s",
            deadline_s=self._deadline_s,
        )
