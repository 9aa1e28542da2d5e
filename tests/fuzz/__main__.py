"""``python -m tests.fuzz --seconds 600 --seed 1``: hunt, and print what was found; exits with 1 when something was."""

import argparse
import logging
import resource
import sys
import time

from tests.fuzz.every_target import every_target
from tests.fuzz.hunt import feed, hunt

MOST_MEMORY = 1 << 30
"""Bytes beyond what the process takes at the beginning: what wants more gets a MemoryError, and that is a finding."""


def main() -> int:
    """Hunt for a while, or feed one input again."""
    reading = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    reading.add_argument("--seconds", type=float, default=60)
    reading.add_argument("--seed", type=int, default=1)
    reading.add_argument("--only", default="", help="part of a target's name")
    reading.add_argument("--again", default="", metavar="HEX", help="feed this one input to the targets named by --only")
    asked = reading.parse_args()
    logging.disable(logging.CRITICAL)  # pypdf remarks on every byte it stumbles over
    targets = tuple(target for target in every_target() if asked.only in target.name)
    taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: SIM115  one line of a pseudo file
    resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_MEMORY, resource.RLIM_INFINITY))
    if asked.again:
        for target in targets:
            finding, took_s = feed(target, bytes.fromhex(asked.again))
            print(finding.line() if finding else f"{target.name}: nothing wrong, {took_s * 1000:.1f} ms")
        return 0
    began_s = time.monotonic()
    bag = hunt(targets, seed=asked.seed, goes_on=lambda _: time.monotonic() - began_s < asked.seconds)
    took_s = time.monotonic() - began_s
    print(f"seed {asked.seed}: {bag.fed} inputs to {len(targets)} targets in {took_s:.0f} s, {bag.fed / took_s:.0f} a second")
    for name, count in bag.inputs.items():
        print(f"  {name:<26} {count:>9} inputs, slowest {bag.slowest_s.get(name, 0) * 1000:7.1f} ms")
    for finding in bag.findings:
        print(finding.line())
    print(f"{len(bag.findings)} findings")
    return 1 if bag.findings else 0


if __name__ == "__main__":
    sys.exit(main())
