import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import serial
from PIL import Image
from typer.testing import CliRunner

from drivers.id_card_reader.sam_codec import COMMANDS, Ask, Dialect
from drivers.rig.__main__ import cli

READY = re.compile(r"rig ready url=(\S+) dir=(\S+)")

Run = Callable[..., str]


def start(folder: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    rig = subprocess.Popen(
        [sys.executable, "-m", "drivers.rig", "serve", "--dir", str(folder), *options], stdout=subprocess.PIPE, text=True
    )
    assert rig.stdout is not None
    ready = READY.match(rig.stdout.readline())
    assert ready is not None
    return rig, ready[1]


def end(rig: subprocess.Popen[str]) -> None:
    rig.terminate()
    rig.wait(10)
    assert rig.stdout is not None
    rig.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("rig")
    rig, _ = start(folder)
    yield folder
    end(rig)


@pytest.fixture
def rig(folder: Path) -> Iterator[Run]:
    def run(*words: str, fails: bool = False) -> str:
        result = CliRunner().invoke(cli, [*words, "--dir", str(folder)])
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    yield run
    for device in ("id-card-reader", "receipt-printer"):
        run("replug", device)
        run("clear", device)
    run("card", "remove")


def eventually(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


def test_list_names_devices_ports_and_faults_with_their_options(rig: Run, folder: Path) -> None:
    said = rig("list")
    assert f"serial:{folder}/ports/receipt-printer?baud=115200" in said
    assert f"serial:{folder}/ports/id-card-reader?baud=115200" in said
    assert "paper-out" in said
    assert "after_bytes=" in said
    assert "50.00 米" in said


def test_a_fault_is_given_shown_and_cleared(rig: Run) -> None:
    assert "paper-out" in rig("give", "receipt-printer", "paper-out")
    assert "* paper-out" in rig("list")
    assert "paper-out" not in rig("clear", "receipt-printer", "paper-out")
    assert "* paper-out" not in rig("list")


def test_a_fault_that_begins_later_counts_as_given(rig: Run) -> None:
    assert "paper-out" in rig("give", "receipt-printer", "paper-out", "after_bytes=400")


def test_clear_without_a_fault_ends_all_of_them(rig: Run) -> None:
    rig("give", "receipt-printer", "paper-out")
    rig("give", "receipt-printer", "cover-open")
    assert "(none)" in rig("clear", "receipt-printer")


@pytest.mark.parametrize("device", ["id-card-reader", "receipt-printer"])
@pytest.mark.usefixtures("rig")
def test_every_fault_that_can_be_given_shows_as_given(folder: Path, device: str) -> None:
    url = json.loads((folder / "rig.json").read_text())["url"]
    with httpx.Client(base_url=url, trust_env=False) as client:
        devices = {each["device"]: each for each in client.get("/api/bench").json()["devices"]}
        for fault in devices[device]["faults"]:
            said = client.put(f"/api/devices/{device}/faults/{fault['name']}", json={"options": {}}).json()
            assert {each["name"] for each in said["faults"] if each["is_given"]} >= {fault["name"]}
            client.delete(f"/api/devices/{device}/faults/{fault['name']}")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("give", "toaster", "burnt"), "receipt-printer"),
        (("give", "receipt-printer", "burnt"), "paper-out"),
        (("give", "receipt-printer", "paper-out", "colour=red"), "after_bytes"),
        (("give", "receipt-printer", "paper-out", "after_bytes=lots"), "after_bytes"),
        (("give", "receipt-printer", "paper-out", "after_bytes"), "key=value"),
        (("clear", "toaster"), "id-card-reader"),
        (("unplug", "toaster"), "id-card-reader"),
        (("card", "insert", "nobody-1"), "resident-1"),
    ],
)
def test_a_mistake_is_answered_with_what_there_is(rig: Run, words: tuple[str, ...], hint: str) -> None:
    said = rig(*words, fails=True)
    assert hint in said
    assert "Traceback" not in said


def test_where_no_rig_runs_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["list"], env={"DEMO_DIR": str(tmp_path)})
    assert result.exit_code == 1
    assert "zhizhu-rig serve" in result.output


def test_a_second_rig_on_the_same_folder_is_refused_and_told_who_holds_it(rig: Run, folder: Path) -> None:
    holder = json.loads((folder / "rig.json").read_text())
    said = rig("serve", fails=True)
    assert str(holder["pid"]) in said
    assert holder["url"] in said


def test_a_card_on_the_reader_is_found_over_the_port(rig: Run, folder: Path) -> None:
    find = COMMANDS[Dialect.STANDARD][Ask.FIND]
    command = b"\xaa\xaa\xaa\x96\x69\x00\x03" + find + bytes([0x00 ^ 0x03 ^ find[0] ^ find[1]])
    with serial.Serial(str(folder / "ports/id-card-reader"), 115200, timeout=3) as port:
        port.write(command)
        assert port.read(11)[9] == 0x80
        rig("card", "insert", "resident-1")
        port.write(command)
        assert port.read(15)[9] == 0x9F
        rig("card", "remove")
        port.write(command)
        assert port.read(11)[9] == 0x80


