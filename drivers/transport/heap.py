"""How many heaps the C library keeps: few, so that what one thread freed is there for the next one."""

import ctypes

M_ARENA_MAX = -8
"""mallopt(3), malloc.h."""

HEAPS = 2
"""glibc gives nearly every thread a heap of its own, and none gives back what lies below something that lives. Pictures of
some megabytes pass through six threads here: that held a quarter more memory than two heaps do, and it grew with the visits."""


def keep_few_heaps() -> bool:
    """Ask the C library for at most ``HEAPS``; before the first thread. False where the library has no such wish."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(M_ARENA_MAX, HEAPS))
