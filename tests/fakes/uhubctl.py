"""A program that speaks as uhubctl 2.5 does, over one hub written down beside it; never touches a real one."""

import sys
from pathlib import Path

SCRIPT = """#!{python}
import argparse, pathlib, sys, time
said = argparse.ArgumentParser()
said.add_argument("-l"); said.add_argument("-p", type=int); said.add_argument("-a"); said.add_argument("-d", type=float)
said.add_argument("-N", action="store_true")
said = said.parse_args()
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if (here / "hangs").exists() and said.a != "on":
    time.sleep(60)
hub, ports = {hub!r}, {ports!r}
if said.l != hub or said.p not in ports:
    print(f"No compatible devices detected at location {{said.l}}!\\nRun with -h to get usage info.", file=sys.stderr)
    sys.exit(1)
about = "2109:2811 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps"
print(f"Current status for hub {{hub}} [{{about}}]\\n  Port {{said.p}}: 0103 power enable connect [1a86:7523 USB Serial]")
if (here / "broken").exists():
    print("Failed to control port power!", file=sys.stderr)
    sys.exit(1)
for word, bits in {{"cycle": (("off", "0000 off"), ("on", "0100 power")), "on": (("on", "0100 power"),)}}[said.a]:
    print(f"Sent power {{word}} request\\nNew status for hub {{hub}} [{{about}}]\\n  Port {{said.p}}: {{bits}}")
"""


class FakeUhubctl:
    """The program in a folder. ``calls`` is what it was asked; ``hangs`` and ``breaks`` make it misbehave."""

    def __init__(self, folder: Path, *, hub: str = "1-1", ports: tuple[int, ...] = (1, 2, 3, 4)) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.path = folder / "uhubctl"
        self.path.write_text(SCRIPT.format(python=sys.executable, hub=hub, ports=ports), encoding="utf-8")
        self.path.chmod(0o755)

    def hangs(self) -> None:
        (self._folder / "hangs").touch()

    def breaks(self) -> None:
        (self._folder / "broken").touch()

    @property
    def calls(self) -> list[str]:
        log = self._folder / "calls"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []
