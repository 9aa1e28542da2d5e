"""The C library's heaps: as few as were asked for, whatever the number of threads."""

import subprocess
import sys

import pytest

PROGRAM = """
import threading
from drivers.transport.heap import keep_few_heaps
assert keep_few_heaps()
gate = threading.Barrier(9)
def hold():
    kept = [bytes(1000) for _ in range(1000)]
    gate.wait()
    del kept
threads = [threading.Thread(target=hold) for _ in range(8)]
for each in threads: each.start()
gate.wait()
for each in threads: each.join()
import ctypes
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own wish")
def test_eight_threads_share_two_heaps() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert 1 <= done.stderr.count("Arena ") <= 2, done.stderr
