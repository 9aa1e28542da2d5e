"""When silence begins to mean something: a deadline of the server's own. Pure; every moment is handed in.

A will is only a hint, since wills die with their broker. Silent is UNKNOWN, never fine. Moments are seconds of one monotonic
clock, so that setting the server's clock silences nobody.
"""

SHORTEST_DEADLINE_S = 1.0
"""Below this a busy server would call kiosks silent that are not."""


def deadline_s(heartbeat_s: float, *, factor: float) -> float:
    """Return how many seconds a kiosk may say nothing."""
    return max(SHORTEST_DEADLINE_S, heartbeat_s * factor)


def is_overdue(*, heard_s: float, listening_since_s: float, heartbeat_s: float, factor: float, now_s: float) -> bool:
    """Say whether a kiosk has been silent for longer than its deadline while somebody was listening.

    Args:
        heard_s: When it was last heard; minus infinity when never by this process.
        listening_since_s: When this server began to listen: after a start every kiosk has one whole deadline to be heard.
        heartbeat_s: The kiosk's own interval, from its birth.
        factor: Intervals it may miss.
        now_s: Now.
    """
    return now_s - max(heard_s, listening_since_s) > deadline_s(heartbeat_s, factor=factor)


def ends_this_life(*, life_of_death: int, current_life: int) -> bool:
    """Say whether a death is news: a will of an earlier life may come late, when the kiosk has long been back."""
    return life_of_death == current_life
