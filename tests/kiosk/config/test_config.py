import os
from datetime import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.compose.configured import offered_of
from kiosk.compose.desired_settings import problems_of
from kiosk.config import ConfigError, KioskConfig, Setting, effective, load_config, read_environment
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import load_services
from provisioning.wire.layering import Tree
from tests.fakes.clock import FakeClock

GOOD = """
[kiosk]
id = "kiosk-1"
county = "potou"
site = "光明村"
town = "南三镇"
address = "坡头区南三镇光明村 12 号"
clerk_phone = "0759-395-0000"
help_phone = "12345"
state_dir = "/var/lib/zhizhu"

[elsewhere]
name = "镇便民中心"
distance_km = 2.3
hours = "今天 17:00 前"

[display]
width_px = 1080

[platform]
base_url = "https://platform.example/kiosk"
token_file = "/etc/zhizhu/token"

[fleet]
broker = "mqtt://fleet.example:1883"

[[device]]
name = "id-card-reader"
driver = "id_card_reader/sam"
port = "serial:/dev/ttyUSB0?baud=115200"

[[device]]
name = "receipt-printer"
driver = "receipt_printer/escpos"
port = "tcp://127.0.0.1:9100"
"""


def load(folder: Path, text: str = GOOD) -> KioskConfig[PlatformSettings]:
    path = folder / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, platform=PlatformSettings, clock=FakeClock())


def problems(folder: Path, old: str, new: str) -> tuple[str, ...]:
    assert GOOD.count(old) >= 1
    with pytest.raises(ConfigError) as raised:
        load(folder, GOOD.replace(old, new, 1))
    return raised.value.problems


def test_a_good_file_becomes_types_with_their_defaults(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.kiosk.site == "光明村"
    assert config.kiosk.time_zone == "Asia/Shanghai"
    assert config.kiosk.state_dir == Path("/var/lib/zhizhu")
    assert (config.fleet.host, config.fleet.port, config.fleet.heartbeat_s) == ("fleet.example", 1883, 30.0)
    assert config.display.px_per_mm == 4.03
    assert config.platform.retries == 3
    assert [device.name for device in config.device] == ["id-card-reader", "receipt-printer"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "width_px = 1080",
            "widht_px = 1080",
            "display.widht_px: unknown key, perhaps width_px was meant;"
            " known here: external, width_px, height_px, px_per_mm, fullscreen",
        ),
        ("width_px = 1080", "width_px = 12", "display.width_px: is 12; allowed: 320 to 7680"),
        ("width_px = 1080", 'width_px = "wide"', "display.width_px: must be a whole number, is 'wide'; allowed: 320 to 7680"),
        ("width_px = 1080", "width_px = 10.5", "display.width_px: must be a whole number, is 10.5; allowed: 320 to 7680"),
        ("width_px = 1080", "width_px = true", "display.width_px: must be a whole number, is true; allowed: 320 to 7680"),
        ("width_px = 1080", "fullscreen = 1", "display.fullscreen: must be true or false, is 1"),
        ("distance_km = 2.3", "distance_km = nan", "elsewhere.distance_km: is nan; allowed: 0 to 500"),
        (
            'id = "kiosk-1"',
            'id = "../kiosk"',
            "kiosk.id: is '../kiosk'; allowed: letters, digits and hyphens, 1 to 32, beginning with a letter or digit",
        ),
        ('site = "光明村"', 'site = ""', "kiosk.site: is ''; allowed: 1 to 8 characters"),
        ('site = "光明村"\n', "", "kiosk.site: is missing; allowed: 1 to 8 characters"),
        (
            'help_phone = "12345"',
            'help_phone = "call me"',
            "kiosk.help_phone: is no telephone number; expected 3 to 20 digits, spaces or hyphens between them allowed",
        ),
        (
            'state_dir = "/var/lib/zhizhu"',
            'state_dir = "/x"\ntime_zone = "Asia/Atlantis"',
            "kiosk.time_zone: is no time zone this machine knows: 'Asia/Atlantis'; expected a name such as Asia/Shanghai",
        ),
        (
            "mqtt://fleet.example:1883",
            "mqtt://user:hush@fleet.example:1883",
            "fleet.broker: is no broker's address; expected mqtts://host:port, without user, password or path"
            " (secrets come from files)",
        ),
        (
            "mqtt://fleet.example:1883",
            "mqtt://fleet.example:99999999",
            "fleet.broker: is no broker's address; expected mqtts://host:port, without user, password or path"
            " (secrets come from files)",
        ),
        ("[fleet]", "[fleet]\nheartbeat_s = 0.0", "fleet.heartbeat_s: is 0.0; allowed: 0.1 to 3600"),
        ("[fleet]", '[log]\nlevel = "loud"\n[fleet]', "log.level: is 'loud'; allowed: debug, info, warning, error"),
        ("[fleet]", "[log]\nfiles = 1\n[fleet]", "log.files: is 1; allowed: 2 to 100"),
        (
            "[fleet]",
            "[colour]\n[fleet]",
            "colour: unknown key; known here: kiosk, elsewhere, display, platform, fleet, bureau, face,"
            " log, services, screen, hours, notice, maintenance, selftest, device",
        ),
        ('name = "id-card-reader"', 'name = "id card"', None),
        ("[platform]", "[platform]\nretries = 11", "platform.retries: is 11; allowed: 0 to 10"),
        ("[platform]", "[platform]\nretry = 1", None),
        ("https://platform.example/kiosk", "platform", None),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(tmp_path: Path, old: str, new: str, complaint: str | None) -> None:
    found = problems(tmp_path, old, new)
    if complaint is not None:
        assert found == (complaint,)
    else:
        assert len(found) == 1
    for jargon in ("pydantic", "input", "type=", "validation", "Field", "loc", "Traceback", "dict", "str "):
        assert jargon not in found[0]


def test_a_device_at_fault_is_called_by_its_name(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'driver = "receipt_printer/escpos"', 'driver = "receipt_printer/escpos"\nprot = "x"')
    assert found == "device[receipt-printer].prot: unknown key, perhaps port was meant; known here: name, driver, port, settings"


def test_a_driver_nobody_has_is_named_with_those_there_are(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "receipt_printer/escpos", "receipt_printer/escpoz")
    assert found.startswith("device[receipt-printer].driver: there is no 'receipt_printer/escpoz'")
    assert "receipt_printer/escpos" in found


def test_a_port_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "tcp://127.0.0.1:9100", "carrier-pigeon:home")
    assert found.startswith("device[receipt-printer].port")
    assert "carrier-pigeon" in found


def test_a_drivers_own_settings_are_checked_at_the_start(tmp_path: Path) -> None:
    (found,) = problems(
        tmp_path, 'port = "tcp://127.0.0.1:9100"', 'port = "tcp://127.0.0.1:9100"\n[device.settings]\nvolume = 11'
    )
    assert found.startswith("device[receipt-printer].settings.volume: unknown key")


def test_two_devices_of_one_name_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, 'name = "id-card-reader"', 'name = "receipt-printer"')
    assert found == ("device[receipt-printer].name: is used twice; every device has a name of its own",)


def test_every_complaint_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("width_px = 1080", "width_px = 1\nhight_px = 2").replace('county = "potou"', "")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    assert [each.partition(":")[0] for each in raised.value.problems] == ["kiosk.county", "display.width_px", "display.hight_px"]
    assert str(raised.value).startswith(f"{tmp_path / 'kiosk.toml'} cannot be used:\n  kiosk.county: is missing")
    assert raised.value.__cause__ is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be used:\n  cannot be read: No such file"):
        load_config(tmp_path / "nowhere.toml", platform=PlatformSettings, clock=FakeClock())


@pytest.mark.parametrize(("body", "complaint"), [(b"[kiosk\n", "line 1"), (b"a = '\xff'", "is not UTF-8 text: byte 5")])
def test_a_file_that_is_no_toml_is_refused_with_its_place(tmp_path: Path, body: bytes, complaint: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(body)
    with pytest.raises(ConfigError, match=complaint):
        load_config(path, platform=PlatformSettings, clock=FakeClock())


def test_a_date_where_text_belongs_is_refused(tmp_path: Path) -> None:
    problems(tmp_path, "width_px = 1080", "width_px = 2026-01-01")


def test_a_table_where_a_list_belongs_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD[GOOD.index("[[device]]") :], '[device]\nname = "x"\n')
    assert found[0].startswith("device: must be a list, is ")


def test_what_is_in_force_says_where_it_came_from(tmp_path: Path) -> None:
    config = load(tmp_path)
    settings = effective(config, tmp_path / "kiosk.toml")
    assert Setting(path="kiosk.id", value='"kiosk-1"', origin="local") in settings
    assert Setting(path="display.height_px", value="1920", origin="built-in") in settings
    assert Setting(path="log.files", value="6", origin="built-in") in settings
    assert Setting(path="device[receipt-printer].port", value='"tcp://127.0.0.1:9100"', origin="local") in settings


def test_a_secret_in_force_is_not_shown(tmp_path: Path) -> None:
    config = load(tmp_path)
    device = config.device[1].model_copy(update={"settings": {"service_pin": "4711", "door_token": "hush"}})
    changed = config.model_copy(update={"device": (device,)})
    shown = {setting.path: setting.value for setting in effective(changed, tmp_path / "kiosk.toml")}
    assert shown["device[receipt-printer].settings.service_pin"] == "***"
    assert shown["device[receipt-printer].settings.door_token"] == "***"
    assert shown["platform.token_file"] == '"/etc/zhizhu/token"'


def test_a_password_in_a_refused_value_is_not_shown(tmp_path: Path) -> None:
    found = problems(tmp_path, "https://platform.example/kiosk", "ftp://me:hush@platform.example")
    assert "hush" not in str(found)


def test_systemds_watchdog_is_found_when_it_is_ours() -> None:
    here = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}
    ours = read_environment(here, pid=os.getpid())
    assert (ours.notify_address, ours.watchdog_s) == ("/run/notify", 30.0)
    assert read_environment({**here, "WATCHDOG_PID": "1"}, pid=2).watchdog_s is None
    assert read_environment({}, pid=2).notify_address is None


