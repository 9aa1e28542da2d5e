"""The demonstration as a fixture: real processes, a real window, real cables, a real broker; and hands and eyes for a test."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
READY = re.compile(r"zhizhu demo ready dashboard=(\S+) rig=(\S+) state=(\S+)")

PRIMARY = (780, 1628)
SECOND = (300, 1628)
WHOLE_WIDTH = (540, 1628)
START = (540, 1536)
FIRST_TILE = (540, 418)
FIRST_FACE = (540, 548)
WHOLE_PAPER, PART_OF_IT, NO_PAPER = (217, 1165), (540, 1165), (862, 1165)
"""Where things stand on every page at 1080 x 1920."""
BETWEEN_TOUCHES_S = 0.65
"""A second touch within 600 ms does not count (E6)."""
TO_SEE_A_PAGE_S = 0.4
"""The fleet knows a page as soon as the core shows it; the glass fades it in."""
TO_ANSWER_A_TOUCH_S = 4.0
"""A page that still stands so long after a touch was not touched: a person touches it again."""
DEVICES = ("id-card-reader", "receipt-printer", "document-printer", "code-scanner", "camera", "document-scanner")
BACK, HOME, SIZE, VOICE = (177, 1834), (419, 1834), (661, 1834), (903, 1834)


def free_ports(count: int) -> int:
    """Return the first of ``count`` neighbouring free ports."""
    for first in range(20_000 + os.getpid() % 5_000 * 4, 60_000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports on loopback")


def eventually(what: str, look: Callable[[], T], *, within_s: float) -> T:
    """Look again and again until something truthy is seen; fail with what was awaited and what was seen last."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within_s} s; last seen: {seen!r}")
        time.sleep(0.02)


