"""A page as PDF, laid out in a process of its own.

Layout takes a second of processor and a hundred megabytes, and may miss a library of the system: none of that may be felt by
the process that listens to kiosks.
"""

import subprocess
import sys
from pathlib import Path

DEADLINE_S = 60.0
"""A report of one page takes two seconds on a busy small machine."""
ROOT = Path(__file__).resolve().parents[3]
"""Where the packages lie; the process begins there, so that it finds them installed or not."""


class PaperError(Exception):
    """There is no PDF; the message says why."""


def to_pdf(html: str, *, deadline_s: float = DEADLINE_S) -> bytes:
    """Return the document as PDF. Blocking.

    Args:
        html: Whole, with its styles inside; what it asks for outside itself is refused.
        deadline_s: How long it may take.

    Raises:
        PaperError: It did not work, or not in time.
    """
    try:
        done = subprocess.run(
            (sys.executable, "-m", "telemetry.fleet.reports.layout"),
            input=html.encode(),
            capture_output=True,
            timeout=deadline_s,
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PaperError(f"the paper was not laid out within {deadline_s:g} s") from error
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise PaperError(said[-1] if said else f"the process ended with {done.returncode}")
    return done.stdout
