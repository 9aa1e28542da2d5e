"""When a notice may go, and from where its address comes."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from telemetry.fleet.notices.channels import ChannelError, open_channels
from telemetry.fleet.notices.pace import HOUR, Quiet, digest_day, not_before, retry_s
from telemetry.fleet.notices.settings import ChannelSection, Notices
from telemetry.fleet.settings import FleetSettings, SettingsError
from telemetry.wire.service_hours import CHINA

NIGHT = Quiet.parse("21:00-07:00")


def _at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


def test_quiet_hours_reach_over_midnight() -> None:
    assert NIGHT.over_at(_at(12)) == _at(12)
    assert NIGHT.over_at(_at(22)) == _at(7, day=25)
    assert NIGHT.over_at(_at(3)) == _at(7)
    assert NIGHT.over_at(_at(7)) == _at(7)
    assert Quiet.parse("12:00-14:00").over_at(_at(13)) == _at(14)


@pytest.mark.parametrize("said", ["", "21-7", "25:00-07:00", "21:00-07:61", "21:00"])
def test_hours_nobody_can_read_are_refused(said: str) -> None:
    with pytest.raises(ValueError, match="must be hours"):
        Quiet.parse(said)


def test_at_night_only_what_blocks_and_is_late_goes_out() -> None:
    for is_urgent, expected in ((False, _at(7, day=25)), (True, _at(22))):
        assert not_before(_at(22), quiet=NIGHT, is_urgent=is_urgent, lately=(), most_per_hour=9) == expected


@given(st.lists(st.integers(0, 7_200), min_size=1, max_size=300), st.integers(1, 10))
def test_no_hour_ever_has_more_notices_than_somebody_reads(seconds: list[int], most: int) -> None:
    sent: list[datetime] = []
    for second in sorted(seconds):
        now = _at(9) + timedelta(seconds=second)
        goes = not_before(now, quiet=None, is_urgent=True, lately=sent, most_per_hour=most)
        assert goes >= now
        sent.append(goes)
    for moment in sent:
        assert sum(moment <= other < moment + HOUR for other in sent) <= most


def test_a_channel_that_is_down_is_asked_less_and_less_often() -> None:
    waits = [retry_s(tries) for tries in range(60)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (5.0, 1_800.0)
    assert sum(waits) > 24 * 3_600


def test_a_server_started_in_the_evening_sends_no_morning_digest() -> None:
    assert digest_day(_at(7, 30), digest_at=time(7, 30)) == "2026-11-24"
    assert digest_day(_at(7, 29), digest_at=time(7, 30)) == ""
    assert digest_day(_at(18), digest_at=time(7, 30)) == ""


def test_an_address_comes_from_a_file_or_the_environment_and_is_shown_nowhere(tmp_path: Path) -> None:
    secret = "wecombot://a-secret-key"  # made up
    (tmp_path / "address").write_text(f"{secret}\n")
    (tmp_path / "fleet.toml").write_text(
        """
        [[notices.channel]]
        name = "county"
        url_file = "address"
        counties = ["lanxi"]
        [[notices.channel]]
        name = "night"
        url_env = "NIGHT_URL"
        quiet = ""
        """
    )
    settings = FleetSettings.read(tmp_path / "fleet.toml")
    county, night = open_channels(settings.notices.channel, environment={"NIGHT_URL": secret})
    assert (county.address, night.address, night.quiet) == (secret, secret, None)
    assert secret not in f"{county!r}{settings!r}{settings.model_dump_json()}"
    assert county.wants("news", county="lanxi", area="东片")
    assert not county.wants("news", county="qinghe")


def test_a_channel_without_an_address_is_named_and_its_address_is_not(tmp_path: Path) -> None:
    missing = ChannelSection(name="county", url_file=str(tmp_path / "nowhere"))
    empty = ChannelSection(name="county", url_env="NOT_SET")
    for section in (missing, empty):
        with pytest.raises(ChannelError, match=r"notices.channel county"):
            open_channels([section], environment={})


@pytest.mark.parametrize(
    "said",
    [
        {"channel": [{"name": "a"}]},
        {"channel": [{"name": "a", "url_file": "f", "url_env": "E"}]},
        {"channel": [{"name": "a", "url_env": "E"}, {"name": "a", "url_env": "E"}]},
        {"channel": [{"name": "a", "url_env": "E", "kinds": ["gossip"]}]},
        {"channel": [{"name": "a", "url_env": "E", "url": "json://x"}]},
        {"digest_at": "half past seven"},
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Notices.model_validate(said)


def test_a_misspelt_channel_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('[[notices.channel]]\nname = "a"\nurl_env = "E"\nquit = "x"\n')
    with pytest.raises(SettingsError) as refused:
        FleetSettings.read(tmp_path / "fleet.toml")
    assert refused.value.problems == ("notices.channel.0.quit: unknown key",)
