"""A web server that is one part of a service: it ends when its owner says so, not by signals of its own."""

import contextlib
from collections.abc import Iterator

import uvicorn
from typing_extensions import override


class PartServer(uvicorn.Server):
    """uvicorn without its hold on the signals: they end the whole service, in order, not only the web."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
