"""As much of HTTP/1.1 (RFC 9112) as a printer's network card knows: one POST after the other on a connection."""

import asyncio
from dataclasses import dataclass, field

LONGEST_HEAD = 32_768
LONGEST_BODY = 32_000_000
LONGEST_CHUNK_LINE = 100


class HttpError(ValueError):
    """What came is no request this printer takes; the text is the status line's end, e.g. ``411 Length Required``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, whole."""

    method: str
    path: str
    content_type: str
    is_last: bool
    body: bytes = field(repr=False)


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> HttpRequest | None:
    """Read the next request; None when the other side has ended the connection between two.

    Raises:
        HttpError: It is none.
        ConnectionError, asyncio.IncompleteReadError: The connection ended in the middle.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    except asyncio.LimitOverrunError as error:
        raise HttpError("431 Request Header Fields Too Large") from error
    if len(head) > LONGEST_HEAD:
        raise HttpError("431 Request Header Fields Too Large")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    path, _, version = rest.partition(" ")
    if version not in {"HTTP/1.0", "HTTP/1.1"}:
        raise HttpError("400 Bad Request")
    fields = {name.strip().lower(): value.strip() for name, sign, value in (line.partition(":") for line in lines) if sign}
    if fields.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return HttpRequest(
        method=method,
        path=path,
        content_type=fields.get("content-type", ""),
        is_last=version == "HTTP/1.0" or fields.get("connection", "").lower() == "close",
        body=await _body(reader, fields),
    )


def written(status: str, body: bytes, *, content_type: str, is_chunked: bool = False) -> bytes:
    """Write an answer; ``is_chunked`` as some printers do who do not know its length beforehand."""
    if is_chunked:
        length, body = "Transfer-Encoding: chunked", f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    else:
        length = f"Content-Length: {len(body)}"
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{length}\r\n\r\n".encode() + body


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = fields.get("content-length", "")
    if not length:
        raise HttpError("411 Length Required")
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= LONGEST_BODY):
        raise HttpError("413 Content Too Large")
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        line = await reader.readline()
        digits = line[:LONGEST_CHUNK_LINE].partition(b";")[0].strip()
        try:
            size = int(digits, 16)
        except ValueError:
            raise HttpError("400 Bad Request") from None
        if not 0 <= size <= LONGEST_BODY - len(body):
            raise HttpError("413 Content Too Large")
        if not size:
            while (await reader.readline()).strip():  # trailers, and the empty line behind them
                pass
            return bytes(body)
        body += (await reader.readexactly(size + 2))[:-2]