@dataclass(kw_only=True)
class Demo:
    """A running demonstration."""

    process: subprocess.Popen[str]
    state: Path
    dashboard: str
    rig_url: str
    ready_after_s: float
    _web: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5, trust_env=False))
    """One client for all questions: making one costs 20 ms of a core, and the tests ask many times a second."""
    _touched_at_s: float = 0.0
    _page_seen_at_s: float = 0.0

    @classmethod
    def start(cls, state: Path, **settings: str) -> "Demo":
        """Start it, with settings in its environment, and wait for its ready line."""
        environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
        environment |= {"DEMO_DIR": str(state), "DEMO_PORT": str(free_ports(5)), **settings}
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.demo"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        ready = READY.search(line)
        if ready is None:
            raise AssertionError(f"the demonstration did not get ready: {line}{process.stderr.read()}")
        after_s = time.monotonic() - began
        return cls(process=process, state=state, dashboard=ready[1], rig_url=ready[2], ready_after_s=after_s)

    @property
    def broker_port(self) -> int:
        """Where the broker listens: the fourth of the demonstration's ports."""
        return int(self.dashboard.rpartition(":")[2]) + 3

    @property
    def platform(self) -> str:
        """Where the stand-in of the government platform listens: the third."""
        return f"http://127.0.0.1:{self.broker_port - 1}"

    def end(self) -> int:
        """Ask it to end and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(40)
        self._web.close()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code

    def rig(self, *words: str) -> str:
        """Say something to the rig, as a technician would."""
        done = subprocess.run(
            [sys.executable, "-m", "drivers.rig", *words, "--dir", str(self.state)],
            cwd=ROOT,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def api(self, path: str) -> Any:
        """Ask the fleet's API."""
        return self._web.get(f"{self.dashboard}/api/v1/{path}").json()

    def kiosk(self) -> dict[str, Any]:
        """The demo kiosk as the fleet knows it."""
        found: dict[str, Any] = self.api("kiosks/DEMO-001")
        return found

    def page(self) -> str:
        """Kind of page on the villager's screen, as the fleet knows it."""
        return str(self.kiosk()["screen"]["page"])

    def wait_for_page(self, *kinds: str, within_s: float = 10.0) -> str:
        """Wait until one of these pages is shown."""
        page = eventually(f"page {' or '.join(kinds)}", lambda: (page := self.page()) in kinds and page, within_s=within_s)
        self._page_seen_at_s = time.monotonic()
        return str(page)

    def come_to_rest(self) -> None:
        """Plug everything in, end every fault, take the card away and go back to the idle page."""
        for device in DEVICES:
            self.plug(device, is_plugged=True)
            self.clear(device)
        self.lift_card()
        eventually("every device READY", self.is_well, within_s=10)
        leave_by = {
            "rate": WHOLE_WIDTH,
            "show_code": PRIMARY,
            "still_there": SECOND,
            "leave_question": SECOND,
            "goodbye": WHOLE_WIDTH,
            "text_sizes": BACK,
        }
        deadline = time.monotonic() + 60
        while (page := self.page()) != "attract":
            assert time.monotonic() < deadline, f"cannot leave page {page}"
            self.touch(leave_by.get(page, HOME))
            self._see_it_change(page, within_s=3)

    def is_well(self) -> bool:
        """Whether the fleet sees the kiosk READY with every device READY."""
        return not self.unwell()

    def unwell(self) -> list[str]:
        """What the fleet sees that is not as it should be: devices, services and faults.

        That a port keeps dropping off is no trouble here: this test run pulls more cables in minutes than a village in years.
        """
        kiosk = self.kiosk()
        devices = [
            f"{each['device']} {each['condition']} {each['faults']}" for each in kiosk["devices"] if each["condition"] != "READY"
        ]
        if kiosk["services_offered"] < kiosk["services_total"]:
            devices.append(f"{kiosk['services_offered']} of {kiosk['services_total']} services")
        if kiosk["condition"] == "READY":
            return devices
        ours = [alarm for alarm in self.api("alarms?open=true") if alarm["kiosk"] == kiosk["kiosk"]]
        codes = {alarm["code"] for alarm in ours if alarm["phase"] != "clearing"}  # what flaps is watched for a while
        return [*devices, *sorted(codes - {"core.port_flapping"})]

    def give(self, device: str, fault: str, **options: str) -> None:
        """Give a device a fault, at once."""
        self._ask_rig("PUT", f"devices/{device}/faults/{fault}", {"options": options})

    def clear(self, device: str) -> None:
        """End every fault of a device."""
        self._ask_rig("DELETE", f"devices/{device}/faults")

    def plug(self, device: str, *, is_plugged: bool) -> None:
        """Put a cable in, or pull it."""
        self._ask_rig("PUT", f"devices/{device}/plug", {"is_plugged": is_plugged})

    def lay_card(self, sample: str) -> None:
        """Lay a sample card on the reader."""
        self._ask_rig("PUT", "card", {"sample": sample})

    def lift_card(self) -> None:
        """Take the card away, if one lies there."""
        self._ask_rig("DELETE", "card")

    def papers(self) -> list[dict[str, Any]]:
        """Every paper that came out, oldest first: number, at, png, txt, ended."""
        return list(self._ask_rig("GET", "bench")["papers"])

    def _ask_rig(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        answer = self._web.request(method, f"{self.rig_url}/api/{path}", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def walk_to(self, page: str) -> None:
        """Go from the idle page to a page of the visit for a proof of enrolment, touch by touch."""
        self.press(START, "catalogue")
        if page == "catalogue":
            return
        self.press(FIRST_TILE, "guide")
        if page == "guide":
            return
        self.press(WHOLE_WIDTH, "put_card")
        if page == "put_card":
            return
        self.lay_card("resident-1")
        self.wait_for_page("confirm")
        if page == "confirm":
            return
        if page == "printing":
            self.press(PRIMARY, "printing")
            return
        self.press(PRIMARY, "take_receipt", within_s=25)
        if page == "take_receipt":
            return
        self.lift_card()
        self.press(PRIMARY, "rate")
        if page == "rate":
            return
        self.press(FIRST_FACE, "goodbye")

    def _see_it_change(self, page: str, *, within_s: float) -> None:
        """Wait until another page is known; the fleet hears of pages once a second at most, so nothing is concluded earlier."""
        deadline = time.monotonic() + within_s
        while self.page() == page and time.monotonic() < deadline:
            time.sleep(0.05)
        self._page_seen_at_s = time.monotonic()

    def touch(self, at: tuple[int, int]) -> None:
        """Touch the glass as a person does: not before the page stands there, and not twice within 600 ms."""
        ready_at = max(self._touched_at_s + BETWEEN_TOUCHES_S, self._page_seen_at_s + TO_SEE_A_PAGE_S)
        time.sleep(max(0.0, ready_at - time.monotonic()))
        self._touched_at_s = time.monotonic()
        self._xdotool("mousemove", str(at[0]), str(at[1]), "click", "1")

    def press(self, at: tuple[int, int], *kinds: str, within_s: float = 15.0) -> str:
        """Touch what leads to one of these pages, once more where the first touch was not taken, and wait for the page."""
        before = self.page()
        self.touch(at)
        self._see_it_change(before, within_s=TO_ANSWER_A_TOUCH_S)
        if self.page() == before:
            self.touch(at)
        return self.wait_for_page(*kinds, within_s=within_s)

    def device(self, name: str) -> dict[str, Any]:
        """One device of the kiosk as the fleet knows it."""
        return next(device for device in self.kiosk()["devices"] if device["device"] == name)

    def wait_until_spoken_to(self, device: str) -> None:
        """Wait until the kiosk has this device open and knows how it is, well or not."""
        eventually(f"{device} spoken to", lambda: self.device(device)["condition"] not in {"UNKNOWN", "UNREACHABLE"}, within_s=10)

    def holding(self, device: str) -> dict[str, str]:
        """What a device holds, as the rig shows it."""
        return next(dict(shown["holding"]) for shown in self._ask_rig("GET", "bench")["devices"] if shown["device"] == device)

    def picture(self, file: Path) -> Path:
        """Take a picture of the glass."""
        subprocess.run(["import", "-window", "root", str(file)], env=self._with_display(), check=True)
        return file

    def member(self, *words: str) -> int:
        """Pid of the process of this demonstration whose command line holds all ``words``."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                if all(word in command for word in words) and f"DEMO_DIR={self.state}\0".encode() in environment + b"\0":
                    return int(entry.name)
        raise AssertionError(f"no process with {words}")

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._with_display(), check=True)

    def _with_display(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": (self.state / "display").read_text().strip()}
