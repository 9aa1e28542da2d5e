"""What an IPP message is made of: groups of attributes with their tags, and tolerant readers for them. RFC 8010."""

from dataclasses import dataclass, field
from enum import IntEnum

VERSION = 0x0101
"""IPP/1.1, which every IPP printer takes (RFC 8011 section 4.1.8); 2.x printers have to answer it as well."""


class Delimiter(IntEnum):
    """RFC 8010 section 3.5.1: what begins a group of attributes, or ends them all."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05


class Tag(IntEnum):
    """RFC 8010 section 3.5.2: how a value is written."""

    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    URI_SCHEME = 0x46
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


OUT_OF_BAND = range(0x10, 0x20)
"""Tags that say why there is no value."""

STRINGS = range(0x40, 0x60)

DELIMITERS = range(0x10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """``rangeOfInteger``, both ends included."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """Text with its language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value. ``content`` by tag: int, bool, str, Range, Worded, a collection's attributes; bytes for all else."""

    tag: int
    content: "Content"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and its values, at least one."""

    name: str
    values: tuple[Value, ...]


Content = int | bool | str | bytes | Range | Worded | tuple[Attribute, ...] | None


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that belong together. The readers are tolerant: what is missing or of another kind is None or empty."""

    delimiter: int
    attributes: tuple[Attribute, ...] = ()

    def values(self, name: str) -> tuple[Value, ...]:
        """Every value of an attribute; empty when it is missing."""
        return next((attribute.values for attribute in self.attributes if attribute.name == name), ())

    def integer(self, name: str) -> int | None:
        """The first value, when it is a number."""
        return next(iter(self.integers(name)), None)

    def integers(self, name: str) -> tuple[int, ...]:
        """All values that are numbers."""
        return tuple(value.content for value in self.values(name) if type(value.content) is int)

    def boolean(self, name: str) -> bool | None:
        """The first value, when it is yes or no."""
        return next((value.content for value in self.values(name) if isinstance(value.content, bool)), None)

    def word(self, name: str) -> str:
        """The first value, when it is text of any kind; else empty."""
        return next(iter(self.words(name)), "")

    def words(self, name: str) -> tuple[str, ...]:
        """All values that are text of any kind."""
        return tuple(text for value in self.values(name) if (text := _text(value)) is not None)

    def octets(self, name: str) -> tuple[bytes, ...]:
        """All values that are octet strings, or text, as bytes."""
        return tuple(
            value.content if isinstance(value.content, bytes) else value.content.encode()
            for value in self.values(name)
            if isinstance(value.content, (bytes, str))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer.

    Attributes:
        code: The operation of a request, the status of an answer.
        request_id: Chosen by who asks, repeated in the answer.
        document: What follows the attributes: in a Print-Job, the document.
    """

    code: int
    request_id: int
    groups: tuple[Group, ...]
    version: int = VERSION
    document: bytes = field(default=b"", repr=False)

    def group(self, delimiter: Delimiter) -> Group:
        """The first group of its kind; an empty one when there is none."""
        return next((group for group in self.groups if group.delimiter == delimiter), Group(delimiter))

    def all_groups(self, delimiter: Delimiter) -> tuple[Group, ...]:
        """Every group of its kind: one a job in the answer to Get-Jobs."""
        return tuple(group for group in self.groups if group.delimiter == delimiter)


def attribute(name: str, tag: Tag, *contents: int | str | bytes | Range | Worded | None) -> Attribute:
    """Make an attribute whose values are all written the same way."""
    return Attribute(name, tuple(Value(tag, content) for content in contents))


def _text(value: Value) -> str | None:
    match value.content:
        case str() as text:
            return text
        case Worded(text=text):
            return text
        case _:
            return None
