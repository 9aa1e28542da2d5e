"""A way to a camera that remembers every picture it handed out, so that a test can see what became of them."""

from typing_extensions import override

from drivers.transport.frame_source import Frame, FrameSource


class RememberedFrames(FrameSource):
    """Passes everything on to another way."""

    def __init__(self, frames: FrameSource) -> None:
        self._frames = frames
        self.handed_out: list[Frame] = []

    @property
    @override
    def port(self) -> str:
        return self._frames.port

    @override
    async def open(self) -> None:
        await self._frames.open()

    @override
    async def close(self) -> None:
        await self._frames.close()

    @override
    async def next_frame(self, *, deadline_s: float) -> Frame:
        frame = await self._frames.next_frame(deadline_s=deadline_s)
        self.handed_out.append(frame)
        return frame

    @override
    async def rest(self) -> None:
        await self._frames.rest()

    @override
    async def check(self) -> None:
        await self._frames.check()

    def all_are_wiped(self) -> bool:
        """Whether nothing is left of any picture."""
        return not any(any(frame.jpeg) for frame in self.handed_out)
