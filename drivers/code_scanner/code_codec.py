"""Codes out of a byte stream, and their text. Everything an engine reads is hostile: what is no short plain text is refused."""

from dataclasses import dataclass, field
from enum import StrEnum

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.models import Ending
from drivers.contract.code_scanner import LONGEST_CODE

MOST_BYTES = LONGEST_CODE * 4
"""Bytes that the longest code can have, in any of the charsets. Nothing beyond is kept."""

TERMINATORS = b"\r\n"

UNFINISHED_S = 1.0
"""Silence, in seconds, after which a code that waits for its terminator will not get one."""


class Charset(StrEnum):
    """How an engine writes what it read."""

    AUTO = "auto"
    """UTF-8 where the bytes are valid UTF-8, GB18030 otherwise."""
    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class CodeTextError(ValueError):
    """What was read is no acceptable text. The message says why and nothing of what was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What stood between two silences. Hostile and perhaps personal: never shown.

    Attributes:
        is_finished: It ended as its engine ends codes.
        is_one: It was one line, and not longer than anything acceptable.
    """

    content: bytes = field(repr=False)
    is_finished: bool
    is_one: bool


class CodeCollector:
    """Gathers the bytes of one code. Holds at most ``MOST_BYTES``, however much comes."""

    def __init__(self, *, ending: Ending, gap_s: float, chatter: bytes = b"") -> None:
        """Begin with nothing.

        Args:
            ending: What ends a code.
            gap_s: Silence that ends a code: at once, or to be sure that nothing stands behind its terminator.
            chatter: Bytes that are dropped where no code has begun.
        """
        self._ending = ending
        self._gap_s = gap_s
        self._chatter = chatter
        self._content = bytearray()
        self._has_ended = False
        self.is_too_much = False
        """More has come than one acceptable code: too many bytes, or another line behind the first."""

    @property
    def is_in_midst(self) -> bool:
        """Whether a code has begun and not ended."""
        return bool(self._content) and not self._has_ended

    @property
    def silence_s(self) -> float | None:
        """Seconds of silence after which ``quiet`` is to be called; None while nothing has come."""
        if not self._content:
            return None
        return self._gap_s if self._has_ended or self._ending is Ending.SILENCE else UNFINISHED_S

    def feed(self, payload: bytes) -> None:
        """Take bytes as they come."""
        for byte in payload:
            if byte in TERMINATORS:
                self._has_ended = bool(self._content)
            elif self._has_ended or len(self._content) >= MOST_BYTES:
                self.is_too_much = True
                return
            elif self._content or byte not in self._chatter:
                self._content.append(byte)

    def quiet(self) -> Collected | None:
        """The line has been silent for ``silence_s``: hand over what has come, if anything, and begin anew."""
        if not self._content:
            return None
        collected = Collected(
            content=bytes(self._content),
            is_finished=self._has_ended or self._ending is Ending.SILENCE,
            is_one=not self.is_too_much,
        )
        self._content.clear()
        self._has_ended = self.is_too_much = False
        return collected


class ScanStream:
    """Sorts what an engine sends into answers to commands and bytes of codes.

    An answer stands before or behind a code, never inside one, and is known by its head, its length and its CRC. What
    looks like an answer and has a wrong CRC is counted and dropped.
    """

    def __init__(self, *, collector: CodeCollector, has_answers: bool) -> None:
        """Begin with nothing.

        Args:
            collector: Takes the bytes of codes.
            has_answers: Whether this engine answers in frames at all.
        """
        self.collector = collector
        self.answers: list[bytes] = []
        """Data of the answers that have come and were not taken yet."""
        self.broken = 0
        """Answers so far that were damaged."""
        self._has_answers = has_answers
        self._frame = bytearray()

    def feed(self, payload: bytes) -> None:
        """Sort ``payload``; any cut between two calls gives the same result."""
        for byte in payload:
            if self._frame or (self._has_answers and byte == gm65_codec.REPLY_HEAD[0] and not self.collector.is_in_midst):
                self._continue_frame(byte)
            else:
                self.collector.feed(bytes((byte,)))

    def quiet(self) -> Collected | None:
        """The line fell silent: an answer that has begun was none."""
        self._give_up_frame()
        return self.collector.quiet()

    @property
    def silence_s(self) -> float | None:
        """Seconds of silence after which ``quiet`` is to be called; None while nothing has begun."""
        return UNFINISHED_S if self._frame else self.collector.silence_s

    def _continue_frame(self, byte: int) -> None:
        self._frame.append(byte)
        try:
            size = gm65_codec.reply_size(bytes(self._frame))
        except ValueError:
            self._give_up_frame()
            return
        if size is not None and len(self._frame) == size:
            try:
                self.answers.append(gm65_codec.reply_data(bytes(self._frame)))
            except ValueError:
                self.broken += 1
            del self.answers[:-ANSWERS_KEPT]
            self._frame.clear()

    def _give_up_frame(self) -> None:
        begun, self._frame = bytes(self._frame), bytearray()
        self.collector.feed(begun[:1])
        self.feed(begun[1:])


ANSWERS_KEPT = 8
"""Answers kept that nobody took; an engine that answers for ever must not fill the memory."""


def text_of(collected: Collected, *, charset: Charset) -> str:
    """The text of a code: 1 to ``LONGEST_CODE`` printable characters.

    Raises:
        CodeTextError: It is not one finished line, not of this charset, too long, or has characters that are no text.
    """
    if not collected.is_one:
        raise CodeTextError("longer than a code may be, or several lines")
    if not collected.is_finished:
        raise CodeTextError("unfinished")
    text = _decoded(collected.content, charset)
    if not 1 <= len(text) <= LONGEST_CODE:
        raise CodeTextError(f"{len(text)} characters, 1 to {LONGEST_CODE} are allowed")
    if not text.isprintable():
        raise CodeTextError("characters that are no text")
    return text


def _decoded(content: bytes, charset: Charset) -> str:
    tried = (Charset.UTF_8, Charset.GB18030) if charset is Charset.AUTO else (charset,)
    for each in tried:
        try:
            return content.decode(each.value)
        except UnicodeDecodeError:
            continue
    raise CodeTextError(f"not {' or '.join(tried)}")
