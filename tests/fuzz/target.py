"""One thing to feed: where hostile bytes go in, and what good ones look like."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from zlib import crc32

MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that reads bytes from outside.

    Attributes:
        name: For the report.
        modules: Which modules it exercises, as files of the house, without ``.py``.
        corpus: Good input, as the far end makes it.
        feed: Takes one input. Whatever leaves it is a finding: the documented errors are allowed inside it, by name.
        most_bytes: Memory that one input may take beyond eight times its own length.
        weight: How often it has its turn, beside the others.
    """

    name: str
    modules: tuple[str, ...]
    corpus: tuple[bytes, ...]
    feed: Callable[[bytes], None]
    most_bytes: int = 4 * MB
    weight: int = 4


@contextmanager
def allowed(*documented: type[Exception]) -> Iterator[None]:
    """Let pass what the docstring promises, and only that: a child of a promised error is another error."""
    try:
        yield
    except Exception as error:
        if type(error) not in documented:
            raise


def chunks(payload: bytes) -> Iterator[bytes]:
    """The payload as a wire might bring it; always the same way for the same bytes."""
    luck = Random(crc32(payload))
    longest = luck.choice((1, 7, 64, 1024, 70_000))
    at = 0
    while at < len(payload):
        size = luck.randint(1, longest)
        yield payload[at : at + size]
        at += size


def text_of(payload: bytes) -> str:
    """Any text there is: what is no UTF-8 stands for the characters of Latin-1."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("latin-1")
