"""The far end of a network camera: an MJPEG server on this machine, for the simulated devices that show pictures.

For the rig and for tests. Nothing that runs in production imports it: it stands here because two device classes serve
pictures, and device classes do not know each other.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from typing_extensions import override

from drivers.transport.far_end import Attended, GivableFault, ServedFarEnd
from drivers.transport.picture import Pixels, encoded
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError

HOST = "127.0.0.1"
PATH = "/stream"
BOUNDARY = "a-picture"
QUALITY = 85
DRAW_DEADLINE_S = 20.0
"""Seconds that drawing one sample's pictures may take; it takes half of one."""

MOST_CONNECTIONS = 8
HUGE_BYTES = 12 * 1024 * 1024
"""Above what any decoder should hold for a picture."""

LONGEST_REQUEST = 8192
UNSENT_BYTES = 256 * 1024
"""Bytes in the way to one viewer above which it misses pictures, as from a camera: it shall never see old ones."""

_FPS = "每秒几张；数，0.2 到 15，默认 2"
_SEED = "杂乱字节的种子；整数，0 到 1000000，默认 1"

FAULTS: Mapping[str, GivableFault] = MappingProxyType(
    {
        name: GivableFault(name=name, title=title, summary=summary, options=options)
        for name, title, summary, options in (
            ("frozen", "画面定格", "一直发同一张画面，好像一切正常。", {}),
            ("stalled", "没有画面", "连接还在，一张画面也不发。", {}),
            ("black", "画面全黑", "镜头被盖住，或者一点光都没有。", {}),
            ("over-exposed", "画面过曝", "白茫茫一片，什么都看不清。", {}),
            ("upside-down", "画面颠倒", "装反了，上下颠倒。", {}),
            ("blurred", "画面模糊", "镜头脏了，或者没有对上焦。", {}),
            ("slow", "画面很慢", "每秒只有几张画面。", {"fps": _FPS}),
            ("garbage", "乱码", "应答之后全是杂乱字节，不是画面。", {"seed": _SEED}),
            ("truncated-jpeg", "画面残缺", "每张画面都只发一半。", {}),
            ("huge-frame", "超大画面", "说一张画面有 12 兆，也真的发这么多。", {}),
        )
    }
)
"""The faults every camera can be given."""

