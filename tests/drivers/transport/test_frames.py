"""Cameras in a configuration: what is written is understood, or refused in words."""

import pytest

from drivers.transport.frames import frames_for
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("written", "port"),
    [
        ("v4l2:/dev/video0", "v4l2:/dev/video0?width=640&height=480&fps=30"),
        ("v4l2:/dev/v4l/by-path/x?width=1280&height=720", "v4l2:/dev/v4l/by-path/x?width=1280&height=720&fps=30"),
        ("http://10.0.0.5:8080/stream?channel=1", "http://10.0.0.5:8080/stream?channel=1"),
        ("http://camera.local/mjpg", "http://camera.local/mjpg"),
    ],
)
def test_a_camera_is_where_the_configuration_says(written: str, port: str) -> None:
    assert frames_for(written, device="camera", clock=FakeClock()).port == port


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("/dev/video0", "neither v4l2: nor http://"),
        ("https://x/y", "neither v4l2: nor http://"),
        ("v4l2:video0", "no device file"),
        ("v4l2:/dev/video0?size=9", "unknown option 'size'.*width, height, fps"),
        ("v4l2:/dev/video0?fps=1", "fps is '1'.*5 to 60"),
        ("v4l2:/dev/video0?width=one", "width is 'one'"),
        ("v4l2:/dev/video0?fps=20&fps=30", "stands twice"),
        ("http:///x", "needs a host"),
        ("http://a:99999/x", "1 to 65535"),
    ],
)
def test_what_is_no_camera_is_refused_in_words(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        frames_for(written, device="camera", clock=FakeClock())


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="no user and no password") as refusal:
        frames_for("http://admin:hunter2@camera/x", device="camera", clock=FakeClock())
    assert "hunter2" not in str(refusal.value)
