"""The eye of a simulated scan engine: a light, a code held before it, and the moment at which it has been read."""

READ_S = 0.15
"""Seconds of light until a code that is held there has been read. Plausible, not measured: no engine has been on our bench."""

SAME_CODE_S = 1.0
"""Seconds after which an engine that reads all the time sends the same code again."""

LIGHT_S = 5.0
"""Seconds after which a triggered engine gives up."""


class Eye:
    """Reads what is held there while its light is on. Knows no bytes; the host brings the time."""

    def __init__(self, *, reads_all_the_time: bool) -> None:
        """Open the eye with nothing before it; one that reads all the time needs no trigger."""
        self.held: str | None = None
        self.is_blind = False
        """Reads nothing, whatever is held there."""
        self.is_always_on = reads_all_the_time
        self.lit_until_s: float | None = None
        self.read_due_s: float | None = None

    @property
    def light_is_on(self) -> bool:
        """Whether it looks now."""
        return self.is_always_on or self.lit_until_s is not None

    @property
    def due_s(self) -> float | None:
        """When it will next do something."""
        return min((due_s for due_s in (self.lit_until_s, self.read_due_s) if due_s is not None), default=None)

    def go_dark(self) -> None:
        """The light goes out."""
        self.lit_until_s = None
        if not self.is_always_on:
            self.read_due_s = None

    def light_up(self, *, now_s: float) -> None:
        """The light goes on, or stays on for longer."""
        self.lit_until_s = now_s + LIGHT_S
        if self.read_due_s is None:
            self.look(now_s=now_s)

    def look(self, *, now_s: float) -> None:
        """Something has changed before it or in it: what it sees now will have been read soon."""
        sees = self.held is not None and self.light_is_on and not self.is_blind
        self.read_due_s = now_s + READ_S if sees else None

    def read_by(self, now_s: float) -> list[tuple[float, str]]:
        """Everything that has been read by ``now_s`` and was not told yet, each with its time."""
        readings: list[tuple[float, str]] = []
        while self.held is not None and self.read_due_s is not None and self.read_due_s <= now_s:
            readings.append((self.read_due_s, self.held))
            self.read_due_s = self.read_due_s + SAME_CODE_S if self.is_always_on else None
            self.lit_until_s = None
        if self.lit_until_s is not None and self.lit_until_s <= now_s:
            self.lit_until_s = None
        return readings
