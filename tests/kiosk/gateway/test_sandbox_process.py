import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from kiosk.gateway.sandbox.__main__ import cli

READY = re.compile(r"sandbox ready url=(\S+) token_file=(\S+)")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.gateway.sandbox", "serve", "--port", "0", "--db", str(tmp_path / "platform.sqlite")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    ready = READY.match(process.stdout.readline())
    assert ready is not None
    yield process, ready[1], Path(ready[2])
    process.kill()
    process.wait(5)
    process.stdout.close()


def test_the_stand_in_serves_knows_the_sample_cards_and_ends_when_told_though_somebody_hangs(
    running: tuple[subprocess.Popen[str], str, Path],
) -> None:
    process, url, token_file = running
    assert token_file.stat().st_mode & 0o077 == 0
    key = "0" * 31 + "1"
    body = {
        "key": key,
        "service": "social_security_enrolment",
        "person": {"name": "李秀珍", "id_number": "440804195803120027"},
    }
    headers = {"Authorization": f"Bearer {token_file.read_text().strip()}", "Idempotency-Key": key}
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/healthz").status_code == 200
        assert client.post("/applications", json=body, headers=headers).json()["status"] == "accepted"
        assert CliRunner().invoke(cli, ["mode", "hang", "--url", url]).exit_code == 0
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 0), timeout=8) as hanging:
        hanging.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        hanging.settimeout(0.3)
        with pytest.raises(TimeoutError):
            hanging.recv(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(8) in {0, -signal.SIGTERM}


def test_a_mode_there_is_not_is_answered_with_those_there_are(running: tuple[subprocess.Popen[str], str, Path]) -> None:
    result = CliRunner().invoke(cli, ["mode", "sleep=9", "--url", running[1]])
    assert result.exit_code == 1
    assert "drop-after-effect" in result.output


def test_where_no_stand_in_listens_the_command_says_so(unused_url: str) -> None:
    result = CliRunner().invoke(cli, ["mode", "normal", "--url", unused_url])
    assert result.exit_code == 1
    assert unused_url in result.output
