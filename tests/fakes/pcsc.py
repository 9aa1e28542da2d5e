"""The one pcscd that this test process can find.

libpcsclite reads ``PCSCLITE_CSOCK_NAME`` once in the life of a process (measured, 1.9.9), so every test of one uses the same
folder, one after the other; processes run side by side.
"""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from drivers.smartcard_reader.private_pcsc import PrivatePcsc


def private_pcsc() -> PrivatePcsc:
    """A service that is not running yet, where this process looks for one. ``start`` it, and ``dispose`` it in the end."""
    return PrivatePcsc(_folder())


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="zz-pcsc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update(PrivatePcsc(folder).environment)
    return folder
