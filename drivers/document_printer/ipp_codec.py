"""The syntax of IPP messages, RFC 8010: attributes to bytes and back, whoever speaks.

Nothing here knows what an attribute means. Bytes from a printer are hostile: whatever they are, ``decode`` returns a message
or raises ``IppSyntaxError``, in time and memory bounded by their length.
"""

import struct

from drivers.document_printer.message_codec import (
    DELIMITERS,
    OUT_OF_BAND,
    STRINGS,
    Attribute,
    Content,
    Delimiter,
    Group,
    Message,
    Range,
    Tag,
    Value,
    Worded,
)

MOST_BYTES = 1 << 20
"""Attributes that go on beyond this are refused; the longest answers to what we ask are a few kilobytes, a full one some 100."""

MOST_VALUES = 20_000

DEEPEST = 8
"""Collections within collections; the registered attributes go three deep."""


class IppSyntaxError(ValueError):
    """These bytes are no IPP message; the text says where and what was expected, never what stood there."""


def encode(message: Message) -> bytes:
    """Write a message.

    Raises:
        ValueError: A value does not go with its tag, or a text or number is too long for its field.
    """
    out = bytearray(struct.pack(">HHi", message.version, message.code, message.request_id))
    try:
        for group in message.groups:
            out.append(group.delimiter)
            for each in group.attributes:
                _encode_attribute(out, each)
    except struct.error as error:
        raise ValueError(f"does not fit into an IPP message: {error}") from error
    out.append(Delimiter.END)
    return bytes(out) + message.document


def decode(payload: bytes) -> Message:
    """Read a message.

    Raises:
        IppSyntaxError: These bytes are none, or one that no printer has reason to send.
    """
    reader = _Reader(payload)
    version, code, request_id = reader.take(">HHi", "a header of 8 bytes")
    groups: list[Group] = []
    while (delimiter := reader.take_byte()) != Delimiter.END:
        if delimiter not in DELIMITERS or not delimiter:
            raise IppSyntaxError(f"byte {reader.at - 1}: expected the beginning of a group of attributes")
        groups.append(Group(delimiter, reader.take_attributes()))
    return Message(version=version, code=code, request_id=request_id, groups=tuple(groups), document=payload[reader.at :])


def _encode_attribute(out: bytearray, each: Attribute) -> None:
    name = each.name.encode()
    for value in each.values:
        _encode_value(out, name, value)
        name = b""  # RFC 8010 section 3.1.5: further values have no name


def _encode_value(out: bytearray, name: bytes, value: Value) -> None:
    if isinstance(value.content, tuple):
        _encode_plain(out, Tag.COLLECTION, name, b"")
        for member in value.content:
            _encode_plain(out, Tag.MEMBER_NAME, b"", member.name.encode())
            for each in member.values:
                _encode_value(out, b"", each)
        _encode_plain(out, Tag.END_COLLECTION, b"", b"")
    else:
        _encode_plain(out, value.tag, name, _content_bytes(value))


def _encode_plain(out: bytearray, tag: int, name: bytes, content: bytes) -> None:
    out += struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(content)) + content


def _content_bytes(value: Value) -> bytes:
    match value.tag, value.content:
        case Tag.BOOLEAN, bool() as yes:
            return bytes((yes,))
        case ((Tag.INTEGER | Tag.ENUM), int() as number):
            return struct.pack(">i", number)
        case Tag.RANGE, Range(lower=lower, upper=upper):
            return struct.pack(">ii", lower, upper)
        case ((Tag.TEXT_WITH_LANGUAGE | Tag.NAME_WITH_LANGUAGE), Worded(language=language, text=text)):
            return b"".join(struct.pack(">H", len(part)) + part for part in (language.encode(), text.encode()))
        case tag, None if tag in OUT_OF_BAND:
            return b""
        case tag, str() as text if tag in STRINGS:
            return text.encode()
        case _, bytes() as octets:
            return octets
        case _:
            raise ValueError(f"a value of tag {value.tag:#04x} is not written from {type(value.content).__name__}")


