"""The wheels of a whole release: the product's own, built from this tree, and every library as this environment has it."""

import re
import zipfile
from importlib import metadata
from pathlib import Path

from tests.system.demo import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==")
FAST = 1
"""Level of compression."""


def library_wheels(folder: Path, *, lock: Path = ROOT / "requirements" / "kiosk.txt") -> int:
    """Pack every library of a lock file that this machine needs into a wheel of its own, as it is installed here.

    Nothing is downloaded. What a real release takes is ``pip wheel --no-deps --require-hashes``, with the same files in it.

    Returns:
        How many.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [found[1] for line in lock.read_text(encoding="utf-8").splitlines() if (found := PINNED.match(line))]
    count = 0
    for name in names:
        try:
            library = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system
        _pack(library, folder)
        count += 1
    return count


def _pack(library: metadata.Distribution, folder: Path) -> None:
    tag = re.search(r"^Tag: (\S+)$", library.read_text("WHEEL") or "", re.MULTILINE)
    assert tag is not None, library.name
    name = re.sub(r"[-_.]+", "_", library.name)
    with zipfile.ZipFile(
        folder / f"{name}-{library.version}-{tag[1]}.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=FAST
    ) as wheel:
        for file in library.files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue  # programs, and what was compiled here
            wheel.write(str(library.locate_file(file)), str(file))
