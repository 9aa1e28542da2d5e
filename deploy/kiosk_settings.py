"""The settings of a kiosk whose devices are the rig's, as its ``kiosk.toml``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "id-card-reader": "id_card_reader/sam",
        "smartcard-reader": "smartcard_reader/social_security",
        "receipt-printer": "receipt_printer/escpos",
        "document-printer": "document_printer/ipp",
        "code-scanner": "code_scanner/serial_engine",
        "camera": "camera/face",
        "document-scanner": "document_scanner/overhead",
        "cabinet-board": "cabinet/board",
        "ups": "cabinet/ups_nut",
        "machine": "cabinet/machine",
        "network": "cabinet/network",
    }
)
"""What drives each device of the rig, by its name there."""

USUAL: Mapping[str, Mapping[str, object]] = MappingProxyType({"receipt-printer": {"model": "generic-qr"}})
"""Settings of drivers that are no default."""

HEAD = """\
# Written by the demonstration; a real kiosk's file looks the same.
[kiosk]
id = "DEMO-001"
county = "demo"
site = "光明村"
town = "南三镇"
address = "坡头区南三镇光明村"
clerk_phone = "0759-0000000"
help_phone = "12345"
state_dir = "{state}"
time_zone = "Asia/Shanghai"
receipt_note = "演示用，内容均为虚构"

[elsewhere]
name = "镇便民中心"
distance_km = 2.3
hours = "上午8点半到下午5点半"

[display]
{display}

[platform]
base_url = "{platform}"
token_file = "{token}"
answer_s = 8.0
overall_s = 16.0

[fleet]
broker = "{broker_scheme}://127.0.0.1:{broker_port}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bureau:
    """Where a kiosk enrols, and the serial number it is known by there."""

    url: str
    serial: str


def kiosk_toml(
    ports: Mapping[str, str],
    *,
    state: Path,
    platform: str,
    token: Path,
    broker_port: int,
    broker_scheme: str = "mqtt",
    bureau: Bureau | None = None,
    display: str,
    settings: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
) -> str:
    """Write the settings.

    Args:
        ports: Name of each device -> its port, in the order they are shown. A device nobody drives is left out.
        state: Folder of everything the kiosk keeps.
        platform: Where the platform's API begins.
        token: File of the platform's token.
        broker_port: On loopback.
        broker_scheme: ``mqtts`` for one that asks for certificates.
        bureau: Whose kiosk it is; its broker asks for certificates. None: nobody's.
        display: The lines of ``[display]``.
        settings: By device name, settings of its driver beside the usual ones.
    """
    if "machine" in ports:
        ports = {**ports, "network": ports["machine"]}
        settings = {**settings, "machine": {"watched_folder": str(state), **settings.get("machine", {})}}
    head = HEAD.format(
        state=state,
        platform=platform,
        token=token,
        broker_port=broker_port,
        broker_scheme=broker_scheme if bureau is None else "mqtts",
        display=display,
    )
    if bureau is not None:
        head += f'\n[bureau]\nurl = "{bureau.url}"\nserial = "{bureau.serial}"\n'
    devices = [
        f'\n[[device]]\nname = "{name}"\ndriver = "{DRIVERS[name]}"\nport = "{port}"\n'
        + _settings({**USUAL.get(name, {}), **settings.get(name, {})})
        for name, port in ports.items()
        if name in DRIVERS
    ]
    return head + "".join(devices)


def _settings(settings: Mapping[str, object]) -> str:
    if not settings:
        return ""
    # What JSON writes of words, numbers, truth and lists of them is TOML too.
    pairs = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items())
    return f"settings = {{ {pairs} }}\n"