class _Reader:
    """Walks through a message, never beyond its end."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._values = 0
        self.at = 0

    def take(self, shape: str, expected: str) -> tuple[int, ...]:
        end = self.at + struct.calcsize(shape)
        if end > len(self._payload):
            raise IppSyntaxError(f"byte {self.at}: expected {expected}")
        taken = struct.unpack_from(shape, self._payload, self.at)
        self.at = end
        return taken

    def take_byte(self) -> int:
        return self.take(">B", "a tag")[0]

    def take_attributes(self) -> tuple[Attribute, ...]:
        found: list[tuple[str, list[Value]]] = []
        while self._tag_ahead not in DELIMITERS:
            tag, name, content = self._take_plain()
            if name:
                found.append((name, []))
            elif not found:
                raise IppSyntaxError(f"byte {self.at}: expected a name before the first value")
            found[-1][1].append(self._value(tag, content, depth=0))
        return tuple(Attribute(name, tuple(values)) for name, values in found)

    @property
    def _tag_ahead(self) -> int:
        if self.at >= len(self._payload):
            raise IppSyntaxError(f"byte {self.at}: expected the end of the attributes")
        return self._payload[self.at]

    def _take_plain(self) -> tuple[int, str, bytes]:
        self._values += 1
        if self._values > MOST_VALUES or self.at > MOST_BYTES:
            raise IppSyntaxError(f"expected at most {MOST_VALUES} values in {MOST_BYTES} bytes")
        tag = self.take_byte()
        name = self.take_counted("a name")
        return tag, name.decode("utf-8", "replace"), self.take_counted("a value")

    def take_counted(self, what: str) -> bytes:
        (length,) = self.take(">H", f"the length of {what}")
        if self.at + length > len(self._payload):
            raise IppSyntaxError(f"byte {self.at}: expected {what} of {length} bytes")
        self.at += length
        return self._payload[self.at - length : self.at]

    def _value(self, tag: int, content: bytes, *, depth: int) -> Value:
        if tag == Tag.COLLECTION:
            return Value(tag, self._take_collection(depth=depth + 1))
        if tag in (Tag.END_COLLECTION, Tag.MEMBER_NAME):
            raise IppSyntaxError(f"byte {self.at}: a piece of a collection outside of one")
        return Value(tag, _content(tag, content))

    def _take_collection(self, *, depth: int) -> tuple[Attribute, ...]:
        if depth > DEEPEST:
            raise IppSyntaxError(f"byte {self.at}: collections more than {DEEPEST} deep")
        found: list[tuple[str, list[Value]]] = []
        while True:
            if self._tag_ahead in DELIMITERS:
                raise IppSyntaxError(f"byte {self.at}: expected the end of a collection")
            tag, _, content = self._take_plain()
            if tag == Tag.END_COLLECTION:
                break
            if tag == Tag.MEMBER_NAME:
                found.append((content.decode("utf-8", "replace"), []))
            elif not found:
                raise IppSyntaxError(f"byte {self.at}: expected a member's name before its first value")
            else:
                found[-1][1].append(self._value(tag, content, depth=depth))
        return tuple(Attribute(name, tuple(values)) for name, values in found if values)


def _content(tag: int, content: bytes) -> Content:
    match tag:
        case Tag.INTEGER | Tag.ENUM:
            return int.from_bytes(_sized(content, 4), signed=True)
        case Tag.BOOLEAN:
            return _sized(content, 1) != b"\x00"
        case Tag.RANGE:
            lower, upper = struct.unpack(">ii", _sized(content, 8))
            return Range(lower=lower, upper=upper)
        case Tag.TEXT_WITH_LANGUAGE | Tag.NAME_WITH_LANGUAGE:
            return _worded(content)
        case _ if tag in OUT_OF_BAND:
            return None
        case _ if tag in STRINGS:
            return content.decode("utf-8", "replace")
        case _:
            return content


def _sized(content: bytes, size: int) -> bytes:
    if len(content) != size:
        raise IppSyntaxError(f"expected a value of {size} bytes, found {len(content)}")
    return content


def _worded(content: bytes) -> Worded:
    reader = _Reader(content)
    language, text = reader.take_counted("a language"), reader.take_counted("a text")
    return Worded(language=language.decode("utf-8", "replace"), text=text.decode("utf-8", "replace"))
