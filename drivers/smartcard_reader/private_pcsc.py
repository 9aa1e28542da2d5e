"""A pcscd of one's own with vpcd's virtual reader in it: for the rig and for tests, beside whatever the machine runs.

pcscd insists on ``/run/pcscd``. It gets a folder of ours mounted there, in a mount namespace of its own, so that any number of
them run side by side; who asks for cards finds it through ``PCSCLITE_CSOCK_NAME``, which is in ``environment``. libpcsclite
reads that once in the life of a process: one process, one service.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

from typing_extensions import override

LIBRARY = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
"""Where Debian's vsmartcard-vpcd puts vpcd."""

SLOTS = 2
"""Slots vpcd makes, each with a port of its own, one after the other."""

START_WITHIN_S = 10.0
"""Seconds until pcscd must listen; it takes 30 ms here."""

LOOK_AGAIN_S = 0.02

TRY_WITHIN_S = 5.0
"""Seconds for finding out whether a mount namespace can be had; it takes 3 ms."""

LONGEST_SOCKET_NAME = 107
"""unix(7): sun_path."""

TRIES = 5
"""Pairs of free ports that are tried: between looking and taking, another may take one."""

_INSIDE = """\
set -e
[ -d /run/pcscd ] || mkdir -p /run/pcscd 2>/dev/null || { mount -t tmpfs none /run; mkdir /run/pcscd; }
mount --bind "$1" /run/pcscd
exec setpriv --pdeathsig KILL pcscd --foreground --info --config "$2"
"""
"""In the new mount namespace. pdeathsig: it must not outlive whoever started it, however that ends."""


class ReaderService(Protocol):
    """What stands between a virtual card and the kiosk."""

    @property
    def host(self) -> str:
        """Where vpcd listens."""

    @property
    def vpcd_port(self) -> int:
        """Port of vpcd's first slot; 0 before the first start."""

    async def start(self, *, has_readers: bool = True) -> None:
        """Run, with readers or with none connected. OSError when that cannot be."""

    async def stop(self) -> None:
        """End at once, as when killed. Twice is fine."""

    async def dispose(self) -> None:
        """Stop, and leave nothing behind. Twice is fine."""


class RunningPcsc(ReaderService):
    """A pcscd that somebody else runs and that nothing here can stop, such as the machine's own."""

    def __init__(self, *, host: str = "127.0.0.1", vpcd_port: int = 35963) -> None:
        """Say where its vpcd listens."""
        self._host = host
        self._port = vpcd_port

    @property
    @override
    def host(self) -> str:
        return self._host

    @property
    @override
    def vpcd_port(self) -> int:
        return self._port

    @override
    async def start(self, *, has_readers: bool = True) -> None:
        """It is not ours."""

    @override
    async def stop(self) -> None:
        """It is not ours."""

    @override
    async def dispose(self) -> None:
        """It is not ours."""


class PrivatePcsc(ReaderService):
    """A pcscd in a folder. Also a context: runs inside it, and leaves nothing behind."""

    def __init__(self, folder: Path | None = None) -> None:
        """Prepare; nothing runs yet.

        Args:
            folder: Its own, kept afterwards; None makes one that goes with it. Its name must be short: a socket stands in it.
        """
        self._is_own = folder is None
        self._folder = folder if folder is not None else Path(tempfile.mkdtemp(prefix="zz-pcsc-"))
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    @override
    def host(self) -> str:
        return "127.0.0.1"

    @property
    @override
    def vpcd_port(self) -> int:
        return self._port

    @property
    def socket(self) -> Path:
        """Where it listens for those who ask for cards."""
        return self._folder / "run" / "pcscd.comm"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs that is to find this one and not the machine's."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket)}

    @property
    def pid(self) -> int | None:
        """Process id of pcscd while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @staticmethod
    def cannot_run_because() -> str:
        """Say in words what this machine lacks; empty when nothing."""
        missing = [name for name in ("pcscd", "unshare", "mount", "setpriv") if shutil.which(name, path=_PATH) is None]
        if not LIBRARY.exists():
            missing.append("vpcd (apt install vsmartcard-vpcd)")
        if missing:
            return f"not installed: {', '.join(missing)}"
        tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False, timeout=TRY_WITHIN_S)  # noqa: S603  our own words
        return f"no mount namespace: {tried.stderr.strip()}" if tried.returncode else ""

    @override
    async def start(self, *, has_readers: bool = True) -> None:
        await self.stop()
        if reason := self.cannot_run_because():
            raise OSError(f"a private pcscd cannot run: {reason}")
        if len(str(self.socket)) > LONGEST_SOCKET_NAME:
            raise OSError(f"{self.socket} is too long for the name of a socket")
        for _ in range(TRIES):
            self._port = self._port or _free_ports()
            await self._run(has_readers=has_readers)
            if not has_readers or self._readers_are_there():
                return
            await self.stop()
            self._port = 0
        raise OSError(f"vpcd found no free pair of ports; see {self._log}")

    @override
    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    @override
    async def dispose(self) -> None:
        await self.stop()
        if self._is_own:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        """Start it with readers."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it and clean up."""
        await self.dispose()

    @property
    def _log(self) -> Path:
        return self._folder / "pcscd.log"

    async def _run(self, *, has_readers: bool) -> None:
        run, config = self._folder / "run", self._folder / "conf"
        shutil.rmtree(run, ignore_errors=True)  # the socket and the pid of one that was killed keep the next from starting
        run.mkdir(parents=True)
        config.mkdir(exist_ok=True)
        (config / "vpcd").write_text(_configuration(self._port) if has_readers else "# no reader\n", encoding="ascii")
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_unshare(), "sh", "-c", _INSIDE, "sh", str(run), str(config),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | {"PATH": _PATH},
            )  # fmt: skip
        until_s = asyncio.get_running_loop().time() + START_WITHIN_S
        while not _answers(self.socket):
            if self._process.returncode is not None or asyncio.get_running_loop().time() > until_s:
                said = self._log.read_text(encoding="utf-8", errors="replace")[-500:].strip()
                await self.stop()
                raise OSError(f"pcscd did not start: {said or 'it said nothing'}")
            await asyncio.sleep(LOOK_AGAIN_S)

    def _readers_are_there(self) -> bool:
        said = self._log.read_text(encoding="utf-8", errors="replace")
        return all(f"Waiting for virtual ICC on port {self._port + slot}" in said for slot in range(SLOTS))


_PATH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/usr/bin:/sbin:/bin"


def _unshare() -> tuple[str, ...]:
    """The command that begins a mount namespace; without being root, in a user namespace where we are."""
    found = shutil.which("unshare", path=_PATH) or "unshare"
    return (found, "--mount") if os.geteuid() == 0 else (found, "--mount", "--map-root-user")


def _configuration(port: int) -> str:
    return f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {LIBRARY}\nCHANNELID {port:#x}\n'


def _free_ports() -> int:
    """Return the first of ``SLOTS`` neighbouring ports that nobody listens on."""
    for _ in range(100):
        with contextlib.ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("0.0.0.0", 0))  # noqa: S104  as vpcd does
            port = int(first.getsockname()[1])
            try:
                for slot in range(1, SLOTS):
                    held.enter_context(socket.socket()).bind(("0.0.0.0", port + slot))  # noqa: S104
            except (OSError, OverflowError):
                continue
            return port
    raise OSError("no two neighbouring ports are free")


def _answers(name: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
        asking.connect(str(name))
        return True
    return False