_BOUNDS = {("slow", "fps"): (0.2, 15.0, 2.0), ("garbage", "seed"): (0.0, 1_000_000.0, 1.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A few pictures of the same, shown in turn for a while; a living sensor's pictures differ."""

    pictures: tuple[Pixels, ...]
    lasts_s: float


class ServedPictures(ServedFarEnd, Attended):
    """A camera on the network of this machine, what lies or stands before it, and the faults it was given."""

    def __init__(
        self,
        *,
        name: str,
        title: str,
        samples: Mapping[str, Callable[[], Sequence[Shot]]],
        nothing: str,
        label: str,
        fps: float = 24.0,
    ) -> None:
        """Make a camera that is not plugged in yet, with ``nothing`` before it. Needs a running loop to be plugged.

        Args:
            name: Its name in the rig.
            title: In Chinese, for the rig's page.
            samples: What can be put before it, and how it is drawn.
            nothing: Which of them it is when there is nothing.
            label: Chinese word for what is before it.
            fps: Pictures a second, 5 to 60.
        """
        self._name = name
        self._title = title
        self._samples = samples
        self._nothing = nothing
        self._label = label
        self._fps = fps
        self._sample = nothing
        self._sample_since_s = 0.0
        self._faults: dict[str, dict[str, float]] = {}
        self._number = 0
        self._server: asyncio.Server | None = None
        self._streams: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._worker: Worker | None = None
        self._drawn: dict[tuple[str, str], _Reel] = {}
        self._frozen: bytes | None = None
        self._shown = 0
        self._drawing: asyncio.Task[None] | None = None
        self._last: _Reel | None = None

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return self._title

    @property
    @override
    def port(self) -> str:
        return f"http://{HOST}:{self._number}{PATH}"

    @property
    @override
    def is_plugged(self) -> bool:
        return self._server is not None

    @property
    @override
    def is_held(self) -> bool:
        return bool(self._streams)

    @override
    async def plug(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self._number, limit=LONGEST_REQUEST)
            self._number = self._server.sockets[0].getsockname()[1]

    @override
    async def unplug(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        ending = tuple(self._streams)
        for task, writer in tuple(self._streams.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    @override
    async def dispose(self) -> None:
        await self.unplug()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        drawing, self._drawing = self._drawing, None
        if drawing is not None:
            with contextlib.suppress(WorkerClosedError, CallDeadlineError):
                await drawing
        self._drawn.clear()
        self._last = None

    @override
    def samples(self) -> tuple[str, ...]:
        return tuple(self._samples)

    @override
    def insert(self, sample: str, *, now_s: float) -> None:
        if sample not in self._samples:
            raise ValueError(f"没有样品 {sample!r}，有这些：{'、'.join(self._samples)}")
        self._sample = sample
        self._sample_since_s = now_s

    @override
    def remove(self, *, now_s: float) -> None:
        self.insert(self._nothing, now_s=now_s)

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return tuple(FAULTS.values())

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._faults[fault] = _parsed(fault, options)
        self._frozen = None

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        if fault is not None:
            _parsed(fault, {})
        for ended in (fault,) if fault is not None else tuple(self._faults):
            self._faults.pop(ended, None)

    @override
    def holding(self) -> Mapping[str, str]:
        faults = "、".join(FAULTS[name].title for name in self._faults)
        return {self._label: self._sample, "故障": faults or "无"}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None or len(self._streams) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._streams[task] = writer
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, WorkerClosedError, CallDeadlineError):
            pass  # the viewer went away, or never asked for anything
        except asyncio.CancelledError:
            pass  # unplugged: nobody waits for this task but ``unplug``
        finally:
            del self._streams[task]
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if not request.startswith(f"GET {PATH}".encode()):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nConnection: close\r\n"
            b"Content-Type: multipart/x-mixed-replace; boundary=" + BOUNDARY.encode() + b"\r\n\r\n"
        )
        streaming = asyncio.create_task(self._stream(writer))
        try:
            await reader.read()  # a viewer says nothing more; this ends when it hangs up
        finally:
            streaming.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await streaming

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        noise = random.Random(int(self._faults.get("garbage", {}).get("seed", 1)))
        while True:
            if "garbage" in self._faults:
                writer.write(noise.randbytes(20_000))
            elif "huge-frame" in self._faults:
                await self._send_huge(writer)
            elif "stalled" not in self._faults:
                jpeg = await self._now()
                if writer.transport.get_write_buffer_size() < UNSENT_BYTES:
                    self._send(writer, jpeg, at_s=loop.time())
            due_s = max(due_s + 1 / self._faults.get("slow", {}).get("fps", self._fps), loop.time() - 0.2)
            await asyncio.sleep(due_s - loop.time())

    def _send(self, writer: asyncio.StreamWriter, jpeg: bytes, *, at_s: float) -> None:
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\nX-Timestamp: {at_s:.6f}\r\n\r\n"
        body = jpeg[: len(jpeg) // 2] if "truncated-jpeg" in self._faults else jpeg
        writer.write(head.encode() + body + b"\r\n")

    async def _send_huge(self, writer: asyncio.StreamWriter) -> None:
        writer.write(
            f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {HUGE_BYTES}\r\n\r\n\xff\xd8".encode("latin-1")
        )
        for _ in range(HUGE_BYTES // 65536):
            writer.write(bytes(65536))
            await writer.drain()

    async def _now(self) -> bytes:
        """The picture of this moment."""
        effect = next((fault for fault in ("black", "over-exposed", "blurred") if fault in self._faults), "")
        if "upside-down" in self._faults:
            effect += " upside-down"
        key = (self._sample, effect)
        reel = self._drawn.get(key) or await self._draw(key)
        now_s = asyncio.get_running_loop().time()
        self._shown += 1
        jpeg = reel.at(now_s - self._sample_since_s, shown=self._shown)
        if "frozen" not in self._faults:
            self._frozen = None
            return jpeg
        self._frozen = self._frozen or jpeg
        return self._frozen

    async def _draw(self, key: tuple[str, str]) -> "_Reel":
        """Draw what was not shown yet; until that is done a camera goes on with what it showed last."""
        if self._drawing is None or self._drawing.done():
            if self._worker is None:
                self._worker = Worker(f"{self._name} drawing")
            call = self._worker.call(_drawn, self._samples[key[0]], key[1], deadline_s=DRAW_DEADLINE_S)
            self._drawing = asyncio.create_task(self._keep(key, call))
        if self._last is None:
            await asyncio.shield(self._drawing)
        return self._drawn.get(key) or self._last or await self._draw(key)

    async def _keep(self, key: tuple[str, str], drawing: Coroutine[None, None, "_Reel"]) -> None:
        self._last = self._drawn[key] = await drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reel:
    """Encoded pictures of a sample: shots one after the other, over and over."""

    shots: tuple[tuple[tuple[bytes, ...], float], ...]

    def at(self, since_s: float, *, shown: int) -> bytes:
        left_s = since_s % sum(lasts_s for _, lasts_s in self.shots)
        for pictures, lasts_s in self.shots:
            if left_s < lasts_s:
                return pictures[shown % len(pictures)]
            left_s -= lasts_s
        return self.shots[-1][0][-1]


@lru_cache(maxsize=64)
def _drawn(draw: Callable[[], Sequence[Shot]], effect: str) -> _Reel:
    """Draw, spoil and encode; takes a processor's time."""
    return _Reel(
        shots=tuple(
            (
                tuple(bytes(encoded(_spoiled(pixels, effect, n), quality=QUALITY)) for n, pixels in enumerate(shot.pictures)),
                shot.lasts_s,
            )
            for shot in draw()
        )
    )


def _spoiled(pixels: Pixels, effect: str, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).integers(0, 4, pixels.shape, dtype=np.uint8)
    shown = pixels
    if "black" in effect:
        shown = noise
    elif "over-exposed" in effect:
        shown = np.full_like(pixels, 255) - noise // 2
    elif "blurred" in effect:
        shown = cv2.GaussianBlur(pixels, (0, 0), pixels.shape[1] / 90) + noise // 3
    return np.ascontiguousarray(shown[::-1, ::-1]) if "upside-down" in effect else shown


def _parsed(fault: str, options: Mapping[str, str]) -> dict[str, float]:
    if fault not in FAULTS:
        raise ValueError(f"没有故障 {fault!r}，有这些：{'、'.join(FAULTS)}")
    known = FAULTS[fault].options
    chosen = {option: _BOUNDS[fault, option][2] for option in known}
    for option, written in options.items():
        if option not in known:
            raise ValueError(f"{fault} 没有选项 {option!r}，有这些：{'、'.join(known) or '无'}")
        least, most, _ = _BOUNDS[fault, option]
        with contextlib.suppress(ValueError):
            if least <= float(written) <= most:
                chosen[option] = float(written)
                continue
        raise ValueError(f"{option} 写的是 {written!r}，应该是{known[option]}")
    return chosen
