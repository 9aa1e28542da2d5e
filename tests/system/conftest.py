"""One demonstration for the whole run of system tests: each test leaves it as it found it."""

from collections.abc import Iterator

import pytest

from tests.system.demo import Demo


@pytest.fixture(scope="session")
def running_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo.start(tmp_path_factory.mktemp("demo"))
    try:
        yield demo
    finally:
        demo.end()


@pytest.fixture
def demo(running_demo: Demo) -> Iterator[Demo]:
    """The demonstration at rest: everything plugged, nothing given, idle page."""
    running_demo.come_to_rest()
    yield running_demo
    running_demo.come_to_rest()
