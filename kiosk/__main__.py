"""``zhizhu-kiosk``: arguments, nothing else."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import structlog
import typer

from kiosk.clock import SystemClock
from kiosk.compose import Core
from kiosk.config import ConfigError, KioskConfig, effective, load_config, read_environment
from kiosk.gateway.settings import PlatformSettings
from kiosk.log import start_logging, stop_logging
from kiosk.state_folder import StateFolderHeldError, StateFolderUnusableError, hold

CANNOT_START = 2
"""Exit code when somebody has to change something first."""
CRASHED = 1

log = structlog.get_logger(__name__)
cli = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def _kiosk() -> None:
    """A village kiosk: core and display."""


@cli.command()
def run(config: Annotated[Path, typer.Option(help="kiosk.toml")]) -> None:
    """Run the core, and the display unless `[display] external = true`. Ends in order on SIGTERM or Ctrl-C."""
    try:
        settings = load_config(config, platform=PlatformSettings, clock=SystemClock())
        with hold(settings.kiosk.state_dir):
            _run(settings, config)
    except (ConfigError, StateFolderHeldError, StateFolderUnusableError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_START) from None


def _run(settings: KioskConfig[PlatformSettings], path: Path) -> None:
    kept = settings.log
    start_logging(settings.kiosk.state_dir / "log", level=kept.level, file_bytes=kept.file_bytes, files=kept.files)
    log.info("core.starting", settings=[f"{each.path} = {each.value} ({each.origin})" for each in effective(settings, path)])
    try:
        core = Core(
            settings, environment=read_environment(os.environ, pid=os.getpid()), variables=dict(os.environ), clock=SystemClock()
        )
    except ValueError as error:  # what only the disk can tell: a token file that is not there, a path too long for a socket
        raise ConfigError(path, (str(error),)) from None
    try:
        asyncio.run(_until_told(core))
    except Exception:
        log.exception("core.crashed")
        raise typer.Exit(CRASHED) from None
    log.info("core.ended")
    stop_logging()


async def _until_told(core: Core) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    await core.run(told_to_end)


def main() -> None:
    """Read the arguments and do what they say."""
    cli()


if __name__ == "__main__":
    main()
