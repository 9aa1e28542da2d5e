"""The four ways a call on a device can fail; nothing else leaves a driver."""


class DriverError(Exception):
    """This call failed. What stays wrong is a fault; how the device is now is a status.

    The message says what, on what, and what was expected. It never holds a villager's data.
    """

    def __init__(self, device: str, message: str) -> None:
        super().__init__(f"{device}: {message}")
        self.device = device


class UnreachableError(DriverError):
    """The device, or the way to it, is gone: a cable, a port, a closed socket. Its Keeper will reopen it."""


class DeadlineError(DriverError):
    """Nothing came within the deadline. Silence says nothing about paper, cards or people."""

    def __init__(self, device: str, message: str, *, deadline_s: float) -> None:
        super().__init__(device, message)
        self.deadline_s = deadline_s


class ProtocolError(DriverError):
    """Bytes came that are not this protocol. ``evidence`` holds them, for a recording, never for a log."""

    def __init__(self, device: str, message: str, *, evidence: bytes) -> None:
        super().__init__(device, message)
        self.evidence = evidence


class RefusedError(DriverError):
    """The device understood and said no. ``reason`` is a word of the device class's contract."""

    def __init__(self, device: str, message: str, *, reason: str) -> None:
        super().__init__(device, message)
        self.reason = reason
