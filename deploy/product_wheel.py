"""Builds the product's own wheel under the version of a release: ``python -m deploy.product_wheel 2026.11.3 wheels/``.

What it needs of others comes beside it: ``pip wheel --no-deps --require-hashes -r requirements/kiosk.txt -w wheels/``.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("kiosk", "drivers", "screens", "telemetry", "provisioning", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")
"""All that is built from."""
VERSION = re.compile(r'^version = "[^"]*"$', re.MULTILINE)


def build(version: str, folder: Path, *, root: Path = ROOT) -> Path:
    """Build the wheel into a folder; returns where it lies.

    Args:
        version: Numbers and dots; the kiosk says it when it runs.
        folder: Made where it is not there.
        root: The source tree; it is copied, and not touched.

    Raises:
        subprocess.CalledProcessError: It cannot be built; its output says why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="zhizhu-wheel-") as place:
        for name in PARTS:
            source, target = root / name, Path(place, name)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, target)
        settings = Path(place, "pyproject.toml")
        settings.write_text(
            VERSION.sub(f'version = "{version}"', settings.read_text(encoding="utf-8"), count=1), encoding="utf-8"
        )
        words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())]
        subprocess.run(words, cwd=place, check=True, capture_output=True, text=True)  # noqa: S603  # our own words
    return folder / f"zhizhu-{version}-py3-none-any.whl"


if __name__ == "__main__":
    sys.stdout.write(f"{build(sys.argv[1], Path(sys.argv[2]))}\n")
