"""Runs the real ``ippeveprinter`` in namespaces of its own, and leads one port of the world outside to it.

Started by ``real_printer`` as ``unshare --net --mount --pid --fork --kill-child python printer_room.py FD FOLDER``. It wants
D-Bus, Avahi and all addresses for itself, so it gets a network and a ``/run`` of its own. ``FD`` is a listening socket that
was made outside: a socket stays in the network it was made in, so accepting on it and connecting to the printer is the
whole bridge.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
from pathlib import Path

NUMBER = 8631
STARTS_WITHIN_S = 20


def prepare(folder: Path) -> None:
    for command in (
        ["mount", "-t", "tmpfs", "none", "/run"],
        ["mkdir", "-p", "/run/dbus", "/run/avahi-daemon", "/run/lock"],
        ["ip", "link", "set", "lo", "up"],
        ["dbus-daemon", "--system", "--fork", "--nopidfile"],
        ["avahi-daemon", "-D", "--no-chroot", "--no-drop-root"],
    ):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "spool").mkdir()
    (folder / "keys").mkdir()


def start_printer(folder: Path) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [
                "ippeveprinter",
                *("-v", "-k", "-r", "off"),
                *("-d", str(folder / "spool")),
                *("-K", str(folder / "keys")),
                *("-f", "application/pdf"),
                *("-c", str(folder / "command")),
                *("-n", "localhost"),
                *("-p", str(NUMBER)),
                "Village hall",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


async def until_it_answers() -> None:
    async with asyncio.timeout(STARTS_WITHIN_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", NUMBER)
                writer.close()
                return
            await asyncio.sleep(0.02)


async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", NUMBER)

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while payload := await source.read(65536):
                target.write(payload)
                await target.drain()
        with contextlib.suppress(OSError):
            target.write_eof()

    await asyncio.gather(carry(reader, inner_writer), carry(inner_reader, writer))
    for end in (writer, inner_writer):
        end.close()


async def run(listening: int, folder: Path) -> None:
    prepare(folder)
    printer = start_printer(folder)
    await until_it_answers()
    server = await asyncio.start_server(lead, sock=socket.socket(fileno=listening))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(printer.wait)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), Path(sys.argv[2])))
