"""Hostile cameras: streams of pictures that are none, JPEG files with lies in their heads."""

import io

import numpy as np
from PIL import Image

from drivers.document_scanner.binding import bound
from drivers.document_scanner.pdf_codec import PageImage, pdf_of
from drivers.transport import jpeg_codec
from drivers.transport.mjpeg_codec import LARGEST_FRAME, LONGEST_HEAD, MjpegDecoder, MjpegError, boundary_in
from drivers.transport.picture import NoPictureError, decoded_colour, decoded_grey, light_of, sharpness_of
from tests.fuzz.target import MB, Target, allowed, chunks, text_of

BOUNDARY = b"zhizhu-frame"
STEP = 65_536
"""Bytes that the decoder takes in at a time."""


def _jpegs() -> tuple[bytes, ...]:
    """Small pictures of every kind that cameras send: colour and grey, plain and progressive, with a head that tells much."""
    luck = np.random.default_rng(1)
    found = []
    for mode, shape, options in (
        ("RGB", (24, 32, 3), {}),
        ("L", (24, 32), {}),
        ("RGB", (48, 16, 3), {"progressive": True}),
        ("RGB", (8, 8, 3), {"comment": b"sample", "quality": 30, "restart_marker_blocks": 1}),
    ):
        file = io.BytesIO()
        Image.fromarray(luck.integers(0, 255, shape, dtype=np.uint8), mode).save(file, "JPEG", **options)
        found.append(file.getvalue())
    return tuple(found)


def _streams(jpegs: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """As the far end of a camera writes them, with and without lengths."""
    told = (b"Content-Length: %d\r\nX-Timestamp: 1.25\r\n", b"")
    return tuple(
        b"".join(
            b"--"
            + BOUNDARY
            + b"\r\nContent-Type: image/jpeg\r\n"
            + (head % len(jpeg) if head else b"")
            + b"\r\n"
            + jpeg
            + b"\r\n"
            for jpeg in jpegs
        )
        for head in told
    )


def _feed_mjpeg(payload: bytes) -> None:
    for largest in (LARGEST_FRAME, 2000):
        decoder = MjpegDecoder(BOUNDARY, largest=largest)
        for chunk in chunks(payload):
            for part in decoder.feed(chunk):
                assert jpeg_codec.is_whole(part.jpeg)
            assert decoder.held_bytes <= largest + LONGEST_HEAD + STEP + len(BOUNDARY) + 2
        decoder.wipe()
        assert decoder.held_bytes == 0
    with allowed(MjpegError):
        boundary_in(text_of(payload[:300]))


def _feed_jpeg(payload: bytes) -> None:
    jpeg_codec.is_whole(payload)
    jpeg_codec.trimmed(bytearray(payload))
    jpeg_codec.components_of(payload)
    jpeg_codec.fingerprint(payload)
    size = jpeg_codec.size_of(payload)
    if size is not None:
        pdf_of((PageImage(jpeg=payload, width_px=size[0], height_px=size[1], is_grey=False),))


def _feed_picture(payload: bytes) -> None:
    size = jpeg_codec.size_of(payload)
    if size is not None and size[0] * size[1] > 4_000_000:
        return  # what it claims is decoded in a worker of its own; a million black pixels are no finding
    with allowed(NoPictureError):
        grey = decoded_grey(payload, at_most_wide=64)
        light_of(grey)
        sharpness_of(grey)
    with allowed(NoPictureError):
        assert decoded_colour(payload, at_most_wide=64).shape[1] <= 64
    with allowed(ValueError):
        bound((payload,), at_most_bytes=3000)


def targets() -> tuple[Target, ...]:
    """Everything that takes pictures."""
    jpegs = _jpegs()
    transport, scanner = "drivers/transport", "drivers/document_scanner"
    return (
        Target(
            name="MJPEG stream",
            modules=(f"{transport}/mjpeg_codec",),
            corpus=(*_streams(jpegs), b"multipart/x-mixed-replace; boundary=" + BOUNDARY),
            feed=_feed_mjpeg,
        ),
        Target(name="JPEG heads", modules=(f"{transport}/jpeg_codec", f"{scanner}/pdf_codec"), corpus=jpegs, feed=_feed_jpeg),
        Target(
            name="pictures",
            modules=(f"{transport}/picture", f"{scanner}/binding"),
            corpus=jpegs,
            feed=_feed_picture,
            most_bytes=64 * MB,
            weight=1,
        ),
    )
