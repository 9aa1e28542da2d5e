"""Everything on this machine, without hardware: rig, platform stand-in, fleet and kiosk as the processes they really are.

``DEMO_DIR`` chooses the state folder (default ``demo``), ``DEMO_PORT`` the first of five ports (default 8800). The last line of
the start-up is ``zhizhu demo ready dashboard=... rig=... state=...``. Ctrl-C or SIGTERM ends all of it.

With ``DEMO_RELEASES=1`` the launcher starts the kiosk, as on a real machine, so that releases can be rolled out to it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import httpx

from deploy.enrolment import SERIAL, EnrolmentError, enrol, found_bureau, make_code
from deploy.household import Household
from deploy.kiosk_settings import Bureau, kiosk_toml
from deploy.launcher import build as build_launcher
from kiosk.compose.releases import RELEASES

READY_WITHIN_S = 180.0
"""Generous beside the promised 30 s, so that a slow machine still says what it waits for."""

FLEET_TOML = """\
# Written by the demonstration.
[server]
host = "127.0.0.1"
port = {port}
state_dir = "{state}/fleet"

[broker]
port = {broker_port}
requires_certificates = true

[kiosk_door]
port = {door_port}

[county.names]
demo = "演示县"

[sign_in]
required = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Five neighbouring ports on loopback."""

    first: int

    @property
    def dashboard(self) -> int:
        """The fleet's web."""
        return self.first

    @property
    def rig(self) -> int:
        """The rig's web."""
        return self.first + 1

    @property
    def platform(self) -> int:
        """The stand-in of the government platform."""
        return self.first + 2

    @property
    def broker(self) -> int:
        """MQTT, for whoever has a certificate."""
        return self.first + 3

    @property
    def door(self) -> int:
        """Where kiosks come by HTTPS."""
        return self.first + 4


async def main(state: Path, ports: Ports) -> int:
    """Run the demonstration until it is told to end; returns the exit code."""
    household = Household(state=state)
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    try:
        ended = asyncio.create_task(told_to_end.wait())
        life = asyncio.create_task(_live(household, ports))
        await asyncio.wait({ended, life}, return_when=asyncio.FIRST_COMPLETED)
        if not life.done():
            life.cancel()
            return 0
        print(f"zhizhu demo: {life.result()}", file=sys.stderr)  # noqa: T201  # the reason is for the person at the terminal
        return 1
    finally:
        await household.end()


async def _live(household: Household, ports: Ports) -> str:
    """Start everything, say that it is ready, and return why it ended."""
    state = household.state
    dashboard, platform = f"http://127.0.0.1:{ports.dashboard}", f"http://127.0.0.1:{ports.platform}"
    rig = f"http://127.0.0.1:{ports.rig}"
    python = sys.executable
    for folder in ("kiosk", "fleet", "platform"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "platform/token").write_text("synthetic-demo-token\n")
    has_screen = bool(os.environ.get("DISPLAY"))
    (state / "fleet.toml").write_text(
        FLEET_TOML.format(state=state, port=ports.dashboard, broker_port=ports.broker, door_port=ports.door)
    )

    screen = {} if has_screen else {"DISPLAY": await _start_screen(household)}
    cards = "--smart-cards" if find_spec("smartcard") else "--no-smart-cards"  # the library that asks PC/SC is an extra
    await household.start("rig", python, "-m", "drivers.rig", "serve", "--dir", str(state), "--port", str(ports.rig), cards)
    await household.start(
        "platform", python, "-m", "kiosk.gateway.sandbox", "serve", "--port", str(ports.platform),
        "--db", str(state / "platform/platform.sqlite"), "--public-url", platform, "--token-file", str(state / "platform/token"),
    )  # fmt: skip
    try:
        await found_bureau(state)
    except EnrolmentError as error:
        return str(error)
    await household.start("fleet", python, "-m", "provisioning.server", "serve", "--config", str(state / "fleet.toml"))
    making = asyncio.create_task(make_code(state), name="code")
    stopped = asyncio.create_task(household.first_to_end())
    async with httpx.AsyncClient(timeout=2.0) as client:

        async def rig_answers() -> bool:
            return (state / "rig.json").exists() and await _answers(client, rig)

        async def kiosk_is_ready() -> bool:
            kiosks = (await client.get(f"{dashboard}/api/v1/kiosks")).json()
            return any(
                kiosk["condition"] == "READY" and all(device["condition"] == "READY" for device in kiosk["devices"])
                for kiosk in kiosks
            )

        waits: list[tuple[str, Callable[[], Awaitable[bool]]]] = [
            ("rig", rig_answers),
            ("platform", lambda: _answers(client, f"{platform}/healthz")),
        ]
        for name, condition in waits:
            if problem := await _until(condition, stopped, household, name):
                return problem
        bench = (await client.get(f"{rig}/api/bench")).json()
        (state / "kiosk.toml").write_text(
            kiosk_toml(
                {device["device"]: device["port"] for device in bench["devices"]},
                state=state / "kiosk",
                platform=platform,
                token=state / "platform/token",
                broker_port=ports.broker,
                bureau=Bureau(url=f"https://localhost:{ports.door}", serial=SERIAL),
                display=f"fullscreen = {'false' if has_screen else 'true'}",
            )
        )
        enrolling = asyncio.create_task(_enrolled(state, making), name="enrolment")  # it waits at the door until that is open
        if problem := await _until(lambda: _answers(client, f"{dashboard}/healthz"), stopped, household, "fleet"):
            return problem
        if problem := await enrolling:
            return problem
        stopped.cancel()
        await household.keep(
            "kiosk", *_kiosk(state), "run", "--config", str(state / "kiosk.toml"), **screen, **bench["environment"]
        )
        stopped = asyncio.create_task(household.first_to_end())
        if problem := await _until(kiosk_is_ready, stopped, household, "kiosk"):
            return problem
    print(f"zhizhu demo ready dashboard={dashboard} rig={rig} state={state}", flush=True)  # noqa: T201  # others script against it
    name = await stopped
    return f"{name} ended by itself; its last words:\n{household.tail(name)}"


def _kiosk(state: Path) -> tuple[str, ...]:
    """How the kiosk is started: by the launcher where releases are to be tried, with this environment as the shipped one."""
    if os.environ.get("DEMO_RELEASES") != "1":
        return (sys.executable, "-m", "kiosk")
    launcher = build_launcher(state / "zhizhu-launcher.pyz")
    shipped = Path(sys.executable).with_name("zhizhu-kiosk")
    return (sys.executable, "-I", "-S", str(launcher), str(state / "kiosk" / RELEASES), str(shipped))


async def _enrolled(state: Path, making: "asyncio.Task[str]") -> str:
    """Enrol the kiosk once its code is made; returns why that cannot be, empty when it is."""
    try:
        await enrol(state, await making)
    except EnrolmentError as error:
        return str(error)
    return ""


async def _start_screen(household: Household) -> str:
    """Start an Xvfb of the panel's size and return its display name."""
    reading, writing = os.pipe()
    household.members["screen"] = await asyncio.create_subprocess_exec(
        "Xvfb", "-displayfd", str(writing), "-screen", "0", "1080x1920x24", "-nolisten", "tcp",
        pass_fds=(writing,), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = await asyncio.to_thread(answer.readline)
    (household.state / "display").write_text(f":{number.strip()}\n")
    return f":{number.strip()}"


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    return (await client.get(url)).status_code == httpx.codes.OK


async def _until(
    condition: Callable[[], Awaitable[bool]], stopped: "asyncio.Task[str]", household: Household, name: str
) -> str | None:
    """Wait for a condition; returns why it cannot come true any more, or None when it did."""
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    while True:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            if await condition():
                return None
        if stopped.done():
            return f"{stopped.result()} ended before it was ready; its last words:\n{household.tail(stopped.result())}"
        if asyncio.get_running_loop().time() > deadline:
            return f"{name} was not ready within {READY_WITHIN_S:.0f} s; its last words:\n{household.tail(name)}"
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.exit(
        asyncio.run(
            main(Path(os.environ.get("DEMO_DIR", "demo")).resolve(), Ports(first=int(os.environ.get("DEMO_PORT", "8800"))))
        )
    )
