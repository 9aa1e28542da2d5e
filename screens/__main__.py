"""The display process: ``python -m screens --socket PATH --state-dir DIR``."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import structlog

from screens import theme
from screens.kivy_start import prepare
from screens.wording import LANGUAGES

_log = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Draw until told to stop; SIGTERM and Ctrl-C end it cleanly."""
    parser = argparse.ArgumentParser(prog="python -m screens", description="The display of a Zhizhu kiosk.")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket of the core")
    parser.add_argument("--state-dir", type=Path, required=True, help="the only folder written to")
    parser.add_argument("--width", type=int, default=theme.PAGE_WIDTH, help="pixels of the panel, portrait")
    parser.add_argument("--height", type=int, default=theme.PAGE_HEIGHT)
    parser.add_argument("--px-per-mm", type=float, default=4.03, help="of the panel; 4.03 is 21.5 inch at 1080 x 1920")
    parser.add_argument("--language", choices=LANGUAGES, default="zh")
    parser.add_argument("--ends-with-parent", action="store_true", help="end when the process that started this one is gone")
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--fullscreen", action="store_true", help="fill the panel, hide the pointer")
    window.add_argument("--window", action="store_true", help="a window (the default)")
    asked = parser.parse_args(arguments)

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    smallest = theme.smallest_target_mm(width=asked.width, height=asked.height, px_per_mm=asked.px_per_mm)
    if smallest < theme.SMALLEST_TARGET_MM:
        _log.warning("panel_too_small", smallest_target_mm=round(smallest, 1), expected_mm=theme.SMALLEST_TARGET_MM)
    prepare(home=asked.state_dir / "kivy", width=asked.width, height=asked.height, is_fullscreen=asked.fullscreen)
    try:
        asyncio.run(_display(asked, parent=os.getppid() if asked.ends_with_parent else None))
    except Exception:  # noqa: BLE001 - the process ends here, and the core starts the next
        _log.exception("display_ended")
        sys.exit(1)


async def _display(asked: argparse.Namespace, *, parent: int | None) -> None:
    # Kivy opens its window on import, and only now knows how large
    from screens.app import DisplayApp  # noqa: PLC0415

    app = DisplayApp(socket=asked.socket, state_dir=asked.state_dir, language=asked.language, parent=parent)
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, app.stop)
    await app.run_display()


if __name__ == "__main__":
    main()
