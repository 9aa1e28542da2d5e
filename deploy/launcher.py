"""Builds the launcher into one file: ``python -m deploy.launcher zhizhu-launcher.pyz``; systemd starts it, outside every slot."""

import shutil
import sys
import tempfile
import zipapp
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "provisioning/__init__.py",
    "provisioning/agent/__init__.py",
    "provisioning/agent/trial.py",
    "provisioning/launcher/__init__.py",
    "provisioning/launcher/launch.py",
    "provisioning/launcher/slots.py",
    "provisioning/launcher/whole_file.py",
)
"""All of it; nothing else of the product is there when it starts."""


def build(target: Path) -> Path:
    """Write the launcher; returns where."""
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place)
        zipapp.create_archive(folder, target, main="provisioning.launcher.launch:run")
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