def test_the_bureaus_settings_lie_over_the_file_and_say_so(tmp_path: Path) -> None:
    load(tmp_path)
    fleet: Tree = {
        "kiosk": {"help_phone": "0759-1"},
        "device": {
            "receipt-printer": {"port": "tcp://127.0.0.1:9101"},
            "id-card-reader": None,
            "ups": {"driver": "cabinet/ups_nut", "port": "tcp://127.0.0.1:3493"},
        },
        "screen": {"text_size": 2},
        "selftest": {"at": "04:15"},
    }
    path = tmp_path / "kiosk.toml"
    config = load_config(path, platform=PlatformSettings, clock=FakeClock(), fleet=fleet)
    assert config.kiosk.help_phone == "0759-1"
    assert config.kiosk.site == "光明村"
    assert config.screen.text_size == 2
    assert config.selftest.at == time(4, 15)
    assert [(each.name, each.port) for each in config.device] == [
        ("receipt-printer", "tcp://127.0.0.1:9101"),
        ("ups", "tcp://127.0.0.1:3493"),
    ]
    origins = {each.path: each.origin for each in effective(config, path, fleet=fleet)}
    assert origins["kiosk.help_phone"] == "fleet"
    assert origins["kiosk.site"] == "local"
    assert origins["kiosk.time_zone"] == "built-in"
    assert origins["device[receipt-printer].port"] == "fleet"
    assert origins["device[receipt-printer].driver"] == "local"


@pytest.mark.parametrize(
    ("fleet", "complaint"),
    [
        ({"kiosk": {"state_dir": "/x"}}, "kiosk.state_dir: is this kiosk's own; no document sets it"),
        ({"fleet": {"broker": "mqtt://elsewhere:1883"}}, "fleet.broker: is this kiosk's own; no document sets it"),
        ({"fleet": None}, "fleet.broker: is this kiosk's own; no document sets it"),
        ({"device": {"ups": {"name": "x"}}}, "device[ups].name: a device is called by the name of its table"),
        ({"display": {"width_px": 0}}, "display.width_px: is 0; allowed: 320 to 7680"),
        ({"device": {"ups": {"port": "tcp://127.0.0.1:1"}}}, "device[ups].driver: is missing; allowed: 1 to 64 characters"),
        ({"device": {"bad name": {"driver": "x", "port": "y"}}}, None),
        ({"device": 3}, "device: must be a list, is 3; allowed: at most 64 of them"),
        ({"services": {"offered": []}}, None),
        ({"hours": {"open": ["Mon-Fri 8-17"]}}, None),
        ({"hours": {"open": ["Hol 08:30-17:30"]}}, None),
        ({"hours": {"open": []}}, None),
        ({"notice": {"water": {"text": "停水", "ends": "2026-11-25 12:00"}}}, None),
        (
            {"notice": {"water": {"text": "停水", "begins": "2026-11-25T12:00:00+08:00", "ends": "2026-11-25T12:00:00+08:00"}}},
            "notice.water: ends at 2026-11-25 12:00, which is not after it begins",
        ),
        ({"notice": {"water": {"text": "停\n水", "ends": "2026-11-25T12:00:00+08:00"}}}, None),
        ({"maintenance": {"socket": {"begins": "2026-11-25T12:00:00+08:00", "ends": "2026-11-25T13:00:00+08:00"}}}, None),
        ({"colour": {"red": 1}}, None),
    ],
)
def test_what_the_bureau_may_not_say_is_named(tmp_path: Path, fleet: Tree, complaint: str | None) -> None:
    load(tmp_path)
    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path / "kiosk.toml", platform=PlatformSettings, clock=FakeClock(), fleet=fleet)
    if complaint is not None:
        assert raised.value.problems == (complaint,)


def test_services_the_bureau_does_not_offer_here_are_not_offered(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD + '\n[services]\noffered = ["pension_arrival"]\n')
    assert [each.id for each in offered_of(config, load_services())] == ["pension_arrival"]
    with pytest.raises(ValueError, match="there is no 'teleport'"):
        offered_of(load(tmp_path, GOOD + '\n[services]\noffered = ["teleport"]\n'), load_services())


def test_hours_of_a_matter_nobody_knows_are_refused(tmp_path: Path) -> None:
    load(tmp_path)
    wanted: Tree = {"hours": {"of_service": {"teleport": ["Mon-Sun 08:00-20:00"]}}}
    [problem] = problems_of(tmp_path / "kiosk.toml", wanted, clock=FakeClock())
    assert "there is no 'teleport'" in problem


keys = st.sampled_from(
    ("kiosk", "device", "screen", "name", "driver", "port", "settings", "site", "volume", "at", "x", "services", "offered")
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(keys, each, max_size=3),
    max_leaves=10,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleet=st.dictionaries(keys, trees, max_size=4))
def test_whatever_a_document_says_it_is_used_or_refused_in_words(tmp_path: Path, fleet: Tree) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert all(isinstance(each, str) for each in problems_of(path, fleet, clock=FakeClock()))
