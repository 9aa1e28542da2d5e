"""From a touch on the glass to the first changed pixel, through the X server's own test extension."""

import ctypes
import ctypes.util
import time


def _library(name: str) -> ctypes.CDLL:
    found = ctypes.util.find_library(name)
    if found is None:
        raise RuntimeError(f"lib{name} is not installed; xdotool brings it")
    return ctypes.CDLL(found)


class Glass:
    """A finger and an eye on one X display."""

    def __init__(self, display: str) -> None:
        self._x = _library("X11")
        self._test = _library("Xtst")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XGetImage.restype = ctypes.c_void_p
        self._x.XGetPixel.restype = ctypes.c_ulong
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))
        if not self._display.value:
            raise RuntimeError(f"display {display} cannot be opened")
        self._root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))

    def pixel(self, at: tuple[int, int]) -> int:
        """Return the colour at a place, read from the X server now."""
        return self.strip(at, wide=1)[0]

    def strip(self, at: tuple[int, int], *, wide: int) -> tuple[int, ...]:
        """Return the colours of a few pixels side by side, read from the X server now."""
        every_plane = ctypes.c_ulong(0xFFFFFFFF)
        image = ctypes.c_void_p(
            self._x.XGetImage(self._display, self._root, at[0], at[1], ctypes.c_uint(wide), ctypes.c_uint(1), every_plane, 2)
        )
        colours = tuple(int(self._x.XGetPixel(image, x, 0)) for x in range(wide))
        self._x.XDestroyImage(image)
        return colours

    def press(self, at: tuple[int, int]) -> None:
        """Put the finger down."""
        self._test.XTestFakeMotionEvent(self._display, -1, at[0], at[1], ctypes.c_ulong(0))
        self._test.XTestFakeButtonEvent(self._display, ctypes.c_uint(1), 1, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def lift(self) -> None:
        """Lift the finger."""
        self._test.XTestFakeButtonEvent(self._display, ctypes.c_uint(1), 0, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def touch_and_watch(self, at: tuple[int, int], *, watched: tuple[int, int], within_s: float = 2.0) -> float:
        """Touch a place and return the milliseconds until the watched pixel changed; the finger lifts after 60 ms."""
        before = self.pixel(watched)
        began = time.perf_counter()
        self.press(at)
        seen_s: float | None = None
        is_down = True
        while (now := time.perf_counter() - began) < within_s and (seen_s is None or is_down):
            if seen_s is None and self.pixel(watched) != before:
                seen_s = time.perf_counter() - began
            if is_down and now > 0.06:
                self.lift()
                is_down = False
        if seen_s is None:
            raise RuntimeError(f"nothing changed at {watched} within {within_s} s of a touch at {at}")
        return seen_s * 1000
