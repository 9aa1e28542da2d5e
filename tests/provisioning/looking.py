"""Looks at pages of the desk as a browser does: nothing cut, nothing wider than the screen, no violation of WCAG, no noise."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import sync_playwright

from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.test_every_page import CUT, OURS, WIDER

LOOKS = ((1440, 900, "light"), (390, 844, "dark"))
PATIENCE_S = 10


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([door])), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        app.state.streams.close()
        server.should_exit = True
        thread.join(PATIENCE_S)


def assert_in_nobodys_way(url: str, paths: Iterable[str]) -> None:
    """Look at pages at a desk and on a phone, light and dark."""
    with sync_playwright() as play, play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)) as running:
        for path in paths:
            for width, height, scheme in LOOKS:
                context = running.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    reduced_motion="reduce",
                )
                page = context.new_page()
                noise: list[str] = []
                page.on("console", lambda said, noise=noise: noise.append(said.text) if said.type == "error" else None)
                page.goto(url + path, wait_until="load")
                assert page.evaluate(WIDER) <= 0, (path, width)
                assert page.evaluate(CUT) == [], (path, width)
                found = Axe().run(page, options=OURS).response["violations"]
                assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == [], (path, width)
                assert noise == []
                context.close()
