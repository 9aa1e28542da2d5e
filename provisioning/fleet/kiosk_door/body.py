"""What a kiosk sends, up to a bound: read piece by piece, so that nobody fills the memory."""

from fastapi import HTTPException, Request

MOST_BYTES = 16_384
"""Of a request to be let in; one of ours has two thousand."""


async def read_body(request: Request, *, most: int = MOST_BYTES) -> bytes:
    """Return the whole body.

    Raises:
        HTTPException: 413 as soon as it is larger than ``most`` bytes, or says that it will be.
    """
    said = request.headers.get("content-length", "0")
    if not said.isascii() or not said.isdigit() or int(said) > most:
        raise HTTPException(413, f"at most {most} bytes")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413, f"at most {most} bytes")
    return bytes(body)
