"""fleet.toml: what is wrong is said with the key's path and what is allowed."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.requests import FIRST_PATIENCE_S, LAST_PATIENCE_S, SPREAD_S, Requests
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.wire.service_hours import CHINA
from tests.telemetry.said import K1


def _read(folder: Path, text: str) -> FleetSettings:
    path = folder / "fleet.toml"
    path.write_text(text)
    return FleetSettings.read(path)


def _problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        _read(folder, text)
    return refused.value.problems


def test_a_desk_outside_is_named_with_what_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text('[[tickets.contacts]]\nends = "power"\nname = "县供电公司抢修"\nphone = "0000-1234567"\n', encoding="utf-8")
    contacts = FleetSettings.read(path).tickets.as_contacts()
    assert contacts.addressee(Kind.POWER, county="lanxi", area="东片") == "县供电公司抢修 0000-1234567"
    path.write_text('[[tickets.contacts]]\nends = "water"\nname = "x"\nphone = "call me"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        FleetSettings.read(path)
    assert len(refused.value.problems) == 2


def test_an_empty_file_is_a_whole_service_on_this_machine(tmp_path: Path) -> None:
    settings = _read(tmp_path, "")
    assert (settings.server.host, settings.broker.url) == ("127.0.0.1", None)
    assert settings.server.state_dir == str(tmp_path / "state")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[server]\nprot = 1", "server.prot: unknown key"),
        ("[sever]\nport = 1", "sever: unknown key"),
        ("[server]\nport = 70000", "server.port: must be a whole number from 1 to 65535, not 70000"),
        ("[server]\nport = '80'", "server.port: must be a whole number from 1 to 65535, not '80'"),
        ("[liveness]\nfactor = 1.0", "liveness.factor: must be a number from 1.5 to 20, not 1.0"),
        ("[liveness]\nfactor = nan", "liveness.factor: must be a number from 1.5 to 20, not nan"),
        ("[ingest]\nqueue_size = 1", "ingest.queue_size: must be a whole number from 1000 to 1000000, not 1"),
        ("server = 3", "server: "),
        ("[county]\nname = 'x'", "county.name: unknown key"),
        ("[county.names]\ndemo = 3", "county.names.demo: "),
        ("[county.names]\ndemo = ''", "county.names: the name of demo must be 1 to 32 printable characters, not ''"),
        ('[county.names]\ndemo = "演示\\n县"', "county.names: the name of demo must be"),
        (f"[county.names]\ndemo = '{'县' * 33}'", "county.names: the name of demo must be"),
        ("[county.names]\n'de mo' = '演示县'", "county.names: 'de mo' is not a county as kiosks say it"),
        ("[hours.calendars]\noffice = ['Mon-Fri 8-17']", "hours.calendars: office: '8-17' must be hours, e.g. 08:30-17:30"),
        ("[hours.calendars]\n'of fice' = []", "hours.calendars: 'of fice' is not a name of hours"),
        ("[hours.of_county]\ndemo = 'night'", "hours: of_county.demo names 'night', which is not in hours.calendars"),
        ("[hours]\nholidays = ['National Day']", "hours.holidays.0: "),
        ("[store]\nurl = 'nonsense'", "store.url: must be sqlite:///file or postgresql://user@host/name"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(tmp_path: Path, text: str, problem: str) -> None:
    assert _problems(tmp_path, text)[0].startswith(problem)


def test_service_hours_are_read_with_holidays_and_worked_weekends(tmp_path: Path) -> None:
    written = """
        [hours]
        holidays = [2026-10-01, 2026-10-02]
        working_days = [2026-10-10]
        of_county = { demo = "always" }
        [hours.calendars]
        always = ["Mon-Hol 00:00-24:00"]
    """
    calendars = _read(tmp_path, written).hours.as_calendars()
    assert calendars.of("demo").is_open(datetime(2026, 10, 1, 3, tzinfo=CHINA))
    assert not calendars.of("other").is_open(datetime(2026, 10, 1, 10, tzinfo=CHINA))
    assert calendars.of("other").is_open(datetime(2026, 10, 10, 10, tzinfo=CHINA))


def test_nobody_is_let_in_unasked_from_another_machine(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, "[server]\nhost = '0.0.0.0'\n[sign_in]\nrequired = false")
    assert problem.startswith("sign_in.required: may be false only where server.host is one of 127.0.0.1")
    assert not _read(tmp_path, "[sign_in]\nrequired = false").sign_in.required
    assert _read(tmp_path, "[server]\nhost = '0.0.0.0'").sign_in.required


def test_a_public_address_is_that_of_a_whole_site(tmp_path: Path) -> None:
    assert _read(tmp_path, "[sign_in]\npublic_url = 'https://fleet.example'").sign_in.is_secure
    assert not _read(tmp_path, "[sign_in]\npublic_url = 'http://fleet.example/'").sign_in.is_secure
    (problem,) = _problems(tmp_path, "[sign_in]\npublic_url = 'https://a:b@fleet.example/x'")
    assert problem == "sign_in.public_url: must be https://host, as browsers say it"


def test_a_county_may_have_a_name(tmp_path: Path) -> None:
    assert _read(tmp_path, "[county.names]\ndemo = '演示县'").county.names == {"demo": "演示县"}
    assert _read(tmp_path, "").county.names == {}


def test_a_broker_must_be_an_address(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, "[broker]\nurl = 'http://x'")
    assert problem.startswith("broker.url: ")
    assert "mqtts://host:port" in problem


def test_a_password_in_a_url_is_not_repeated(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, "[store]\nurl = 'mysql://fleet:hunter2@db/fleet'")
    assert "hunter2" not in problem


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    assert len(_problems(tmp_path, "[server]\nport = 0\nnonsense = 1\n[broker]\nport = -1")) == 3


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        FleetSettings.read(tmp_path / "nothing.toml")
    assert _problems(tmp_path, "[server")[0].startswith("is not TOML")


def test_a_kiosk_is_asked_at_once_and_then_ever_more_seldom() -> None:
    requests = Requests(random=Random(1))
    asked = [second for second in range(600) if requests.ask(K1, now_s=second) is not None]
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert asked[0] == 0
    assert gaps[0] == FIRST_PATIENCE_S
    assert gaps == sorted(gaps)
    assert max(gaps) == LAST_PATIENCE_S


def test_requests_to_many_kiosks_are_spread() -> None:
    requests = Requests(random=Random(1))
    delays = [requests.ask(K1.__class__(county="demo", kiosk=f"K{number}"), now_s=0) for number in range(500)]
    told = [delay for delay in delays if delay is not None]
    assert len(told) == 500
    assert max(told) <= SPREAD_S
    assert sum(delay < SPREAD_S / 2 for delay in told) in range(200, 300)


def test_a_kiosk_that_gets_on_may_be_asked_again_at_once() -> None:
    requests = Requests(random=Random(1))
    assert requests.ask(K1, now_s=0) is not None
    assert requests.ask(K1, now_s=1) is None
    requests.gets_on(K1)
    assert requests.ask(K1, now_s=1) is not None


def test_certificates_are_asked_for_by_the_embedded_broker_alone(tmp_path: Path) -> None:
    assert _read(tmp_path, "[broker]\nrequires_certificates = true").broker.requires_certificates
    (problem,) = _problems(tmp_path, "[broker]\nurl = 'mqtts://localhost:8884'\nrequires_certificates = true")
    assert "of the embedded broker" in problem
    assert _read(tmp_path, "[broker]\nurl = 'mqtts://localhost:8884'").broker.url == "mqtts://localhost:8884"


def test_a_service_that_listens_everywhere_finds_itself_on_loopback(tmp_path: Path) -> None:
    assert _read(tmp_path, "[broker]\nhost = '0.0.0.0'").broker.own_host == "127.0.0.1"
    assert _read(tmp_path, "[broker]\nhost = '10.1.2.3'").broker.own_host == "10.1.2.3"
