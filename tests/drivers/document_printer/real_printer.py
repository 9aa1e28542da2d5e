"""A real IPP printer for tests: ``ippeveprinter`` of CUPS, with a print command that does what a test has written down."""

import asyncio
import contextlib
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.drivers.document_printer import printer_room

COMMAND = """#!/bin/sh
# Does, line by line, what stands in the script; what it was given is printed when the script is over.
FOLDER={folder}
pages=0
while read -r word rest; do
    case "$word" in
        page) pages=$((pages + 1)); echo "ATTR: job-impressions-completed=$pages" >&2 ;;
        say) echo "$rest" >&2 ;;
        rest) sleep "$rest" ;;
        wait) until [ -e "$FOLDER/$rest" ]; do sleep 0.02; done ;;
        fail) exit 1 ;;
    esac
done < "$FOLDER/script"
cp "$1" "$FOLDER/printed-$IPP_JOB_ID.part"
mv "$FOLDER/printed-$IPP_JOB_ID.part" "$FOLDER/printed-$IPP_JOB_ID.pdf"
"""

needs_the_real_printer = pytest.mark.skipif(
    shutil.which("ippeveprinter") is None or shutil.which("unshare") is None,
    reason="needs ippeveprinter (cups-ipp-utils), dbus, avahi-daemon and the right to make namespaces",
)


@dataclass(frozen=True, kw_only=True)
class RealPrinter:
    """One ``ippeveprinter`` and its folder."""

    folder: Path
    number: int

    @property
    def port(self) -> str:
        return f"ipp://127.0.0.1:{self.number}/ipp/print"

    def will(self, *steps: str) -> None:
        """Write down what the next print does: ``page``, ``say STATE: +media-jam``, ``wait FILE``, ``rest 0.1``, ``fail``."""
        (self.folder / "script").write_text("".join(f"{step}\n" for step in steps))

    def let_go(self, file: str) -> None:
        """End a ``wait``."""
        (self.folder / file).touch()

    @property
    def printed(self) -> list[bytes]:
        """Every document that came out, in order."""
        files = self.folder.glob("printed-*.pdf")
        return [file.read_bytes() for file in sorted(files, key=lambda file: int(file.stem.partition("-")[2]))]

    async def load(self, sheets: int) -> None:
        """Fill in the web form about paper: 0, 5, 25, 50, 125 or 250 sheets."""
        form = {
            "size1": "iso_a4_210x297mm",
            "type1": "stationery",
            "level1": str(sheets),
            "size3": "na_number-10_4.125x9.5in",
            "type3": "envelope",
            "level3": "25" if sheets else "0",
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{self.number}/media", params=form, timeout=10)
        assert answer.status_code == httpx.codes.OK


@contextlib.asynccontextmanager
async def real_printer(folder: Path) -> AsyncIterator[RealPrinter]:
    """Start one in namespaces of its own, and end everything in them."""
    command = folder / "command"
    command.write_text(COMMAND.format(folder=folder))
    command.chmod(0o755)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        printer = RealPrinter(folder=folder, number=listening.getsockname()[1])
        printer.will("page")
        room = await asyncio.create_subprocess_exec(
            *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--"),
            *(sys.executable, str(printer_room.__file__), str(listening.fileno()), str(folder)),
            pass_fds=(listening.fileno(),),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    assert room.stdout is not None
    assert room.stderr is not None
    try:
        async with asyncio.timeout(printer_room.STARTS_WITHIN_S + 5):
            said = await room.stdout.readline()
            assert said == b"ready\n", (await room.stderr.read()).decode()
        yield printer
    finally:
        with contextlib.suppress(ProcessLookupError):
            room.kill()
        await room.communicate()
