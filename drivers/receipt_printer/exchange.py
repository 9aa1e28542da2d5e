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

    @property
    def in_order_answers(self) -> int:
        """Answers to GS r that have come since the beginning."""
        return self._replies.in_order

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

    async def begin_anew(self) -> Reading:
        """Empty the buffers, set every mode back and read the status: after this nothing old comes out any more."""
        await self.recover()
        quiet = status_codec.AUTOMATIC_STATUS_OFF if self._model.asb else b""
        await self.send(print_codec.INITIALISE + print_codec.style(align=Align.LEFT, scale=1, is_bold=False) + quiet)
        return await self.ask()

    async def ask_who(self, what: int) -> str:
        """Ask GS I; empty where the printer does not answer."""
        await self._wire.discard_input()
        await self.send(print_codec.ask_who(what))
        answer = bytearray()
        until_s = self._clock.monotonic_s() + self._deadline_s
        while not answer.endswith(b"\x00") and len(answer) < READ_BYTES:
            try:
                answer += await self._wire.read(at_most=READ_BYTES, deadline_s=max(until_s - self._clock.monotonic_s(), 0.001))
            except DeadlineError:
                return ""
        text = answer.removeprefix(b"\x5f").split(b"\x00")[0].decode("ascii", errors="replace")
        return "".join(char for char in text if char.isprintable()).strip()

    async def _ask_once(self) -> Reading:
        if not self._is_settled:  # an earlier question went unanswered or was cut short: its answer may come late
            await self._wire.discard_input()
        self._is_settled = False
        self._replies.forget()
        await self.send(status_codec.ASK_ALL)
        until_s = self._clock.monotonic_s() + self._deadline_s
        while len(self._replies.answers) < len(status_codec.Ask) and (left_s := until_s - self._clock.monotonic_s()) > 0:
            try:
                self._replies.feed(await self._wire.read(at_most=READ_BYTES, deadline_s=left_s))
            except DeadlineError:
                break
        answers = self._replies.answers
        if len(answers) >= len(status_codec.Ask):
            self._is_settled = True
            return status_codec.reading_of(*answers[:4])
        if self._replies.noise:
            noise = bytes(self._replies.noise)
            raise ProtocolError(self._device, f"answered DLE EOT with {len(noise)} bytes of nonsense", evidence=noise)
        raise DeadlineError(
            self._device,
            f"{len(answers)} of 4 answers to DLE EOT 1-4 within {self._deadline_s:g} s",
            deadline_s=self._deadline_s,
        )
