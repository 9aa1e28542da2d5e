from collections.abc import Callable

import pytest
from pydantic import ValidationError

from kiosk.gateway.settings import PlatformSettings

Make = Callable[..., PlatformSettings]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "ftp://x"),
        ("base_url", "https://user:secret@x"),
        ("base_url", "https://x/?token=1"),
        ("connect_s", 0),
        ("answer_s", 121),
        ("overall_s", 301),
        ("retries", 11),
        ("retires", 1),
    ],
)
def test_a_setting_out_of_bounds_is_named(settings_for: Make, key: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_for(**{"url": "https://x", key: value} if key != "base_url" else {"url": value})
    assert refused.value.errors()[0]["loc"] == (key,)


def test_one_answer_must_fit_into_the_whole_wait(settings_for: Make) -> None:
    with pytest.raises(ValidationError, match="overall_s"):
        settings_for("https://x", answer_s=20, overall_s=10)


@pytest.mark.parametrize("content", ["", "two words", "wörd"])
def test_a_token_file_without_a_token_is_named(settings_for: Make, content: str) -> None:
    settings = settings_for("https://x")
    settings.token_file.write_text(content)
    with pytest.raises(ValueError, match=str(settings.token_file)):
        settings.read_token()


def test_a_token_file_that_is_missing_is_named(settings_for: Make) -> None:
    settings = settings_for("https://x")
    settings.token_file.unlink()
    with pytest.raises(ValueError, match="token_file"):
        settings.read_token()
