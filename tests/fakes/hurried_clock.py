"""A clock that runs faster than the world, for what has to be tested over real sockets."""

from tests.fakes.clock import ScaledClock

TIMES = 15.0


class HurriedClock(ScaledClock):
    """As fast as a real printer's test kit can follow."""

    def __init__(self, *, times: float = TIMES) -> None:
        super().__init__(times=times)
