"""What stands behind the cable of a simulated reader: a SAM, its antenna, and the card that lies there."""

from collections.abc import Mapping
from types import MappingProxyType

from drivers.contract.id_card_reader import CardLayout
from drivers.id_card_reader.card_text import LAYOUTS, LETTER_AT, TEXT_LENGTH, FieldName
from drivers.id_card_reader.dialects import HABITS
from drivers.id_card_reader.sam_codec import BAUD_PARAMETERS, COMMANDS, Ask, Dialect
from drivers.id_card_reader.samples import (
    sample_body_number,
    sample_fingerprint,
    sample_layout,
    sample_newest_address,
    sample_photo,
    sample_text,
)
from drivers.id_card_reader.simulated_faults import GivenFaults

DEVICE_TIMES_S: Mapping[Ask, float] = MappingProxyType(
    {
        Ask.RESET: 0.2,
        Ask.STATUS: 0.004,
        Ask.SAM_ID: 0.01,
        Ask.FIND: 0.03,
        Ask.SELECT: 0.06,
        Ask.READ: 0.7,
        Ask.READ_WITH_FINGER: 0.9,
        Ask.NEWEST_ADDRESS: 0.05,
        Ask.BODY_NUMBER: 0.03,
    }
)
"""Seconds the device thinks before it answers. Plausible, not measured: no reader has been on our bench yet."""

OTHER_TIME_S = 0.005
"""Seconds until it says that it does not know a command."""


def _sam_id(serial: int) -> bytes:
    short, long = (5, 1), (20110511, serial, 987654321)
    return b"".join((*(number.to_bytes(2, "little") for number in short), *(number.to_bytes(4, "little") for number in long)))


SAM_ID = _sam_id(123456789)
"""Printed 05.01-20110511-0123456789."""

UNKNOWN_LETTER = "Q"
"""No layout has it."""

_EXTRAS = (Ask.NEWEST_ADDRESS, Ask.BODY_NUMBER, Ask.READ_WITH_FINGER)


class SimulatedSam:
    """Answers questions as a well-behaved SAM does, or as its faults make it."""

    def __init__(self, *, dialect: Dialect, faults: GivenFaults) -> None:
        """Switch it on, with no card on the antenna."""
        self._questions = {command: ask for ask, command in COMMANDS[dialect].items()}
        self._begins_with = HABITS[dialect].begins_with
        self._faults = faults
        self.card: str | None = None
        self.was_read = False
        self.switch_on()

    def switch_on(self) -> None:
        """Begin anew: a card that lies there has not been read."""
        self._is_begun = self._begins_with is None
        self.lay_down(self.card)

    def lay_down(self, card: str | None) -> None:
        """Put a card on the antenna, or take it away."""
        self.card = card
        self.was_read = False
        self._renew_field()

    def question_of(self, body: bytes) -> Ask | None:
        """Tell what a command asks; None when it is not known."""
        if body[:1] == COMMANDS[Dialect.STANDARD][Ask.BAUD] and len(body) == 2:
            return Ask.BAUD
        return self._questions.get(body[:2])

    def new_baud(self, ask: Ask | None, body: bytes) -> int | None:
        """The line speed a command switches to, once it has been answered."""
        if ask is not Ask.BAUD:
            return None
        return next((baud for baud, parameter in BAUD_PARAMETERS.items() if parameter == body[1]), None)

    def answer(self, ask: Ask | None, body: bytes) -> tuple[int, bytes] | None:
        """SW3 and data; None when it says nothing at all."""
        if "sam-failed" in self._faults:
            return 0x60, b""
        if "sam-unauthorised" in self._faults:
            return 0x66, b""
        if ask in _EXTRAS and "old-firmware" in self._faults:
            return None if self._faults.option("old-firmware", "silent") else (0x24, b"")
        match ask:
            case Ask.STATUS | Ask.RF_FRAME_SIZE:
                return 0x90, b""
            case Ask.BAUD:
                return (0x90 if self.new_baud(ask, body) else 0x24), b""
            case Ask.RESET:
                self._is_begun = True
                self._renew_field()
                return 0x90, b""
            case Ask.SAM_ID if "swapped" in self._faults:
                return 0x90, _sam_id(int(self._faults.option("swapped", "number")))
            case Ask.SAM_ID:
                return 0x90, SAM_ID
            case Ask.FIND:
                return self._find()
            case Ask.SELECT:
                return self._select()
            case Ask.READ:
                return self._read(with_finger=False)
            case Ask.READ_WITH_FINGER:
                return self._read(with_finger=True)
            case Ask.NEWEST_ADDRESS:
                return self._item(b"" if self.card is None else sample_newest_address(self.card))
            case Ask.BODY_NUMBER:
                return self._item(b"" if self.card is None else sample_body_number(self.card))
            case None:
                return 0x24, b""

    def _renew_field(self) -> None:
        self._is_found = False
        self._is_selected = False
        if not (self.was_read and "never-finds-again" in self._faults):
            self._is_hidden = False

    def _find(self) -> tuple[int, bytes]:
        if not self._is_begun:
            return 0x21, b""
        self._is_selected = False
        self._is_found = self.card is not None and (not self._is_hidden or "finds-again" in self._faults)
        return (0x9F, bytes(4)) if self._is_found else (0x80, b"")

    def _select(self) -> tuple[int, bytes]:
        if self.card is None or "two-cards" in self._faults:
            return 0x81, b""
        if not self._is_found:
            return 0x21, b""
        if self._faults.option("rf-failing", "sw") == 81:
            return 0x81, b""
        if "wrong-card" in self._faults:
            return 0x40, b""
        sw = self._faults.option("not-authentic", "sw")
        if "not-authentic" in self._faults and sw != 33:
            return 0x31 if sw == 31 else 0x32, b""
        self._is_selected = True
        return 0x90, bytes(8)

    def _read(self, *, with_finger: bool) -> tuple[int, bytes]:
        if self.card is None or "rf-failing" in self._faults:
            return 0x41, b""
        if not self._is_selected:
            return 0x21, b""
        if "not-authentic" in self._faults:
            return 0x33, b""
        self.was_read = self._is_hidden = True
        parts = [self._text(self.card), sample_photo(self.card)]
        if with_finger:
            parts.append(sample_fingerprint(self.card))
        return 0x90, b"".join(len(part).to_bytes(2, "big") for part in parts) + b"".join(parts)

    def _text(self, card: str) -> bytes:
        text = bytearray(sample_text(card))
        if "damaged-number" in self._faults:
            number = next(field for field in LAYOUTS[sample_layout(card)] if field.name is FieldName.NUMBER)
            text[number.at] ^= 1  # one digit becomes its neighbour, which GB 11643 always notices
            if sample_layout(card) is CardLayout.FOREIGNER_2017:
                text[number.at + 1] ^= 0x80  # no check digit: here the first letter has to stop being one
        if "strange-card" in self._faults:
            text[LETTER_AT : LETTER_AT + 2] = UNKNOWN_LETTER.encode("utf-16-le")
            length = int(self._faults.option("strange-card", "text_bytes"))
            text = (text * (1 + length // TEXT_LENGTH))[:length]
        return bytes(text)

    def _item(self, item: bytes) -> tuple[int, bytes]:
        """Something that stands on the card besides; read from the card that is selected."""
        if not self._is_selected:
            return 0x21, b""
        return (0x90, item) if item else (0x91, b"")
