"""A far end for tests of cables: says what it is told to say, and keeps what it hears with the time it heard it."""

from collections.abc import Mapping

from typing_extensions import override

from drivers.transport.far_end import FarEnd, GivableFault


class Talker(FarEnd):
    """Hears and says."""

    def __init__(self, *, baud: int | None) -> None:
        self._baud = baud
        self.heard: list[tuple[float, bytes]] = []
        self.to_say = bytearray()
        self.plugs: list[str] = []

    @property
    @override
    def name(self) -> str:
        return "talker"

    @property
    @override
    def title(self) -> str:
        return "说话的"

    @property
    @override
    def baud(self) -> int | None:
        return self._baud

    @property
    def all_heard(self) -> bytes:
        return b"".join(payload for _, payload in self.heard)

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self.heard.append((now_s, payload))

    @override
    def transmit(self, *, now_s: float) -> bytes:
        said = bytes(self.to_say)
        self.to_say.clear()
        return said

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        return None

    @override
    def plug(self, *, now_s: float) -> None:
        self.plugs.append("plug")

    @override
    def unplug(self, *, now_s: float) -> None:
        self.plugs.append("unplug")

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return ()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        raise ValueError(fault)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        return

    @override
    def holding(self) -> Mapping[str, str]:
        return {}
