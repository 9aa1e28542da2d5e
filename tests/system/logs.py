"""What every process of the demonstration writes from a moment on, and whether any of it is a defect."""

import json
from pathlib import Path

from tests.system.demo import Demo

GRAVE = {"error", "critical"}


class Logs:
    """The logs of all processes, read from where they ended when this was made."""

    def __init__(self, demo: Demo) -> None:
        self._folders = (demo.state / "log", demo.state / "kiosk" / "log")
        self._ended_at = {path: path.stat().st_size for path in self._files()}

    def defects(self) -> list[str]:
        """Lines since then that no fault of a device may cause: a traceback, or a grave word of the core or the display."""
        return [
            f"{path.name}: {line}"
            for path in self._files()
            for line in self._since(path).splitlines()
            if "Traceback" in line or _level(line) in GRAVE
        ]

    def _files(self) -> list[Path]:
        return sorted(path for folder in self._folders for path in folder.iterdir() if path.is_file())

    def _since(self, path: Path) -> str:
        with path.open("rb") as log:
            log.seek(self._ended_at.get(path, 0))
            return log.read().decode(errors="replace")


def _level(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    return str(said.get("level", "")) if isinstance(said, dict) else ""
