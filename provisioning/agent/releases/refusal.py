"""Why a release does not come: what must not be believed, and what is only in the way."""


class NotTrustedError(Exception):
    """The repository, or a file of it, is not what the officials signed. Nothing of it is used; the old release serves on.

    Attributes:
        attack: One word for pages and counters, e.g. ``rollback``, ``expired``, ``signature``.
    """

    def __init__(self, attack: str, detail: str) -> None:
        super().__init__(f"{attack}: {detail}")
        self.attack = attack


class UnsuitableError(Exception):
    """The release is genuine, and not for this machine; the message says why."""


class OutOfReachError(Exception):
    """A line, a disk, a stick or the clock is in the way; tried again later. The message says which."""


class PausedError(Exception):
    """The night is over, or the kiosk ends; what is there already stays, and is gone on with."""
