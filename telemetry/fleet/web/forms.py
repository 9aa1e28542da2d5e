"""One field of a posted form, read before the route reads the whole: the body is kept, bounded, and handed on."""

import asyncio
from urllib.parse import parse_qs

from fastapi import Request
from starlette.types import Message, Receive

MOST_BYTES = 64 * 1024
"""A form of ours is some words."""
READ_WITHIN_S = 10.0
MOST_FIELDS = 500
URLENCODED = "application/x-www-form-urlencoded"


class UnreadableError(Exception):
    """The body is too long, too slow or no form; ``status`` is what to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def field_of(request: Request, receive: Receive, *, name: str, header: str) -> tuple[str, Receive]:
    """Return a field of the form, or the header in its place, and from where the body is read now; empty when it is not said.

    Raises:
        UnreadableError: The body cannot be read within bounds.
    """
    if header in request.headers:
        return request.headers[header], receive
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != URLENCODED:
        return "", receive
    body = await _whole(receive)
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UnreadableError(400) from error
    return fields.get(name, [""])[0], _again(body, receive)


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise UnreadableError(400)
                body += message.get("body", b"")
                if len(body) > MOST_BYTES:
                    raise UnreadableError(413)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise UnreadableError(408) from error


def _again(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed
