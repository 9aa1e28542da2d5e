"""The demonstration's kiosk becomes its bureau's, as a real one does: CA, serial number, one-time code, certificate."""

import asyncio
import csv
import sys
from pathlib import Path

SERIAL = "DEMO-SN-0001"
"""Synthetic, as everything here; a real machine has it in its firmware or on its plate."""
DELIVERY = f"serial,county,kiosk,village,model\n{SERIAL},demo,DEMO-001,光明村,demo\n"
WITHIN_S = 120.0
"""For one line of the command line; each takes one to two seconds of a core."""


class EnrolmentError(Exception):
    """A line was refused; the message is what it said."""


async def found_bureau(state: Path) -> None:
    """Make the CA, where that has not been done before; the service cannot ask for certificates without one.

    Raises:
        EnrolmentError: A line was refused.
    """
    if (state / "fleet/authority/ca.pem").exists():
        return
    await _say("provisioning.verbs", "ca", "create", "--name", "Zhizhu demo CA", "--config", str(state / "fleet.toml"))


async def make_code(state: Path) -> str:
    """Name the machine and make its code, while the service starts; empty when it has been let in before.

    Raises:
        EnrolmentError: A line was refused.
    """
    if (state / "kiosk/identity").exists():
        return ""
    delivery, slip = state / "delivery.csv", state / "code.csv"
    delivery.write_text(DELIVERY, encoding="utf-8")
    await _say("provisioning.verbs", "kiosk", "import", str(delivery), "--config", str(state / "fleet.toml"))
    slip.unlink(missing_ok=True)
    await _say("provisioning.verbs", "code", "make", SERIAL, "--file", str(slip), "--config", str(state / "fleet.toml"))
    with slip.open(encoding="utf-8", newline="") as file:
        code = next(csv.DictReader(file))["code"]
    slip.unlink()
    return code


async def enrol(state: Path, code: str) -> None:
    """Enrol the kiosk with its code, waiting for the service to serve. An empty code: it has been let in before.

    Raises:
        EnrolmentError: It was refused.
    """
    if code:
        await _say("kiosk", "enrol", "--config", str(state / "kiosk.toml"), "--code", code)


async def _say(module: str, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise EnrolmentError(f"{words[0]} {words[1]}: no answer within {WITHIN_S:g} s") from None
    if process.returncode:
        raise EnrolmentError(f"{module} {' '.join(words[:2])}: {said.decode(errors='replace').strip()}")