def test_unplug_is_felt_at_the_port_and_replug_brings_it_back(rig: Run, folder: Path) -> None:
    name = folder / "ports/receipt-printer"
    with serial.Serial(str(name), 115200, timeout=2) as port:
        port.write(b"\x10\x04\x01")
        assert port.read(1) == b"\x12"
        assert "unplugged" in rig("unplug", "receipt-printer")
        with pytest.raises(serial.SerialException):
            port.read(1)
    assert not name.exists()
    assert "unplugged" not in rig("replug", "receipt-printer")
    with serial.Serial(str(name), 115200, timeout=2) as port:
        port.write(b"\x10\x04\x01")
        assert port.read(1) == b"\x12"


def test_what_is_printed_becomes_a_picture_and_a_text_oldest_first(rig: Run, folder: Path) -> None:
    before = len(rig("paper").splitlines())
    for word in ("first", "second"):
        with serial.Serial(str(folder / "ports/receipt-printer"), 115200, timeout=2) as port:
            port.write(b"\x1b@" + word.encode() + b"\n\n\n\x1dV\x42\x00")
            count = before + 1 + (word == "second")
            eventually(lambda expected=count: len(rig("paper").splitlines()) == expected)  # type: ignore[misc]  # default binds
    papers = [line.split("\t") for line in rig("paper").splitlines()]
    assert [int(paper[0]) for paper in papers] == list(range(1, len(papers) + 1))
    assert "first" in Path(papers[-2][3]).read_text(encoding="utf-8")
    assert "second" in Path(papers[-1][3]).read_text(encoding="utf-8")
    with Image.open(papers[-1][2]) as picture:
        assert picture.width > 400
    assert papers[-1][1].endswith("+00:00")


@pytest.mark.usefixtures("rig")
def test_the_page_shows_every_device_and_allows_nothing_from_elsewhere(folder: Path) -> None:
    url = json.loads((folder / "rig.json").read_text())["url"]
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 200
    assert page.text.count("data-device=") == len(httpx.get(f"{url}/api/bench", trust_env=False).json()["devices"]) > 4
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=\"/)|style=|\son\w+=|(?:src|href)=\"https?://", page.text)
    assert httpx.get(url, headers={"Host": "evil.example"}, trust_env=False).status_code == 400
    assert httpx.post(f"{url}/api/devices/receipt-printer/plug", json={"is_plugged": False}, trust_env=False).status_code == 405


def test_a_rig_told_to_end_leaves_nothing_behind_and_goes_on_counting_papers_later(tmp_path: Path) -> None:
    numbers: list[int] = []
    for _ in range(2):
        rig, url = start(tmp_path, "--printer", "tcp")
        devices = {each["device"]: each for each in httpx.get(f"{url}/api/bench", trust_env=False).json()["devices"]}
        host, _, port = devices["receipt-printer"]["port"].removeprefix("tcp://").partition(":")
        with socket.create_connection((host, int(port)), timeout=2) as line:
            line.sendall(b"\x1b@hello\n\n\x1dV\x42\x00")
            eventually(lambda: len(httpx.get(f"{url}/api/bench", trust_env=False).json()["papers"]) > len(numbers))  # noqa: B023
        numbers.append(httpx.get(f"{url}/api/bench", trust_env=False).json()["papers"][-1]["number"])
        end(rig)
        assert list((tmp_path / "ports").iterdir()) == []
        assert not (tmp_path / "rig.json").exists()
        assert rig.returncode in {0, -signal.SIGTERM}
    assert numbers == [1, 2]


def test_a_rig_that_was_killed_does_not_keep_its_folder(tmp_path: Path) -> None:
    rig, _ = start(tmp_path)
    os.kill(rig.pid, signal.SIGKILL)
    rig.wait(5)
    assert rig.stdout is not None
    rig.stdout.close()
    another, _ = start(tmp_path)
    end(another)


def test_a_busy_port_is_named(folder: Path, tmp_path: Path) -> None:
    port = json.loads((folder / "rig.json").read_text())["url"].rpartition(":")[2]
    result = CliRunner().invoke(cli, ["serve", "--dir", str(tmp_path), "--port", port])
    assert result.exit_code == 1
    assert port in result.output


def test_whatever_can_be_laid_before_a_device_is_listed_and_laid_and_taken_away(rig: Run, folder: Path) -> None:
    def scanner() -> dict[str, object]:
        url = json.loads((folder / "rig.json").read_text())["url"]
        devices = httpx.get(f"{url}/api/bench", trust_env=False).json()["devices"]
        return next(device for device in devices if device["device"] == "code-scanner")

    assert "phone-identity-1" in rig("list")
    rig("lay", "code-scanner", "phone-identity-1")
    assert scanner()["laid"] == "phone-identity-1"
    rig("take", "code-scanner")
    assert scanner()["laid"] is None
    assert "放不了东西" in rig("lay", "receipt-printer", "phone-identity-1", fails=True)


def test_a_card_goes_to_the_reader_it_belongs_to(rig: Run) -> None:
    if "smartcard-reader" in rig("list"):
        assert "smartcard-reader" in rig("card", "insert", "social-security-1")
        rig("card", "remove")
    assert "id-card-reader" in rig("card", "insert", "hkmt-1")
    rig("card", "remove")
